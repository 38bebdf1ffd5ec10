//! What enneo shows of the world: tickets, the conversations on them, people, tags, mailboxes.

use serde_json::{Map, Value, json};

use crate::demo::world::company::{self, Colleague, Inbox, Label};
use crate::demo::world::{
    At, Attachment, Author, Channel, Conversation, Customer, FileKind, HOUR, Kind, Message, Status,
};
use crate::model::{Priority, Vendor};

/// A ticket's status in enneo's words. The world's snoozed is unknown here and reads as pending.
pub(super) fn status_word(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Pending | Status::Snoozed => "pending",
        Status::Resolved => "closed",
    }
}

/// Reads one of the three statuses that can be written.
pub(super) fn status_of(word: &str) -> Option<Status> {
    match word {
        "open" => Some(Status::Open),
        "pending" => Some(Status::Pending),
        "closed" => Some(Status::Resolved),
        _ => None,
    }
}

/// A ticket always has a priority.
pub(super) fn priority_word(priority: Option<Priority>) -> &'static str {
    priority.unwrap_or(Priority::Medium).word()
}

/// enneo's word for where a customer writes from.
pub(super) fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Portal => "portal",
        Channel::Phone => "phone",
        Channel::Letter => "letter",
        _ => "chat",
    }
}

/// The mood that the AI reads out of a ticket; only the number decides.
pub(super) fn sentiment(number: u32) -> &'static str {
    match number % 5 {
        0 => "negative",
        1 | 2 => "positive",
        _ => "neutral",
    }
}

/// How the customer is reached on a channel.
pub(super) fn handle(customer: &Customer, channel: Channel) -> &str {
    match channel {
        Channel::Email | Channel::Portal => &customer.email,
        Channel::Letter => &customer.address,
        _ => &customer.phone,
    }
}

/// The number of the electricity contract that the ticket belongs to.
pub(super) fn contract(ticket: &Conversation) -> &str {
    ticket.custom.get("contractId").and_then(Value::as_str).unwrap_or(&ticket.customer.contract)
}

/// The ids of the ticket's tags.
pub(super) fn tag_ids(ticket: &Conversation) -> Vec<u32> {
    tags(ticket).map(|label| label.id).collect()
}

fn tags(ticket: &Conversation) -> impl Iterator<Item = &'static Label> {
    let titles = ticket.labels.iter();
    titles.filter_map(|title| company::LABELS.iter().find(|label| label.title == title))
}

/// The message that is the ticket itself.
fn first(ticket: &Conversation) -> Option<&Message> {
    ticket.messages.iter().find(|message| message.kind != Kind::Activity)
}

/// What followed the ticket, oldest first: no event lines, nothing deleted.
pub(super) fn entries(ticket: &Conversation) -> impl Iterator<Item = &Message> {
    let shown = ticket.messages.iter().filter(|message| message.kind != Kind::Activity);
    shown.skip(1).filter(|message| !message.deleted)
}

