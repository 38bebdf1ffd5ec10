//! The filters of `POST /ticket/search`: conditions on prefixed keys, all of which must hold.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::providers::json;

/// What a ticket holds under a filter key.
#[derive(Debug, PartialEq)]
pub(super) enum Field {
    /// A word or an id.
    Text(Option<String>),
    /// A moment.
    Time(Option<Timestamp>),
    /// Several ids (tags).
    Many(Vec<String>),
}

impl Field {
    pub(super) fn text(text: impl ToString) -> Self {
        Self::Text(Some(text.to_string()))
    }
}

/// One condition.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) key: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    /// Channel `all`: no condition at all.
    Always,
    In(Vec<Value>),
    NotEqual(Value),
    Order(Value, fn(Ordering) -> bool),
    Between(Value, Value),
    Like(String),
}

impl Filter {
    /// Reads one filter object of the request.
    ///
    /// # Errors
    /// What is wrong with it, for the answer's `error` field.
    pub(super) fn parse(filter: &Value) -> Result<Self, String> {
        let key = filter.get("key").and_then(Value::as_str).ok_or("Filter without key")?;
        let comparator = filter
            .get("comparator")
            .and_then(Value::as_str)
            .ok_or_else(|| format!("Filter {key} without comparator"))?;
        let operand = |name: &str| {
            filter.get(name).cloned().ok_or_else(|| {
                format!("Filter {key}: comparator {comparator} needs the field {name}")
            })
        };
        let test = match comparator {
            "=" | "equal" => match operand("value")? {
                Value::String(all) if all == "all" && key == "t.channel" => Test::Always,
                value => Test::In(vec![value]),
            },
            "!=" => Test::NotEqual(operand("value")?),
            ">" => Test::Order(operand("value")?, Ordering::is_gt),
            "<" => Test::Order(operand("value")?, Ordering::is_lt),
            ">=" => Test::Order(operand("value")?, Ordering::is_ge),
            "<=" => Test::Order(operand("value")?, Ordering::is_le),
            "in" => match operand("values")? {
                Value::Array(values) => Test::In(values),
                _ => return Err(format!("Filter {key}: values must be an array")),
            },
            "between" => Test::Between(operand("from")?, operand("to")?),
            "like" => match operand("value")? {
                Value::String(pattern) => Test::Like(pattern.to_lowercase()),
                _ => return Err(format!("Filter {key}: like needs a text")),
            },
            other => return Err(format!("Unknown comparator {other}")),
        };
        Ok(Self { key: key.to_owned(), test })
    }

    /// Whether the ticket's field meets the condition.
    pub(super) fn matches(&self, field: &Field) -> bool {
        let is_one_of = |values: &[Value]| values.iter().any(|value| equal(field, value));
        match &self.test {
            Test::Always => true,
            Test::In(values) => is_one_of(values),
            Test::NotEqual(value) => !equal(field, value),
            Test::Order(value, holds) => order(field, value).is_some_and(holds),
            Test::Between(from, to) => {
                order(field, from).is_some_and(Ordering::is_ge)
                    && order(field, to).is_some_and(Ordering::is_le)
            }
            Test::Like(pattern) => match field {
                Field::Text(Some(text)) => like(&text.to_lowercase(), pattern),
                _ => false,
            },
        }
    }
}

fn equal(field: &Field, value: &Value) -> bool {
    match field {
        Field::Text(None) | Field::Time(None) => value.is_null(),
        Field::Text(Some(text)) => word(value).is_some_and(|word| word == *text),
        Field::Time(_) => order(field, value) == Some(Ordering::Equal),
        Field::Many(ids) => word(value).is_some_and(|word| ids.contains(&word)),
    }
}

/// How the field stands to the value; `None` where the two cannot be compared.
fn order(field: &Field, value: &Value) -> Option<Ordering> {
    match field {
        Field::Time(at) => Some((*at)?.cmp(&json::time_of(value, &TimeZone::UTC)?)),
        Field::Text(Some(text)) => {
            let word = word(value)?;
            match (text.parse::<i64>(), word.parse::<i64>()) {
                (Ok(left), Ok(right)) => Some(left.cmp(&right)),
                _ => Some(text.as_str().cmp(&word)),
            }
        }
        Field::Text(None) | Field::Many(_) => None,
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// SQL's LIKE with `%` as the only wildcard.
fn like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('%') else { return text == pattern };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('%').unwrap_or(("", rest));
    for part in middle.split('%') {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(filter: Value, field: Field) -> bool {
        Filter::parse(&filter).unwrap().matches(&field)
    }

    #[test]
    fn every_documented_comparator_does_what_it_says() {
        let filter = |comparator: &str, value: Value| json!({"key": "t.status", "comparator": comparator, "value": value});
        assert!(holds(filter("=", json!("open")), Field::text("open")));
        assert!(holds(filter("=", json!(7)), Field::text(7)));
        assert!(!holds(filter("!=", json!("open")), Field::text("open")));
        assert!(holds(filter(">", json!(9)), Field::text(10)));
        assert!(holds(filter("<=", json!("10")), Field::text(10)));
        assert!(!holds(filter("<", json!(10)), Field::text(10)));
        assert!(holds(filter(">=", json!(10)), Field::text(10)));
        assert!(holds(filter("like", json!("%Smith%.com")), Field::text("john@smith.co.uk.com")));
        assert!(!holds(filter("like", json!("smith")), Field::text("john@smith.com")));
        let listed =
            |values: Value| json!({"key": "tt.tagId", "comparator": "in", "values": values});
        assert!(holds(listed(json!([3, 4])), Field::Many(vec!["4".into()])));
        assert!(holds(listed(json!([null, "auto_clean"])), Field::Text(None)));
        assert!(!holds(listed(json!([5])), Field::Many(vec!["4".into()])));
    }

    #[test]
    fn dates_compare_in_every_form_that_clients_send() {
        let at = || Field::Time("2023-06-01T12:00:00Z".parse().ok());
        for (from, to) in [
            (json!("2023-01-01"), json!("2023-12-31")),
            (json!("2023-06-01 11:59:59"), json!("2023-06-01 12:00:00")),
            (json!(1_685_620_000), json!(1_685_621_000)),
        ] {
            let filter =
                json!({"key": "t.createdAt", "comparator": "between", "from": from, "to": to});
            assert!(holds(filter.clone(), at()), "{filter}");
        }
        let later = json!({"key": "t.createdAt", "comparator": ">", "value": "2023-06-02"});
        assert!(!holds(later.clone(), at()));
        assert!(!holds(later, Field::Time(None)));
    }

    #[test]
    fn the_channel_all_is_no_condition() {
        let all = json!({"key": "t.channel", "comparator": "=", "value": "all"});
        assert!(holds(all, Field::text("email")));
    }

    #[test]
    fn a_filter_with_a_missing_or_unknown_part_is_refused() {
        for bad in [
            json!({"comparator": "=", "value": 1}),
            json!({"key": "t.status", "value": 1}),
            json!({"key": "t.status", "comparator": "~", "value": 1}),
            json!({"key": "t.status", "comparator": "in", "value": 1}),
            json!({"key": "t.status", "comparator": "between", "from": 1}),
        ] {
            assert!(Filter::parse(&bad).is_err(), "{bad}");
        }
    }
}
