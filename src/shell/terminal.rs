//! The terminal: entered and left as a mirrored pair on every way out, handed over whole to
//! whoever needs it, and painted with one write per frame.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
    EventStream, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{QueueSelector, tcflush};

use super::signals::Signals;
use crate::config::{Config, ExtendedKeys};
use crate::text::Clean;

/// Presses, releases and the wheel, with coordinates of any size. Not the movements (1002, 1003)
/// that crossterm's own command asks for: each would wake the program.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// Keep the title on the terminal's stack (XTWINOPS), and take it back.
const KEEP_TITLE: &str = "\x1b[22;0t";
const RESTORE_TITLE: &str = "\x1b[23;0t";

/// How long to wait for the stop that was asked for. Where nobody could continue the program (it
/// leads its session, or runs without a shell) the system drops the stop, and none comes.
const STOP_WAIT: Duration = Duration::from_millis(100);

/// What is switched on while the terminal is ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Modes {
    /// Report clicks and the wheel.
    pub mouse: bool,
    /// Set the window title, and restore it.
    pub title: bool,
    /// Wrap frames in synchronized updates (DEC 2026).
    pub synchronized_updates: bool,
    /// Push the kitty keyboard flags.
    pub kitty_keys: bool,
}

impl Modes {
    /// As configured. Nothing is asked of the terminal: a query whose answer is slow or missing
    /// would hold up the start or be taken for typing.
    pub fn of(config: &Config) -> Self {
        let env = |name: &str| std::env::var(name).unwrap_or_default();
        Self {
            mouse: config.mouse,
            title: config.title,
            synchronized_updates: config.synchronized_updates,
            kitty_keys: match config.extended_keys {
                ExtendedKeys::On => true,
                ExtendedKeys::Off => false,
                ExtendedKeys::Auto => speaks_kitty(&env("TERM"), &env("TERM_PROGRAM")),
            },
        }
    }

    fn enter(self, out: &mut impl Write) -> io::Result<()> {
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        if self.title {
            out.write_all(KEEP_TITLE.as_bytes())?;
        }
        if self.mouse {
            out.write_all(MOUSE_ON.as_bytes())?;
        }
        if self.kitty_keys {
            let flags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES;
            queue!(out, PushKeyboardEnhancementFlags(flags))?;
        }
        out.flush()
    }

    fn leave(self, out: &mut impl Write) -> io::Result<()> {
        if self.synchronized_updates {
            // A panic while drawing leaves a frame open; a frame that is not open ends harmlessly.
            queue!(out, EndSynchronizedUpdate)?;
        }
        if self.kitty_keys {
            queue!(out, PopKeyboardEnhancementFlags)?;
        }
        if self.mouse {
            out.write_all(MOUSE_OFF.as_bytes())?;
        }
        if self.title {
            out.write_all(RESTORE_TITLE.as_bytes())?;
        }
        queue!(out, DisableFocusChange, DisableBracketedPaste, Show, LeaveAlternateScreen)?;
        out.flush()
    }
}

/// Whether a terminal of this name speaks the kitty keyboard protocol. `TERM` comes along over
/// SSH; inside tmux and screen it names those, and they do not.
fn speaks_kitty(term: &str, program: &str) -> bool {
    let multiplexed = term.starts_with("tmux") || term.starts_with("screen");
    let terms = ["kitty", "ghostty", "foot", "alacritty", "wezterm", "rio"];
    let programs = ["kitty", "ghostty", "WezTerm", "rio", "iTerm.app"];
    !multiplexed && (terms.iter().any(|name| term.contains(name)) || programs.contains(&program))
}

/// What was switched on and has to be switched off; `None` while the terminal is not ours. Global,
/// because the panic hook and the thread that ends a stuck program have to restore it, too.
static ENTERED: Mutex<Option<Modes>> = Mutex::new(None);

fn enter(modes: Modes) -> io::Result<()> {
    // Noted first, so that what was switched on before an error is switched off again.
    *ENTERED.lock().unwrap_or_else(PoisonError::into_inner) = Some(modes);
    enable_raw_mode()?;
    let mut bytes = Vec::new();
    modes.enter(&mut bytes)?;
    unlocked_stdout()?.write_all(&bytes)
}

