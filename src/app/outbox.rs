//! What the agent decided and the vendor has not confirmed yet.
//!
//! ```text
//!  Saving ─saved─► Queued ─due─► Leaving ─saved─► Sending ─ok─► Accepted ─read lands─► gone
//!                    ▲                              ├─ not sent, 429 ──► Queued with a pause
//!                    │                              ├─ refused ────────► Failed
//!                    └─ recall                      └─ maybe sent ─────► Queued (values)
//!                                                                        or Unconfirmed (words)
//! ```
//!
//! Nothing leaves before it is on disk, and nothing leaves before the disk knows that it does:
//! else a crash in between would make the next run send it again.
//!
//! Words that may have been sent are looked for in the thread and never sent again by themselves.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{
    AccountId, Action, ConversationId, Delivery, Failure, Message, MessageKind, OpId, OpKey,
    Outcome, Repeat, Side,
};

/// Operations under way per account at once; conversations go in parallel, each in order.
const MOST_SENDING: usize = 2;
/// When to look for words that may have been sent, counted from the failure.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(5), Duration::from_secs(30)];

/// How far an operation has come.
#[derive(Clone, PartialEq, Debug)]
pub enum OpState {
    /// Not on disk yet.
    Saving,
    /// Waits to go: for its undo window, for a pause, or for the ones before it.
    Queued,
    /// Due; leaves as soon as the disk knows. It can still be called back.
    Leaving,
    /// On its way.
    Sending,
    /// The vendor took it; shown until a read of the conversation confirms it.
    Accepted {
        /// A read that was asked after this moment confirms it.
        at: Duration,
    },
    /// Words that may have arrived; being looked for.
    Unconfirmed {
        /// When the doubt began.
        since: Duration,
        /// How many reads of the thread were asked for.
        asked: usize,
        /// How many reads of the thread did not show them.
        looks: usize,
        /// What happened.
        failure: Failure,
    },
    /// The vendor said no, or the words were not found: a person decides.
    Failed(Failure),
}

/// One operation.
#[derive(Clone, PartialEq, Debug)]
pub struct Op {
    /// Its id; later ones are greater.
    pub id: OpId,
    /// The key that goes out with it.
    pub key: OpKey,
    /// On which conversation. Bound when the agent decided; never changes.
    pub conversation: ConversationId,
    /// What.
    pub action: Action,
    /// How far it has come.
    pub state: OpState,
    /// When the agent decided.
    pub decided: Timestamp,
    /// Not to leave before.
    pub not_before: Duration,
    /// How often it was tried.
    pub tries: u32,
    /// Leaves only after this one was accepted, and not at all if that one fails.
    pub needs: Option<OpId>,
}

impl Op {
    /// Whether its effect is laid over what the vendor told.
    fn is_pending(&self) -> bool {
        !matches!(self.state, OpState::Failed(_))
    }

    /// Whether it is still here for certain.
    fn is_here(&self) -> bool {
        matches!(self.state, OpState::Saving | OpState::Queued | OpState::Leaving)
    }

    /// Whether what was kept of it on disk says all that another run has to know.
    pub fn is_kept_as(&self, now: &Self) -> bool {
        let state = match (&self.state, &now.state) {
            (OpState::Saving | OpState::Queued, OpState::Saving | OpState::Queued)
            | (OpState::Leaving | OpState::Sending, OpState::Sending)
            | (OpState::Accepted { .. }, OpState::Accepted { .. }) => true,
            // That it leaves once more has to be written, too.
            (OpState::Leaving, OpState::Leaving) => self.tries == now.tries,
            (OpState::Unconfirmed { failure, .. }, OpState::Unconfirmed { failure: after, .. })
            | (OpState::Failed(failure), OpState::Failed(after)) => failure == after,
            _ => false,
        };
        state && self.needs == now.needs && self.not_before == now.not_before
    }
}

/// What to tell the rest of the program after an operation came back.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// Accepted.
    Accepted,
    /// Will be tried again by itself.
    Later,
    /// Nobody knows; the thread has to be read.
    Unknown,
    /// The vendor said no. These operations depended on it and were dropped.
    Refused(Vec<Op>),
}

/// The operations, oldest first.
#[derive(Debug, Default)]
pub struct Outbox {
    ops: Vec<Op>,
}

