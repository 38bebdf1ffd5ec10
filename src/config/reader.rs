//! Reads values out of a TOML table and collects what is wrong with them. A key that was never
//! asked for is an unknown key, so the list of allowed keys is the code that reads them.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Severity, allowed, place};

/// One file being read.
pub(super) struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    problems: RefCell<Vec<Found>>,
}

struct Found {
    severity: Severity,
    span: Range<usize>,
    what: String,
    help: Option<String>,
}

/// A value and where it stands.
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, problems: RefCell::default() }
    }

    pub(super) fn top<'t>(&'t self, table: &'t DeTable<'t>) -> Section<'t> {
        Section { reader: self, table, span: 0..0, name: String::new(), asked: RefCell::default() }
    }

    pub(super) fn error(&self, span: Range<usize>, what: impl Into<String>, help: Option<String>) {
        self.push(Severity::Error, span, what.into(), help);
    }

    fn push(&self, severity: Severity, span: Range<usize>, what: String, help: Option<String>) {
        self.problems.borrow_mut().push(Found { severity, span, what, help });
    }

    /// Everything found, in the order of the file.
    pub(super) fn finish(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|found| found.span.start);
        let located = problems.into_iter().map(|found| Problem {
            severity: found.severity,
            file: self.path.to_owned(),
            place: Some(place(self.text, &found.span)),
            what: found.what,
            help: found.help,
        });
        located.collect()
    }
}

/// One table of the file.
pub(super) struct Section<'t> {
    reader: &'t Reader<'t>,
    table: &'t DeTable<'t>,
    /// Where the table stands; empty for the file itself.
    pub(super) span: Range<usize>,
    name: String,
    asked: RefCell<Vec<&'static str>>,
}

impl<'t> Section<'t> {
    pub(super) fn error(&self, span: Range<usize>, what: impl Into<String>, help: Option<&str>) {
        self.reader.error(span, what, help.map(str::to_owned));
    }

    pub(super) fn warning(&self, span: Range<usize>, what: impl Into<String>, help: &str) {
        self.reader.push(Severity::Warning, span, what.into(), Some(help.to_owned()));
    }

    /// The folder and file that this is read from.
    pub(super) fn path(&self) -> &'t Path {
        self.reader.path
    }

    /// The line of a place, counted from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        place(self.reader.text, span).line
    }

    /// Whether the key is there, whatever its value.
    pub(super) fn span_of(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(key, _)| key.span())
    }

    /// The value as it is written.
    pub(super) fn value(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// All keys and values, for tables whose keys are free.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (Located<&'t str>, &'t Spanned<DeValue<'t>>)> {
        self.table.iter().map(|(key, value)| {
            (Located { value: key.get_ref().as_ref(), span: key.span() }, value)
        })
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Located<String>> {
        self.text_of(key, self.value(key)?)
    }

    pub(super) fn text_of(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Located<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Located { value: text.to_string(), span: value.span() }),
            other => self.wrong_type(key, value.span(), "a text in quotes", other),
        }
    }

    /// Sets `into`, where the key is there.
    pub(super) fn flag(&self, key: &'static str, into: &mut bool) {
        let Some(value) = self.value(key) else { return };
        match value.get_ref() {
            DeValue::Boolean(flag) => *into = *flag,
            other => {
                self.wrong_type::<()>(key, value.span(), "true or false", other);
            }
        }
    }

    pub(super) fn number(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<Located<u64>> {
        let value = self.value(key)?;
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.wrong_type(key, value.span(), &wanted, value.get_ref());
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if range.contains(&number) => {
                Some(Located { value: number, span: value.span() })
            }
            _ => {
                self.error(value.span(), format!("`{key}` is {wanted}"), None);
                None
            }
        }
    }

    /// Sets `into` to what the word stands for, where the key is there.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)], into: &mut T) {
        if let Some(choice) = self.required_choice(key, words) {
            *into = choice.value;
        }
    }

    /// What the word stands for, where the key is there and the word is known.
    pub(super) fn required_choice<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Option<Located<T>> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let what = format!("`{}` is no {key}", text.value);
            self.error(text.span.clone(), what, Some(&allowed(&text.value, &known)));
        }
        found.map(|(_, value)| Located { value: *value, span: text.span })
    }

    /// The table under a key, where there is one.
    pub(super) fn section(&self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.child(key, table, value.span())),
            other => self.wrong_type(key, value.span(), "a table", other),
        }
    }

    /// The `[[key]]` tables.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            let help = format!("write `[[{key}]]` above each one");
            self.error(value.span(), format!("`{key}` is a list of tables"), Some(&help));
            return Vec::new();
        };
        let tables = items.iter().filter_map(|item| match item.get_ref() {
            DeValue::Table(table) => Some(self.child(key, table, item.span())),
            other => self.wrong_type(key, item.span(), "a list of tables", other),
        });
        tables.collect()
    }

    /// A table that is the value of a key of this one.
    pub(super) fn child(&self, key: &str, table: &'t DeTable<'t>, span: Range<usize>) -> Self {
        let name =
            if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        Section { reader: self.reader, table, span, name, asked: RefCell::default() }
    }

    /// Reports the keys that nothing asked for.
    pub(super) fn finish(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.contains(&key.get_ref().as_ref())) {
            let word = key.get_ref();
            let inside =
                if self.name.is_empty() { String::new() } else { format!(" in `{}`", self.name) };
            let what = format!("unknown key `{word}`{inside}");
            self.error(key.span(), what, Some(&allowed(word, &asked)));
        }
    }

    fn wrong_type<T>(
        &self,
        key: &str,
        span: Range<usize>,
        wanted: &str,
        found: &DeValue<'_>,
    ) -> Option<T> {
        let what = format!("`{key}` is {wanted}, not {}", kind(found));
        self.error(span, what, None);
        None
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A time zone by its IANA name, or by one of the given words.
pub(super) fn zone(
    section: &Section<'_>,
    key: &'static str,
    words: &[(&str, TimeZone)],
) -> Option<TimeZone> {
    let name = section.text(key)?;
    if let Some((_, zone)) = words.iter().find(|(word, _)| *word == name.value) {
        return Some(zone.clone());
    }
    let zone = TimeZone::get(&name.value).ok();
    if zone.is_none() {
        let mut help = "write an IANA name such as Europe/Berlin or UTC".to_owned();
        if !words.is_empty() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            help = format!("{help}, or {}", words.join(", "));
        }
        section.error(name.span, format!("`{}` is no time zone", name.value), Some(&help));
    }
    zone
}
