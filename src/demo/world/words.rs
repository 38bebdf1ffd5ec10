//! The words of the made-up world: what the four vendors' APIs are only views of. What a
//! conversation holds is in [`super::thread`].

use super::time::At;
use crate::model::{Priority, Vendor};

/// Where a conversation is found: the vendor and its number there, counted from 1 in order of
/// creation. The number is the vendor's public id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key {
    /// Whose API shows it.
    pub vendor: Vendor,
    /// 1 ..= how many the vendor has.
    pub number: u32,
}

/// A colleague's number, 1 ..= 9. Number 1 is the agent who signs in ([`super::company::ME`]).
pub type ColleagueNo = u8;

/// A team's number, 1 ..= 3.
pub type TeamNo = u8;

/// State of work, under Chatwoot's names. Voicebot: to-do, in-progress, (snoozed to-do), done.
/// enneo: open, pending, (never), closed. Partoo: unsolved, unsolved, (never), solved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Somebody has to act.
    Open,
    /// Waiting, or in progress.
    Pending,
    /// Put away.
    Snoozed,
    /// Done.
    Resolved,
}

/// Where the customer writes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// E-mail: has a subject and recipients.
    Email,
    /// Chat widget on the web page.
    Widget,
    /// WhatsApp: replies only within 24 h of the customer's last message.
    WhatsApp,
    /// Facebook Messenger: 24 h as well.
    Facebook,
    /// Instagram: 24 h as well.
    Instagram,
    /// Google business messages.
    Google,
    /// Text message.
    Sms,
    /// Telegram.
    Telegram,
    /// Phone call, written down.
    Phone,
    /// Paper letter: recipients are postal addresses.
    Letter,
    /// Customer portal.
    Portal,
    /// API inbox or another system's bridge.
    Api,
}

impl Channel {
    /// How long after the customer's last message free text may be sent; `None` is for ever.
    pub fn window(self) -> Option<i64> {
        matches!(self, Self::WhatsApp | Self::Facebook | Self::Instagram)
            .then_some(super::time::DAY)
    }

    /// Whether the channel says that a message was delivered and read.
    pub fn has_receipts(self) -> bool {
        !matches!(self, Self::Email | Self::Letter | Self::Phone | Self::Portal | Self::Sms)
    }
}

/// The language a customer writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Japanese.
    Ja,
    /// Arabic.
    Ar,
    /// Hebrew.
    He,
    /// Hindi.
    Hi,
    /// Greek.
    El,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::De, Self::En, Self::Es, Self::Fr, Self::Ja, Self::Ar, Self::He, Self::Hi, Self::El];

    /// The two-letter code.
    pub fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::Ja => "ja",
            Self::Ar => "ar",
            Self::He => "he",
            Self::Hi => "hi",
            Self::El => "el",
        }
    }

    /// The English name, as enneo's `language` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::De => "German",
            Self::En => "English",
            Self::Es => "Spanish",
            Self::Fr => "French",
            Self::Ja => "Japanese",
            Self::Ar => "Arabic",
            Self::He => "Hebrew",
            Self::Hi => "Hindi",
            Self::El => "Greek",
        }
    }
}

/// What makes a conversation worth testing against. Spread by age, so that even a small world
/// has some of each and they are found near the top of the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Oddity {
    /// Nothing.
    None,
    /// 300 messages or more.
    Long,
    /// The customer's name carries terminal escapes or bidi overrides.
    HostileName,
    /// Subject and messages carry them.
    HostileText,
    /// HTML mail with a quote, a table and a remote picture.
    HtmlMail,
    /// One very long word, a very long URL.
    LongWord,
    /// Family emoji, flags, combining marks.
    Emoji,
    /// A draft waits for approval (enneo; elsewhere nothing).
    Draft,
    /// The last reply could not be delivered.
    FailedDelivery,
    /// The reply window ends within the hour (channels with a window).
    WindowNearlyOver,
    /// The reply window is over although the last activity is recent.
    WindowOver,
    /// A template was sent; the customer has to answer first.
    WaitingForCustomer,
    /// The channel is broken: Partoo's `issues`, voicebot's `in_sync:false`.
    BrokenChannel,
    /// Pictures, a PDF, a voice message, a place and a contact card.
    Files,
}

/// What a list needs to know of a conversation: enough to filter, sort and count without
/// making its messages. Computed from the seed in well under a microsecond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brief {
    /// Which conversation.
    pub key: Key,
    /// State of work.
    pub status: Status,
    /// Urgency.
    pub priority: Option<Priority>,
    /// Where the customer writes from.
    pub channel: Channel,
    /// The inbox (mailbox, agent number, shop) that received it: [`super::Inbox::id`].
    pub inbox: u32,
    /// Who works on it.
    pub assignee: Option<ColleagueNo>,
    /// Which team works on it.
    pub team: Option<TeamNo>,
    /// One bit per defined label ([`super::Label::bit`]). Titles that somebody made up while the
    /// world ran are only in [`super::Conversation::labels`].
    pub labels: u16,
    /// Customer messages that no agent has seen.
    pub unread: u32,
    /// Whether the newest public message is the customer's.
    pub waiting: bool,
    /// When it began.
    pub created_at: At,
    /// Time of the newest message.
    pub last_activity: At,
    /// When anything about it changed last.
    pub updated_at: At,
    /// The customer's language.
    pub language: Language,
    /// What is special about it.
    pub oddity: Oddity,
}

/// A customer, the same person in every vendor's API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Customer {
    /// The vendor's id of the person; several conversations may share it.
    pub id: u32,
    /// Whole name as the channel gives it. May be empty, may be hostile.
    pub name: String,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// E-mail address.
    pub email: String,
    /// E.164 with the plus.
    pub phone: String,
    /// Street, number, postcode and city.
    pub address: String,
    /// City alone.
    pub city: String,
    /// Number of the electricity contract.
    pub contract: String,
    /// The language written.
    pub language: Language,
}
