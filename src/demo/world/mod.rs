//! The made-up world that the four vendors' APIs are views of: one company, its colleagues and
//! customers, and any number of conversations.
//!
//! Nothing is stored until it is changed. A conversation's [`Brief`] is computed from the seed,
//! the vendor and its number; its messages are made from the brief when somebody asks; only a
//! conversation that was changed is kept, in an overlay that wins over the computed one. Times
//! count back from the start of the world, so that the newest activity is always minutes ago.
//!
//! What the outside does to the world (an agent's request, a customer's message) goes through
//! the methods of [`World`] that name it; they add event lines, move reply windows, schedule
//! deliveries and tell the listeners.

mod act;
mod brief;
pub mod company;
mod dice;
pub mod files;
mod generate;
mod life;
mod odd;
mod people;
mod talk;
mod time;
mod words;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;

pub use self::act::StatusChange;
use self::brief::Shelf;
pub use self::company::{Colleague, Inbox, Label, Team};
pub use self::dice::Dice;
pub use self::life::Life;
pub use self::time::{At, DAY, HOUR, MINUTE, SECOND};
pub use self::words::{
    Attachment, Author, Brief, Channel, ColleagueNo, Conversation, Customer, Delivery, FileKind,
    Key, Kind, Language, Message, Oddity, Status, TeamNo,
};
use crate::model::Vendor;

/// Message ids leave this much room per conversation.
const IDS_PER_CONVERSATION: u64 = 1_000;

/// Attachment ids leave this much room per message.
pub const ATTACHMENTS_PER_MESSAGE: u64 = 32;

/// A search that needs whole conversations looks at so many of the newest.
const SEARCHED: usize = 2_000;

/// Something happened; for push, which comes later, and for tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Where.
    pub key: Key,
    /// What.
    pub what: Happening,
}

/// What happened at a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// The conversation itself changed: status, assignee, labels, read state …
    Changed,
    /// A message was added.
    Added(u64),
    /// A message changed: delivery, text, deletion, reaction.
    Updated(u64),
    /// Somebody began (`true`) or stopped typing.
    Typing(Author, bool),
}

/// A canned reply; the agents can change them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Canned {
    /// Id.
    pub id: u64,
    /// Short code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Text, with `{{contact.name}}`-like placeholders.
    pub text: String,
    /// When it was made.
    pub created_at: At,
    /// When it was last changed.
    pub updated_at: At,
}

/// How a list is sorted.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Newest activity first; the fast one.
    Newest,
    /// By this number, smallest first, then newest activity first.
    By(fn(&Brief) -> i64),
}

/// One row of a list: its brief, and the conversation itself if it was ever changed.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What the list knows.
    pub brief: Brief,
    /// Set once somebody has changed the conversation.
    pub changed: Option<&'a Conversation>,
}

impl Row<'_> {
    /// Whether it carries the label.
    pub fn has_label(&self, title: &str) -> bool {
        match self.changed {
            Some(conversation) => conversation.labels.iter().any(|label| label == title),
            None => company::LABELS
                .iter()
                .any(|label| label.title == title && label.bit() & self.brief.labels != 0),
        }
    }
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// How many conversations fit the question in all.
    pub total: usize,
    /// The ones on the page.
    pub rows: Vec<Brief>,
}

struct State {
    changed: HashMap<Key, Conversation>,
    /// Conversation numbers of the messages that were added while the world ran.
    added: HashMap<(Vendor, u64), u32>,
    /// How many conversations began while the world ran.
    begun: HashMap<Vendor, u32>,
    next_id: u64,
    canned: Vec<Canned>,
    due: BinaryHeap<Reverse<(At, u64, Job)>>,
}

/// Something that will happen by itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Job {
    /// A message comes one step further: sent, delivered, read or failed.
    Deliver(Key, u64),
    /// A snooze ends.
    Wake(Key),
}

/// The world. Cheap to ask, safe to share between tasks; every method takes the lock for a
/// short time and none waits.
pub struct World {
    seed: u64,
    shelves: HashMap<Vendor, Shelf>,
    started: At,
    born: Instant,
    skipped: AtomicI64,
    /// Whether deliveries fail by chance: only while the world lives by itself, so that tests on
    /// a calm one meet none that they did not ask for.
    is_lively: AtomicBool,
    state: Mutex<State>,
    events: broadcast::Sender<Event>,
}

impl World {
    /// A world of so many conversations in all, beginning now.
    pub fn new(seed: u64, conversations: u32) -> Self {
        Self::starting(seed, conversations, At::real_now())
    }

