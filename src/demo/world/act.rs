//! What can be done to the world. Every vendor's requests come down to these.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;

use super::company;
use super::dice::Dice;
use super::time::{HOUR, SECOND};
use super::{
    At, Author, Conversation, Customer, Delivery, Event, Happening, Job, Key, Kind, Message,
    Status, TeamNo, World,
};
use crate::model::{Priority, Vendor};

/// Of a hundred messages that a client sends to a lively world, so many fail on their way.
const FAILING: u64 = 3;

/// The text that makes a delivery fail for certain, wherever it stands in a message. For tests
/// and for people who want to see one.
pub const UNDELIVERABLE: &str = "[undeliverable]";

/// A new state of work, and for a snooze until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusChange {
    /// The new status.
    pub status: Status,
    /// Until when, if snoozed; `None` is until the next reply.
    pub until: Option<At>,
}

impl World {
    /// Changes a conversation by hand, for what no other method names. `None` if there is no
    /// such conversation.
    pub fn change<R>(
        &self,
        key: Key,
        change: impl FnOnce(&mut Conversation, At) -> R,
    ) -> Option<R> {
        let now = self.now();
        let result = self.with(key, |conversation| change(conversation, now))?;
        self.tell(key, Happening::Changed);
        Some(result)
    }

    /// Adds a message: gives it its ids, and its time unless it has one later than 1970. Whether
    /// it is sent, and how far it gets, follows from what it is:
    ///
    /// - a customer's message reopens a snoozed or resolved conversation (not a blocked
    ///   customer's) and opens the reply window again;
    /// - an agent's public message goes its way to the customer, and fails outside the window;
    /// - notes, drafts and event lines stay where they are.
    pub fn post(&self, key: Key, message: Message) -> Option<Message> {
        let now = self.now();
        let id = self.free_message_id(key);
        let posted = self.with(key, |conversation| {
            let mut message = message;
            message.id = id;
            if message.at <= At(0) {
                message.at = now;
            }
            message.updated_at = message.at;
            for (index, attachment) in (0..).zip(message.attachments.iter_mut()) {
                attachment.id = id * super::ATTACHMENTS_PER_MESSAGE + index;
            }
            if message.is_incoming() {
                welcome(conversation, message.at);
            } else if message.kind == Kind::Public && message.author != Author::System {
                conversation.agent_seen_at = Some(now);
            }
            conversation.messages.push(message.clone());
            message
        })?;
        self.tell(key, Happening::Added(id));
        if posted.is_incoming() {
            self.reopen(key);
        } else if posted.kind == Kind::Public && matches!(posted.author, Author::Colleague(_)) {
            self.schedule(now.plus(900), Job::Deliver(key, id));
        }
        Some(posted)
    }

    /// Sends a failed message, or a draft that was just made public, on its way (again).
    pub fn send_again(&self, key: Key, id: u64, first: Delivery) -> Option<Message> {
        let message = self.edit(key, id, |message| {
            message.delivery = first;
            message.clone()
        })?;
        self.schedule(self.now().plus(900), Job::Deliver(key, id));
        Some(message)
    }

    /// Changes a message by hand: text, deletion, reaction, publication of a draft.
    pub fn edit<R>(&self, key: Key, id: u64, change: impl FnOnce(&mut Message) -> R) -> Option<R> {
        let now = self.now();
        let result = self.with(key, |conversation| {
            let message = conversation.message_mut(id)?;
            message.updated_at = now;
            Some(change(message))
        })??;
        self.tell(key, Happening::Updated(id));
        Some(result)
    }

    /// Sets the state of work.
    pub fn set_status(&self, key: Key, change: StatusChange, by: Author) -> Option<()> {
        let line = self.change(key, |conversation, _| {
            let before = conversation.status;
            conversation.status = change.status;
            conversation.snoozed_until = match change.status {
                Status::Snoozed => change.until.or(conversation.snoozed_until),
                _ => None,
            };
            let by = by_name(by);
            (before != change.status).then(|| match change.status {
                Status::Open => format!("Conversation was reopened by {by}"),
                Status::Pending => format!("Conversation was marked as pending by {by}"),
                Status::Snoozed => format!("Conversation was snoozed by {by}"),
                Status::Resolved => format!("Conversation was marked resolved by {by}"),
            })
        })?;
        if let Some(until) = change.until.filter(|_| change.status == Status::Snoozed) {
            self.schedule(until, Job::Wake(key));
        }
        self.note_down(key, line)
    }

    /// Gives the conversation to a colleague, or to nobody.
    pub fn assign(&self, key: Key, to: Option<u8>, by: Author) -> Option<()> {
        let line = self.change(key, |conversation, _| {
            let before = std::mem::replace(&mut conversation.assignee, to);
            let by_name = by_name(by);
            (before != to).then(|| match to {
                None => format!("Conversation unassigned by {by_name}"),
                Some(no) if by == Author::Colleague(no) => {
                    format!("{by_name} self-assigned this conversation")
                }
                Some(no) => format!("Assigned to {} by {by_name}", company::name_of(no)),
            })
        })?;
        self.note_down(key, line)
    }

