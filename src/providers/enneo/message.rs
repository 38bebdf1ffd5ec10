//! enneo's "conversations" (our messages, notes and drafts), and the ticket itself as the first of
//! them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::read::Reader;
use crate::model::{
    Attachment, AttachmentKind, Author, ConversationId, Message, MessageKind, Recipients, RemoteId,
    Side,
};
use crate::providers::json;
use crate::text::{Clean, clean, html_to_text};

/// The id under which the ticket's own text stands in its thread; enneo gives it none.
pub(super) const FIRST: &str = "ticket";

impl Reader<'_> {
    /// Reads the whole thread, oldest first: the ticket's own text, where it is asked along, and
    /// what followed.
    pub(super) fn thread(
        &self,
        id: &ConversationId,
        ticket: Option<&Value>,
        rows: &[Value],
    ) -> Vec<Message> {
        let mut messages: Vec<Message> =
            rows.iter().filter_map(|row| self.message(id, row)).collect();
        if let Some(first) = ticket.and_then(|ticket| self.first_message(id, ticket)) {
            // An instance that lists the first message too would show it twice.
            let is_listed = messages.iter().any(|message| {
                message.text.trim() == first.text.trim()
                    && message.at.as_second() == first.at.as_second()
            });
            if !is_listed {
                messages.push(first);
            }
        }
        messages.sort_by(|left, right| {
            let first = |message: &Message| message.id != RemoteId::Text(FIRST.into());
            (left.at, first(left), &left.id).cmp(&(right.at, first(right), &right.id))
        });
        messages
    }

    /// Reads a Conversation; `None` when it has no usable id.
    pub(super) fn message(&self, conversation: &ConversationId, row: &Value) -> Option<Message> {
        let at = time(row, "createdAt", self.zone);
        let mut message = Message::new(json::id(row, "id")?, conversation.clone(), at, author(row));
        let direction = json::text(row, "direction");
        message.kind = if json::flag(row, "isDraft") == Some(true) {
            MessageKind::Draft
        } else if json::flag(row, "private") == Some(true)
            || direction.as_deref() == Some("internal")
        {
            MessageKind::Note
        } else {
            MessageKind::Public
        };
        message.text = body(row);
        message.recipients = Recipients {
            to: texts(row, ["to", "toEmail"]),
            cc: texts(row, ["ccEmails", "cc"]),
            bcc: texts(row, ["bccEmails", "bcc"]),
        };
        message.attachments = attachments(row);
        message.echo = json::shown(row, "externalConversationId");
        message.deleted = json::field(row, "deletedAt").is_some();
        Some(message)
    }

    /// The ticket's own text. `None` when it holds nothing that could be read.
    fn first_message(&self, conversation: &ConversationId, ticket: &Value) -> Option<Message> {
        let is_outgoing = json::text(ticket, "direction").as_deref() == Some("out");
        let author = Author {
            side: if is_outgoing { Side::Agent } else { Side::Customer },
            id: None,
            name: json::shown(ticket, "fromName")
                .or_else(|| json::shown(ticket, "from"))
                .unwrap_or_default(),
        };
        let at = time(ticket, "createdAt", self.zone);
        let mut message = Message::new(RemoteId::new(FIRST), conversation.clone(), at, author);
        message.text = body(ticket);
        message.attachments = attachments(ticket);
        message.subject = json::shown(ticket, "subject");
        message.recipients = Recipients {
            to: json::texts(ticket, "to"),
            cc: json::texts(ticket, "ccEmails"),
            bcc: json::texts(ticket, "bccEmails"),
        };
        let is_empty = message.text.trim().is_empty() && message.attachments.is_empty();
        (!is_empty).then_some(message)
    }
}

/// A time; what has none sorts first.
fn time(row: &Value, key: &str, zone: &TimeZone) -> Timestamp {
    json::time(row, key, zone).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn author(row: &Value) -> Author {
    let sender = json::field(row, "sender").unwrap_or(&Value::Null);
    let id = json::id(sender, "id")
        .or_else(|| json::id(row, "agentId"))
        .filter(|id| *id != RemoteId::Number(0));
    let side = match json::text(row, "direction").as_deref() {
        Some("in") => Side::Customer,
        // What no agent sent, an AI agent did.
        Some("out") if id.is_none() => Side::Bot,
        Some(_) => Side::Agent,
        None if id.is_some() => Side::Agent,
        None => Side::Customer,
    };
    let name = json::shown(sender, "name")
        .or_else(|| json::shown(row, "fromEmailName"))
        .or_else(|| json::shown(sender, "email"))
        .or_else(|| json::shown(row, "fromEmail"));
    Author { side, id, name: name.unwrap_or_default() }
}

/// The text, wherever the edition of the API puts it.
fn body(row: &Value) -> Clean {
    let message = row.get("content").and_then(|content| match content {
        Value::String(text) => Some(text.clone()),
        content => json::text(content, "message"),
    });
    let said = |text: &String| !text.trim().is_empty();
    if let Some(message) = message.filter(said) {
        let is_html = match json::text(row, "type").as_deref() {
            Some("html") => true,
            Some(_) => false,
            None => looks_like_html(&message),
        };
        return if is_html { html_to_text(&message) } else { clean(&message) };
    }
    json::text(row, "body")
        .filter(said)
        .map(|html| html_to_text(&html))
        .or_else(|| json::shown(row, "bodyPlain"))
        .or_else(|| json::shown(row, "bodyClean"))
        .unwrap_or_default()
}

fn looks_like_html(text: &str) -> bool {
    ["</", "<br", "<p>", "<div", "<html"].iter().any(|mark| text.contains(mark))
}

/// The texts under the first of two names that holds any.
fn texts(row: &Value, [first, second]: [&str; 2]) -> Vec<Clean> {
    let found = json::texts(row, first);
    if found.is_empty() { json::texts(row, second) } else { found }
}

fn attachments(row: &Value) -> Vec<Attachment> {
    let rows = row.get("attachments").and_then(Value::as_array).into_iter().flatten();
    rows.filter(|row| row.is_object()).map(attachment).collect()
}

fn attachment(row: &Value) -> Attachment {
    let mime = json::shown(row, "contentType");
    let kind = match mime.as_deref().and_then(|mime| mime.split('/').next()) {
        Some("image") => AttachmentKind::Image,
        Some("audio") => AttachmentKind::Audio,
        Some("video") => AttachmentKind::Video,
        _ => AttachmentKind::File,
    };
    Attachment {
        kind,
        name: json::shown(row, "name").unwrap_or_default(),
        size: json::number(row, "size").and_then(|size| size.try_into().ok()),
        mime,
        url: json::shown(row, "url"),
        detail: Clean::default(),
    }
}