impl Outbox {
    /// All operations, oldest first.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// One operation.
    pub fn get(&self, id: OpId) -> Option<&Op> {
        self.ops.iter().find(|op| op.id == id)
    }

    /// What belongs to a conversation, oldest first.
    pub fn of<'a>(&'a self, id: &'a ConversationId) -> impl Iterator<Item = &'a Op> {
        self.ops.iter().filter(move |op| op.conversation == *id)
    }

    /// The actions to lay over a conversation.
    pub fn pending<'a>(&'a self, id: &'a ConversationId) -> Vec<&'a Action> {
        self.of(id).filter(|op| op.is_pending()).map(|op| &op.action).collect()
    }

    /// Whether nothing waits, travels or failed.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// How many operations are not confirmed, and how many of them need a person.
    pub fn counts(&self) -> (usize, usize) {
        let failed = self.ops.iter().filter(|op| matches!(op.state, OpState::Failed(_))).count();
        (self.ops.len() - failed, failed)
    }

    /// How many operations the vendor has not taken yet.
    pub fn unsent(&self) -> usize {
        let taken = |op: &&Op| matches!(op.state, OpState::Accepted { .. } | OpState::Failed(_));
        self.ops.len() - self.ops.iter().filter(taken).count()
    }

    /// Puts an operation in line. A value that has not left yet gives way to a newer value of the
    /// same kind.
    pub fn push(&mut self, op: Op) {
        if op.action.repeat() == Repeat::Harmless {
            self.ops.retain(|held| {
                !(held.conversation == op.conversation
                    && matches!(held.state, OpState::Saving | OpState::Queued | OpState::Failed(_))
                    && same_value(&held.action, &op.action))
            });
        }
        self.ops.push(op);
    }

    /// Takes an operation out, whatever its state.
    pub fn take(&mut self, id: OpId) -> Option<Op> {
        let place = self.ops.iter().position(|op| op.id == id)?;
        Some(self.ops.remove(place))
    }

    /// Puts an operation of an earlier run where its id belongs.
    pub fn put_back(&mut self, op: Op) {
        let place = self.ops.partition_point(|held| held.id < op.id);
        self.ops.insert(place, op);
    }

    /// The newest operation that can still be called back: customer-visible and not yet on its way.
    pub fn recallable(&self) -> Option<&Op> {
        self.ops.iter().rev().find(|op| op.is_here() && op.action.is_customer_visible())
    }

    /// The next countdown that the agent can still stop.
    pub fn countdown(&self, now: Duration) -> Option<(&Op, Duration)> {
        self.ops
            .iter()
            .filter(|op| op.is_here() && op.action.is_customer_visible())
            .filter(|op| op.tries == 0 && op.not_before > now)
            .map(|op| (op, op.not_before.saturating_sub(now)))
            .min_by_key(|(_, left)| *left)
    }

    /// Marks what may leave now: per conversation in order, one at a time; per account at most a
    /// few. Each leaves when [`Outbox::kept`] says so. Returns whether there was any.
    pub fn depart(&mut self, now: Duration) -> bool {
        let mut sending: HashMap<AccountId, usize> = HashMap::new();
        let leaves = |op: &&Op| matches!(op.state, OpState::Leaving | OpState::Sending);
        for op in self.ops.iter().filter(leaves) {
            *sending.entry(op.conversation.account).or_default() += 1;
        }
        let mut any = false;
        for place in 0..self.ops.len() {
            let (before, rest) = self.ops.split_at(place);
            let Some(op) = rest.first() else { break };
            if op.state != OpState::Queued || op.not_before > now {
                continue;
            }
            let blocked = before.iter().any(|earlier| {
                earlier.conversation == op.conversation
                    && (earlier.is_here() || earlier.state == OpState::Sending)
            });
            let waits = op.needs.is_some_and(|needed| {
                before.iter().any(|earlier| {
                    earlier.id == needed && !matches!(earlier.state, OpState::Accepted { .. })
                })
            });
            let under_way = sending.entry(op.conversation.account).or_default();
            if blocked || waits || *under_way >= MOST_SENDING {
                continue;
            }
            *under_way += 1;
            if let Some(op) = self.ops.get_mut(place) {
                op.state = OpState::Leaving;
                any = true;
            }
        }
        any
    }

