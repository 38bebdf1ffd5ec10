//! [`Clean`]: text that cannot drive a terminal.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Text without control sequences, controls, bidi overrides or invisible trickery. Only
/// [`clean`] makes one, and it has no `Deserialize`, so vendor text that skipped the cleaning
/// does not compile.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clean(Arc<str>);

impl Clean {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Clean {
    fn default() -> Self {
        Self("".into())
    }
}

impl Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Takes everything out of a text that could drive a terminal.
pub fn clean(text: &str) -> Clean {
    Clean(text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().into())
}
