//! Conversations and the notes on them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::page::Page;
use super::{Chat, Faults, fields, missing, view};
use crate::demo::answer::{Answer, Params, Refusal};
use crate::demo::world::company::{self, ME};
use crate::demo::world::{
    At, Author, Channel, ColleagueNo, Conversation, DAY, Delivery, Kind, Message, Order,
    StatusChange,
};
use crate::model::Vendor;

/// `GET /conversations`: newest activity first. Parameters other than the paging are ignored.
pub(super) async fn list(State(chat): State<Chat>, Query(query): Query<Params>) -> Answer {
    let page = Page::read(&query);
    let rows = page.rows();
    let world = &chat.site.world;
    let found = world.list(Vendor::Voicebot, Order::Newest, rows.start, rows.len(), |_| true);
    let scene = chat.scene();
    let shown = found
        .rows
        .into_iter()
        .filter_map(|brief| world.conversation(brief.key))
        .map(|conversation| view::conversation(&conversation, &scene))
        .collect();
    let path = format!("{}/conversations", scene.base);
    Ok(Json(page.envelope(&path, found.total, shown)))
}

/// `GET /conversations/{id}`
pub(super) async fn one(State(chat): State<Chat>, Path(number): Path<String>) -> Answer {
    let found = chat.conversation(&number)?;
    Ok(Json(json!({"data": view::conversation(&found, &chat.scene())})))
}

/// `PATCH /conversations/{id}`: answers with the bare object.
pub(super) async fn patch(
    State(chat): State<Chat>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = chat.conversation(&number)?;
    let body = fields(&body);
    let mut faults = Faults::default();
    let status = body.get("status").map(|word| word.as_str().and_then(view::status_of));
    if status == Some(None) {
        faults.add("status", "The selected status is invalid.");
    }
    let user = body.get("user_id").map(|id| match id {
        Value::Null => Ok(None),
        id => {
            let no = id.as_u64().and_then(|id| ColleagueNo::try_from(id).ok());
            no.filter(|no| company::colleague_by(*no).is_some()).map(Some).ok_or(())
        }
    });
    if user == Some(Err(())) {
        faults.add("user_id", "The selected user id is invalid.");
    }
    faults.check()?;
    let (world, key, by) = (&chat.site.world, found.key, Author::Colleague(ME));
    if let Some(Some(status)) = status {
        world.set_status(key, StatusChange { status, until: None }, by);
    }
    if let Some(Ok(user)) = user {
        world.assign(key, user, by);
    }
    let changed = chat.conversation(&number)?;
    Ok(Json(view::conversation(&changed, &chat.scene())))
}

/// `POST /conversations/{id}/mark-read`
pub(super) async fn mark_read(
    State(chat): State<Chat>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = chat.conversation(&number)?;
    if !matches!(fields(&body).get("mark_external"), None | Some(Value::Bool(_))) {
        return Err(Faults::one("mark_external", "The mark external field must be true or false."));
    }
    chat.site.world.mark_seen(found.key);
    let changed = chat.conversation(&number)?;
    Ok(Json(json!({"data": view::conversation(&changed, &chat.scene())})))
}

/// `POST /conversations/{id}/restart`: sends the paid template that asks to go on. Only
/// WhatsApp, only once the window is over, and not twice in a row.
pub(super) async fn restart(State(chat): State<Chat>, Path(number): Path<String>) -> Answer {
    let found = chat.conversation(&number)?;
    let refuse = |why: &str| Err(Faults::one("conversation", why));
    if found.channel != Channel::WhatsApp {
        return refuse("Only WhatsApp conversations can be restarted.");
    }
    if found.waiting_for_customer {
        return refuse("The conversation has already been restarted.");
    }
    if view::reply_possible(&found, chat.site.world.now()) {
        return refuse("The conversation has not expired yet.");
    }
    let text = "Hello, your conversation with Halmbach has paused. Would you like to continue?";
    let sent = send_template(&chat, &found, text)?;
    Ok(Json(json!({"data": view::message(&found, &sent, &chat.base())})))
}

/// Sends a template. It reaches the customer outside the window too; free text does only after
/// the customer has answered.
pub(super) fn send_template(
    chat: &Chat,
    conversation: &Conversation,
    text: &str,
) -> Result<Message, Refusal> {
    let mut message = Message::new(0, At(0), Author::Colleague(ME), text);
    message.delivery = Delivery::Sending;
    message.extra.insert("template".to_owned(), json!(true));
    let world = &chat.site.world;
    let sent = world.post(conversation.key, message).ok_or_else(|| missing("Conversation"))?;
    world.change(conversation.key, |conversation, now| {
        conversation.waiting_for_customer = true;
        conversation.reply_until = Some(now.plus(DAY));
    });
    Ok(sent)
}

/// `GET /conversation/{id}/notes`
pub(super) async fn notes(
    State(chat): State<Chat>,
    Path(number): Path<String>,
    Query(query): Query<Params>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let page = Page::read(&query);
    let all: Vec<&Message> = view::notes(&found).rev().collect();
    let rows = page.rows();
    let shown = all.iter().skip(rows.start).take(rows.len());
    let shown = shown.map(|note| view::note(&found, note)).collect();
    let path = format!("{}/conversation/{number}/notes", chat.base());
    Ok(Json(page.envelope(&path, all.len(), shown)))
}

fn note_of<'a>(conversation: &'a Conversation, id: &str) -> Result<&'a Message, Refusal> {
    let found = view::notes(conversation).find(|note| note.id.to_string() == id);
    found.ok_or_else(|| missing("Note"))
}

/// `GET /conversation/{id}/notes/{id}`
pub(super) async fn note(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
) -> Answer {
    let found = chat.conversation(&number)?;
    let note = note_of(&found, &id)?;
    Ok(Json(json!({"data": view::note(&found, note)})))
}

/// `POST /conversation/{id}/notes`
pub(super) async fn create_note(
    State(chat): State<Chat>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = chat.conversation(&number)?;
    let mut note = Message::new(0, At(0), Author::Colleague(ME), note_text(&body)?);
    note.kind = Kind::Note;
    let note = chat.site.world.post(found.key, note).ok_or_else(|| missing("Conversation"))?;
    Ok(Json(json!({"data": view::note(&found, &note)})))
}

/// `PATCH /conversation/{id}/notes/{id}`: answers with the bare note.
pub(super) async fn change_note(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let found = chat.conversation(&number)?;
    let id = note_of(&found, &id)?.id;
    let text = note_text(&body)?;
    let changed = chat.site.world.edit(found.key, id, |note| {
        note.text = Some(text);
        note.clone()
    });
    let changed = changed.ok_or_else(|| missing("Note"))?;
    Ok(Json(view::note(&found, &changed)))
}

/// `DELETE /conversation/{id}/notes/{id}`: an empty answer.
pub(super) async fn delete_note(
    State(chat): State<Chat>,
    Path((number, id)): Path<(String, String)>,
) -> Result<(), Refusal> {
    let found = chat.conversation(&number)?;
    let id = note_of(&found, &id)?.id;
    chat.site.world.edit(found.key, id, |note| note.deleted = true);
    Ok(())
}

fn note_text(body: &Bytes) -> Result<String, Refusal> {
    match fields(body).get("text") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
        None | Some(Value::Null | Value::String(_)) => {
            Err(Faults::one("text", "The text field is required."))
        }
        Some(_) => Err(Faults::one("text", "The text field must be a string.")),
    }
}
