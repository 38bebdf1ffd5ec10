//! enneo's tickets, people, tags and templates, read into the model. A ticket is our
//! conversation.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::model::{
    AccountId, Canned, Channel, Contact, ConversationId, ConversationNews, Delta, Label, Person,
    Priority, Recipients, RemoteId, ReplyWindow, Status,
};
use crate::providers::{json, kit};
use crate::text::{Clean, clean, html_to_text};

/// Names of ids: a ticket carries only the ids of its mailbox and of who works on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) people: HashMap<RemoteId, Clean>,
    pub(super) subchannels: HashMap<RemoteId, Clean>,
}

/// Reads what belongs to one account.
pub(super) struct Reader<'a> {
    pub(super) account: AccountId,
    /// The zone of times without one; enneo never says which it is.
    pub(super) zone: &'a TimeZone,
    pub(super) names: &'a Names,
    /// Who the token belongs to, where known.
    pub(super) me: Option<&'a RemoteId>,
}

impl Reader<'_> {
    /// Reads the rows of a search; what has no id is skipped, and so is what came before.
    pub(super) fn tickets(&self, rows: &[Value]) -> Vec<Delta> {
        let mut seen = Vec::with_capacity(rows.len());
        rows.iter()
            .filter_map(|row| self.ticket(row))
            .filter(|news| {
                let is_new = !seen.contains(&news.id);
                seen.push(news.id.clone());
                is_new
            })
            .map(|news| Delta::Conversation(Box::new(news)))
            .collect()
    }

    /// Reads a ticket, compact or whole; `None` when it has no usable id.
    pub(super) fn ticket(&self, row: &Value) -> Option<ConversationNews> {
        let remote = json::id(row, "id")?;
        let mut news = ConversationNews::new(ConversationId { account: self.account, remote });
        let channel = json::text(row, "channel").map(|word| channel(&word));
        let has = |key: &str| row.get(key).is_some();
        let time = |key: &str| json::time(row, key, self.zone);

        news.contact = contact(row);
        news.subject = has("subject").then(|| json::shown(row, "subject"));
        news.inbox = json::id(row, "subchannelId")
            .and_then(|id| self.names.subchannels.get(&id).cloned())
            .map(Some);
        news.status = json::text(row, "status").map(|word| status(&word));
        news.priority = has("priority")
            .then(|| json::text(row, "priority").and_then(|word| Priority::parse(&word)));
        news.assignee = assignee_id(row).map(|id| id.map(|id| self.person(id)));
        news.labels = row.get("tags").and_then(Value::as_array).map(|tags| labels(tags));
        news.last_activity = time("lastMessageAt")
            .or_else(|| time("modifiedAt"))
            .or_else(|| time("createdAt"))
            .map(Some);
        news.created_at = time("createdAt").map(Some);
        if let (Some(last), Some(customer)) = (time("lastMessageAt"), time("lastCustomerMessageAt"))
        {
            let waits = customer >= last && news.status != Some(Status::Resolved);
            news.waiting_since = Some(waits.then_some(customer));
        }
        if has("dueBy") || has("firstResponseDueBy") {
            let due = [time("firstResponseDueBy"), time("dueBy")];
            news.due = Some(due.into_iter().flatten().min());
        }
        // Lists carry no text; what the AI made of the ticket says the most.
        news.snippet = ["summary", "bodyClean", "bodyPlain", "subject"]
            .iter()
            .find_map(|key| json::shown(row, key))
            .map(|text| kit::one_line(&text));
        if let Some(to) = row.get("replyRecipients") {
            news.reply_window = Some(if to.is_null() {
                ReplyWindow::Closed(clean("A system ticket cannot be replied to."))
            } else {
                ReplyWindow::Open
            });
            if channel.as_ref().is_some_and(Channel::is_mail_like) {
                news.recipients = Some(Recipients {
                    to: json::texts(to, "to"),
                    cc: json::texts(to, "cc"),
                    bcc: json::texts(to, "bcc"),
                });
            }
        }
        news.viewers = row.get("workedOnBy").and_then(Value::as_array).map(|rows| {
            let others = rows.iter().filter(|row| json::id(row, "id").as_ref() != self.me);
            others.filter_map(profile).map(|person| person.name).collect()
        });
        news.channel = channel;
        Some(news)
    }

    /// The person of an id; without a name the id has to do.
    fn person(&self, id: RemoteId) -> Person {
        let name = self.names.people.get(&id).cloned();
        Person { name: name.unwrap_or_else(|| nameless(&id)), id }
    }
}

