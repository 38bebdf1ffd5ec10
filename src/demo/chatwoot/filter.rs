//! The filter builder: rows joined by AND before OR, with the original's errors.

use std::collections::HashSet;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::super::server::{Site, params, query_pairs};
use super::super::world::{At, Order, Row};
use super::list::{Counts, PAGE, page_number, rows};
use super::{Answer, Refusal, ok, shapes};
use crate::model::Priority;

const KEYS: [&str; 15] = [
    "status",
    "assignee_id",
    "inbox_id",
    "team_id",
    "contact_id",
    "priority",
    "display_id",
    "campaign_id",
    "labels",
    "browser_language",
    "conversation_language",
    "referer",
    "created_at",
    "last_activity_at",
    "mail_subject",
];

/// One test of a row.
struct Test {
    key: &'static str,
    operator: Operator,
    values: Vec<String>,
    /// For keys that a row of the list does not hold: the conversations that fit.
    hits: HashSet<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    IsNot,
    Present,
    Absent,
    Contains,
    Lacks,
    Greater,
    Less,
}

pub async fn filter(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = params(&headers, &body)?;
    let wanted = body.get("payload").and_then(Value::as_array).ok_or(Refusal::Broken)?;
    let alternatives = read(&site, wanted)?;
    let fits = |row: &Row<'_>| {
        alternatives.is_empty()
            || alternatives.iter().any(|tests| tests.iter().all(|test| test.holds(row)))
    };
    let pairs = query_pairs(&query.unwrap_or_default());
    let page = pairs.iter().rfind(|(key, _)| key == "page").map(|(_, value)| value.as_str());
    let offset = (page_number(page) - 1).saturating_mul(PAGE);
    let found = site.world.list(site.vendor, Order::Newest, offset, PAGE, fits);
    let counts = Counts::of(&site, fits);
    ok(&json!({
        "meta": {
            "mine_count": counts.mine,
            "unassigned_count": counts.unassigned,
            "all_count": counts.all,
        },
        "payload": rows(&site, &found.rows),
    }))
}

/// Alternatives of tests that must all hold.
fn read(site: &Site, wanted: &[Value]) -> Result<Vec<Vec<Test>>, Refusal> {
    let mut alternatives: Vec<Vec<Test>> = Vec::new();
    let mut is_new = true;
    for (left, row) in (0..wanted.len()).rev().zip(wanted) {
        let test = Test::read(site, row)?;
        match alternatives.last_mut() {
            Some(last) if !is_new => last.push(test),
            _ => alternatives.push(vec![test]),
        }
        let joined = row.get("query_operator").and_then(Value::as_str).map(str::to_lowercase);
        is_new = match (joined.as_deref(), left) {
            (None | Some(""), 0) => false,
            // Half a query is more than the database can read.
            (None | Some(""), _) | (Some("and" | "or"), 0) => return Err(Refusal::Broken),
            (Some("and"), _) => false,
            (Some("or"), _) => true,
            (Some(_), _) => {
                let error = "Query operator must be either \"AND\" or \"OR\".";
                return Err(Refusal::Invalid(error.to_owned()));
            }
        };
    }
    Ok(alternatives)
}

