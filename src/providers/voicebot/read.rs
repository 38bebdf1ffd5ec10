//! voicebot's conversations, messages, notes and users, as they come, turned into ours.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::content::{self, Content};
use crate::model::{
    AccountId, Author, Channel, Contact, ConversationId, ConversationNews, Delivery, Message,
    MessageKind, Person, Quoted, RemoteId, ReplyWindow, Side, Status,
};
use crate::providers::{json, kit};
use crate::text::clean;

/// The statuses, and the vendor's word for each to read and to write.
pub(super) const STATUSES: [(Status, &str); 3] =
    [(Status::Open, "to-do"), (Status::Pending, "in-progress"), (Status::Resolved, "done")];

/// What tells a note from a message in our ids: the vendor counts both from 1.
const NOTE_PREFIX: &str = "note-";

/// What a conversation says. `None` without a usable id.
pub(super) fn conversation(
    row: &Value,
    account: AccountId,
    names: &kit::Names,
    now: Timestamp,
) -> Option<ConversationNews> {
    let id = ConversationId { account, remote: json::id(row, "id")? };
    let mut news = ConversationNews::new(id.clone());
    let status = json::text(row, "status").map(|word| status(&word));
    let snoozed_until =
        time(row, "snooze_until").filter(|until| *until > now && status != Some(Status::Resolved));
    news.snoozed_until = Some(snoozed_until);
    news.status = snoozed_until.map(|_| Status::Snoozed).or(status);
    news.channel = json::text(row, "channel").map(|word| channel(&word));
    news.contact = json::field(row, "customer").map(contact);
    if let Some(agent) = json::field(row, "agent") {
        news.inbox = Some(json::shown(agent, "name").or_else(|| json::shown(agent, "display_id")));
    }
    // The field is not declared nullable, so somebody who works on nothing may also be left out.
    let assignee = json::field(row, "user").and_then(person);
    if let Some(person) = &assignee {
        names.learn(person);
    }
    news.assignee = Some(assignee);
    news.unread = json::number(row, "unread_customer_messages_count")
        .map(|count| u32::try_from(count.max(0)).unwrap_or(u32::MAX));
    let created_at = time(row, "created_at");
    news.created_at = created_at.map(Some);
    let latest = json::field(row, "latest_message");
    news.last_activity = latest
        .and_then(|latest| time(latest, "sent_at"))
        .or_else(|| time(row, "last_customer_reply_from"))
        .or(created_at)
        .map(Some);
    if let Some(latest) = latest
        && let Some(message) = messages(std::slice::from_ref(latest), &id, names, now).pop()
    {
        let waits = message.author.side == Side::Customer && news.status != Some(Status::Resolved);
        news.waiting_since = Some(waits.then_some(message.at));
        news.snippet = Some(kit::snippet(&message));
        news.snippet_is_ours = Some(matches!(message.author.side, Side::Agent | Side::Bot));
    }
    news.reply_window = reply_window(row, now);
    Some(news)
}

fn status(word: &str) -> Status {
    let known = STATUSES.into_iter().find(|(_, theirs)| word.eq_ignore_ascii_case(theirs));
    known.map_or_else(|| Status::Other(clean(word)), |(status, _)| status)
}

fn channel(word: &str) -> Channel {
    match word.to_ascii_lowercase().as_str() {
        "whatsapp" => Channel::WhatsApp,
        "widget" => Channel::Chat,
        _ => Channel::Other(clean(word)),
    }
}

fn contact(customer: &Value) -> Contact {
    let profile = json::field(customer, "profile").unwrap_or(&Value::Null);
    Contact {
        id: json::id(customer, "id"),
        name: json::shown(profile, "name")
            .or_else(|| json::shown(customer, "name"))
            .unwrap_or_default(),
        handle: json::shown(profile, "phone_number")
            .or_else(|| json::shown(profile, "email"))
            .or_else(|| json::shown(customer, "display_id"))
            .unwrap_or_default(),
    }
}

/// A user. `None` without a usable id.
pub(super) fn person(user: &Value) -> Option<Person> {
    let id = json::id(user, "id")?;
    let name = json::shown(user, "name").or_else(|| json::shown(user, "email"));
    Some(Person { name: name.unwrap_or_else(|| clean(&id.to_string())), id })
}

/// Whether free text reaches the customer, as the vendor's fields say it together: a disconnected
/// channel beats everything, and after a template even a `reply_until` in the future means nothing
/// until the customer answers. `None` when the row mentions none of them.
fn reply_window(row: &Value, now: Timestamp) -> Option<ReplyWindow> {
    let in_sync = json::field(row, "agent").and_then(|agent| json::flag(agent, "in_sync"));
    let possible = json::flag(row, "reply_possible");
    let waiting = json::flag(row, "customer_interaction_required");
    if in_sync == Some(false) {
        let why = "The channel is disconnected; nothing can be sent until it is connected again.";
        return Some(ReplyWindow::Closed(clean(why)));
    }
    if waiting == Some(true) {
        return Some(ReplyWindow::WaitingForCustomer);
    }
    let ahead = time(row, "reply_until").filter(|end| *end > now);
    let whatsapp = json::text(row, "channel").map(|word| channel(&word)) == Some(Channel::WhatsApp);
    Some(match (possible, ahead) {
        (Some(true), end) => end.map_or(ReplyWindow::Open, ReplyWindow::Until),
        (None, Some(end)) => ReplyWindow::Until(end),
        (None, None) if row.get("reply_until").is_none() => return None,
        (Some(false), Some(_)) => ReplyWindow::Closed(clean(
            "voicebot chat says that no reply is possible now, though the reply window is open.",
        )),
        _ if whatsapp => ReplyWindow::TemplateOnly,
        _ => ReplyWindow::Closed(clean("The reply window is over; the customer has to write.")),
    })
}

