//! Messages: reading, sending, sending again.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::page::Cursor;
use super::view::{self, Part};
use super::{bad, base, conversation, not_allowed, not_found, object, refusal, success};
use crate::demo::answer::{self, Answer, Params, Refusal, param};
use crate::demo::server::Site;
use crate::demo::world::company::ME;
use crate::demo::world::{
    At, Attachment, Author, Channel, Conversation, Delivery, FileKind, Kind, Message,
};
use crate::model::Vendor;

/// `GET /messages`: newest first.
pub(super) async fn list(State(site): State<Site>, Query(query): Query<Params>) -> Answer {
    let number = param(&query, "conversation_id")
        .filter(|number| number.parse::<u64>().is_ok())
        .ok_or_else(|| bad("conversation_id", "Missing data for required field."))?;
    let cursor = Cursor::read(&query)?;
    let found = conversation(&site, number)?;
    let base = base(&site);
    let place = |part: &Part<'_>| (part.message.at.0, part.id);
    let mut parts: Vec<Part<'_>> = view::parts(&found, &base).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(place(part)));
    let count = parts.len();
    let mut rest = parts.into_iter().filter(|part| cursor.is_reached(place(part)));
    let page: Vec<Part<'_>> = rest.by_ref().take(cursor.size).collect();
    let next = page.last().filter(|_| rest.next().is_some()).map(|last| Cursor::next(place(last)));
    let shown: Vec<Value> = page.iter().map(|part| view::message(&found, part)).collect();
    Ok(Json(json!({"messages": shown, "count": count, "next_cursor": next})))
}

/// `POST /messages`: created, not yet delivered.
pub(super) async fn send(State(site): State<Site>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let number = body.get("conversation_id").and_then(Value::as_u64);
    let number = number.ok_or_else(|| bad("conversation_id", "Not a valid integer."))?;
    let kind = match body.get("content_type").and_then(Value::as_str) {
        Some("Text") => None,
        Some("Image") => Some(FileKind::Image),
        Some("Video") => Some(FileKind::Video),
        Some("Audio") => Some(FileKind::Audio),
        Some("Document") => Some(FileKind::File),
        _ => {
            let words = "Must be one of: Text, Image, Video, Audio, Document.";
            return Err(bad("content_type", words));
        }
    };
    let content =
        body.get("content").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let content = content.ok_or_else(|| bad("content", "Missing data for required field."))?;
    let found = conversation(&site, &number.to_string())?;
    check_open(&site, &found)?;
    let mut message = Message::new(0, At(0), Author::Colleague(ME), "");
    match kind {
        None => message.text = Some(content.to_owned()),
        Some(kind) => {
            check_media(&found, kind, content)?;
            message.text = None;
            message.attachments = vec![linked(kind, content)];
        }
    }
    message.delivery = Delivery::Sending;
    let sent = site.world.post(found.key, message).ok_or_else(not_found)?;
    Ok(Json(json!({"status": "success", "message_id": sent.id})))
}

/// Refuses what cannot be sent: an issue is named, closed or expired is not allowed.
fn check_open(site: &Site, found: &Conversation) -> Result<(), Refusal> {
    if !found.issues.is_empty() {
        let errors = json!({"json": {"issues": found.issues}});
        return Err(refusal(StatusCode::BAD_REQUEST, errors));
    }
    if view::is_open(found, site.world.now()) { Ok(()) } else { Err(not_allowed()) }
}

/// What each messenger takes, by public address only.
fn check_media(found: &Conversation, kind: FileKind, url: &str) -> Result<(), Refusal> {
    let is_taken = match found.channel {
        Channel::Sms => false,
        Channel::Instagram => kind != FileKind::File,
        _ => true,
    };
    if !is_taken {
        return Err(bad("content_type", "Not supported by this messaging partner."));
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(bad("content", "Not a valid URL."));
    }
    Ok(())
}

fn linked(kind: FileKind, url: &str) -> Attachment {
    Attachment {
        id: 0,
        kind,
        name: url.rsplit('/').next().unwrap_or_default().to_owned(),
        mime: String::new(),
        size: 0,
        bytes: None,
        url: Some(url.to_owned()),
        detail: String::new(),
        position: None,
        voice: false,
    }
}

/// `POST /messages/{id}/retry`: failed ones only.
pub(super) async fn retry(State(site): State<Site>, Path(id): Path<String>) -> Answer {
    let id = id.parse().map(view::message_id).map_err(|_| not_found())?;
    let (found, message) = site.world.message(Vendor::Partoo, id).ok_or_else(not_found)?;
    if message.kind != Kind::Public {
        return Err(not_found());
    }
    if !matches!(message.delivery, Delivery::Failed(_)) {
        return Err(bad("message_id", "Only failed messages can be sent again."));
    }
    check_open(&site, &found)?;
    site.world.send_again(found.key, id, Delivery::Sending);
    Ok(success())
}

/// `GET /media/{id}`: a file, as on the vendor's public storage.
pub(super) async fn media(
    State(site): State<Site>,
    Path(id): Path<u64>,
) -> Result<Response, Refusal> {
    let found = site.world.attachment(Vendor::Partoo, id);
    found.map(|found| answer::file(&found)).ok_or_else(not_found)
}
