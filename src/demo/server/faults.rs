//! Misbehaviour on request.
//!
//! A rule is written `VENDOR[:[METHOD ]/PATH]:FAULT[=VALUE][ MODIFIER…]`, several are separated
//! by commas:
//!
//! - VENDOR: `chatwoot`, `enneo`, `voicebot`, `partoo`, or `*`.
//! - PATH: the end of the request's path; `*` is one segment, `/**` at the end is anything
//!   beneath. Without a path: every request; without a METHOD: every method.
//! - FAULT: `latency=MS` · `hang` · `close` (no answer at all) · `reset` (breaks off in the
//!   middle of the body) · `reset-after` (the request is carried out, the answer never comes) ·
//!   `429` or `429=SECONDS` (Retry-After) · `500` · `html` or `html=STATUS` (an error page, 502) ·
//!   `truncated` (JSON cut in half) · `wrong-types` · `huge` or `huge=MB` (100) · `401`.
//! - MODIFIER: `next=N` (only so many times) · `after=N` (let so many pass first) ·
//!   `chance=PERCENT`.
//!
//! `partoo:hang` · `chatwoot:GET /conversations:latency=800` · `enneo:401 after=20`

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::super::world::Dice;
use super::{FLUSH, answer};
use crate::model::Vendor;

const MEGABYTE: usize = 1_000_000;

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The answer is late by so many milliseconds.
    Latency(u64),
    /// The answer never comes, the connection stays.
    Hang,
    /// The connection is closed instead of an answer.
    Close,
    /// The connection breaks in the middle of the body.
    Reset,
    /// The request is carried out, then the connection is closed instead of an answer.
    ResetAfter,
    /// 429, with a Retry-After in seconds or without.
    TooMany(Option<u64>),
    /// 500.
    Broken,
    /// An HTML page with this status.
    Html(u16),
    /// The right answer, cut in half.
    Truncated,
    /// The right answer with every scalar of another type.
    WrongTypes,
    /// So many megabytes of JSON.
    Huge(usize),
    /// 401.
    Unauthorized,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(milliseconds) => write!(f, "latency={milliseconds}"),
            Self::Hang => f.write_str("hang"),
            Self::Close => f.write_str("close"),
            Self::Reset => f.write_str("reset"),
            Self::ResetAfter => f.write_str("reset-after"),
            Self::TooMany(None) => f.write_str("429"),
            Self::TooMany(Some(seconds)) => write!(f, "429={seconds}"),
            Self::Broken => f.write_str("500"),
            Self::Html(status) => write!(f, "html={status}"),
            Self::Truncated => f.write_str("truncated"),
            Self::WrongTypes => f.write_str("wrong-types"),
            Self::Huge(megabytes) => write!(f, "huge={megabytes}"),
            Self::Unauthorized => f.write_str("401"),
        }
    }
}

impl Fault {
    /// Whether the client gets to see a status line.
    pub(super) fn answers(self) -> bool {
        !matches!(self, Self::Hang | Self::Close | Self::ResetAfter)
    }

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

/// When and where something goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Which vendor; `None` is any.
    pub vendor: Option<Vendor>,
    /// Which method; `None` is any.
    pub method: Option<Method>,
    /// The end of the path; `None` is any.
    pub path: Option<String>,
    /// What goes wrong.
    pub fault: Fault,
    /// So many requests pass first.
    pub after: u32,
    /// So many times at most; `None` is always.
    pub next: Option<u32>,
    /// In so many cases of a hundred.
    pub chance: u8,
}

/// A rule that cannot be understood, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the fault `{spec}` cannot be understood: {why}")]
pub struct BadSpec {
    spec: String,
    why: String,
}

impl FromStr for Rule {
    type Err = BadSpec;

    fn from_str(spec: &str) -> Result<Self, BadSpec> {
        read_rule(spec.trim()).map_err(|why| BadSpec { spec: spec.trim().to_owned(), why })
    }
}

