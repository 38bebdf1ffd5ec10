//! Channel agents, users, customers with their profiles, and WhatsApp templates.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::conversations::send_template as send_to;
use super::page::Page;
use super::{Chat, Faults, fields, missing, view};
use crate::demo::answer::{Answer, Params, param};
use crate::demo::world::company;
use crate::demo::world::{
    At, Author, Channel, Conversation, Customer, Kind, Language, Message, Order,
};
use crate::model::Vendor;

/// A number is looked for among so many conversations; more would keep the request waiting.
const SEARCHED: usize = 2_000;

/// The approved templates: name, group, text.
const TEMPLATES: [(&str, Option<&str>, &str); 3] = [
    ("restart", Some("restart"), "Your conversation with {{1}} has paused. Continue?"),
    ("parcel_sent", None, "Hello {{1}}, your parcel {{2}} is on its way."),
    ("appointment", Some("workshop"), "Hello {{1}}, your bicycle is ready on {{2}}."),
];

/// `GET /agents`: the numbers in use, then the disconnected ones.
pub(super) async fn agents(State(chat): State<Chat>) -> Answer {
    Ok(Json(json!({"data": all_agents(&chat)})))
}

/// `GET /agents/{id}`
pub(super) async fn agent(State(chat): State<Chat>, Path(id): Path<String>) -> Answer {
    let wanted = id.parse::<u64>().ok();
    let mut agents = all_agents(&chat).into_iter();
    let found =
        agents.find(|agent| wanted.is_some() && agent.get("id").and_then(Value::as_u64) == wanted);
    Ok(Json(json!({"data": found.ok_or_else(|| missing("Agent"))?})))
}

fn all_agents(chat: &Chat) -> Vec<Value> {
    let unread = chat.scene().unread;
    let of = |in_sync: bool| {
        company::inboxes(Vendor::Voicebot).iter().map(move |inbox| (inbox, in_sync))
    };
    of(true).chain(of(false)).map(|(inbox, sync)| view::agent(inbox, sync, &unread)).collect()
}

/// `GET /users`
pub(super) async fn users() -> Answer {
    let users: Vec<Value> = company::COLLEAGUES.iter().map(view::user).collect();
    Ok(Json(json!({"data": users})))
}

/// `GET /customers`: one for each conversation's, newest activity first; a page may show the
/// customer of two conversations once only.
pub(super) async fn customers(State(chat): State<Chat>, Query(query): Query<Params>) -> Answer {
    let page = Page::read(&query);
    let rows = page.rows();
    let world = &chat.site.world;
    let found = world.list(Vendor::Voicebot, Order::Newest, rows.start, rows.len(), |_| true);
    let mut people: Vec<Conversation> =
        found.rows.iter().filter_map(|brief| world.conversation(brief.key)).collect();
    people.sort_by_key(|conversation| conversation.customer.id);
    people.dedup_by_key(|conversation| conversation.customer.id);
    let shown =
        people.iter().map(|one| view::customer(&one.customer, one.channel, one.muted)).collect();
    let path = format!("{}/customers", chat.base());
    Ok(Json(page.envelope(&path, found.total, shown)))
}

/// The newest conversation of a customer.
fn of_customer(chat: &Chat, id: &str) -> Option<Conversation> {
    let (_, numbers) = chat.site.world.customer(Vendor::Voicebot, id.parse().ok()?)?;
    chat.conversation(&numbers.first()?.to_string()).ok()
}

/// `GET /customers/{id}`
pub(super) async fn customer(State(chat): State<Chat>, Path(id): Path<String>) -> Answer {
    let one = of_customer(&chat, &id).ok_or_else(|| missing("Customer"))?;
    Ok(Json(json!({"data": view::customer(&one.customer, one.channel, one.muted)})))
}

/// `GET /profiles/{id}`
pub(super) async fn profile(State(chat): State<Chat>, Path(id): Path<String>) -> Answer {
    let one = of_customer(&chat, &id).ok_or_else(|| missing("Profile"))?;
    Ok(Json(json!({"data": view::profile(&one.customer, one.muted)})))
}

