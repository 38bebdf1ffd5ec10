//! Partoo's conversations, messages, users and templates, as they come, turned into ours.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::model::{
    AccountId, Attachment, AttachmentKind, Author, Canned, Channel, Contact, ConversationId,
    ConversationNews, Delivery, Message, MessageKind, Person, RemoteId, ReplyWindow, Side, Status,
};
use crate::providers::{json, kit};
use crate::text::{Clean, clean};

/// What a conversation says. `None` without a usable id.
pub(super) fn conversation(
    row: &Value,
    account: AccountId,
    names: &kit::Names,
    now: Timestamp,
) -> Option<ConversationNews> {
    let id = ConversationId { account, remote: json::id(row, "id")? };
    let mut news = ConversationNews::new(id.clone());
    if row.get("consumer_name").is_some() || row.get("consumer_phone_number").is_some() {
        news.contact = Some(Contact {
            id: None,
            name: json::shown(row, "consumer_name").unwrap_or_default(),
            handle: json::shown(row, "consumer_phone_number").unwrap_or_default(),
        });
    }
    news.channel = channel(row);
    news.inbox = json::field(row, "business").map(shop);
    // `status` says whether one can send; the state of work is `is_solved`.
    let solved = json::flag(row, "is_solved");
    news.status = solved.map(|solved| if solved { Status::Resolved } else { Status::Open });
    if let Some(assignee) = row.get("assigned_user_id") {
        news.assignee = Some(json::id_of(assignee).map(|id| {
            let name = names.get(&id).unwrap_or_else(|| clean(&id.to_string()));
            Person { id, name }
        }));
    }
    news.unread = json::flag(row, "is_read").map(|read| u32::from(!read));
    let created_at = time(row, "created_at").or_else(|| time(row, "first_message_date"));
    news.created_at = created_at.map(Some);
    let latest = json::field(row, "last_message");
    news.last_activity = latest.and_then(|latest| time(latest, "date")).or(created_at).map(Some);
    if let Some(latest) = latest
        && let Some(message) = messages(std::slice::from_ref(latest), &id, now).pop()
    {
        let waits = message.author.side == Side::Customer && solved != Some(true);
        news.waiting_since = Some(waits.then_some(message.at));
        news.snippet = Some(kit::snippet(&message));
        news.snippet_is_ours = Some(message.author.side == Side::Agent);
    }
    news.reply_window = reply_window(row);
    Some(news)
}

/// Whether the channel's own time to answer is over. Such a conversation cannot be opened again.
pub(super) fn is_expired(row: &Value) -> bool {
    json::flag(row, "is_expired") == Some(true)
}

fn channel(row: &Value) -> Option<Channel> {
    if let Some(custom) = json::field(row, "custom_channel") {
        return Some(json::shown(custom, "name").map_or(Channel::Api, Channel::Other));
    }
    let partner = json::text(row, "messaging_partner").filter(|partner| !partner.is_empty())?;
    Some(match partner.to_ascii_lowercase().as_str() {
        "google" => Channel::Google,
        "facebook" => Channel::Facebook,
        "instagram" => Channel::Instagram,
        "sms" => Channel::Sms,
        "whatsapp" => Channel::WhatsApp,
        _ => Channel::Other(clean(&partner)),
    })
}

/// The shop that was written to. Those of a chain share their name, so the town goes along.
fn shop(business: &Value) -> Option<Clean> {
    match (json::shown(business, "name"), json::shown(business, "city")) {
        (Some(name), Some(city)) if !name.contains(city.as_str()) => {
            Some(clean(&format!("{name}, {city}")))
        }
        (name, city) => name.or(city),
    }
}

/// Free text can be sent exactly while the status is `Open`, nothing has expired, no issue is
/// named and a custom channel may be written to. `None` when the row mentions none of them.
fn reply_window(row: &Value) -> Option<ReplyWindow> {
    let keys = ["status", "is_expired", "issues", "custom_channel"];
    if keys.iter().all(|key| row.get(key).is_none()) {
        return None;
    }
    let issues: Vec<String> = json::field(row, "issues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|issue| {
            issue.as_str().map_or_else(|| issue.to_string(), |word| word.replace('_', " "))
        })
        .collect();
    let custom = json::field(row, "custom_channel");
    let read_only = custom.and_then(|custom| json::flag(custom, "is_readonly")) == Some(true);
    let status = json::text(row, "status").unwrap_or_else(|| "Open".into());
    let why = if !issues.is_empty() {
        format!("Partoo reports a problem with the channel: {}.", issues.join(", "))
    } else if read_only {
        "This channel can only be read.".to_owned()
    } else if is_expired(row) {
        "The channel's time to answer is over; this conversation has expired.".to_owned()
    } else if status.eq_ignore_ascii_case("open") {
        return Some(ReplyWindow::Open);
    } else if status.eq_ignore_ascii_case("closed") {
        "Partoo has closed this conversation; reopen it to reply.".to_owned()
    } else {
        format!("Partoo takes replies in open conversations only; this one is “{status}”.")
    };
    Some(ReplyWindow::Closed(clean(&why)))
}

