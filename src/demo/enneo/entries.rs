//! The conversations on a ticket: messages, notes, drafts.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::tickets::Change;
use super::{bad, base, flag, integer, list, missing, refusal, text, ticket, view, word};
use crate::demo::answer::{self, Answer, Refusal, object};
use crate::demo::server::Site;
use crate::demo::world::company::{self, ME};
use crate::demo::world::{
    ATTACHMENTS_PER_MESSAGE, At, Attachment, Author, ColleagueNo, Conversation, Delivery, FileKind,
    Kind, Message,
};
use crate::model::{Priority, Vendor};

/// `GET /ticket/{id}/conversation`
pub(super) async fn list_all(State(site): State<Site>, Path(number): Path<String>) -> Answer {
    let found = ticket(&site, &number)?;
    let base = base(&site);
    let shown: Vec<Value> =
        view::entries(&found).map(|message| view::entry(&found, message, &base)).collect();
    Ok(Json(json!({"conversations": shown, "success": true})))
}

/// `GET /ticket/{id}/conversation/{id}`
pub(super) async fn one(
    State(site): State<Site>,
    Path((number, id)): Path<(String, String)>,
) -> Answer {
    let found = ticket(&site, &number)?;
    let message = entry(&found, &id)?;
    Ok(Json(json!({
        "conversation": view::entry(&found, message, &base(&site)),
        "success": true,
    })))
}

fn entry<'a>(ticket: &'a Conversation, id: &str) -> Result<&'a Message, Refusal> {
    let found = view::entries(ticket).find(|message| message.id.to_string() == id);
    found.ok_or_else(|| missing("Conversation"))
}

/// `GET /storage/{id}/{name}`: an attachment.
pub(super) async fn file(
    State(site): State<Site>,
    Path((id, _name)): Path<(u64, String)>,
) -> Result<Response, Refusal> {
    let found = site.world.attachment(Vendor::Enneo, id);
    found.map(|found| answer::file(&found)).ok_or_else(|| missing("File"))
}

/// `POST /ticket/{id}/conversation/reply`: sends, unless it is a note or a draft.
pub(super) async fn reply(
    State(site): State<Site>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = ticket(&site, &number)?;
    let body = object(&body).ok_or_else(|| bad("The body is not a JSON object"))?;
    let words = words(&body)?.ok_or_else(|| bad("content.message is missing"))?;
    if words.trim().is_empty() {
        return Err(bad("content.message is empty"));
    }
    word(&body, "direction", |direction| (direction == "out").then_some(()))?;
    let is_html = is_html(&body)?.unwrap_or(true);
    let kind = match (flag(&body, "private")?, flag(&body, "isDraft")?) {
        (Some(true), Some(true)) => return Err(bad("A note cannot be a draft")),
        (Some(true), _) => Kind::Note,
        (_, Some(true)) => Kind::Draft,
        _ => Kind::Public,
    };
    let to_customer = || vec![view::handle(&found.customer, found.channel).to_owned()];
    let to = match texts(&body, "to")? {
        Some(to) => to,
        None if kind == Kind::Note => Vec::new(),
        None => to_customer(),
    };
    let mut message = Message::new(0, At(0), Author::Colleague(ME), "");
    set_words(&mut message, words, is_html);
    message.kind = kind;
    message.subject = text(&body, "subject")?.map(str::to_owned);
    message.to = to;
    message.cc = texts(&body, "cc")?.unwrap_or_default();
    message.bcc = texts(&body, "bcc")?.unwrap_or_default();
    message.attachments = attachments(&body, &[])?.unwrap_or_default();
    message.extra = extras(&found, &body)?;
    if kind == Kind::Public {
        message.delivery = Delivery::Sending;
    }
    let posted = site.world.post(found.key, message).ok_or_else(|| missing("Ticket"))?;
    Ok(Json(json!({
        "success": true,
        "id": posted.id,
        "conversation": view::entry(&found, &posted, &base(&site)),
    })))
}

/// `POST /ticket/{id}/conversation/store`: puts on record, never sends.
pub(super) async fn store(
    State(site): State<Site>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let found = ticket(&site, &number)?;
    let body = object(&body).ok_or_else(|| bad("The body is not a JSON object"))?;
    let message = stored(&found, &body)?;
    let change = Change {
        status: word(&body, "status", view::status_of)?,
        priority: word(&body, "priority", Priority::parse)?,
        due: naive(&body, "dueBy")?,
        first_response_due: naive(&body, "firstResponseDueBy")?,
        ..Change::default()
    };
    let posted = site.world.post(found.key, message).ok_or_else(|| missing("Ticket"))?;
    change.apply(&site, &found);
    Ok((
        StatusCode::CREATED,
        Json(json!({
            "success": true,
            "conversationId": posted.id,
            "ticketId": found.key.number,
            "conversation": view::entry(&found, &posted, &base(&site)),
            "eventId": posted.id,
        })),
    ))
}

