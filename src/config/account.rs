//! One `[[account]]` of the configuration.

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use reqwest::Url;
use toml::de::DeValue;

use super::paths::expand_home;
use super::reader::{Located, Section, zone};
use super::secret::{Secret, TokenSource};
use crate::model::Vendor;
use crate::text::clean;

/// One account, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The badge shown, unique.
    pub name: String,
    /// Whose API it is.
    pub vendor: Vendor,
    /// Base URL as the vendor documents it, without a slash at the end.
    pub url: String,
    /// Chatwoot's account number.
    pub account_id: Option<u64>,
    /// How to sign in.
    pub credential: Credential,
    /// enneo: the zone that naive times are in; an IANA name, default UTC.
    pub timezone: TimeZone,
}

/// How an account signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// An API token in the vendor's header.
    Token(TokenSource),
    /// enneo: a `connect.sid` session cookie.
    Cookie(TokenSource),
}

impl Credential {
    /// Where the token or cookie comes from.
    pub fn source(&self) -> &TokenSource {
        match self {
            Self::Token(source) | Self::Cookie(source) => source,
        }
    }
}

const VENDORS: [(&str, Vendor); 4] = [
    (Vendor::Chatwoot.word(), Vendor::Chatwoot),
    (Vendor::Enneo.word(), Vendor::Enneo),
    (Vendor::Voicebot.word(), Vendor::Voicebot),
    (Vendor::Partoo.word(), Vendor::Partoo),
];

/// The longest badge; it stands in every row.
const LONGEST_NAME: usize = 24;