    /// The disk holds an operation as it was here. Returns it if it has to leave now.
    pub fn kept(&mut self, kept: &Op) -> Option<Op> {
        let op = self.ops.iter_mut().find(|op| op.id == kept.id)?;
        match (&kept.state, &op.state) {
            (OpState::Saving, OpState::Saving) => {
                op.state = OpState::Queued;
                None
            }
            (OpState::Leaving, OpState::Leaving) => {
                op.state = OpState::Sending;
                op.tries += 1;
                Some(op.clone())
            }
            _ => None,
        }
    }

    /// An operation came back.
    pub fn landed(
        &mut self,
        id: OpId,
        result: Result<(), Failure>,
        now: Duration,
        jitter: f64,
    ) -> Option<Verdict> {
        let op = self.ops.iter_mut().find(|op| op.id == id && op.state == OpState::Sending)?;
        let failure = match result {
            Ok(()) => {
                op.state = OpState::Accepted { at: now };
                return Some(Verdict::Accepted);
            }
            Err(failure) => failure,
        };
        let pause = || {
            let pause = Duration::from_secs(1 << op.tries.min(6)).mul_f64(jitter);
            failure.retry_after.map_or(pause, |asked| asked.max(pause.min(Duration::from_secs(1))))
        };
        match (failure.outcome, op.action.repeat()) {
            (Outcome::NotSent, _) | (Outcome::MaybeSent, Repeat::Harmless) => {
                op.not_before = now + pause();
                op.state = OpState::Queued;
                Some(Verdict::Later)
            }
            (Outcome::MaybeSent, Repeat::Words) => {
                op.state = OpState::Unconfirmed { since: now, asked: 0, looks: 0, failure };
                Some(Verdict::Unknown)
            }
            (Outcome::Refused, _) => {
                op.state = OpState::Failed(failure);
                Some(Verdict::Refused(self.drop_dependents(id)))
            }
        }
    }

    /// Makes operations newer than `after` wait for `needs`. Returns the newest of them.
    pub fn link(&mut self, after: OpId, needs: Option<OpId>) -> Option<OpId> {
        let mut newest = None;
        for op in self.ops.iter_mut().filter(|op| op.id > after) {
            op.needs = op.needs.or(needs);
            newest = newest.max(Some(op.id));
        }
        newest
    }

    /// Takes out what was to follow an operation that will not happen.
    pub fn drop_dependents(&mut self, id: OpId) -> Vec<Op> {
        let mut dropped = Vec::new();
        let mut gone = vec![id];
        while let Some(gone_id) = gone.pop() {
            while let Some(place) = self.ops.iter().position(|op| op.needs == Some(gone_id)) {
                let op = self.ops.remove(place);
                gone.push(op.id);
                dropped.push(op);
            }
        }
        dropped
    }

    /// A conversation was read; what had been accepted before that read was asked is confirmed.
    /// Returns whether anything went.
    pub fn confirm(&mut self, id: &ConversationId, asked_at: Duration, of: Confirms) -> bool {
        let before = self.ops.len();
        self.ops.retain(|op| {
            let confirmed = op.conversation == *id
                && of.covers(&op.action)
                && matches!(op.state, OpState::Accepted { at } if asked_at >= at);
            !confirmed
        });
        self.ops.len() != before
    }

    /// A message of ours came in: the operation that it answers is done. Returns which.
    pub fn seen(&mut self, message: &Message) -> Option<OpId> {
        let place = self.ops.iter().position(|op| is_ours(op, message))?;
        Some(self.ops.remove(place).id)
    }

    /// A thread was read after `asked_at`: words that were not in it are one look closer to a
    /// person. Returns those that were given up on.
    pub fn looked(&mut self, id: &ConversationId, asked_at: Duration) -> Vec<OpId> {
        let mut given_up = Vec::new();
        for op in self.ops.iter_mut().filter(|op| op.conversation == *id) {
            let OpState::Unconfirmed { since, asked, looks, failure } = &mut op.state else {
                continue;
            };
            match LOOKS.get(*looks) {
                Some(look) if asked_at >= *since + *look => *looks += 1,
                // A read that was already on its way proves nothing; another one is needed.
                _ => *asked = *looks,
            }
            if *looks >= LOOKS.len() {
                op.state = OpState::Failed(failure.clone());
                given_up.push(op.id);
            }
        }
        given_up
    }

