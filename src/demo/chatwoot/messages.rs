//! Messages of a conversation.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::super::server::{self, Part, Site, has_type, params, query_pairs};
use super::super::world::company;
use super::super::world::{
    At, Attachment, Author, Channel, Conversation, Delivery, FileKind, Kind, Message,
};
use super::conversation::Place;
use super::{Answer, BY_ME, Refusal, key, ok, shapes};

/// How many messages come without a question, after one, and between two.
const NEWEST: usize = 20;
const AFTER: usize = 100;
const BETWEEN: usize = 1_000;

/// What a deleted message says.
const DELETED: &str = "This message was deleted";

pub async fn list(
    State(site): State<Site>,
    Path((_, id)): Place,
    RawQuery(query): RawQuery,
) -> Answer {
    let key = key(&site, &id)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    let pairs = query_pairs(&query.unwrap_or_default());
    // What is no number counts as 0, as it does in Ruby.
    let id_of = |name: &str| {
        let given = pairs.iter().rfind(|(key, _)| key == name);
        given.map(|(_, value)| value.parse::<u64>().unwrap_or(0))
    };
    let without_internal =
        pairs.iter().any(|(key, value)| key == "filter_internal_messages" && value == "true");
    let fits = |message: &&Message| {
        message.kind != Kind::Draft
            && (!without_internal || !matches!(message.kind, Kind::Note | Kind::Activity))
    };
    let all = conversation.messages.iter().filter(fits);
    let shown: Vec<&Message> = match (id_of("after"), id_of("before")) {
        (Some(after), Some(before)) => {
            let between = |message: &&Message| (after..before).contains(&message.id);
            all.filter(between).take(BETWEEN).collect()
        }
        (Some(after), None) => all.filter(|message| message.id > after).take(AFTER).collect(),
        (None, before) => {
            let earlier = all.filter(|message| before.is_none_or(|id| message.id < id));
            let mut newest: Vec<&Message> = earlier.rev().take(NEWEST).collect();
            newest.reverse();
            newest
        }
    };
    let payload: Vec<Value> =
        shown.into_iter().map(|message| shapes::message(&site, &conversation, message)).collect();
    ok(&json!({ "meta": shapes::thread_meta(&conversation), "payload": payload }))
}

pub async fn create(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (given, files) = if has_type(&headers, "multipart/form-data") {
        from_parts(server::parts(&headers, body).await?)
    } else {
        (params(&headers, &body)?, Vec::new())
    };
    let key = key(&site, &id)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    let mut message = message(&conversation, &given)?;
    message.attachments = files;
    let echo = message.echo.clone();
    let posted = site.world.post(key, message).ok_or(Refusal::NotFound)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    let mut body = shapes::message(&site, &conversation, &posted);
    // Only here; whoever reads the message later does not see it.
    if let (Some(body), Some(echo)) = (body.as_object_mut(), echo) {
        body.insert("echo_id".to_owned(), echo);
    }
    ok(&body)
}

