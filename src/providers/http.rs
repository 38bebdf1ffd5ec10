//! One HTTP client per account: adds the credential, keeps it on its own origin, limits how much
//! is read, and turns whatever goes wrong into a [`Failure`] with an outcome.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode, Url, redirect};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::config::{Secret, TokenSource, expand_home};
use crate::model::{Failure, Outcome, Trouble};
use crate::text::clean;

/// The most that is read of one answer. The largest honest one recorded is below 1 MB.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// How long a connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole exchange may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Shorter than the idle time of any usual server or proxy: a pooled connection that died would
/// turn a write into "maybe sent".
const POOL_IDLE: Duration = Duration::from_secs(15);
/// How long a token command may take.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(20);

/// How the credential is put into a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// The token alone, in this header.
    Header(&'static str),
    /// `Authorization: Bearer …`.
    Bearer,
    /// `Cookie: NAME=…`.
    Cookie(&'static str),
}

/// A client for one account.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    base: Url,
    scheme: Scheme,
    source: TokenSource,
    token: Mutex<Option<Secret>>,
}

/// A 2xx answer.
#[derive(Debug)]
pub struct Answer {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// Whether the request was one that changes something.
    wrote: bool,
}

impl Answer {
    /// The body as JSON; an empty body is `null`.
    ///
    /// # Errors
    /// When it is something else. After a write nobody knows then what happened.
    pub fn json(&self) -> Result<Value, Failure> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            let outcome = if self.wrote { Outcome::MaybeSent } else { Outcome::Refused };
            Failure::new(outcome, Trouble::Unreadable, "The server's answer is not JSON.")
        })
    }
}

impl Http {
    /// A client for a base URL. `base` ends without a slash; paths begin with one.
    ///
    /// # Errors
    /// When the URL cannot be used or the TLS set-up fails.
    pub fn new(base: &str, scheme: Scheme, source: TokenSource) -> Result<Self, Failure> {
        let refused = |text: String| Failure::new(Outcome::Refused, Trouble::Rejected, text);
        let base = Url::parse(base.trim_end_matches('/'))
            .map_err(|error| refused(format!("The URL {base} cannot be used: {error}.")))?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("ttydesk/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()
            .map_err(|error| refused(format!("The HTTP client cannot start: {error}.")))?;
        Ok(Self { client, base, scheme, source, token: Mutex::new(None) })
    }

    /// The base URL, for links and for comparing origins.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Knocks at the base URL without the credential, and gives the headers of whatever answers:
    /// is anybody there, and what time is it?
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn knock(&self) -> Result<HeaderMap, Failure> {
        let answer = self.client.get(self.base.clone()).send().await;
        let answer = answer.map_err(|error| self.broken(&error, false))?;
        Ok(answer.headers().clone())
    }

    /// Reads.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Failure> {
        let request = self.client.request(Method::GET, self.url(path)?).query(query);
        self.exchange(request, false).await
    }

    /// Asks a question that the vendor wants as a POST with a JSON body (searches).
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn ask(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: &Value,
    ) -> Result<Answer, Failure> {
        let request = self.client.request(Method::POST, self.url(path)?).query(query).json(body);
        self.exchange(request, false).await
    }

    /// Writes. `None` sends no body and no content type.
    ///
    /// # Errors
    /// See [`Failure`]; its outcome says whether it may have taken effect.
    pub async fn write(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let mut request = self.client.request(method, self.url(path)?);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.exchange(request, true).await
    }

