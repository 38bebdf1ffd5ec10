//! Every request that arrived, readable by tests and written to a file on request.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::super::world::At;
use super::faults::Fault;
use crate::model::Vendor;

/// So many requests are remembered; older ones are only in the file.
const REMEMBERED: usize = 20_000;

/// So many bytes of a body are kept.
const BODY_KEPT: usize = 64 * 1024;

/// The headers that can carry a credential. Their values are never written down.
const CREDENTIALS: [&str; 5] =
    ["authorization", "cookie", "x-apikey", "api_access_token", "api-access-token"];

/// One request.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// When it arrived.
    pub at: At,
    /// At which vendor's server.
    pub vendor: Vendor,
    /// Method.
    pub method: String,
    /// Path, still encoded.
    pub path: String,
    /// Query, still encoded; empty without.
    pub query: String,
    /// All headers but those that carry a credential.
    pub headers: Vec<(String, String)>,
    /// Names of the headers that carried a credential.
    pub auth: Vec<&'static str>,
    /// The body as text, cut off after 64 KB; what is not UTF-8 is replaced.
    pub body: String,
    /// Which fault struck, as it would be written.
    pub fault: Option<String>,
    /// The answer's status; `None` when there was no answer (hung, or the client went away).
    pub status: Option<u16>,
    /// How long the answer took.
    pub milliseconds: u64,
}

impl Entry {
    /// The body as JSON; `Null` if it is something else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    fn line(&self) -> Value {
        let headers: Map<String, Value> =
            self.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = match self.json() {
            Value::Null => json!(self.body),
            body => body,
        };
        json!({
            "at": self.at.iso_millis(),
            "vendor": self.vendor.word(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "auth": self.auth,
            "body": body,
            "fault": self.fault,
            "status": self.status,
            "ms": self.milliseconds,
        })
    }
}

/// The log. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    file: Option<File>,
}

impl Log {
    /// A log that also appends one JSON line per request to a file.
    ///
    /// # Errors
    /// When the file cannot be opened for writing.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(Mutex::new(Inner { file: Some(file), ..Inner::default() }))))
    }

    /// Every request that is over, in the order in which they ended.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().cloned().collect()
    }

    /// Takes out what has been remembered so far.
    pub fn take(&self) -> Vec<Entry> {
        self.lock().entries.drain(..).collect()
    }

    pub(super) fn arrived(
        &self,
        vendor: Vendor,
        parts: &Parts,
        body: &[u8],
        fault: Option<&Fault>,
    ) -> Arrival {
        let kept = body.get(..BODY_KEPT).unwrap_or(body);
        let is_secret = |name: &str| CREDENTIALS.contains(&name);
        let shown = parts.headers.iter().filter(|(name, _)| !is_secret(name.as_str()));
        let headers = shown.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let entry = Entry {
            at: At::real_now(),
            vendor,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            auth: credentials(&parts.headers),
            body: String::from_utf8_lossy(kept).into_owned(),
            fault: fault.map(ToString::to_string),
            status: None,
            milliseconds: 0,
        };
        Arrival { log: self.clone(), entry: Some(entry), since: Instant::now() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn credentials(headers: &HeaderMap) -> Vec<&'static str> {
    CREDENTIALS.into_iter().filter(|name| headers.contains_key(*name)).collect()
}

/// A request that is being answered. Written down when it is dropped, answered or not.
#[derive(Debug)]
pub(super) struct Arrival {
    log: Log,
    entry: Option<Entry>,
    since: Instant,
}

impl Arrival {
    pub fn answered(&mut self, status: StatusCode) {
        if let Some(entry) = &mut self.entry {
            entry.status = Some(status.as_u16());
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.milliseconds = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut inner = self.log.lock();
        if let Some(file) = &mut inner.file {
            // A full disk costs lines of the log, not the demo.
            let _ = writeln!(file, "{}", entry.line());
        }
        if inner.entries.len() == REMEMBERED {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
    }
}
