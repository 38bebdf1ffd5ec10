//! Answers that the vendors' handlers share: JSON, a refusal in the vendor's own words, a file.

use axum::Json;
use axum::body::Bytes;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::server;
use super::world::{Attachment, files};

/// The parameters of a query, in order: a key may repeat (`channels[]=email&channels[]=chat`).
pub(super) type Params = Vec<(String, String)>;

/// The first value of a parameter.
pub(super) fn param<'a>(params: &'a Params, key: &str) -> Option<&'a str> {
    params.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// What a handler gives back.
pub(super) type Answer = Result<Json<Value>, Refusal>;

/// An answer that is not a success, with a body as the vendor writes it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub body: Value,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// The body as a JSON object; an empty body is an empty object. `None` for anything else.
pub(super) fn object(body: &Bytes) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(body).ok().filter(Value::is_object)
}

/// Whether the request carries `Authorization: Bearer` with this token.
pub(super) fn has_bearer(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|value| value.strip_prefix("Bearer ")) == Some(token)
}

/// A stored file.
pub(super) fn file(attachment: &Attachment) -> Response {
    server::file(&attachment.mime, files::bytes(attachment).into_owned())
}
