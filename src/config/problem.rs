//! What is wrong with a configuration file, and where, in words for the person who wrote it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::text::clean;

/// Whether a problem keeps the file from being used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but something about it is unwise.
    Warning,
}

/// One problem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// In which file.
    pub file: PathBuf,
    /// Where in it; `None` when it is about the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub what: String,
    /// What is allowed, or how to fix it.
    pub help: Option<String>,
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters are meant, at least 1, all on this line.
    pub width: usize,
    /// The line, with secrets masked.
    pub excerpt: String,
}

impl Problem {
    pub(super) fn unreadable(file: &Path, error: &io::Error) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            place: None,
            what: format!("cannot be read: {error}"),
            help: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}", self.file.display())?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", clean(&self.what))?;
        if let Some(place) = &self.place {
            let number = place.line.to_string();
            let margin = " ".repeat(number.len());
            let indent = " ".repeat(place.column.saturating_sub(1));
            write!(f, "\n  {number} | {}", place.excerpt)?;
            write!(f, "\n  {margin} | {indent}{}", "^".repeat(place.width))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  {}", clean(help))?;
        }
        Ok(())
    }
}

/// A file that cannot be used: all its problems, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Rejected(pub Vec<Problem>);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// Turns a byte range of a text into a place.
pub(super) fn place(text: &str, span: &std::ops::Range<usize>) -> Place {
    // A span may end in the middle of nothing (an error at the end of the file).
    let start = floor_char_boundary(text, span.start);
    let end = floor_char_boundary(text, span.end).max(start);
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(line_start..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let column =
        before.chars().count() - text.get(..line_start).unwrap_or_default().chars().count();
    let meant = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
    Place {
        line: before.matches('\n').count() + 1,
        column: column + 1,
        width: meant.chars().count().max(1),
        excerpt: clean_line(&mask(line)),
    }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Tabs count as one column, so they are shown as one.
fn clean_line(line: &str) -> String {
    clean(&line.replace('\t', " ")).to_string()
}

/// Hides what may be a secret: on a line that speaks of a token or cookie, every letter and digit
/// after that word. The width stays, so that the marker below still points at the right place.
fn mask(line: &str) -> String {
    let ends = ["token", "cookie"].iter().filter_map(|word| Some(line.find(word)? + word.len()));
    let Some((open, secret)) = ends.min().map(|end| line.split_at(end)) else {
        return line.to_owned();
    };
    let hidden = secret.chars().map(|c| if " \t\"'{}[]=,#".contains(c) { c } else { '•' });
    format!("{open}{}", hidden.collect::<String>())
}

/// `did you mean …` for a word that is close to an allowed one, else the list of allowed ones.
pub(super) fn allowed(word: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min();
    let list = known.join(", ");
    match near {
        Some((_, candidate)) => format!("did you mean `{candidate}`? Allowed are: {list}"),
        None => format!("allowed are: {list}"),
    }
}
