//! Who and what there is: people, inboxes, teams, labels, canned replies, contacts.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::super::desk::ACCOUNT_ID;
use super::super::server::{self, Site, params, query_pairs};
use super::super::world::Canned;
use super::super::world::company::{self, COLLEAGUES, LABELS, ME, TEAMS};
use super::conversation::Place;
use super::{Answer, Refusal, list, ok, shapes};

/// How many conversations of a contact are shown.
const CONVERSATIONS: usize = 20;

pub async fn profile(State(site): State<Site>) -> Answer {
    let me = company::colleague_by(ME).ok_or(Refusal::NotFound)?;
    ok(&json!({
        "access_token": &*site.token,
        "account_id": ACCOUNT_ID,
        "available_name": me.name(),
        "avatar_url": "",
        "confirmed": true,
        "display_name": null,
        "message_signature": null,
        "email": me.email,
        "id": me.no,
        "inviter_id": null,
        "name": me.name(),
        "provider": "email",
        "pubsub_token": "made-up-pubsub-token",
        "role": shapes::role(me),
        "ui_settings": {},
        "uid": me.email,
        "type": null,
        "accounts": [{
            "id": ACCOUNT_ID,
            "name": company::NAME,
            "status": "active",
            "onboarding_step": null,
            "active_at": site.world.started().iso_millis(),
            "role": shapes::role(me),
            "permissions": [shapes::role(me)],
            "availability": me.presence,
            "availability_status": me.presence,
            "auto_offline": true,
        }],
    }))
}

pub async fn agents() -> Answer {
    ok(&COLLEAGUES.iter().map(shapes::agent).collect())
}

/// Who belongs to all of the inboxes: everybody, as long as there are inboxes.
pub async fn assignable(State(site): State<Site>, RawQuery(query): RawQuery) -> Answer {
    let pairs = query_pairs(&query.unwrap_or_default());
    let ids: Vec<&str> = pairs
        .iter()
        .filter(|(key, _)| key.starts_with("inbox_ids"))
        .map(|(_, id)| id.as_str())
        .collect();
    let is_inbox =
        |id: &&str| id.parse().is_ok_and(|id| company::inbox_by(site.vendor, id).is_some());
    if ids.is_empty() || !ids.iter().all(is_inbox) {
        return Err(Refusal::NotFound);
    }
    ok(&json!({ "payload": COLLEAGUES.iter().map(shapes::agent).collect::<Vec<_>>() }))
}

pub async fn inboxes(State(site): State<Site>) -> Answer {
    let all = company::inboxes(site.vendor).iter().map(shapes::inbox);
    ok(&json!({ "payload": all.collect::<Vec<_>>() }))
}

pub async fn inbox(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let inbox = company::inbox_by(site.vendor, id).ok_or(Refusal::NotFound)?;
    ok(&shapes::inbox(inbox))
}

pub async fn teams() -> Answer {
    ok(&TEAMS.iter().map(shapes::team).collect())
}

pub async fn labels() -> Answer {
    ok(&json!({ "payload": LABELS.iter().map(shapes::label).collect::<Vec<_>>() }))
}

/// A search finds short codes that begin with the words, then ones that hold them, then texts.
pub async fn canned(State(site): State<Site>, RawQuery(query): RawQuery) -> Answer {
    let pairs = query_pairs(&query.unwrap_or_default());
    let words = pairs.iter().rfind(|(key, _)| key == "search").map(|(_, value)| value);
    // The database's wildcard is not escaped.
    let words = words.map(|words| words.to_lowercase().replace('%', "")).unwrap_or_default();
    let place = |canned: &Canned| match canned.code.to_lowercase() {
        code if code.starts_with(&words) => Some(0),
        code if code.contains(&words) => Some(1),
        _ => canned.text.to_lowercase().contains(&words).then_some(2),
    };
    let mut found: Vec<(u8, Canned)> = site
        .world
        .canned()
        .into_iter()
        .filter_map(|canned| place(&canned).map(|place| (place, canned)))
        .collect();
    found.sort_by_key(|(place, _)| *place);
    ok(&found.iter().map(|(_, canned)| shapes::canned(canned)).collect())
}

