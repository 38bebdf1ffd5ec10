//! What Partoo shows of the world: conversations with the shops, their messages, users, shops.

use serde_json::{Value, json};

use crate::demo::world::company::{self, Colleague, Inbox};
use crate::demo::world::{
    ATTACHMENTS_PER_MESSAGE, At, Attachment, Author, Canned, Channel, Conversation, Delivery,
    FileKind, Kind, Message, Status,
};
use crate::model::Vendor;

/// The organisation that everything belongs to.
pub(super) const ORGANISATION: u32 = 77;

/// What kind of thing a 24-digit id names; part of the id, so that none is taken for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum IdKind {
    User = 0x1a,
    Business = 0x2b,
    Template = 0x3c,
}

/// A 24-digit id.
pub(super) fn hex_id(kind: IdKind, number: u64) -> String {
    format!("5f3c9e20d1{:02x}{number:012x}", kind as u8)
}

/// The number in such an id.
pub(super) fn number_of(kind: IdKind, id: &str) -> Option<u64> {
    let number = u64::from_str_radix(id.get(12..)?, 16).ok()?;
    (hex_id(kind, number) == id).then_some(number)
}

/// Whether the channel's reply window is over.
pub(super) fn is_expired(conversation: &Conversation, now: At) -> bool {
    conversation.waiting_for_customer || conversation.reply_until.is_some_and(|end| end <= now)
}

/// Whether a message can be sent now: the read status, which is not the one that is written.
pub(super) fn is_open(conversation: &Conversation, now: At) -> bool {
    conversation.status != Status::Resolved && !is_expired(conversation, now)
}

fn partner(channel: Channel) -> &'static str {
    match channel {
        Channel::Facebook => "Facebook",
        Channel::Instagram => "Instagram",
        Channel::Sms => "SMS",
        Channel::WhatsApp => "Whatsapp",
        _ => "Google",
    }
}

/// A conversation. `base` is the address of the API.
pub(super) fn conversation(conversation: &Conversation, now: At, base: &str) -> Value {
    let customer = &conversation.customer;
    let has_phone = matches!(conversation.channel, Channel::Sms | Channel::WhatsApp);
    let inbox = company::inbox_by(Vendor::Partoo, conversation.inbox);
    // Event lines are messages too, but as the last one they would hide what was said.
    let latest = parts(conversation, base).rfind(|part| part.message.kind == Kind::Public);
    let has_answer = messages(conversation)
        .any(|message| message.kind == Kind::Public && !message.author.is_customer());
    json!({
        "id": conversation.key.number,
        "consumer_img": null,
        "consumer_name": consumer_name(conversation),
        "consumer_phone_number": has_phone.then_some(&customer.phone),
        "last_message": latest.map(|latest| message(conversation, &latest)),
        "is_read": conversation.unread() == 0,
        "status": if is_open(conversation, now) { "Open" } else { "Closed" },
        "created_at": conversation.created_at.spaced(),
        "has_one_user_message": has_answer,
        "business": inbox.map(|inbox| json!({
            "id": hex_id(IdKind::Business, u64::from(inbox.id)),
            "name": inbox.name,
            "city": inbox.city,
            "zipcode": zipcode(inbox),
            "country": country(inbox),
            "formatted_address": format!("{}, {} {}", inbox.address, zipcode(inbox), inbox.city),
        })),
        "messaging_partner": partner(conversation.channel),
        "issues": conversation.issues,
        "first_message_date": conversation.messages.first().map(|first| first.at.spaced()),
        "is_expired": is_expired(conversation, now),
        "is_solved": conversation.status == Status::Resolved,
        "assigned_user_id": conversation.assignee.map(|no| hex_id(IdKind::User, u64::from(no))),
        "custom_channel": null,
    })
}

/// Instagram gives a handle along with the name, the others the name alone.
fn consumer_name(conversation: &Conversation) -> String {
    let customer = &conversation.customer;
    match conversation.channel {
        Channel::Instagram if !customer.name.is_empty() => {
            let handle = customer.email.split('@').next().unwrap_or_default();
            format!("{} (@{handle})", customer.name)
        }
        _ => customer.name.clone(),
    }
}

