//! Keeps what the disk holds the same as what the agent wrote and decided.
//!
//! After every message the outbox and the drafts are compared with what the store was told, and
//! the difference goes out as one batch. So no place that changes them can forget to save, and an
//! operation leaves only after the batch that says so was written.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::composer::{Draft, Mode};
use super::keep::{Job, Kept};
use super::msg::Effect;
use super::outbox::{Op, OpState};
use super::{App, Level};
use crate::model::{Ask, ConversationId, Failure, OpId, Outcome, Repeat, ThreadPart, Trouble};

/// How long after a keystroke the open composer is written down at the latest. With the time that
/// a slow disk takes it stays below the second that is promised.
const DRAFT_AFTER: Duration = Duration::from_millis(400);
/// The pause before a disk that refused is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The least time that a customer-visible operation of an earlier run can still be called back.
const LATE_WINDOW: Duration = Duration::from_secs(8);

type Place = (ConversationId, Mode);

#[derive(Debug)]
struct Flight {
    batch: u64,
    jobs: Vec<Job>,
}

/// What the store was told.
#[derive(Debug, Default)]
pub(super) struct Journal {
    ops: HashMap<OpId, Op>,
    drafts: HashMap<Place, Draft>,
    /// Where the composer was when this was last looked at.
    open: Option<Place>,
    /// When the composer has to be written down.
    draft_due: Option<Duration>,
    /// Nothing may wait: the agent looks away, or the program ends.
    pub(super) hurry: bool,
    /// Not handed over yet, in order.
    waiting: Vec<Job>,
    /// Handed over and not answered yet. More than one only in a hurry.
    in_flight: VecDeque<Flight>,
    last_batch: u64,
    /// Why the last batch was not kept, and when to try again.
    trouble: Option<(String, Duration)>,
}

impl Journal {
    /// The composer's words became an operation: a copy of them stays with it on disk.
    pub(super) fn sent(&mut self, conversation: ConversationId, mode: Mode, draft: Draft, op: &Op) {
        let (draft, op) = (Box::new(draft), Some(op.key.clone()));
        self.waiting.push(Job::PutDraft { conversation, mode, draft, op });
    }

    /// Why nothing is being saved, if so.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|(why, _)| why.as_str())
    }

    /// Whether everything that was told is on disk.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty() && self.draft_due.is_none()
    }

    /// When something has to happen here without a message from outside.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let retry = self.trouble.as_ref().filter(|_| !self.waiting.is_empty());
        let retry = retry.filter(|_| self.in_flight.is_empty()).map(|(_, at)| *at);
        self.draft_due.into_iter().chain(retry).min()
    }

    fn add(&mut self, job: Job) {
        self.waiting.retain(|earlier| !job.replaces(earlier));
        self.waiting.push(job);
    }

    fn may_go(&self, now: Duration) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let rested = self.trouble.as_ref().is_none_or(|(_, at)| *at <= now);
        self.hurry || self.in_flight.is_empty() && rested
    }

    /// A batch was refused: what nothing newer replaces is handed over again.
    fn take_back(&mut self, jobs: Vec<Job>) {
        let later: Vec<&Job> =
            self.in_flight.iter().flat_map(|flight| &flight.jobs).chain(&self.waiting).collect();
        let mut jobs: Vec<Job> =
            jobs.into_iter().filter(|job| !later.iter().any(|newer| newer.replaces(job))).collect();
        jobs.append(&mut self.waiting);
        self.waiting = jobs;
    }
}

impl App {
    /// Hands over what differs from what the store was told. Called at the end of every update.
    pub(super) fn write_down(&mut self) {
        self.journal.hurry |=
            self.effects.iter().any(|effect| matches!(effect, Effect::Suspend | Effect::Quit));
        let words_gone = self.write_ops();
        self.write_drafts(words_gone || self.journal.hurry);
        if self.journal.may_go(self.now.mono) {
            let journal = &mut self.journal;
            journal.last_batch += 1;
            let batch = journal.last_batch;
            let jobs = std::mem::take(&mut journal.waiting);
            journal.in_flight.push_back(Flight { batch, jobs: jobs.clone() });
            // Before a suspend or a quit of the same turn.
            self.effects.insert(0, Effect::Store { batch, jobs });
        }
        self.journal.hurry = false;
    }

    /// Returns whether words left the outbox. They may be in the composer now, and then both
    /// changes have to reach the disk together.
    fn write_ops(&mut self) -> bool {
        let mut words_gone = false;
        let journal = &mut self.journal;
        for op in self.outbox.ops() {
            let known = journal.ops.get(&op.id).is_some_and(|held| held.is_kept_as(op));
            if !known {
                journal.ops.insert(op.id, op.clone());
                let ahead = op.not_before.saturating_sub(self.now.mono);
                let due = later(self.now.wall, ahead);
                journal.add(Job::PutOp { op: Box::new(op.clone()), due });
            }
        }
        if journal.ops.len() > self.outbox.ops().len() {
            let outbox = &self.outbox;
            let gone = journal.ops.extract_if(|id, _| outbox.get(*id).is_none());
            let gone: Vec<Op> = gone.map(|(_, op)| op).collect();
            for op in gone {
                words_gone |= op.action.words().is_some();
                journal.add(Job::DropOp(op.key));
            }
        }
        words_gone
    }