    /// Gives the conversation to a team, or to none. An assignee who is not in it loses the
    /// conversation; a team that assigns by itself picks its first member.
    pub fn set_team(&self, key: Key, to: Option<TeamNo>, by: Author) -> Option<()> {
        let line = self.change(key, |conversation, _| {
            let before = std::mem::replace(&mut conversation.team, to);
            let by = by_name(by);
            let team = to.and_then(company::team_by);
            if let Some(team) = team
                && !conversation.assignee.is_some_and(|no| team.members.contains(&no))
            {
                conversation.assignee = team.members.first().copied().filter(|_| team.assigns);
            }
            (before != to).then(|| match team {
                None => format!("Unassigned from the team by {by}"),
                Some(team) => match conversation.assignee.filter(|_| team.assigns) {
                    Some(no) => {
                        format!("Assigned to {} via {} by {by}", company::name_of(no), team.name)
                    }
                    None => format!("Assigned to {} by {by}", team.name),
                },
            })
        })?;
        self.note_down(key, line)
    }

    /// Sets or clears the urgency.
    pub fn set_priority(&self, key: Key, to: Option<Priority>, by: Author) -> Option<()> {
        let line = self.change(key, |conversation, _| {
            let by = by_name(by);
            match (std::mem::replace(&mut conversation.priority, to), to) {
                (before, after) if before == after => None,
                (_, None) => Some(format!("{by} removed the priority")),
                (None, Some(new)) => Some(format!("{by} set the priority to {}", new.word())),
                (Some(old), Some(new)) => {
                    Some(format!("{by} changed the priority from {} to {}", old.word(), new.word()))
                }
            }
        })?;
        self.note_down(key, line)
    }

    /// Replaces all labels.
    pub fn set_labels(&self, key: Key, titles: Vec<String>, by: Author) -> Option<()> {
        let lines = self.change(key, |conversation, _| {
            let before = std::mem::replace(&mut conversation.labels, titles);
            let without = |from: &[String], other: &[String]| {
                let only = from.iter().filter(|title| !other.contains(title)).cloned();
                only.collect::<Vec<_>>().join(", ")
            };
            let by = by_name(by);
            let added = without(&conversation.labels, &before);
            let removed = without(&before, &conversation.labels);
            [
                (!added.is_empty()).then(|| format!("{by} added {added}")),
                (!removed.is_empty()).then(|| format!("{by} removed {removed}")),
            ]
        })?;
        lines.into_iter().try_for_each(|line| self.note_down(key, line))
    }

    /// An agent has seen everything.
    pub fn mark_seen(&self, key: Key) -> Option<()> {
        self.change(key, |conversation, now| {
            conversation.agent_seen_at = Some(now);
        })
    }

    /// Back to just before the customer's last message.
    pub fn mark_unread(&self, key: Key) -> Option<()> {
        self.change(key, |conversation, _| {
            if let Some(message) = conversation.latest_incoming() {
                conversation.agent_seen_at = Some(message.at.plus(-SECOND));
            }
        })
    }

    /// Somebody began or stopped typing. Nothing is kept.
    pub fn type_at(&self, key: Key, who: Author, on: bool) {
        self.tell(key, Happening::Typing(who, on));
    }

    /// A customer writes into an existing conversation.
    pub fn customer_says(&self, key: Key, text: &str) -> Option<Message> {
        self.post(key, Message::new(0, At(0), Author::Customer, text))
    }

    /// A new conversation begins, with a customer whom nobody knows yet.
    pub fn begin(
        &self,
        vendor: Vendor,
        inbox: &company::Inbox,
        subject: &str,
        first: Message,
        customer: impl FnOnce(u32) -> Customer,
    ) -> Key {
        let now = self.now();
        let mut state = self.lock();
        let begun = state.begun.entry(vendor).or_insert(0);
        *begun += 1;
        let number = self.shelf(vendor).count + *begun;
        let key = Key { vendor, number };
        let customer = customer(number);
        let conversation = Conversation {
            key,
            status: Status::Open,
            priority: None,
            channel: inbox.channel,
            inbox: inbox.id,
            assignee: None,
            team: None,
            labels: Vec::new(),
            language: customer.language,
            customer,
            subject: subject.to_owned(),
            messages: Vec::new(),
            created_at: now,
            updated_at: now,
            agent_seen_at: None,
            customer_seen_at: None,
            snoozed_until: None,
            due: (vendor == Vendor::Enneo).then(|| now.plus(8 * HOUR)),
            reply_until: None,
            waiting_for_customer: false,
            issues: Vec::new(),
            muted: false,
            viewers: Vec::new(),
            oddity: super::Oddity::None,
            custom: serde_json::Map::new(),
        };
        state.changed.insert(key, conversation);
        drop(state);
        self.post(key, first);
        key
    }

