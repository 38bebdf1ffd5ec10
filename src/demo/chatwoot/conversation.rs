//! One conversation: reading and changing it.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::super::server::{self, Site, params};
use super::super::world::company;
use super::super::world::{At, Key, SECOND, Status, StatusChange};
use super::{Answer, BY_ME, Refusal, key, ok, shapes};
use crate::model::Priority;

/// Account and conversation of a path.
pub type Place = Path<(String, String)>;

fn whole(site: &Site, key: Key) -> Answer {
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    ok(&shapes::conversation(site, &conversation))
}

pub async fn show(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    whole(&site, key(&site, &id)?)
}

/// Only the priority can be changed; every other key is overlooked.
pub async fn update(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&site, &id)?;
    if body.contains_key("priority") {
        site.world.set_priority(key, priority(&body)?, BY_ME);
    }
    whole(&site, key)
}

pub async fn toggle_priority(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&site, &id)?;
    site.world.set_priority(key, priority(&body)?, BY_ME);
    Ok(server::empty())
}

/// `null`, the empty word and a missing key clear; a number is the place in the enumeration;
/// every other word, `none` first of all, breaks the server.
fn priority(body: &Map<String, Value>) -> Result<Option<Priority>, Refusal> {
    let by_word = |word: &str| Priority::ALL.into_iter().find(|known| known.word() == word);
    match body.get("priority") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) if word.is_empty() => Ok(None),
        Some(Value::String(word)) => by_word(word).map(Some).ok_or(Refusal::Broken),
        Some(Value::Number(number)) => {
            let rising = Priority::ALL.iter().rev();
            let places = (0..).zip(rising).find(|(place, _)| number.as_u64() == Some(*place));
            places.map(|(_, priority)| Some(*priority)).ok_or(Refusal::Broken)
        }
        Some(_) => Err(Refusal::Broken),
    }
}

pub async fn toggle_status(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&site, &id)?;
    let now = site.world.brief(key).ok_or(Refusal::NotFound)?.status;
    let status = match body.get("status").and_then(Value::as_str) {
        Some(word) => shapes::status_by(word).ok_or(Refusal::Broken)?,
        None if now == Status::Open => Status::Resolved,
        None => Status::Open,
    };
    let until = body.get("snoozed_until").and_then(snooze_end);
    site.world.set_status(key, StatusChange { status, until }, BY_ME);
    if status == Status::Open {
        // Whoever opens it has it; only administrators are spared.
        site.world.assign(key, Some(company::ME), BY_ME);
    }
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    ok(&json!({ "payload": {
        "success": true,
        "conversation_id": key.number,
        "current_status": shapes::status(conversation.status),
        "snoozed_until": conversation.snoozed_until.map(At::iso_millis),
    }}))
}

/// The leading digits are seconds since 1970, whatever follows them: an ISO date of 2030 is
/// half an hour past the beginning of 1970.
fn snooze_end(value: &Value) -> Option<At> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<i64>().ok().map(|seconds| At(seconds.saturating_mul(SECOND)))
}

pub async fn toggle_typing(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&site, &id)?;
    let is_on = body.get("typing_status").and_then(Value::as_str) == Some("on");
    site.world.type_at(key, BY_ME, is_on);
    Ok(server::empty())
}

/// An assignee wins over a team. An id that nobody has takes the conversation from whoever had
/// it; no id at all changes nothing. Both answer `null`.
pub async fn assign(
    State(site): State<Site>,
    Path((_, id)): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&site, &id)?;
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| u8::try_from(number).ok()),
    };
    if let Some(value) = body.get("assignee_id") {
        let colleague = number(value).and_then(company::colleague_by);
        site.world.assign(key, colleague.map(|colleague| colleague.no), BY_ME);
        return ok(&colleague.map_or(Value::Null, shapes::agent));
    }
    if let Some(value) = body.get("team_id") {
        let team = number(value).and_then(company::team_by);
        site.world.set_team(key, team.map(|team| team.no), BY_ME);
        let made = site.world.started();
        return ok(&team.map_or(Value::Null, |team| shapes::raw_team(team, made)));
    }
    ok(&Value::Null)
}

pub async fn labels(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let key = key(&site, &id)?;
    let conversation = site.world.conversation(key).ok_or(Refusal::NotFound)?;
    ok(&json!({ "payload": conversation.labels }))
}

/// Replaces them all; anything but a list of titles is an empty list. A comma makes two of one.
pub async fn set_labels(
    state: State<Site>,
    place: Place,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let key = key(&state, &place.0.1)?;
    let given = body.get("labels").and_then(Value::as_array).into_iter().flatten();
    let words = given.filter_map(Value::as_str).flat_map(|title| title.split(','));
    let mut titles: Vec<String> = Vec::new();
    for title in words.map(str::trim).filter(|title| !title.is_empty()) {
        if !titles.iter().any(|known| known == title) {
            titles.push(title.to_owned());
        }
    }
    state.world.set_labels(key, titles, BY_ME);
    labels(state, place).await
}

pub async fn mark_seen(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let key = key(&site, &id)?;
    site.world.mark_seen(key);
    whole(&site, key)
}

pub async fn mark_unread(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let key = key(&site, &id)?;
    site.world.mark_unread(key);
    whole(&site, key)
}

/// Blocks the customer, and resolves the conversation with it.
pub async fn mute(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let key = key(&site, &id)?;
    site.world.change(key, |conversation, _| conversation.muted = true);
    let resolved = StatusChange { status: Status::Resolved, until: None };
    site.world.set_status(key, resolved, BY_ME);
    Ok(server::empty())
}

pub async fn unmute(State(site): State<Site>, Path((_, id)): Place) -> Answer {
    let key = key(&site, &id)?;
    site.world.change(key, |conversation, _| conversation.muted = false);
    Ok(server::empty())
}