/// The message that was asked for. An empty one is fine.
fn message(conversation: &Conversation, given: &Map<String, Value>) -> Result<Message, Refusal> {
    let content = match given.get("content") {
        Some(Value::String(text)) => Some(text.clone()),
        None | Some(Value::Null) => None,
        Some(other) => Some(other.to_string()),
    };
    if content.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(Refusal::Invalid("string contains null byte".to_owned()));
    }
    if content.as_ref().is_some_and(|text| text.chars().count() > 150_000) {
        let error = "Validation failed: Content is too long (maximum is 150000 characters)";
        return Err(Refusal::Invalid(error.to_owned()));
    }
    if given.get("attachments").is_some_and(Value::is_array) {
        // Signed ids of an upload, which this desk does not take.
        return Err(Refusal::Invalid("mismatched digest".to_owned()));
    }
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let (author, kind) = match text("message_type").unwrap_or("outgoing") {
        "outgoing" => (BY_ME, Kind::Public),
        "incoming" if conversation.channel == Channel::Api => (Author::Customer, Kind::Public),
        "incoming" => {
            let error = "Incoming messages are only allowed in Api inboxes";
            return Err(Refusal::Invalid(error.to_owned()));
        }
        "activity" => (Author::System, Kind::Activity),
        other => {
            return Err(Refusal::Invalid(format!("'{other}' is not a valid message_type")));
        }
    };
    let is_private = match given.get("private") {
        Some(Value::Bool(is)) => *is,
        Some(Value::String(word)) => matches!(word.as_str(), "true" | "1" | "t" | "on"),
        _ => false,
    };
    let mut message = Message::new(0, At(0), author, "");
    message.kind = if is_private && kind == Kind::Public { Kind::Note } else { kind };
    message.text = match author {
        Author::Colleague(_) => content.map(|text| rendered(&text, conversation)),
        _ => content,
    };
    message.echo = given.get("echo_id").filter(|echo| !echo.is_null()).cloned();
    let attributes = match given.get("content_attributes") {
        // A multipart form carries JSON as text.
        Some(Value::String(json)) => serde_json::from_str(json).unwrap_or_default(),
        Some(Value::Object(map)) => map.clone(),
        _ => Map::new(),
    };
    for (name, value) in attributes {
        if name == "in_reply_to" {
            let wanted = value.as_u64().filter(|id| conversation.message(*id).is_some());
            message.reply_to = wanted;
            if wanted.is_none() {
                message.extra.insert(name, Value::Null);
                message.extra.insert("in_reply_to_external_id".to_owned(), Value::Null);
            }
        } else {
            message.extra.insert(name, value);
        }
    }
    if conversation.channel == Channel::Email {
        message.to = addresses(text("to_emails"))?;
        message.cc = addresses(text("cc_emails"))?;
        message.bcc = addresses(text("bcc_emails"))?;
    }
    Ok(message)
}

/// Mail addresses between commas.
fn addresses(text: Option<&str>) -> Result<Vec<String>, Refusal> {
    let all: Vec<String> = text
        .unwrap_or_default()
        .split(',')
        .map(|address| address.trim().to_owned())
        .filter(|address| !address.is_empty())
        .collect();
    match all.iter().all(|address| address.contains('@')) {
        true => Ok(all),
        false => Err(Refusal::Invalid("Invalid email address".to_owned())),
    }
}

fn from_parts(parts: Vec<Part>) -> (Map<String, Value>, Vec<Attachment>) {
    let mut given = Map::new();
    let mut files = Vec::new();
    let is_voice = parts.iter().any(|part| part.name == "is_voice_message");
    for part in parts {
        match part.file_name {
            Some(name) if part.name == "attachments[]" => {
                let mime = part.mime.unwrap_or_default();
                // Only the last part of a path is kept.
                let name = name.rsplit('/').next().unwrap_or_default().to_owned();
                files.push(Attachment {
                    id: 0,
                    kind: match mime.split('/').next() {
                        Some("image") if mime != "image/svg+xml" => FileKind::Image,
                        Some("audio") => FileKind::Audio,
                        Some("video") => FileKind::Video,
                        _ => FileKind::File,
                    },
                    name,
                    mime,
                    size: part.bytes.len() as u64,
                    bytes: Some(Arc::from(&part.bytes[..])),
                    url: None,
                    detail: String::new(),
                    position: None,
                    voice: is_voice,
                });
            }
            _ => {
                let text = String::from_utf8_lossy(&part.bytes).into_owned();
                given.insert(part.name, Value::String(text));
            }
        }
    }
    (given, files)
}

/// Account, conversation and message of a path.
pub type Entry = Path<(String, String, String)>;

