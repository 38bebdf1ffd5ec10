//! The bodies of the rows. Types of their own, so that a change of the model does not change what
//! is on disk by accident; and text of others becomes [`Clean`] again on its way back.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::composer::{Draft, Letter, Mode};
use crate::app::outbox::{Op, OpState};
use crate::model::{
    Action, ConversationId, DraftChange, Failure, Format, Label, OpId, OpKey, Outcome, Outgoing,
    Person, Priority, Recipients, RemoteId, Status, StoredMessage, Trouble, Upload, UploadSource,
};
use crate::text::{Clean, clean};

/// Puts the bytes of a file away and tells its id.
pub(super) type Save<'a> = &'a mut dyn FnMut(&Arc<[u8]>) -> rusqlite::Result<i64>;
/// Gets the bytes of a file.
pub(super) type Load<'a> = &'a dyn Fn(i64) -> Option<Arc<[u8]>>;

/// A mode as one word.
pub(super) fn mode_word(mode: &Mode) -> String {
    match mode {
        Mode::Reply => "reply".into(),
        Mode::Note => "note".into(),
        Mode::Draft => "draft".into(),
        Mode::EditDraft(id) => format!("edit_draft:{id}"),
        Mode::EditNote(id) => format!("edit_note:{id}"),
    }
}