/// The ticket as lists show it: without body, attachments and work item.
pub(super) fn compact(ticket: &Conversation, now: At) -> Map<String, Value> {
    let number = ticket.key.number;
    let customer = &ticket.customer;
    let is_outbound = first(ticket).is_some_and(|message| !message.author.is_customer());
    let inbox = company::inbox_by(Vendor::Enneo, ticket.inbox);
    let own = inbox.map_or("", |inbox| inbox.address);
    let theirs = handle(customer, ticket.channel);
    let (from, to) = if is_outbound { (own, theirs) } else { (theirs, own) };
    let due = ticket.due.map(At::naive);
    let first_due = ticket
        .custom
        .get("firstResponseDueBy")
        .and_then(Value::as_i64)
        .map(|seconds| At(seconds.saturating_mul(1_000)))
        .or_else(|| ticket.due.map(|due| due.plus(-4 * HOUR)))
        .map(At::naive);
    let closed = (ticket.status == Status::Resolved).then(|| ticket.updated_at.naive());
    let viewers = ticket.viewers.iter().filter(|(_, until)| *until > now);
    let answer = json!({
        "id": number,
        "direction": if is_outbound { "out" } else { "in" },
        "from": from,
        "fromName": if is_outbound { company::NAME } else { customer.name.as_str() },
        "to": [to],
        "ccEmails": first(ticket).map_or(&[][..], |message| &message.cc),
        "bccEmails": [],
        "replyCcEmails": [],
        "replyRecipients": {"to": [theirs], "cc": first(ticket).map_or(&[][..], |m| &m.cc), "bcc": []},
        "subchannelId": ticket.inbox,
        "externalTicketId": null,
        "sentiment": sentiment(number),
        "language": ticket.language.name(),
        "languageCode": ticket.language.code(),
        "autoExecuteAt": null,
        "aiSupportLevel": if ticket.has_draft() { "bot" } else { "human" },
        "spamStatus": null,
        "isCustomerActive": true,
        "interface": "internal",
        "priority": priority_word(ticket.priority),
        "channel": channel_word(ticket.channel),
        "channelId": null,
        "status": status_word(ticket.status),
        "summary": ticket.subject,
        "subject": ticket.subject,
        "isEscalated": ticket.priority == Some(Priority::Urgent),
        "createdAt": ticket.created_at.naive(),
        "modifiedAt": ticket.updated_at.naive(),
        "firstResponseDueBy": first_due,
        "dueBy": due,
        "closedAt": closed,
        "lastMessageAt": ticket.last_activity().naive(),
        "lastCustomerMessageAt": ticket.latest_incoming().map(|message| message.at.naive()),
        "customer": {"tagIds": [], "tags": []},
        "contractId": contract(ticket),
        "customerId": customer.id,
        "tags": tags(ticket).map(|label| json!({
            "id": label.id, "name": label.title, "color": label.color_word,
        })).collect::<Vec<_>>(),
        "tagIds": tag_ids(ticket),
        "workedOnBy": viewers
            .filter_map(|(no, _)| company::colleague_by(*no))
            .map(|colleague| profile(colleague, now))
            .collect::<Vec<_>>(),
        "agentId": ticket.assignee,
        "responderId": ticket.assignee,
    });
    match answer {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The whole ticket, with the first message in it. `base` is the address of the API.
pub(super) fn ticket(ticket: &Conversation, now: At, base: &str) -> Value {
    let mut whole = compact(ticket, now);
    let first = first(ticket);
    let plain = first.map_or("", Message::text);
    let body = first.and_then(|message| message.html.clone()).unwrap_or_else(|| markup(plain));
    let files = first.map_or_else(Vec::new, |message| attachments(message, base));
    for (key, value) in [
        ("body", json!(body)),
        ("bodyPlain", json!(plain)),
        ("bodyClean", json!(plain)),
        ("attachments", json!(files)),
        ("template", json!([])),
        ("workitem", json!([])),
        ("intents", json!(intents(ticket))),
        ("rawData", Value::Null),
    ] {
        whole.insert(key.to_owned(), value);
    }
    Value::Object(whole)
}

/// A message, note or draft on a ticket, in enneo's words a conversation.
pub(super) fn entry(ticket: &Conversation, message: &Message, base: &str) -> Value {
    let is_incoming = message.author.is_customer();
    let direction = match message.kind {
        Kind::Note | Kind::Activity => "internal",
        Kind::Public | Kind::Draft if is_incoming => "in",
        Kind::Public | Kind::Draft => "out",
    };
    let sender = Sender::of(ticket, message);
    let intents: Vec<String> = message
        .extra
        .get("intentIds")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().map(|id| id.to_string().trim_matches('"').to_owned()).collect())
        .unwrap_or_default();
    let is_mail = ticket.channel == Channel::Email;
    let only_mail = |addresses: &[String]| if is_mail { addresses.to_vec() } else { Vec::new() };
    let seen = ticket.agent_seen_at.is_some_and(|seen| message.at <= seen);
    json!({
        "id": message.id,
        "ticketId": ticket.key.number,
        "type": if message.html.is_some() { "html" } else { "text" },
        "direction": direction,
        "private": message.kind == Kind::Note,
        "isDraft": message.kind == Kind::Draft,
        "fromEmail": sender.email,
        "fromEmailName": sender.name,
        "agentId": sender.agent,
        "sender": {
            "id": sender.agent.unwrap_or_default(),
            "name": sender.name,
            "email": sender.email,
            "subchannelId": (!is_incoming).then_some(subchannel_id(ticket, message)),
        },
        "toEmail": only_mail(&message.to),
        "to": message.to,
        "ccEmails": only_mail(&message.cc),
        "bccEmails": only_mail(&message.bcc),
        "channelId": null,
        "content": {"message": message.html.as_deref().unwrap_or(message.text())},
        "intentIds": intents,
        "cortexRequestId": null,
        "externalConversationId": message.extra.get("externalConversationId"),
        "isRead": !is_incoming || seen,
        "attachments": attachments(message, base),
        "interface": [],
        "createdAt": message.at.seconds(),
        "modifiedAt": message.updated_at.seconds(),
    })
}

/// The mailbox that a message leaves by.
fn subchannel_id(ticket: &Conversation, message: &Message) -> u64 {
    message
        .extra
        .get("subchannelId")
        .and_then(Value::as_u64)
        .unwrap_or_else(|| u64::from(ticket.inbox))
}

struct Sender {
    agent: Option<u8>,
    name: String,
    email: String,
}

impl Sender {
    fn of(ticket: &Conversation, message: &Message) -> Self {
        let given = |key: &str| message.extra.get(key).and_then(Value::as_str).map(str::to_owned);
        let own = || company::inbox_by(Vendor::Enneo, ticket.inbox).map_or("", |i| i.address);
        let (agent, name, email) = match message.author {
            Author::Customer => (
                None,
                ticket.customer.name.clone(),
                handle(&ticket.customer, ticket.channel).to_owned(),
            ),
            Author::Colleague(no) => (
                Some(no),
                company::name_of(no),
                company::colleague_by(no).map_or("", |colleague| colleague.email).to_owned(),
            ),
            Author::Bot | Author::System => (None, "AI agent".to_owned(), own().to_owned()),
        };
        Self {
            agent,
            name: given("fromName").unwrap_or(name),
            email: given("from").unwrap_or(email),
        }
    }
}

fn attachments(message: &Message, base: &str) -> Vec<Value> {
    message.attachments.iter().map(|file| attachment(file, base)).collect()
}

fn attachment(file: &Attachment, base: &str) -> Value {
    let ending = file.name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let own = format!("{base}/storage/{}/{}", file.id, file.name.replace(' ', "_"));
    let mut answer = json!({
        "id": file.id,
        "url": file.url.as_deref().unwrap_or(&own),
        "name": file.name,
        "size": file.size,
        "inline": false,
        "fileEnding": ending,
        "contentType": file.mime,
        "originalUrl": format!("https://mail.halmbach.example/raw/{}", file.id),
        "extractedData": null,
        "extractionStatus": "notStarted",
        "extractionData": [],
    });
    if file.kind == FileKind::Image
        && let Some(fields) = answer.as_object_mut()
    {
        fields.insert("width".to_owned(), json!(64));
        fields.insert("height".to_owned(), json!(64));
    }
    answer
}

/// Plain text as HTML.
pub(super) fn markup(plain: &str) -> String {
    let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs = escaped.split("\n\n").map(|part| part.replace('\n', "<br>"));
    paragraphs.map(|part| format!("<p>{part}</p>")).collect()
}

/// HTML as plain text, the way the server derives `bodyPlain`: by dropping the markup.
pub(super) fn without_markup(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut is_tag = false;
    for c in html.replace("<br>", "\n").replace("</p>", "\n").chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => is_tag = false,
            c if !is_tag => plain.push(c),
            _ => {}
        }
    }
    plain.trim().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A colleague, as everything but `GET /profile` shows them.
