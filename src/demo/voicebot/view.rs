//! What voicebot chat shows of the world: conversations, messages with their contents, notes,
//! channel agents, customers with their profiles, users.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::demo::world::company::{self, Colleague, Inbox};
use crate::demo::world::{
    At, Attachment, Author, Channel, Conversation, Customer, DAY, Delivery, FileKind, Kind,
    Message, Status,
};
use crate::model::Vendor;

/// How long the widget and the bridge take free text after the customer's last message. WhatsApp
/// has its own 24 hours.
const SESSION: i64 = 30 * DAY;

/// A status in voicebot's words; put away is a to-do with a date.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Open | Status::Snoozed => "to-do",
        Status::Pending => "in-progress",
        Status::Resolved => "done",
    }
}

/// Reads one of the three statuses.
pub(super) fn status_of(word: &str) -> Option<Status> {
    match word {
        "to-do" => Some(Status::Open),
        "in-progress" => Some(Status::Pending),
        "done" => Some(Status::Resolved),
        _ => None,
    }
}

fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::WhatsApp => "whatsapp",
        Channel::Widget => "widget",
        _ => "bridge",
    }
}

/// Until when free text reaches the customer. WhatsApp keeps naming a window that is over; the
/// others then name none, because only the customer can begin anew.
pub(super) fn reply_until(conversation: &Conversation, now: At) -> Option<At> {
    conversation.reply_until.or_else(|| {
        let end = conversation.latest_incoming()?.at.plus(SESSION);
        (end > now).then_some(end)
    })
}

/// Whether free text reaches the customer now.
pub(super) fn reply_possible(conversation: &Conversation, now: At) -> bool {
    conversation.can_reply(now) && reply_until(conversation, now).is_some_and(|end| end > now)
}

/// What a conversation's view needs besides the conversation.
pub(super) struct Scene {
    pub now: At,
    /// The address of the API.
    pub base: String,
    /// How many conversations with something unread each agent has.
    pub unread: HashMap<u32, usize>,
}

/// A conversation. Its latest message leaves event lines out, which would hide what was said.
pub(super) fn conversation(conversation: &Conversation, scene: &Scene) -> Value {
    let now = scene.now;
    let shown =
        |found: Option<&Message>| found.map(|found| message(conversation, found, &scene.base));
    let latest = conversation.latest_public();
    let latest_note = notes(conversation).last();
    let incoming = conversation.latest_incoming();
    let assignee = conversation.assignee.and_then(company::colleague_by);
    let inbox = company::inbox_by(Vendor::Voicebot, conversation.inbox);
    json!({
        "id": conversation.key.number,
        "created_at": conversation.created_at.iso(),
        "channel": channel_word(conversation.channel),
        "status": status_word(conversation.status),
        "snooze_until": conversation.snoozed_until.map(At::iso),
        "agent": inbox.map(|inbox| agent(inbox, conversation.issues.is_empty(), &scene.unread)),
        "customer": customer(&conversation.customer, conversation.channel, conversation.muted),
        "user": assignee.map(user),
        "latest_message": shown(latest),
        "latest_customer_message": shown(incoming.filter(|message| !message.deleted)),
        "last_customer_reply_from": incoming.map(|message| message.at.iso()),
        "latest_note": latest_note.map(|latest| note(conversation, latest)),
        "unread_customer_messages_count": conversation.unread(),
        "reply_until": reply_until(conversation, now).map(At::iso),
        "reply_possible": reply_possible(conversation, now),
        "customer_interaction_required": conversation.waiting_for_customer,
    })
}

/// Whether an entry is one of the conversation's messages: event lines are (from `system`), notes
/// are kept apart and drafts do not exist.
pub(super) fn is_message(message: &Message) -> bool {
    matches!(message.kind, Kind::Public | Kind::Activity) && !message.deleted
}

/// The notes of a conversation, oldest first.
pub(super) fn notes(conversation: &Conversation) -> impl DoubleEndedIterator<Item = &Message> {
    let entries = conversation.messages.iter();
    entries.filter(|message| message.kind == Kind::Note && !message.deleted)
}

