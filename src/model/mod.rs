//! The words that every other part speaks: conversation, message, action, news, failure, ids.
//! Plain data; nothing here waits, draws or knows a vendor's wire format.

mod action;
mod capabilities;
mod conversation;
mod failure;
mod ids;
mod message;
mod news;

pub use action::{Action, DraftChange, Outgoing, Repeat, StoredMessage, Upload, UploadSource};
pub use capabilities::{Capabilities, PollEvery, Support};
pub use conversation::{
    Channel, Contact, Conversation, ConversationNews, Label, Person, Priority, Recipients,
    ReplyWindow, Status,
};
pub use failure::{Failure, Outcome, Trouble};
pub use ids::{AccountId, ConversationId, JobId, OpId, OpKey, RemoteId};
pub use message::{
    Attachment, AttachmentKind, Author, Delivery, Format, Message, MessageKind, Quoted, Side,
};
pub use news::{Ask, Canned, Cursor, Delta, Folder, ThreadPart};

/// The four vendors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Chatwoot.
    Chatwoot,
    /// enneo.MIND.
    Enneo,
    /// voicebot chat.
    Voicebot,
    /// Partoo.
    Partoo,
}

impl Vendor {
    /// All of them, in the order in which they are named everywhere.
    pub const ALL: [Self; 4] = [Self::Chatwoot, Self::Enneo, Self::Voicebot, Self::Partoo];

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chatwoot => "Chatwoot",
            Self::Enneo => "enneo",
            Self::Voicebot => "voicebot chat",
            Self::Partoo => "Partoo",
        }
    }

    /// The word used in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chatwoot => "chatwoot",
            Self::Enneo => "enneo",
            Self::Voicebot => "voicebot",
            Self::Partoo => "partoo",
        }
    }
}
