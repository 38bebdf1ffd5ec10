//! What is known of each account, and what is being asked of its vendor: at most a few questions
//! in flight, one per kind, with backoff where a vendor is in trouble.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    AccountId, Ask, Canned, Capabilities, Cursor, Failure, Folder, JobId, Label, Person, Trouble,
    Vendor,
};

/// Questions in flight per account; more would only queue up in a slow vendor.
const MOST_IN_FLIGHT: usize = 3;
/// After this long without an answer a vendor is called slow.
pub const SLOW_AFTER: Duration = Duration::from_secs(3);
/// The longest pause between two tries.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// How it stands with an account's vendor, measured, never guessed.
#[derive(Clone, PartialEq, Debug)]
pub enum Link {
    /// Nothing was answered yet.
    Connecting,
    /// The last exchange worked.
    Up,
    /// A question has been waiting for some seconds.
    Slow {
        /// Since when.
        since: Timestamp,
    },
    /// The last exchanges failed.
    Down {
        /// Since when.
        since: Timestamp,
        /// What is wrong.
        failure: Failure,
        /// Next try.
        retry_at: Duration,
    },
}

/// A question on its way.
#[derive(Debug)]
pub struct InFlight {
    /// Its number.
    pub job: JobId,
    /// What was asked.
    pub ask: Ask,
    /// When, for judging the age of the answer.
    pub asked_at: Duration,
    /// When, by the wall clock: the next "since".
    pub asked_wall: Timestamp,
}

/// How far a server-side list is loaded.
#[derive(Clone, Debug, Default)]
pub struct ListState {
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// Whether the end was reached.
    pub complete: bool,
    /// How many the server says there are.
    pub total: Option<u64>,
    /// When page one was last answered.
    pub answered: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Backoff {
    tries: u32,
    until: Duration,
}

/// One account.
#[derive(Debug)]
pub struct AccountState {
    /// Its id.
    pub id: AccountId,
    /// The badge shown.
    pub name: String,
    /// What it can do, once an answer told.
    pub capabilities: Capabilities,
    /// Who the token belongs to, once known.
    pub me: Option<Person>,
    /// Who conversations can be given to; `None` until asked.
    pub people: Option<Vec<Person>>,
    /// Teams; `None` until asked.
    pub teams: Option<Vec<Person>>,
    /// Labels; `None` until asked.
    pub labels: Option<Vec<Label>>,
    /// Ready-made answers; `None` until asked.
    pub canned: Option<Vec<Canned>>,
    /// How it stands.
    pub link: Link,
    /// How far each list is loaded.
    pub lists: HashMap<Folder, ListState>,
    /// When the poll that last answered completely was asked: the next "since".
    pub complete_since: Option<Timestamp>,
    /// When the list is to be asked again.
    pub next_poll: Duration,
    waiting: VecDeque<Ask>,
    in_flight: Vec<InFlight>,
    backoff: HashMap<Ask, Backoff>,
    /// The vendor said "not before".
    hold_until: Duration,
    link_tries: u32,
}

impl AccountState {
    /// An account that was not spoken to yet.
    pub fn new(id: AccountId, name: String, capabilities: Capabilities) -> Self {
        Self {
            id,
            name,
            capabilities,
            me: None,
            people: None,
            teams: None,
            labels: None,
            canned: None,
            link: Link::Connecting,
            lists: HashMap::new(),
            complete_since: None,
            next_poll: Duration::ZERO,
            waiting: VecDeque::new(),
            in_flight: Vec::new(),
            backoff: HashMap::new(),
            hold_until: Duration::ZERO,
            link_tries: 0,
        }
    }

    /// Whose account it is.
    pub fn vendor(&self) -> Vendor {
        self.capabilities.vendor
    }

    /// Which list the server can give for a folder: itself, or everything.
    pub fn folder(&self, wanted: Folder) -> Folder {
        if self.capabilities.folders.contains(&wanted) { wanted } else { Folder::Recent }
    }

    /// Whether this very question is on its way or waits to go.
    pub fn is_asking(&self, ask: &Ask) -> bool {
        self.in_flight.iter().any(|job| job.ask == *ask) || self.waiting.contains(ask)
    }

    /// The questions in flight.
    pub fn in_flight(&self) -> &[InFlight] {
        &self.in_flight
    }

    /// Puts a question in line; one that is asked already is not asked twice. `urgent` ones (an
    /// agent is looking at the place where the answer goes) overtake the rest and ignore backoff.
    pub fn ask(&mut self, ask: Ask, urgent: bool) {
        if urgent {
            self.backoff.remove(&ask);
        }
        if self.is_asking(&ask) {
            return;
        }
        if urgent {
            self.waiting.push_front(ask);
        } else {
            self.waiting.push_back(ask);
        }
    }

