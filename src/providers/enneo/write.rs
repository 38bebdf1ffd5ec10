//! Actions → enneo's requests, and what their answers tell.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::html::{markdown_to_html, plain_to_html};
use super::message::FIRST;
use super::read::naive;
use crate::model::{
    Action, DraftChange, Failure, Format, Label, OpKey, Outcome, Outgoing, Recipients, RemoteId,
    Status, StoredMessage, Trouble, Upload, UploadSource,
};
use crate::providers::json as lenient;
use crate::providers::kit::{id_value, segment};

pub(super) const NO_SNOOZE: &str = "enneo cannot snooze a ticket.";
pub(super) const NO_TEAMS: &str = "enneo cannot give a ticket to a team.";
pub(super) const NO_SLA: &str = "enneo sets due dates by its own rules, not by SLA policies.";
pub(super) const NO_MARK_READ: &str = "enneo does not keep who has read what.";
pub(super) const NO_RETRY: &str = "enneo cannot send a message a second time.";
pub(super) const NO_CLEAR: &str =
    "An enneo ticket always has a priority; choose another one instead.";
const NOT_EDITABLE: &str = "The first message of a ticket cannot be changed.";

/// Enneo documents no limit; this keeps one request within what a server usually takes.
const MOST_ATTACHED: usize = 20 * 1024 * 1024;

/// One request.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the ticket, with a leading slash; may be empty.
    pub(super) path: String,
    pub(super) body: Value,
}

/// The request for an action; `None` when there is nothing to ask for.
///
/// # Errors
/// When enneo has no such thing; nothing was sent then.
pub(super) fn call(action: &Action, key: &OpKey, zone: &TimeZone) -> Result<Option<Call>, Failure> {
    let post = |path: &str, body| Call { method: Method::POST, path: path.into(), body };
    let ticket = |body| Call { method: Method::PATCH, path: String::new(), body };
    let unsupported = |why: &str| Err(Failure::unsupported(why));
    Ok(Some(match action {
        Action::Reply(outgoing) => post("/conversation/reply", reply(outgoing)?.into()),
        Action::CreateDraft(outgoing) => {
            let mut body = reply(outgoing)?;
            // Without this the words go to the customer at once.
            body.insert("isDraft".into(), true.into());
            post("/conversation/reply", body.into())
        }
        Action::EditDraft { change, .. } if *change == DraftChange::default() => return Ok(None),
        Action::EditDraft { message, change } => entry(message, draft_change(change)?.into())?,
        Action::PublishDraft { message } => entry(message, json!({"isDraft": false}))?,
        // `store` cannot send anything, whatever is in it.
        Action::Note(text) => post(
            "/conversation/store",
            json!({
                "process": "false",
                "direction": "internal",
                "private": true,
                "body": plain_to_html(text),
                "bodyPlain": text,
                "externalConversationId": &*key.0,
            }),
        ),
        Action::EditNote { message, text } => {
            entry(message, json!({"content": {"message": text}, "type": "text"}))?
        }
        Action::Store(stored) => post("/conversation/store", store(stored, key, zone)),
        Action::SetStatus(status) => ticket(json!({"status": word(status)?})),
        Action::SetPriority(Some(priority)) => ticket(json!({"priority": priority.word()})),
        Action::SetPriority(None) => return unsupported(NO_CLEAR),
        Action::Assign(person) => {
            ticket(json!({"workedOnBy": person.as_ref().map(|person| id_value(&person.id))}))
        }
        Action::SetLabels { from, to } => match tag_change(from, to) {
            Some(change) => ticket(change),
            None => return Ok(None),
        },
        Action::Snooze(_) => return unsupported(NO_SNOOZE),
        Action::AssignTeam(_) => return unsupported(NO_TEAMS),
        Action::SetSlaPolicy(_) => return unsupported(NO_SLA),
        Action::MarkRead { .. } | Action::MarkUnread => return unsupported(NO_MARK_READ),
        Action::Retry { .. } => return unsupported(NO_RETRY),
    }))
}

fn entry(message: &RemoteId, body: Value) -> Result<Call, Failure> {
    if *message == RemoteId::new(FIRST) {
        return Err(Failure::unsupported(NOT_EDITABLE));
    }
    Ok(Call { method: Method::PATCH, path: format!("/conversation/{}", segment(message)), body })
}

fn reply(outgoing: &Outgoing) -> Result<Map<String, Value>, Failure> {
    let mut body = Map::new();
    put_text(&mut body, &outgoing.text, Some(outgoing.format));
    body.insert("direction".into(), "out".into());
    if !outgoing.recipients.is_empty() {
        put_recipients(&mut body, &outgoing.recipients);
    }
    if let Some(subject) = &outgoing.subject {
        body.insert("subject".into(), subject.as_str().into());
    }
    if !outgoing.attachments.is_empty() {
        body.insert("attachments".into(), attachments(&outgoing.attachments)?);
    }
    Ok(body)
}

