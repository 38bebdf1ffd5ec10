//! What comes in and what goes out, as plain data: a recorded list of [`Msg`] replays a session.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use ratatui::layout::Rect;

use super::keep::{Job, Kept};
use crate::model::{
    AccountId, Action, Ask, Capabilities, ConversationId, Delta, Failure, JobId, OpId, OpKey,
};

/// The moment at which a message is handled. The app has no other clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// Wall-clock time, for what people read.
    pub wall: Timestamp,
    /// Time since the start of the program, for deadlines; never jumps.
    pub mono: Duration,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted, as one piece.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has a new size.
    Resize,
    /// The terminal window was entered or left.
    Focus(bool),
    /// A vendor answered, or failed to.
    Answer {
        /// Whose vendor.
        account: AccountId,
        /// Which question.
        job: JobId,
        /// What the account can do, as known after the answer.
        capabilities: Box<Capabilities>,
        /// The news.
        result: Result<Vec<Delta>, Failure>,
    },
    /// An operation came back.
    Done {
        /// Which operation.
        op: OpId,
        /// What the account can do, as known after it.
        capabilities: Box<Capabilities>,
        /// The news that its answer told.
        result: Result<Vec<Delta>, Failure>,
    },
    /// The store kept a batch of jobs, or says why not.
    Stored {
        /// Which batch.
        batch: u64,
        /// All of it, or nothing of it for this reason.
        result: Result<(), String>,
    },
    /// The store could be opened only now; this is what was in it.
    Restored(Kept),
    /// A frame was laid out differently from the one before.
    Laid(Laid),
    /// A file to attach was read.
    FileRead {
        /// For which conversation's composer.
        conversation: ConversationId,
        /// File name.
        name: String,
        /// Media type.
        mime: String,
        /// Its bytes, or why not.
        result: Result<std::sync::Arc<[u8]>, String>,
    },
    /// A background task died; the rest goes on.
    TaskPanicked(String),
    /// The system asks the program to end (SIGTERM, SIGHUP).
    Terminate,
    /// The deadline passed.
    Tick,
}

/// Something to do in the world.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Ask a vendor; the answer comes as [`Msg::Answer`].
    Ask {
        /// Whose vendor.
        account: AccountId,
        /// Under which number.
        job: JobId,
        /// What.
        ask: Ask,
    },
    /// Nobody wants this answer any more.
    Cancel(JobId),
    /// Carry out an operation; comes back as [`Msg::Done`]. Never cancelled.
    Send {
        /// Which operation.
        op: OpId,
        /// On what.
        conversation: ConversationId,
        /// What.
        action: Action,
        /// Its key.
        key: OpKey,
    },
    /// Keep all of these, or none; comes back as [`Msg::Stored`].
    Store {
        /// Under which number.
        batch: u64,
        /// What, in order.
        jobs: Vec<Job>,
    },
    /// Put text on the clipboard of the agent's terminal.
    Copy(String),
    /// Read a file to attach; comes back as [`Msg::FileRead`].
    ReadFile {
        /// For which conversation's composer.
        conversation: ConversationId,
        /// Path as typed.
        path: String,
    },
    /// Paint everything anew.
    Redraw,
    /// Stop for the shell (Ctrl-Z).
    Suspend,
    /// End.
    Quit,
}

/// What the last frame looked like, as far as decisions depend on it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Laid {
    /// Index of the first view shown in the sidebar.
    pub sidebar_top: usize,
    /// Rows of conversations that fit on the screen.
    pub list_rows: u16,
    /// Index of the first row shown.
    pub list_top: usize,
    /// Lines of the thread that fit on the screen.
    pub thread_rows: u16,
    /// How many lines the thread was scrolled back, after limits and jumps.
    pub thread_back: usize,
    /// How far the thread can be scrolled back, in lines, with what is loaded.
    pub thread_most: usize,
    /// Where the panes are, for the mouse.
    pub areas: Areas,
}

/// Where the panes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Areas {
    /// Views and accounts, one per line.
    pub sidebar: Rect,
    /// Conversations.
    pub list: Rect,
    /// Lines per conversation in the list.
    pub list_row_height: u16,
    /// The thread.
    pub thread: Rect,
    /// The composer.
    pub composer: Rect,
}