    /// Does everything that has fallen due: deliveries, ends of snoozes. Called by the life of
    /// the world, by the servers before each request, and by [`World::skip`].
    pub fn settle(&self) {
        let now = self.now();
        loop {
            let mut state = self.lock();
            let is_due = state.due.peek().is_some_and(|Reverse((at, ..))| *at <= now);
            let job = if is_due { state.due.pop() } else { None };
            drop(state);
            match job {
                Some(Reverse((at, _, Job::Deliver(key, id)))) => self.deliver(key, id, at),
                Some(Reverse((_, _, Job::Wake(key)))) => self.wake(key, now),
                None => return,
            }
        }
    }

    /// When something falls due next.
    pub fn next_due(&self) -> Option<At> {
        self.lock().due.peek().map(|Reverse((at, ..))| *at)
    }

    fn deliver(&self, key: Key, id: u64, at: At) {
        // A second attempt has a second chance.
        let mut fate = Dice::at(self.seed, &[7, key.vendor as u64, id, at.0.unsigned_abs()]);
        let is_unlucky = self.is_lively.load(Ordering::Relaxed) && fate.percent(FAILING);
        let has_receipts = self.brief(key).is_some_and(|brief| brief.channel.has_receipts());
        let step = self.with(key, |conversation| {
            let message = conversation.message(id)?;
            // A template is what may be sent outside the window.
            let can_reply =
                conversation.can_reply(message.at) || message.extra.contains_key("template");
            let message = conversation.message_mut(id)?;
            let next = match &message.delivery {
                Delivery::Sending if !can_reply => {
                    Delivery::Failed("Message sent outside the allowed window".to_owned())
                }
                Delivery::Sending => Delivery::Sent,
                Delivery::Sent if !can_reply => {
                    Delivery::Failed("Message sent outside the allowed window".to_owned())
                }
                Delivery::Sent if is_unlucky || message.text().contains(UNDELIVERABLE) => {
                    Delivery::Failed("131026: Message undeliverable".to_owned())
                }
                Delivery::Sent if has_receipts => Delivery::Delivered,
                Delivery::Delivered => Delivery::Read,
                _ => return None,
            };
            let wait = match next {
                Delivery::Sent => Some(1_500),
                Delivery::Delivered => Some(6 * SECOND),
                Delivery::Read => {
                    conversation.customer_seen_at = Some(at);
                    None
                }
                _ => None,
            };
            let message = conversation.message_mut(id)?;
            message.delivery = next;
            message.updated_at = at;
            Some(wait)
        });
        if let Some(Some(wait)) = step {
            self.tell(key, Happening::Updated(id));
            if let Some(wait) = wait {
                self.schedule(at.plus(wait), Job::Deliver(key, id));
            }
        }
    }

    fn wake(&self, key: Key, now: At) {
        let is_over = self.conversation(key).is_some_and(|conversation| {
            conversation.status == Status::Snoozed
                && conversation.snoozed_until.is_some_and(|until| until <= now)
        });
        if is_over {
            // Without an event line, as recorded.
            self.change(key, |conversation, _| {
                conversation.status = Status::Open;
                conversation.snoozed_until = None;
            });
        }
    }

    fn reopen(&self, key: Key) {
        let line = self.change(key, |conversation, _| {
            let is_away = matches!(conversation.status, Status::Snoozed | Status::Resolved);
            (is_away && !conversation.muted).then(|| {
                conversation.status = Status::Open;
                conversation.snoozed_until = None;
                "System reopened the conversation due to a new incoming message.".to_owned()
            })
        });
        self.note_down(key, line.flatten());
    }

    /// Adds an event line.
    fn note_down(&self, key: Key, line: Option<String>) -> Option<()> {
        if let Some(line) = line {
            let mut message = Message::new(0, At(0), Author::System, line);
            message.kind = Kind::Activity;
            self.post(key, message)?;
        }
        Some(())
    }

    /// Runs a change on the kept copy of a conversation, which it makes if there is none yet.
    fn with<R>(&self, key: Key, change: impl FnOnce(&mut Conversation) -> R) -> Option<R> {
        let now = self.now();
        let mut state = self.lock();
        if !state.changed.contains_key(&key) {
            state.changed.insert(key, self.made(key)?);
        }
        let conversation = state.changed.get_mut(&key)?;
        let result = change(conversation);
        conversation.updated_at = now;
        Some(result)
    }

    fn free_message_id(&self, key: Key) -> u64 {
        let mut state = self.lock();
        state.next_id += 1;
        let id = state.next_id;
        state.added.insert((key.vendor, id), key.number);
        id
    }

    fn schedule(&self, at: At, job: Job) {
        let mut state = self.lock();
        state.next_id += 1;
        let order = state.next_id;
        state.due.push(Reverse((at, order, job)));
    }

    fn tell(&self, key: Key, what: Happening) {
        // Nobody listening is the usual case.
        let _ = self.events.send(Event { key, what });
    }
}

/// What a customer's message does to the conversation besides being in it.
fn welcome(conversation: &mut Conversation, at: At) {
    conversation.waiting_for_customer = false;
    conversation.customer_seen_at = Some(at);
    conversation.reply_until = conversation.channel.window().map(|window| at.plus(window));
}

fn by_name(by: Author) -> String {
    match by {
        Author::Colleague(no) => company::name_of(no),
        _ => "System".to_owned(),
    }
}