/// A note. It has no author.
pub(super) fn note(conversation: &Conversation, note: &Message) -> Value {
    json!({
        "id": note.id,
        "conversation_id": conversation.key.number,
        "text": note.text(),
        "created_at": note.at.iso(),
        "updated_at": note.updated_at.iso(),
    })
}

/// A message, with the one that it answers inside.
pub(super) fn message(conversation: &Conversation, shown: &Message, base: &str) -> Value {
    let quoted = shown.reply_to.and_then(|id| conversation.message(id));
    let mut answer = bare_message(conversation, shown, base);
    if let (Some(fields), Some(quoted)) = (answer.as_object_mut(), quoted) {
        fields.insert("reference".to_owned(), bare_message(conversation, quoted, base));
    }
    answer
}

fn bare_message(conversation: &Conversation, message: &Message, base: &str) -> Value {
    let (from, user_id) = match message.author {
        _ if message.kind == Kind::Activity => ("system", None),
        Author::Customer => ("customer", None),
        Author::Colleague(no) => ("agent", Some(no)),
        Author::Bot => ("agent", None),
        Author::System => ("system", None),
    };
    let seen = conversation.agent_seen_at.is_some_and(|seen| message.at <= seen);
    let status = match &message.delivery {
        _ if message.author.is_customer() => {
            if seen {
                "read"
            } else {
                "delivered"
            }
        }
        Delivery::Sending => "created",
        Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Failed(_) => "error",
    };
    let campaign = message.extra.get("whatsapp_campaign");
    json!({
        "id": message.id,
        "conversation_id": conversation.key.number,
        "from": from,
        "source": if campaign.is_some() { "whatsapp-campaign" } else { "user" },
        "user_id": user_id,
        "contents": contents(message, base),
        "status": status,
        "agent_reaction": message.agent_reaction,
        "customer_reaction": message.customer_reaction,
        "sent_at": (message.delivery != Delivery::Sending).then(|| message.at.iso()),
        "reference": null,
        "latest_error": error(message),
        "whatsapp_campaign": campaign,
    })
}

/// Why a message did not arrive. A message has at most one error, under its own id.
pub(super) fn error(message: &Message) -> Option<Value> {
    let Delivery::Failed(reason) = &message.delivery else { return None };
    Some(json!({
        "id": message.id,
        "message_id": message.id,
        "type": "status-update",
        "original_message": reason,
        "created_at": message.updated_at.iso(),
    }))
}

fn contents(message: &Message, base: &str) -> Vec<Value> {
    let text = message.text();
    let has_caption = message.attachments.first().is_some_and(|file| {
        matches!(file.kind, FileKind::Image | FileKind::Video | FileKind::File)
    });
    let mut contents = Vec::new();
    if message.attachments.is_empty() || (!text.is_empty() && !has_caption) {
        contents.push(json!({"type": "text", "content": text}));
    }
    for (index, file) in message.attachments.iter().enumerate() {
        let caption = if index == 0 && !text.is_empty() { text } else { &file.detail };
        contents.push(content(file, Some(caption).filter(|caption| !caption.is_empty()), base));
    }
    contents
}

fn content(file: &Attachment, caption: Option<&str>, base: &str) -> Value {
    let kind = match file.kind {
        FileKind::Location => return location(file),
        FileKind::Contact => return contact(file),
        FileKind::Image => "image",
        FileKind::Video => "video",
        FileKind::Audio => "audio",
        FileKind::File => "document",
    };
    let uuid = uuid(file.id);
    let mut content = json!({
        "type": kind,
        "has_file": true,
        "uuid": uuid,
        "name": file.name,
        "mime_type": file.mime,
        "size": file.size,
        "download_url": format!("{base}/files/{uuid}"),
        "public_download_url": file.url.clone().unwrap_or_else(|| format!("{base}/files/public/{uuid}")),
    });
    if let Some(fields) = content.as_object_mut() {
        match file.kind {
            FileKind::Audio => {
                fields.insert("voice".to_owned(), json!(file.voice));
            }
            FileKind::File => {
                fields.insert("filename".to_owned(), json!(file.name));
                fields.insert("caption".to_owned(), json!(caption));
            }
            _ => {
                fields.insert("caption".to_owned(), json!(caption));
            }
        }
    }
    content
}