fn read_rule(spec: &str) -> Result<Rule, String> {
    const FORM: &str = "it is written VENDOR[:[METHOD ]/PATH]:FAULT, for example \
                        `partoo:hang` or `chatwoot:GET /conversations:latency=800`";
    let (vendor, rest) = spec.split_once(':').ok_or(FORM)?;
    let (place, fault) = match rest.rsplit_once(':') {
        Some((place, fault)) => (Some(place.trim()), fault),
        None => (None, rest),
    };
    let vendor = match vendor.trim() {
        "*" => None,
        word => {
            Some(Vendor::ALL.into_iter().find(|vendor| vendor.word() == word).ok_or(format!(
                "`{word}` is no vendor; there are chatwoot, enneo, voicebot, partoo, and * for all"
            ))?)
        }
    };
    let (method, path) = match place.map(|place| place.rsplit_once(' ').unwrap_or(("", place))) {
        None => (None, None),
        Some((method, path)) if path.starts_with('/') => {
            let known = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"];
            let method = match method.trim() {
                "" => None,
                word if known.contains(&word) => Method::from_bytes(word.as_bytes()).ok(),
                word => {
                    return Err(format!("`{word}` is no method; there are {}", known.join(", ")));
                }
            };
            (method, Some(path.to_owned()))
        }
        Some((_, path)) => return Err(format!("the path `{path}` does not begin with /")),
    };
    let mut words = fault.split_whitespace();
    let fault = read_fault(words.next().ok_or(FORM)?)?;
    let mut rule = Rule { vendor, method, path, fault, after: 0, next: None, chance: 100 };
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let number = |most: u32| -> Result<u32, String> {
            let number = value.parse().ok().filter(|number| *number <= most);
            number.ok_or(format!("`{word}` wants a whole number up to {most}"))
        };
        match name {
            "after" => rule.after = number(u32::MAX)?,
            "next" => rule.next = Some(number(u32::MAX)?),
            "chance" => rule.chance = u8::try_from(number(100)?).unwrap_or(100),
            _ => return Err(format!("`{word}` is not one of next=N, after=N, chance=PERCENT")),
        }
    }
    Ok(rule)
}

fn read_fault(word: &str) -> Result<Fault, String> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let number = value
        .map(|value| value.parse::<u64>().map_err(|_| format!("`{word}` wants a whole number")))
        .transpose()?;
    Ok(match (name, number) {
        ("latency", Some(milliseconds)) => Fault::Latency(milliseconds),
        ("latency", None) => return Err("latency wants milliseconds: latency=800".to_owned()),
        ("429", seconds) => Fault::TooMany(seconds),
        ("html", status) => {
            let status = status.map_or(Some(502), |status| u16::try_from(status).ok());
            let valid = status.filter(|status| (200..=599).contains(status));
            Fault::Html(valid.ok_or("html wants a status from 200 to 599")?)
        }
        ("huge", megabytes) => {
            let megabytes = usize::try_from(megabytes.unwrap_or(100)).ok();
            let valid = megabytes.filter(|megabytes| *megabytes <= 10_000);
            Fault::Huge(valid.ok_or("huge wants at most 10000 megabytes")?)
        }
        ("hang", None) => Fault::Hang,
        ("close", None) => Fault::Close,
        ("reset", None) => Fault::Reset,
        ("reset-after", None) => Fault::ResetAfter,
        ("500", None) => Fault::Broken,
        ("truncated", None) => Fault::Truncated,
        ("wrong-types", None) => Fault::WrongTypes,
        ("401", None) => Fault::Unauthorized,
        _ => {
            return Err(format!(
                "`{word}` is no fault; there are latency=MS, hang, close, reset, reset-after, \
                 429[=SECONDS], 500, html[=STATUS], truncated, wrong-types, huge[=MB], 401"
            ));
        }
    })
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.vendor.map_or("*", Vendor::word))?;
        if let Some(path) = &self.path {
            let method = self.method.as_ref().map(|method| format!("{method} "));
            write!(f, ":{}{path}", method.unwrap_or_default())?;
        }
        write!(f, ":{}", self.fault)?;
        if self.after > 0 {
            write!(f, " after={}", self.after)?;
        }
        if let Some(next) = self.next {
            write!(f, " next={next}")?;
        }
        if self.chance < 100 {
            write!(f, " chance={}", self.chance)?;
        }
        Ok(())
    }
}

impl Rule {
    fn concerns(&self, vendor: Vendor, method: &Method, path: &str) -> bool {
        self.vendor.is_none_or(|only| only == vendor)
            && self.method.as_ref().is_none_or(|only| only == method)
            && self.path.as_ref().is_none_or(|pattern| ends_like(path, pattern))
    }
}

/// Whether a path ends like a pattern.
fn ends_like(path: &str, pattern: &str) -> bool {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (pattern, anything_beneath) = match pattern.strip_suffix("/**") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let wanted: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_alike = |part: &[&str]| {
        part.len() == wanted.len()
            && part.iter().zip(&wanted).all(|(is, want)| *want == "*" || is == want)
    };
    if wanted.is_empty() {
        return anything_beneath || segments.is_empty();
    }
    if anything_beneath {
        segments.windows(wanted.len()).any(is_alike)
    } else {
        segments
            .len()
            .checked_sub(wanted.len())
            .and_then(|at| segments.get(at..))
            .is_some_and(is_alike)
    }
}