/// Exactly what changes: the rest of the draft stays as it is.
fn draft_change(change: &DraftChange) -> Result<Map<String, Value>, Failure> {
    let mut body = Map::new();
    match (&change.text, change.format) {
        (Some(text), format) => put_text(&mut body, text, format),
        (None, Some(format)) => {
            body.insert("type".into(), type_word(format).into());
        }
        (None, None) => {}
    }
    if let Some(recipients) = &change.recipients {
        put_recipients(&mut body, recipients);
    }
    if let Some(intents) = &change.intents {
        body.insert("intentIds".into(), json!(intents));
    }
    if let Some(files) = &change.attachments {
        body.insert("attachments".into(), attachments(files)?);
    }
    if let Some(subchannel) = change.subchannel {
        body.insert("subchannelId".into(), subchannel.into());
    }
    Ok(body)
}

/// `type` says how enneo reads the text; without one it is read as the draft was before.
fn put_text(body: &mut Map<String, Value>, text: &str, format: Option<Format>) {
    let message = match format {
        Some(Format::Markdown) => markdown_to_html(text),
        _ => text.to_owned(),
    };
    body.insert("content".into(), json!({"message": message}));
    if let Some(format) = format {
        body.insert("type".into(), type_word(format).into());
    }
}

fn type_word(format: Format) -> &'static str {
    match format {
        Format::Plain => "text",
        Format::Markdown => "html",
    }
}

/// All three lists, empty ones too: what is left out, enneo may fill in by itself.
fn put_recipients(body: &mut Map<String, Value>, recipients: &Recipients) {
    for (name, list) in [("to", &recipients.to), ("cc", &recipients.cc), ("bcc", &recipients.bcc)] {
        let list: Vec<&str> = list.iter().map(|address| address.as_str()).collect();
        body.insert(name.into(), json!(list));
    }
}

fn attachments(files: &[Upload]) -> Result<Value, Failure> {
    let size = |file: &Upload| match &file.source {
        UploadSource::Bytes(bytes) => bytes.len(),
        UploadSource::Url(_) => 0,
    };
    if files.iter().map(size).sum::<usize>() > MOST_ATTACHED {
        return Err(Failure::new(
            Outcome::Refused,
            Trouble::Rejected,
            "The files are larger than 20 MB together; enneo gets them inside the message.",
        ));
    }
    Ok(files
        .iter()
        .map(|file| match &file.source {
            UploadSource::Bytes(bytes) => {
                json!({"name": file.name, "base64": STANDARD.encode(bytes)})
            }
            UploadSource::Url(url) => json!({"name": file.name, "url": url}),
        })
        .collect())
}

fn store(stored: &StoredMessage, key: &OpKey, zone: &TimeZone) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.into(), value);
    put("process", "false".into());
    put("direction", if stored.from_customer { "in" } else { "out" }.into());
    put("body", plain_to_html(&stored.text).into());
    put("bodyPlain", stored.text.as_str().into());
    put("externalConversationId", (&*key.0).into());
    if !stored.from.is_empty() {
        // A name is no address, and goes where names go.
        let is_name = !stored.from.contains('@') && stored.from.contains(char::is_alphabetic);
        put(if is_name { "fromName" } else { "from" }, stored.from.as_str().into());
    }
    if !stored.subject.is_empty() {
        put("subject", stored.subject.as_str().into());
    }
    if let Some(at) = stored.at {
        put("createdAt", naive(at, zone).into());
    }
    body.into()
}

fn word(status: &Status) -> Result<&'static str, Failure> {
    match status {
        Status::Open => Ok("open"),
        Status::Pending => Ok("pending"),
        Status::Resolved => Ok("closed"),
        Status::Snoozed => Err(Failure::unsupported(NO_SNOOZE)),
        Status::Other(_) => Err(Failure::unsupported(format!(
            "enneo takes no status {}; it takes open, pending and closed.",
            status.word()
        ))),
    }
}

/// Only the difference, so that a tag which a colleague or the AI put on meanwhile stays.
fn tag_change(from: &[Label], to: &[Label]) -> Option<Value> {
    let without = |these: &[Label], those: &[Label]| -> Vec<Value> {
        let is_new = |label: &&Label| those.iter().all(|other| other.id != label.id);
        these.iter().filter(is_new).map(|label| id_value(&label.id)).collect()
    };
    let mut body = Map::new();
    for (name, ids) in [("addTagIds", without(to, from)), ("removeTagIds", without(from, to))] {
        if !ids.is_empty() {
            body.insert(name.into(), ids.into());
        }
    }
    (!body.is_empty()).then(|| body.into())
}

/// Whether a 2xx answer means what it should: enneo can say `success: false` in one.
///
/// # Errors
/// When it does.
pub(super) fn accepted(answer: &Value) -> Result<(), Failure> {
    if lenient::flag(answer, "success") != Some(false) {
        return Ok(());
    }
    let said = lenient::shown(answer, "error").or_else(|| lenient::shown(answer, "message"));
    Err(Failure::new(
        Outcome::Refused,
        Trouble::Rejected,
        said.as_deref().unwrap_or("enneo did not carry it out and does not say why."),
    ))
}