    /// A world that takes `started` for the present: same arguments, same bytes.
    pub fn starting(seed: u64, conversations: u32, started: At) -> Self {
        let vendors = Vendor::ALL.len() as u32;
        let shelf = |(index, vendor): (u32, Vendor)| {
            let extra = u32::from(index < conversations % vendors);
            (vendor, Shelf { vendor, seed, started, count: conversations / vendors + extra })
        };
        let shelves: HashMap<_, _> = (0..vendors).zip(Vendor::ALL).map(shelf).collect();
        let canned = (1..).zip(company::CANNED).map(|(id, (code, title, text))| {
            let made = started.plus(-90 * DAY + id as i64 * HOUR);
            Canned {
                id,
                code: code.to_owned(),
                title: title.to_owned(),
                text: text.to_owned(),
                created_at: made,
                updated_at: made,
            }
        });
        let state = State {
            changed: HashMap::new(),
            added: HashMap::new(),
            begun: HashMap::new(),
            next_id: (u64::from(conversations) + 1) * IDS_PER_CONVERSATION,
            canned: canned.collect(),
            due: BinaryHeap::new(),
        };
        Self {
            seed,
            shelves,
            started,
            born: Instant::now(),
            skipped: AtomicI64::new(0),
            is_lively: AtomicBool::new(false),
            state: Mutex::new(state),
            events: broadcast::channel(4_096).0,
        }
    }