    /// Puts a question in line although it may be on its way already: an answer under way is too
    /// old to show what the vendor took only now.
    pub fn ask_anew(&mut self, ask: Ask) {
        self.backoff.remove(&ask);
        if !self.waiting.contains(&ask) {
            self.waiting.push_front(ask);
        }
    }

    /// Takes the questions that may go out now.
    pub fn depart(
        &mut self,
        now: Duration,
        wall: Timestamp,
        mut job: impl FnMut() -> JobId,
    ) -> Vec<(JobId, Ask)> {
        let mut out = Vec::new();
        if now < self.hold_until {
            return out;
        }
        let mut skipped = VecDeque::new();
        while self.in_flight.len() < MOST_IN_FLIGHT {
            let Some(ask) = self.waiting.pop_front() else { break };
            if self.backoff.get(&ask).is_some_and(|backoff| backoff.until > now) {
                skipped.push_back(ask);
                continue;
            }
            let job = job();
            self.in_flight.push(InFlight {
                job,
                ask: ask.clone(),
                asked_at: now,
                asked_wall: wall,
            });
            out.push((job, ask));
        }
        skipped.append(&mut self.waiting);
        self.waiting = skipped;
        out
    }

    /// A question came back: which one it was. `None` if nobody waits for it any more.
    pub fn landed(&mut self, job: JobId) -> Option<InFlight> {
        let place = self.in_flight.iter().position(|flight| flight.job == job)?;
        Some(self.in_flight.swap_remove(place))
    }

    /// An exchange worked. Returns whether the link looks different now.
    pub fn worked(&mut self, ask: Option<&Ask>) -> bool {
        if let Some(ask) = ask {
            self.backoff.remove(ask);
        }
        self.link_tries = 0;
        let changed = self.link != Link::Up;
        self.link = Link::Up;
        changed
    }

    /// An exchange failed; the question is put in line again after a pause, unless the vendor
    /// said no. `jitter` is between 0.75 and 1.25, so that many clients do not come back at once.
    pub fn failed(
        &mut self,
        ask: Option<Ask>,
        failure: &Failure,
        now: Duration,
        wall: Timestamp,
        jitter: f64,
    ) {
        let pause = |tries: u32| {
            let pause = Duration::from_secs(1 << tries.min(6)).min(LONGEST_BACKOFF).mul_f64(jitter);
            failure.retry_after.map_or(pause, |asked| asked.max(pause.min(Duration::from_secs(1))))
        };
        if failure.trouble == Trouble::RateLimited {
            self.hold_until = now + pause(4);
        }
        let retry_at = match &ask {
            Some(ask) => {
                let tries = self.backoff.get(ask).map_or(0, |backoff| backoff.tries);
                let until = now + pause(tries);
                self.backoff.insert(ask.clone(), Backoff { tries: tries + 1, until });
                until
            }
            None => now + pause(self.link_tries),
        };
        // Without its list an account shows nothing, so that question never ends; others end where
        // the vendor said no.
        let refused = matches!(
            failure.trouble,
            Trouble::Forbidden | Trouble::NotFound | Trouble::Rejected | Trouble::Unsupported
        );
        let again = !refused || matches!(ask, Some(Ask::List { .. }));
        if let Some(ask) = ask
            && again
            && !self.waiting.contains(&ask)
        {
            self.waiting.push_back(ask);
        }
        if again {
            self.link_tries += 1;
            let since = match &self.link {
                Link::Down { since, .. } => *since,
                _ => wall,
            };
            self.link = Link::Down { since, failure: failure.clone(), retry_at };
        }
    }

    /// Calls the vendor slow once a question has been waiting for too long. Returns whether the
    /// link looks different now.
    pub fn notice_slowness(&mut self, now: Duration, wall: Timestamp) -> bool {
        let slow = self.in_flight.iter().any(|job| now >= job.asked_at + SLOW_AFTER);
        if slow && matches!(self.link, Link::Up | Link::Connecting) {
            self.link = Link::Slow { since: wall };
            return true;
        }
        false
    }

    /// Forgets backoff: the agent asked for a refresh, or the window was entered again.
    pub fn hurry(&mut self) {
        self.backoff.clear();
    }

    /// When something has to happen here without a message from outside.
    pub fn deadline(&self, now: Duration) -> Option<Duration> {
        let free = self.in_flight.len() < MOST_IN_FLIGHT;
        let waiting = self.waiting.iter().filter(|_| free).map(|ask| {
            self.backoff.get(ask).map_or(now, |backoff| backoff.until).max(self.hold_until)
        });
        let slow = self
            .in_flight
            .iter()
            .filter(|_| matches!(self.link, Link::Up | Link::Connecting))
            .map(|job| job.asked_at + SLOW_AFTER);
        waiting.chain(slow).chain([self.next_poll]).min()
    }
}
