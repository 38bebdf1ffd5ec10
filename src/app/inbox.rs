//! The conversations, and the rows of the list.
//!
//! What is shown is `confirmed ⊕ pending`: the confirmed copy only ever takes vendors' news, and
//! the outbox's pending actions are laid over a second copy. So a stale poll cannot flip an
//! optimistic change back, and a refusal needs no undo.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;

use super::views::{Facts, Sort, View, ViewKind};
use crate::model::{Action, Conversation, ConversationId, ConversationNews, Person, Status};

#[derive(Debug)]
struct Slot {
    confirmed: Conversation,
    /// Only there while something is pending.
    shown: Option<Box<Conversation>>,
    /// When the question was asked whose answer told the newest news.
    asked_at: Duration,
    gone: bool,
}

impl Slot {
    fn shown(&self) -> &Conversation {
        self.shown.as_deref().unwrap_or(&self.confirmed)
    }
}

/// What decides membership besides the conversation: kept here so that a row can be judged again
/// at any time.
#[derive(Debug, Default)]
pub struct Context {
    /// Who "me" is, by account.
    pub me: HashMap<crate::model::AccountId, Person>,
    /// Conversations with a draft in this program.
    pub drafts: HashSet<ConversationId>,
    /// Conversations with something in the outbox.
    pub outbox: HashSet<ConversationId>,
    /// The moment of the last judgement.
    pub now: Timestamp,
}

impl Context {
    fn facts(&self, id: &ConversationId) -> Facts<'_> {
        Facts {
            me: self.me.get(&id.account),
            has_draft: self.drafts.contains(id),
            in_outbox: self.outbox.contains(id),
            now: self.now,
        }
    }
}

/// The conversations and the list made of them.
#[derive(Debug)]
pub struct Inbox {
    slots: Vec<Slot>,
    by_id: HashMap<ConversationId, u32>,
    /// What decides membership besides the conversations.
    pub context: Context,
    views: Vec<View>,
    counts: Vec<usize>,
    unread: usize,
    current: usize,
    sort: Sort,
    filter: String,
    /// The rows of the current view, in order. A tree, so that 100,000 rows move at no cost.
    rows: BTreeSet<(i64, u32)>,
    /// The same rows for drawing by position; rebuilt when they changed.
    order: Vec<u32>,
    order_stale: bool,
    /// When the next snooze is over, so that its row comes back by itself.
    wakes: BTreeSet<(Timestamp, u32)>,
}

impl Inbox {
    /// An empty inbox over these views.
    pub fn new(views: Vec<View>) -> Self {
        Self {
            slots: Vec::new(),
            by_id: HashMap::new(),
            context: Context::default(),
            counts: vec![0; views.len()],
            unread: 0,
            views,
            current: 0,
            sort: Sort::default(),
            filter: String::new(),
            rows: BTreeSet::new(),
            order: Vec::new(),
            order_stale: false,
            wakes: BTreeSet::new(),
        }
    }

    /// The views, in the order of the sidebar.
    pub fn views(&self) -> &[View] {
        &self.views
    }

    /// How many loaded conversations a view holds.
    pub fn count(&self, view: usize) -> usize {
        self.counts.get(view).copied().unwrap_or_default()
    }

    /// How many conversations that are neither resolved nor snoozed have something unread.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Which view the list shows.
    pub fn current(&self) -> usize {
        self.current
    }

    /// The view that the list shows.
    pub fn view(&self) -> Option<&View> {
        self.views.get(self.current)
    }

    /// The order of the list.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The words that the list is narrowed to; empty = all.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// How many rows the list has.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether the list has no rows.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The conversation in a row, as shown.
    pub fn row(&self, index: usize) -> Option<&Conversation> {
        let slot = *self.order.get(index)?;
        self.slots.get(slot as usize).map(Slot::shown)
    }

    /// Which row a conversation stands in.
    pub fn index_of(&self, id: &ConversationId) -> Option<usize> {
        let slot = *self.by_id.get(id)?;
        let key = self.key(slot)?;
        if self.order_stale {
            return self.order.iter().position(|row| *row == slot);
        }
        // The order is sorted by (key, slot), so a search finds the row without walking it.
        self.order.binary_search_by(|row| self.key(*row).unwrap_or_default().cmp(&key)).ok()
    }

    /// A conversation as shown, whether or not the list has it.
    pub fn get(&self, id: &ConversationId) -> Option<&Conversation> {
        let slot = self.slots.get(*self.by_id.get(id)? as usize)?;
        (!slot.gone).then(|| slot.shown())
    }