pub async fn create_canned(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Answer {
    let given = canned_params(&headers, &body)?;
    let now = site.world.now();
    let made = site.world.change_canned(|all, id| {
        let fresh = Canned {
            id,
            code: given.code.unwrap_or_default(),
            title: String::new(),
            text: given.text.unwrap_or_default(),
            created_at: now,
            updated_at: now,
        };
        check(all, &fresh)?;
        all.push(fresh.clone());
        Ok(fresh)
    });
    made.and_then(|canned| ok(&shapes::canned(&canned)))
}

pub async fn change_canned(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let given = canned_params(&headers, &body)?;
    let now = site.world.now();
    let changed = site.world.change_canned(|all, _| {
        let at = position(all, &id)?;
        let mut changed = all.get(at).cloned().ok_or(Refusal::NotFound)?;
        changed.code = given.code.unwrap_or(changed.code);
        changed.text = given.text.unwrap_or(changed.text);
        changed.updated_at = now;
        check(all, &changed)?;
        all.splice(at..=at, [changed.clone()]);
        Ok(changed)
    });
    changed.and_then(|canned| ok(&shapes::canned(&canned)))
}

pub async fn delete_canned(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let deleted = site.world.change_canned(|all, _| position(all, &id).map(|at| all.remove(at)));
    deleted.map(|_| server::empty())
}

struct CannedParams {
    code: Option<String>,
    text: Option<String>,
}

fn canned_params(headers: &HeaderMap, body: &[u8]) -> Result<CannedParams, Refusal> {
    let body: Map<String, Value> = params(headers, body)?;
    let given = body.get("canned_response").and_then(Value::as_object).ok_or_else(|| {
        Refusal::Invalid("param is missing or the value is empty: canned_response".to_owned())
    })?;
    let text = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(CannedParams { code: text("short_code"), text: text("content") })
}

fn position(all: &[Canned], id: &str) -> Result<usize, Refusal> {
    let at = all.iter().position(|canned| canned.id.to_string() == id);
    at.ok_or(Refusal::NotFound)
}

/// What keeps a canned reply from being saved.
fn check(all: &[Canned], canned: &Canned) -> Result<(), Refusal> {
    let mut errors = Vec::new();
    if canned.text.trim().is_empty() {
        errors.push(("Content can't be blank", "content"));
    }
    if canned.code.trim().is_empty() {
        errors.push(("Short code can't be blank", "short_code"));
    }
    if all.iter().any(|other| other.id != canned.id && other.code == canned.code) {
        errors.push(("Short code has already been taken", "short_code"));
    }
    if errors.is_empty() {
        return Ok(());
    }
    let (messages, fields): (Vec<&str>, Vec<&str>) = errors.into_iter().unzip();
    Err(Refusal::Record(messages.join(", "), fields))
}

pub async fn contact(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let (_, numbers) = site.world.customer(site.vendor, id).ok_or(Refusal::NotFound)?;
    let newest = numbers.first().copied().ok_or(Refusal::NotFound)?;
    let key = super::key(&site, &newest.to_string())?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    let mut body = shapes::contact(&conversation);
    let inbox = company::inbox_by(site.vendor, conversation.inbox).map(|inbox| {
        json!({
            "source_id": conversation.customer.email,
            "inbox": {
                "id": inbox.id,
                "avatar_url": "",
                "channel_id": inbox.id,
                "name": inbox.name,
                "channel_type": shapes::channel_type(inbox.channel),
                "provider": null,
            },
        })
    });
    if let Some(body) = body.as_object_mut() {
        body.insert("contact_inboxes".to_owned(), inbox.into_iter().collect());
    }
    ok(&json!({ "payload": body }))
}

pub async fn contact_conversations(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let (_, mut numbers) = site.world.customer(site.vendor, id).ok_or(Refusal::NotFound)?;
    numbers.truncate(CONVERSATIONS);
    ok(&json!({ "payload": list::by_numbers(&site, &numbers) }))
}