/// Messages, oldest first. Rows without a usable id or by an unknown kind of sender are left out;
/// the vendor asks clients to ignore the latter.
pub(super) fn messages(
    rows: &[Value],
    conversation: &ConversationId,
    now: Timestamp,
) -> Vec<Message> {
    let fresh = |row: &Value| delivery(row) == Some(Delivery::Sending);
    kit::timed(rows, |row| time(row, "date"), fresh, now)
        .into_iter()
        .filter_map(|(id, at, row)| message(row, id, at, conversation))
        .collect()
}

fn message(
    row: &Value,
    id: RemoteId,
    at: Timestamp,
    conversation: &ConversationId,
) -> Option<Message> {
    let side = match json::text(row, "sender_type")?.to_ascii_lowercase().as_str() {
        "user" => Side::Agent,
        "consumer" => Side::Customer,
        "metadata" => Side::System,
        _ => return None,
    };
    let author = Author {
        side,
        id: json::id(row, "user_id"),
        name: json::shown(row, "sender_label").unwrap_or_default(),
    };
    let mut message = Message::new(id, conversation.clone(), at, author);
    match side {
        Side::System => message.kind = MessageKind::Activity,
        Side::Agent => message.delivery = delivery(row),
        Side::Customer | Side::Bot => {}
    }
    message.deleted = json::flag(row, "is_deleted") == Some(true);
    let content = clean(&json::text(row, "content").unwrap_or_default());
    let kind = json::text(row, "content_type").unwrap_or_else(|| "Text".into());
    if kind.eq_ignore_ascii_case("text") {
        message.text = content;
    } else {
        message.attachments.push(card(&kind, &content));
    }
    Some(message)
}

/// Anything but text. What `content` holds then is not documented: most likely an address.
fn card(content_type: &str, content: &Clean) -> Attachment {
    let (kind, title) = match content_type.to_ascii_lowercase().as_str() {
        "image" => (AttachmentKind::Image, None),
        "video" => (AttachmentKind::Video, None),
        "audio" => (AttachmentKind::Audio, None),
        "document" => (AttachmentKind::File, None),
        "igstoryreply" => (AttachmentKind::Other, Some("reply to an Instagram story".to_owned())),
        "igstorymention" => {
            (AttachmentKind::Other, Some("mention in an Instagram story".to_owned()))
        }
        "unsupported" => {
            (AttachmentKind::Other, Some("something that Partoo cannot show".to_owned()))
        }
        _ => (AttachmentKind::Other, Some(format!("unknown content: {content_type}"))),
    };
    let is_url = content.starts_with("https://") || content.starts_with("http://");
    let name = title.map(|title| clean(&title)).or_else(|| is_url.then(|| file_name(content)));
    Attachment {
        kind,
        name: name.unwrap_or_default(),
        size: None,
        mime: None,
        url: is_url.then(|| content.clone()),
        detail: if is_url { Clean::default() } else { content.clone() },
    }
}

/// The last part of an address's path.
fn file_name(url: &str) -> Clean {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    clean(path.rsplit('/').next().unwrap_or_default())
}

fn delivery(row: &Value) -> Option<Delivery> {
    match json::text(row, "status")?.to_ascii_lowercase().as_str() {
        "sending" => Some(Delivery::Sending),
        "success" => Some(Delivery::Sent),
        // The vendor does not say why.
        "failed" => Some(Delivery::Failed(Clean::default())),
        _ => None,
    }
}

/// A user, if conversations can be given to them: active, and a human.
pub(super) fn assignable(user: &Value) -> Option<Person> {
    let status = json::text(user, "status");
    let active = status.is_none_or(|status| status.eq_ignore_ascii_case("active"));
    // Newer users are human or bot; the field is not documented.
    let bot = ["type", "user_type"]
        .iter()
        .any(|key| json::text(user, key).is_some_and(|kind| kind.eq_ignore_ascii_case("bot")));
    if active && !bot { person(user) } else { None }
}

/// A user. `None` without a usable id.
pub(super) fn person(user: &Value) -> Option<Person> {
    let id = json::id(user, "id")?;
    let parts = [json::shown(user, "first_name"), json::shown(user, "last_name")];
    let parts: Vec<&str> = parts.iter().flatten().map(Clean::as_str).collect();
    let name = if parts.is_empty() {
        json::shown(user, "email").unwrap_or_else(|| clean(&id.to_string()))
    } else {
        clean(&parts.join(" "))
    };
    Some(Person { id, name })
}

/// A ready-made answer. `None` without a usable id.
pub(super) fn canned(template: &Value) -> Option<Canned> {
    let content = json::text(template, "content").unwrap_or_default();
    Some(Canned {
        id: json::id(template, "id")?,
        title: json::shown(template, "title").unwrap_or_default(),
        text: clean(&template_text(&content).unwrap_or(content)),
    })
}

/// The text in a template's content, which is JSON within a string. The documentation's own example
/// is not valid JSON, so the string after the key `"text"` is enough.
fn template_text(content: &str) -> Option<String> {
    if let Ok(value) = serde_json::from_str::<Value>(content) {
        return json::text(&value, "text");
    }
    let (_, rest) = content.split_once("\"text\"")?;
    let rest = rest.trim_start().strip_prefix(':')?;
    serde_json::Deserializer::from_str(rest).into_iter::<String>().next()?.ok()
}

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    json::time(value, key, &TimeZone::UTC)
}

#[cfg(test)]
mod tests;
