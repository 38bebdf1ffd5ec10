//! enneo's ticketing API over the made-up world, under `/api/mind`.

mod entries;
mod filter;
mod lists;
mod tickets;
mod view;

#[cfg(test)]
mod tests;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::answer::{Refusal, has_bearer};
use super::server::{Site, unauthorized};
use super::world::{At, Conversation, Key};
use crate::model::Vendor;

/// The whole API. The token is taken as Bearer and as the cookie `connect.sid`.
pub(super) fn router(site: Site) -> Router {
    let inside = Router::new()
        .route("/ticket", axum::routing::patch(tickets::patch_many))
        .route("/ticket/search", post(tickets::search))
        .route("/ticket/{ticket}", get(tickets::one).patch(tickets::patch))
        .route("/ticket/{ticket}/ping", get(tickets::ping))
        .route("/ticket/{ticket}/history", get(tickets::history))
        .route("/ticket/{ticket}/conversation", get(entries::list_all))
        .route("/ticket/{ticket}/conversation/reply", post(entries::reply))
        .route("/ticket/{ticket}/conversation/store", post(entries::store))
        .route(
            "/ticket/{ticket}/conversation/{entry}",
            get(entries::one).patch(entries::patch).delete(entries::delete),
        )
        .route("/storage/{file}/{name}", get(entries::file))
        .route("/intent/byTicketId/{ticket}", get(lists::intents))
        .route("/tag", get(lists::tags))
        .route("/tag/tree", get(lists::tag_tree))
        .route("/tag/{tag}", get(lists::tag))
        .route("/settings/subchannel", get(lists::subchannels))
        .route("/template", get(lists::templates))
        .route("/template/preview", post(lists::preview))
        .route("/template/{template}", get(lists::template))
        .route("/profile", get(lists::me))
        .route("/profiles", get(lists::profiles))
        .route("/profile/{profile}", get(lists::profile))
        .fallback(async || missing("Route"))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(site.clone(), authenticate))
        .route("/health", get(async || Json(json!({"success": true, "status": "ok"}))))
        .route("/version", get(async || Json(json!({"success": true, "version": "4.12.0"}))))
        .with_state(site);
    Router::new().nest("/api/mind", inside)
}

async fn authenticate(State(site): State<Site>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if has_bearer(headers, &site.token) || has_session(headers, &site.token) {
        next.run(request).await
    } else {
        unauthorized(Vendor::Enneo)
    }
}

fn has_session(headers: &HeaderMap, token: &str) -> bool {
    let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    cookies.split(';').any(|cookie| cookie.trim().strip_prefix("connect.sid=") == Some(token))
}

/// An error as enneo writes it: a sentence for the user, details for developers, a trace id.
fn refusal(status: StatusCode, error: impl Into<String>) -> Refusal {
    let error = error.into();
    let details = format!("{error} in /app/src/Http/Router.php:212");
    let trace = format!("{:010x}", At::real_now().0);
    Refusal { status, body: json!({"error": error, "details": details, "txId": trace}) }
}

fn bad(error: impl Into<String>) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, error)
}

fn missing(what: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, format!("{what} not found"))
}

/// The address of the API as the client reached it.
fn base(site: &Site) -> String {
    format!("{}/api/mind", site.origin)
}

/// The ticket that a path names.
fn ticket(site: &Site, number: &str) -> Result<Conversation, Refusal> {
    let key = number.parse().ok().map(|number| Key { vendor: Vendor::Enneo, number });
    key.and_then(|key| site.world.conversation(key)).ok_or_else(|| missing("Ticket"))
}

/// A field that may be left out, but has to be a whole number otherwise.
fn integer(body: &Value, key: &str) -> Result<Option<i64>, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_i64().map(Some).ok_or_else(|| bad(format!("{key} must be an integer")))
        }
    }
}

/// A field that may be left out, but has to be a text otherwise.
fn text<'a>(body: &'a Value, key: &str) -> Result<Option<&'a str>, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_str().map(Some).ok_or_else(|| bad(format!("{key} must be a string")))
        }
    }
}

/// A text that is one of these words.
fn word<T>(
    body: &Value,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    let Some(word) = text(body, key)? else { return Ok(None) };
    read(word).map(Some).ok_or_else(|| bad(format!("{key} does not take the value {word}")))
}

/// A field that may be left out, but has to be a list of a kind otherwise.
fn list<T>(
    body: &Value,
    key: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<Vec<T>>, Refusal> {
    let Some(value) = body.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let items = value.as_array().ok_or_else(|| bad(format!("{key} must be an array")))?;
    let items: Option<Vec<T>> = items.iter().map(read).collect();
    items.map(Some).ok_or_else(|| bad(format!("{key} has an item of the wrong kind")))
}

/// A field that may be left out, but has to be yes or no otherwise.
fn flag(body: &Value, key: &str) -> Result<Option<bool>, Refusal> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_bool().map(Some).ok_or_else(|| bad(format!("{key} must be a boolean")))
        }
    }
}
