//! The contents of a voicebot message: text, files, places and contact cards.

use serde_json::Value;

use crate::model::{Attachment, AttachmentKind};
use crate::providers::json;
use crate::text::{Clean, clean};

/// One entry of a message's `contents`.
pub(super) enum Content {
    /// Words.
    Text(Clean),
    /// Anything else.
    Card(Box<Attachment>),
}

/// Everything in a message, in the vendor's order. Documented as an array; a lone object is taken
/// too.
pub(super) fn all(message: &Value) -> Vec<Content> {
    match json::field(message, "contents") {
        Some(Value::Array(contents)) => contents.iter().filter_map(one).collect(),
        Some(content) => one(content).into_iter().collect(),
        None => Vec::new(),
    }
}

fn one(content: &Value) -> Option<Content> {
    if !content.is_object() {
        return None;
    }
    let kind = json::text(content, "type").unwrap_or_default().to_ascii_lowercase();
    let card = match kind.as_str() {
        "text" => {
            return Some(Content::Text(clean(&json::text(content, "content").unwrap_or_default())));
        }
        "image" => file(content, AttachmentKind::Image),
        "video" => file(content, AttachmentKind::Video),
        "audio" => file(content, AttachmentKind::Audio),
        "document" => file(content, AttachmentKind::File),
        "location" => location(content),
        "contact" => contact(content),
        other => unknown(content, other),
    };
    Some(Content::Card(Box::new(card)))
}

fn file(content: &Value, kind: AttachmentKind) -> Attachment {
    let voice = json::flag(content, "voice") == Some(true);
    Attachment {
        kind,
        name: json::shown(content, "filename")
            .or_else(|| json::shown(content, "name"))
            .unwrap_or_default(),
        size: json::number(content, "size").and_then(|size| u64::try_from(size).ok()),
        mime: json::shown(content, "mime_type"),
        // The other address, `download_url`, answers only to the account's token, which never
        // leaves this program.
        url: json::shown(content, "public_download_url")
            .or_else(|| json::shown(content, "download_url")),
        detail: joined([json::text(content, "caption"), voice.then(|| "voice message".to_owned())]),
    }
}

fn location(content: &Value) -> Attachment {
    let coordinates = match (json::text(content, "latitude"), json::text(content, "longitude")) {
        (Some(latitude), Some(longitude)) => Some(format!("{latitude}, {longitude}")),
        _ => None,
    };
    Attachment {
        kind: AttachmentKind::Location,
        name: json::shown(content, "name").unwrap_or_default(),
        size: None,
        mime: None,
        url: json::shown(content, "url"),
        detail: joined([coordinates, json::text(content, "address")]),
    }
}

fn contact(content: &Value) -> Attachment {
    let name = json::field(content, "name").unwrap_or(&Value::Null);
    let parts = ["prefix", "first_name", "middle_name", "last_name", "suffix"];
    let spelled = || fields(name, &parts, " ");
    let name = json::text(name, "formatted_name").or_else(spelled).unwrap_or_default();
    let org = json::field(content, "org").unwrap_or(&Value::Null);
    let street = ["street", "zip", "city", "state", "country"];
    let details = typed(content, "phones", &["phone"])
        .chain(typed(content, "emails", &["email"]))
        .chain(fields(org, &["company", "department", "title"], ", "))
        .chain(typed(content, "addresses", &street));
    let birthday = json::text(content, "birthday").map(|day| day.chars().take(10).collect());
    Attachment {
        kind: AttachmentKind::Contact,
        name: clean(&name),
        size: None,
        mime: None,
        url: None,
        detail: joined(details.chain(birthday).map(Some)),
    }
}

/// A type that nobody documented: its name, and whatever words or file came with it.
fn unknown(content: &Value, kind: &str) -> Attachment {
    let card = file(content, AttachmentKind::Other);
    let name = if card.name.is_empty() { clean(kind) } else { card.name };
    let words = [json::text(content, "content"), json::text(content, "text")];
    let detail = joined(words.into_iter().chain([Some(card.detail.to_string())]));
    Attachment { name, detail, ..card }
}

/// The entries of a list like `phones: [{phone, type}]`, as `+49 … (WORK)`.
fn typed<'a>(
    content: &'a Value,
    list: &str,
    keys: &'a [&str],
) -> impl Iterator<Item = String> + use<'a> {
    let entries = json::field(content, list).and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(move |entry| {
        let value = fields(entry, keys, ", ")?;
        Some(match json::text(entry, "type").filter(|kind| !kind.is_empty()) {
            Some(kind) => format!("{value} ({kind})"),
            None => value,
        })
    })
}

/// The fields that are there, joined; `None` when none is.
fn fields(value: &Value, keys: &[&str], between: &str) -> Option<String> {
    let found: Vec<String> = keys
        .iter()
        .filter_map(|key| json::text(value, key))
        .filter(|text| !text.trim().is_empty())
        .collect();
    (!found.is_empty()).then(|| found.join(between))
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> Clean {
    let parts: Vec<String> =
        parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    clean(&parts.join(" · "))
}
