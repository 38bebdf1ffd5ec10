//! Chatwoot's conversations and people, read into the model.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::message::{is_public, one_line};
use crate::model::{
    AccountId, Canned, Channel, Contact, ConversationId, ConversationNews, Delta, Label, Person,
    Priority, Recipients, RemoteId, ReplyWindow, Status,
};
use crate::providers::json;
use crate::text::{Clean, clean};

/// Chatwoot sends epoch seconds or ISO with an offset; there are no naive times to place.
pub(super) const ZONE: TimeZone = TimeZone::UTC;

/// What is needed of an inbox.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    name: Option<Clean>,
    /// A Twilio inbox that carries WhatsApp: the conversation itself does not say so.
    is_whatsapp: bool,
    /// Its own addresses in lower case: nobody answers to oneself.
    addresses: Vec<String>,
}

/// The inboxes of an account by id.
pub(super) type Inboxes = HashMap<RemoteId, Inbox>;

/// Reads GET inboxes.
pub(super) fn inboxes(value: &Value) -> Inboxes {
    json::rows(value, &[])
        .iter()
        .filter_map(|row| {
            let addresses = ["email", "forward_to_email"]
                .iter()
                .filter_map(|key| json::text(row, key))
                .map(|address| address.to_lowercase())
                .collect();
            let inbox = Inbox {
                name: json::shown(row, "name"),
                is_whatsapp: json::text(row, "medium").as_deref() == Some("whatsapp"),
                addresses,
            };
            Some((json::id(row, "id")?, inbox))
        })
        .collect()
}

/// Reads conversations of one account.
pub(super) struct Reader<'a> {
    pub(super) account: AccountId,
    /// Address of a conversation in the web app, up to its id.
    pub(super) web: &'a str,
    pub(super) inboxes: &'a Inboxes,
}

impl Reader<'_> {
    /// Reads the rows of a list; what has no id is skipped.
    pub(super) fn conversations(&self, rows: &[Value]) -> Vec<Delta> {
        rows.iter().flat_map(|row| told(self.conversation(row))).collect()
    }

    /// Reads a CONVERSATION; `None` when it has no usable id.
    pub(super) fn conversation(&self, row: &Value) -> Option<ConversationNews> {
        let remote = json::id(row, "id")?;
        let web_url = clean(&format!("{}{remote}", self.web));
        let mut news = ConversationNews::new(ConversationId { account: self.account, remote });
        let meta = row.get("meta").filter(|meta| meta.is_object());
        let inbox = json::id(row, "inbox_id").and_then(|id| self.inboxes.get(&id));
        let channel = meta
            .and_then(|meta| json::text(meta, "channel"))
            .map(|name| channel(&name, row, inbox.is_some_and(|inbox| inbox.is_whatsapp)));

        if let Some(meta) = meta {
            news.contact = json::field(meta, "sender").map(|sender| contact(sender, &channel));
            // Chatwoot leaves these two out when nobody is assigned.
            news.assignee = Some(json::field(meta, "assignee").and_then(person));
            news.team = Some(json::field(meta, "team").and_then(person));
        }
        news.inbox = inbox.and_then(|inbox| inbox.name.clone()).map(Some);
        news.status = json::text(row, "status").map(|word| status(&word));
        news.priority = row
            .get("priority")
            .map(|_| json::text(row, "priority").and_then(|word| Priority::parse(&word)));
        news.labels = row.get("labels").and_then(Value::as_array).map(|rows| labels(rows));
        news.unread = json::number(row, "unread_count").map(|count| count.clamp(0, 10) as u32);
        news.last_activity = json::time(row, "last_activity_at", &ZONE)
            .or_else(|| json::time(row, "timestamp", &ZONE))
            .map(Some);
        news.created_at = json::time(row, "created_at", &ZONE).map(Some);
        news.waiting_since = time_or_never(row, "waiting_since");
        news.snoozed_until = time_or_never(row, "snoozed_until");
        news.due = row.get("applied_sla").map(|sla| due(row, sla));
        news.reply_window = json::flag(row, "can_reply").map(|can| match can {
            true => ReplyWindow::Open,
            false => closed_window(channel.as_ref()),
        });
        news.subject = json::field(row, "additional_attributes")
            .and_then(|attributes| json::shown(attributes, "mail_subject"))
            .map(Some);
        news.web_url = Some(Some(web_url));
        if let Some(last) = newest(row) {
            news.snippet = Some(one_line(last));
            news.snippet_is_ours = Some(json::number(last, "message_type") != Some(0));
            if channel == Some(Channel::Email) {
                let sender = meta.and_then(|meta| meta.get("sender"));
                news.recipients = self.recipients(last, sender);
            }
        }
        news.channel = channel;
        Some(news)
    }

    /// Who an answer to this message goes to, as the vendor's own editor prefills it: back to
    /// whoever wrote, with the same copies, without the inbox's own addresses. `None` when the
    /// message says nothing about it.
    pub(super) fn recipients(
        &self,
        message: &Value,
        contact: Option<&Value>,
    ) -> Option<Recipients> {
        if !is_public(message) {
            return None;
        }
        let contact = contact.and_then(|contact| json::shown(contact, "email"));
        let attributes = message.get("content_attributes").unwrap_or(&Value::Null);
        let mail = attributes.get("email").unwrap_or(&Value::Null);
        let mut found = Recipients::default();
        if json::number(message, "message_type") == Some(0) {
            found.to = addresses(mail, "from");
            found.cc = first_of(addresses(mail, "cc"), || addresses(attributes, "cc_email"));
            found.bcc = first_of(addresses(mail, "bcc"), || addresses(attributes, "bcc_email"));
            let known = |address: &Clean| found.to.iter().any(|to| same_address(to, address));
            if let Some(contact) = contact.as_ref().filter(|contact| !known(contact))
                && !found.to.is_empty()
            {
                found.cc.push(contact.clone());
            }
        } else {
            found.to = addresses(attributes, "to_emails");
            found.cc = addresses(attributes, "cc_emails");
            found.bcc = addresses(attributes, "bcc_emails");
        }
        if found.to.is_empty() {
            found.to.extend(contact);
        }
        let own = json::id(message, "inbox_id")
            .and_then(|id| self.inboxes.get(&id))
            .map_or(&[][..], |inbox| inbox.addresses.as_slice());
        for list in [&mut found.to, &mut found.cc, &mut found.bcc] {
            let mut seen: Vec<String> = Vec::new();
            list.retain(|address| {
                let bare = bare_address(address);
                let keep =
                    !bare.starts_with("reply+") && !own.contains(&bare) && !seen.contains(&bare);
                seen.push(bare);
                keep
            });
        }
        Some(found)
    }
}