/// `GET /whatsapp/templates`
pub(super) async fn templates(Query(query): Query<Params>) -> Answer {
    let wanted = param(&query, "group");
    let number = company::inboxes(Vendor::Voicebot)
        .iter()
        .filter(|inbox| inbox.channel == Channel::WhatsApp);
    let agents: Vec<u32> = number.map(|inbox| inbox.id).collect();
    let templates: Vec<Value> = (1..)
        .zip(TEMPLATES)
        .filter(|(_, (_, group, _))| wanted.is_none_or(|wanted| *group == Some(wanted)))
        .map(|(id, (name, group, text))| {
            json!({
                "id": id,
                "agent_ids": agents,
                "group": group,
                "template_id": format!("{}", 870_000_000_000_u64 + id),
                "namespace": "halmbach",
                "name": name,
                "friendly_name": name.replace('_', " "),
                "language": "en",
                "category": if name == "restart" { "MARKETING" } else { "UTILITY" },
                "status": "approved",
                "components": [{"type": "BODY", "text": text}],
            })
        })
        .collect();
    Ok(Json(json!({"data": templates})))
}

/// `POST /whatsapp/send-template`: into the newest conversation with that number, or a new
/// one.
pub(super) async fn send_template(State(chat): State<Chat>, body: Bytes) -> Answer {
    let body = fields(&body);
    let mut faults = Faults::default();
    for key in ["phone_number", "customer_name", "template_name"] {
        if body.get(key).and_then(Value::as_str).is_none_or(str::is_empty) {
            faults.add(key, format!("The {} field is required.", key.replace('_', " ")));
        }
    }
    let components = body.get("template_components").and_then(Value::as_array);
    if components.is_none() {
        faults.add("template_components", "The template components field must be an array.");
    }
    let name = body.get("template_name").and_then(Value::as_str).unwrap_or_default();
    let template = TEMPLATES.iter().find(|(known, ..)| *known == name);
    if template.is_none() && !name.is_empty() {
        faults.add("template_name", "The selected template name is invalid.");
    }
    faults.check()?;
    let text = template.map_or(String::new(), |(_, _, text)| compiled(text, &body));
    let digits = body.get("phone_number").and_then(Value::as_str).unwrap_or_default();
    let digits = digits.trim_start_matches('+');
    let customer_name = body.get("customer_name").and_then(Value::as_str).unwrap_or_default();
    let found = match on_whatsapp(&chat, digits) {
        Some(known) => known,
        None => begin(&chat, digits, customer_name).ok_or_else(|| missing("Agent"))?,
    };
    let sent = send_to(&chat, &found, &text)?;
    Ok(Json(json!({"data": view::message(&found, &sent, &chat.base())})))
}

/// The newest WhatsApp conversation with a number, among those that a search looks at.
fn on_whatsapp(chat: &Chat, digits: &str) -> Option<Conversation> {
    let world = &chat.site.world;
    let newest =
        world.newest(Vendor::Voicebot, SEARCHED, |row| row.brief.channel == Channel::WhatsApp);
    let mut whole = newest.iter().filter_map(|brief| world.conversation(brief.key));
    whole.find(|one| one.customer.phone.trim_start_matches('+') == digits)
}

/// A conversation with somebody who is not known yet.
fn begin(chat: &Chat, digits: &str, name: &str) -> Option<Conversation> {
    let world = &chat.site.world;
    let inboxes = company::inboxes(Vendor::Voicebot).iter();
    let inbox = inboxes.clone().find(|inbox| inbox.channel == Channel::WhatsApp)?;
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    let mut opening = Message::new(0, At(0), Author::System, "Conversation started");
    opening.kind = Kind::Activity;
    let key = world.begin(Vendor::Voicebot, inbox, name, opening, |id| Customer {
        id,
        name: name.to_owned(),
        first: first.to_owned(),
        last: last.to_owned(),
        email: String::new(),
        phone: format!("+{digits}"),
        address: String::new(),
        city: String::new(),
        contract: String::new(),
        language: Language::En,
    });
    world.conversation(key)
}

/// The template's text with `{{1}}`, `{{2}}` … filled from the components' parameters.
fn compiled(text: &str, body: &Value) -> String {
    let components = body.get("template_components").and_then(Value::as_array);
    let parameters = components
        .into_iter()
        .flatten()
        .filter_map(|component| component.get("parameters").and_then(Value::as_array))
        .flatten()
        .filter_map(|parameter| parameter.get("text").and_then(Value::as_str));
    (1..).zip(parameters).fold(text.to_owned(), |text, (index, value)| {
        text.replace(&format!("{{{{{index}}}}}"), value)
    })
}
