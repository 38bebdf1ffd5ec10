//! A whole conversation and what is said in it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::time::At;
use super::words::{Brief, Channel, ColleagueNo, Customer, Key, Language, Oddity, Status, TeamNo};
use crate::model::Priority;

/// Who wrote an entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Author {
    /// The customer.
    Customer,
    /// A colleague.
    Colleague(ColleagueNo),
    /// An automatic answer.
    Bot,
    /// Nobody: an event line.
    System,
}

impl Author {
    /// Whether the customer wrote it.
    pub fn is_customer(self) -> bool {
        self == Self::Customer
    }
}

/// What an entry is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Seen by the customer.
    Public,
    /// Internal.
    Note,
    /// Waits for approval.
    Draft,
    /// An event: assigned, resolved …
    Activity,
}

/// How far a message of the agent's side has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Accepted, not yet handed to the channel.
    Sending,
    /// Handed to the channel.
    Sent,
    /// On the customer's device.
    Delivered,
    /// Seen.
    Read,
    /// Did not arrive, with the channel's reason.
    Failed(String),
}

/// What an attachment is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileKind {
    /// A PNG picture.
    Image,
    /// A film (served as bytes of the right type, not playable).
    Video,
    /// A WAV recording.
    Audio,
    /// Any other file, mostly PDF.
    File,
    /// A place; has no bytes.
    Location,
    /// A contact card; has no bytes.
    Contact,
}

/// Something that came with a message.
#[derive(Clone, PartialEq, Debug)]
pub struct Attachment {
    /// Unique within the vendor. [`super::World::attachment`] finds it again.
    pub id: u64,
    /// What it is.
    pub kind: FileKind,
    /// File name, name of the place, or the card's person.
    pub name: String,
    /// Media type.
    pub mime: String,
    /// Size in bytes.
    pub size: u64,
    /// Bytes that a client sent; `None` for files that are made when asked for
    /// ([`super::files::bytes`]).
    pub bytes: Option<Arc<[u8]>>,
    /// A place elsewhere that a client named instead of sending bytes.
    pub url: Option<String>,
    /// Caption, street of the place, phone number of the card.
    pub detail: String,
    /// Latitude and longitude of a place.
    pub position: Option<(f64, f64)>,
    /// Whether it was recorded as a voice message.
    pub voice: bool,
}

impl Attachment {
    /// A file of which no more is known yet; the id is given when its message is posted.
    pub fn new(kind: FileKind, name: impl Into<String>, mime: impl Into<String>) -> Self {
        Self {
            id: 0,
            kind,
            name: name.into(),
            mime: mime.into(),
            size: 0,
            bytes: None,
            url: None,
            detail: String::new(),
            position: None,
            voice: false,
        }
    }
}

/// One entry of a thread.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// Unique within the vendor, rising within the conversation.
    pub id: u64,
    /// When it was written.
    pub at: At,
    /// When it last changed (delivery, edit, deletion).
    pub updated_at: At,
    /// Who wrote it.
    pub author: Author,
    /// What it is.
    pub kind: Kind,
    /// Its text: plain, or Markdown from agents. `None` when only a file was sent.
    pub text: Option<String>,
    /// The HTML body of a mail; `text` is then its plain part.
    pub html: Option<String>,
    /// Subject of a mail.
    pub subject: Option<String>,
    /// To: mail addresses, or a postal address.
    pub to: Vec<String>,
    /// Copy.
    pub cc: Vec<String>,
    /// Blind copy.
    pub bcc: Vec<String>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// Id of the message that it answers.
    pub reply_to: Option<u64>,
    /// How far it has come; meaningful on the agent's side's public messages.
    pub delivery: Delivery,
    /// The client's own mark, given back as it came (Chatwoot's `echo_id` may be a number).
    pub echo: Option<Value>,
    /// Emoji that the customer put on it.
    pub customer_reaction: Option<String>,
    /// Emoji that an agent put on it.
    pub agent_reaction: Option<String>,
    /// Taken back or deleted.
    pub deleted: bool,
    /// Whatever else one vendor has to give back as it came (content attributes, intent ids …).
    pub extra: Map<String, Value>,
}

impl Message {
    /// A public text message that has been sent.
    pub fn new(id: u64, at: At, author: Author, text: impl Into<String>) -> Self {
        Self {
            id,
            at,
            updated_at: at,
            author,
            kind: Kind::Public,
            text: Some(text.into()),
            html: None,
            subject: None,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            attachments: Vec::new(),
            reply_to: None,
            delivery: Delivery::Sent,
            echo: None,
            customer_reaction: None,
            agent_reaction: None,
            deleted: false,
            extra: Map::new(),
        }
    }