    /// Writes a multipart form.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn post_form(
        &self,
        path: &str,
        form: reqwest::multipart::Form,
    ) -> Result<Answer, Failure> {
        let request = self.client.request(Method::POST, self.url(path)?).multipart(form);
        self.exchange(request, true).await
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        // An absolute address (a paging link) is followed only on the account's own origin: the
        // token goes along with it.
        let url = if path.starts_with("http://") || path.starts_with("https://") {
            Url::parse(path)
        } else {
            Url::parse(&format!("{}{path}", self.base.as_str().trim_end_matches('/')))
        }
        .map_err(|_| {
            Failure::new(
                Outcome::Refused,
                Trouble::Unreadable,
                "The address of the request is not valid.",
            )
        })?;
        if url.origin() != self.base.origin() {
            return Err(Failure::new(
                Outcome::Refused,
                Trouble::Unreadable,
                format!(
                    "The server pointed to another host ({}); the token stays here.",
                    url.host_str().unwrap_or("?")
                ),
            ));
        }
        Ok(url)
    }

    async fn exchange(&self, request: RequestBuilder, wrote: bool) -> Result<Answer, Failure> {
        let token = self.token().await?;
        let (name, value) = match self.scheme {
            Scheme::Header(name) => (name, token.expose().to_owned()),
            Scheme::Bearer => ("authorization", format!("Bearer {}", token.expose())),
            Scheme::Cookie(cookie) => ("cookie", format!("{cookie}={}", token.expose())),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| {
            Failure::new(
                Outcome::NotSent,
                Trouble::Token,
                "The token holds characters that no header can carry.",
            )
        })?;
        value.set_sensitive(true);
        let response = request
            .header(name, value)
            .header(ACCEPT, "application/json")
            .send()
            .await
            .map_err(|error| self.broken(&error, wrote))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = match read_limited(response).await {
            Ok(body) => body,
            Err(ReadError::TooLarge) => {
                let outcome = if wrote { Outcome::MaybeSent } else { Outcome::Refused };
                return Err(Failure {
                    status: Some(status.as_u16()),
                    ..Failure::new(
                        outcome,
                        Trouble::Unreadable,
                        "The server's answer is larger than 16 MB.",
                    )
                });
            }
            // What the status already says holds even when the body breaks off.
            Err(ReadError::Broken(error)) if status.is_success() => {
                return Err(self.broken(&error, wrote));
            }
            Err(ReadError::Broken(_)) => Vec::new(),
        };
        if status.is_success() {
            return Ok(Answer { headers, body, wrote });
        }
        if status == StatusCode::UNAUTHORIZED {
            // A token command or file may hold a newer one next time.
            *self.token.lock().await = None;
        }
        Err(refusal(status, &headers, &body))
    }

    fn broken(&self, error: &reqwest::Error, wrote: bool) -> Failure {
        let host = self.base.host_str().unwrap_or("the server");
        if error.is_builder() || error.is_request() && error.is_redirect() {
            return Failure::new(
                Outcome::Refused,
                Trouble::Rejected,
                "The request could not be built.",
            );
        }
        if error.is_connect() {
            let cause = innermost(error);
            let tls = ["certificate", "tls", "handshake", "unknownissuer"]
                .iter()
                .any(|word| cause.to_ascii_lowercase().contains(word));
            return if tls {
                Failure::new(
                    Outcome::NotSent,
                    Trouble::Tls,
                    format!("No secure connection to {host}: {cause}."),
                )
            } else {
                Failure::new(
                    Outcome::NotSent,
                    Trouble::Unreachable,
                    format!("{host} cannot be reached: {cause}."),
                )
            };
        }
        let outcome = if wrote { Outcome::MaybeSent } else { Outcome::NotSent };
        if error.is_timeout() {
            return Failure::new(
                outcome,
                Trouble::NoAnswer,
                format!("{host} did not answer in time."),
            );
        }
        Failure::new(outcome, Trouble::NoAnswer, format!("The connection to {host} broke off."))
    }

    async fn token(&self) -> Result<Secret, Failure> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref() {
            return Ok(token.clone());
        }
        let token = read_token(&self.source)
            .await
            .map_err(|text| Failure::new(Outcome::NotSent, Trouble::Token, text))?;
        *held = Some(token.clone());
        Ok(token)
    }
}

