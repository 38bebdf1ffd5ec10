//! Views: which conversations belong together on the screen.

use jiff::Timestamp;

use crate::model::{AccountId, Conversation, Folder, Person, Status};

/// What a view is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ViewKind {
    /// Everything that is neither resolved nor snoozed.
    Inbox,
    /// Of these, mine.
    Mine,
    /// Of these, nobody's.
    Unassigned,
    /// Put away for later.
    Snoozed,
    /// Done.
    Resolved,
    /// Everything that was ever loaded.
    All,
    /// Conversations with an unsent draft, here or waiting for approval on the server.
    Drafts,
    /// What has not gone out yet, or did not arrive.
    Outbox,
}

impl ViewKind {
    /// All of them, in the order of the sidebar.
    pub const ALL: [Self; 8] = [
        Self::Inbox,
        Self::Mine,
        Self::Unassigned,
        Self::Snoozed,
        Self::Resolved,
        Self::All,
        Self::Drafts,
        Self::Outbox,
    ];

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Mine => "Mine",
            Self::Unassigned => "Unassigned",
            Self::Snoozed => "Snoozed",
            Self::Resolved => "Resolved",
            Self::All => "All",
            Self::Drafts => "Drafts",
            Self::Outbox => "Outbox",
        }
    }

    /// The server-side list that fills it, where there is one.
    pub fn folder(self) -> Option<Folder> {
        match self {
            Self::Inbox => Some(Folder::Open),
            Self::Mine => Some(Folder::Mine),
            Self::Unassigned => Some(Folder::Unassigned),
            Self::Snoozed => Some(Folder::Snoozed),
            Self::Resolved => Some(Folder::Resolved),
            Self::All => Some(Folder::Recent),
            Self::Drafts | Self::Outbox => None,
        }
    }
}

/// One line of the sidebar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// What it is about.
    pub kind: ViewKind,
    /// Only this account's conversations; `None` = all accounts.
    pub account: Option<AccountId>,
}

/// What a view needs to know of a conversation beyond the conversation itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who "me" is on its account, once known.
    pub me: Option<&'a Person>,
    /// Whether this program holds a draft for it.
    pub has_draft: bool,
    /// Whether the outbox holds something for it.
    pub in_outbox: bool,
    /// The moment, for snoozes that are over.
    pub now: Timestamp,
}

impl View {
    /// Whether a conversation belongs to the view.
    pub fn holds(&self, conversation: &Conversation, facts: Facts<'_>) -> bool {
        if self.account.is_some_and(|account| account != conversation.id.account) {
            return false;
        }
        let snoozed = conversation.status == Status::Snoozed
            && conversation.snoozed_until.is_none_or(|until| until > facts.now);
        let active = !snoozed && conversation.status != Status::Resolved;
        match self.kind {
            ViewKind::Inbox => active,
            ViewKind::Mine => {
                active
                    && conversation
                        .assignee
                        .as_ref()
                        .is_some_and(|assignee| facts.me.is_some_and(|me| me.id == assignee.id))
            }
            ViewKind::Unassigned => active && conversation.assignee.is_none(),
            ViewKind::Snoozed => snoozed,
            ViewKind::Resolved => conversation.status == Status::Resolved,
            ViewKind::All => true,
            ViewKind::Drafts => facts.has_draft || conversation.draft_waiting,
            ViewKind::Outbox => facts.in_outbox,
        }
    }
}

/// In which order a list stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Sort {
    /// Newest activity first.
    #[default]
    Newest,
    /// Oldest activity first.
    Oldest,
    /// The customer who waits longest first; nobody waiting last.
    Waiting,
    /// Most urgent first, then newest.
    Priority,
    /// Due soonest first; nothing due last.
    Due,
}

impl Sort {
    /// All orders, with the word used in commands.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Newest, "newest"),
        (Self::Oldest, "oldest"),
        (Self::Waiting, "waiting"),
        (Self::Priority, "priority"),
        (Self::Due, "due"),
    ];

    /// The word used in commands and shown above the list.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(sort, _)| *sort == self).map_or("", |(_, word)| word)
    }

    /// A number by which rows stand in ascending order.
    pub fn key(self, conversation: &Conversation) -> i64 {
        let activity = conversation
            .last_activity
            .or(conversation.created_at)
            .map_or(0, Timestamp::as_millisecond);
        match self {
            Self::Newest => -activity,
            Self::Oldest => activity,
            Self::Waiting => {
                conversation.waiting_since.map_or(i64::MAX - activity, Timestamp::as_millisecond)
            }
            // Years of milliseconds fit between two levels of urgency.
            Self::Priority => {
                let level = conversation.priority.map_or(0, |priority| priority as i64 + 1);
                -(level << 50) - activity
            }
            Self::Due => conversation.due.map_or(i64::MAX - activity, Timestamp::as_millisecond),
        }
    }
}