/// The entries that Partoo has, oldest first: it knows neither notes nor drafts.
fn messages(conversation: &Conversation) -> impl DoubleEndedIterator<Item = &Message> {
    let entries = conversation.messages.iter();
    entries.filter(|message| matches!(message.kind, Kind::Public | Kind::Activity))
}

/// One content of a message. A Partoo message holds one only, so what the world says with words
/// and files at once becomes several: the first under its own id, the rest under ids far above.
pub(super) struct Part<'a> {
    pub id: u64,
    pub message: &'a Message,
    content_type: &'static str,
    content: String,
}

/// Where the ids of further contents begin.
const PART_IDS: u64 = 1_000_000_000_000;

/// The world's message behind a Partoo message's id.
pub(super) fn message_id(id: u64) -> u64 {
    id.checked_sub(PART_IDS).map_or(id, |file| file / ATTACHMENTS_PER_MESSAGE)
}

/// All of a conversation's messages, oldest first. `base` is the address of the API.
pub(super) fn parts<'a>(
    conversation: &'a Conversation,
    base: &'a str,
) -> impl DoubleEndedIterator<Item = Part<'a>> {
    messages(conversation).flat_map(move |message| parts_of(conversation, message, base))
}

fn parts_of<'a>(conversation: &Conversation, message: &'a Message, base: &str) -> Vec<Part<'a>> {
    let mut contents = Vec::new();
    if !message.text().is_empty() || message.attachments.is_empty() {
        let kind = if is_story_reply(conversation, message) { "IgStoryReply" } else { "Text" };
        contents.push((message.id, (kind, message.text().to_owned())));
    }
    for file in &message.attachments {
        let id = if contents.is_empty() { message.id } else { PART_IDS + file.id };
        contents.push((id, media(file, base)));
    }
    let part = |(id, (content_type, content))| Part { id, message, content_type, content };
    contents.into_iter().map(part).collect()
}

/// A message.
pub(super) fn message(conversation: &Conversation, part: &Part<'_>) -> Value {
    let message = part.message;
    let (sender_type, user_id) = match message.author {
        _ if message.kind == Kind::Activity => ("Metadata", None),
        Author::System => ("Metadata", None),
        Author::Customer => ("Consumer", None),
        Author::Colleague(no) => ("User", Some(hex_id(IdKind::User, u64::from(no)))),
        Author::Bot => ("User", None),
    };
    let label = match message.author {
        Author::Customer => conversation.customer.name.clone(),
        Author::Colleague(no) => company::name_of(no),
        Author::Bot | Author::System => company::NAME.to_owned(),
    };
    let status = match &message.delivery {
        Delivery::Sending => "Sending",
        Delivery::Failed(_) => "Failed",
        Delivery::Sent | Delivery::Delivered | Delivery::Read => "Success",
    };
    json!({
        "id": part.id,
        "conversation_id": conversation.key.number,
        "date": message.at.spaced(),
        "content_type": part.content_type,
        "sender_type": sender_type,
        "sender_label": label,
        "status": status,
        "is_deleted": message.deleted,
        "content": part.content,
        "user_id": user_id,
        "custom_channel": null,
    })
}

/// On Instagram every third conversation begins as an answer to a story.
fn is_story_reply(conversation: &Conversation, message: &Message) -> bool {
    conversation.channel == Channel::Instagram
        && conversation.key.number.is_multiple_of(3)
        && message.author.is_customer()
        && messages(conversation).next().is_some_and(|first| first.id == message.id)
}

fn media(file: &Attachment, base: &str) -> (&'static str, String) {
    let word = match file.kind {
        FileKind::Image => "Image",
        FileKind::Video => "Video",
        FileKind::Audio => "Audio",
        FileKind::File => "Document",
        FileKind::Location | FileKind::Contact => return ("Unsupported", String::new()),
    };
    let own = || format!("{base}/media/{}", file.id);
    (word, file.url.clone().unwrap_or_else(own))
}

