//! What went wrong with a request, as far as anyone has to decide on it.

use std::time::Duration;

use crate::text::Clean;

/// The only question that decides what happens next: did it take effect?
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did not leave, or the vendor put it off (429, 503 with Retry-After): try again later.
    NotSent,
    /// Nobody knows: timeout, reset, 5xx, an unreadable answer to a write.
    MaybeSent,
    /// The vendor said no.
    Refused,
}

/// What kind of trouble, for the words shown and for the state of the account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Name lookup, connect or network failure.
    Unreachable,
    /// The certificate or the TLS handshake.
    Tls,
    /// No answer in time, or the connection broke off.
    NoAnswer,
    /// Too many requests.
    RateLimited,
    /// The token could not be had (command failed, variable unset …).
    Token,
    /// The token is not accepted at all.
    SignedOut,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// Not there.
    NotFound,
    /// The vendor rejected the content of the request.
    Rejected,
    /// The vendor's own trouble (5xx).
    Server,
    /// An answer that makes no sense: not JSON, wrong shape, too large.
    Unreadable,
    /// This vendor has no such thing.
    Unsupported,
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// Whether it took effect.
    pub outcome: Outcome,
    /// What kind of trouble.
    pub trouble: Trouble,
    /// HTTP status, where one came.
    pub status: Option<u16>,
    /// How long the vendor asks to wait.
    pub retry_after: Option<Duration>,
    /// One sentence for the agent, without token or markup: what happened.
    pub text: Clean,
}

impl Failure {
    /// A failure without status or waiting time.
    pub fn new(outcome: Outcome, trouble: Trouble, text: impl AsRef<str>) -> Self {
        Self {
            outcome,
            trouble,
            status: None,
            retry_after: None,
            text: crate::text::clean(text.as_ref()),
        }
    }

    /// The vendor has no such thing: refused without a request.
    pub fn unsupported(text: impl AsRef<str>) -> Self {
        Self::new(Outcome::Refused, Trouble::Unsupported, text)
    }
}