/// A time where 0 and null mean "never".
fn time_or_never(row: &Value, key: &str) -> Option<Option<Timestamp>> {
    row.get(key).map(|_| json::time(row, key, &ZONE))
}

/// The message that the list shows: the newest that is not an event, else whatever there is.
fn newest(row: &Value) -> Option<&Value> {
    json::field(row, "last_non_activity_message")
        .filter(|message| message.is_object())
        .or_else(|| row.get("messages")?.as_array()?.last())
}

/// What the answer to a status change says about the conversation.
pub(super) fn toggled(id: ConversationId, answer: &Value) -> Option<ConversationNews> {
    let payload = json::unwrap(answer, &["payload"]);
    let mut news = ConversationNews::new(id);
    news.status = Some(status(&json::text(payload, "current_status")?));
    news.snoozed_until = time_or_never(payload, "snoozed_until");
    Some(news)
}

/// Chatwoot's word for a status.
pub(super) fn status(word: &str) -> Status {
    match word {
        "open" => Status::Open,
        "pending" => Status::Pending,
        "snoozed" => Status::Snoozed,
        "resolved" => Status::Resolved,
        other => Status::Other(clean(other)),
    }
}

fn channel(name: &str, row: &Value, is_whatsapp: bool) -> Channel {
    let kind = row.get("additional_attributes").and_then(|more| json::text(more, "type"));
    match name.strip_prefix("Channel::").unwrap_or(name) {
        "Email" => Channel::Email,
        "WebWidget" => Channel::Chat,
        "Api" => Channel::Api,
        "Whatsapp" => Channel::WhatsApp,
        "TwilioSms" if is_whatsapp => Channel::WhatsApp,
        "TwilioSms" | "Sms" => Channel::Sms,
        "FacebookPage" if kind.as_deref() == Some("instagram_direct_message") => Channel::Instagram,
        "FacebookPage" => Channel::Facebook,
        "Instagram" => Channel::Instagram,
        "Telegram" => Channel::Telegram,
        "Voice" => Channel::Phone,
        other => Channel::Other(clean(&other.to_lowercase())),
    }
}

