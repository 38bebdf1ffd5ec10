//! The messages of a conversation, and sending.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::page::Page;
use super::{Chat, Faults, fields, missing, view};
use crate::demo::answer::{Answer, Params, Refusal};
use crate::demo::world::company::ME;
use crate::demo::world::{At, Attachment, Author, Conversation, Delivery, FileKind, Message};

/// `GET /conversations/{id}/messages`: newest first.
pub(super) async fn list(
    State(chat): State<Chat>,
    Path(number): Path<String>,
    Query(query): Query<Params>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let base = chat.base();
    let page = Page::read(&query);
    let rows = page.rows();
    let all: Vec<&Message> =
        found.messages.iter().rev().filter(|message| view::is_message(message)).collect();
    let shown = all.iter().skip(rows.start).take(rows.len());
    let shown = shown.map(|message| view::message(&found, message, &base)).collect();
    let path = format!("{base}/conversations/{number}/messages");
    Ok(Json(page.envelope(&path, all.len(), shown)))
}

fn message_of<'a>(conversation: &'a Conversation, id: &str) -> Result<&'a Message, Refusal> {
    let mut messages = conversation.messages.iter().filter(|message| view::is_message(message));
    messages.find(|message| message.id.to_string() == id).ok_or_else(|| missing("Message"))
}

/// `GET …/messages/{id}`
pub(super) async fn one(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let message = message_of(&found, &id)?;
    Ok(Json(json!({"data": view::message(&found, message, &chat.base())})))
}

/// `GET …/messages/{id}/errors`
pub(super) async fn errors(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let errors: Vec<Value> = view::error(message_of(&found, &id)?).into_iter().collect();
    Ok(Json(json!({"data": errors})))
}

/// `GET …/messages/{id}/errors/{id}`
pub(super) async fn error(
    State(chat): State<Chat>,
    Path((number, id, error)): Path<(String, String, String)>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let shown = view::error(message_of(&found, &id)?).filter(|_| error == id);
    Ok(Json(json!({"data": shown.ok_or_else(|| missing("Error"))?})))
}

/// `POST …/messages`: accepted outside the window too; then it fails later.
pub(super) async fn send(
    State(chat): State<Chat>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = chat.conversation(&number)?;
    let message = read(&chat, &found, &fields(&body))?;
    post(&chat, &found, message)
}

/// `POST …/messages/{id}/duplicate`: sends once more, as plain text what was a template.
pub(super) async fn duplicate(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let original = message_of(&found, &id)?;
    if !matches!(original.author, Author::Colleague(_) | Author::Bot) {
        return Err(Faults::one("message", "Only messages of an agent can be duplicated."));
    }
    let mut copy = Message::new(0, At(0), Author::Colleague(ME), original.text());
    copy.attachments.clone_from(&original.attachments);
    copy.reply_to = original.reply_to;
    post(&chat, &found, copy)
}

fn post(chat: &Chat, conversation: &Conversation, mut message: Message) -> Answer {
    message.delivery = Delivery::Sending;
    let (world, key) = (&chat.site.world, conversation.key);
    if !view::reply_possible(conversation, chat.site.world.now()) {
        // The world knows only WhatsApp's window. Said to it, the others' makes a delivery fail
        // as well.
        world.change(key, |conversation, now| {
            conversation.reply_until.get_or_insert(now);
        });
    }
    let sent = world.post(key, message).ok_or_else(|| missing("Conversation"))?;
    Ok(Json(json!({"data": view::message(conversation, &sent, &chat.base())})))
}

/// `POST …/messages/{id}/set-reaction`
pub(super) async fn react(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let found = chat.conversation(&number)?;
    let id = message_of(&found, &id)?.id;
    let reaction = match fields(&body).get("reaction") {
        Some(Value::Null) => None,
        Some(Value::String(emoji)) if emoji.graphemes(true).count() == 1 && !emoji.is_ascii() => {
            Some(emoji.clone())
        }
        _ => return Err(Faults::one("reaction", "The reaction field must be a single emoji.")),
    };
    let changed = chat.site.world.edit(found.key, id, |message| {
        message.agent_reaction = reaction;
        message.clone()
    });
    let changed = changed.ok_or_else(|| missing("Message"))?;
    Ok(Json(json!({"data": view::message(&found, &changed, &chat.base())})))
}