pub(super) fn profile(colleague: &Colleague, now: At) -> Value {
    json!({
        "id": colleague.no,
        "firstName": colleague.first,
        "lastName": colleague.last,
        "email": colleague.email,
        "phone": null,
        "image": null,
        "lastSeen": now.naive(),
        "type": "user",
        "isSsoOnly": 0,
        "lang": "en",
        "nameAlias": null,
        "externalId": null,
        "settings": settings(colleague),
    })
}

/// The settings of a colleague, with PHP's empty lists where an object would be.
pub(super) fn settings(colleague: &Colleague) -> Value {
    let teams: Vec<u8> = company::TEAMS
        .iter()
        .filter(|team| team.members.contains(&colleague.no))
        .map(|team| team.no)
        .collect();
    let role = if colleague.admin { 1 } else { 2 };
    json!({
        "status": if colleague.presence == "online" { "available" } else { "busy" },
        "supersetRole": null,
        "ticketsFilters": [],
        "roleId": role,
        "teamIds": teams,
        "skills": {"intents": [], "tagIds": [], "channels": []},
        "actualRoleId": role,
        "actualTeamIds": teams,
        "actualSkills": [],
        "callRoutingStatus": "idle",
        "chatRoutingStatus": if colleague.presence == "offline" { "offline" } else { "idle" },
    })
}