impl Test {
    fn read(site: &Site, row: &Value) -> Result<Self, Refusal> {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let wanted = text("attribute_key");
        let key = KEYS.into_iter().find(|key| *key == wanted).ok_or_else(|| {
            Refusal::Invalid(format!(
                "Invalid attribute key - [{wanted}]. The key should be one of [{}] or a custom \
                 attribute defined in the account.",
                KEYS.join(",")
            ))
        })?;
        let allowed: &[(&str, Operator)] = match key {
            "created_at" | "last_activity_at" => &[
                ("is_greater_than", Operator::Greater),
                ("is_less_than", Operator::Less),
                ("days_before", Operator::Is),
            ],
            "assignee_id" | "inbox_id" | "team_id" | "campaign_id" | "labels" => &[
                ("equal_to", Operator::Is),
                ("not_equal_to", Operator::IsNot),
                ("is_present", Operator::Present),
                ("is_not_present", Operator::Absent),
            ],
            "display_id" | "referer" | "mail_subject" => &[
                ("equal_to", Operator::Is),
                ("not_equal_to", Operator::IsNot),
                ("contains", Operator::Contains),
                ("does_not_contain", Operator::Lacks),
            ],
            _ => &[("equal_to", Operator::Is), ("not_equal_to", Operator::IsNot)],
        };
        let named = text("filter_operator");
        let operator = allowed.iter().find(|(name, _)| *name == named);
        let Some((_, operator)) = operator.copied() else {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            let names = names.join(",");
            return Err(Refusal::Invalid(format!(
                "Invalid operator. The allowed operators for {key} are [{names}]."
            )));
        };
        let given = row.get("values").and_then(Value::as_array);
        let plain = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let values: Vec<String> = given.into_iter().flatten().map(plain).collect();
        let needs_values = !matches!(operator, Operator::Present | Operator::Absent);
        let is_date = matches!(operator, Operator::Greater | Operator::Less);
        let bad_date = is_date && !values.iter().all(|value| day(value).is_some());
        if (needs_values && values.is_empty()) || bad_date {
            let error = format!("Invalid value. The values provided for {key} are invalid");
            return Err(Refusal::Invalid(error));
        }
        // Two things that the original cannot do although it says that it can.
        if named == "days_before" || (key == "display_id" && named.contains("contain")) {
            return Err(Refusal::Broken);
        }
        let hits = match key {
            "contact_id" => {
                let ids = values.iter().filter_map(|value| value.parse().ok());
                let known = ids.filter_map(|id| site.world.customer(site.vendor, id));
                known.flat_map(|(_, numbers)| numbers).collect()
            }
            "mail_subject" => {
                let found = site.world.find(site.vendor, |conversation| {
                    let subject = conversation.subject.to_lowercase();
                    values.iter().any(|value| match operator {
                        Operator::Contains | Operator::Lacks => {
                            subject.contains(&value.to_lowercase())
                        }
                        _ => conversation.subject == *value,
                    })
                });
                found.into_iter().collect()
            }
            _ => HashSet::new(),
        };
        Ok(Self { key, operator, values, hits })
    }

    fn holds(&self, row: &Row<'_>) -> bool {
        let brief = &row.brief;
        let one_of = |value: Option<String>| {
            value.is_some_and(|value| self.values.iter().any(|wanted| *wanted == value))
        };
        let number = |value: Option<u32>| value.map(|value| value.to_string());
        let moment = match self.key {
            "created_at" => brief.created_at,
            _ => brief.last_activity,
        };
        let limit = self.values.first().and_then(|value| day(value));
        let is = match self.key {
            "status" => {
                let word = shapes::status(brief.status);
                self.values.iter().any(|value| value == "all" || value == word)
            }
            "priority" => {
                one_of(brief.priority.map(|priority| Priority::word(priority).to_owned()))
            }
            "assignee_id" => one_of(number(brief.assignee.map(u32::from))),
            "team_id" => one_of(number(brief.team.map(u32::from))),
            "inbox_id" => one_of(number(Some(brief.inbox))),
            "display_id" => one_of(number(Some(brief.key.number))),
            "labels" => self.values.iter().any(|title| row.has_label(title)),
            "conversation_language" | "browser_language" => {
                one_of(Some(brief.language.code().to_owned()))
            }
            "contact_id" | "mail_subject" => self.hits.contains(&brief.key.number),
            _ => false,
        };
        let is_present = match self.key {
            "assignee_id" => brief.assignee.is_some(),
            "team_id" => brief.team.is_some(),
            "labels" => match row.changed {
                Some(conversation) => !conversation.labels.is_empty(),
                None => brief.labels != 0,
            },
            "inbox_id" => true,
            _ => false,
        };
        match self.operator {
            Operator::Is | Operator::Contains => is,
            Operator::IsNot | Operator::Lacks => !is,
            Operator::Present => is_present,
            Operator::Absent => !is_present,
            Operator::Greater => limit.is_some_and(|limit| moment > limit),
            Operator::Less => limit.is_some_and(|limit| moment < limit),
        }
    }
}

/// The beginning of a day written `2020-01-31`.
fn day(text: &str) -> Option<At> {
    let date: jiff::civil::Date = text.parse().ok()?;
    let moment = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(At(moment.timestamp().as_millisecond()))
}
