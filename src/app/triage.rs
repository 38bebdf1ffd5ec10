//! What the agent decides about a conversation: into the outbox, shown at once, undone with `u`.

use super::commands::Command;
use super::outbox::{Op, OpState};
use super::popup::PromptKind;
use super::snooze::{Until, parse};
use super::undo::inverse;
use super::{App, Level};
use crate::model::{
    Action, Ask, Conversation, ConversationId, Delivery, Label, OpId, Person, Priority, RemoteId,
    Status, StoredMessage,
};

impl App {
    /// Commands about one conversation.
    pub(super) fn run_on_conversation(&mut self, command: Command) {
        match command {
            Command::Undo => return self.undo(),
            Command::Redo => return self.redo(),
            Command::Undiscard => return self.undiscard(),
            _ => {}
        }
        let Some(id) = self.target() else {
            self.say(Level::Info, "There is no conversation here.");
            return;
        };
        let Some(conversation) = self.inbox.get(&id).cloned() else {
            self.say(Level::Info, "This conversation is still being read.");
            return;
        };
        match command {
            Command::Resolve => {
                let status = if conversation.status == Status::Resolved {
                    Status::Open
                } else {
                    Status::Resolved
                };
                self.decide(&conversation, Action::SetStatus(status));
            }
            Command::Status(word) => self.set_status(&conversation, &word),
            Command::Snooze(when) => self.snooze(&conversation, &when),
            Command::Assign(who) => self.assign(&conversation, &who),
            Command::Team(which) => self.assign_team(&conversation, &which),
            Command::Priority(word) => self.set_priority(&conversation, &word),
            Command::Labels(words) => self.set_labels(&conversation, &words),
            Command::Sla(word) => {
                let policy = (word != "none").then(|| RemoteId::new(&word));
                self.decide(&conversation, Action::SetSlaPolicy(policy));
            }
            Command::ToggleUnread => {
                let action = if conversation.unread > 0 {
                    Action::MarkRead { tell_customer: false }
                } else {
                    Action::MarkUnread
                };
                self.decide(&conversation, action);
            }
            Command::Repeat => self.repeat(&conversation),
            Command::Retry => self.retry(&conversation),
            Command::Store(text) => self.store(&conversation, &text),
            Command::Resend => self.ask_to_resend(&id),
            Command::EditFailed => self.edit_failed(&id),
            Command::Drop => self.drop_failed(&id),
            Command::Arrived => self.arrived(&id),
            command => self.run_writing(&conversation, command),
        }
    }

    /// Puts an action into the outbox if the account may do it, and remembers how to undo it.
    pub(super) fn decide(&mut self, conversation: &Conversation, action: Action) -> Option<OpId> {
        let undo = inverse(&action, conversation);
        let op = self.enqueue(conversation, action.clone(), std::time::Duration::ZERO)?;
        let phrase = action.phrase();
        let mut letters = phrase.chars();
        let start: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        let undone = if undo.is_some() { " · ‹undo› undoes it" } else { "" };
        let name = conversation.contact.shown();
        self.say(Level::Info, format!("{start}{} · {name}{undone}", letters.as_str()));
        if let Some(undo) = undo {
            self.history.note(op, conversation.id.clone(), undo, action);
        }
        Some(op)
    }

    /// Puts an action into the outbox; the reason why not goes to the bar.
    pub(super) fn enqueue(
        &mut self,
        conversation: &Conversation,
        action: Action,
        wait: std::time::Duration,
    ) -> Option<OpId> {
        let account = self.account(conversation.id.account)?;
        if let Err(why) = account.capabilities.allows(&action, conversation, self.now.wall) {
            self.say(Level::Warning, why);
            return None;
        }
        let (id, key) = self.next_op();
        self.outbox.push(Op {
            id,
            key,
            conversation: conversation.id.clone(),
            action,
            state: OpState::Saving,
            decided: self.now.wall,
            not_before: self.now.mono + wait,
            tries: 0,
            needs: None,
        });
        self.relay(&conversation.id);
        Some(id)
    }

