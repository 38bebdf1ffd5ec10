//! Undo and redo: what was decided can be taken back, what has not left can be called back.

use super::{App, Level};
use crate::model::{Action, Conversation, ConversationId, OpId, Status};

/// How many steps can be undone.
const MOST_UNDO: usize = 200;

/// One step that can be undone.
#[derive(Clone, Debug)]
struct Step {
    op: OpId,
    conversation: ConversationId,
    undo: Action,
    redo: Action,
}

/// What was done, and what was undone.
#[derive(Debug, Default)]
pub(super) struct History {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl History {
    /// Remembers a step. What had been undone before cannot be done again after it.
    pub(super) fn note(
        &mut self,
        op: OpId,
        conversation: ConversationId,
        undo: Action,
        redo: Action,
    ) {
        self.undone.clear();
        self.done.push(Step { op, conversation, undo, redo });
        if self.done.len() > MOST_UNDO {
            self.done.remove(0);
        }
    }
}

impl App {
    pub(super) fn undo(&mut self) {
        let recallable = self.outbox.recallable().map(|op| op.id);
        let step = self.history.done.last().map(|step| step.op);
        match (recallable, step) {
            (Some(send), step) if step.is_none_or(|step| send > step) => self.recall(send),
            (_, Some(_)) => {
                if let Some(mut step) = self.history.done.pop() {
                    let what = step.redo.phrase();
                    if let Some(op) = self.act_again(&step.conversation, step.undo.clone()) {
                        step.op = op;
                        self.history.undone.push(step);
                        self.say(Level::Info, format!("Undone: {what}. ‹redo› does it again."));
                    }
                }
            }
            _ => self.say(Level::Info, "There is nothing to undo."),
        }
    }

    /// What was decided last, about this conversation.
    pub(super) fn repeat(&mut self, conversation: &Conversation) {
        let Some(step) = self.history.done.last() else {
            self.say(Level::Info, "Nothing was decided yet that could be repeated.");
            return;
        };
        let action = match step.redo.clone() {
            // The same labels come and go; what else is on this conversation stays.
            Action::SetLabels { from, to } => {
                let mut labels = conversation.labels.clone();
                labels.retain(|label| to.contains(label) || !from.contains(label));
                let added = to.into_iter().filter(|label| !from.contains(label));
                let added: Vec<_> = added.filter(|label| !labels.contains(label)).collect();
                labels.extend(added);
                Action::SetLabels { from: conversation.labels.clone(), to: labels }
            }
            action => action,
        };
        self.decide(conversation, action);
    }

    pub(super) fn redo(&mut self) {
        match self.history.undone.pop() {
            Some(mut step) => {
                let what = step.redo.phrase();
                if let Some(op) = self.act_again(&step.conversation, step.redo.clone()) {
                    step.op = op;
                    self.history.done.push(step);
                    self.say(Level::Info, format!("Done again: {what}."));
                }
            }
            None => self.say(Level::Info, "There is nothing to redo."),
        }
    }

    fn act_again(&mut self, id: &ConversationId, action: Action) -> Option<OpId> {
        let conversation = self.inbox.get(id).cloned()?;
        self.enqueue(&conversation, action, std::time::Duration::ZERO)
    }

    /// Calls back what has not left: the words return to the composer.
    fn recall(&mut self, id: OpId) {
        let Some(op) = self.outbox.take(id) else { return };
        let dropped = self.outbox.drop_dependents(id);
        self.relay(&op.conversation);
        if op.action.words().is_some() {
            self.give_back(op, true);
        }
        let more = if dropped.is_empty() { "" } else { " What was to follow is off too." };
        self.say(Level::Info, format!("Called back; nothing was sent.{more}"));
    }
}

/// What puts a conversation back as it is now, should the action be regretted. `None` = cannot be
/// undone.
pub(super) fn inverse(action: &Action, now: &Conversation) -> Option<Action> {
    match action {
        Action::SetStatus(_) | Action::Snooze(_) => Some(match &now.status {
            Status::Snoozed => Action::Snooze(now.snoozed_until),
            Status::Other(_) => return None,
            status => Action::SetStatus(status.clone()),
        }),
        Action::Assign(_) => Some(Action::Assign(now.assignee.clone())),
        Action::AssignTeam(_) => Some(Action::AssignTeam(now.team.clone())),
        Action::SetPriority(_) => Some(Action::SetPriority(now.priority)),
        Action::SetLabels { to, .. } => {
            Some(Action::SetLabels { from: to.clone(), to: now.labels.clone() })
        }
        Action::MarkRead { .. } => Some(Action::MarkUnread),
        Action::MarkUnread => Some(Action::MarkRead { tell_customer: false }),
        Action::Reply(_)
        | Action::Note(_)
        | Action::EditNote { .. }
        | Action::CreateDraft(_)
        | Action::EditDraft { .. }
        | Action::PublishDraft { .. }
        | Action::Store(_)
        | Action::Retry { .. }
        | Action::SetSlaPolicy(_) => None,
    }
}
