//! Ids. Everything that must survive a reordering list is bound to one of these.

use std::fmt;
use std::sync::Arc;

/// One configured account, by its place in the configuration. Valid for one run of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AccountId(pub u16);

/// An id as a vendor gives it. Vendors mix integers, numeric strings and 24-hex strings for the
/// same thing, so a number and its decimal text are the same id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum RemoteId {
    /// An id that is a plain decimal number.
    Number(u64),
    /// Any other id.
    Text(Arc<str>),
}

impl RemoteId {
    /// Reads an id from text; `"42"` and `42` are the same id, `"042"` is not.
    pub fn new(text: &str) -> Self {
        match text.parse::<u64>() {
            Ok(number) if number.to_string() == text => Self::Number(number),
            _ => Self::Text(text.into()),
        }
    }

    /// The number, where the id is one.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

impl From<u64> for RemoteId {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A conversation, wherever it stands in whatever list.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConversationId {
    /// The account that it belongs to.
    pub account: AccountId,
    /// The vendor's id: a Chatwoot display id, an enneo ticket id …
    pub remote: RemoteId,
}

/// One thing that the agent asked to be done; lives in the outbox.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OpId(pub u64);

/// The key that goes out with an operation where the vendor echoes one (Chatwoot's `echo_id`).
/// It correlates; no vendor promises that it prevents duplicates.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OpKey(pub Arc<str>);

/// One question asked of a vendor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct JobId(pub u64);
