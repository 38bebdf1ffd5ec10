//! `/_desk/…`: the handle by which somebody outside makes things happen. It is on every vendor's
//! server, needs no token, and is neither logged nor hit by faults.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::super::world::Key;
use super::{Gate, answer};
use crate::model::Vendor;

pub(super) fn router(gate: Gate) -> Router {
    Router::new()
        .route("/_desk/faults", get(list).post(add).delete(clear))
        .route("/_desk/say", post(say))
        .with_state(gate)
}

async fn list(State(gate): State<Gate>) -> Response {
    answer::json(StatusCode::OK, &json!({ "faults": gate.faults.list() }))
}

/// Adds rules: the body is the rules themselves, or `{"faults": "…"}`.
async fn add(state: State<Gate>, body: String) -> Response {
    let specs = match serde_json::from_str::<Value>(&body) {
        Ok(value) => value.get("faults").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Err(_) => body,
    };
    match state.faults.add(&specs) {
        Ok(()) => list(state).await,
        Err(error) => bad(&error.to_string()),
    }
}

async fn clear(state: State<Gate>) -> Response {
    state.faults.clear();
    list(state).await
}

/// A customer writes: `{"conversation": 12, "text": "…", "vendor": "enneo"}`; without a vendor,
/// at the vendor whose server was asked.
async fn say(State(gate): State<Gate>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let text = body.get("text").and_then(Value::as_str);
    let number = body.get("conversation").and_then(Value::as_u64);
    let (Some(text), Some(number)) = (text, number.and_then(|n| u32::try_from(n).ok())) else {
        return bad("wanted: {\"conversation\": NUMBER, \"text\": \"…\", \"vendor\": \"…\"}");
    };
    let vendor = match body.get("vendor").and_then(Value::as_str) {
        None => gate.site.vendor,
        Some(word) => match Vendor::ALL.into_iter().find(|vendor| vendor.word() == word) {
            Some(vendor) => vendor,
            None => return bad("no such vendor"),
        },
    };
    match gate.site.world.customer_says(Key { vendor, number }, text) {
        Some(message) => answer::json(StatusCode::OK, &json!({ "message_id": message.id })),
        None => answer::json(StatusCode::NOT_FOUND, &json!({ "error": "no such conversation" })),
    }
}

fn bad(error: &str) -> Response {
    answer::json(StatusCode::BAD_REQUEST, &json!({ "error": error }))
}