/// Reads such a word.
pub(super) fn read_mode(word: &str) -> Option<Mode> {
    match (word, word.split_once(':')) {
        ("reply", _) => Some(Mode::Reply),
        ("note", _) => Some(Mode::Note),
        ("draft", _) => Some(Mode::Draft),
        (_, Some(("edit_draft", id))) => Some(Mode::EditDraft(RemoteId::new(id))),
        (_, Some(("edit_note", id))) => Some(Mode::EditNote(RemoteId::new(id))),
        _ => None,
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct DraftRow {
    text: String,
    cursor: (usize, usize),
    saved: Timestamp,
    recipients: RecipientsRow,
    subject: Option<String>,
    in_reply_to: Option<String>,
    attachments: Vec<UploadRow>,
    intents: Option<Vec<u64>>,
    subchannel: Option<u64>,
    format: Format,
}

impl DraftRow {
    pub(super) fn new(draft: &Draft, save: Save<'_>) -> rusqlite::Result<Self> {
        let letter = &draft.letter;
        Ok(Self {
            text: draft.text.clone(),
            cursor: draft.cursor,
            saved: draft.saved,
            recipients: RecipientsRow::new(&letter.recipients),
            subject: letter.subject.clone(),
            in_reply_to: letter.in_reply_to.as_ref().map(ToString::to_string),
            attachments: uploads(&letter.attachments, save)?,
            intents: letter.intents.clone(),
            subchannel: letter.subchannel,
            format: letter.format,
        })
    }

    /// The draft. A file that is gone is left out: the words count more.
    pub(super) fn read(self, load: Load<'_>) -> Draft {
        let attachments = self.attachments.into_iter().filter_map(|row| row.read(load)).collect();
        let letter = Letter {
            recipients: self.recipients.read(),
            subject: self.subject,
            in_reply_to: self.in_reply_to.as_deref().map(RemoteId::new),
            attachments,
            intents: self.intents,
            subchannel: self.subchannel,
            format: self.format,
        };
        Draft { text: self.text, cursor: self.cursor, letter, saved: self.saved }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct OpRow {
    action: ActionRow,
    state: StateRow,
    decided: Timestamp,
    due: Timestamp,
    tries: u32,
    needs: Option<u64>,
}

impl OpRow {
    pub(super) fn new(op: &Op, due: Timestamp, save: Save<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            action: ActionRow::new(&op.action, save)?,
            state: StateRow::new(&op.state),
            decided: op.decided,
            due,
            tries: op.tries,
            needs: op.needs.map(|op| op.0),
        })
    }

    /// The operation; `None` if a file of it is gone, for without it it would say something else.
    pub(super) fn read(
        self,
        id: OpId,
        key: &str,
        conversation: ConversationId,
        load: Load<'_>,
    ) -> Option<(Op, Timestamp)> {
        let op = Op {
            id,
            key: OpKey(key.into()),
            conversation,
            action: self.action.read(load)?,
            state: self.state.read(),
            decided: self.decided,
            not_before: std::time::Duration::ZERO,
            tries: self.tries,
            needs: self.needs.map(OpId),
        };
        Some((op, self.due))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRow {
    Queued,
    Sending,
    Accepted,
    Unconfirmed(FailureRow),
    Failed(FailureRow),
}

impl StateRow {
    fn new(state: &OpState) -> Self {
        match state {
            OpState::Saving | OpState::Queued => Self::Queued,
            // Written before it leaves: from now on nobody can say that it has not.
            OpState::Leaving | OpState::Sending => Self::Sending,
            OpState::Accepted { .. } => Self::Accepted,
            OpState::Unconfirmed { failure, .. } => Self::Unconfirmed(FailureRow::new(failure)),
            OpState::Failed(failure) => Self::Failed(FailureRow::new(failure)),
        }
    }

    fn read(self) -> OpState {
        let zero = std::time::Duration::ZERO;
        match self {
            Self::Queued => OpState::Queued,
            Self::Sending => OpState::Sending,
            Self::Accepted => OpState::Accepted { at: zero },
            Self::Unconfirmed(failure) => {
                OpState::Unconfirmed { since: zero, asked: 0, looks: 0, failure: failure.read() }
            }
            Self::Failed(failure) => OpState::Failed(failure.read()),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FailureRow {
    outcome: Outcome,
    trouble: Trouble,
    status: Option<u16>,
    text: String,
}

impl FailureRow {
    fn new(failure: &Failure) -> Self {
        Self {
            outcome: failure.outcome,
            trouble: failure.trouble,
            status: failure.status,
            text: failure.text.to_string(),
        }
    }

    fn read(self) -> Failure {
        let Self { outcome, trouble, status, text } = self;
        Failure { status, ..Failure::new(outcome, trouble, text) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActionRow {
    Reply(OutgoingRow),
    Note(String),
    EditNote { message: String, text: String },
    CreateDraft(OutgoingRow),
    EditDraft { message: String, change: ChangeRow },
    PublishDraft { message: String },
    Store(StoredRow),
    Retry { message: String },
    SetStatus(String),
    Snooze(Option<Timestamp>),
    Assign(Option<NamedRow>),
    AssignTeam(Option<NamedRow>),
    SetPriority(Option<Priority>),
    SetLabels { from: Vec<NamedRow>, to: Vec<NamedRow> },
    SetSlaPolicy(Option<String>),
    MarkRead { tell_customer: bool },
    MarkUnread,
}

impl ActionRow {
    fn new(action: &Action, save: Save<'_>) -> rusqlite::Result<Self> {
        Ok(match action {
            Action::Reply(outgoing) => Self::Reply(OutgoingRow::new(outgoing, save)?),
            Action::Note(text) => Self::Note(text.clone()),
            Action::EditNote { message, text } => {
                Self::EditNote { message: message.to_string(), text: text.clone() }
            }
            Action::CreateDraft(outgoing) => Self::CreateDraft(OutgoingRow::new(outgoing, save)?),
            Action::EditDraft { message, change } => Self::EditDraft {
                message: message.to_string(),
                change: ChangeRow::new(change, save)?,
            },
            Action::PublishDraft { message } => Self::PublishDraft { message: message.to_string() },
            Action::Store(stored) => Self::Store(StoredRow::new(stored)),
            Action::Retry { message } => Self::Retry { message: message.to_string() },
            Action::SetStatus(status) => Self::SetStatus(status.word().to_owned()),
            Action::Snooze(until) => Self::Snooze(*until),
            Action::Assign(person) => Self::Assign(person.as_ref().map(NamedRow::person)),
            Action::AssignTeam(team) => Self::AssignTeam(team.as_ref().map(NamedRow::person)),
            Action::SetPriority(priority) => Self::SetPriority(*priority),
            Action::SetLabels { from, to } => Self::SetLabels {
                from: from.iter().map(NamedRow::label).collect(),
                to: to.iter().map(NamedRow::label).collect(),
            },
            Action::SetSlaPolicy(policy) => {
                Self::SetSlaPolicy(policy.as_ref().map(ToString::to_string))
            }
            Action::MarkRead { tell_customer } => Self::MarkRead { tell_customer: *tell_customer },
            Action::MarkUnread => Self::MarkUnread,
        })
    }

    fn read(self, load: Load<'_>) -> Option<Action> {
        Some(match self {
            Self::Reply(outgoing) => Action::Reply(outgoing.read(load)?),
            Self::Note(text) => Action::Note(text),
            Self::EditNote { message, text } => {
                Action::EditNote { message: RemoteId::new(&message), text }
            }
            Self::CreateDraft(outgoing) => Action::CreateDraft(outgoing.read(load)?),
            Self::EditDraft { message, change } => {
                Action::EditDraft { message: RemoteId::new(&message), change: change.read(load)? }
            }
            Self::PublishDraft { message } => {
                Action::PublishDraft { message: RemoteId::new(&message) }
            }
            Self::Store(stored) => Action::Store(stored.read()),
            Self::Retry { message } => Action::Retry { message: RemoteId::new(&message) },
            Self::SetStatus(word) => Action::SetStatus(match word.as_str() {
                "open" => Status::Open,
                "pending" => Status::Pending,
                "snoozed" => Status::Snoozed,
                "resolved" => Status::Resolved,
                word => Status::Other(clean(word)),
            }),
            Self::Snooze(until) => Action::Snooze(until),
            Self::Assign(person) => Action::Assign(person.map(NamedRow::read_person)),
            Self::AssignTeam(team) => Action::AssignTeam(team.map(NamedRow::read_person)),
            Self::SetPriority(priority) => Action::SetPriority(priority),
            Self::SetLabels { from, to } => Action::SetLabels {
                from: from.into_iter().map(NamedRow::read_label).collect(),
                to: to.into_iter().map(NamedRow::read_label).collect(),
            },
            Self::SetSlaPolicy(policy) => {
                Action::SetSlaPolicy(policy.as_deref().map(RemoteId::new))
            }
            Self::MarkRead { tell_customer } => Action::MarkRead { tell_customer },
            Self::MarkUnread => Action::MarkUnread,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct OutgoingRow {
    text: String,
    format: Format,
    recipients: RecipientsRow,
    subject: Option<String>,
    in_reply_to: Option<String>,
    attachments: Vec<UploadRow>,
}

impl OutgoingRow {
    fn new(outgoing: &Outgoing, save: Save<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            text: outgoing.text.clone(),
            format: outgoing.format,
            recipients: RecipientsRow::new(&outgoing.recipients),
            subject: outgoing.subject.clone(),
            in_reply_to: outgoing.in_reply_to.as_ref().map(ToString::to_string),
            attachments: uploads(&outgoing.attachments, save)?,
        })
    }

    fn read(self, load: Load<'_>) -> Option<Outgoing> {
        Some(Outgoing {
            text: self.text,
            format: self.format,
            recipients: self.recipients.read(),
            subject: self.subject,
            in_reply_to: self.in_reply_to.as_deref().map(RemoteId::new),
            attachments: read_uploads(self.attachments, load)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct ChangeRow {
    text: Option<String>,
    format: Option<Format>,
    recipients: Option<RecipientsRow>,
    intents: Option<Vec<u64>>,
    attachments: Option<Vec<UploadRow>>,
    subchannel: Option<u64>,
}

impl ChangeRow {
    fn new(change: &DraftChange, save: Save<'_>) -> rusqlite::Result<Self> {
        let attachments = change.attachments.as_ref().map(|files| uploads(files, save));
        Ok(Self {
            text: change.text.clone(),
            format: change.format,
            recipients: change.recipients.as_ref().map(RecipientsRow::new),
            intents: change.intents.clone(),
            attachments: attachments.transpose()?,
            subchannel: change.subchannel,
        })
    }

    fn read(self, load: Load<'_>) -> Option<DraftChange> {
        let attachments = match self.attachments {
            Some(rows) => Some(read_uploads(rows, load)?),
            None => None,
        };
        Some(DraftChange {
            text: self.text,
            format: self.format,
            recipients: self.recipients.map(RecipientsRow::read),
            intents: self.intents,
            attachments,
            subchannel: self.subchannel,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredRow {
    from_customer: bool,
    from: String,
    subject: String,
    text: String,
    at: Option<Timestamp>,
}

impl StoredRow {
    fn new(stored: &StoredMessage) -> Self {
        let StoredMessage { from_customer, from, subject, text, at } = stored.clone();
        Self { from_customer, from, subject, text, at }
    }

    fn read(self) -> StoredMessage {
        let Self { from_customer, from, subject, text, at } = self;
        StoredMessage { from_customer, from, subject, text, at }
    }
}

/// A person, a team or a label.
#[derive(Serialize, Deserialize)]
struct NamedRow {
    id: String,
    name: String,
}

impl NamedRow {
    fn person(person: &Person) -> Self {
        Self { id: person.id.to_string(), name: person.name.to_string() }
    }

    fn label(label: &Label) -> Self {
        Self { id: label.id.to_string(), name: label.title.to_string() }
    }

    fn read_person(self) -> Person {
        Person { id: RemoteId::new(&self.id), name: clean(&self.name) }
    }

    fn read_label(self) -> Label {
        Label { id: RemoteId::new(&self.id), title: clean(&self.name) }
    }
}

#[derive(Serialize, Deserialize)]
struct RecipientsRow {
    to: Vec<String>,
    cc: Vec<String>,
    bcc: Vec<String>,
}

impl RecipientsRow {
    fn new(recipients: &Recipients) -> Self {
        let texts = |list: &[Clean]| list.iter().map(ToString::to_string).collect();
        Self { to: texts(&recipients.to), cc: texts(&recipients.cc), bcc: texts(&recipients.bcc) }
    }

    fn read(self) -> Recipients {
        let cleaned = |list: Vec<String>| list.iter().map(|text| clean(text)).collect();
        Recipients { to: cleaned(self.to), cc: cleaned(self.cc), bcc: cleaned(self.bcc) }
    }
}

#[derive(Serialize, Deserialize)]
struct UploadRow {
    name: String,
    mime: String,
    source: SourceRow,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SourceRow {
    File(i64),
    Url(String),
}

fn uploads(uploads: &[Upload], save: Save<'_>) -> rusqlite::Result<Vec<UploadRow>> {
    let mut rows = Vec::new();
    for Upload { name, mime, source } in uploads {
        let source = match source {
            UploadSource::Bytes(bytes) => SourceRow::File(save(bytes)?),
            UploadSource::Url(url) => SourceRow::Url(url.clone()),
        };
        rows.push(UploadRow { name: name.clone(), mime: mime.clone(), source });
    }
    Ok(rows)
}

fn read_uploads(rows: Vec<UploadRow>, load: Load<'_>) -> Option<Vec<Upload>> {
    rows.into_iter().map(|row| row.read(load)).collect()
}

impl UploadRow {
    fn read(self, load: Load<'_>) -> Option<Upload> {
        let source = match self.source {
            SourceRow::File(id) => UploadSource::Bytes(load(id)?),
            SourceRow::Url(url) => UploadSource::Url(url),
        };
        Some(Upload { name: self.name, mime: self.mime, source })
    }
}
