//! How each fault looks from outside.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::answer;
use super::faults::Fault;
use crate::model::Vendor;

const MEGABYTE: usize = 1_000_000;

/// A moment in which what was written before surely reaches the client before what follows.
const FLUSH: Duration = Duration::from_millis(20);

impl Fault {
    /// Lets the fault happen to an answer that is still to be made.
    pub(super) async fn befall(
        self,
        vendor: Vendor,
        answer: impl Future<Output = Response>,
    ) -> Response {
        match self {
            Self::Latency(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                answer.await
            }
            Self::Hang => std::future::pending().await,
            Self::Close => broken_off(Bytes::new()),
            Self::Reset => {
                let bytes = bytes_of(answer.await).await;
                broken_off(bytes.slice(..bytes.len() / 2))
            }
            Self::ResetAfter => {
                answer.await;
                broken_off(Bytes::new())
            }
            Self::TooMany(retry_after) => answer::too_many(vendor, retry_after),
            Self::Broken => answer::server_error(vendor),
            Self::Html(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                answer::html_page(status, "The service is temporarily unavailable")
            }
            Self::Truncated => changed(answer.await, |bytes| bytes.slice(..bytes.len() / 2)).await,
            Self::WrongTypes => {
                changed(answer.await, |bytes| {
                    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
                    Bytes::from(twisted(value).to_string())
                })
                .await
            }
            Self::Huge(megabytes) => huge(megabytes),
            Self::Unauthorized => answer::unauthorized(vendor),
        }
    }
}

async fn bytes_of(response: Response) -> Bytes {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default()
}

async fn changed(response: Response, change: impl FnOnce(Bytes) -> Bytes) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(change(bytes)))
}

/// A response that ends in an error after these bytes. Without any bytes the server closes the
/// connection before it has written even the status line.
fn broken_off(bytes: Bytes) -> Response {
    let breaks = || async { Err(std::io::Error::other("the demo desk was told to break off")) };
    let body = if bytes.is_empty() {
        Body::from_stream(stream::once(breaks()))
    } else {
        let start = stream::iter([Ok(bytes)]);
        Body::from_stream(start.chain(stream::once(async move {
            tokio::time::sleep(FLUSH).await;
            breaks().await
        })))
    };
    let mut response = Response::new(body);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Valid JSON, and far more of it than anybody should read.
fn huge(megabytes: usize) -> Response {
    let chunk = Bytes::from(format!("\"{}\",\n", "a".repeat(MEGABYTE - 4)));
    let chunks = stream::repeat(chunk).take(megabytes);
    let whole = stream::iter([Bytes::from_static(b"[")])
        .chain(chunks)
        .chain(stream::iter([Bytes::from_static(b"\"\"]")]));
    let mut response = Response::new(Body::from_stream(whole.map(Ok::<_, Infallible>)));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The same structure, with every scalar of a type that it should not have.
fn twisted(value: Value) -> Value {
    match value {
        Value::Null => Value::Array(Vec::new()),
        Value::Bool(is) => Value::String(is.to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::String(text) => Value::from(text.len()),
        Value::Array(items) => items.into_iter().map(twisted).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, twisted(value))).collect(),
    }
}
