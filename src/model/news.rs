//! What is asked of a vendor, and what comes back: one vocabulary for lists, threads, answers to
//! writes, and push.

use jiff::Timestamp;

use super::{ConversationId, ConversationNews, Label, Message, Person, RemoteId};
use crate::text::Clean;

/// Which of a vendor's lists to walk. A vendor that cannot filter offers only [`Folder::Recent`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Folder {
    /// Everything, newest activity first.
    Recent,
    /// Neither resolved nor snoozed.
    Open,
    /// Open and assigned to this agent.
    Mine,
    /// Open and assigned to nobody.
    Unassigned,
    /// Put away for later.
    Snoozed,
    /// Done.
    Resolved,
}

/// Where the next page of a list or thread begins; only the vendor's folder reads it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Cursor(pub String);

/// Which part of a thread.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ThreadPart {
    /// The newest page.
    Newest,
    /// The page before, by the cursor that came with the last one.
    Older(Cursor),
    /// Whatever is newer than this message. A vendor that cannot answer that gives the newest page.
    After(RemoteId),
}

/// A question for a vendor.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ask {
    /// A page of conversations.
    List {
        /// Which list.
        folder: Folder,
        /// Which page; `None` = the first.
        page: Option<Cursor>,
        /// Only what changed after this moment, where the vendor can tell; else ignored.
        since: Option<Timestamp>,
    },
    /// A part of a thread.
    Thread {
        /// Whose.
        id: ConversationId,
        /// Which part.
        part: ThreadPart,
    },
    /// One conversation, whole.
    Conversation(ConversationId),
    /// Who the token belongs to; also the connection test.
    Me,
    /// Who conversations can be given to.
    People,
    /// Which teams there are.
    Teams,
    /// Which labels there are.
    Labels,
    /// Ready-made answers.
    Canned,
}

/// A ready-made answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Canned {
    /// The vendor's id.
    pub id: RemoteId,
    /// Short code or title.
    pub title: Clean,
    /// The text, with the vendor's placeholders.
    pub text: Clean,
}

/// One piece of news from a vendor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Delta {
    /// Something about a conversation.
    Conversation(Box<ConversationNews>),
    /// A message, whole.
    Message(Box<Message>),
    /// A message does not exist any more.
    MessageGone {
        /// Of which conversation.
        conversation: ConversationId,
        /// Which message.
        message: RemoteId,
    },
    /// A conversation does not exist any more, or is not this agent's to see.
    Gone(ConversationId),
    /// Something about this conversation changed that the vendor did not spell out: read it again.
    Stale(ConversationId),
    /// How the list or thread goes on. Every list and thread answer carries exactly one.
    More {
        /// Where the next page begins; `None` = this was the end.
        next: Option<Cursor>,
        /// How many there are in all, where the vendor says.
        total: Option<u64>,
    },
    /// Who the token belongs to. Vendors without such a call send nothing.
    Me(Person),
    /// All people that conversations can be given to.
    People(Vec<Person>),
    /// All teams.
    Teams(Vec<Person>),
    /// All labels.
    Labels(Vec<Label>),
    /// All ready-made answers.
    Canned(Vec<Canned>),
}
