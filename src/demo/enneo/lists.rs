//! People, tags, mailboxes, templates and detected intents. All of it is read only.

use std::ops::RangeInclusive;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::{bad, integer, missing, text, ticket, view};
use crate::demo::answer::{Answer, Params, Refusal, object, param};
use crate::demo::server::Site;
use crate::demo::world::company::{self, ME};
use crate::demo::world::{Canned, Conversation};
use crate::model::Vendor;

/// `GET /profile`: who am I, without a name.
pub(super) async fn me() -> Answer {
    let settings = company::colleague_by(ME).map(view::settings);
    Ok(Json(json!({
        "id": ME,
        "settings": settings,
        "permissions": ["updateTicket", "updateIntent", "executeIntent"],
        "openTickets": [],
        "sideConversations": [],
        "unreadNotifications": 0,
    })))
}

/// `GET /profiles`
pub(super) async fn profiles(State(site): State<Site>, Query(query): Query<Params>) -> Answer {
    let (offset, limit) = page(&query, usize::MAX)?;
    let words = param(&query, "q").unwrap_or_default().to_lowercase();
    let ids: Vec<&str> = values(&query, "userIds[]");
    let now = site.world.now();
    let profiles: Vec<Value> = company::COLLEAGUES
        .iter()
        .filter(|colleague| colleague.name().to_lowercase().contains(&words))
        .filter(|colleague| ids.is_empty() || ids.contains(&colleague.no.to_string().as_str()))
        .skip(offset)
        .take(limit)
        .map(|colleague| view::profile(colleague, now))
        .collect();
    Ok(Json(json!({"success": true, "profiles": profiles})))
}

/// `GET /profile/{id}`: flat.
pub(super) async fn profile(State(site): State<Site>, Path(id): Path<String>) -> Answer {
    let colleague = id.parse().ok().and_then(company::colleague_by);
    let colleague = colleague.ok_or_else(|| missing("Profile"))?;
    Ok(Json(view::profile(colleague, site.world.now())))
}

/// `GET /tag`
pub(super) async fn tags(Query(query): Query<Params>) -> Answer {
    let words = param(&query, "q").unwrap_or_default().to_lowercase();
    let of_type = param(&query, "type");
    let tags: Vec<Value> = company::LABELS
        .iter()
        .filter(|label| label.title.to_lowercase().contains(&words))
        .filter(|label| of_type.is_none_or(|kind| kind == view::tag_type(label)))
        .map(view::tag)
        .collect();
    Ok(Json(json!({"success": true, "tags": tags})))
}

/// `GET /tag/tree`: a bare array.
pub(super) async fn tag_tree(Query(query): Query<Params>) -> Answer {
    let of_type = param(&query, "type");
    let tags = company::LABELS
        .iter()
        .filter(|label| of_type.is_none_or(|kind| kind == view::tag_type(label)));
    let tree: Vec<Value> = tags
        .map(|label| {
            let mut tag = view::tag(label);
            if let Some(fields) = tag.as_object_mut() {
                fields.insert("children".to_owned(), json!([]));
            }
            tag
        })
        .collect();
    Ok(Json(Value::Array(tree)))
}

/// `GET /tag/{id}`: bare.
pub(super) async fn tag(Path(id): Path<String>) -> Answer {
    let label = company::LABELS.iter().find(|label| label.id.to_string() == id);
    label.map(|label| Json(view::tag(label))).ok_or_else(|| missing("Tag"))
}

/// `GET /settings/subchannel`
pub(super) async fn subchannels(Query(query): Query<Params>) -> Answer {
    let mut channels = values(&query, "channels[]");
    channels.extend(param(&query, "channel"));
    channels.retain(|channel| *channel != "all");
    let id = param(&query, "id");
    let subchannels: Vec<Value> = company::inboxes(Vendor::Enneo)
        .iter()
        .filter(|inbox| {
            channels.is_empty() || channels.contains(&view::channel_word(inbox.channel))
        })
        .filter(|inbox| id.is_none_or(|id| inbox.id.to_string() == id))
        .map(view::subchannel)
        .collect();
    Ok(Json(json!({"success": true, "subchannels": subchannels})))
}

