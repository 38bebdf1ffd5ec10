//! From a place in the list to what the list shows there, by arithmetic alone: nothing is kept
//! of the conversations that nobody has changed, and so a million of them start at once.

use super::company::{self, ME};
use super::dice::Dice;
use super::time::{At, DAY, HOUR, MINUTE, SECOND};
use super::words::{Brief, Channel, Key, Language, Oddity, Status};
use crate::model::{Priority, Vendor};

/// The oldest activity lies about this far back.
const TAIL: f64 = 200.0 * DAY as f64;

/// Neighbours in the list swap places within groups of this size, so that numbers (given at
/// creation) and activity do not run in step. A power of two, for the exclusive-or below.
const GROUP: u32 = 8;

/// After how many places the oddities repeat. A prime, so that they do not fall in step with
/// anything else.
const ODD_PERIOD: u32 = 29;

/// One vendor's conversations as they were when the world began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shelf {
    pub vendor: Vendor,
    pub seed: u64,
    pub started: At,
    pub count: u32,
}

impl Shelf {
    /// The stream of numbers for one purpose at one conversation.
    pub fn dice(&self, purpose: u64, number: u32) -> Dice {
        Dice::at(self.seed, &[self.vendor as u64 + 1, purpose, u64::from(number)])
    }

    /// The number of the conversation at a place, 0 being the one with the newest activity.
    pub fn number_at(&self, rank: u32) -> u32 {
        self.count - self.swapped(rank)
    }

    /// The place of a conversation; the inverse of [`Self::number_at`].
    fn rank_of(&self, number: u32) -> u32 {
        self.swapped(self.count - number)
    }

    fn swapped(&self, place: u32) -> u32 {
        let group = place / GROUP;
        let is_whole = group.saturating_add(1).saturating_mul(GROUP) <= self.count;
        let mask = self.dice(1, group).below(u64::from(GROUP)) as u32;
        if is_whole { place ^ mask } else { place }
    }

    /// When something last happened at a place: minutes ago at the top, months ago at the end.
    fn activity_at(&self, rank: u32) -> At {
        let jitter = self.dice(2, rank).below(900) as f64 / 1_000.0;
        let place = (f64::from(rank) + jitter) / f64::from(self.count.max(40));
        // x^2.5, from operations whose results are exactly defined everywhere.
        let age = place * place * place.sqrt() * TAIL;
        self.started.plus(-(90 * SECOND) - age as i64)
    }

    /// What the list knows of a conversation; `None` for a number that does not exist.
    pub fn brief(&self, number: u32) -> Option<Brief> {
        (1..=self.count).contains(&number).then(|| self.brief_at(self.rank_of(number)))
    }

    /// What the list shows at a place below `count`.
    pub fn brief_at(&self, rank: u32) -> Brief {
        let number = self.number_at(rank);
        let mut dice = self.dice(3, number);
        let oddity = self.oddity(rank);
        let inbox = self.inbox(oddity, &mut dice);
        let status = self.status(rank, oddity, &mut dice);
        let waiting = match (oddity, status) {
            (Oddity::FailedDelivery | Oddity::WaitingForCustomer | Oddity::Draft, _) => {
                oddity == Oddity::Draft
            }
            (_, Status::Open) => dice.percent(65),
            (_, Status::Pending) => dice.percent(20),
            (_, Status::Snoozed) => false,
            (_, Status::Resolved) => dice.percent(10),
        };
        // Often the customer's question is all there is so far.
        let is_first_question = waiting && oddity == Oddity::None && dice.percent(35);
        let unread = match (waiting, status) {
            (true, Status::Open) if is_first_question => dice.below(2) as u32,
            (true, Status::Open) if dice.percent(8) => 11 + dice.below(5) as u32,
            (true, Status::Open) => dice.below(4) as u32,
            _ => 0,
        };
        let last_activity = self.activity_at(rank);
        let span = match oddity {
            _ if is_first_question => 0,
            Oddity::Long => 20 * DAY + dice.below(40) as i64 * DAY,
            _ if dice.percent(40) => 20 * MINUTE + dice.below(300) as i64 * MINUTE,
            _ => 5 * HOUR + dice.below(140) as i64 * HOUR,
        };
        Brief {
            key: Key { vendor: self.vendor, number },
            status,
            priority: match dice.below(100) {
                0..=5 => Some(Priority::Urgent),
                6..=15 => Some(Priority::High),
                16..=29 => Some(Priority::Medium),
                30..=37 => Some(Priority::Low),
                // enneo knows no ticket without a priority.
                _ => (self.vendor == Vendor::Enneo).then_some(Priority::Medium),
            },
            channel: inbox.channel,
            inbox: inbox.id,
            assignee: match dice.below(100) {
                0..=29 if status != Status::Resolved => None,
                30..=57 => Some(ME),
                _ => Some(2 + dice.below(company::COLLEAGUES.len() as u64 - 1) as u8),
            },
            team: dice.percent(45).then(|| 1 + dice.below(company::TEAMS.len() as u64) as u8),
            labels: match dice.below(100) {
                0..=39 => 0,
                40..=84 => 1 << dice.below(company::LABELS.len() as u64),
                _ => {
                    (1 << dice.below(company::LABELS.len() as u64))
                        | (1 << dice.below(company::LABELS.len() as u64))
                }
            },
            unread,
            waiting,
            created_at: last_activity.plus(-span),
            last_activity,
            updated_at: last_activity,
            language: language(self.vendor, inbox, &mut dice),
            oddity,
        }
    }