/// enneo's word for a status. The older `resolved` means the same as `closed`; the other older
/// words are shown as they are.
fn status(word: &str) -> Status {
    match word {
        "open" => Status::Open,
        "pending" => Status::Pending,
        "closed" | "resolved" => Status::Resolved,
        other => Status::Other(clean(other)),
    }
}

fn channel(word: &str) -> Channel {
    match word {
        "email" => Channel::Email,
        "chat" => Channel::Chat,
        "phone" => Channel::Phone,
        "letter" => Channel::Letter,
        "portal" => Channel::Portal,
        other => Channel::Other(clean(other)),
    }
}

/// The customer: who wrote, or who was written to when an agent began the ticket.
fn contact(row: &Value) -> Option<Contact> {
    let id = json::id(row, "customerId");
    let is_outgoing = json::text(row, "direction").as_deref() == Some("out");
    if is_outgoing {
        let handle = json::texts(row, "to").into_iter().next()?;
        return Some(Contact { id, name: Clean::default(), handle });
    }
    let name = json::shown(row, "fromName");
    let handle = json::shown(row, "from");
    (name.is_some() || handle.is_some()).then(|| Contact {
        id,
        name: name.unwrap_or_default(),
        handle: handle.unwrap_or_default(),
    })
}

/// Who works on it. Which of these the field is was never tried against a server; the first that
/// is there counts. `Some(None)` = nobody.
pub(super) fn assignee_id(row: &Value) -> Option<Option<RemoteId>> {
    ["agentId", "responderId", "assignedUserId"]
        .iter()
        .find_map(|key| row.get(key))
        .map(|value| json::id_of(value).filter(|id| *id != RemoteId::Number(0)))
}

/// The tags of a ticket: objects with a name, or bare ids.
fn labels(rows: &[Value]) -> Vec<Label> {
    rows.iter()
        .filter_map(|row| {
            tag(row).or_else(|| {
                let id = json::id_of(row)?;
                Some(Label { title: clean(&format!("#{id}")), id })
            })
        })
        .collect()
}

/// Reads a tag.
pub(super) fn tag(row: &Value) -> Option<Label> {
    let id = json::id(row, "id")?;
    let title = json::shown(row, "name").unwrap_or_else(|| clean(&format!("#{id}")));
    Some(Label { id, title })
}

/// Whether a tag can be put on a ticket: some are switched off, others are for customers.
pub(super) fn is_for_tickets(row: &Value) -> bool {
    json::text(row, "visibility").as_deref() != Some("disabled")
        && json::text(row, "reference").is_none_or(|reference| reference == "ticket")
}

/// Reads a MindProfile. `GET /profile` leaves the name out.
pub(super) fn profile(row: &Value) -> Option<Person> {
    let id = json::id(row, "id")?;
    let name = full_name(row).unwrap_or_else(|| nameless(&id));
    Some(Person { id, name })
}

/// The name of a profile, where it has one.
pub(super) fn full_name(row: &Value) -> Option<Clean> {
    let names = [json::shown(row, "firstName"), json::shown(row, "lastName")];
    let name = names.iter().flatten().map(Clean::as_str).collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        json::shown(row, "nameAlias").or_else(|| json::shown(row, "email"))
    } else {
        Some(clean(&name))
    }
}

fn nameless(id: &RemoteId) -> Clean {
    clean(&format!("user {id}"))
}

/// Names by id, out of a list of people or mailboxes.
pub(super) fn people_names(rows: &[Value]) -> HashMap<RemoteId, Clean> {
    rows.iter().filter_map(profile).map(|person| (person.id, person.name)).collect()
}

/// Names of mailboxes. Nothing else of them is touched: `data` can hold their passwords.
pub(super) fn subchannel_names(rows: &[Value]) -> HashMap<RemoteId, Clean> {
    rows.iter().filter_map(|row| Some((json::id(row, "id")?, json::shown(row, "name")?))).collect()
}

/// Reads a template; its placeholders stay.
pub(super) fn canned(row: &Value) -> Option<Canned> {
    Some(Canned {
        id: json::id(row, "id")?,
        title: json::shown(row, "description")
            .or_else(|| json::shown(row, "subject"))
            .unwrap_or_default(),
        text: html_to_text(&json::text(row, "message")?),
    })
}

/// The moment as enneo writes one without a zone.
pub(super) fn naive(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
