//! Searching, reading and changing tickets.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::filter::{Field, Filter};
use super::lists::page;
use super::{bad, base, fields, integer, list, text, ticket, view, word};
use crate::demo::answer::{Answer, Params, Refusal};
use crate::demo::server::Site;
use crate::demo::world::company::{self, ME};
use crate::demo::world::{
    At, Author, Brief, ColleagueNo, Conversation, MINUTE, Order, Row, Status, StatusChange,
};
use crate::model::{Priority, Vendor};

/// Who makes the changes: the agent whose token it is.
const BY: Author = Author::Colleague(ME);
/// Tickets on a page unless the question says otherwise.
const USUAL_LIMIT: usize = 100;
/// The most tickets on a page.
const MOST: usize = 500;
/// How long after a ping somebody counts as working on the ticket.
const PRESENCE: i64 = MINUTE;

/// Where the value of a filter key comes from. What the list knows costs nothing; for the rest
/// the whole ticket has to be made.
#[derive(Clone, Copy)]
enum Lookup {
    Brief(fn(&Brief) -> Field),
    Ticket(fn(&Conversation) -> Field),
}

/// Every filter key that tickets have.
const KEYS: [(&str, Lookup); 20] = [
    ("t.status", Lookup::Brief(|brief| Field::text(view::status_word(brief.status)))),
    ("t.channel", Lookup::Brief(|brief| Field::text(view::channel_word(brief.channel)))),
    ("t.priority", Lookup::Brief(|brief| Field::text(view::priority_word(brief.priority)))),
    ("t.createdAt", Lookup::Brief(|brief| moment(Some(brief.created_at)))),
    ("t.lastMessageAt", Lookup::Brief(|brief| moment(Some(brief.last_activity)))),
    ("t.agentId", Lookup::Brief(|brief| agent(brief.assignee))),
    ("t.responderId", Lookup::Brief(|brief| agent(brief.assignee))),
    ("t.sentiment", Lookup::Brief(|brief| Field::text(view::sentiment(brief.key.number)))),
    ("t.language", Lookup::Brief(|brief| Field::text(brief.language.name()))),
    ("t.languageCode", Lookup::Brief(|brief| Field::text(brief.language.code()))),
    ("t.spamStatus", Lookup::Brief(|_| Field::Text(None))),
    ("tt.tagId", Lookup::Brief(|brief| tags(brief.labels))),
    ("i.aiAgentId", Lookup::Brief(|brief| tags(brief.labels))),
    ("t.direction", Lookup::Ticket(|ticket| compact(ticket, "direction"))),
    ("t.modifiedAt", Lookup::Brief(|brief| moment(Some(brief.updated_at)))),
    (
        "t.lastCustomerMessageAt",
        Lookup::Ticket(|ticket| moment(ticket.latest_incoming().map(|message| message.at))),
    ),
    ("t.contractId", Lookup::Ticket(|ticket| Field::text(view::contract(ticket)))),
    ("t.customerId", Lookup::Ticket(|ticket| Field::text(ticket.customer.id))),
    ("t.aiSupportLevel", Lookup::Ticket(|ticket| compact(ticket, "aiSupportLevel"))),
    ("t.from", Lookup::Ticket(|ticket| compact(ticket, "from"))),
];

fn moment(at: Option<At>) -> Field {
    Field::Time(at.and_then(|at| jiff::Timestamp::from_second(at.seconds()).ok()))
}

fn agent(no: Option<ColleagueNo>) -> Field {
    Field::Text(no.map(|no| no.to_string()))
}

fn tags(bits: u16) -> Field {
    let set = company::LABELS.iter().filter(|label| label.bit() & bits != 0);
    Field::Many(set.map(|label| label.id.to_string()).collect())
}

fn compact(ticket: &Conversation, key: &str) -> Field {
    let shown = view::compact(ticket, At(0));
    Field::Text(shown.get(key).and_then(Value::as_str).map(str::to_owned))
}