/// Why nothing can be written while `can_reply` is false. WhatsApp still takes templates.
fn closed_window(channel: Option<&Channel>) -> ReplyWindow {
    let why = match channel {
        Some(Channel::WhatsApp) => return ReplyWindow::TemplateOnly,
        Some(Channel::Facebook | Channel::Instagram) => {
            "Meta closed the reply window; it opens again when the customer writes."
        }
        Some(Channel::Api) => {
            "The reply window of this inbox is over; it opens again when the customer writes."
        }
        Some(Channel::Other(name)) if &**name == "tiktok" => {
            "TikTok's 48 hours for an answer are over; the customer has to write first."
        }
        _ => "Chatwoot takes no replies in this conversation now; the customer has to write first.",
    };
    ReplyWindow::Closed(clean(why))
}

fn contact(sender: &Value, channel: &Option<Channel>) -> Contact {
    let keys = match channel {
        Some(Channel::WhatsApp | Channel::Sms | Channel::Phone) => {
            ["phone_number", "email", "identifier"]
        }
        _ => ["email", "phone_number", "identifier"],
    };
    Contact {
        id: json::id(sender, "id"),
        name: json::shown(sender, "name").unwrap_or_default(),
        handle: keys.iter().find_map(|key| json::shown(sender, key)).unwrap_or_default(),
    }
}

/// Reads an AGENT, a USER, a team or a bot. Agents may have a name for show beside their own.
pub(super) fn person(row: &Value) -> Option<Person> {
    let id = json::id(row, "id")?;
    let name = json::shown(row, "available_name")
        .or_else(|| json::shown(row, "name"))
        .unwrap_or_else(|| clean(&format!("#{id}")));
    Some(Person { id, name })
}

pub(super) fn people(rows: &[Value]) -> Vec<Person> {
    rows.iter().filter_map(person).collect()
}

/// Titles are all that Chatwoot knows a conversation's label by.
pub(super) fn labels(titles: &[Value]) -> Vec<Label> {
    titles.iter().filter_map(Value::as_str).map(label).collect()
}

pub(super) fn label(title: &str) -> Label {
    Label { id: RemoteId::new(title), title: clean(title) }
}

pub(super) fn canned(row: &Value) -> Option<Canned> {
    Some(Canned {
        id: json::id(row, "id")?,
        title: json::shown(row, "short_code").unwrap_or_default(),
        text: json::shown(row, "content")?,
    })
}

/// When the next promise of the SLA falls due (enterprise edition): the first answer, the next
/// one, or the resolution, whichever comes first.
fn due(row: &Value, sla: &Value) -> Option<Timestamp> {
    let start = json::time(sla, "created_at", &ZONE);
    let answered = json::time(row, "first_reply_created_at", &ZONE).is_some();
    let waiting = json::time(row, "waiting_since", &ZONE);
    let is_open = json::text(row, "status").as_deref() == Some("open");
    let after = |from: Option<Timestamp>, key: &str| {
        from?.checked_add(SignedDuration::from_secs(json::number(sla, key)?)).ok()
    };
    [
        after(start.filter(|_| !answered), "sla_first_response_time_threshold"),
        after(waiting.filter(|_| answered), "sla_next_response_time_threshold"),
        after(start.filter(|_| is_open), "sla_resolution_time_threshold"),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// E-mail addresses, as an array or in one text with commas.
pub(super) fn addresses(value: &Value, key: &str) -> Vec<Clean> {
    match value.get(key) {
        Some(Value::String(text)) => text
            .split(',')
            .map(|address| clean(address.trim()))
            .filter(|address| !address.is_empty())
            .collect(),
        _ => json::texts(value, key),
    }
}

fn first_of(found: Vec<Clean>, otherwise: impl FnOnce() -> Vec<Clean>) -> Vec<Clean> {
    if found.is_empty() { otherwise() } else { found }
}

/// The address without a name around it, in lower case.
fn bare_address(address: &str) -> String {
    let bare = address
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or(address, |(bare, _)| bare);
    bare.trim().to_lowercase()
}

fn same_address(left: &str, right: &str) -> bool {
    bare_address(left) == bare_address(right)
}

/// How a page of a folder counts itself: by the meta number that belongs to the folder.
pub(super) fn count(answer: &Value, key: &str) -> Option<u64> {
    let meta = answer.pointer("/data/meta").or_else(|| answer.get("meta"))?;
    json::number(meta, key)?.try_into().ok()
}

/// Wraps news for the way back.
pub(super) fn told(news: Option<ConversationNews>) -> Vec<Delta> {
    news.map(|news| Delta::Conversation(Box::new(news))).into_iter().collect()
}