    /// Makes what a command just put into the outbox wait for what the one before put there.
    /// Returns the newest of them; `None` if the command put nothing there.
    pub(super) fn chain(&mut self, newer_than: u64, needs: Option<OpId>) -> Option<OpId> {
        self.outbox.link(OpId(newer_than), needs)
    }

    fn set_status(&mut self, conversation: &Conversation, word: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        let known = account.capabilities.statuses.iter().find(|(status, vendors)| {
            status.word().eq_ignore_ascii_case(word) || vendors.eq_ignore_ascii_case(word)
        });
        match known {
            Some((status, _)) => {
                let status = status.clone();
                self.decide(conversation, Action::SetStatus(status));
            }
            None if word.is_empty() => self.pick_status(conversation),
            None if word.eq_ignore_ascii_case("snoozed") => self.snooze(conversation, ""),
            None => {
                // The capabilities say in one sentence which statuses there are.
                let status = match word {
                    "pending" => Status::Pending,
                    word => Status::Other(crate::text::clean(word)),
                };
                self.decide(conversation, Action::SetStatus(status));
            }
        }
    }

    pub(super) fn snooze(&mut self, conversation: &Conversation, when: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.snooze.check() {
            self.say(Level::Warning, why);
            return;
        }
        if when.is_empty() {
            self.open_prompt(PromptKind::Snooze, "");
            return;
        }
        match parse(when, self.now.wall, &self.settings.zone) {
            Ok(until) => {
                let until = match until {
                    Until::At(at) => Some(at),
                    Until::Reply => None,
                };
                self.decide(conversation, Action::Snooze(until));
            }
            Err(why) => self.say(Level::Warning, why),
        }
    }

    fn assign(&mut self, conversation: &Conversation, who: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.assign.check() {
            self.say(Level::Warning, why);
            return;
        }
        let person = match who {
            "" => return self.pick_assignee(conversation),
            "none" | "nobody" => None,
            "me" => {
                match &account.me {
                    Some(me) => Some(me.clone()),
                    None => {
                        let vendor = account.vendor().name();
                        self.say(
                        Level::Warning,
                        format!("{vendor} has not told which user this token is; ‹assign› picks a name."),
                    );
                        return;
                    }
                }
            }
            name => match self.named(account.people.as_deref(), name, "colleague") {
                Ok(person) => Some(person),
                Err(Unnamed::Unread) => return self.pick_assignee(conversation),
                Err(Unnamed::Why(why)) => return self.say(Level::Warning, why),
            },
        };
        self.decide(conversation, Action::Assign(person));
    }

    fn assign_team(&mut self, conversation: &Conversation, which: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.teams.check() {
            self.say(Level::Warning, why);
            return;
        }
        let team = match which {
            "" => return self.pick_team(conversation),
            "none" => None,
            name => match self.named(account.teams.as_deref(), name, "team") {
                Ok(team) => Some(team),
                Err(Unnamed::Unread) => return self.pick_team(conversation),
                Err(Unnamed::Why(why)) => return self.say(Level::Warning, why),
            },
        };
        self.decide(conversation, Action::AssignTeam(team));
    }

    fn named(&self, people: Option<&[Person]>, name: &str, what: &str) -> Result<Person, Unnamed> {
        let people = people.ok_or(Unnamed::Unread)?;
        let wanted = name.to_lowercase();
        let exact = people.iter().find(|person| person.name.to_lowercase() == wanted);
        let mut starting =
            people.iter().filter(|person| person.name.to_lowercase().starts_with(&wanted));
        match (exact, starting.next(), starting.next()) {
            (Some(person), _, _) | (None, Some(person), None) => Ok(person.clone()),
            (None, Some(_), Some(_)) => {
                Err(Unnamed::Why(format!("More than one {what} is called {name}…")))
            }
            (None, None, _) => Err(Unnamed::Why(format!("There is no {what} called {name}."))),
        }
    }