/// A search request.
struct Question {
    filters: Vec<(Filter, Lookup)>,
    order: Order,
    offset: usize,
    limit: usize,
}

impl Question {
    fn parse(body: &Value) -> Result<Self, Refusal> {
        let number = |key: &str, range: std::ops::RangeInclusive<usize>, usual: usize| {
            let Some(given) = integer(body, key)? else { return Ok(usual) };
            let given = usize::try_from(given).ok().filter(|given| range.contains(given));
            given.ok_or_else(|| bad(format!("{key} is out of range")))
        };
        let filters = list(body, "filters", |filter| Some(filter.clone()))?.unwrap_or_default();
        Ok(Self {
            filters: filters.iter().map(read_filter).collect::<Result<_, _>>()?,
            order: order(body)?,
            offset: number("offset", 0..=usize::MAX, 0)?,
            limit: number("limit", 1..=MOST, USUAL_LIMIT)?,
        })
    }

    fn fits_brief(&self, row: &Row<'_>) -> bool {
        self.filters.iter().all(|(filter, lookup)| match lookup {
            Lookup::Brief(read) => filter.matches(&read(&row.brief)),
            Lookup::Ticket(_) => true,
        })
    }

    fn fits_ticket(&self, ticket: &Conversation) -> bool {
        self.filters.iter().all(|(filter, lookup)| match lookup {
            Lookup::Brief(_) => true,
            Lookup::Ticket(read) => filter.matches(&read(ticket)),
        })
    }

    fn needs_tickets(&self) -> bool {
        self.filters.iter().any(|(_, lookup)| matches!(lookup, Lookup::Ticket(_)))
    }
}

fn read_filter(filter: &Value) -> Result<(Filter, Lookup), Refusal> {
    let filter = Filter::parse(filter).map_err(bad)?;
    let known = KEYS.iter().find(|(key, _)| *key == filter.key);
    let (_, lookup) = known.ok_or_else(|| bad(format!("Unknown filter key {}", filter.key)))?;
    Ok((filter, *lookup))
}

fn order(body: &Value) -> Result<Order, Refusal> {
    let field = text(body, "orderByField")?.unwrap_or("t.id");
    let is_rising = match text(body, "orderByDirection")?.unwrap_or("desc") {
        "asc" => true,
        "desc" => false,
        other => return Err(bad(format!("Unknown orderByDirection {other}"))),
    };
    match (field, is_rising) {
        ("t.id", true) => Ok(Order::By(|brief| i64::from(brief.key.number))),
        ("t.id", false) => Ok(Order::By(|brief| -i64::from(brief.key.number))),
        ("t.createdAt", true) => Ok(Order::By(|brief| brief.created_at.0)),
        ("t.createdAt", false) => Ok(Order::By(|brief| -brief.created_at.0)),
        ("t.lastMessageAt", true) => Ok(Order::By(|brief| brief.last_activity.0)),
        ("t.lastMessageAt", false) => Ok(Order::Newest),
        (other, _) => Err(bad(format!("Unknown orderByField {other}"))),
    }
}

/// `POST /ticket/search`
pub(super) async fn search(State(site): State<Site>, body: Bytes) -> Answer {
    let body = fields(&body)?;
    let question = Question::parse(&body)?;
    let world = &site.world;
    let fits = |row: &Row<'_>| question.fits_brief(row);
    let whole = |brief: Brief| world.conversation(brief.key);
    let (total, tickets): (usize, Vec<Conversation>) = if question.needs_tickets() {
        let all = world.list(Vendor::Enneo, question.order, 0, usize::MAX, fits).rows;
        let mut found: Vec<_> = all.into_iter().filter_map(whole).collect();
        found.retain(|ticket| question.fits_ticket(ticket));
        let total = found.len();
        (total, found.into_iter().skip(question.offset).take(question.limit).collect())
    } else {
        let page = world.list(Vendor::Enneo, question.order, question.offset, question.limit, fits);
        (page.total, page.rows.into_iter().filter_map(whole).collect())
    };
    let now = site.world.now();
    let tickets: Vec<_> = tickets.iter().map(|ticket| view::compact(ticket, now)).collect();
    Ok(Json(json!({
        "tickets": tickets,
        "total": total,
        "offset": question.offset,
        "limit": question.limit,
        "success": true,
    })))
}

