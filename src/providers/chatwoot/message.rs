//! Chatwoot's messages, read into the model: every kind that the web client knows becomes text.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use super::read::{ZONE, addresses};
use crate::model::{
    Attachment, AttachmentKind, Author, ConversationId, Delivery, Format, Message, MessageKind,
    Quoted, Recipients, Side,
};
use crate::providers::{json, kit};
use crate::text::{Clean, clean, html_to_text};

/// Reads a MESSAGE or MESSAGE_PUSH; `None` when it has no usable id.
pub(super) fn message(conversation: &ConversationId, row: &Value) -> Option<Message> {
    let id = json::id(row, "id")?;
    let at = json::time(row, "created_at", &ZONE)
        .or_else(|| json::time(row, "updated_at", &ZONE))
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let attributes = attributes(row);
    let mut message = Message::new(id, conversation.clone(), at, author(row));
    let is_private = json::flag(row, "private") == Some(true);
    message.kind = match (message.author.side, is_private) {
        (Side::System, _) => MessageKind::Activity,
        (_, true) => MessageKind::Note,
        (_, false) => MessageKind::Public,
    };
    (message.text, message.format) = body(row);
    if let Some(mail) = json::field(attributes, "email") {
        message.subject = json::shown(mail, "subject");
    }
    message.recipients = recipients(attributes, message.author.side);
    message.attachments = attachments(row);
    message.quoted =
        json::id(attributes, "in_reply_to").map(|id| Quoted { id, text: Clean::default() });
    message.delivery = delivery(row, &message);
    message.echo = json::shown(row, "echo_id");
    message.deleted = json::flag(attributes, "deleted") == Some(true);
    Some(message)
}

fn attributes(row: &Value) -> &Value {
    row.get("content_attributes").unwrap_or(&Value::Null)
}

/// Whether the customer sees it.
pub(super) fn is_public(row: &Value) -> bool {
    json::flag(row, "private") != Some(true)
        && matches!(json::number(row, "message_type"), Some(0 | 1))
}

/// Whether it went through an e-mail inbox: only there do messages carry this part.
pub(super) fn is_mail(row: &Value) -> bool {
    json::field(attributes(row), "email").is_some()
}

fn author(row: &Value) -> Author {
    let sender = json::field(row, "sender").filter(|sender| sender.is_object());
    let kind = sender.and_then(|sender| json::text(sender, "type"));
    let is_bot = matches!(kind.as_deref(), Some("agent_bot" | "captain_assistant"));
    let side = match json::number(row, "message_type") {
        Some(0) => Side::Customer,
        Some(2) => Side::System,
        Some(3) => Side::Bot,
        _ if is_bot => Side::Bot,
        _ => Side::Agent,
    };
    // A message bridged from Slack names its writer outside the sender.
    let bridged =
        || row.get("additional_attributes").and_then(|more| json::shown(more, "sender_name"));
    Author {
        side,
        id: sender.and_then(|sender| json::id(sender, "id")),
        name: sender
            .and_then(|sender| {
                json::shown(sender, "available_name").or_else(|| json::shown(sender, "name"))
            })
            .or_else(bridged)
            .unwrap_or_default(),
    }
}

fn recipients(attributes: &Value, side: Side) -> Recipients {
    match (side, json::field(attributes, "email")) {
        (Side::Customer, Some(mail)) => Recipients {
            to: addresses(mail, "to"),
            cc: addresses(mail, "cc"),
            bcc: addresses(mail, "bcc"),
        },
        (Side::Customer, None) => Recipients::default(),
        _ => Recipients {
            to: addresses(attributes, "to_emails"),
            cc: addresses(attributes, "cc_emails"),
            bcc: addresses(attributes, "bcc_emails"),
        },
    }
}

fn delivery(row: &Value, message: &Message) -> Option<Delivery> {
    if message.kind != MessageKind::Public || message.author.side == Side::Customer {
        return None;
    }
    match json::text(row, "status")?.as_str() {
        "progress" => Some(Delivery::Sending),
        "sent" => Some(Delivery::Sent),
        "delivered" => Some(Delivery::Delivered),
        "read" => Some(Delivery::Read),
        "failed" => Some(Delivery::Failed(
            json::shown(attributes(row), "external_error").unwrap_or_default(),
        )),
        _ => None,
    }
}

/// The text of a message, with what its kind adds to it.
fn body(row: &Value) -> (Clean, Format) {
    let attributes = attributes(row);
    if let Some(html) = attributes
        .pointer("/email/html_content/full")
        .and_then(Value::as_str)
        .filter(|_| json::number(row, "message_type") == Some(0))
        .filter(|html| !html.trim().is_empty())
    {
        return (html_to_text(html), Format::Plain);
    }
    let content = json::text(row, "content").unwrap_or_default();
    if json::number(row, "message_type") == Some(2) {
        return (clean(&content), Format::Plain);
    }
    let kind = json::text(row, "content_type").unwrap_or_default();
    if kind == "incoming_email" {
        return (clean(&content), Format::Plain);
    }
    let mut lines = vec![without_mention_links(&content).into_owned()];
    lines.retain(|line| !line.is_empty());
    extra_lines(&kind, attributes, &mut lines);
    (clean(&lines.join("\n")), Format::Markdown)
}

/// Agents' mentions are links to an address that only the web client understands; the name is
/// what is worth reading.
fn without_mention_links(text: &str) -> Cow<'_, str> {
    const LINK: &str = "](mention://";
    if !text.contains(LINK) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((label, after)) = rest.split_once(LINK) {
        let Some((_, after)) = after.split_once(')') else { break };
        match label.rsplit_once('[') {
            Some((before, name)) => {
                out.push_str(before);
                out.push_str(name);
            }
            None => out.push_str(label),
        }
        rest = after;
    }
    out.push_str(rest);
    out.into()
}

