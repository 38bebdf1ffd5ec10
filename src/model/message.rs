//! One entry of a thread: a message, a note, a draft that waits for approval, or an event line.

use jiff::Timestamp;

use super::{ConversationId, Recipients, RemoteId};
use crate::text::Clean;

/// Which side an entry comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The customer.
    Customer,
    /// A colleague, or this agent.
    Agent,
    /// An automatic answer.
    Bot,
    /// Nobody: an event line.
    System,
}

/// Who wrote an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// Which side.
    pub side: Side,
    /// The vendor's id of the person, where given.
    pub id: Option<RemoteId>,
    /// The name shown; may be empty.
    pub name: Clean,
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageKind {
    /// Seen by the customer.
    Public,
    /// Seen by colleagues only.
    Note,
    /// Kept on the server, waits for approval; not yet seen by the customer.
    Draft,
    /// An event: assigned, resolved …
    Activity,
}

/// How a body is to be read.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Line breaks count, nothing else.
    #[default]
    Plain,
    /// Markdown (Chatwoot), or HTML already turned into it.
    Markdown,
}

/// How far a message of ours has come. Not the answer to the request: 200 is not delivered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// With the vendor, not yet with the channel.
    Sending,
    /// Handed to the channel.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen by the customer.
    Read,
    /// Did not arrive, with the channel's reason (may be empty).
    Failed(Clean),
}

/// What an attachment is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttachmentKind {
    /// A picture.
    Image,
    /// A sound or a voice message.
    Audio,
    /// A film.
    Video,
    /// Any other file.
    File,
    /// A place.
    Location,
    /// A contact card.
    Contact,
    /// Something this program does not know.
    Other,
}

impl AttachmentKind {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "file",
            Self::Location => "location",
            Self::Contact => "contact",
            Self::Other => "attachment",
        }
    }
}

/// Something that came with a message; drawn as a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// File name, place name or person's name; may be empty.
    pub name: Clean,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Media type.
    pub mime: Option<Clean>,
    /// Where it can be fetched.
    pub url: Option<Clean>,
    /// Anything else worth a line: caption, coordinates, phone numbers, a transcript.
    pub detail: Clean,
}

/// The message that a message answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quoted {
    /// Its id.
    pub id: RemoteId,
    /// Its text, where the vendor sends it along; else empty.
    pub text: Clean,
}

/// One entry of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The vendor's id, unique within its conversation.
    pub id: RemoteId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub author: Author,
    /// What it is.
    pub kind: MessageKind,
    /// Its text.
    pub text: Clean,
    /// How to read the text.
    pub format: Format,
    /// Subject of an e-mail.
    pub subject: Option<Clean>,
    /// Who an e-mail went to.
    pub recipients: Recipients,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// What it answers.
    pub quoted: Option<Quoted>,
    /// How far it has come; only for messages of the agent's side.
    pub delivery: Option<Delivery>,
    /// The key that this program sent with it, where the vendor echoes it.
    pub echo: Option<Clean>,
    /// Emoji put on it.
    pub reactions: Vec<Clean>,
    /// Taken back or deleted.
    pub deleted: bool,
}

impl Message {
    /// A plain public message; the vendor's folder fills in what it knows beyond that.
    pub fn new(id: RemoteId, conversation: ConversationId, at: Timestamp, author: Author) -> Self {
        Self {
            id,
            conversation,
            at,
            author,
            kind: MessageKind::Public,
            text: Clean::default(),
            format: Format::Plain,
            subject: None,
            recipients: Recipients::default(),
            attachments: Vec::new(),
            quoted: None,
            delivery: None,
            echo: None,
            reactions: Vec::new(),
            deleted: false,
        }
    }
}
