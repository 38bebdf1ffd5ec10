//! The conversation list and its counts.

use std::collections::HashSet;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::server::{Site, query_pairs};
use super::super::world::company::{self, ME};
use super::super::world::{Brief, Key, Order, Row, SECOND, Status};
use super::{Answer, Refusal, ok, shapes};

/// Conversations on a page.
pub const PAGE: usize = 25;

/// What a list was asked for, besides the assignee.
struct Question {
    statuses: Vec<Status>,
    inbox: Option<u32>,
    team: Option<u8>,
    labels: Vec<String>,
    unattended: bool,
    hits: Option<HashSet<u32>>,
}

impl Question {
    fn read(site: &Site, pairs: &[(String, String)]) -> Result<Self, Refusal> {
        let last = |name: &str| {
            let with_name = pairs.iter().rfind(|(key, _)| key == name);
            with_name.map(|(_, value)| value.as_str())
        };
        let all = vec![Status::Open, Status::Pending, Status::Snoozed, Status::Resolved];
        let words = last("q").filter(|words| !words.is_empty());
        let statuses = match last("status") {
            // A search looks everywhere.
            _ if words.is_some() => all,
            None => vec![Status::Open],
            Some("all") => all,
            // Unknown words and the empty one fit nothing.
            Some(word) => shapes::status_by(word).into_iter().collect(),
        };
        let team = match last("team_id") {
            None => None,
            Some(id) => {
                let no = id.parse().map_err(|_| Refusal::NotFound)?;
                Some(company::team_by(no).ok_or(Refusal::NotFound)?.no)
            }
        };
        let labels = pairs
            .iter()
            .filter(|(key, _)| key == "labels[]" || key == "labels")
            .map(|(_, title)| title.clone());
        Ok(Self {
            statuses,
            // An inbox that cannot be found is an empty list.
            inbox: last("inbox_id").map(|id| id.parse().unwrap_or(0)),
            team,
            labels: labels.collect(),
            unattended: last("conversation_type") == Some("unattended"),
            hits: words.map(|words| site.world.search(site.vendor, words).into_iter().collect()),
        })
    }

    fn fits(&self, row: &Row<'_>) -> bool {
        let brief = &row.brief;
        self.statuses.contains(&brief.status)
            && self.inbox.is_none_or(|inbox| brief.inbox == inbox)
            && self.team.is_none_or(|team| brief.team == Some(team))
            && (self.labels.is_empty() || self.labels.iter().any(|title| row.has_label(title)))
            && (!self.unattended || brief.waiting)
            && self.hits.as_ref().is_none_or(|hits| hits.contains(&brief.key.number))
    }
}

/// How many there are: mine, assigned, unassigned, all.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub mine: usize,
    pub assigned: usize,
    pub unassigned: usize,
    pub all: usize,
}