/// A tag.
pub(super) fn tag(label: &Label) -> Value {
    json!({
        "id": label.id,
        "name": label.title,
        "fullName": label.title,
        "parent": null,
        "reference": "ticket",
        "type": tag_type(label),
        "visibility": "public",
        "color": label.color_word,
        "properties": [],
        "complexity": null,
        "sla": null,
        "priority": "do-not-change",
        "channels": [],
        "subchannels": [],
        "detectionDetails": label.meaning,
        "assignment": [],
        "testCase": null,
        "modifiedBy": 2,
        "modifiedAt": "2024-03-01 08:00:00",
    })
}

/// Which kind of tag a label is: who the customer is, or what the matter is.
pub(super) fn tag_type(label: &Label) -> &'static str {
    if matches!(label.title, "vip" | "churn-risk") { "customerProperty" } else { "skill" }
}

/// A mailbox, phone line or chat.
pub(super) fn subchannel(inbox: &Inbox) -> Value {
    json!({
        "id": inbox.id,
        "channel": channel_word(inbox.channel),
        "name": inbox.name,
        "isDefault": inbox.channel == Channel::Email,
        "interface": "internal",
        "enabled": true,
        "data": {"address": inbox.address},
    })
}

/// What the AI detected in a ticket, out of its tags.
pub(super) fn intents(ticket: &Conversation) -> Vec<Value> {
    let known = tags(ticket).filter_map(|label| match label.title {
        "meter" => Some((label, "Meter reading", "enter", "Enter the reading")),
        "move" => Some((label, "Change of address", "move", "Record the new address")),
        "invoice" => Some((label, "Question about an invoice", "explain", "Explain the invoice")),
        _ => None,
    });
    known
        .map(|(label, name, action, option)| {
            json!({
                "id": u64::from(ticket.key.number) * 10 + u64::from(label.id),
                "code": format!("ai_agent_{}", label.title),
                "aiAgentId": label.id,
                "aiAgentName": name,
                "name": name,
                "contractId": contract(ticket),
                "confidence": 0.87,
                "confidenceColor": "green",
                "verified": false,
                "context": [],
                "messagePreview": null,
                "recipient": handle(&ticket.customer, ticket.channel),
                "tags": label.title,
                "data": [],
                "options": [{
                    "type": action, "name": option, "icon": "check",
                    "recommended": true, "order": 1,
                }],
                "infos": [{
                    "type": "success",
                    "message": "The contract was found",
                    "extraInfo": contract(ticket),
                }],
                "extraInfo": null,
                "outcome": null,
                "status": "ready",
            })
        })
        .collect()
}
