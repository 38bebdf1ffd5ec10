//! Partoo's REST API over the made-up world, under `/v2`. Reviews are not served.

mod conversations;
mod lists;
mod messages;
mod page;
mod view;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::server::{Site, has_type, unauthorized};
use super::world::{Conversation, Key};
use crate::model::Vendor;

/// The whole API.
pub(super) fn router(site: Site) -> Router {
    let conversation =
        get(conversations::one).patch(conversations::patch).post(conversations::mark);
    let inside = Router::new()
        .route("/conversations", get(conversations::list))
        .route("/conversations/{id}", conversation)
        .route("/conversations/{id}/read", post(conversations::read))
        .route("/messages", get(messages::list).post(messages::send))
        .route("/messages/{id}/retry", post(messages::retry))
        .route("/messaging/templates", get(lists::templates).post(lists::create_template))
        .route("/messaging/templates/{id}", put(lists::change_template))
        .route("/user/me", get(lists::me))
        .route("/user/search", get(lists::users))
        .route("/business/search", get(lists::businesses))
        .route("/business/{id}", get(lists::business))
        .fallback(async || not_found())
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(site.clone(), check))
        .route("/media/{id}", get(messages::media))
        .with_state(site);
    Router::new().nest("/v2", inside)
}

/// The key first, then the content type that every request which could carry a body must have.
async fn check(State(site): State<Site>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers.get("x-apikey").is_none_or(|key| key.as_bytes() != site.token.as_bytes()) {
        return unauthorized(Vendor::Partoo);
    }
    let carries_body = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    if carries_body && !has_type(headers, "application/json") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    next.run(request).await
}

fn refusal(status: StatusCode, errors: Value) -> Refusal {
    Refusal { status, body: json!({"errors": errors}) }
}

fn not_found() -> Refusal {
    refusal(StatusCode::NOT_FOUND, json!({"json": "Resource not found"}))
}

fn not_allowed() -> Refusal {
    refusal(StatusCode::FORBIDDEN, json!({"authorization": "Operation not allowed"}))
}

/// A field of the body that is wrong.
fn bad(field: &str, why: &str) -> Refusal {
    let mut fields = Map::new();
    fields.insert(field.to_owned(), json!([why]));
    refusal(StatusCode::BAD_REQUEST, json!({"json": fields}))
}

/// The body as an object.
fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ if body.is_empty() => Ok(Map::new()),
        _ => Err(bad("_schema", "Invalid input type.")),
    }
}

/// What most writes answer.
fn success() -> axum::Json<Value> {
    axum::Json(json!({"status": "success"}))
}

/// The address of the API as the client reached it.
fn base(site: &Site) -> String {
    format!("{}/v2", site.origin)
}

/// The conversation that a path or a body names.
fn conversation(site: &Site, number: &str) -> Result<Conversation, Refusal> {
    let key = number.parse().ok().map(|number| Key { vendor: Vendor::Partoo, number });
    key.and_then(|key| site.world.conversation(key)).ok_or_else(not_found)
}
