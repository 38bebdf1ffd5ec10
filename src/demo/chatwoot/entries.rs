//! Messages and files in the answers, key for key as recorded.

use serde_json::{Map, Value, json};

use super::super::desk::ACCOUNT_ID;
use super::super::server::{Site, percent_encoded};
use super::super::world::{
    ATTACHMENTS_PER_MESSAGE, Attachment, Author, Channel, Conversation, Delivery, FileKind, Kind,
    Message, files,
};
use super::shapes::{MOST_UNREAD, sender, user, uuid};

/// A message of a thread.
pub fn message(site: &Site, conversation: &Conversation, message: &Message) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
    put("id", json!(message.id));
    put("content", json!(message.text));
    put("inbox_id", json!(conversation.inbox));
    put("conversation_id", json!(conversation.key.number));
    put("message_type", json!(message_type(message)));
    put("content_type", json!(content_type(conversation, message)));
    put("status", json!(delivery(&message.delivery)));
    put("content_attributes", content_attributes(conversation, message));
    put("created_at", json!(message.at.seconds()));
    put("private", json!(message.kind == Kind::Note));
    put("source_id", source_id(conversation, message));
    put_sender_and_files(&mut body, site, conversation, message);
    Value::Object(body)
}

/// A message with every column of the database, as conversations carry it.
pub fn push_message(site: &Site, conversation: &Conversation, message: &Message) -> Value {
    let (sender_type, sender_id) = match message.author {
        Author::Customer => (Some("Contact"), Some(u64::from(conversation.customer.id))),
        Author::Colleague(no) => (Some("User"), Some(u64::from(no))),
        Author::Bot | Author::System => (None, None),
    };
    let mut body = json!({
        "id": message.id,
        "content": message.text,
        "account_id": ACCOUNT_ID,
        "inbox_id": conversation.inbox,
        "conversation_id": conversation.key.number,
        "message_type": message_type(message),
        "created_at": message.at.seconds(),
        "updated_at": message.updated_at.iso_millis(),
        "private": message.kind == Kind::Note,
        "status": delivery(&message.delivery),
        "source_id": source_id(conversation, message),
        "content_type": content_type(conversation, message),
        "content_attributes": content_attributes(conversation, message),
        "sender_type": sender_type,
        "sender_id": sender_id,
        "external_source_ids": {},
        "additional_attributes": {},
        "processed_message_content": message.text,
        "sentiment": {},
        "conversation": {
            "assignee_id": conversation.assignee,
            "unread_count": conversation.unread().min(MOST_UNREAD),
            "last_activity_at": conversation.last_activity().seconds(),
            "contact_inbox": { "source_id": uuid(conversation.key, 2) },
        },
    });
    if let Some(body) = body.as_object_mut() {
        put_sender_and_files(body, site, conversation, message);
    }
    body
}

fn put_sender_and_files(
    body: &mut Map<String, Value>,
    site: &Site,
    conversation: &Conversation,
    message: &Message,
) {
    let sender = match message.author {
        Author::Customer => Some(sender(&conversation.customer, conversation.muted)),
        Author::Colleague(no) => user(no),
        Author::Bot | Author::System => None,
    };
    if let Some(sender) = sender {
        body.insert("sender".to_owned(), sender);
    }
    if !message.attachments.is_empty() {
        let files = message.attachments.iter().map(|file| attachment(site, file));
        body.insert("attachments".to_owned(), files.collect());
    }
}

/// 0 incoming, 1 outgoing, 2 activity, 3 template.
fn message_type(message: &Message) -> u8 {
    match (message.kind, message.author) {
        (Kind::Activity, _) => 2,
        (_, Author::Customer) => 0,
        (_, Author::Bot | Author::System) => 3,
        (_, Author::Colleague(_)) => 1,
    }
}

fn is_mail(conversation: &Conversation, message: &Message) -> bool {
    conversation.channel == Channel::Email && message.kind == Kind::Public
}

fn content_type(conversation: &Conversation, message: &Message) -> &'static str {
    if is_mail(conversation, message) && message.author.is_customer() && !message.deleted {
        "incoming_email"
    } else {
        "text"
    }
}

fn source_id(conversation: &Conversation, message: &Message) -> Value {
    match is_mail(conversation, message) && message.author.is_customer() {
        true => json!(format!("{}@mail.example", message.id)),
        false => Value::Null,
    }
}

fn delivery(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Sending | Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Failed(_) => "failed",
    }
}