/// Messages, oldest first. Rows without a usable id are left out.
pub(super) fn messages(
    rows: &[Value],
    conversation: &ConversationId,
    names: &kit::Names,
    now: Timestamp,
) -> Vec<Message> {
    let at = |row: &Value| {
        time(row, "sent_at").or_else(|| time(json::field(row, "latest_error")?, "created_at"))
    };
    let fresh = |row: &Value| json::text(row, "status").as_deref() == Some("created");
    kit::timed(rows, at, fresh, now)
        .into_iter()
        .map(|(id, at, row)| message(row, id, at, conversation, names))
        .collect()
}

fn message(
    row: &Value,
    id: RemoteId,
    at: Timestamp,
    conversation: &ConversationId,
    names: &kit::Names,
) -> Message {
    let author = author(row, names);
    let mut message = Message::new(id, conversation.clone(), at, author);
    match message.author.side {
        Side::System => message.kind = MessageKind::Activity,
        Side::Agent | Side::Bot => message.delivery = delivery(row),
        Side::Customer => {}
    }
    take_contents(&mut message, row);
    message.quoted =
        json::field(row, "reference").and_then(|reference| quoted(reference, &message));
    message.reactions = ["customer_reaction", "agent_reaction"]
        .into_iter()
        .filter_map(|key| json::shown(row, key))
        .collect();
    message
}

/// Who wrote it. An agent message without a user is automatic or comes from another client, which
/// the vendor does not tell apart; one of a campaign is automatic for sure.
fn author(row: &Value, names: &kit::Names) -> Author {
    let id = json::id(row, "user_id");
    let campaign = json::text(row, "source").as_deref() == Some("whatsapp-campaign");
    match json::text(row, "from").unwrap_or_default().to_ascii_lowercase().as_str() {
        "customer" => Author { side: Side::Customer, id: None, name: clean("") },
        "agent" if campaign => {
            let name = json::field(row, "whatsapp_campaign")
                .and_then(|campaign| json::text(campaign, "name"))
                .map_or_else(String::new, |name| format!(" “{name}”"));
            Author { side: Side::Bot, id, name: clean(&format!("WhatsApp campaign{name}")) }
        }
        "agent" => {
            let name = id.as_ref().and_then(|id| names.get(id)).unwrap_or_default();
            Author { side: Side::Agent, id, name }
        }
        _ => Author { side: Side::System, id, name: clean("") },
    }
}

fn take_contents(message: &mut Message, row: &Value) {
    let mut texts = Vec::new();
    for content in content::all(row) {
        match content {
            Content::Text(text) => texts.push(text),
            Content::Card(card) => message.attachments.push(*card),
        }
    }
    message.text = clean(&texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n"));
}

/// The quoted message. It nests a whole message, which may quote again; one level is shown.
fn quoted(reference: &Value, answer: &Message) -> Option<Quoted> {
    let id = json::id(reference, "id")?;
    let mut quoted = Message::new(
        id.clone(),
        answer.conversation.clone(),
        answer.at,
        Author { side: Side::System, id: None, name: clean("") },
    );
    take_contents(&mut quoted, reference);
    Some(Quoted { id, text: kit::snippet(&quoted) })
}

fn delivery(row: &Value) -> Option<Delivery> {
    match json::text(row, "status")?.to_ascii_lowercase().as_str() {
        "created" => Some(Delivery::Sending),
        "sent" => Some(Delivery::Sent),
        "delivered" => Some(Delivery::Delivered),
        "read" => Some(Delivery::Read),
        "error" => {
            let why = json::field(row, "latest_error")
                .and_then(|error| json::shown(error, "original_message"));
            Some(Delivery::Failed(why.unwrap_or_default()))
        }
        _ => None,
    }
}

/// Notes, oldest first; the vendor does not say who wrote them.
pub(super) fn notes(rows: &[Value], conversation: &ConversationId, now: Timestamp) -> Vec<Message> {
    let at = |row: &Value| time(row, "created_at").or_else(|| time(row, "updated_at"));
    kit::timed(rows, at, |_| true, now)
        .into_iter()
        .map(|(id, at, row)| {
            let author = Author { side: Side::Agent, id: None, name: clean("") };
            let id = RemoteId::new(&format!("{NOTE_PREFIX}{id}"));
            let mut note = Message::new(id, conversation.clone(), at, author);
            note.kind = MessageKind::Note;
            note.text = clean(&json::text(row, "text").unwrap_or_default());
            note
        })
        .collect()
}

/// The vendor's id of a note, from ours. `None` for the id of a message.
pub(super) fn note_id(message: &RemoteId) -> Option<RemoteId> {
    message.to_string().strip_prefix(NOTE_PREFIX).map(RemoteId::new)
}

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    json::time(value, key, &TimeZone::UTC)
}

#[cfg(test)]
mod tests;
