//! Actions → Chatwoot's requests, and what their answers tell.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

use super::read::{self, Reader};
use crate::model::{
    Action, ConversationId, ConversationNews, Delta, Failure, Message, OpKey, Outcome, Outgoing,
    Person, Status, Trouble, Upload, UploadSource,
};
use crate::providers::http::Answer;
use crate::providers::json as lenient;
use crate::providers::kit::{id_value, segment};
use crate::text::Clean;

use super::message::message;

/// Why Chatwoot has no drafts that wait for approval.
pub(super) const NO_DRAFTS: &str =
    "Chatwoot keeps no drafts that wait for approval; drafts stay on this computer.";
/// Why notes stay as they are.
pub(super) const NO_NOTE_EDIT: &str = "Chatwoot cannot change a note once it is written.";
/// Why nothing can be put on record.
pub(super) const NO_STORE: &str = "Chatwoot cannot put messages on record without sending them.";
const FILES_ONLY: &str = "Chatwoot takes files, not links to them.";

/// One request.
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the conversation, with a leading slash; may be empty.
    pub(super) path: String,
    pub(super) body: Body,
}

/// What a request carries.
pub(super) enum Body {
    Nothing,
    Json(Value),
    Form(Form),
}

/// The request for an action.
///
/// # Errors
/// When Chatwoot has no such thing; nothing was sent then.
pub(super) fn call(action: &Action, key: &OpKey) -> Result<Call, Failure> {
    let post = |path: &str, body: Value| Call {
        method: Method::POST,
        path: path.into(),
        body: Body::Json(body),
    };
    let bare = |path: String| Call { method: Method::POST, path, body: Body::Nothing };
    let patch =
        |body: Value| Call { method: Method::PATCH, path: String::new(), body: Body::Json(body) };
    Ok(match action {
        Action::Reply(outgoing) => Call {
            method: Method::POST,
            path: "/messages".into(),
            body: if outgoing.attachments.is_empty() {
                Body::Json(Value::Object(words(outgoing, key)))
            } else {
                Body::Form(form(words(outgoing, key), &outgoing.attachments)?)
            },
        },
        Action::Note(text) => {
            post("/messages", json!({"content": text, "private": true, "echo_id": &*key.0}))
        }
        Action::Retry { message } => bare(format!("/messages/{}/retry", segment(message))),
        Action::SetStatus(status) => post("/toggle_status", json!({"status": word(status)?})),
        Action::Snooze(None) => post("/toggle_status", json!({"status": "snoozed"})),
        // Only whole epoch seconds are understood: an ISO text lands in 1970 with a 200.
        Action::Snooze(Some(until)) => {
            post("/toggle_status", json!({"status": "snoozed", "snoozed_until": until.as_second()}))
        }
        Action::Assign(person) => post(
            "/assignments",
            json!({"assignee_id": person.as_ref().map(|person| id_value(&person.id))}),
        ),
        Action::AssignTeam(Some(team)) => {
            post("/assignments", json!({"team_id": id_value(&team.id)}))
        }
        Action::AssignTeam(None) => post("/assignments", json!({"team_id": 0})),
        // `null` clears; the documented "none" is a 500.
        Action::SetPriority(priority) => {
            patch(json!({"priority": priority.map(|priority| priority.word())}))
        }
        Action::SetSlaPolicy(policy) => {
            patch(json!({"sla_policy_id": policy.as_ref().map(id_value)}))
        }
        Action::SetLabels { to, .. } => {
            let titles: Vec<&str> = to.iter().map(|label| label.title.as_str()).collect();
            post("/labels", json!({"labels": titles}))
        }
        Action::MarkRead { .. } => bare("/update_last_seen".into()),
        Action::MarkUnread => bare("/unread".into()),
        Action::CreateDraft(_) | Action::EditDraft { .. } | Action::PublishDraft { .. } => {
            return Err(Failure::unsupported(NO_DRAFTS));
        }
        Action::EditNote { .. } => return Err(Failure::unsupported(NO_NOTE_EDIT)),
        Action::Store(_) => return Err(Failure::unsupported(NO_STORE)),
    })
}

fn word(status: &Status) -> Result<&str, Failure> {
    match status {
        Status::Other(_) => Err(Failure::unsupported(format!(
            "Chatwoot has no status {} that could be set.",
            status.word()
        ))),
        known => Ok(known.word()),
    }
}

