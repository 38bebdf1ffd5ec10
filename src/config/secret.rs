//! Tokens: where they come from, and a type that never shows itself.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// A token. It has no `Display`, its `Debug` shows nothing, and it is not serialisable.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a token; surrounding white space (the newline of a command's output) is not part of it.
    pub fn new(token: &str) -> Self {
        Self(token.trim().to_owned())
    }

    /// The token itself, for the one place that puts it into a request header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where a token comes from.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenSource {
    /// An environment variable.
    Env(String),
    /// Standard output of a shell command.
    Command(String),
    /// A file; `~/` is the home folder.
    File(PathBuf),
    /// Written into the configuration itself.
    #[serde(skip)]
    Plain(Secret),
}