fn location(place: &Attachment) -> Value {
    let (latitude, longitude) = place.position.unwrap_or_default();
    json!({
        "type": "location",
        "latitude": latitude.to_string(),
        "longitude": longitude.to_string(),
        "address": place.detail,
        "name": place.name,
        "url": place.url,
    })
}

fn contact(card: &Attachment) -> Value {
    let (first, last) = card.name.split_once(' ').unwrap_or((&card.name, ""));
    json!({
        "type": "contact",
        "name": {
            "formatted_name": card.name,
            "first_name": first,
            "middle_name": null,
            "last_name": last,
            "prefix": null,
            "suffix": null,
        },
        "birthday": null,
        "phones": [{"phone": card.detail, "type": "CELL"}],
        "emails": [],
        "addresses": [],
        "org": {"company": null, "department": null, "title": null},
    })
}

/// A file's uuid, out of which [`file_id`] reads its number again.
pub(super) fn uuid(id: u64) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", id >> 48, id & 0xffff_ffff_ffff)
}

/// The number behind a file's uuid.
pub(super) fn file_id(uuid: &str) -> Option<u64> {
    let (high, rest) = uuid.split_once("-0000-4000-8000-")?;
    let (high, low) = (u64::from_str_radix(high, 16).ok()?, u64::from_str_radix(rest, 16).ok()?);
    high.checked_shl(48).map(|high| high | low)
}

/// One of the business's numbers or widgets, which this vendor calls an agent. What is not in
/// sync is an older number of the same inbox, kept for its conversations.
pub(super) fn agent(inbox: &Inbox, in_sync: bool, unread: &HashMap<u32, usize>) -> Value {
    let unread = unread.get(&inbox.id).copied().unwrap_or(0);
    json!({
        "id": if in_sync { inbox.id } else { inbox.id + 100 },
        "channel": channel_word(inbox.channel),
        "display_id": if in_sync { inbox.address.to_owned() } else { format!("{}0", inbox.address) },
        "name": if in_sync { inbox.name.to_owned() } else { format!("{} (old)", inbox.name) },
        "in_sync": in_sync,
        "unread_conversations_count": if in_sync { unread } else { 0 },
    })
}

/// A customer on one channel.
pub(super) fn customer(customer: &Customer, channel: Channel, blocked: bool) -> Value {
    json!({
        "id": customer.id,
        "channel": channel_word(channel),
        "display_id": customer.phone.trim_start_matches('+'),
        "name": customer.name,
        "profile": profile(customer, blocked),
    })
}

/// The person behind a customer; the two share their id.
pub(super) fn profile(customer: &Customer, blocked: bool) -> Value {
    json!({
        "id": customer.id,
        "salutation": "informal",
        "name": format!("{} {}", customer.first, customer.last),
        "gender": "undisclosed",
        "blocked": blocked,
        "date_of_birth": null,
        "phone_number": customer.phone,
        "email": customer.email,
        "address": customer.address,
        "custom_1": customer.contract,
        "custom_2": null,
        "custom_3": null,
        "custom_4": null,
        "custom_5": null,
        "created_at": "2023-01-01T12:00:00Z",
        "updated_at": "2023-06-01T12:00:00Z",
    })
}

/// A colleague.
pub(super) fn user(colleague: &Colleague) -> Value {
    json!({
        "id": colleague.no,
        "name": colleague.name(),
        "email": colleague.email,
        "roles": [if colleague.admin { "admin" } else { "user" }],
        "permissions": if colleague.admin { &[][..] } else { &["conversations.write"][..] },
        "created_at": "2023-01-01T12:00:00Z",
        "updated_at": "2023-01-01T12:00:00Z",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_again_by_its_uuid() {
        for id in [0, 7, 103_013_960_646, u64::MAX] {
            assert_eq!(file_id(&uuid(id)), Some(id));
        }
        assert_eq!(file_id("nonsense"), None);
    }
}
