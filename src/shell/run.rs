//! The event loop: drain what is ready, update, then draw; sleep until something happens.
//!
//! A key after a pause is drawn at once. Under load frames are at least `FRAME` apart, counted
//! from the last one, so that input never waits for a timer that chatter keeps alive. When nothing
//! happens, nobody wakes up.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crossterm::event::Event;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;

use super::perform::Performer;
use crate::app::App;
use crate::app::msg::{Effect, Laid, Msg, Now};

/// The least time between two frames that vendors' news asks for.
const FRAME: Duration = Duration::from_millis(16);
/// The least time between two frames that keys ask for. Shorter than any pause between two key
/// presses, longer than a frame takes: a key waits for nothing, a flood of them is painted in few.
const KEY_FRAME: Duration = Duration::from_millis(4);
/// The most messages taken in before a frame.
const MOST_DRAINED: usize = 256;

/// What reaches the loop from outside besides the answers of tasks.
#[derive(Debug)]
pub enum Input {
    /// From the terminal.
    Event(Event),
    /// The system asks the program to end.
    Terminate,
    /// The program was stopped and continued by somebody else.
    Continued,
    /// The terminal is gone.
    Gone,
}

/// The screen and its keys: the terminal, or a test's stand-in.
pub trait Front {
    /// Waits for the next input. Dropping the future loses nothing.
    fn input(&mut self) -> impl Future<Output = Input>;

    /// Draws a frame and says how it was laid out.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn paint(&mut self, app: &App) -> io::Result<Laid>;

    /// Has the next frame paint every cell.
    fn repaint(&mut self);

    /// Puts text on the clipboard of the terminal.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn copy(&mut self, text: &str) -> io::Result<()>;

    /// Stops for the shell and comes back.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    fn suspend(&mut self) -> impl Future<Output = io::Result<()>>;

    /// Takes the terminal again after it was in other hands.
    ///
    /// # Errors
    /// When it refuses.
    fn take_again(&mut self) -> io::Result<()>;
}

/// The clocks of a run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    wall: Option<Timestamp>,
}

impl Clock {
    /// Starts now, with the system's wall clock.
    pub fn start() -> Self {
        Self { started: Instant::now(), wall: None }
    }

    /// Starts now, at this moment of wall-clock time; for tests, whose time stands still.
    pub fn start_at(wall: Timestamp) -> Self {
        Self { started: Instant::now(), wall: Some(wall) }
    }

    /// The moment.
    pub fn now(&self) -> Now {
        let mono = self.started.elapsed();
        let wall = match self.wall {
            Some(start) => start.checked_add(mono).unwrap_or(start),
            None => Timestamp::now(),
        };
        Now { wall, mono }
    }
}

/// Everything that a run needs: what decides, what shows, what does, and what comes back.
pub struct Run<'a, F: Front> {
    app: &'a mut App,
    front: &'a mut F,
    performer: &'a mut Performer,
    messages: UnboundedReceiver<Msg>,
    clock: Clock,
    /// Whether what is to be painted came from the agent.
    typed: bool,
}

/// What a turn of the loop found.
enum Ready {
    Input(Input),
    Message(Msg),
    Frame,
    Deadline,
}

/// Whether the loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    End,
}

impl<'a, F: Front> Run<'a, F> {
    /// Puts a run together.
    pub fn new(
        app: &'a mut App,
        front: &'a mut F,
        performer: &'a mut Performer,
        messages: UnboundedReceiver<Msg>,
        clock: Clock,
    ) -> Self {
        Self { app, front, performer, messages, clock, typed: false }
    }

    /// Runs until the agent or the system ends it.
    ///
    /// # Errors
    /// When the terminal fails in a way that cannot be worked around.
    pub async fn run(mut self) -> io::Result<()> {
        let first = self.app.start();
        self.perform(first).await?;
        let mut last_frame: Option<Instant> = None;
        let mut dirty = true;
        loop {
            let pause = if self.typed { KEY_FRAME } else { FRAME };
            let next_frame = last_frame.map(|at| at + pause);
            if dirty && next_frame.is_none_or(|at| at <= Instant::now()) {
                self.app.take_dirty();
                let laid = self.front.paint(self.app)?;
                last_frame = Some(Instant::now());
                self.typed = false;
                let effects = self.app.update(Msg::Laid(laid), self.clock.now());
                if self.perform(effects).await? == Flow::End {
                    return Ok(());
                }
                dirty = self.app.take_dirty();
                continue;
            }
            let ready = self.wait(next_frame.filter(|_| dirty)).await;
            if self.take(ready).await? == Flow::End || self.drain().await? == Flow::End {
                return Ok(());
            }
            dirty |= self.app.take_dirty();
        }
    }

    async fn wait(&mut self, frame: Option<Instant>) -> Ready {
        let deadline = self.app.deadline().map(|at| self.clock.started + at);
        tokio::select! {
            biased;
            input = self.front.input() => Ready::Input(input),
            Some(msg) = self.messages.recv() => Ready::Message(msg),
            () = sleep_until(frame) => Ready::Frame,
            () = sleep_until(deadline) => Ready::Deadline,
        }
    }

    /// Takes in whatever else is ready, keys first.
    async fn drain(&mut self) -> io::Result<Flow> {
        for _ in 0..MOST_DRAINED {
            let ready = match ready_now(self.front.input()).await {
                Some(input) => Ready::Input(input),
                None => match self.messages.try_recv() {
                    Ok(msg) => Ready::Message(msg),
                    Err(_) => break,
                },
            };
            if self.take(ready).await? == Flow::End {
                return Ok(Flow::End);
            }
        }
        Ok(Flow::On)
    }

    async fn take(&mut self, ready: Ready) -> io::Result<Flow> {
        let msg = match ready {
            Ready::Frame => return Ok(Flow::On),
            Ready::Deadline => Msg::Tick,
            Ready::Message(msg) => msg,
            Ready::Input(Input::Gone | Input::Terminate) => Msg::Terminate,
            Ready::Input(Input::Continued) => {
                self.front.take_again()?;
                Msg::Resize
            }
            Ready::Input(Input::Event(event)) => {
                self.typed = true;
                match event {
                    Event::Key(key) => Msg::Key(key),
                    Event::Paste(text) => Msg::Paste(text),
                    Event::Mouse(mouse) => Msg::Mouse(mouse),
                    Event::Resize(..) => {
                        // A size that changes and changes back between two frames leaves no trace
                        // but this, and the terminal has cut off what did not fit in between.
                        self.front.repaint();
                        Msg::Resize
                    }
                    Event::FocusGained => Msg::Focus(true),
                    Event::FocusLost => Msg::Focus(false),
                }
            }
        };
        let effects = self.app.update(msg, self.clock.now());
        self.perform(effects).await
    }

    async fn perform(&mut self, effects: Vec<Effect>) -> io::Result<Flow> {
        for effect in effects {
            match effect {
                Effect::Quit => {
                    self.performer.settle().await;
                    return Ok(Flow::End);
                }
                Effect::Redraw => self.front.repaint(),
                Effect::Copy(text) => self.front.copy(&text)?,
                Effect::Suspend => {
                    // A stopped program may never be continued.
                    self.performer.settle().await;
                    self.front.suspend().await?;
                    self.app.look_again();
                }
                effect => self.performer.perform(effect),
            }
        }
        Ok(Flow::On)
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What a future gives without waiting. It is asked with the task's own waker: an event stream
/// that was asked with another one would never wake the loop again.
async fn ready_now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Where tasks send their messages.
pub type Sender = UnboundedSender<Msg>;
