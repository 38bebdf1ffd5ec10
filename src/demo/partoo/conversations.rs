//! Conversations: reading them, closing, assigning, marking read.

use std::ops::ControlFlow;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::page::Cursor;
use super::view::{self, IdKind};
use super::{bad, base, conversation, not_allowed, object, success};
use crate::demo::answer::{Answer, Params, Refusal, param};
use crate::demo::server::Site;
use crate::demo::world::company::{self, ME};
use crate::demo::world::{Author, Brief, ColleagueNo, Conversation, Status, StatusChange};
use crate::model::Vendor;

/// `GET /conversations`: newest activity first.
pub(super) async fn list(State(site): State<Site>, Query(query): Query<Params>) -> Answer {
    let cursor = Cursor::read(&query)?;
    let businesses: Option<Vec<u64>> = param(&query, "business__in").map(|ids| {
        ids.split(',').filter_map(|id| view::number_of(IdKind::Business, id.trim())).collect()
    });
    let is_of_business =
        |brief: &Brief| businesses.as_ref().is_none_or(|ids| ids.contains(&u64::from(brief.inbox)));
    let place = |brief: &Brief| (brief.last_activity.0, u64::from(brief.key.number));
    let mut count = 0_usize;
    let mut rows: Vec<Brief> = Vec::new();
    site.world.each(Vendor::Partoo, |row| {
        if is_of_business(&row.brief) {
            count += 1;
            if cursor.is_reached(place(&row.brief)) && rows.len() <= cursor.size {
                rows.push(row.brief);
            }
        }
        ControlFlow::Continue(())
    });
    // One row more than the page was taken, to know whether the list goes on.
    let has_more = rows.len() > cursor.size;
    rows.truncate(cursor.size);
    let next = rows.last().filter(|_| has_more).map(|last| Cursor::next(place(last)));
    let (now, base) = (site.world.now(), base(&site));
    let shown: Vec<Value> = rows
        .iter()
        .filter_map(|brief| site.world.conversation(brief.key))
        .map(|found| view::conversation(&found, now, &base))
        .collect();
    Ok(Json(json!({"conversations": shown, "count": count, "next_cursor": next})))
}

/// `GET /conversations/{id}`: bare.
pub(super) async fn one(State(site): State<Site>, Path(number): Path<String>) -> Answer {
    let found = conversation(&site, &number)?;
    Ok(Json(view::conversation(&found, site.world.now(), &base(&site))))
}

/// `PATCH /conversations/{id}`: either a status or an assignee, never both.
pub(super) async fn patch(
    State(site): State<Site>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = conversation(&site, &number)?;
    let body = object(&body)?;
    let known = ["status", "assigned_user_id"];
    if let Some(unknown) = body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(bad(unknown, "Unknown field."));
    }
    match (body.get("status"), body.get("assigned_user_id")) {
        (Some(status), None) => set_status(&site, &found, status)?,
        (None, Some(user)) => assign(&site, &found, user)?,
        (None, None) => return Err(bad("_schema", "One of status, assigned_user_id is required.")),
        (Some(_), Some(_)) => {
            return Err(bad("_schema", "Only one of status, assigned_user_id at a time."));
        }
    }
    Ok(success())
}

fn set_status(site: &Site, found: &Conversation, status: &Value) -> Result<(), Refusal> {
    let status = match status.as_str() {
        Some("open") if view::is_expired(found, site.world.now()) => {
            return Err(bad("status", "An expired conversation cannot be opened."));
        }
        Some("open") => Status::Open,
        Some("closed") => Status::Resolved,
        _ => return Err(bad("status", "Must be one of: open, closed.")),
    };
    let change = StatusChange { status, until: None };
    site.world.set_status(found.key, change, Author::Colleague(ME));
    Ok(())
}

fn assign(site: &Site, found: &Conversation, user: &Value) -> Result<(), Refusal> {
    let to = match user.as_str() {
        Some("unassigned") => None,
        // Invited, not active yet.
        Some(id) if view::number_of(IdKind::User, id) == Some(view::INVITED) => {
            return Err(not_allowed());
        }
        id => {
            let number = id.and_then(|id| view::number_of(IdKind::User, id));
            let no = number.and_then(|number| ColleagueNo::try_from(number).ok());
            let no = no.filter(|no| company::colleague_by(*no).is_some());
            Some(no.ok_or_else(|| bad("assigned_user_id", "Not a user of the organization."))?)
        }
    };
    site.world.assign(found.key, to, Author::Colleague(ME));
    Ok(())
}

/// `POST /conversations/{id}/read`
pub(super) async fn read(State(site): State<Site>, Path(number): Path<String>) -> Answer {
    let found = conversation(&site, &number)?;
    site.world.mark_seen(found.key);
    Ok(success())
}

/// `POST /conversations/{id}` (deprecated): read or unread.
pub(super) async fn mark(
    State(site): State<Site>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = conversation(&site, &number)?;
    match object(&body)?.get("is_read").and_then(Value::as_bool) {
        Some(true) => site.world.mark_seen(found.key),
        Some(false) => site.world.mark_unread(found.key),
        None => return Err(bad("is_read", "Not a valid boolean.")),
    };
    Ok(success())
}