/// `GET /template`: nothing found is a 404.
pub(super) async fn templates(State(site): State<Site>, Query(query): Query<Params>) -> Answer {
    let (offset, limit) = page(&query, 500)?;
    let words = param(&query, "q").unwrap_or_default().to_lowercase();
    let templates: Vec<Value> = site
        .world
        .canned()
        .iter()
        .filter(|canned| {
            canned.title.to_lowercase().contains(&words)
                || canned.text.to_lowercase().contains(&words)
        })
        .skip(offset)
        .take(limit)
        .map(template_view)
        .collect();
    if templates.is_empty() {
        return Err(missing("Template"));
    }
    Ok(Json(json!({"success": true, "templates": templates})))
}

/// `GET /template/{id}`: flat, and once more inside itself.
pub(super) async fn template(State(site): State<Site>, Path(id): Path<String>) -> Answer {
    let all = site.world.canned();
    let found = all.iter().find(|canned| canned.id.to_string() == id);
    let shown = template_view(found.ok_or_else(|| missing("Template"))?);
    let mut flat = shown.clone();
    if let Some(fields) = flat.as_object_mut() {
        fields.insert("success".to_owned(), json!(true));
        fields.insert("template".to_owned(), shown.clone());
        fields.insert("mergedTemplate".to_owned(), shown);
    }
    Ok(Json(flat))
}

fn template_view(canned: &Canned) -> Value {
    json!({
        "id": canned.id,
        "tagId": null,
        "emailTemplateId": null,
        "description": canned.title,
        "message": view::markup(&canned.text),
        "subject": null,
        "exampleTicketIds": [],
        "attachments": [],
    })
}

/// `POST /template/preview`
pub(super) async fn preview(State(site): State<Site>, body: Bytes) -> Answer {
    let body = object(&body).ok_or_else(|| bad("The body is not a JSON object"))?;
    let template =
        text(&body, "templateText")?.ok_or_else(|| bad("templateText is missing"))?.to_owned();
    let found = match integer(&body, "ticketId")? {
        Some(number) => Some(ticket(&site, &number.to_string())?),
        None => None,
    };
    let customer = |read: fn(&Conversation) -> &str| found.as_ref().map_or("", read);
    let filled = [
        ("{{contact.first_name}}", customer(|ticket| &ticket.customer.first)),
        ("{{contact.name}}", customer(|ticket| &ticket.customer.name)),
        ("{{contract.id}}", customer(view::contract)),
        ("{{agent.name}}", company::colleague_by(ME).map_or("", |me| me.first)),
    ]
    .into_iter()
    .fold(template, |text, (placeholder, value)| text.replace(placeholder, value));
    let contract = found.as_ref().map(|ticket| json!({"id": view::contract(ticket)}));
    Ok(Json(json!({
        "success": true,
        "preview": filled.replace('\n', "<br>"),
        "variables": {"intent": [], "contract": contract.unwrap_or_else(|| json!([]))},
    })))
}

/// `GET /intent/byTicketId/{id}`
pub(super) async fn intents(State(site): State<Site>, Path(number): Path<String>) -> Answer {
    let found = ticket(&site, &number)?;
    let intents = view::intents(&found);
    Ok(Json(json!({
        "ticketId": found.key.number,
        "intentsFound": intents.len(),
        "aiOutcome": if intents.is_empty() { "customerDetected" } else { "agentAssist" },
        "intents": intents,
    })))
}

fn values<'a>(query: &'a Params, key: &str) -> Vec<&'a str> {
    query.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
}

/// `offset` and `limit` of a list.
pub(super) fn page(query: &Params, most: usize) -> Result<(usize, usize), Refusal> {
    let number = |key: &str, range: RangeInclusive<usize>, usual: usize| match param(query, key) {
        None => Ok(usual),
        Some(given) => given
            .parse()
            .ok()
            .filter(|given| range.contains(given))
            .ok_or_else(|| bad(format!("{key} is out of range"))),
    };
    Ok((number("offset", 0..=usize::MAX, 0)?, number("limit", 1..=most, 100)?))
}