    fn write_drafts(&mut self, now: bool) {
        let journal = &mut self.journal;
        let composer = self.composer.as_ref();
        let open = composer.map(|held| (held.conversation.clone(), held.mode.clone()));
        let mut places = self.drafts.take_touched();
        if journal.open != open {
            places.extend(journal.open.take());
            journal.open.clone_from(&open);
            journal.draft_due = None;
        }
        for place in places {
            if Some(&place) != open.as_ref() {
                let draft = self.drafts.get(&place.0, &place.1).cloned();
                journal.write_draft(place, draft);
            }
        }
        let (Some(place), Some(composer)) = (open, composer) else { return };
        let draft = composer.is_changed().then(|| composer.draft(self.now.wall));
        if journal.has_draft(&place, draft.as_ref()) {
            journal.draft_due = None;
            return;
        }
        let due = *journal.draft_due.get_or_insert(self.now.mono + DRAFT_AFTER);
        if now || due <= self.now.mono {
            journal.draft_due = None;
            journal.write_draft(place, draft);
        }
    }

    /// The store answered.
    pub(super) fn on_stored(&mut self, batch: u64, result: Result<(), String>) {
        let journal = &mut self.journal;
        let place = journal.in_flight.iter().position(|flight| flight.batch == batch);
        let Some(flight) = place.and_then(|place| journal.in_flight.remove(place)) else { return };
        if let Err(why) = result {
            journal.take_back(flight.jobs);
            let news = journal.trouble() != Some(&why);
            journal.trouble = Some((why.clone(), self.now.mono + RETRY_AFTER));
            if news {
                let text = format!("Nothing is being saved, so nothing is sent: {why}");
                self.say(Level::Error, text);
            }
            return;
        }
        if journal.trouble.take().is_some() {
            self.say(Level::Info, "What you write and decide is saved again.");
        }
        for job in flight.jobs {
            let Job::PutOp { op, .. } = job else { continue };
            if let Some(op) = self.outbox.kept(&op) {
                self.effects.push(Effect::Send {
                    op: op.id,
                    conversation: op.conversation,
                    action: op.action,
                    key: op.key,
                });
            }
            self.dirty = true;
        }
    }

    /// Takes up what an earlier run left. Nothing of it is lost, nothing is said twice: words that
    /// were on their way are looked for in their thread, values are set again.
    pub fn restore(&mut self, kept: Kept) {
        let mut concerned = Vec::new();
        for (op, due) in kept.ops {
            // Known already when the store came late.
            if self.outbox.ops().iter().any(|held| held.id == op.id || held.key == op.key) {
                continue;
            }
            concerned.push(op.conversation.clone());
            self.last_id = self.last_id.max(op.id.0);
            self.journal.ops.insert(op.id, op.clone());
            let op = self.revived(op, due);
            if matches!(op.state, OpState::Accepted { .. }) {
                let id = op.conversation.clone();
                self.ask_of(&op.conversation, Ask::Thread { id, part: ThreadPart::Newest });
            }
            self.outbox.put_back(op);
        }
        for kept in kept.drafts {
            let place = (kept.conversation, kept.mode);
            concerned.push(place.0.clone());
            let held = self.drafts.get(&place.0, &place.1);
            if held.is_none_or(|held| held.text != kept.draft.text) {
                self.journal.drafts.insert(place.clone(), kept.draft.clone());
                self.keep_beside(place.0, place.1, kept.draft);
            }
        }
        concerned.sort();
        concerned.dedup();
        for id in concerned {
            self.relay(&id);
            self.note_drafts(&id);
            self.ask_of(&id, Ask::Conversation(id.clone()));
        }
        if !kept.notes.is_empty() {
            self.say(Level::Warning, kept.notes.join(" "));
        }
    }

    fn ask_of(&mut self, id: &ConversationId, ask: Ask) {
        if let Some(account) = self.account_mut(id.account) {
            account.ask(ask, false);
        }
    }

    fn revived(&self, mut op: Op, due: Timestamp) -> Op {
        let now = self.now.mono;
        op.not_before = now + self.until(due);
        if matches!(op.state, OpState::Leaving | OpState::Sending) {
            op.tries += 1;
        }
        op.state = match op.state {
            OpState::Leaving | OpState::Sending if op.action.repeat() == Repeat::Words => {
                let text = "ttydesk ended before the vendor had answered.";
                let failure = Failure::new(Outcome::MaybeSent, Trouble::NoAnswer, text);
                OpState::Unconfirmed { since: now, asked: 0, looks: 0, failure }
            }
            OpState::Unconfirmed { failure, .. } => {
                OpState::Unconfirmed { since: now, asked: 0, looks: 0, failure }
            }
            OpState::Accepted { .. } => OpState::Accepted { at: now },
            OpState::Failed(failure) => OpState::Failed(failure),
            OpState::Saving | OpState::Queued | OpState::Leaving | OpState::Sending => {
                if op.action.is_customer_visible() {
                    op.not_before = op.not_before.max(now + LATE_WINDOW);
                }
                OpState::Queued
            }
        };
        op
    }
}

impl Journal {
    fn has_draft(&self, place: &Place, draft: Option<&Draft>) -> bool {
        match (self.drafts.get(place), draft) {
            (Some(held), Some(draft)) => held.says_the_same(draft),
            (None, None) => true,
            _ => false,
        }
    }

    fn write_draft(&mut self, place: Place, draft: Option<Draft>) {
        if self.has_draft(&place, draft.as_ref()) {
            return;
        }
        let (conversation, mode) = place.clone();
        match draft {
            Some(draft) => {
                self.drafts.insert(place, draft.clone());
                let draft = Box::new(draft);
                self.add(Job::PutDraft { conversation, mode, draft, op: None });
            }
            None => {
                self.drafts.remove(&place);
                self.add(Job::DropDraft { conversation, mode });
            }
        }
    }
}

fn later(wall: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| wall.checked_add(by).ok()).unwrap_or(wall)
}
