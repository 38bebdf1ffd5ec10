//! A conversation as every vendor's is shown: an enneo ticket and a Partoo thread are both one.

use jiff::Timestamp;

use super::{ConversationId, RemoteId};
use crate::text::Clean;

/// Where the customer writes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Channel {
    /// E-mail: has recipients and a subject.
    Email,
    /// A chat widget on a web page.
    #[default]
    Chat,
    /// WhatsApp, by whatever provider.
    WhatsApp,
    /// Facebook Messenger.
    Facebook,
    /// Instagram direct messages.
    Instagram,
    /// Google business messages.
    Google,
    /// Text messages.
    Sms,
    /// Telegram.
    Telegram,
    /// Phone calls.
    Phone,
    /// Paper letters: recipients are postal addresses.
    Letter,
    /// A customer portal.
    Portal,
    /// An API inbox or custom channel.
    Api,
    /// Anything else, under the vendor's own name.
    Other(Clean),
}

impl Channel {
    /// The word shown for the channel.
    pub fn word(&self) -> &str {
        match self {
            Self::Email => "email",
            Self::Chat => "chat",
            Self::WhatsApp => "whatsapp",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Google => "google",
            Self::Sms => "sms",
            Self::Telegram => "telegram",
            Self::Phone => "phone",
            Self::Letter => "letter",
            Self::Portal => "portal",
            Self::Api => "api",
            Self::Other(name) => name,
        }
    }

    /// Whether people expect an answer in hours rather than seconds; sends on such a channel
    /// wait longer before they leave.
    pub fn is_mail_like(&self) -> bool {
        matches!(self, Self::Email | Self::Letter | Self::Portal)
    }
}

/// What state of work a conversation is in.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Status {
    /// Somebody has to act.
    #[default]
    Open,
    /// Waiting, or in progress (voicebot's `in-progress`).
    Pending,
    /// Put away until a time or the next customer message.
    Snoozed,
    /// Done (enneo and Partoo `closed`, voicebot `done`).
    Resolved,
    /// A value that this program does not know; shown, never written.
    Other(Clean),
}

impl Status {
    /// The word shown for the status.
    pub fn word(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
            Self::Resolved => "resolved",
            Self::Other(word) => word,
        }
    }
}

/// How urgent a conversation is. Ordered: `Low < Urgent`.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// The usual.
    Medium,
    /// Soon.
    High,
    /// Now.
    Urgent,
}

impl Priority {
    /// All values, most urgent first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Medium, Self::Low];

    /// The word shown, which is also the word every vendor uses on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// Reads a vendor's word; unknown words and `none` are no priority.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.word().eq_ignore_ascii_case(word))
    }
}

/// A colleague, a team or a bot: somebody a conversation can be given to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Person {
    /// The vendor's id.
    pub id: RemoteId,
    /// The name shown.
    pub name: Clean,
}

/// The customer of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contact {
    /// The vendor's id, where it has one.
    pub id: Option<RemoteId>,
    /// The name shown; may be empty.
    pub name: Clean,
    /// E-mail address, phone number or handle, whichever identifies them best.
    pub handle: Clean,
}

impl Contact {
    /// The name, else the handle, else a word that says that neither is known.
    pub fn shown(&self) -> &str {
        if !self.name.trim().is_empty() {
            &self.name
        } else if !self.handle.trim().is_empty() {
            &self.handle
        } else {
            "(no name)"
        }
    }
}

/// A label (enneo: tag). Chatwoot knows them by title only; the id is then the title.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Label {
    /// The vendor's id; the title where it has none.
    pub id: RemoteId,
    /// The title shown.
    pub title: Clean,
}

/// Whether free text can be sent to the customer now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ReplyWindow {
    /// At any time.
    #[default]
    Open,
    /// Until this moment.
    Until(Timestamp),
    /// The window is over; only a paid or approved template can open it again.
    TemplateOnly,
    /// A template was sent; the customer has to answer first.
    WaitingForCustomer,
    /// Not at all, for the reason given.
    Closed(Clean),
}

/// Who an e-mail or a letter goes to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recipients {
    /// To.
    pub to: Vec<Clean>,
    /// Copy.
    pub cc: Vec<Clean>,
    /// Blind copy.
    pub bcc: Vec<Clean>,
}

impl Recipients {
    /// Whether nobody is named at all.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty() && self.cc.is_empty() && self.bcc.is_empty()
    }
}

