//! Small things that more than one vendor's folder needs: paging that ends, ids in addresses,
//! times that are missing, names that were seen, and one place that refuses what a vendor cannot.

use std::time::Duration;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use super::json;
use crate::config::{Account, Credential, TokenSource};
use crate::model::{
    Action, Ask, Capabilities, Conversation, ConversationId, Cursor, Delta, Failure, Message,
    Outcome, Person, RemoteId, Trouble,
};
use crate::text::{Clean, clean};

/// How long a list waits for names (of people, mailboxes …) that it can do without.
pub(super) const NAMES_WAIT: Duration = Duration::from_secs(3);

/// The most characters of a message that a list row can use.
const SNIPPET_CHARS: usize = 200;

/// The token of an account whose vendor knows no other way to sign in.
///
/// # Errors
/// When the account has a cookie instead.
pub(super) fn token(config: &Account) -> Result<TokenSource, Failure> {
    match &config.credential {
        Credential::Token(source) => Ok(source.clone()),
        Credential::Cookie(_) => Err(Failure::unsupported(format!(
            "{} signs in with a token, not with a cookie.",
            config.vendor.name()
        ))),
    }
}

/// Refuses an action that the account cannot do whatever the conversation is like, in the words of
/// its capabilities.
///
/// # Errors
/// The reason.
pub(super) fn check_action(
    capabilities: &Capabilities,
    conversation: &ConversationId,
    action: &Action,
) -> Result<(), Failure> {
    let any = Conversation::new(conversation.clone());
    capabilities.allows(action, &any, Timestamp::now()).map_err(Failure::unsupported)
}

/// Refuses a question that the vendor has no answer to, in the words of its capabilities.
///
/// # Errors
/// The reason.
pub(super) fn check_ask(capabilities: &Capabilities, ask: &Ask) -> Result<(), Failure> {
    let support = match ask {
        Ask::Teams => &capabilities.teams,
        Ask::Labels => &capabilities.labels,
        Ask::Canned => &capabilities.canned,
        Ask::List { folder, .. } if !capabilities.folders.contains(folder) => {
            return Err(Failure::unsupported(format!(
                "{} cannot filter its list.",
                capabilities.vendor.name()
            )));
        }
        _ => return Ok(()),
    };
    support.check().map_err(Failure::unsupported)
}

/// The rows of a list answer.
///
/// # Errors
/// When there is no list in it at all: then it is not the answer that was asked for.
pub(super) fn rows<'a>(value: &'a Value, keys: &[&str]) -> Result<&'a [Value], Failure> {
    json::list(value, keys)
        .ok_or_else(|| unreadable("The server's answer holds no list; check the URL."))
}

/// An answer to a question that does not hold what was asked for.
pub(super) fn unreadable(text: &str) -> Failure {
    Failure::new(Outcome::Refused, Trouble::Unreadable, text)
}

/// The news from an answer that has to hold a thing.
///
/// # Errors
/// When it does not: then it is not the answer that was asked for.
pub(super) fn expect(news: Vec<Delta>, thing: &str) -> Result<Vec<Delta>, Failure> {
    if news.is_empty() {
        return Err(unreadable(&format!("The server's answer holds no {thing}; check the URL.")));
    }
    Ok(news)
}

/// The answer to a question for one conversation, where a missing one is gone: either it does not
/// exist any more, or this agent may not see it.
///
/// # Errors
/// Those of the answer, but for "not found".
pub(super) fn or_gone(
    answer: Result<Vec<Delta>, Failure>,
    id: ConversationId,
) -> Result<Vec<Delta>, Failure> {
    match answer {
        Err(failure) if failure.trouble == Trouble::NotFound => Ok(vec![Delta::Gone(id)]),
        answer => answer,
    }
}

/// Where a page begins: the vendor's own cursor, page number or link in a [`next_page`] cursor.
pub(super) fn place(cursor: &Cursor) -> &str {
    cursor.0.split_once(' ').map_or(cursor.0.as_str(), |(_, place)| place)
}

/// The cursor of the page after this one. It carries the first id of the page it came from: a
/// server that ignores its page parameter would otherwise be asked for the same page for ever.
/// `None` on an empty page, a repeated page or a repeated place.
pub(super) fn next_page(
    asked: Option<&Cursor>,
    rows: &[Value],
    place_after: Option<String>,
) -> Option<Cursor> {
    let first = segment(&rows.iter().find_map(|row| json::id(row, "id"))?);
    let after = place_after.filter(|place| !place.is_empty())?;
    if let Some((first_before, place)) = asked.and_then(|cursor| cursor.0.split_once(' '))
        && (first_before == first || place == after)
    {
        return None;
    }
    Some(Cursor(format!("{first} {after}")))
}