    fn oddity(&self, rank: u32) -> Oddity {
        let oddity = match rank % ODD_PERIOD {
            2 => Oddity::Long,
            4 => Oddity::HostileName,
            5 => Oddity::Emoji,
            7 => Oddity::HtmlMail,
            9 => Oddity::WindowNearlyOver,
            11 => Oddity::Files,
            12 | 26 => Oddity::Draft,
            14 => Oddity::WindowOver,
            16 => Oddity::HostileText,
            18 => Oddity::FailedDelivery,
            20 => Oddity::LongWord,
            22 => Oddity::WaitingForCustomer,
            24 => Oddity::BrokenChannel,
            _ => Oddity::None,
        };
        let is_possible = match oddity {
            Oddity::Draft => self.vendor == Vendor::Enneo,
            Oddity::HtmlMail => matches!(self.vendor, Vendor::Chatwoot | Vendor::Enneo),
            Oddity::WindowNearlyOver | Oddity::WindowOver => self.vendor != Vendor::Enneo,
            Oddity::WaitingForCustomer => self.vendor == Vendor::Voicebot,
            Oddity::BrokenChannel => matches!(self.vendor, Vendor::Voicebot | Vendor::Partoo),
            _ => true,
        };
        if is_possible { oddity } else { Oddity::None }
    }

    fn inbox(&self, oddity: Oddity, dice: &mut Dice) -> &'static company::Inbox {
        let fits = |inbox: &&company::Inbox| match oddity {
            Oddity::HtmlMail => inbox.channel == Channel::Email,
            Oddity::WindowNearlyOver | Oddity::WindowOver => inbox.channel.window().is_some(),
            Oddity::WaitingForCustomer => inbox.channel == Channel::WhatsApp,
            _ => true,
        };
        let all = company::inboxes(self.vendor);
        let fitting = || all.iter().filter(fits);
        let mut ticket = dice.below(fitting().map(|inbox| inbox.share).sum());
        for inbox in fitting() {
            match ticket.checked_sub(inbox.share) {
                Some(rest) => ticket = rest,
                None => return inbox,
            }
        }
        // Not reached: the ticket is below the sum of the shares.
        all.first().unwrap_or(&NOWHERE)
    }

    fn status(&self, rank: u32, oddity: Oddity, dice: &mut Dice) -> Status {
        let is_recent = u64::from(rank) * 5 < u64::from(self.count) * 2;
        let status = match (dice.below(100), is_recent) {
            (0..=59, true) | (0..=11, false) => Status::Open,
            (60..=71, true) | (12..=16, false) => Status::Pending,
            (72..=79, true) | (17..=19, false) => Status::Snoozed,
            _ => Status::Resolved,
        };
        let can_snooze = matches!(self.vendor, Vendor::Chatwoot | Vendor::Voicebot);
        match status {
            // What shows its oddity only on an open conversation stays open.
            _ if oddity != Oddity::None && is_recent => Status::Open,
            Status::Snoozed if !can_snooze => Status::Open,
            status => status,
        }
    }
}

const NOWHERE: company::Inbox =
    company::Inbox { id: 0, name: "", channel: Channel::Api, address: "", city: "", share: 0 };

/// Shops are written to in their country's language; everywhere else it is mixed.
fn language(vendor: Vendor, inbox: &company::Inbox, dice: &mut Dice) -> Language {
    let ticket = dice.below(100);
    let local = match inbox.city {
        _ if vendor != Vendor::Partoo || ticket >= 85 => None,
        "Lyon" => Some(Language::Fr),
        "Bilbao" => Some(Language::Es),
        "Θεσσαλονίκη" => Some(Language::El),
        "Haifa" => Some(Language::He),
        "Bristol" => Some(Language::En),
        _ => Some(Language::De),
    };
    local.unwrap_or(match dice.below(100) {
        0..=41 => Language::De,
        42..=63 => Language::En,
        64..=70 => Language::Es,
        71..=77 => Language::Fr,
        78..=82 => Language::Ja,
        83..=87 => Language::Ar,
        88..=91 => Language::He,
        92..=95 => Language::Hi,
        _ => Language::El,
    })
}