    /// A conversation as the vendor last told it.
    pub fn confirmed(&self, id: &ConversationId) -> Option<&Conversation> {
        let slot = self.slots.get(*self.by_id.get(id)? as usize)?;
        (!slot.gone).then_some(&slot.confirmed)
    }

    /// How many conversations are loaded in all.
    pub fn loaded(&self) -> usize {
        self.by_id.len()
    }

    /// Takes a vendor's news in; the only way in. News that answers an older question than what
    /// is known is dropped. Returns whether anything shown changed.
    pub fn merge(
        &mut self,
        news: ConversationNews,
        asked_at: Duration,
        pending: &[&Action],
    ) -> bool {
        let slot = match self.by_id.get(&news.id) {
            Some(slot) => *slot,
            None => self.add(news.id.clone()),
        };
        let Some(held) = self.slots.get_mut(slot as usize) else { return false };
        if asked_at < held.asked_at {
            return false;
        }
        let before = self.judge(slot);
        let Some(held) = self.slots.get_mut(slot as usize) else { return false };
        held.asked_at = asked_at;
        let was_gone = std::mem::replace(&mut held.gone, false);
        let changed = held.confirmed.merge(news);
        if !changed && !was_gone {
            return false;
        }
        held.shown = overlaid(&held.confirmed, pending);
        self.settle(slot, before);
        true
    }

    /// Lays the pending actions of a conversation over it anew.
    pub fn overlay(&mut self, id: &ConversationId, pending: &[&Action]) {
        let Some(slot) = self.by_id.get(id).copied() else { return };
        let before = self.judge(slot);
        if let Some(held) = self.slots.get_mut(slot as usize) {
            held.shown = overlaid(&held.confirmed, pending);
        }
        self.settle(slot, before);
    }

    /// Judges a conversation again after the context changed around it.
    pub fn reconsider(&mut self, id: &ConversationId, change: impl FnOnce(&mut Context)) {
        let Some(slot) = self.by_id.get(id).copied() else {
            change(&mut self.context);
            return;
        };
        let before = self.judge(slot);
        change(&mut self.context);
        self.settle(slot, before);
    }

    /// A conversation is not there any more.
    pub fn remove(&mut self, id: &ConversationId) -> bool {
        let Some(slot) = self.by_id.get(id).copied() else { return false };
        let before = self.judge(slot);
        if let Some(held) = self.slots.get_mut(slot as usize) {
            held.gone = true;
        }
        self.settle(slot, before);
        true
    }

    /// Shows another view, order or filter.
    pub fn show(&mut self, view: usize, sort: Sort, filter: String) {
        self.current = view.min(self.views.len().saturating_sub(1));
        self.sort = sort;
        self.filter = filter.to_lowercase();
        self.rows = (0..self.slots.len())
            .filter_map(|slot| u32::try_from(slot).ok())
            .filter(|slot| self.is_listed(*slot))
            .filter_map(|slot| self.key(slot))
            .collect();
        self.order = self.rows.iter().map(|(_, slot)| *slot).collect();
        self.order_stale = false;
    }

    /// Counts and lists everything anew; for changes that concern all rows, such as learning who
    /// "me" is.
    pub fn recount(&mut self) {
        self.counts = self
            .views
            .iter()
            .map(|view| {
                self.slots
                    .iter()
                    .filter(|slot| {
                        !slot.gone
                            && view.holds(slot.shown(), self.context.facts(&slot.confirmed.id))
                    })
                    .count()
            })
            .collect();
        let filter = std::mem::take(&mut self.filter);
        self.show(self.current, self.sort, filter);
    }

    /// Brings the rows by position up to date; called once after all messages of a turn.
    pub fn refresh_order(&mut self) {
        if self.order_stale {
            self.order = self.rows.iter().map(|(_, slot)| *slot).collect();
            self.order_stale = false;
        }
    }