/// Gives the terminal back, if it is ours. Errors are ignored: there is nobody to tell.
pub(super) fn leave() {
    let Some(modes) = ENTERED.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return;
    };
    let mut bytes = Vec::new();
    let _ = modes.leave(&mut bytes);
    let _ = unlocked_stdout().and_then(|mut out| out.write_all(&bytes));
    let _ = disable_raw_mode();
}

/// Standard output without the lock and the line buffer of [`io::stdout`]: whoever restores the
/// terminal must not wait for a thread that is stuck writing.
fn unlocked_stdout() -> io::Result<File> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

/// The terminal while it is ours. Dropping it gives the terminal back.
pub struct Tty {
    painter: Painter<File>,
    input: Option<EventStream>,
    modes: Modes,
}

impl Tty {
    /// Whether there is a terminal at both ends.
    pub fn is_there() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Takes the terminal. Everything that can fail for other reasons (configuration, store,
    /// tokens) comes before this.
    ///
    /// # Errors
    /// When the terminal refuses; it is then as it was before.
    pub fn enter(modes: Modes) -> io::Result<Self> {
        let painter = Painter::full_screen(unlocked_stdout()?, modes.synchronized_updates)?;
        let taken = enter(modes);
        // The guard exists from here on, whatever came of it.
        let tty = Self { painter, input: None, modes };
        taken.map(|()| tty)
    }

    /// What is typed, pasted, clicked; resizes and focus changes.
    pub fn events(&mut self) -> &mut EventStream {
        self.input.get_or_insert_with(EventStream::new)
    }

    /// Paints a frame.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.painter.draw(render)
    }

    /// Has the next frame paint every cell (Ctrl-l).
    pub fn repaint(&mut self) {
        self.painter.repaint();
    }

    /// Sets the window title, where that is configured.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn set_title(&mut self, title: &Clean) -> io::Result<()> {
        if self.modes.title { self.painter.send(SetTitle(title.as_str())) } else { Ok(()) }
    }

    /// Sends a control sequence between two frames. Its variable parts come from [`Clean`].
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn send(&mut self, sequence: impl Command) -> io::Result<()> {
        self.painter.send(sequence)
    }

    /// Gives the terminal back for the time of `work`, and takes it again. This is the only way
    /// to hand it over: the reader of events is gone meanwhile, so it cannot steal the other
    /// program's keys, and what was typed ahead is thrown away, so it cannot act on a customer.
    /// `work` is a closure because some futures begin their work before they are awaited.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub async fn released<T>(&mut self, work: impl AsyncFnOnce() -> T) -> io::Result<T> {
        self.input = None;
        leave();
        let result = work().await;
        self.take_again()?;
        Ok(result)
    }

    /// Stops the program until the shell continues it (Ctrl-Z, `fg`).
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub async fn suspend(&mut self, signals: &mut Signals) -> io::Result<()> {
        self.released(async || {
            // The whole group, as the terminal's own Ctrl-Z does: a pager beside us stops, too.
            let _ = kill_current_process_group(Signal::TSTP);
            // The stop may reach this thread a moment after the call returns. Taking the terminal
            // in that moment would leave the shell with a raw one.
            let _ = tokio::time::timeout(STOP_WAIT, signals.continued()).await;
        })
        .await
    }

    /// Takes the terminal again after somebody else stopped and continued the program: the shell
    /// has used the terminal meanwhile.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn take_again(&mut self) -> io::Result<()> {
        leave();
        enter(self.modes)?;
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        // Ending a reader of events leaves a wake-up behind, and crossterm 0.29 forgets a key that
        // arrives together with one. This takes the wake-up; there is no key yet.
        let _ = crossterm::event::poll(Duration::ZERO);
        self.painter.repaint();
        Ok(())
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        leave();
    }
}

/// Bytes that wait for the end of the frame. Flushing them is left to [`Painter`]: ratatui flushes
/// several times per frame. Dropping them paints nothing, so a frame that panicked leaves no trace.
#[derive(Clone, Default)]
struct Pending(Rc<RefCell<Vec<u8>>>);

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Paints frames into `W`: one write each, wrapped in a synchronized update.
pub struct Painter<W: Write> {
    terminal: Terminal<CrosstermBackend<Pending>>,
    pending: Pending,
    out: W,
    synchronized: bool,
    repaint: bool,
}

