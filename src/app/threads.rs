//! The threads that are loaded: messages in order, without doubles, whatever page they came on.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{ConversationId, Cursor, Message, RemoteId};

/// How many threads are kept. The open one is always among them.
const MOST_THREADS: usize = 64;

/// One message and how often it has changed, so that a drawn copy knows when it is old.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The message.
    pub message: Message,
    /// Goes up with every change.
    pub revision: u32,
    asked_at: Duration,
}

/// How far back a thread is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Older {
    /// Not asked yet.
    Unknown,
    /// There is more, beginning here.
    More(Cursor),
    /// The beginning is loaded.
    Complete,
}

/// The loaded part of a thread.
#[derive(Debug)]
pub struct Thread {
    entries: Vec<Entry>,
    places: HashMap<RemoteId, Timestamp>,
    /// How far back it is loaded.
    pub older: Older,
    /// When it was last read, for the age shown while a vendor is away.
    pub read_at: Option<Timestamp>,
}

impl Thread {
    fn new() -> Self {
        Self { entries: Vec::new(), places: HashMap::new(), older: Older::Unknown, read_at: None }
    }

    /// The messages, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The newest message that the vendor knows.
    pub fn newest(&self) -> Option<&Message> {
        self.entries.last().map(|entry| &entry.message)
    }

    /// A message by its id.
    pub fn get(&self, id: &RemoteId) -> Option<&Message> {
        let at = *self.places.get(id)?;
        let place = self.place(at, id).ok()?;
        self.entries.get(place).map(|entry| &entry.message)
    }

    fn place(&self, at: Timestamp, id: &RemoteId) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| (entry.message.at, &entry.message.id).cmp(&(at, id)))
    }

    /// Takes a message in. Returns whether anything changed.
    pub fn merge(&mut self, message: Message, asked_at: Duration) -> bool {
        let mut revision = 0;
        if let Some(at) = self.places.get(&message.id).copied()
            && let Ok(place) = self.place(at, &message.id)
            && let Some(held) = self.entries.get_mut(place)
        {
            if held.message == message || asked_at < held.asked_at {
                return false;
            }
            revision = held.revision + 1;
            if at == message.at {
                held.message = message;
                held.revision = revision;
                held.asked_at = asked_at;
                return true;
            }
            self.entries.remove(place);
        }
        self.places.insert(message.id.clone(), message.at);
        let place = match self.place(message.at, &message.id) {
            Ok(place) | Err(place) => place,
        };
        self.entries.insert(place, Entry { message, revision, asked_at });
        true
    }

    /// A message is not there any more.
    pub fn remove(&mut self, id: &RemoteId) -> bool {
        let Some(at) = self.places.remove(id) else { return false };
        match self.place(at, id) {
            Ok(place) => {
                self.entries.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// Whether a page of newest messages leaves a hole: none of it is known, and something is.
    pub fn is_gap<'a>(&self, mut page: impl Iterator<Item = &'a RemoteId>) -> bool {
        !self.entries.is_empty() && !page.any(|id| self.places.contains_key(id))
    }
}

/// The threads that are loaded, the least recently used ones forgotten.
#[derive(Debug, Default)]
pub struct Threads {
    held: HashMap<ConversationId, Thread>,
    used: VecDeque<ConversationId>,
}

impl Threads {
    /// A thread, if loaded.
    pub fn get(&self, id: &ConversationId) -> Option<&Thread> {
        self.held.get(id)
    }

    /// A thread to change, made if it is not there yet; counts as use.
    pub fn open(&mut self, id: &ConversationId) -> &mut Thread {
        self.used.retain(|held| held != id);
        self.used.push_back(id.clone());
        while self.used.len() > MOST_THREADS {
            if let Some(oldest) = self.used.pop_front() {
                self.held.remove(&oldest);
            }
        }
        self.held.entry(id.clone()).or_insert_with(Thread::new)
    }

    /// A loaded thread to change, without counting as use.
    pub fn get_mut(&mut self, id: &ConversationId) -> Option<&mut Thread> {
        self.held.get_mut(id)
    }
}