/// An id as one segment of a path: whatever a server put into it, it stays one segment.
pub(super) fn segment(id: &RemoteId) -> String {
    let mut segment = String::new();
    for byte in id.to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

/// An id in a body: a number where it is one.
pub(super) fn id_value(id: &RemoteId) -> Value {
    match id {
        RemoteId::Number(number) => (*number).into(),
        RemoteId::Text(text) => (**text).into(),
    }
}

/// The rows that have an id, oldest first, each with a time. A row without one (not handed to the
/// channel yet, or a hole in the data) gets the time of its newer neighbour, so that the order
/// stays that of the ids; the newest gets `now` if it is `fresh`, else the time of the one before.
pub(super) fn timed(
    rows: &[Value],
    time: impl Fn(&Value) -> Option<Timestamp>,
    fresh: impl Fn(&Value) -> bool,
    now: Timestamp,
) -> Vec<(RemoteId, Timestamp, &Value)> {
    let mut found: Vec<(RemoteId, Option<Timestamp>, &Value)> =
        rows.iter().filter_map(|row| Some((json::id(row, "id")?, time(row), row))).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let newest_known = found.iter().rev().find_map(|(_, at, _)| *at);
    let mut newer = None;
    let mut timed: Vec<(RemoteId, Timestamp, &Value)> = found
        .into_iter()
        .rev()
        .map(|(id, at, row)| {
            let guess = || newer.or_else(|| fresh(row).then_some(now)).or(newest_known);
            let at = at.or_else(guess).unwrap_or(now);
            newer = Some(at);
            (id, at, row)
        })
        .collect();
    timed.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    timed
}

/// The first words of a message for its row in the list; what came with it, where it has none.
pub(super) fn snippet(message: &Message) -> Clean {
    let words = match message.attachments.first() {
        Some(card) if message.text.trim().is_empty() => {
            let about = if card.detail.trim().is_empty() { &card.name } else { &card.detail };
            format!("[{}] {about}", card.kind.word())
        }
        _ => message.text.to_string(),
    };
    one_line(&words)
}

/// The first words of a text on one line.
pub(super) fn one_line(text: &str) -> Clean {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() >= SNIPPET_CHARS * 4 {
            break;
        }
    }
    clean(&line.chars().take(SNIPPET_CHARS).collect::<String>())
}

/// A lock; what a panicking holder left behind is still good enough to read.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Names of colleagues seen so far: vendors mention people by id alone in many places.
#[derive(Default, Debug)]
pub(super) struct Names(Mutex<BTreeMap<RemoteId, Clean>>);

impl Names {
    /// Remembers a name.
    pub(super) fn learn(&self, person: &Person) {
        lock(&self.0).insert(person.id.clone(), person.name.clone());
    }

    /// The name, where it was seen.
    pub(super) fn get(&self, id: &RemoteId) -> Option<Clean> {
        lock(&self.0).get(id).cloned()
    }

    /// Everybody seen so far.
    pub(super) fn all(&self) -> Vec<Person> {
        let names = lock(&self.0);
        names.iter().map(|(id, name)| Person { id: id.clone(), name: name.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paging_ends_on_an_empty_page_a_repeated_page_and_a_repeated_place() {
        let page = [json!({"name": "no id"}), json!({"id": 7})];
        let second = next_page(None, &page, Some("two words".into())).unwrap();
        assert_eq!(place(&second), "two words");
        assert_eq!(next_page(Some(&second), &page, Some("three".into())), None);
        let other = [json!({"id": 8})];
        assert_eq!(next_page(Some(&second), &other, Some("two words".into())), None);
        let third = next_page(Some(&second), &other, Some("three".into())).unwrap();
        assert_eq!(place(&third), "three");
        assert_eq!(next_page(Some(&third), &[], Some("four".into())), None);
        assert_eq!(next_page(None, &other, Some(String::new())), None);
        assert_eq!(next_page(None, &other, None), None);
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment(&RemoteId::Number(42)), "42");
        assert_eq!(segment(&RemoteId::new("5f0c-aB_1")), "5f0c-aB_1");
        assert_eq!(segment(&RemoteId::new("../x?y#z")), "%2E%2E%2Fx%3Fy%23z");
    }

    #[test]
    fn a_row_without_a_time_keeps_the_place_that_its_id_gives_it() {
        let now: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        let read = |rows: &[Value]| -> Vec<(u64, i64)> {
            let time = |row: &Value| json::time(row, "at", &jiff::tz::TimeZone::UTC);
            let fresh = |row: &Value| json::flag(row, "fresh") == Some(true);
            timed(rows, time, fresh, now)
                .into_iter()
                .map(|(id, at, _)| (id.number().unwrap(), at.as_second()))
                .collect()
        };
        let hole = [json!({"id": 3, "at": 300}), json!({"id": 2}), json!({"id": 1, "at": 100})];
        assert_eq!(read(&hole), [(1, 100), (2, 300), (3, 300)]);
        let newest = [json!({"id": 2}), json!({"id": 1, "at": 100}), json!({"at": 50})];
        assert_eq!(read(&newest), [(1, 100), (2, 100)]);
        let sending = [json!({"id": 2, "fresh": true}), json!({"id": 1, "at": 100})];
        assert_eq!(read(&sending), [(1, 100), (2, now.as_second())]);
        assert_eq!(read(&[json!({"id": 1})]), [(1, now.as_second())]);
    }
}