/// Fetches a token from where the configuration says.
///
/// # Errors
/// One sentence that says what to fix; it never holds the token.
pub async fn read_token(source: &TokenSource) -> Result<Secret, String> {
    let token = match source {
        TokenSource::Plain(token) => return Ok(token.clone()),
        TokenSource::Env(name) => std::env::var(name)
            .map_err(|_| format!("The environment variable {name} for the token is not set."))?,
        TokenSource::File(path) => {
            let path = expand_home(path);
            tokio::fs::read_to_string(&path).await.map_err(|error| {
                format!("The token file {} cannot be read: {error}.", path.display())
            })?
        }
        TokenSource::Command(command) => {
            let mut child = Command::new("sh");
            child.arg("-c").arg(command).stdin(std::process::Stdio::null()).kill_on_drop(true);
            let output = tokio::time::timeout(TOKEN_TIMEOUT, child.output())
                .await
                .map_err(|_| "The token command did not finish within 20 s.".to_owned())?
                .map_err(|error| format!("The token command cannot start: {error}."))?;
            if !output.status.success() {
                return Err(format!("The token command failed ({}).", output.status));
            }
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
    };
    let token = Secret::new(&token);
    if token.expose().is_empty() {
        return Err("The token is empty.".into());
    }
    Ok(token)
}

enum ReadError {
    TooLarge,
    Broken(reqwest::Error),
}

async fn read_limited(mut response: reqwest::Response) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(ReadError::Broken)? {
        if body.len() + chunk.len() > MOST_BYTES {
            return Err(ReadError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a status other than 2xx means. Vendors' own exceptions (Chatwoot's 401 for forbidden) are
/// corrected in their folder.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let (outcome, trouble, what) = match status.as_u16() {
        429 => (Outcome::NotSent, Trouble::RateLimited, "Too many requests"),
        503 if retry_after.is_some() => (Outcome::NotSent, Trouble::Server, "The server is busy"),
        500..=599 => (Outcome::MaybeSent, Trouble::Server, "The server has a fault"),
        401 => (Outcome::Refused, Trouble::SignedOut, "The token is not accepted"),
        403 => (Outcome::Refused, Trouble::Forbidden, "Not allowed"),
        404 | 410 => (Outcome::Refused, Trouble::NotFound, "Not found"),
        300..=399 => {
            (Outcome::Refused, Trouble::Unreadable, "The server redirects elsewhere; check the URL")
        }
        _ => (Outcome::Refused, Trouble::Rejected, "Refused"),
    };
    let said = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| sentence(&value))
        .or_else(|| plain_sentence(body));
    let mut text = match said {
        Some(said) => format!("{what} ({}): {said}", status.as_u16()),
        None => format!("{what} ({})", status.as_u16()),
    };
    if let Some(location) = headers.get(LOCATION).and_then(|value| value.to_str().ok()) {
        text = format!("{text}: {location}");
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    Failure { outcome, trouble, status: Some(status.as_u16()), retry_after, text: clean(&text) }
}

/// The sentence in an error body, wherever the vendor puts it.
fn sentence(value: &Value) -> Option<String> {
    fn flat(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) if !text.trim().is_empty() => into.push(text.trim().to_owned()),
            Value::Array(items) => items.iter().for_each(|item| flat(item, into)),
            Value::Object(fields) => fields.iter().for_each(|(key, item)| {
                let mut inner = Vec::new();
                flat(item, &mut inner);
                into.extend(inner.into_iter().map(|text| {
                    if matches!(key.as_str(), "json" | "authentication" | "authorization" | "base")
                    {
                        text
                    } else {
                        format!("{key}: {text}")
                    }
                }));
            }),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for key in ["error", "message", "errors", "description"] {
        if let Some(inner) = value.get(key) {
            flat(inner, &mut found);
        }
        if !found.is_empty() {
            break;
        }
    }
    let mut text = found.join("; ");
    if text.chars().count() > 300 {
        text = text.chars().take(299).collect::<String>() + "…";
    }
    (!text.is_empty()).then_some(text)
}

/// A short plain-text body (`Retry later`); HTML pages say nothing to an agent.
fn plain_sentence(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    (!text.is_empty() && text.len() <= 200 && !text.starts_with(['<', '{', '[']))
        .then(|| text.to_owned())
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Prepares TLS for the whole process; called once at start and by tests.
pub fn prepare_tls() {
    // An error means that a provider is installed already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
