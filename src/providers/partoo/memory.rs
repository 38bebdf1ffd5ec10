//! What was learnt from answers and decides on later requests.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;

use super::read;
use crate::model::{
    Action, ConversationId, ConversationNews, Failure, Outcome, RemoteId, ReplyWindow, Status,
    Support, Trouble,
};
use crate::providers::kit;
use crate::text::Clean;

/// What was learnt so far.
#[derive(Default)]
pub(super) struct Memory(Mutex<Learnt>);

#[derive(Default)]
struct Learnt {
    /// Conversations that nothing can be sent to.
    shut: HashMap<RemoteId, Shut>,
    /// Whether any conversation was seen that is assigned: then the plan has assignment.
    assigned_seen: bool,
    /// Whether the plan has no assignment.
    no_assignment: bool,
}

struct Shut {
    why: Clean,
    expired: bool,
}

impl Memory {
    /// Takes in a conversation as it was just read.
    pub(super) fn saw(&self, row: &Value, news: &ConversationNews) {
        let mut learnt = kit::lock(&self.0);
        match &news.reply_window {
            Some(ReplyWindow::Closed(why)) => {
                let shut = Shut { why: why.clone(), expired: read::is_expired(row) };
                learnt.shut.insert(news.id.remote.clone(), shut);
            }
            Some(_) => {
                learnt.shut.remove(&news.id.remote);
            }
            None => {}
        }
        if matches!(news.assignee, Some(Some(_))) {
            learnt.assigned_seen = true;
            learnt.no_assignment = false;
        }
    }

    /// Refuses what is known to be refused: words for a conversation that takes none, and opening
    /// one that has expired.
    ///
    /// # Errors
    /// The reason.
    pub(super) fn check(&self, id: &ConversationId, action: &Action) -> Result<(), Failure> {
        let learnt = kit::lock(&self.0);
        let why: Option<Cow<'_, str>> = learnt.shut.get(&id.remote).and_then(|shut| match action {
            Action::Reply(_) | Action::Retry { .. } => Some(shut.why.as_str().into()),
            Action::SetStatus(Status::Open) if shut.expired => {
                Some("This conversation has expired; Partoo cannot open it again.".into())
            }
            _ => None,
        });
        match why {
            Some(why) => Err(Failure::new(Outcome::Refused, Trouble::Rejected, why)),
            None => Ok(()),
        }
    }

    /// Takes in how an action ended.
    pub(super) fn tried(&self, id: &ConversationId, action: &Action, result: Result<(), &Failure>) {
        let mut learnt = kit::lock(&self.0);
        match (action, result) {
            // Whether it takes words now is known when it has been read again.
            (Action::SetStatus(_), Ok(())) => {
                learnt.shut.remove(&id.remote);
            }
            // A 403 is also the answer for a person without access to the conversation; where
            // anything is assigned, it can only mean that.
            (Action::Assign(_), Err(failure)) if failure.trouble == Trouble::Forbidden => {
                learnt.no_assignment = !learnt.assigned_seen;
            }
            (Action::Assign(_), Ok(())) => learnt.assigned_seen = true,
            _ => {}
        }
    }

    /// Whether conversations can be given to people.
    pub(super) fn assignment(&self) -> Support {
        if kit::lock(&self.0).no_assignment {
            Support::no("This organisation's plan has no assignment.")
        } else {
            Support::Yes
        }
    }
}