    /// When the next snooze is over.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.wakes.first().map(|(at, _)| *at)
    }

    /// Lets rows whose snooze is over come back. Returns whether any did.
    pub fn wake(&mut self, now: Timestamp) -> bool {
        let mut woke = false;
        while let Some((at, slot)) = self.wakes.first().copied() {
            if at > now {
                break;
            }
            let before = self.judge(slot);
            self.context.now = now;
            self.wakes.remove(&(at, slot));
            self.settle(slot, before);
            woke = true;
        }
        self.context.now = now;
        woke
    }

    fn add(&mut self, id: ConversationId) -> u32 {
        let slot = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.by_id.insert(id.clone(), slot);
        self.slots.push(Slot {
            confirmed: Conversation::new(id),
            shown: None,
            asked_at: Duration::ZERO,
            gone: true,
        });
        slot
    }

    fn key(&self, slot: u32) -> Option<(i64, u32)> {
        self.slots.get(slot as usize).map(|held| (self.sort.key(held.shown()), slot))
    }

    fn is_listed(&self, slot: u32) -> bool {
        let Some(held) = self.slots.get(slot as usize) else { return false };
        let Some(view) = self.views.get(self.current) else { return false };
        !held.gone
            && view.holds(held.shown(), self.context.facts(&held.confirmed.id))
            && matches_filter(held.shown(), &self.filter)
    }

    fn judge(&self, slot: u32) -> Judged {
        let Some(held) = self.slots.get(slot as usize) else { return Judged::default() };
        let facts = self.context.facts(&held.confirmed.id);
        let active = View { kind: ViewKind::Inbox, account: None };
        Judged {
            held_by: self
                .views
                .iter()
                .map(|view| !held.gone && view.holds(held.shown(), facts))
                .collect(),
            listed: self.is_listed(slot),
            key: self.sort.key(held.shown()),
            wake: wake_of(held.shown()),
            unread: !held.gone && held.shown().unread > 0 && active.holds(held.shown(), facts),
        }
    }

    fn settle(&mut self, slot: u32, before: Judged) {
        let after = self.judge(slot);
        for ((count, was), is) in self.counts.iter_mut().zip(before.held_by).zip(after.held_by) {
            match (was, is) {
                (true, false) => *count = count.saturating_sub(1),
                (false, true) => *count += 1,
                _ => {}
            }
        }
        self.unread = self.unread + usize::from(after.unread) - usize::from(before.unread);
        if before.listed != after.listed || (after.listed && before.key != after.key) {
            self.rows.remove(&(before.key, slot));
            if after.listed {
                self.rows.insert((after.key, slot));
            }
            self.order_stale = true;
        }
        if before.wake != after.wake {
            if let Some(at) = before.wake {
                self.wakes.remove(&(at, slot));
            }
            if let Some(at) = after.wake.filter(|at| *at > self.context.now) {
                self.wakes.insert((at, slot));
            }
        }
    }
}

#[derive(Default)]
struct Judged {
    held_by: Vec<bool>,
    listed: bool,
    key: i64,
    wake: Option<Timestamp>,
    unread: bool,
}

fn wake_of(conversation: &Conversation) -> Option<Timestamp> {
    (conversation.status == Status::Snoozed).then_some(conversation.snoozed_until).flatten()
}

fn overlaid(confirmed: &Conversation, pending: &[&Action]) -> Option<Box<Conversation>> {
    if pending.is_empty() {
        return None;
    }
    let mut shown = Box::new(confirmed.clone());
    for action in pending {
        lay_over(action, &mut shown);
    }
    Some(shown)
}

/// What a conversation will look like once an action is confirmed.
pub fn lay_over(action: &Action, conversation: &mut Conversation) {
    match action {
        Action::SetStatus(status) => {
            conversation.status = status.clone();
            conversation.snoozed_until = None;
        }
        Action::Snooze(until) => {
            conversation.status = Status::Snoozed;
            conversation.snoozed_until = *until;
        }
        Action::Assign(person) => conversation.assignee = person.clone(),
        Action::AssignTeam(team) => conversation.team = team.clone(),
        Action::SetPriority(priority) => conversation.priority = *priority,
        Action::SetLabels { to, .. } => conversation.labels = to.clone(),
        Action::MarkRead { .. } => conversation.unread = 0,
        Action::MarkUnread => conversation.unread = conversation.unread.max(1),
        Action::Reply(_)
        | Action::Note(_)
        | Action::EditNote { .. }
        | Action::CreateDraft(_)
        | Action::EditDraft { .. }
        | Action::PublishDraft { .. }
        | Action::Store(_)
        | Action::Retry { .. }
        | Action::SetSlaPolicy(_) => {}
    }
}

/// Whether every word of the filter is found in what the list shows of the conversation.
fn matches_filter(conversation: &Conversation, filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    let mut text = String::new();
    let people = [conversation.assignee.as_ref(), conversation.team.as_ref()];
    let parts = [conversation.contact.name.as_str(), &conversation.contact.handle]
        .into_iter()
        .chain(conversation.subject.as_deref())
        .chain(conversation.inbox.as_deref())
        .chain(people.into_iter().flatten().map(|person| person.name.as_str()))
        .chain(conversation.labels.iter().map(|label| label.title.as_str()))
        .chain([
            conversation.snippet.as_str(),
            conversation.channel.word(),
            conversation.status.word(),
        ]);
    for part in parts {
        text.push_str(part);
        text.push('\n');
    }
    text.push_str(&conversation.id.remote.to_string());
    let text = text.to_lowercase();
    filter.split_whitespace().all(|word| text.contains(word))
}