/// Reads the body of a store request. No field is required.
fn stored(ticket: &Conversation, body: &Value) -> Result<Message, Refusal> {
    let one_of = |words: &'static [&'static str]| {
        move |given: &str| words.iter().find(|word| **word == given).copied()
    };
    word(body, "process", one_of(&["realtime", "batch", "false"]))?;
    let direction = word(body, "direction", one_of(&["in", "out", "internal"]))?;
    let agent = match integer(body, "agentId")? {
        None => ME,
        Some(id) => ColleagueNo::try_from(id)
            .ok()
            .filter(|no| company::colleague_by(*no).is_some())
            .ok_or_else(|| bad("agentId names no user"))?,
    };
    let is_note = flag(body, "private")?.unwrap_or(false);
    let author = if direction == Some("in") { Author::Customer } else { Author::Colleague(agent) };
    let mut message = Message::new(0, naive(body, "createdAt")?.unwrap_or(At(0)), author, "");
    let is_html = text(body, "type")?.unwrap_or("html") == "html";
    let given = words(body)?;
    let html = text(body, "body")?.or(given);
    set_words(&mut message, html.unwrap_or_default(), is_html);
    if let Some(plain) = text(body, "bodyPlain")?.or(text(body, "bodyClean")?) {
        message.text = Some(plain.to_owned());
    }
    if is_note {
        message.kind = Kind::Note;
    }
    // On record as it came or went: nothing is on its way any more.
    message.delivery = Delivery::Read;
    message.subject = text(body, "subject")?.map(str::to_owned);
    message.to = texts(body, "to")?.unwrap_or_default();
    message.cc = texts(body, "ccEmails")?.unwrap_or_default();
    message.bcc = texts(body, "bccEmails")?.unwrap_or_default();
    message.attachments = attachments(body, &[])?.unwrap_or_default();
    message.extra = extras(ticket, body)?;
    for key in ["from", "fromName", "externalConversationId"] {
        if let Some(value) = text(body, key)? {
            message.extra.insert(key.to_owned(), json!(value));
        }
    }
    Ok(message)
}