pub async fn delete(State(site): State<Site>, Path((_, id, message)): Entry) -> Answer {
    let key = key(&site, &id)?;
    let message = message.parse().map_err(|_| Refusal::NotFound)?;
    let deleted = site.world.edit(key, message, |message| {
        message.text = Some(DELETED.to_owned());
        message.attachments.clear();
        message.extra.clear();
        message.deleted = true;
        message.clone()
    });
    let deleted = deleted.ok_or(Refusal::NotFound)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    ok(&shapes::message(&site, &conversation, &deleted))
}

/// Sends again. Forgets everything that was known about the message besides its text, and even
/// that it was deleted.
pub async fn retry(State(site): State<Site>, Path((_, id, message)): Entry) -> Answer {
    let key = key(&site, &id)?;
    let found = message.parse().ok().filter(|message| {
        site.world
            .edit(key, *message, |message| {
                message.extra.clear();
                message.reply_to = None;
                message.deleted = false;
                message.delivery = Delivery::Sent;
            })
            .is_some()
    });
    let Some(found) = found else {
        return Err(Refusal::Invalid(format!(
            "Couldn't find Message with 'id'=\"{message}\" [WHERE \
             \"messages\".\"conversation_id\" = $1]"
        )));
    };
    let sent = site.world.send_again(key, found, Delivery::Sent).ok_or(Refusal::NotFound)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    ok(&shapes::message(&site, &conversation, &sent))
}

/// What the system behind an API inbox has to say about the delivery.
pub async fn report(
    State(site): State<Site>,
    Path((_, id, message)): Entry,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&site, &id)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    if conversation.channel != Channel::Api {
        return Err(Refusal::ApiInboxOnly);
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let delivery = match text("status") {
        "sent" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        "failed" => Delivery::Failed(text("external_error").to_owned()),
        _ => return Err(Refusal::Broken),
    };
    let message = message.parse().map_err(|_| Refusal::NotFound)?;
    let changed = site.world.edit(key, message, |message| {
        message.delivery = delivery;
        message.clone()
    });
    let changed = changed.ok_or(Refusal::NotFound)?;
    ok(&shapes::message(&site, &conversation, &changed))
}

/// Fills in `{{contact.name}}` and the like, except between backticks. Names that are not known
/// become nothing; braces that do not close stay.
fn rendered(text: &str, conversation: &Conversation) -> String {
    let pieces: Vec<String> = text
        .split('`')
        .enumerate()
        .map(|(index, piece)| match index % 2 {
            0 => filled(piece, conversation),
            _ => piece.to_owned(),
        })
        .collect();
    pieces.join("`")
}

fn filled(text: &str, conversation: &Conversation) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}").filter(|(name, _)| !name.contains('{'))
        else {
            break;
        };
        done.push_str(before);
        done.push_str(&value_of(name.trim(), conversation));
        rest = behind;
    }
    done + rest
}

fn value_of(name: &str, conversation: &Conversation) -> String {
    let customer = &conversation.customer;
    let me = company::colleague_by(company::ME);
    let inbox = company::inbox_by(conversation.key.vendor, conversation.inbox);
    match name {
        "contact.name" => customer.name.clone(),
        "contact.first_name" => customer.first.clone(),
        "contact.last_name" => customer.last.clone(),
        "contact.email" => customer.email.clone(),
        "contact.phone_number" => customer.phone.clone(),
        "contact.id" => customer.id.to_string(),
        "agent.name" | "agent.available_name" => company::name_of(company::ME),
        "agent.first_name" => me.map_or("", |me| me.first).to_owned(),
        "agent.last_name" => me.map_or("", |me| me.last).to_owned(),
        "agent.email" => me.map_or("", |me| me.email).to_owned(),
        "inbox.name" => inbox.map_or("", |inbox| inbox.name).to_owned(),
        "inbox.id" => conversation.inbox.to_string(),
        // Two counters in the original; one here, so that both are right.
        "conversation.id" | "conversation.display_id" => conversation.key.number.to_string(),
        "conversation.contact_name" => customer.name.clone(),
        "account.name" => company::NAME.to_owned(),
        _ => String::new(),
    }
}