/// A colleague.
pub(super) fn user(colleague: &Colleague) -> Value {
    json!({
        "id": hex_id(IdKind::User, u64::from(colleague.no)),
        "org_id": ORGANISATION,
        "first_name": colleague.first,
        "last_name": colleague.last,
        "email": colleague.email,
        "lang": "en",
        "phone": null,
        "sidebar_products": ["messages"],
        "reports": [],
        "role": if colleague.admin { "ORG_ADMIN" } else { "GROUP_MANAGER" },
        "provider": "partoo",
        "status": "active",
        "created_at": 1_672_574_400,
    })
}

/// The number of somebody who was invited and has not come yet: nothing can be assigned to them.
pub(super) const INVITED: u64 = 99;

/// That somebody.
pub(super) fn invited() -> Value {
    let me = company::colleague_by(company::ME).map(user);
    let mut someone = me.unwrap_or_default();
    if let Some(fields) = someone.as_object_mut() {
        fields.insert("id".to_owned(), json!(hex_id(IdKind::User, INVITED)));
        fields.insert("first_name".to_owned(), json!("Lena"));
        fields.insert("last_name".to_owned(), json!("Okafor"));
        fields.insert("email".to_owned(), json!("lena.okafor@halmbach.example"));
        fields.insert("status".to_owned(), json!("invited"));
    }
    someone
}

/// A shop.
pub(super) fn business(inbox: &Inbox) -> Value {
    json!({
        "id": hex_id(IdKind::Business, u64::from(inbox.id)),
        "code": code(inbox),
        "name": inbox.name,
        "status": "open",
        "opening_date": null,
        "org_id": ORGANISATION,
        "groups": [],
        "address": inbox.address,
        "address_full": format!("{}, {} {}", inbox.address, zipcode(inbox), inbox.city),
        "address2": null,
        "city": inbox.city,
        "zipcode": zipcode(inbox),
        "region": null,
        "country": country(inbox),
        "default_lang": "en",
        "categories": ["gcid:bicycle_store"],
        "website_url": "https://halmbach.example",
        "logo_url": null,
        "contacts": [],
        "lat": null,
        "long": null,
        "subscriptions": {
            "presence_management": {"active": true},
            "review_management": {"active": true},
            "review_booster": {"active": false},
            "messages": {"active": true},
        },
        "features": ["messages", "review_management"],
        "created": 1_672_574_400.125,
        "modified": 1_704_110_400.5,
    })
}

/// The shop's own code, by which it can be looked up too.
pub(super) fn code(inbox: &Inbox) -> String {
    format!("HB{:03}", inbox.id)
}

fn zipcode(inbox: &Inbox) -> &'static str {
    match inbox.city {
        "Leipzig" => "04229",
        "Lyon" => "69003",
        "Bilbao" => "48001",
        "Haifa" => "3446703",
        "Bristol" => "BS7 8AE",
        "Θεσσαλονίκη" => "54622",
        _ => "88131",
    }
}

fn country(inbox: &Inbox) -> &'static str {
    match inbox.city {
        "Lyon" => "FR",
        "Bilbao" => "ES",
        "Haifa" => "IL",
        "Bristol" => "GB",
        "Θεσσαλονίκη" => "GR",
        _ => "DE",
    }
}

/// A reply template: its content is JSON in a text.
pub(super) fn template(canned: &Canned) -> Value {
    let text = canned
        .text
        .replace("{{contact.first_name}}", "{{client_first_name}}")
        .replace("{{agent.name}}", "{{my_first_name}}");
    json!({
        "id": hex_id(IdKind::Template, canned.id),
        "title": canned.title,
        "content": json!({"text": text, "_version": "0.1"}).to_string(),
        "icon": "🚲",
        "org_id": ORGANISATION,
        "created_at": canned.created_at.iso(),
        "updated_at": canned.updated_at.iso(),
        "usage_count": canned.id * 7,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_24_digits_and_are_read_only_as_what_they_name() {
        let id = hex_id(IdKind::User, 3);
        assert_eq!(id.len(), 24);
        assert_eq!(number_of(IdKind::User, &id), Some(3));
        assert_eq!(number_of(IdKind::Business, &id), None);
        assert_eq!(number_of(IdKind::User, "ü"), None);
    }
}
