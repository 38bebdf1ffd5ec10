//! What all four vendors' servers share: the log of requests, the faults, the control endpoint,
//! and reading bodies as leniently as the vendors do.

mod answer;
mod control;
mod faults;
mod log;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::{Map, Value};

pub use self::answer::{
    bare, empty, file, html_page, json, refused, server_error, too_many, unauthorized,
};
pub use self::faults::{BadSpec, Fault, Faults, Rule};
pub use self::log::{Entry, Log};
use super::world::World;
use crate::model::Vendor;

/// The largest request that is read, in bytes; a client that sends more is cut off with 413.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What one vendor's router needs to know.
#[derive(Clone, Debug)]
pub struct Site {
    /// The world that it shows.
    pub world: Arc<World>,
    /// Which vendor it is.
    pub vendor: Vendor,
    /// The token that it accepts.
    pub token: Arc<str>,
    /// Its own `http://127.0.0.1:PORT`, for the links in its answers.
    pub origin: Arc<str>,
}

/// What every request passes before a vendor sees it.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub site: Site,
    pub faults: Faults,
    pub log: Log,
}

/// A vendor's router behind the gate, with the control endpoint beside it. The router gets the
/// whole request body in memory, so it may read it as often as it likes.
pub(super) fn guarded(vendor: Router, gate: Gate) -> Router {
    let guarded = vendor.layer(from_fn_with_state(gate.clone(), pass));
    control::router(gate).fallback_service(guarded)
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let vendor = gate.site.vendor;
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_BYTES).await else {
        return bare(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let fault = gate.faults.strike(vendor, &parts.method, parts.uri.path());
    // Written down even if the client goes away while we are at it: it is done when dropped.
    let mut entry = gate.log.arrived(vendor, &parts, &body, fault.as_ref());
    gate.site.world.settle();
    let answer = next.run(Request::from_parts(parts, Body::from(body)));
    let response = match fault {
        None => answer.await,
        Some(fault) => fault.befall(vendor, answer).await,
    };
    if fault.is_none_or(Fault::answers) {
        entry.answered(response.status());
    }
    response
}

/// A body that could not be read as parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadBody;

/// The parameters in a JSON or form body, as the frameworks behind these APIs see them: nothing
/// for an empty body, and nothing for JSON that is not an object.
///
/// # Errors
/// When a body that should be JSON is none.
pub fn params(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, BadBody> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if has_type(headers, "application/x-www-form-urlencoded") {
        let pairs: Vec<(String, String)> = query_pairs(&String::from_utf8_lossy(body));
        return Ok(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(Map::new()),
        Err(_) => Err(BadBody),
    }
}

/// Whether the body says that it is of a media type.
pub fn has_type(headers: &HeaderMap, media_type: &str) -> bool {
    let written = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    written.is_some_and(|written| written.to_ascii_lowercase().starts_with(media_type))
}

/// The pairs of a query string, decoded, in order; a name may come more than once.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decoded(name, true), percent_decoded(value, true))
        })
        .collect()
}

/// Text with its `%41` replaced by what they stand for; in a query `+` stands for a space. What
/// is not UTF-8 becomes the replacement character.
pub fn percent_decoded(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = match (first, after) {
            (b'%', [high, low, ..]) => {
                let digits = [*high, *low];
                std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(if *first == b'+' && plus_is_space { b' ' } else { *first });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text as one segment of a URL's path.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A part of a multipart body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Name of the field.
    pub name: String,
    /// Name of the file, for files.
    pub file_name: Option<String>,
    /// Media type, where given.
    pub mime: Option<String>,
    /// What is in it.
    pub bytes: Bytes,
}

/// The parts of a multipart body, in order.
///
/// # Errors
/// When it is not multipart or breaks off.
pub async fn parts(headers: &HeaderMap, body: Bytes) -> Result<Vec<Part>, BadBody> {
    let mut request = Request::new(Body::from(body));
    *request.headers_mut() = headers.clone();
    // The usual limit of 2 MB is for servers that strangers can reach.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| BadBody)?;
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(|_| BadBody)? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            mime: field.content_type().map(str::to_owned),
            bytes: field.bytes().await.map_err(|_| BadBody)?,
        });
    }
    Ok(parts)
}

/// A moment in which what was written before surely reaches the client before what follows.
const FLUSH: Duration = Duration::from_millis(20);
