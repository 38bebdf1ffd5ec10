//! What an agent can do to a conversation. One action is one request to the vendor.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Format, Label, Person, Priority, Recipients, RemoteId, Status};
use crate::text::Clean;

/// A file to send along.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upload {
    /// File name as the customer will see it.
    pub name: String,
    /// Media type.
    pub mime: String,
    /// Where the bytes are.
    pub source: UploadSource,
}

/// Where the bytes of an upload are.
#[derive(Clone, PartialEq, Eq)]
pub enum UploadSource {
    /// Here.
    Bytes(Arc<[u8]>),
    /// At a public address.
    Url(String),
}

impl std::fmt::Debug for UploadSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Url(url) => write!(f, "Url({url:?})"),
        }
    }
}

/// Words on their way to a customer, or to a draft.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outgoing {
    /// The text as the agent wrote it.
    pub text: String,
    /// How the text is to be read. enneo sends it as `type`.
    pub format: Format,
    /// Who it goes to; empty on channels without recipients, and then not sent.
    pub recipients: Recipients,
    /// Subject of an e-mail; `None` leaves it to the vendor.
    pub subject: Option<String>,
    /// The message that this one answers.
    pub in_reply_to: Option<RemoteId>,
    /// Files to send along.
    pub attachments: Vec<Upload>,
}

/// A change to a draft that the vendor keeps (enneo). What is `None` stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DraftChange {
    /// New text.
    pub text: Option<String>,
    /// How the text is to be read.
    pub format: Option<Format>,
    /// New recipients, all three lists at once.
    pub recipients: Option<Recipients>,
    /// Intents that the draft answers.
    pub intents: Option<Vec<u64>>,
    /// The full list of files; replaces what was attached.
    pub attachments: Option<Vec<Upload>>,
    /// The mailbox or number that it leaves from.
    pub subchannel: Option<u64>,
}

/// A message that already happened elsewhere, to be put on record without sending it (enneo).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredMessage {
    /// Whether the customer wrote it.
    pub from_customer: bool,
    /// Who wrote it: address or name; empty = the agent.
    pub from: String,
    /// Subject line, may be empty.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was written; `None` = now.
    pub at: Option<Timestamp>,
}

/// One thing to do to one conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Send words to the customer.
    Reply(Outgoing),
    /// Write to colleagues only.
    Note(String),
    /// Change a note of one's own.
    EditNote {
        /// Which note.
        message: RemoteId,
        /// Its new text.
        text: String,
    },
    /// Put words on the server to wait for approval.
    CreateDraft(Outgoing),
    /// Change such a draft.
    EditDraft {
        /// Which draft.
        message: RemoteId,
        /// What changes.
        change: DraftChange,
    },
    /// Send such a draft to the customer.
    PublishDraft {
        /// Which draft.
        message: RemoteId,
    },
    /// Put a message on record without sending it.
    Store(StoredMessage),
    /// Send a failed message once more: customer-visible.
    Retry {
        /// Which message.
        message: RemoteId,
    },
    /// Set the state of work. [`Status::Snoozed`] goes through [`Action::Snooze`].
    SetStatus(Status),
    /// Put away until a time, or until the customer writes (`None`).
    Snooze(Option<Timestamp>),
    /// Give it to somebody, or to nobody.
    Assign(Option<Person>),
    /// Give it to a team, or to none.
    AssignTeam(Option<Person>),
    /// Set or clear the urgency.
    SetPriority(Option<Priority>),
    /// Replace the labels. The old ones go along because some vendors add and remove by name.
    SetLabels {
        /// Labels as they were when the agent decided.
        from: Vec<Label>,
        /// Labels as they are to be.
        to: Vec<Label>,
    },
    /// Set or clear the SLA policy (Chatwoot, enterprise edition).
    SetSlaPolicy(Option<RemoteId>),
    /// All customer messages are read.
    MarkRead {
        /// Whether the customer may be shown read ticks (voicebot's `mark_external`).
        tell_customer: bool,
    },
    /// The newest customer message is not read.
    MarkUnread,
}

/// What kind of harm repeating an action can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// Setting a value twice is harmless.
    Harmless,
    /// Saying something twice is not.
    Words,
}

impl Action {
    /// Whether an action that may have been carried out can be carried out again.
    pub fn repeat(&self) -> Repeat {
        match self {
            Self::Reply(_)
            | Self::Note(_)
            | Self::CreateDraft(_)
            | Self::PublishDraft { .. }
            | Self::Store(_)
            | Self::Retry { .. } => Repeat::Words,
            Self::EditNote { .. }
            | Self::EditDraft { .. }
            | Self::SetStatus(_)
            | Self::Snooze(_)
            | Self::Assign(_)
            | Self::AssignTeam(_)
            | Self::SetPriority(_)
            | Self::SetLabels { .. }
            | Self::SetSlaPolicy(_)
            | Self::MarkRead { .. }
            | Self::MarkUnread => Repeat::Harmless,
        }
    }

    /// Whether the customer sees it.
    pub fn is_customer_visible(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::PublishDraft { .. } | Self::Retry { .. })
    }

    /// The words it carries, if any: what is looked for in the thread, or given back to the agent.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Reply(outgoing) | Self::CreateDraft(outgoing) => Some(&outgoing.text),
            Self::Note(text) | Self::EditNote { text, .. } => Some(text),
            Self::EditDraft { change, .. } => change.text.as_deref(),
            Self::Store(stored) => Some(&stored.text),
            _ => None,
        }
    }

    /// What it does, as a phrase that completes "could not …".
    pub fn phrase(&self) -> String {
        match self {
            Self::Reply(_) => "send the reply".into(),
            Self::Note(_) => "add the note".into(),
            Self::EditNote { .. } => "change the note".into(),
            Self::CreateDraft(_) => "save the draft for approval".into(),
            Self::EditDraft { .. } => "change the draft".into(),
            Self::PublishDraft { .. } => "publish the draft".into(),
            Self::Store(_) => "store the message".into(),
            Self::Retry { .. } => "send the message again".into(),
            Self::SetStatus(Status::Resolved) => "resolve".into(),
            Self::SetStatus(Status::Open) => "reopen".into(),
            Self::SetStatus(status) => format!("set the status to {}", status.word()),
            Self::Snooze(_) => "snooze".into(),
            Self::Assign(Some(person)) => format!("assign to {}", person.name),
            Self::Assign(None) => "unassign".into(),
            Self::AssignTeam(Some(team)) => format!("assign to team {}", team.name),
            Self::AssignTeam(None) => "remove the team".into(),
            Self::SetPriority(Some(priority)) => format!("set priority {}", priority.word()),
            Self::SetPriority(None) => "clear the priority".into(),
            Self::SetLabels { to, .. } if to.is_empty() => "remove all labels".into(),
            Self::SetLabels { to, .. } => {
                let titles: Vec<&Clean> = to.iter().map(|label| &label.title).collect();
                format!(
                    "set labels {}",
                    titles.iter().map(|title| title.as_str()).collect::<Vec<_>>().join(", ")
                )
            }
            Self::SetSlaPolicy(_) => "set the SLA policy".into(),
            Self::MarkRead { .. } => "mark read".into(),
            Self::MarkUnread => "mark unread".into(),
        }
    }
}
