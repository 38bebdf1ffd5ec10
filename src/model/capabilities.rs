//! What an account can do. Keys, help, palette and outbox all ask here, so that the same key gives
//! the same answer everywhere.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Action, Conversation, Folder, ReplyWindow, Status, Vendor};

/// Whether something can be done, and if not, why, in one sentence for the agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Support {
    /// It can.
    Yes,
    /// It cannot, because …
    No(Cow<'static, str>),
}

impl Support {
    /// A refusal with a fixed reason.
    pub const fn no(why: &'static str) -> Self {
        Self::No(Cow::Borrowed(why))
    }

    /// Whether it can be done.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes)
    }

    /// `Ok` or the reason.
    ///
    /// # Errors
    /// The reason, where it cannot be done.
    pub fn check(&self) -> Result<(), Cow<'static, str>> {
        match self {
            Self::Yes => Ok(()),
            Self::No(why) => Err(why.clone()),
        }
    }
}

/// How often a vendor likes to be asked, in seconds, when nothing is pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PollEvery {
    /// The list.
    pub list: u32,
    /// The open thread.
    pub thread: u32,
}

/// What this account can do now. May change after connecting: roles, plan, a learnt refusal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Whose account it is.
    pub vendor: Vendor,
    /// Lists that the server can filter by itself; always holds [`Folder::Recent`].
    pub folders: Vec<Folder>,
    /// Statuses that can be set, with the vendor's word for each.
    pub statuses: Vec<(Status, &'static str)>,
    /// Send words to the customer at once.
    pub reply: Support,
    /// Keep drafts on the server that wait for approval, and publish them.
    pub server_drafts: Support,
    /// Write notes for colleagues.
    pub notes: Support,
    /// Change one's own notes.
    pub edit_notes: Support,
    /// Put away until a time.
    pub snooze: Support,
    /// Give to a person, take away again.
    pub assign: Support,
    /// Give to a team.
    pub teams: Support,
    /// Set the urgency.
    pub priority: Support,
    /// Take the urgency away again.
    pub clear_priority: Support,
    /// Set labels.
    pub labels: Support,
    /// Set an SLA policy.
    pub sla: Support,
    /// Tell the vendor that it was read.
    pub mark_read: Support,
    /// Tell the vendor that it was not.
    pub mark_unread: Support,
    /// Send a failed message again.
    pub retry: Support,
    /// Put a message on record without sending it.
    pub store: Support,
    /// Send files along.
    pub attachments: Support,
    /// Ready-made answers.
    pub canned: Support,
    /// Longest text in characters that is accepted, where documented.
    pub max_text: Option<usize>,
    /// How often to ask.
    pub poll: PollEvery,
}

impl Capabilities {
    /// Whether this account may do this to this conversation now.
    ///
    /// # Errors
    /// The reason in one sentence, for the agent.
    pub fn allows(
        &self,
        action: &Action,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<(), Cow<'static, str>> {
        match action {
            Action::Reply(outgoing) => {
                self.reply.check()?;
                self.reply_window(conversation, now)?;
                if !outgoing.attachments.is_empty() {
                    self.attachments.check()?;
                }
                if outgoing.text.trim().is_empty() && outgoing.attachments.is_empty() {
                    return Err("There is nothing to send yet.".into());
                }
                self.fits(&outgoing.text)
            }
            Action::CreateDraft(outgoing) => {
                self.server_drafts.check()?;
                if outgoing.text.trim().is_empty() {
                    return Err("There is nothing to save yet.".into());
                }
                self.fits(&outgoing.text)
            }
            Action::EditDraft { .. } => self.server_drafts.check(),
            Action::PublishDraft { .. } => {
                self.server_drafts.check()?;
                self.reply_window(conversation, now)
            }
            Action::Note(text) => {
                self.notes.check()?;
                if text.trim().is_empty() {
                    return Err("The note is empty.".into());
                }
                self.fits(text)
            }
            Action::EditNote { .. } => self.edit_notes.check(),
            Action::Store(_) => self.store.check(),
            Action::Retry { .. } => self.retry.check(),
            Action::SetStatus(Status::Snoozed) => self.snooze.check(),
            Action::SetStatus(status) => {
                if self.statuses.iter().any(|(known, _)| known == status) {
                    Ok(())
                } else {
                    let words: Vec<&str> = self.statuses.iter().map(|(_, word)| *word).collect();
                    Err(format!(
                        "{} has no status {}; it knows {}.",
                        self.vendor.name(),
                        status.word(),
                        words.join(", ")
                    )
                    .into())
                }
            }
            Action::Snooze(_) => self.snooze.check(),
            Action::Assign(_) => self.assign.check(),
            Action::AssignTeam(_) => self.teams.check(),
            Action::SetPriority(priority) => {
                self.priority.check()?;
                if priority.is_some() { Ok(()) } else { self.clear_priority.check() }
            }
            Action::SetLabels { .. } => self.labels.check(),
            Action::SetSlaPolicy(_) => self.sla.check(),
            Action::MarkRead { .. } => self.mark_read.check(),
            Action::MarkUnread => self.mark_unread.check(),
        }
    }

    /// Whether free text can reach the customer of this conversation now.
    ///
    /// # Errors
    /// Why not, in one sentence.
    pub fn reply_window(
        &self,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<(), Cow<'static, str>> {
        match &conversation.reply_window {
            ReplyWindow::Open => Ok(()),
            ReplyWindow::Until(end) if *end > now => Ok(()),
            ReplyWindow::Until(_) | ReplyWindow::TemplateOnly => {
                Err("The reply window is over; only an approved template reaches this customer."
                    .into())
            }
            ReplyWindow::WaitingForCustomer => {
                Err("A template was sent; the customer has to answer first.".into())
            }
            ReplyWindow::Closed(why) => Err(why.to_string().into()),
        }
    }

    fn fits(&self, text: &str) -> Result<(), Cow<'static, str>> {
        match self.max_text {
            Some(most) if text.chars().count() > most => Err(format!(
                "The text is {} characters long; {} takes {most}.",
                text.chars().count(),
                self.vendor.name()
            )
            .into()),
            _ => Ok(()),
        }
    }
}