impl<W: Write> Painter<W> {
    /// Paints the whole terminal, whatever its size becomes.
    ///
    /// # Errors
    /// When the size of the terminal cannot be had.
    pub fn full_screen(out: W, synchronized: bool) -> io::Result<Self> {
        Self::new(out, synchronized, Viewport::Fullscreen)
    }

    /// Paints an area of a fixed size, without asking any terminal.
    ///
    /// # Errors
    /// None that are known.
    pub fn fixed(out: W, synchronized: bool, area: Rect) -> io::Result<Self> {
        Self::new(out, synchronized, Viewport::Fixed(area))
    }

    fn new(out: W, synchronized: bool, viewport: Viewport) -> io::Result<Self> {
        let pending = Pending::default();
        let backend = CrosstermBackend::new(pending.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Self { terminal, pending, out, synchronized, repaint: false })
    }

    /// Where the bytes go.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Has the next frame paint every cell.
    pub fn repaint(&mut self) {
        self.repaint = true;
    }

    /// Paints a frame; after [`repaint`](Self::repaint) clearing and painting are one piece.
    ///
    /// # Errors
    /// When `W` refuses.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if self.synchronized {
            queue!(self.pending, BeginSynchronizedUpdate)?;
        }
        if std::mem::take(&mut self.repaint) {
            // Not `Terminal::clear`: that asks the terminal for the cursor's place and waits.
            let area = self.terminal.get_frame().area();
            self.terminal.resize(area)?;
        }
        self.terminal.draw(render)?;
        if self.synchronized {
            queue!(self.pending, EndSynchronizedUpdate)?;
        }
        self.commit()
    }

    /// Sends a control sequence between two frames.
    ///
    /// # Errors
    /// When `W` refuses.
    pub fn send(&mut self, sequence: impl Command) -> io::Result<()> {
        queue!(self.pending, sequence)?;
        self.commit()
    }

    fn commit(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut *self.pending.0.borrow_mut());
        self.out.write_all(&bytes)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use ratatui::text::Text;

    use super::*;

    /// Each write by itself.
    #[derive(Default)]
    struct Writes(Vec<String>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn painter() -> Painter<Writes> {
        Painter::fixed(Writes::default(), true, Rect::new(0, 0, 20, 3)).unwrap()
    }

    fn draw(painter: &mut Painter<Writes>, text: &str) -> String {
        painter.draw(|frame| frame.render_widget(Text::from(text), frame.area())).unwrap();
        let mut writes = std::mem::take(&mut painter.out().0);
        assert_eq!(writes.len(), 1, "one write per frame: {writes:?}");
        writes.remove(0)
    }

    #[test]
    fn a_frame_is_one_write_within_one_synchronized_update() {
        let mut painter = painter();
        let frame = draw(&mut painter, "hello");
        assert!(frame.starts_with("\x1b[?2026h") && frame.ends_with("\x1b[?2026l"), "{frame:?}");
        assert!(frame.contains("hello"), "{frame:?}");
        let frame = draw(&mut painter, "hullo");
        assert!(frame.contains('u') && !frame.contains("llo"), "only what changed: {frame:?}");
    }

    #[test]
    fn a_repaint_paints_every_cell_and_asks_for_nothing() {
        let mut painter = painter();
        draw(&mut painter, "hello");
        painter.repaint();
        let frame = draw(&mut painter, "hello");
        assert!(frame.contains("hello"), "{frame:?}");
        assert!(!frame.contains("\x1b[6n"), "{frame:?}");
        assert!(!draw(&mut painter, "hello").contains("hello"), "once");
    }

    #[test]
    fn a_frame_that_panics_leaves_no_trace() {
        let mut painter = painter();
        let result = catch_unwind(AssertUnwindSafe(|| painter.draw(|_| panic!("on purpose"))));
        assert!(result.is_err());
        let writes = std::mem::take(&mut painter.out().0);
        assert_eq!(writes, Vec::<String>::new());
    }

    #[test]
    fn kitty_keys_are_for_terminals_that_say_so_and_not_for_multiplexers() {
        for (term, program, expected) in [
            ("xterm-kitty", "", true),
            ("xterm-ghostty", "", true),
            ("foot", "", true),
            ("xterm-256color", "WezTerm", true),
            ("xterm-256color", "", false),
            ("linux", "", false),
            ("tmux-256color", "kitty", false),
            ("screen-256color", "WezTerm", false),
        ] {
            assert_eq!(speaks_kitty(term, program), expected, "{term} {program}");
        }
    }
}