/// `PATCH /ticket/{id}/conversation/{id}`: own notes and drafts only; publishes a draft.
pub(super) async fn patch(
    State(site): State<Site>,
    Path((number, id)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let found = ticket(&site, &number)?;
    let message = entry(&found, &id)?;
    let body = object(&body).ok_or_else(|| bad("The body is not a JSON object"))?;
    check_editable(message)?;
    let only_for_drafts =
        ["isDraft", "to", "cc", "bcc", "intentIds", "attachments", "subchannelId"];
    if message.kind == Kind::Note
        && let Some(key) = only_for_drafts.iter().find(|key| body.get(**key).is_some())
    {
        return Err(bad(format!("{key} can only be changed on drafts")));
    }
    let is_published = flag(&body, "isDraft")? == Some(false);
    if is_published && found.labels.iter().any(|title| title == "vip") {
        return Err(refusal(
            StatusCode::FORBIDDEN,
            "Only a supervisor may publish drafts on tickets tagged vip",
        ));
    }
    let mut changed = message.clone();
    let was_html = message.html.is_some();
    let is_html = is_html(&body)?.unwrap_or(was_html);
    let given = words(&body)?;
    if given.is_some() || is_html != was_html {
        let current = message.html.as_deref().unwrap_or(message.text());
        set_words(&mut changed, given.unwrap_or(current), is_html);
    }
    changed.to = texts(&body, "to")?.unwrap_or(changed.to);
    changed.cc = texts(&body, "cc")?.unwrap_or(changed.cc);
    changed.bcc = texts(&body, "bcc")?.unwrap_or(changed.bcc);
    if let Some(files) = attachments(&body, &message.attachments)? {
        changed.attachments = files;
        number_files(&mut changed);
    }
    changed.extra.extend(extras(&found, &body)?);
    let (key, id) = (found.key, message.id);
    site.world.edit(key, id, |message| {
        let updated_at = message.updated_at;
        *message = changed;
        message.updated_at = updated_at;
        if is_published {
            message.kind = Kind::Public;
            message.at = updated_at;
        }
    });
    if is_published {
        site.world.send_again(key, id, Delivery::Sending);
    }
    Ok(Json(json!({"success": true})))
}

/// `DELETE /ticket/{id}/conversation/{id}`: own notes and drafts only.
pub(super) async fn delete(
    State(site): State<Site>,
    Path((number, id)): Path<(String, String)>,
) -> Answer {
    let found = ticket(&site, &number)?;
    let message = entry(&found, &id)?;
    check_editable(message)?;
    site.world.edit(found.key, message.id, |message| message.deleted = true);
    Ok(Json(json!({"success": true})))
}

fn check_editable(message: &Message) -> Result<(), Refusal> {
    match (message.kind, message.author) {
        (Kind::Draft, _) | (Kind::Note, Author::Colleague(ME)) => Ok(()),
        (Kind::Note, _) => Err(bad("You can only update your own internal notes")),
        _ => Err(bad("Only internal notes and drafts can be updated")),
    }
}

/// `content.message`, where it is given.
fn words(body: &Value) -> Result<Option<&str>, Refusal> {
    match body.get("content") {
        None | Some(Value::Null) => Ok(None),
        Some(content) if content.is_object() => text(content, "message"),
        Some(_) => Err(bad("content must be an object")),
    }
}

/// `type`, where it is given.
fn is_html(body: &Value) -> Result<Option<bool>, Refusal> {
    word(body, "type", |kind| match kind {
        "html" => Some(true),
        "text" => Some(false),
        _ => None,
    })
}

fn set_words(message: &mut Message, words: &str, is_html: bool) {
    message.html = is_html.then(|| words.to_owned());
    let plain = if is_html { view::without_markup(words) } else { words.to_owned() };
    message.text = Some(plain);
}

fn texts(body: &Value, key: &str) -> Result<Option<Vec<String>>, Refusal> {
    list(body, key, |item| item.as_str().map(str::to_owned))
}

/// A naive time, which this server reads as UTC.
fn naive(body: &Value, key: &str) -> Result<Option<At>, Refusal> {
    word(body, key, |text| {
        let civil = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
        let moment = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(At(moment.as_millisecond()))
    })
}

/// What is kept of a message besides its words: intents and the mailbox, which has to fit the
/// ticket's channel.
fn extras(ticket: &Conversation, body: &Value) -> Result<Map<String, Value>, Refusal> {
    let mut extra = Map::new();
    if let Some(ids) = list(body, "intentIds", Value::as_i64)? {
        extra.insert("intentIds".to_owned(), json!(ids));
    }
    if let Some(id) = integer(body, "subchannelId")? {
        let inbox = u32::try_from(id).ok().and_then(|id| company::inbox_by(Vendor::Enneo, id));
        if inbox.is_none_or(|inbox| inbox.channel != ticket.channel) {
            return Err(bad("subchannelId does not belong to the ticket's channel"));
        }
        extra.insert("subchannelId".to_owned(), json!(id));
    }
    Ok(extra)
}

/// `attachments`, where given: `{name, base64}`, `{name, url}`, or one that is there already, by
/// its id.
fn attachments(body: &Value, old: &[Attachment]) -> Result<Option<Vec<Attachment>>, Refusal> {
    let Some(given) = list(body, "attachments", |item| item.is_object().then(|| item.clone()))?
    else {
        return Ok(None);
    };
    let read = |item: &Value| {
        let id = integer(item, "id")?;
        let kept = old.iter().find(|file| id == i64::try_from(file.id).ok());
        if let Some(kept) = kept {
            return Ok(kept.clone());
        }
        let name = text(item, "name")?.ok_or_else(|| bad("An attachment has no name"))?;
        let bytes: Option<Arc<[u8]>> = text(item, "base64")?
            .map(|encoded| STANDARD.decode(encoded).map(Arc::from))
            .transpose()
            .map_err(|_| bad(format!("The attachment {name} is not valid base64")))?;
        let url = text(item, "url")?.map(str::to_owned);
        if bytes.is_none() && url.is_none() {
            return Err(bad(format!("The attachment {name} has neither base64 nor url")));
        }
        let (mime, kind) = kind_of(name);
        Ok(Attachment {
            id: 0,
            kind,
            name: name.to_owned(),
            mime: mime.to_owned(),
            size: bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            bytes,
            url,
            detail: String::new(),
            position: None,
            voice: false,
        })
    };
    given.iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn kind_of(name: &str) -> (&'static str, FileKind) {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).as_deref() {
        Some("png") => ("image/png", FileKind::Image),
        Some("jpg" | "jpeg") => ("image/jpeg", FileKind::Image),
        Some("pdf") => ("application/pdf", FileKind::File),
        Some("txt") => ("text/plain", FileKind::File),
        _ => ("application/octet-stream", FileKind::File),
    }
}

/// Gives new files ids that the message does not use yet.
fn number_files(message: &mut Message) {
    let first = message.id * ATTACHMENTS_PER_MESSAGE;
    let used = message.attachments.iter().map(|file| file.id + 1).max().unwrap_or(0);
    let fresh = message.attachments.iter_mut().filter(|file| file.id == 0);
    fresh.zip(used.max(first)..).for_each(|(file, id)| file.id = id);
}