/// Reads the body of a message to send.
fn read(chat: &Chat, conversation: &Conversation, body: &Value) -> Result<Message, Refusal> {
    let mut faults = Faults::default();
    let mut message = Message::new(0, At(0), Author::Colleague(ME), "");
    let required = |faults: &mut Faults, path: &str| {
        let found = at(body, path).and_then(Value::as_str).filter(|text| !text.is_empty());
        if found.is_none() {
            faults.add(path, format!("The {} field is required.", path.replace('_', " ")));
        }
        found.unwrap_or_default().to_owned()
    };
    match body.get("type").and_then(Value::as_str) {
        None => faults.add("type", "The type field is required."),
        Some("text") => message.text = Some(required(&mut faults, "text.content")),
        Some("location") => {
            let latitude = required(&mut faults, "location.latitude");
            let longitude = required(&mut faults, "location.longitude");
            let position = latitude.parse().ok().zip(longitude.parse().ok());
            message.attachments = vec![Attachment {
                position,
                url: optional(body, "location.url"),
                detail: optional(body, "location.address").unwrap_or_default(),
                ..blank(FileKind::Location, optional(body, "location.name").unwrap_or_default())
            }];
        }
        Some("contact") => {
            let name = required(&mut faults, "contact.name.formatted_name");
            let phone = at(body, "contact.phones.0.phone").and_then(Value::as_str);
            message.attachments = vec![Attachment {
                detail: phone.unwrap_or_default().to_owned(),
                ..blank(FileKind::Contact, name)
            }];
        }
        Some(kind @ ("image" | "video" | "audio" | "document")) => {
            message.attachments = attached(chat, kind, body, &mut faults).into_iter().collect();
            message.text = optional(body, &format!("{kind}.caption"));
        }
        Some(_) => faults.add("type", "The selected type is invalid."),
    }
    match body.get("reference_id") {
        None | Some(Value::Null) => {}
        Some(id) => {
            message.reply_to = id.as_u64().filter(|id| conversation.message(*id).is_some());
            if message.reply_to.is_none() {
                faults.add("reference_id", "The selected reference id is invalid.");
            }
        }
    }
    faults.check()?;
    Ok(message)
}

/// The file of a media message: an upload, or a public address.
fn attached(chat: &Chat, kind: &str, body: &Value, faults: &mut Faults) -> Option<Attachment> {
    let name = optional(body, "document.filename");
    let voice = at(body, "audio.voice").and_then(Value::as_bool).unwrap_or(false);
    let uuid = at(body, "file.internal_uuid").and_then(Value::as_str);
    let url = at(body, "file.url").and_then(Value::as_str);
    let file = match (uuid, url) {
        (Some(uuid), _) => {
            let upload = chat.uploads.find(uuid, chat.site.world.now());
            let Some(upload) = upload else {
                faults.add("file.internal_uuid", "The selected file.internal uuid is invalid.");
                return None;
            };
            upload
        }
        (None, Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {
            let last = url.rsplit('/').next().unwrap_or_default();
            Attachment {
                mime: optional(body, "file.mime_type").unwrap_or_default(),
                size: at(body, "file.size").and_then(Value::as_u64).unwrap_or(0),
                url: Some(url.to_owned()),
                ..blank(super::files::kind_of(kind)?, last.to_owned())
            }
        }
        (None, Some(_)) => {
            faults.add("file.url", "The file.url field must be a valid URL.");
            return None;
        }
        (None, None) => {
            faults.add("file", "The file field is required.");
            return None;
        }
    };
    Some(Attachment { voice, name: name.unwrap_or(file.name.clone()), ..file })
}

/// An attachment of which only the kind and the name are known.
pub(super) fn blank(kind: FileKind, name: String) -> Attachment {
    Attachment {
        id: 0,
        kind,
        name,
        mime: String::new(),
        size: 0,
        bytes: None,
        url: None,
        detail: String::new(),
        position: None,
        voice: false,
    }
}

/// A field by its dotted path, as Laravel names them.
fn at<'a>(body: &'a Value, path: &str) -> Option<&'a Value> {
    body.pointer(&format!("/{}", path.replace('.', "/")))
}

fn optional(body: &Value, path: &str) -> Option<String> {
    at(body, path).and_then(Value::as_str).map(str::to_owned)
}