    /// The world's present: the start, plus the time gone by since, plus what was skipped.
    pub fn now(&self) -> At {
        let gone = i64::try_from(self.born.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.started.plus(gone).plus(self.skipped.load(Ordering::Relaxed))
    }

    /// When the world began.
    pub fn started(&self) -> At {
        self.started
    }

    /// Lets time pass at once: deliveries advance, windows close. For tests, instead of waiting.
    pub fn skip(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.skipped.fetch_add(milliseconds, Ordering::Relaxed);
        self.settle();
    }

    /// News as it happens. A listener that falls more than 4,096 events behind loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// How many conversations a vendor has now.
    pub fn count(&self, vendor: Vendor) -> u32 {
        let begun = self.lock().begun.get(&vendor).copied().unwrap_or(0);
        self.shelf(vendor).count + begun
    }

    /// What the list knows of a conversation.
    pub fn brief(&self, key: Key) -> Option<Brief> {
        match self.lock().changed.get(&key) {
            Some(conversation) => Some(conversation.brief()),
            None => self.shelf(key.vendor).brief(key.number),
        }
    }

    /// A whole conversation.
    pub fn conversation(&self, key: Key) -> Option<Conversation> {
        if let Some(conversation) = self.lock().changed.get(&key) {
            return Some(conversation.clone());
        }
        self.made(key)
    }

    /// The part of a vendor's list that fits, sorted, from `offset` on, at most `limit` rows.
    /// Costs one pass over all of them (some 20 ns each); sorting by anything but activity costs
    /// a sort of those that fit on top.
    pub fn list(
        &self,
        vendor: Vendor,
        order: Order,
        offset: usize,
        limit: usize,
        fits: impl Fn(&Row<'_>) -> bool,
    ) -> Page {
        let mut rows = Vec::new();
        let mut total = 0_usize;
        self.each(vendor, |row| {
            if fits(row) {
                let is_on_page = total >= offset && total - offset < limit;
                if is_on_page || matches!(order, Order::By(_)) {
                    rows.push(row.brief);
                }
                total += 1;
            }
            ControlFlow::Continue(())
        });
        if let Order::By(number) = order {
            // Stable: rows arrive with the newest activity first and keep that order among equals.
            rows.sort_by_key(number);
            rows = rows.into_iter().skip(offset).take(limit).collect();
        }
        Page { total, rows }
    }

    /// The newest conversations of a vendor that fit, without looking at the others.
    pub fn newest(
        &self,
        vendor: Vendor,
        limit: usize,
        fits: impl Fn(&Row<'_>) -> bool,
    ) -> Vec<Brief> {
        let mut rows = Vec::new();
        self.each(vendor, |row| {
            if fits(row) {
                rows.push(row.brief);
            }
            if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        rows
    }

    /// Visits the conversations of a vendor, newest activity first, until told to stop.
    pub fn each(&self, vendor: Vendor, mut visit: impl FnMut(&Row<'_>) -> ControlFlow<()>) {
        let state = self.lock();
        let of_vendor = |(key, _): &(&Key, &Conversation)| key.vendor == vendor;
        let mut changed: Vec<Row<'_>> = state
            .changed
            .iter()
            .filter(of_vendor)
            .map(|(_, conversation)| Row {
                brief: conversation.brief(),
                changed: Some(conversation),
            })
            .collect();
        changed.sort_by_key(|row| Reverse((row.brief.last_activity, row.brief.key)));
        let mut changed = changed.into_iter().peekable();
        let shelf = self.shelf(vendor);
        for rank in 0..shelf.count {
            let brief = shelf.brief_at(rank);
            if state.changed.contains_key(&brief.key) {
                continue;
            }
            while let Some(row) =
                changed.next_if(|row| row.brief.last_activity >= brief.last_activity)
            {
                if visit(&row).is_break() {
                    return;
                }
            }
            if visit(&Row { brief, changed: None }).is_break() {
                return;
            }
        }
        let _ = changed.try_for_each(|row| visit(&row));
    }

    /// The numbers of those conversations in whose messages or name the words stand (any case).
    /// Looks as far as [`World::find`] does.
    pub fn search(&self, vendor: Vendor, words: &str) -> Vec<u32> {
        let words = words.to_lowercase();
        self.find(vendor, |conversation| {
            let name = conversation.customer.name.to_lowercase();
            let said = |message: &Message| {
                message.kind != Kind::Activity && message.text().to_lowercase().contains(&words)
            };
            name.contains(&words) || conversation.messages.iter().any(said)
        })
    }

    /// The numbers of those conversations that fit, among the newest 2,000: it has to make them
    /// whole, and a world of a million would keep a request waiting for minutes.
    pub fn find(&self, vendor: Vendor, fits: impl Fn(&Conversation) -> bool) -> Vec<u32> {
        let newest = self.newest(vendor, SEARCHED, |_| true);
        let is_hit = |key: &Key| self.conversation(*key).is_some_and(|whole| fits(&whole));
        newest.iter().map(|brief| brief.key).filter(is_hit).map(|key| key.number).collect()
    }

    /// The conversation that a message belongs to, and the message.
    pub fn message(&self, vendor: Vendor, id: u64) -> Option<(Conversation, Message)> {
        let added = self.lock().added.get(&(vendor, id)).copied();
        let number = match added {
            Some(number) => number,
            None => u32::try_from(id / IDS_PER_CONVERSATION).ok()?,
        };
        let conversation = self.conversation(Key { vendor, number })?;
        let message = conversation.message(id)?.clone();
        Some((conversation, message))
    }

    /// An attachment by its id.
    pub fn attachment(&self, vendor: Vendor, id: u64) -> Option<Attachment> {
        let (_, message) = self.message(vendor, id / ATTACHMENTS_PER_MESSAGE)?;
        message.attachments.into_iter().find(|attachment| attachment.id == id)
    }

    /// A customer by id, and the numbers of their conversations, newest first.
    pub fn customer(&self, vendor: Vendor, id: u32) -> Option<(Customer, Vec<u32>)> {
        let shelf = self.shelf(vendor);
        let is_theirs = |number: &u32| shelf.customer_of(*number) == id;
        // A customer who returns has the next number as well.
        let known = id.checked_add(1).into_iter().chain([id]);
        let mut numbers: Vec<u32> =
            known.filter(|number| (1..=shelf.count).contains(number)).filter(is_theirs).collect();
        if let Some(number) = id.checked_sub(shelf.count).filter(|begun| *begun > 0) {
            numbers.extend((shelf.count + number <= self.count(vendor)).then_some(id));
        }
        let newest = numbers.first().copied()?;
        let customer = self.conversation(Key { vendor, number: newest })?.customer;
        Some((customer, numbers))
    }

    /// All canned replies.
    pub fn canned(&self) -> Vec<Canned> {
        self.lock().canned.clone()
    }

    /// Changes the canned replies. The number is an id that nothing has yet.
    pub fn change_canned<R>(&self, change: impl FnOnce(&mut Vec<Canned>, u64) -> R) -> R {
        let mut state = self.lock();
        let free = 1 + state.canned.iter().map(|canned| canned.id).max().unwrap_or(0);
        change(&mut state.canned, free)
    }

    fn shelf(&self, vendor: Vendor) -> Shelf {
        let nothing = Shelf { vendor, seed: self.seed, started: self.started, count: 0 };
        self.shelves.get(&vendor).copied().unwrap_or(nothing)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held left at worst one half-made change in a made-up world.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("seed", &self.seed).finish_non_exhaustive()
    }
}
