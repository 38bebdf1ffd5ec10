//! Reply templates, users, shops.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Map, Value};

use super::page::numbered;
use super::view::{self, IdKind};
use super::{bad, not_found, object};
use crate::demo::answer::{Answer, Params, Refusal, param};
use crate::demo::server::Site;
use crate::demo::world::Canned;
use crate::demo::world::company::{self, ME};
use crate::model::Vendor;

/// `GET /messaging/templates`: a bare array.
pub(super) async fn templates(State(site): State<Site>) -> Answer {
    Ok(Json(site.world.canned().iter().map(view::template).collect()))
}

/// `POST /messaging/templates`
pub(super) async fn create_template(State(site): State<Site>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let title = field(&body, "title")?
        .ok_or_else(|| bad("title", "Missing data for required field."))?
        .to_owned();
    let text = content(&body)?.ok_or_else(|| bad("content", "Missing data for required field."))?;
    let now = site.world.now();
    let made = site.world.change_canned(|all, id| {
        let made = Canned {
            id,
            code: title.to_lowercase(),
            title,
            text,
            created_at: now,
            updated_at: now,
        };
        all.push(made.clone());
        made
    });
    Ok(Json(view::template(&made)))
}

/// `PUT /messaging/templates/{id}`
pub(super) async fn change_template(
    State(site): State<Site>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer {
    let number = view::number_of(IdKind::Template, &id).ok_or_else(not_found)?;
    let body = object(&body)?;
    let title = field(&body, "title")?.map(str::to_owned);
    let text = content(&body)?;
    let now = site.world.now();
    let changed = site.world.change_canned(|all, _| {
        let canned = all.iter_mut().find(|canned| canned.id == number)?;
        canned.title = title.unwrap_or_else(|| canned.title.clone());
        canned.text = text.unwrap_or_else(|| canned.text.clone());
        canned.updated_at = now;
        Some(view::template(canned))
    });
    changed.map(Json).ok_or_else(not_found)
}

fn field<'a>(body: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Refusal> {
    match body.get(key) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| bad(key, "Not a valid string.")),
    }
}

/// The text inside a template's content, which is JSON in a string.
fn content(body: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(content) = field(body, "content")? else { return Ok(None) };
    let inner: Option<Value> = serde_json::from_str(content).ok();
    let text = inner.as_ref().and_then(|inner| inner.get("text")).and_then(Value::as_str);
    text.map(|text| Some(text.to_owned())).ok_or_else(|| bad("content", "Not valid JSON."))
}

/// `GET /user/me`
pub(super) async fn me() -> Answer {
    company::colleague_by(ME).map(|me| Json(view::user(me))).ok_or_else(not_found)
}

/// `GET /user/search`
pub(super) async fn users(Query(query): Query<Params>) -> Answer {
    let words = param(&query, "query").unwrap_or_default().to_lowercase();
    let status = param(&query, "status");
    let is = |user: &Value, key: &str, wanted: &str| {
        user.get(key).and_then(Value::as_str).is_some_and(|held| held.eq_ignore_ascii_case(wanted))
    };
    let mut users: Vec<Value> = company::COLLEAGUES.iter().map(view::user).collect();
    users.push(view::invited());
    users.retain(|user| {
        let text = ["first_name", "last_name", "email"]
            .map(|key| user.get(key).and_then(Value::as_str).unwrap_or_default())
            .join(" ");
        text.to_lowercase().contains(&words)
            && status.is_none_or(|wanted| is(user, "status", wanted))
            && param(&query, "email").is_none_or(|wanted| is(user, "email", wanted))
            && param(&query, "role")
                .is_none_or(|roles| roles.split(',').any(|role| is(user, "role", role)))
    });
    Ok(Json(numbered(&query, "users", users)?))
}

/// `GET /business/search`
pub(super) async fn businesses(Query(query): Query<Params>) -> Answer {
    let words = param(&query, "query").unwrap_or_default().to_lowercase();
    let ids = param(&query, "business__in").map(|ids| ids.split(',').collect::<Vec<_>>());
    let businesses: Vec<Value> = company::inboxes(Vendor::Partoo)
        .iter()
        .filter(|inbox| format!("{} {}", inbox.name, inbox.city).to_lowercase().contains(&words))
        .map(view::business)
        .filter(|shop| {
            let id = shop.get("id").and_then(Value::as_str).unwrap_or_default();
            ids.as_ref().is_none_or(|ids| ids.contains(&id))
        })
        .collect();
    Ok(Json(numbered(&query, "businesses", businesses)?))
}

/// `GET /business/{id}`, or `/business/c-{code}`.
pub(super) async fn business(Path(id): Path<String>) -> Answer {
    let mut shops = company::inboxes(Vendor::Partoo).iter();
    let found = shops.find(|inbox| match id.strip_prefix("c-") {
        Some(code) => view::code(inbox) == code,
        None => view::hex_id(IdKind::Business, u64::from(inbox.id)) == id,
    });
    found.map(|inbox| Json(view::business(inbox))).ok_or_else(not_found)
}