/// The fields of a public message; what is empty is left to Chatwoot.
fn words(outgoing: &Outgoing, key: &OpKey) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("content".into(), outgoing.text.as_str().into());
    fields.insert("private".into(), false.into());
    fields.insert("echo_id".into(), (&*key.0).into());
    if let Some(answered) = &outgoing.in_reply_to {
        fields.insert("content_attributes".into(), json!({"in_reply_to": id_value(answered)}));
    }
    for (name, list) in [
        ("to_emails", &outgoing.recipients.to),
        ("cc_emails", &outgoing.recipients.cc),
        ("bcc_emails", &outgoing.recipients.bcc),
    ] {
        if !list.is_empty() {
            let joined = list.iter().map(Clean::as_str).collect::<Vec<_>>().join(",");
            fields.insert(name.into(), joined.into());
        }
    }
    fields
}

/// The same fields as a form, with files. Nested fields go as JSON text.
fn form(fields: Map<String, Value>, files: &[Upload]) -> Result<Form, Failure> {
    let mut form = Form::new();
    for (name, value) in fields {
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        form = form.text(name, text);
    }
    for file in files {
        let UploadSource::Bytes(bytes) = &file.source else {
            return Err(Failure::unsupported(FILES_ONLY));
        };
        let part = || Part::bytes(bytes.to_vec()).file_name(file.name.clone());
        // A media type that cannot be written down is left to the server to guess.
        form = form.part("attachments[]", part().mime_str(&file.mime).unwrap_or_else(|_| part()));
    }
    Ok(form)
}

/// What the answer to an action tells.
///
/// # Errors
/// When a 2xx answer means that the action was not carried out as asked.
pub(super) fn news(
    reader: &Reader<'_>,
    id: ConversationId,
    action: &Action,
    answer: &Answer,
) -> Result<Vec<Delta>, Failure> {
    let is_empty = answer.body.iter().all(u8::is_ascii_whitespace);
    let value = answer.json()?;
    if is_empty {
        return Ok(Vec::new());
    }
    let mut news = ConversationNews::new(id.clone());
    match action {
        Action::Reply(_) | Action::Note(_) | Action::Retry { .. } => {
            return Ok(wrote(message(&id, lenient::unwrap(&value, &["payload"]))));
        }
        Action::SetStatus(status) => {
            let mut deltas = read::told(read::toggled(id.clone(), &value));
            if *status == Status::Open {
                // Opening assigns the conversation to an agent who is no administrator, and the
                // answer does not say so.
                deltas.push(Delta::Stale(id));
            }
            return Ok(deltas);
        }
        Action::Snooze(_) => return Ok(read::told(read::toggled(id, &value))),
        Action::Assign(asked) => match assigned(asked.as_ref(), &value, "agent")? {
            Some(found) => news.assignee = Some(found),
            None => return Ok(Vec::new()),
        },
        Action::AssignTeam(asked) => {
            news.team = assigned(asked.as_ref(), &value, "team")?;
            // A team may take the assignee along or bring its own.
            return Ok(vec![Delta::Conversation(Box::new(news)), Delta::Stale(id)]);
        }
        Action::SetLabels { .. } => match lenient::list(&value, &[]) {
            Some(titles) => news.labels = Some(read::labels(titles)),
            None => return Ok(Vec::new()),
        },
        Action::SetSlaPolicy(asked) => {
            if asked.is_some() && lenient::id(&value, "sla_policy_id") != *asked {
                return Err(refused(
                    "This Chatwoot did not take the SLA policy; SLAs need its enterprise edition.",
                ));
            }
            return Ok(read::told(reader.conversation(&value)));
        }
        _ => return Ok(read::told(reader.conversation(&value))),
    }
    Ok(vec![Delta::Conversation(Box::new(news))])
}

/// Who the answer to an assignment names; `None` when it says nothing of use. An id that Chatwoot
/// does not know is answered with 200 and `null`, and whoever was assigned is removed.
fn assigned(
    asked: Option<&Person>,
    answer: &Value,
    what: &str,
) -> Result<Option<Option<Person>>, Failure> {
    match asked {
        Some(person) if answer.is_null() => Err(refused(&format!(
            "Chatwoot does not know the {what} {}; the conversation has no {what} now.",
            person.name
        ))),
        _ if answer.is_null() => Ok(Some(None)),
        _ => Ok(read::person(answer).map(Some)),
    }
}

fn refused(why: &str) -> Failure {
    Failure::new(Outcome::Refused, Trouble::Rejected, why)
}

fn wrote(message: Option<Message>) -> Vec<Delta> {
    message.map(|message| Delta::Message(Box::new(message))).into_iter().collect()
}