fn content_attributes(conversation: &Conversation, message: &Message) -> Value {
    if message.deleted {
        return json!({ "deleted": true });
    }
    let mut attributes = message.extra.clone();
    if let Some(id) = message.reply_to {
        attributes.insert("in_reply_to".to_owned(), json!(id));
        attributes.insert("in_reply_to_external_id".to_owned(), Value::Null);
    }
    if let Delivery::Failed(reason) = &message.delivery {
        attributes.insert("external_error".to_owned(), json!(reason));
    }
    if is_mail(conversation, message) {
        if message.author.is_customer() {
            attributes.insert("email".to_owned(), incoming_mail(conversation, message));
            attributes.insert("cc_email".to_owned(), addresses(&message.cc));
            attributes.insert("bcc_email".to_owned(), addresses(&message.bcc));
        } else {
            attributes.insert("to_emails".to_owned(), json!(message.to));
            attributes.insert("cc_emails".to_owned(), json!(message.cc));
            attributes.insert("bcc_emails".to_owned(), json!(message.bcc));
            let text = message.text();
            let html = format!("<p>{}</p>\n", text.replace("\n\n", "</p>\n<p>"));
            let mail = json!({
                "html_content": { "full": html, "reply": html },
                "text_content": { "full": text, "reply": text },
            });
            attributes.insert("email".to_owned(), mail);
        }
    }
    Value::Object(attributes)
}

/// Nobody is `null`, not an empty list.
fn addresses(list: &[String]) -> Value {
    if list.is_empty() { Value::Null } else { json!(list) }
}

fn incoming_mail(conversation: &Conversation, message: &Message) -> Value {
    let text = message.text();
    let html = match &message.html {
        Some(html) => json!({ "full": html, "reply": html, "quoted": html }),
        None => json!({}),
    };
    let mime =
        if message.html.is_some() { "multipart/alternative" } else { "text/plain; charset=utf-8" };
    json!({
        "bcc": addresses(&message.bcc),
        "cc": addresses(&message.cc),
        "content_type": mime,
        "date": message.at.written("%Y-%m-%dT%H:%M:%S.%3f+00:00"),
        "from": [conversation.customer.email],
        "headers": null,
        "html_content": html,
        "in_reply_to": null,
        "message_id": format!("{}@mail.example", message.id),
        "multipart": message.html.is_some(),
        "number_of_attachments": message.attachments.len(),
        "references": [],
        "subject": message.subject.as_ref().unwrap_or(&conversation.subject),
        "text_content": { "full": text, "reply": text, "quoted": text },
        "to": message.to,
        "auto_reply": false,
    })
}

fn attachment(site: &Site, attachment: &Attachment) -> Value {
    let mut body = json!({
        "id": attachment.id,
        "message_id": attachment.id / ATTACHMENTS_PER_MESSAGE,
        "file_type": match attachment.kind {
            FileKind::Image => "image",
            FileKind::Video => "video",
            FileKind::Audio => "audio",
            FileKind::File => "file",
            FileKind::Location => "location",
            FileKind::Contact => "contact",
        },
        "account_id": ACCOUNT_ID,
    });
    let is_image = attachment.kind == FileKind::Image;
    let (width, height) = files::PICTURE;
    let is_made = attachment.bytes.is_none();
    let url = format!(
        "{}/rails/active_storage/blobs/redirect/{}/{}",
        site.origin,
        super::downloads::signed(attachment.id),
        percent_encoded(&attachment.name)
    );
    let extra = match attachment.kind {
        FileKind::Location => json!({
            "coordinates_lat": attachment.position.map(|(latitude, _)| latitude),
            "coordinates_long": attachment.position.map(|(_, longitude)| longitude),
            "fallback_title": attachment.name,
            "data_url": null,
        }),
        FileKind::Contact => json!({
            "fallback_title": attachment.detail,
            "meta": { "firstName": attachment.name },
        }),
        FileKind::Image | FileKind::Video | FileKind::Audio | FileKind::File => json!({
            "extension": attachment.name.rsplit_once('.').map(|(_, extension)| extension),
            "content_type": attachment.mime,
            "data_url": url,
            "thumb_url": if is_image { url.as_str() } else { "" },
            "file_size": attachment.size,
            "width": (is_image && is_made).then_some(width),
            "height": (is_image && is_made).then_some(height),
        }),
    };
    if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), extra) {
        body.extend(extra);
        if attachment.kind == FileKind::Audio {
            body.insert("transcribed_text".to_owned(), json!(""));
        }
    }
    body
}