impl Counts {
    pub fn of(site: &Site, fits: impl Fn(&Row<'_>) -> bool) -> Self {
        let mut counts = Self::default();
        site.world.each(site.vendor, |row| {
            if fits(row) {
                counts.all += 1;
                match row.brief.assignee {
                    None => counts.unassigned += 1,
                    Some(no) => {
                        counts.assigned += 1;
                        counts.mine += usize::from(no == ME);
                    }
                }
            }
            std::ops::ControlFlow::Continue(())
        });
        counts
    }

    fn json(self) -> Value {
        json!({
            "mine_count": self.mine,
            "assigned_count": self.assigned,
            "unassigned_count": self.unassigned,
            "all_count": self.all,
        })
    }
}

pub async fn list(State(site): State<Site>, RawQuery(query): RawQuery) -> Answer {
    let pairs = query_pairs(&query.unwrap_or_default());
    let question = Question::read(&site, &pairs)?;
    let value = |name: &str| {
        let with_name = pairs.iter().rfind(|(key, _)| key == name);
        with_name.map(|(_, value)| value.as_str())
    };
    let assignee = value("assignee_type");
    let fits_assignee = |brief: &Brief| match assignee {
        Some("me") => brief.assignee == Some(ME),
        Some("unassigned") => brief.assignee.is_none(),
        Some("assigned") => brief.assignee.is_some(),
        _ => true,
    };
    let order = order(value("sort_by").unwrap_or_default());
    let page = match value("updated_within") {
        // The only way to get more than a page, or nothing at all for nonsense.
        Some(text) => {
            let since = site.world.now().plus(-text.parse().unwrap_or(0) * SECOND);
            let recent = |row: &Row<'_>| match row.changed {
                Some(conversation) => conversation.updated_at > since,
                None => row.brief.last_activity > since,
            };
            site.world.list(site.vendor, order, 0, usize::MAX, |row| {
                question.fits(row) && fits_assignee(&row.brief) && recent(row)
            })
        }
        None => {
            let offset = (page_number(value("page")) - 1).saturating_mul(PAGE);
            site.world.list(site.vendor, order, offset, PAGE, |row| {
                question.fits(row) && fits_assignee(&row.brief)
            })
        }
    };
    let counts = Counts::of(&site, |row| question.fits(row));
    ok(&json!({ "data": { "meta": counts.json(), "payload": rows(&site, &page.rows) } }))
}

pub async fn meta(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let question = Question::read(&site, &query_pairs(&query.unwrap_or_default()))?;
    ok(&json!({ "meta": Counts::of(&site, |row| question.fits(row)).json() }))
}

/// The whole conversations behind rows.
pub fn rows(site: &Site, rows: &[Brief]) -> Vec<Value> {
    let whole = rows.iter().filter_map(|brief| site.world.conversation(brief.key));
    whole.map(|conversation| shapes::conversation(site, &conversation)).collect()
}

/// The conversations with these numbers.
pub fn by_numbers(site: &Site, numbers: &[u32]) -> Vec<Value> {
    let key = |number: &u32| Key { vendor: site.vendor, number: *number };
    let whole = numbers.iter().filter_map(|number| site.world.conversation(key(number)));
    whole.map(|conversation| shapes::conversation(site, &conversation)).collect()
}

/// 1 for everything that is no page.
pub fn page_number(text: Option<&str>) -> usize {
    text.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

/// Unknown names mean the default. How long somebody has been waiting is counted from the newest
/// message, which differs from the original when a customer wrote several times.
fn order(name: &str) -> Order {
    /// Later than every real moment in milliseconds, so that two numbers fit into one.
    const AGES: i64 = 10_000_000_000_000;
    fn urgency(brief: &Brief) -> i64 {
        brief.priority.map_or(0, |priority| priority as i64 + 1)
    }
    fn waiting(brief: &Brief) -> i64 {
        brief.last_activity.0
    }
    match name {
        "last_activity_at_asc" => Order::By(|brief| brief.last_activity.0),
        "created_at_asc" => Order::By(|brief| brief.created_at.0),
        "created_at_desc" | "sort_on_created_at" => Order::By(|brief| -brief.created_at.0),
        "priority_asc" => Order::By(|brief| match urgency(brief) {
            0 => i64::MAX,
            urgency => urgency,
        }),
        "priority_desc" | "sort_on_priority" => Order::By(|brief| -urgency(brief)),
        "priority_desc_created_at_asc" => {
            Order::By(|brief| brief.created_at.0 - urgency(brief) * AGES)
        }
        "waiting_since_asc" | "sort_on_waiting_since" => {
            Order::By(|brief| if brief.waiting { waiting(brief) } else { i64::MAX })
        }
        "waiting_since_desc" => {
            Order::By(|brief| if brief.waiting { -waiting(brief) } else { i64::MAX })
        }
        "unread" => Order::By(|brief| -i64::from(brief.unread)),
        _ => Order::Newest,
    }
}