    /// Its text, or nothing.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Whether it is something that the customer has said.
    pub fn is_incoming(&self) -> bool {
        self.author.is_customer() && self.kind == Kind::Public
    }
}

/// A whole conversation. Made from its [`Brief`] when somebody asks, kept only once changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Conversation {
    /// Which one.
    pub key: Key,
    /// State of work.
    pub status: Status,
    /// Urgency.
    pub priority: Option<Priority>,
    /// Where the customer writes from.
    pub channel: Channel,
    /// The inbox that received it.
    pub inbox: u32,
    /// Who works on it.
    pub assignee: Option<ColleagueNo>,
    /// Which team works on it.
    pub team: Option<TeamNo>,
    /// Titles of its labels, in the order in which they were put on.
    pub labels: Vec<String>,
    /// The customer.
    pub customer: Customer,
    /// Subject line; every conversation has one, though only mail-like channels show it.
    pub subject: String,
    /// All entries, oldest first. Never empty.
    pub messages: Vec<Message>,
    /// When it began.
    pub created_at: At,
    /// When anything about it last changed.
    pub updated_at: At,
    /// Until when an agent has seen it; `None` is never.
    pub agent_seen_at: Option<At>,
    /// Until when the customer has seen it.
    pub customer_seen_at: Option<At>,
    /// When a snoozed conversation comes back; `None` on a snoozed one is "on the next reply".
    pub snoozed_until: Option<At>,
    /// When an answer is due (enneo).
    pub due: Option<At>,
    /// End of the reply window; `None` when the channel has none.
    pub reply_until: Option<At>,
    /// A template was sent, the customer has to answer first (voicebot).
    pub waiting_for_customer: bool,
    /// Why nothing can be sent at all, in Partoo's words. Empty when all is well.
    pub issues: Vec<String>,
    /// Whether the customer is blocked.
    pub muted: bool,
    /// Colleagues that have it open, and until when that is believed.
    pub viewers: Vec<(ColleagueNo, At)>,
    /// The customer's language.
    pub language: Language,
    /// What is special about it.
    pub oddity: Oddity,
    /// Custom attributes.
    pub custom: Map<String, Value>,
}

impl Conversation {
    /// Customer messages that no agent has seen.
    pub fn unread(&self) -> u32 {
        let seen = self.agent_seen_at;
        let unseen = |message: &&Message| {
            message.is_incoming() && seen.is_none_or(|moment| message.at > moment)
        };
        self.messages.iter().rev().filter(unseen).count().try_into().unwrap_or(u32::MAX)
    }

    /// The newest entry that is not an event line.
    pub fn latest(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.kind != Kind::Activity)
    }

    /// The newest message that both sides can see.
    pub fn latest_public(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.kind == Kind::Public)
    }

    /// The newest message of the customer.
    pub fn latest_incoming(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.is_incoming())
    }

    /// Time of the newest entry that is not an event line.
    pub fn last_activity(&self) -> At {
        self.latest().map_or(self.created_at, |message| message.at)
    }

    /// When the first public answer was given.
    pub fn first_reply_at(&self) -> Option<At> {
        let answer = |message: &&Message| {
            message.kind == Kind::Public && matches!(message.author, Author::Colleague(_))
        };
        self.messages.iter().find(answer).map(|message| message.at)
    }

    /// Since when the customer waits for an answer; `None` when nobody waits.
    pub fn waiting_since(&self) -> Option<At> {
        let public = self.messages.iter().rev().filter(|message| message.kind == Kind::Public);
        public.take_while(|message| message.author.is_customer()).last().map(|message| message.at)
    }

    /// Whether free text may be sent at this moment.
    pub fn can_reply(&self, now: At) -> bool {
        self.issues.is_empty()
            && !self.waiting_for_customer
            && self.reply_until.is_none_or(|end| now < end)
    }

    /// Whether a draft waits for approval.
    pub fn has_draft(&self) -> bool {
        self.messages.iter().any(|message| message.kind == Kind::Draft && !message.deleted)
    }

    /// A message by its id.
    pub fn message(&self, id: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    /// A message by its id, to be changed.
    pub fn message_mut(&mut self, id: u64) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.id == id)
    }

    /// What a list needs to know of it.
    pub fn brief(&self) -> Brief {
        Brief {
            key: self.key,
            status: self.status,
            priority: self.priority,
            channel: self.channel,
            inbox: self.inbox,
            assignee: self.assignee,
            team: self.team,
            labels: super::company::label_bits(&self.labels),
            unread: self.unread(),
            waiting: self.waiting_since().is_some(),
            created_at: self.created_at,
            last_activity: self.last_activity(),
            updated_at: self.updated_at,
            language: self.language,
            oddity: self.oddity,
        }
    }
}
