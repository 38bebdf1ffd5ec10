//! The objects of the answers, key for key as recorded.

use serde_json::{Map, Value, json};

use super::super::desk::ACCOUNT_ID;
use super::super::server::{Site, percent_encoded};
use super::super::world::company::{self, ME};
use super::super::world::{
    ATTACHMENTS_PER_MESSAGE, At, Attachment, Author, Canned, Channel, Colleague, ColleagueNo,
    Conversation, Customer, Delivery, FileKind, Inbox, Key, Kind, Label, Message, Status, Team,
    files,
};
use crate::model::Priority;

/// The unread count goes no further.
const MOST_UNREAD: u32 = 10;

pub fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Pending => "pending",
        Status::Snoozed => "snoozed",
        Status::Resolved => "resolved",
    }
}

pub fn status_by(word: &str) -> Option<Status> {
    [Status::Open, Status::Pending, Status::Snoozed, Status::Resolved]
        .into_iter()
        .find(|candidate| status(*candidate) == word)
}

pub fn channel_type(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "Channel::Email",
        Channel::WhatsApp => "Channel::Whatsapp",
        Channel::Facebook | Channel::Instagram | Channel::Google => "Channel::FacebookPage",
        Channel::Telegram => "Channel::Telegram",
        Channel::Sms => "Channel::Sms",
        Channel::Widget => "Channel::WebWidget",
        Channel::Api | Channel::Phone | Channel::Letter | Channel::Portal => "Channel::Api",
    }
}

/// Whole seconds; 0 for never.
fn seconds(at: Option<At>) -> i64 {
    at.map_or(0, At::seconds)
}

fn iso(at: Option<At>) -> Option<String> {
    at.map(At::iso_millis)
}

/// A UUID that belongs to a conversation.
fn uuid(key: Key, which: u64) -> String {
    let mut dice = super::super::world::Dice::at(which, &[u64::from(key.number)]);
    let hex = format!("{:016x}{:016x}", dice.next(), dice.next());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// A colleague as an agent of the account.
pub fn agent(colleague: &Colleague) -> Value {
    json!({
        "id": colleague.no,
        "account_id": ACCOUNT_ID,
        "availability_status": colleague.presence,
        "auto_offline": true,
        "confirmed": true,
        "email": colleague.email,
        "provider": "email",
        "available_name": colleague.name(),
        "name": colleague.name(),
        "role": role(colleague),
        "thumbnail": "",
    })
}

pub fn role(colleague: &Colleague) -> &'static str {
    if colleague.admin { "administrator" } else { "agent" }
}

/// A colleague as a sender.
fn user(no: ColleagueNo) -> Option<Value> {
    let colleague = company::colleague_by(no)?;
    Some(json!({
        "id": colleague.no,
        "name": colleague.name(),
        "available_name": colleague.name(),
        "avatar_url": "",
        "type": "user",
        "availability_status": colleague.presence,
        "thumbnail": "",
    }))
}

pub fn team(team: &Team) -> Value {
    json!({
        "id": team.no,
        "name": team.name,
        "description": team.purpose,
        "allow_auto_assign": team.assigns,
        "account_id": ACCOUNT_ID,
        "is_member": team.members.contains(&ME),
    })
}

/// A team as the row in the database, which is what giving it a conversation answers.
pub fn raw_team(team: &Team, made: At) -> Value {
    json!({
        "id": team.no,
        "name": team.name,
        "description": team.purpose,
        "allow_auto_assign": team.assigns,
        "account_id": ACCOUNT_ID,
        "created_at": made.iso_millis(),
        "updated_at": made.iso_millis(),
    })
}

pub fn label(label: &Label) -> Value {
    json!({
        "id": label.id,
        "title": label.title,
        "description": label.meaning,
        "color": label.color,
        "show_on_sidebar": true,
    })
}

pub fn canned(canned: &Canned) -> Value {
    json!({
        "id": canned.id,
        "account_id": ACCOUNT_ID,
        "short_code": canned.code,
        "content": canned.text,
        "created_at": canned.created_at.iso_millis(),
        "updated_at": canned.updated_at.iso_millis(),
    })
}

pub fn inbox(inbox: &Inbox) -> Value {
    let days: Vec<Value> = (0..7)
        .map(|day| {
            let is_closed = day == 0 || day == 6;
            let open = |hour: u8| if is_closed { Value::Null } else { json!(hour) };
            json!({
                "day_of_week": day,
                "closed_all_day": is_closed,
                "open_hour": open(9),
                "open_minutes": open(0),
                "close_hour": open(17),
                "close_minutes": open(0),
                "open_all_day": false,
            })
        })
        .collect();
    let is_widget = inbox.channel == Channel::Widget;
    let only = |is: bool, text: &str| if is { json!(text) } else { Value::Null };
    let has_number = matches!(inbox.channel, Channel::WhatsApp | Channel::Sms);
    let mut body = json!({
        "id": inbox.id,
        "avatar_url": "",
        "channel_id": inbox.id,
        "name": inbox.name,
        "channel_type": channel_type(inbox.channel),
        "greeting_enabled": false,
        "greeting_message": null,
        "working_hours_enabled": false,
        "enable_email_collect": true,
        "csat_survey_enabled": false,
        "csat_config": {},
        "enable_auto_assignment": false,
        "auto_assignment_config": {},
        "out_of_office_message": null,
        "working_hours": days,
        "timezone": "Europe/Berlin",
        "callback_webhook_url": null,
        "allow_messages_after_resolved": true,
        "lock_to_single_conversation": false,
        "sender_name_type": "friendly",
        "business_name": null,
        "allowed_domains": null,
        "widget_color": only(is_widget, "#1f93ff"),
        "website_url": only(is_widget, inbox.address),
        "hmac_mandatory": if is_widget { json!(false) } else { Value::Null },
        "welcome_title": null,
        "welcome_tagline": null,
        "web_widget_script": null,
        "website_token": null,
        "selected_feature_flags": null,
        "reply_time": only(is_widget, "in_a_few_minutes"),
        "messaging_service_sid": null,
        "phone_number": only(has_number, inbox.address),
        "provider": null,
    });
    let extra = match inbox.channel {
        Channel::Email => json!({
            "email": inbox.address,
            "forwarding_enabled": true,
            "forward_to_email": format!("inbox-{}@inbound.halmbach.example", inbox.id),
        }),
        Channel::Api => json!({
            "webhook_url": null,
            "inbox_identifier": "made-up-identifier",
            "additional_attributes": {},
        }),
        _ => json!({}),
    };
    if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), extra) {
        body.extend(extra);
    }
    body
}