/// `GET /ticket/{id}`: flat, without envelope.
pub(super) async fn one(State(site): State<Site>, Path(number): Path<String>) -> Answer {
    let found = ticket(&site, &number)?;
    Ok(Json(view::ticket(&found, site.world.now(), &base(&site))))
}

/// `PATCH /ticket/{id}`
pub(super) async fn patch(
    State(site): State<Site>,
    Path(number): Path<String>,
    body: Bytes,
) -> Answer {
    let found = ticket(&site, &number)?;
    let body = fields(&body)?;
    Change::parse(&found, &body)?.apply(&site, &found);
    let changed = ticket(&site, &number)?;
    Ok(Json(json!({
        "success": true,
        "ticket": view::ticket(&changed, site.world.now(), &base(&site)),
    })))
}

/// `PATCH /ticket`: a list of objects, each with an id and what changes. All or nothing.
pub(super) async fn patch_many(State(site): State<Site>, body: Bytes) -> Answer {
    let bodies: Vec<Value> =
        serde_json::from_slice(&body).map_err(|_| bad("The body is not a JSON array"))?;
    let changes = bodies
        .iter()
        .map(|body| {
            let number = integer(body, "id")?.ok_or_else(|| bad("id is missing"))?;
            let found = ticket(&site, &number.to_string())?;
            Ok((Change::parse(&found, body)?, found))
        })
        .collect::<Result<Vec<_>, Refusal>>()?;
    changes.into_iter().for_each(|(change, found)| change.apply(&site, &found));
    Ok(Json(json!({"success": true})))
}

/// What a PATCH (or a stored conversation) changes at a ticket; checked before anything is done.
#[derive(Default)]
pub(super) struct Change {
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub assignee: Option<Option<ColleagueNo>>,
    pub due: Option<At>,
    pub first_response_due: Option<At>,
    pub contract: Option<String>,
    pub tags: Option<Vec<String>>,
}

impl Change {
    fn parse(ticket: &Conversation, body: &Value) -> Result<Self, Refusal> {
        let at =
            |key: &str| Ok(integer(body, key)?.map(|seconds| At(seconds.saturating_mul(1_000))));
        Ok(Self {
            status: word(body, "status", view::status_of)?,
            priority: word(body, "priority", Priority::parse)?,
            assignee: assignee(body)?,
            due: at("dueBy")?,
            first_response_due: at("firstResponseDueBy")?,
            contract: text(body, "contractId")?.map(str::to_owned),
            tags: new_tags(ticket, body)?,
        })
    }

    pub(super) fn apply(self, site: &Site, ticket: &Conversation) {
        let (world, key) = (&site.world, ticket.key);
        if let Some(titles) = self.tags {
            let is_new = |title: &str| {
                titles.iter().any(|new| new == title)
                    && ticket.labels.iter().all(|old| old != title)
            };
            // The routing rules raise what is tagged so, unless the request says otherwise.
            if is_new("vip") && self.priority.is_none() && ticket.priority < Some(Priority::High) {
                world.set_priority(key, Some(Priority::High), Author::System);
            }
            world.set_labels(key, titles, BY);
        }
        if let Some(status) = self.status {
            world.set_status(key, StatusChange { status, until: None }, BY);
        }
        if let Some(priority) = self.priority {
            world.set_priority(key, Some(priority), BY);
        }
        if let Some(assignee) = self.assignee {
            world.assign(key, assignee, BY);
        }
        world.change(key, |ticket, _| {
            ticket.due = self.due.or(ticket.due);
            if let Some(due) = self.first_response_due {
                ticket.custom.insert("firstResponseDueBy".to_owned(), json!(due.seconds()));
            }
            if let Some(contract) = self.contract {
                ticket.custom.insert("contractId".to_owned(), json!(contract));
            }
        });
    }
}