    /// Conversations whose thread has to be read now, to look for words. Each look is asked once.
    pub fn to_look(&mut self, now: Duration) -> Vec<ConversationId> {
        let mut due = Vec::new();
        for op in &mut self.ops {
            if next_look(op).is_some_and(|at| at <= now)
                && let OpState::Unconfirmed { asked, .. } = &mut op.state
            {
                *asked += 1;
                due.push(op.conversation.clone());
            }
        }
        due
    }

    /// When something has to happen here without a message from outside.
    pub fn deadline(&self, now: Duration) -> Option<Duration> {
        let queued = self
            .ops
            .iter()
            .filter(|op| op.state == OpState::Queued && op.not_before > now)
            .map(|op| op.not_before);
        queued.chain(self.ops.iter().filter_map(next_look)).min()
    }

    /// Sends a failed operation once more.
    pub fn resend(&mut self, id: OpId, now: Duration) -> bool {
        match self.ops.iter_mut().find(|op| op.id == id) {
            Some(op) if matches!(op.state, OpState::Failed(_)) => {
                op.state = OpState::Queued;
                op.not_before = now;
                true
            }
            _ => false,
        }
    }
}

fn next_look(op: &Op) -> Option<Duration> {
    match &op.state {
        OpState::Unconfirmed { since, asked, .. } => LOOKS.get(*asked).map(|look| *since + *look),
        _ => None,
    }
}

/// Which kind of read confirms an accepted operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confirms {
    /// The conversation itself was read: values.
    Conversation,
    /// The thread was read: words.
    Thread,
}

impl Confirms {
    fn covers(self, action: &Action) -> bool {
        let words = action.repeat() == Repeat::Words
            || matches!(action, Action::EditNote { .. } | Action::EditDraft { .. });
        words == (self == Self::Thread)
    }
}

fn same_value(held: &Action, new: &Action) -> bool {
    use std::mem::discriminant;
    let status = |action: &Action| matches!(action, Action::SetStatus(_) | Action::Snooze(_));
    let read = |action: &Action| matches!(action, Action::MarkRead { .. } | Action::MarkUnread);
    match (held, new) {
        (Action::EditNote { message: a, .. }, Action::EditNote { message: b, .. })
        | (Action::EditDraft { message: a, .. }, Action::EditDraft { message: b, .. }) => a == b,
        _ => {
            discriminant(held) == discriminant(new)
                || status(held) && status(new)
                || read(held) && read(new)
        }
    }
}

/// Whether a message is what an operation said: by the echoed key where there is one, else by
/// being ours, not older, and saying the same.
fn is_ours(op: &Op, message: &Message) -> bool {
    if op.conversation != message.conversation {
        return false;
    }
    // What has never left can only look like it.
    if op.tries == 0 {
        return false;
    }
    if let Some(echo) = &message.echo {
        return echo.as_str() == &*op.key.0;
    }
    let kind = match &op.action {
        Action::PublishDraft { message: draft } => {
            return *draft == message.id && message.kind == MessageKind::Public;
        }
        Action::Retry { message: failed } => {
            let arrived = !matches!(message.delivery, Some(Delivery::Failed(_)));
            return *failed == message.id && arrived;
        }
        Action::Reply(_) => MessageKind::Public,
        Action::Note(_) => MessageKind::Note,
        Action::CreateDraft(_) => MessageKind::Draft,
        _ => return false,
    };
    // A minute of slack: the vendor's clock is not ours.
    let oldest = op.decided.as_second() - 60;
    message.kind == kind
        && matches!(message.author.side, Side::Agent | Side::Bot)
        && message.at.as_second() >= oldest
        && op.action.words().is_some_and(|words| same_words(words, &message.text))
}

/// Whether two texts say the same once markup, quoting and white space are taken away.
fn same_words(ours: &str, theirs: &str) -> bool {
    let bare = |text: &str| -> String {
        crate::text::clean(text).chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let (ours, theirs) = (bare(ours), bare(theirs));
    ours == theirs
}