/// A customer as a sender.
pub fn sender(customer: &Customer, muted: bool) -> Value {
    json!({
        "additional_attributes": { "city": customer.city },
        "custom_attributes": {},
        "email": customer.email,
        "id": customer.id,
        "identifier": null,
        "name": customer.name,
        "phone_number": customer.phone,
        "thumbnail": "",
        "blocked": muted,
        "type": "contact",
    })
}

/// A customer as a contact.
pub fn contact(conversation: &Conversation) -> Value {
    let customer = &conversation.customer;
    json!({
        "additional_attributes": { "city": customer.city },
        "availability_status": "offline",
        "email": customer.email,
        "id": customer.id,
        "name": customer.name,
        "phone_number": customer.phone,
        "blocked": conversation.muted,
        "identifier": null,
        "thumbnail": "",
        "custom_attributes": {},
        "last_activity_at": seconds(conversation.latest_incoming().map(|message| message.at)),
        "created_at": conversation.created_at.seconds(),
    })
}

/// What the conversation knows besides: mail head, browser.
pub fn additional(conversation: &Conversation) -> Value {
    let begun = conversation.created_at.iso_millis();
    match conversation.channel {
        Channel::Email => json!({
            "source": "email",
            "auto_reply": false,
            "in_reply_to": null,
            "initiated_at": { "timestamp": begun },
            "mail_subject": conversation.subject,
        }),
        Channel::Widget => json!({
            "browser": {
                "device_name": "Unknown",
                "browser_name": "Firefox",
                "platform_name": "Linux",
                "browser_version": "148.0",
                "platform_version": "Unknown",
            },
            "referer": "https://shop.halmbach.example/bikes",
            "initiated_at": { "timestamp": begun },
            "browser_language": conversation.language.code(),
        }),
        _ => json!({}),
    }
}

/// A whole conversation, as list, filter, show and update answer it.
pub fn conversation(site: &Site, conversation: &Conversation) -> Value {
    let now = site.world.now();
    let mut meta = json!({
        "sender": contact(conversation),
        "channel": channel_type(conversation.channel),
        "hmac_verified": false,
    });
    if let Some(meta) = meta.as_object_mut() {
        if let Some(colleague) = conversation.assignee.and_then(company::colleague_by) {
            meta.insert("assignee".to_owned(), agent(colleague));
            meta.insert("assignee_type".to_owned(), json!("User"));
        }
        if let Some(of) = conversation.team.and_then(company::team_by) {
            meta.insert("team".to_owned(), team(of));
        }
    }
    let push = |message: &Message| push_message(site, conversation, message);
    let seen = seconds(conversation.agent_seen_at);
    json!({
        "meta": meta,
        "id": conversation.key.number,
        "messages": conversation.messages.last().map(push).into_iter().collect::<Vec<_>>(),
        "account_id": ACCOUNT_ID,
        "uuid": uuid(conversation.key, 1),
        "additional_attributes": additional(conversation),
        "agent_last_seen_at": seen,
        "assignee_last_seen_at": if conversation.assignee == Some(ME) { seen } else { 0 },
        "can_reply": conversation.can_reply(now),
        "contact_last_seen_at": seconds(conversation.customer_seen_at),
        "custom_attributes": conversation.custom,
        "inbox_id": conversation.inbox,
        "labels": conversation.labels,
        "muted": conversation.muted,
        "snoozed_until": iso(conversation.snoozed_until),
        "status": status(conversation.status),
        "created_at": conversation.created_at.seconds(),
        "updated_at": conversation.updated_at.float_seconds(),
        "timestamp": conversation.last_activity().seconds(),
        "first_reply_created_at": seconds(conversation.first_reply_at()),
        "unread_count": conversation.unread().min(MOST_UNREAD),
        "last_non_activity_message": conversation.latest().map(push),
        "last_activity_at": conversation.last_activity().seconds(),
        "priority": conversation.priority.map(Priority::word),
        "waiting_since": seconds(conversation.waiting_since()),
        "sla_policy_id": null,
    })
}

/// What stands above a thread.
pub fn thread_meta(conversation: &Conversation) -> Value {
    let mut meta = json!({
        "labels": conversation.labels,
        "additional_attributes": additional(conversation),
        "contact": sender(&conversation.customer, conversation.muted),
        "agent_last_seen_at": iso(conversation.agent_seen_at),
        "assignee_last_seen_at":
            iso(conversation.agent_seen_at.filter(|_| conversation.assignee == Some(ME))),
    });
    if let (Some(meta), Some(assignee)) =
        (meta.as_object_mut(), conversation.assignee.and_then(user))
    {
        meta.insert("assignee".to_owned(), assignee);
    }
    meta
}

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