    fn set_priority(&mut self, conversation: &Conversation, word: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.priority.check() {
            self.say(Level::Warning, why);
            return;
        }
        let priority = match word {
            "" => return self.pick_priority(conversation),
            "none" => None,
            word => match Priority::parse(word) {
                Some(priority) => Some(priority),
                None => {
                    self.say(Level::Warning, format!("There is no priority {word}; there are none, low, medium, high, urgent."));
                    return;
                }
            },
        };
        self.decide(conversation, Action::SetPriority(priority));
    }

    fn set_labels(&mut self, conversation: &Conversation, words: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.labels.check() {
            self.say(Level::Warning, why);
            return;
        }
        if words.is_empty() {
            return self.pick_labels(conversation);
        }
        let Some(known) = account.labels.clone() else {
            self.need(&conversation.id, Ask::Labels);
            self.say(Level::Info, "The labels are being read; try again in a moment.");
            return;
        };
        let mut to = if words.starts_with('=') { Vec::new() } else { conversation.labels.clone() };
        for word in words.trim_start_matches('=').split_whitespace() {
            let (on, title) = match word.strip_prefix('-') {
                Some(title) => (false, title),
                None => (true, word.trim_start_matches('+')),
            };
            let same = |label: &&Label| label.title.eq_ignore_ascii_case(title);
            let Some(label) =
                known.iter().find(same).or_else(|| conversation.labels.iter().find(same))
            else {
                self.say(Level::Warning, format!("There is no label {title}; ‹label› shows all."));
                return;
            };
            to.retain(|held| held.id != label.id);
            if on {
                to.push(label.clone());
            }
        }
        self.decide(conversation, Action::SetLabels { from: conversation.labels.clone(), to });
    }

    /// Marks read if that says something new and the vendor can be told.
    pub(super) fn mark_read(&mut self, id: &ConversationId) {
        let Some(conversation) = self.inbox.get(id).cloned() else { return };
        let can =
            self.account(id.account).is_some_and(|account| account.capabilities.mark_read.is_yes());
        if conversation.unread > 0 && can {
            self.enqueue(
                &conversation,
                Action::MarkRead { tell_customer: false },
                std::time::Duration::ZERO,
            );
        }
    }

    fn retry(&mut self, conversation: &Conversation) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.retry.check() {
            self.say(Level::Warning, why);
            return;
        }
        let failed = self.threads.get(&conversation.id).and_then(|thread| {
            thread
                .entries()
                .iter()
                .rev()
                .find(|entry| matches!(entry.message.delivery, Some(Delivery::Failed(_))))
        });
        match failed.map(|entry| entry.message.id.clone()) {
            Some(message) => {
                let wait = self.settings.undo.of(&conversation.channel);
                if self.enqueue(conversation, Action::Retry { message }, wait).is_some() {
                    self.say(
                        Level::Info,
                        format!(
                            "The message goes to {} again; ‹undo› stops it.",
                            conversation.contact.shown()
                        ),
                    );
                }
            }
            None => self.say(Level::Info, "No message of the loaded thread has failed."),
        }
    }

    fn store(&mut self, conversation: &Conversation, text: &str) {
        let (from_customer, text) = match text.split_once(char::is_whitespace) {
            Some(("in", text)) => (true, text),
            Some(("out", text)) => (false, text),
            _ => {
                self.say(Level::Warning, "store takes in or out, and the text.");
                return;
            }
        };
        let from =
            if from_customer { conversation.contact.handle.to_string() } else { String::new() };
        let stored = StoredMessage {
            from_customer,
            from,
            subject: String::new(),
            text: text.trim().to_owned(),
            at: None,
        };
        self.enqueue(conversation, Action::Store(stored), std::time::Duration::ZERO);
    }
}

enum Unnamed {
    /// The list of names has not come in yet.
    Unread,
    /// The name does not fit.
    Why(String),
}