/// The rules in force. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<Rule>,
    rolls: u64,
}

impl Faults {
    /// Adds rules, several separated by commas; none if one of them is wrong.
    ///
    /// # Errors
    /// What cannot be understood, and why.
    pub fn add(&self, specs: &str) -> Result<(), BadSpec> {
        let rules: Vec<Rule> = specs.split(',').map(str::parse).collect::<Result<_, _>>()?;
        self.lock().rules.extend(rules);
        Ok(())
    }

    /// Adds one rule.
    pub fn push(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    /// All is well again.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// The rules in force, as they would be written, with what is left of their counts.
    pub fn list(&self) -> Vec<String> {
        self.lock().rules.iter().map(Rule::to_string).collect()
    }

    /// What happens to a request: the first rule that concerns it and is due counts.
    pub(super) fn strike(&self, vendor: Vendor, method: &Method, path: &str) -> Option<Fault> {
        let mut inner = self.lock();
        inner.rolls += 1;
        let rolls = inner.rolls;
        let concerned = inner.rules.iter_mut().enumerate();
        let mut struck = None;
        for (index, rule) in concerned.filter(|(_, rule)| rule.concerns(vendor, method, path)) {
            if rule.after > 0 {
                rule.after -= 1;
                continue;
            }
            let mut dice = Dice::at(rolls, &[index as u64]);
            if !dice.percent(u64::from(rule.chance)) {
                continue;
            }
            rule.next = rule.next.map(|left| left.saturating_sub(1));
            struck = Some(rule.fault);
            break;
        }
        inner.rules.retain(|rule| rule.next != Some(0));
        struck
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_and_writes_the_same() {
        for spec in [
            "partoo:hang",
            "*:close",
            "chatwoot:GET /conversations:latency=800",
            "chatwoot:POST /conversations/*/messages:reset-after next=1",
            "enneo:401 after=20",
            "voicebot:/conversations/**:429=5 chance=30",
            "partoo:html=200",
            "enneo:huge=7 after=1 next=2 chance=50",
        ] {
            assert_eq!(spec.parse::<Rule>().unwrap().to_string(), spec);
        }
    }

    #[test]
    fn a_bad_rule_says_what_is_wrong_and_what_is_allowed() {
        for (spec, part) in [
            ("partoo", "VENDOR"),
            ("zendesk:hang", "no vendor"),
            ("partoo:explode", "latency=MS"),
            ("partoo:latency", "latency=800"),
            ("partoo:latency=soon", "whole number"),
            ("partoo:FETCH /x:hang", "no method"),
            ("partoo:conversations:hang", "does not begin with /"),
            ("partoo:hang twice", "next=N"),
            ("partoo:hang chance=101", "up to 100"),
            ("partoo:html=99", "200 to 599"),
            ("partoo:hang=5", "no fault"),
        ] {
            let error = spec.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains(part) && error.contains(spec), "{error}");
        }
        let faults = Faults::default();
        assert!(faults.add("partoo:hang, enneo:nonsense").is_err());
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_path_is_compared_from_its_end() {
        let list = "/api/v1/accounts/1/conversations";
        assert!(ends_like(list, "/conversations"));
        assert!(ends_like(list, "/accounts/*/conversations"));
        assert!(!ends_like(list, "/conversations/*"));
        assert!(!ends_like("/api/v1/accounts/1/conversations/5/messages", "/conversations"));
        assert!(ends_like("/v2/conversations/5/messages", "/conversations/*/messages"));
        assert!(ends_like("/v2/conversations/5/messages", "/conversations/**"));
        assert!(!ends_like("/v2/messages", "/conversations/**"));
    }

    #[test]
    fn counts_and_chances_are_kept() {
        let faults = Faults::default();
        faults.add("partoo:GET /x:500 after=2 next=2").unwrap();
        let strike = |method: &Method| faults.strike(Vendor::Partoo, method, "/v2/x");
        assert_eq!(strike(&Method::POST), None);
        let struck: Vec<bool> = (0..6).map(|_| strike(&Method::GET).is_some()).collect();
        assert_eq!(struck, [false, false, true, true, false, false]);
        assert!(faults.list().is_empty());
        faults.add("*:500 chance=30").unwrap();
        let struck = (0..1_000).filter(|_| strike(&Method::GET).is_some()).count();
        assert!((200..400).contains(&struck), "{struck}");
    }
}