/// What the web client draws as forms, cards and stars.
fn extra_lines(kind: &str, attributes: &Value, lines: &mut Vec<String>) {
    let items = json::field(attributes, "items").and_then(Value::as_array);
    let items = items.map(Vec::as_slice).unwrap_or_default();
    let text = |item: &Value, key: &str| json::text(item, key).unwrap_or_default();
    let answer = attributes.get("submitted_values").unwrap_or(&Value::Null);
    match kind {
        "input_select" => {
            lines.extend(items.iter().map(|item| format!("- {}", text(item, "title"))));
            lines.extend(given(answer, "title"));
        }
        "form" => {
            let field = |item: &Value| first_text(item, &["label", "placeholder", "name"]);
            lines.extend(items.iter().map(|item| format!("- {}", field(item))));
            lines.extend(given(answer, "value"));
        }
        "input_email" => {
            lines.extend(json::text(attributes, "submitted_email").map(|mail| format!("→ {mail}")));
        }
        "input_csat" => lines.push(rating(answer)),
        "cards" => items.iter().for_each(|item| {
            lines.push(format!("- **{}** {}", text(item, "title"), text(item, "description")));
            let actions = item.get("actions").and_then(Value::as_array);
            lines.extend(actions.into_iter().flatten().map(|action| {
                match json::text(action, "uri") {
                    Some(uri) => format!("  - [{}]({uri})", text(action, "text")),
                    None => format!("  - {}", text(action, "text")),
                }
            }));
        }),
        "article" => lines.extend(items.iter().map(|item| {
            let description = text(item, "description");
            format!("- [{}]({}) {description}", text(item, "title"), text(item, "link"))
        })),
        "integrations" if text(attributes, "type") == "dyte" => {
            lines.push("(A video meeting; it can be joined in the browser.)".into());
        }
        "voice_call" => lines.push("(A voice call.)".into()),
        _ => {}
    }
    if json::flag(attributes, "is_unsupported") == Some(true) {
        lines.push("(Chatwoot cannot show this message; look into the channel's own app.)".into());
    }
}

fn first_text(item: &Value, keys: &[&str]) -> String {
    keys.iter().find_map(|key| json::text(item, key)).unwrap_or_default()
}

/// The answers that the customer gave to a form or a choice.
fn given<'a>(answer: &'a Value, key: &'a str) -> impl Iterator<Item = String> + 'a {
    answer
        .as_array()
        .into_iter()
        .flatten()
        .map(move |item| format!("→ {}", first_text(item, &[key, "value", "title"])))
}

fn rating(answer: &Value) -> String {
    let survey = answer.get("csat_survey_response").unwrap_or(&Value::Null);
    match (json::number(survey, "rating"), json::text(survey, "feedback_message")) {
        (Some(stars), Some(words)) if !words.is_empty() => format!("→ {stars} of 5: {words}"),
        (Some(stars), _) => format!("→ {stars} of 5"),
        (None, _) => "(not answered yet)".into(),
    }
}

fn attachments(row: &Value) -> Vec<Attachment> {
    let rows = row.get("attachments").and_then(Value::as_array).into_iter().flatten();
    rows.filter(|row| row.is_object()).map(attachment).collect()
}

fn attachment(row: &Value) -> Attachment {
    let url = json::shown(row, "data_url");
    let kind = match json::text(row, "file_type").as_deref() {
        Some("image") => AttachmentKind::Image,
        Some("audio") => AttachmentKind::Audio,
        Some("video" | "ig_reel") => AttachmentKind::Video,
        Some("file") => AttachmentKind::File,
        Some("location") => AttachmentKind::Location,
        Some("contact") => AttachmentKind::Contact,
        _ => AttachmentKind::Other,
    };
    let person = row.get("meta").and_then(|meta| {
        let names = [json::text(meta, "firstName"), json::text(meta, "lastName")];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then(|| clean(&name))
    });
    let place = match (json::text(row, "coordinates_lat"), json::text(row, "coordinates_long")) {
        (Some(lat), Some(long)) if kind == AttachmentKind::Location => {
            Some(clean(&format!("{lat}, {long}")))
        }
        _ => None,
    };
    let title = json::shown(row, "fallback_title");
    Attachment {
        kind,
        name: match kind {
            // Here the title is the phone number.
            AttachmentKind::Contact => person.or_else(|| title.clone()),
            _ => title.clone().or_else(|| url.as_deref().and_then(file_name)),
        }
        .unwrap_or_default(),
        size: json::number(row, "file_size").and_then(|size| size.try_into().ok()),
        mime: json::shown(row, "content_type"),
        detail: match kind {
            AttachmentKind::Contact => title,
            _ => json::shown(row, "transcribed_text").or(place),
        }
        .unwrap_or_default(),
        url,
    }
}

/// Chatwoot gives no file names, but they end the address.
fn file_name(url: &str) -> Option<Clean> {
    let url = reqwest::Url::parse(url).ok()?;
    let name = url.path_segments()?.next_back().filter(|name| !name.is_empty())?;
    Some(clean(&percent_decoded(name)))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A message in one line of the list; what has no words is named.
pub(super) fn one_line(row: &Value) -> Clean {
    // The plain content, which Chatwoot has for every e-mail too, is enough and costs nothing.
    let content = json::text(row, "content").unwrap_or_default();
    let line = kit::one_line(&without_mention_links(&content));
    if !line.is_empty() {
        return line;
    }
    attachments(row)
        .first()
        .map(|card| clean(format!("[{}] {}", card.kind.word(), card.name).trim_end()))
        .unwrap_or_default()
}