/// Reads the accounts. One with a mistake is left out, and the mistake refuses the file.
pub(super) fn read_all(sections: &[Section<'_>]) -> Vec<Account> {
    let mut lines: HashMap<String, usize> = HashMap::new();
    let mut accounts = Vec::new();
    for section in sections {
        let name = name(section);
        if let Some(Located { value, span }) = &name
            && let Some(first) = lines.insert(value.clone(), section.line(span))
        {
            let what = format!("the name `{value}` is taken by the account in line {first}");
            section.error(span.clone(), what, Some("every account needs its own name"));
        }
        accounts.extend(read(section, name));
        section.finish();
    }
    accounts
}

fn read(section: &Section<'_>, name: Option<Located<String>>) -> Option<Account> {
    let vendor = section.required_choice("vendor", &VENDORS).map(|vendor| vendor.value);
    if vendor.is_none() {
        required(
            section,
            "vendor",
            "write vendor = \"chatwoot\", \"enneo\", \"voicebot\" or \"partoo\"",
        );
    }
    let url = url(section);
    let account_id = section.number("account_id", 1..=u64::from(u32::MAX));
    let credential = credential(section, vendor);
    let timezone = zone(section, "timezone", &[]);
    let vendor = vendor?;
    if vendor == Vendor::Chatwoot {
        let help = "it is the number after /app/accounts/ in the address of the web page";
        required(section, "account_id", help);
    } else {
        only(section, "account_id", Vendor::Chatwoot);
    }
    if vendor != Vendor::Enneo {
        only(section, "cookie", Vendor::Enneo);
        only(section, "timezone", Vendor::Enneo);
    }
    Some(Account {
        name: name?.value,
        vendor,
        url: url?,
        account_id: account_id.map(|id| id.value),
        credential: credential?,
        timezone: timezone.unwrap_or(TimeZone::UTC),
    })
}

fn required(section: &Section<'_>, key: &str, help: &str) {
    if section.span_of(key).is_none() {
        section.error(section.span.clone(), format!("this account has no `{key}`"), Some(help));
    }
}

fn only(section: &Section<'_>, key: &str, vendor: Vendor) {
    if let Some(span) = section.span_of(key) {
        let what = format!("`{key}` is only for {} accounts", vendor.name());
        section.error(span, what, Some("take the line out"));
    }
}

fn name(section: &Section<'_>) -> Option<Located<String>> {
    let Some(name) = section.text("name") else {
        required(section, "name", "write name = \"…\"; it is shown beside every conversation");
        return None;
    };
    let length = name.value.chars().count();
    if name.value.trim() != name.value || length == 0 || length > LONGEST_NAME {
        let what = format!("`name` is 1 to {LONGEST_NAME} characters without space around them");
        section.error(name.span, what, None);
        return None;
    }
    if *clean(&name.value) != *name.value || name.value.contains('\n') {
        section.error(name.span, "`name` holds characters that cannot be shown", None);
        return None;
    }
    Some(name)
}

fn url(section: &Section<'_>) -> Option<String> {
    let Some(Located { value, span }) = section.text("url") else {
        required(section, "url", "write url = \"https://…\"");
        return None;
    };
    let refuse = |what: &str, help: &str| {
        section.error(span.clone(), what, Some(help));
        None
    };
    let Ok(url) = Url::parse(&value) else {
        return refuse("`url` is no URL", "write it like https://chat.example.com");
    };
    let (true, Some(host)) = (matches!(url.scheme(), "http" | "https"), url.host_str()) else {
        return refuse("`url` is no web address", "it begins with https://");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("`url` holds a user name or password", "write the token under `token`");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("`url` holds a ? or #", "leave out everything from that character on");
    }
    if url.scheme() == "http" && !is_loopback(host) {
        let help = "the token and every message can be read on the way; write https://";
        section.warning(span, format!("`url` speaks to {host} without encryption"), help);
    }
    Some(value.trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn credential(section: &Section<'_>, vendor: Option<Vendor>) -> Option<Credential> {
    let token = source(section, "token");
    let cookie = source(section, "cookie");
    match (section.span_of("token"), section.span_of("cookie")) {
        (Some(_), Some(span)) if vendor == Some(Vendor::Enneo) => {
            section.error(span, "an account signs in with `token` or `cookie`, not both", None);
        }
        (None, None) => {
            let cookie = if vendor == Some(Vendor::Enneo) { " or `cookie`" } else { "" };
            let what = format!("this account has no `token`{cookie}");
            section.error(section.span.clone(), what, Some(FORMS));
        }
        _ => {}
    }
    token.map(Credential::Token).or(cookie.map(Credential::Cookie))
}

const FORMS: &str =
    "write { env = \"NAME\" }, { command = \"pass show x\" } or { file = \"~/.secrets/x\" }";

fn source(section: &Section<'_>, key: &'static str) -> Option<TokenSource> {
    let value = section.value(key)?;
    let table = match value.get_ref() {
        DeValue::String(text) if text.trim().is_empty() => {
            section.error(value.span(), format!("`{key}` is empty"), Some(FORMS));
            return None;
        }
        DeValue::String(text) => {
            if readable_by_others(section.path()) {
                let what = format!("`{key}` is written into a file that others can read");
                let help = format!("chmod 600 {}, or {FORMS}", section.path().display());
                section.warning(value.span(), what, &help);
            }
            return Some(TokenSource::Plain(Secret::new(text)));
        }
        DeValue::Table(table) => section.child(key, table, value.span()),
        _ => {
            section.error(value.span(), format!("`{key}` is a text or a table"), Some(FORMS));
            return None;
        }
    };
    let env = table.text("env");
    let command = table.text("command");
    let file = table.text("file");
    table.finish();
    let given =
        ["env", "command", "file"].iter().filter(|key| table.span_of(key).is_some()).count();
    if given != 1 {
        let what = format!("`{key}` comes from exactly one of env, command, file");
        section.error(value.span(), what, Some(FORMS));
        return None;
    }
    let found = env.as_ref().or(command.as_ref()).or(file.as_ref());
    if let Some(empty) = found.filter(|found| found.value.trim().is_empty()) {
        section.error(empty.span.clone(), format!("`{key}` names nothing"), Some(FORMS));
        return None;
    }
    if let Some(file) = file {
        let path = beside(section.path(), &file.value);
        if readable_by_others(&path) {
            let help = format!("chmod 600 {}", path.display());
            section.warning(file.span, "others can read this token file", &help);
        }
        return Some(TokenSource::File(path));
    }
    env.map(|env| TokenSource::Env(env.value))
        .or(command.map(|command| TokenSource::Command(command.value)))
}

/// A path of the file, relative to the folder that the file is in.
fn beside(config: &Path, path: &str) -> PathBuf {
    let path = expand_home(Path::new(path));
    config.parent().map_or(path.clone(), |folder| folder.join(&path))
}

fn readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}