/// What is known of a conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The customer.
    pub contact: Contact,
    /// Subject line of an e-mail conversation.
    pub subject: Option<Clean>,
    /// Where the customer writes from.
    pub channel: Channel,
    /// Name of the inbox, mailbox, agent number or shop that received it.
    pub inbox: Option<Clean>,
    /// State of work.
    pub status: Status,
    /// Urgency, where one is set.
    pub priority: Option<Priority>,
    /// Who works on it.
    pub assignee: Option<Person>,
    /// Which team works on it.
    pub team: Option<Person>,
    /// Labels, in the vendor's order.
    pub labels: Vec<Label>,
    /// Customer messages not yet read by the agent. Chatwoot caps the number at 10.
    pub unread: u32,
    /// Time of the newest message or event.
    pub last_activity: Option<Timestamp>,
    /// When it began.
    pub created_at: Option<Timestamp>,
    /// Since when the customer waits for an answer; `None` when nobody waits.
    pub waiting_since: Option<Timestamp>,
    /// When a snoozed conversation comes back; `None` also means "on the next reply".
    pub snoozed_until: Option<Timestamp>,
    /// When an answer is due (enneo's `firstResponseDueBy`/`dueBy`, the nearer one).
    pub due: Option<Timestamp>,
    /// First words of the newest message.
    pub snippet: Clean,
    /// Whether the newest message is the agent's side's own.
    pub snippet_is_ours: bool,
    /// Whether a reply can be sent now.
    pub reply_window: ReplyWindow,
    /// Whether a draft on the server waits for approval.
    pub draft_waiting: bool,
    /// Who a reply goes to by default; empty on channels without recipients.
    pub recipients: Recipients,
    /// Where the vendor's web app shows it.
    pub web_url: Option<Clean>,
    /// Colleagues that have it open right now (enneo's `workedOnBy`).
    pub viewers: Vec<Clean>,
}

impl Conversation {
    /// A conversation of which only the id is known.
    pub fn new(id: ConversationId) -> Self {
        Self {
            id,
            contact: Contact::default(),
            subject: None,
            channel: Channel::default(),
            inbox: None,
            status: Status::default(),
            priority: None,
            assignee: None,
            team: None,
            labels: Vec::new(),
            unread: 0,
            last_activity: None,
            created_at: None,
            waiting_since: None,
            snoozed_until: None,
            due: None,
            snippet: Clean::default(),
            snippet_is_ours: false,
            reply_window: ReplyWindow::Open,
            draft_waiting: false,
            recipients: Recipients::default(),
            web_url: None,
            viewers: Vec::new(),
        }
    }
}

macro_rules! news {
    ($($(#[$doc:meta])* $field:ident: $kind:ty),* $(,)?) => {
        /// News about a conversation. A field that is `None` was not mentioned, and what is known
        /// of it stays: a vendor's list, detail and write answers all leave different things out.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct ConversationNews {
            /// Which conversation.
            pub id: ConversationId,
            $($(#[$doc])* pub $field: Option<$kind>,)*
        }

        impl ConversationNews {
            /// News that says nothing yet.
            pub fn new(id: ConversationId) -> Self {
                Self { id, $($field: None,)* }
            }
        }

        impl Conversation {
            /// Takes in what the news mentions. Returns whether anything changed.
            pub fn merge(&mut self, news: ConversationNews) -> bool {
                let mut changed = false;
                $(if let Some(value) = news.$field && self.$field != value {
                    self.$field = value;
                    changed = true;
                })*
                changed
            }
        }
    };
}

news! {
    /// See [`Conversation::contact`].
    contact: Contact,
    /// See [`Conversation::subject`].
    subject: Option<Clean>,
    /// See [`Conversation::channel`].
    channel: Channel,
    /// See [`Conversation::inbox`].
    inbox: Option<Clean>,
    /// See [`Conversation::status`].
    status: Status,
    /// See [`Conversation::priority`].
    priority: Option<Priority>,
    /// See [`Conversation::assignee`].
    assignee: Option<Person>,
    /// See [`Conversation::team`].
    team: Option<Person>,
    /// See [`Conversation::labels`].
    labels: Vec<Label>,
    /// See [`Conversation::unread`].
    unread: u32,
    /// See [`Conversation::last_activity`].
    last_activity: Option<Timestamp>,
    /// See [`Conversation::created_at`].
    created_at: Option<Timestamp>,
    /// See [`Conversation::waiting_since`].
    waiting_since: Option<Timestamp>,
    /// See [`Conversation::snoozed_until`].
    snoozed_until: Option<Timestamp>,
    /// See [`Conversation::due`].
    due: Option<Timestamp>,
    /// See [`Conversation::snippet`].
    snippet: Clean,
    /// See [`Conversation::snippet_is_ours`].
    snippet_is_ours: bool,
    /// See [`Conversation::reply_window`].
    reply_window: ReplyWindow,
    /// See [`Conversation::draft_waiting`].
    draft_waiting: bool,
    /// See [`Conversation::recipients`].
    recipients: Recipients,
    /// See [`Conversation::web_url`].
    web_url: Option<Clean>,
    /// See [`Conversation::viewers`].
    viewers: Vec<Clean>,
}
