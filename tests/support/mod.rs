//! A front for the loop without a terminal: keys come from a test, frames are remembered.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use crossterm::event::Event;
use ratatui::layout::Rect;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use ttydesk::app::App;
use ttydesk::app::keymap::sequence;
use ttydesk::app::msg::Laid;
use ttydesk::shell::run::{Front, Input};
use ttydesk::shell::terminal::Painter;
use ttydesk::ui::theme::Theme;
use ttydesk::ui::{self, View};

/// The size of the screen.
pub const SIZE: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };

/// What the terminal would have seen.
#[derive(Default)]
pub struct Seen {
    /// The bytes of each frame.
    pub frames: Vec<Vec<u8>>,
    /// The last frame, line by line.
    pub text: String,
    /// How many inputs the last frame knows of.
    pub inputs: usize,
}

/// The front.
pub struct Script {
    input: UnboundedReceiver<Input>,
    taken: usize,
    painter: Painter<Vec<u8>>,
    view: View,
    seen: Rc<RefCell<Seen>>,
    look: Box<dyn FnMut(&App)>,
}

impl Script {
    /// A front and the test's end of it; `look` sees the state behind each frame.
    pub fn new(look: impl FnMut(&App) + 'static) -> (Self, Keys, Rc<RefCell<Seen>>) {
        let (input, keys) = unbounded_channel();
        let seen = Rc::new(RefCell::new(Seen::default()));
        let front = Self {
            input: keys,
            taken: 0,
            painter: Painter::fixed(Vec::new(), true, SIZE).unwrap(),
            view: View::new(Theme::builtin("dark").unwrap()),
            seen: Rc::clone(&seen),
            look: Box::new(look),
        };
        (front, Keys(input), seen)
    }
}

impl Front for Script {
    async fn input(&mut self) -> Input {
        let input = self.input.recv().await.unwrap_or(Input::Gone);
        self.taken += 1;
        input
    }

    fn paint(&mut self, app: &App) -> io::Result<Laid> {
        let mut laid = Laid::default();
        let mut text = String::new();
        let view = &mut self.view;
        self.painter.draw(|frame| {
            laid = ui::draw(frame, app, view);
            for line in frame.buffer_mut().content().chunks(SIZE.width.into()) {
                text.extend(line.iter().map(|cell| cell.symbol()));
                text.push('\n');
            }
        })?;
        let mut seen = self.seen.borrow_mut();
        seen.frames.push(std::mem::take(self.painter.out()));
        seen.text = text;
        seen.inputs = self.taken;
        drop(seen);
        (self.look)(app);
        Ok(laid)
    }

    fn repaint(&mut self) {
        self.painter.repaint();
    }

    fn copy(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    async fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn take_again(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The test's keyboard.
pub struct Keys(UnboundedSender<Input>);

impl Keys {
    /// Presses the keys of a sequence, written as in the configuration. Returns how many.
    pub fn press(&self, keys: &str) -> usize {
        let presses = sequence(keys).unwrap();
        presses.iter().for_each(|press| self.send(Event::Key((*press).into())));
        presses.len()
    }

    /// Sends any event.
    pub fn send(&self, event: Event) {
        // A loop that has ended is told by whoever waits for its frames.
        let _ = self.0.send(Input::Event(event));
    }
}