/// `workedOnBy`: somebody's id gives them the ticket, null takes it away.
fn assignee(body: &Value) -> Result<Option<Option<ColleagueNo>>, Refusal> {
    match body.get("workedOnBy") {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(id) => {
            let no = id.as_u64().and_then(|id| ColleagueNo::try_from(id).ok());
            let known = no.filter(|no| company::colleague_by(*no).is_some());
            known.map(|no| Some(Some(no))).ok_or_else(|| bad("workedOnBy names no user"))
        }
    }
}

/// The titles that the ticket has afterwards; `None` when the body says nothing about tags.
fn new_tags(ticket: &Conversation, body: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let title = |id: &Value| {
        let known = company::LABELS.iter().find(|label| Some(u64::from(label.id)) == id.as_u64());
        known.map(|label| label.title.to_owned())
    };
    let all = list(body, "tagIds", title)?;
    let added = list(body, "addTagIds", title)?;
    let removed = list(body, "removeTagIds", title)?;
    if all.is_none() && added.is_none() && removed.is_none() {
        return Ok(None);
    }
    let mut titles = all.unwrap_or_else(|| ticket.labels.clone());
    for title in added.unwrap_or_default() {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let removed = removed.unwrap_or_default();
    titles.retain(|title| !removed.contains(title));
    Ok(Some(titles))
}

/// `GET /ticket/{id}/ping`: marks the caller as working on the ticket.
pub(super) async fn ping(State(site): State<Site>, Path(number): Path<String>) -> Answer {
    let key = ticket(&site, &number)?.key;
    let viewers = site.world.change(key, |ticket, now| {
        ticket.viewers.retain(|(no, until)| *no != ME && *until > now);
        ticket.viewers.push((ME, now.plus(PRESENCE)));
        ticket.viewers.clone()
    });
    let now = site.world.now();
    let profiles: Vec<Value> = viewers
        .unwrap_or_default()
        .iter()
        .filter_map(|(no, _)| company::colleague_by(*no))
        .map(|colleague| view::profile(colleague, now))
        .collect();
    Ok(Json(json!({"success": true, "workedOnBy": profiles})))
}

/// `GET /ticket/{id}/history`: the customer's other contacts, and this one.
pub(super) async fn history(
    State(site): State<Site>,
    Path(number): Path<String>,
    Query(query): Query<Params>,
) -> Answer {
    let found = ticket(&site, &number)?;
    let (offset, limit) = page(&query, 1_000)?;
    let theirs = site.world.customer(Vendor::Enneo, found.customer.id);
    let tickets: Vec<Conversation> = theirs
        .map(|(_, numbers)| numbers)
        .unwrap_or_default()
        .iter()
        .filter_map(|number| ticket(&site, &number.to_string()).ok())
        .collect();
    let open = tickets.iter().filter(|ticket| ticket.status == Status::Open).count();
    let rows: Vec<Value> = tickets
        .iter()
        .skip(offset)
        .take(limit)
        .map(|ticket| {
            json!({
                "id": ticket.key.number,
                "type": "ticket",
                "channel": view::channel_word(ticket.channel),
                "subChannel": company::inbox_by(Vendor::Enneo, ticket.inbox).map(|i| i.name),
                "status": view::status_word(ticket.status),
                "subject": ticket.subject,
                "url": format!("/ticket/{}", ticket.key.number),
                "createdAt": ticket.created_at.seconds(),
            })
        })
        .collect();
    Ok(Json(json!({
        "success": true,
        "total": tickets.len(),
        "totalOpenedTickets": open,
        "history": rows,
    })))
}
