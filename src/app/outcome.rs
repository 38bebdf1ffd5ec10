//! What came back from a vendor, and what the agent does about what did not arrive.

use super::outbox::{Op, OpState, Verdict};
use super::popup::{Answer, Popup, Question};
use super::{App, Level};
use crate::config::MarkRead;
use crate::model::{
    Action, Ask, Capabilities, ConversationId, Delta, Failure, OpId, Repeat, ThreadPart,
};

impl App {
    /// An operation came back from its vendor.
    pub(super) fn on_done(
        &mut self,
        id: OpId,
        capabilities: Capabilities,
        result: Result<Vec<Delta>, Failure>,
    ) {
        let jitter = self.jitter();
        let now = self.now;
        let Some(op) = self.outbox.get(id).cloned() else { return };
        self.dirty = true;
        if let Some(account) = self.account_mut(op.conversation.account) {
            account.capabilities = capabilities;
            match &result {
                Ok(_) => drop(account.worked(None)),
                Err(failure) => account.failed(None, failure, now.mono, now.wall, jitter),
            }
        }
        let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
        let verdict = self.outbox.landed(id, outcome, now.mono, jitter);
        if let Ok(deltas) = result {
            self.on_accepted(&op, deltas);
        }
        let failure = || match self.outbox.get(id).map(|op| &op.state) {
            Some(OpState::Failed(failure) | OpState::Unconfirmed { failure, .. }) => {
                failure.to_string()
            }
            _ => String::new(),
        };
        match verdict {
            Some(Verdict::Accepted) | None => {}
            Some(Verdict::Later) => {
                let name =
                    self.account(op.conversation.account).map_or("", |account| &account.name);
                self.say(
                    Level::Warning,
                    format!(
                        "{name}: could not {} yet; it will be tried again.",
                        op.action.phrase()
                    ),
                );
            }
            Some(Verdict::Unknown) => {
                let text = format!(
                    "It is not known whether ttydesk could {}: {} Looking for it in the thread.",
                    op.action.phrase(),
                    failure()
                );
                self.say(Level::Warning, text);
            }
            Some(Verdict::Refused(dropped)) => {
                let why = failure();
                self.on_refused(&op, &why, &dropped);
            }
        }
        self.relay(&op.conversation);
    }

    fn on_accepted(&mut self, op: &Op, deltas: Vec<Delta>) {
        let id = &op.conversation;
        let words = op.action.repeat() == Repeat::Words;
        let tells = deltas.iter().any(|delta| match delta {
            Delta::Conversation(news) => !words && news.id == *id,
            Delta::Message(message) => words && message.conversation == *id,
            _ => false,
        });
        self.merge(deltas, self.now.mono);
        if tells {
            self.outbox.take(op.id);
        }
        // Replying changes more than the thread: status, assignee and "waiting since".
        let is_in_thread =
            words || matches!(op.action, Action::EditDraft { .. } | Action::EditNote { .. });
        if let Some(account) = self.account_mut(id.account) {
            if !tells && is_in_thread {
                account.ask_anew(Ask::Thread { id: id.clone(), part: ThreadPart::Newest });
            }
            if !tells || words {
                account.ask_anew(Ask::Conversation(id.clone()));
            }
        }
        if matches!(op.action, Action::Reply(_)) && self.settings.mark_read != MarkRead::Never {
            self.mark_read(id);
        }
    }

    fn on_refused(&mut self, op: &Op, why: &str, dropped: &[Op]) {
        let name = self.account(op.conversation.account).map_or("", |account| &account.name);
        let mut text =
            format!("{name}:{} could not {}: {why}", op.conversation.remote, op.action.phrase());
        for later in dropped {
            text.push_str(&format!(" So ttydesk did not {} either.", later.action.phrase()));
        }
        // Words go back to where they can be worked on; a refused value has rolled back already,
        // and only its reason is worth keeping until the agent has seen it.
        if op.action.words().is_some() {
            if let Some(op) = self.outbox.take(op.id) {
                self.give_back(op, false);
            }
            text.push_str(" The text is kept as a draft (‹edit›).");
        }
        self.say(Level::Error, text);
    }

    /// Words were looked for and not found.
    pub(super) fn on_given_up(&mut self, id: OpId) {
        let Some(op) = self.outbox.get(id) else { return };
        let (what, conversation) = (op.action.phrase(), op.conversation.clone());
        let name = self.account(conversation.account).map_or("", |account| &account.name);
        self.say(
            Level::Error,
            format!("{name}:{}: ttydesk could not {what}, as far as the thread tells. ‹view outbox› shows it: resend, edit-failed, drop, or arrived.", conversation.remote),
        );
        self.relay(&conversation);
    }

    fn failed_op(&mut self, id: &ConversationId) -> Option<OpId> {
        let found = self
            .outbox
            .of(id)
            .find(|op| matches!(op.state, OpState::Failed(_) | OpState::Unconfirmed { .. }))
            .map(|op| op.id);
        if found.is_none() {
            self.say(Level::Info, "Nothing of this conversation has failed.");
        }
        found
    }

    pub(super) fn ask_to_resend(&mut self, id: &ConversationId) {
        let Some(failed) = self.failed_op(id) else { return };
        let doubtful = self.outbox.get(failed).is_some_and(|op| {
            matches!(&op.state, OpState::Failed(failure) | OpState::Unconfirmed { failure, .. }
                if failure.outcome == crate::model::Outcome::MaybeSent)
                && op.action.repeat() == Repeat::Words
        });
        if doubtful {
            let text =
                "It may have arrived although the thread does not show it. Send it again? y/n"
                    .into();
            self.popup = Some(Popup::Question(Question { text, yes: Answer::Resend(failed) }));
        } else {
            self.resend(failed);
        }
    }

    pub(super) fn resend(&mut self, op: OpId) {
        let Some(id) = self.outbox.get(op).map(|op| op.conversation.clone()) else { return };
        if self.outbox.resend(op, self.now.mono) {
            self.relay(&id);
            self.say(Level::Info, "Sending it again.");
        }
    }

    pub(super) fn edit_failed(&mut self, id: &ConversationId) {
        let Some(failed) = self.failed_op(id) else { return };
        let has_words = self.outbox.get(failed).is_some_and(|op| op.action.words().is_some());
        if !has_words {
            self.say(Level::Info, "It has no words to edit; resend or drop it.");
            return;
        }
        if let Some(op) = self.outbox.take(failed) {
            self.relay(id);
            self.give_back(op, true);
        }
    }

    pub(super) fn drop_failed(&mut self, id: &ConversationId) {
        let Some(failed) = self.failed_op(id) else { return };
        if let Some(op) = self.outbox.take(failed) {
            self.outbox.drop_dependents(failed);
            self.relay(id);
            match op.action.words() {
                Some(_) => {
                    self.give_back(op, false);
                    self.say(
                        Level::Info,
                        "Dropped from the outbox; its text is kept as a draft (‹edit›).",
                    );
                }
                None => self.say(Level::Info, "Dropped."),
            }
        }
    }

    pub(super) fn arrived(&mut self, id: &ConversationId) {
        if !self.has_words_in_doubt(id)
            && self.outbox.of(id).all(|op| !matches!(op.state, OpState::Failed(_)))
        {
            self.say(Level::Info, "Nothing of this conversation is in doubt.");
            return;
        }
        if let Some(failed) = self.failed_op(id) {
            self.outbox.take(failed);
            self.relay(id);
            let part = ThreadPart::Newest;
            self.need(id, Ask::Thread { id: id.clone(), part });
            self.say(Level::Info, "Taken as arrived.");
        }
    }
}
