//! Runs a program in a pseudo-terminal with an emulator behind it. Every wait is for something
//! that the program does, with a limit that only a broken program reaches.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Longer than anything that is under way on an idle desk.
const SILENCE: Duration = Duration::from_secs(1);

/// A program in a pseudo-terminal. Dropping it kills the program.
pub struct Pty {
    /// Gone after [`Pty::hang_up`].
    wires: Option<Wires>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    ended: Receiver<ExitStatus>,
    pid: Pid,
    home: TempDir,
}

struct Wires {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
}

/// What came out so far.
pub struct Seen {
    emulator: vt100::Parser,
    raw: Vec<u8>,
    hung_up: bool,
    /// Nothing more will come.
    over: bool,
}

impl Seen {
    /// The screen as text, without the blanks at the ends of lines.
    pub fn text(&self) -> String {
        self.emulator.screen().contents()
    }

    /// The emulator's screen: cells, cursor, modes.
    pub fn screen(&self) -> &vt100::Screen {
        self.emulator.screen()
    }

    /// Whether no frame is half painted; what stands on the screen in between means nothing.
    fn is_whole(&self) -> bool {
        let last = |what: &[u8]| self.raw.windows(what.len()).rposition(|part| part == what);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }

    /// Every byte, as text; escape sequences are ASCII.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

impl Pty {
    /// Runs ttydesk with a home of its own.
    pub fn ttydesk(arguments: &[&str], rows: u16, cols: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ttydesk"));
        command.args(arguments);
        Self::spawn(command, rows, cols)
    }

    /// Runs any program. Of the environment it gets only `PATH`, `TERM` and what `command` says.
    pub fn spawn(command: CommandBuilder, rows: u16, cols: u16) -> Self {
        let home = tempfile::tempdir().unwrap();
        let own: Vec<_> =
            command.iter_extra_env_as_str().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let mut command = command;
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("HOME", home.path());
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(name, home.path().join(folder));
        }
        for (name, value) in own {
            command.env(name, value);
        }
        let size = PtySize { rows, cols, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let pid = Pid::from_raw(child.process_id().unwrap().try_into().unwrap()).unwrap();
        let (sender, ended) = channel();
        thread::spawn(move || sender.send(child.wait().unwrap()));

        let seen = Seen {
            emulator: vt100::Parser::new(rows, cols, 1000),
            raw: Vec::new(),
            hung_up: false,
            over: false,
        };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            let (seen, news) = &*shared;
            // The end is an error on Linux (EIO), and an empty read elsewhere.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut seen = lock(seen);
                if seen.hung_up {
                    break;
                }
                seen.emulator.process(&buffer[..count]);
                seen.raw.extend_from_slice(&buffer[..count]);
                news.notify_all();
            }
            lock(seen).over = true;
            news.notify_all();
        });
        let writer = pair.master.take_writer().unwrap();
        let wires = Some(Wires { master: pair.master, writer });
        Self { wires, seen, ended, pid, home }
    }

    /// The folder that everything of this run is in.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What came out so far.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen.0)
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        let wires = self.wires.as_mut().unwrap();
        wires.writer.write_all(keys.as_bytes()).unwrap();
        wires.writer.flush().unwrap();
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        // The emulator panics at a wide letter in a single column.
        self.seen().emulator.screen_mut().set_size(rows, cols.max(2));
        let size = PtySize { rows, cols, ..PtySize::default() };
        self.wires.as_ref().unwrap().master.resize(size).unwrap();
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process(self.pid, signal) {
            panic!("the program is gone ({error}); the screen is\n{}", self.seen().text());
        }
    }

    /// Closes the terminal, as a terminal window or a lost connection does. The thread that reads
    /// holds it open until something comes; a new size makes the program paint.
    pub fn hang_up(&mut self) {
        let (rows, cols) = self.seen().screen().size();
        self.seen().hung_up = true;
        self.resize(rows + 1, cols);
        self.wires = None;
    }

    /// Waits until a text is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |seen| seen.text().contains(text));
    }

    /// Waits until nothing has come out for a second: whatever was under way has been shown.
    pub fn wait_for_silence(&self) {
        let (_, news) = &*self.seen;
        let mut seen = self.seen();
        loop {
            let before = seen.raw.len();
            let same = |seen: &mut Seen| seen.raw.len() == before;
            let (after, waited) = news.wait_timeout_while(seen, SILENCE, same).unwrap();
            if waited.timed_out() {
                return;
            }
            seen = after;
        }
    }

    /// Waits until something holds of what came out, with no frame half painted.
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Seen) -> bool) {
        let (_, news) = &*self.seen;
        let (seen, waited) = news
            .wait_timeout_while(self.seen(), LIMIT, |seen| !(seen.is_whole() && holds(seen)))
            .unwrap();
        if waited.timed_out() {
            let mut last = String::new();
            for line in seen.text().lines() {
                let _ = writeln!(last, "  | {line}");
            }
            let raw = seen.raw();
            drop(seen);
            let (shown, all) =
                (raw.chars().skip(raw.chars().count().saturating_sub(1000)), raw.len());
            let shown: String = shown.collect();
            panic!(
                "waited in vain for {what}; the screen is\n{last}the last of {all} bytes: {shown:?}"
            );
        }
    }

    /// Whether something comes to hold of what came out before a moment.
    pub fn sees_before(&self, end: Instant, holds: impl Fn(&Seen) -> bool) -> bool {
        let (_, news) = &*self.seen;
        let limit = end.saturating_duration_since(Instant::now());
        let waited = news.wait_timeout_while(self.seen(), limit, |seen| !holds(seen)).unwrap().1;
        !waited.timed_out()
    }

    /// Kills the program and waits until it is dead.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.ended.recv_timeout(LIMIT).unwrap();
    }

    /// Waits for the end of the program; gives its exit code.
    pub fn exit(&mut self) -> i32 {
        let Ok(status) = self.ended.recv_timeout(LIMIT) else {
            panic!("the program does not end; the screen is\n{}", self.seen().text());
        };
        assert_eq!(status.signal(), None, "killed");
        // The last words may still be on their way.
        self.wait_until("the end of the output", |seen| seen.over);
        i32::try_from(status.exit_code()).unwrap()
    }

    /// The terminal's local modes. As a shell expects them they hold `ICANON`, `ECHO`, `ISIG`:
    /// lines are edited and echoed.
    pub fn modes(&self) -> String {
        let modes = self.wires.as_ref().unwrap().master.get_termios().unwrap();
        format!("{:?}", modes.local_flags)
    }
}

/// The terminal is as a shell expects it: nothing of the program is left.
pub fn assert_restored(pty: &Pty) {
    let modes = pty.modes();
    assert!(["ICANON", "ECHO", "ISIG"].iter().all(|mode| modes.contains(mode)), "{modes}");
    let seen = pty.seen();
    let screen = seen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

/// A failed test poisons the lock; what was seen is still true.
fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.ended.try_recv().is_err() {
            // It may have ended just now.
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}
