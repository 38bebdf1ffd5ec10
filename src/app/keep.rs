//! What the store is asked to keep and what it gives back, as plain data.

use jiff::Timestamp;

use super::composer::{Draft, Mode};
use super::outbox::Op;
use crate::model::{ConversationId, OpKey};

/// One change to what is kept. Each can be repeated without harm: a batch that the disk refused is
/// handed over again.
#[derive(Clone, PartialEq, Debug)]
pub enum Job {
    /// Keep a text that is being written.
    PutDraft {
        /// To or about whom.
        conversation: ConversationId,
        /// What it will become.
        mode: Mode,
        /// The text and everything besides.
        draft: Box<Draft>,
        /// The operation that says these words now. Such a copy goes with its operation and comes
        /// back as a draft only if the operation itself cannot be read any more.
        op: Option<OpKey>,
    },
    /// There is no such text any more; copies that belong to an operation stay.
    DropDraft {
        /// To or about whom.
        conversation: ConversationId,
        /// What it would have become.
        mode: Mode,
    },
    /// Keep an operation as it stands.
    PutOp {
        /// The operation.
        op: Box<Op>,
        /// [`Op::not_before`] as a moment that means something in another run.
        due: Timestamp,
    },
    /// An operation is over; the copy of its draft goes with it.
    DropOp(OpKey),
}

impl Job {
    /// Whether both say something about the same thing, so that the later one is enough.
    pub fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::PutOp { op, .. }, Self::PutOp { op: other, .. }) => op.key == other.key,
            (Self::PutOp { op, .. }, Self::DropOp(key))
            | (Self::DropOp(key), Self::PutOp { op, .. }) => op.key == *key,
            (Self::DropOp(key), Self::DropOp(other)) => key == other,
            _ => self.draft_place().is_some() && self.draft_place() == earlier.draft_place(),
        }
    }

    fn draft_place(&self) -> Option<(&ConversationId, &Mode, Option<&OpKey>)> {
        match self {
            Self::PutDraft { conversation, mode, op, .. } => {
                Some((conversation, mode, op.as_ref()))
            }
            Self::DropDraft { conversation, mode } => Some((conversation, mode, None)),
            Self::PutOp { .. } | Self::DropOp(_) => None,
        }
    }
}

/// A draft as it was kept.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptDraft {
    /// To or about whom.
    pub conversation: ConversationId,
    /// What it will become.
    pub mode: Mode,
    /// The text and everything besides.
    pub draft: Draft,
}

/// What an earlier run left.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Kept {
    /// The texts that were not sent.
    pub drafts: Vec<KeptDraft>,
    /// The operations that were not over, oldest first, each with [`Job::PutOp::due`]. Moments
    /// within them are zero: they belonged to the clock of the run that is gone.
    pub ops: Vec<(Op, Timestamp)>,
    /// What the agent has to know: a file moved aside, rows that cannot be read.
    pub notes: Vec<String>,
}
