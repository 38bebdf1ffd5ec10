//! Reading vendors' JSON without trusting its shape: a missing field, a number where a text was
//! promised or a value nobody documented never breaks a list.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::model::RemoteId;
use crate::text::{Clean, clean};

/// The first of these keys that holds an object or array, else the value itself: `data`,
/// `payload`, `items` … wherever a vendor wraps its answer.
pub fn unwrap<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    let mut value = value;
    'outer: loop {
        for key in keys {
            if let Some(inner) = value.get(key)
                && (inner.is_object() || inner.is_array())
            {
                value = inner;
                continue 'outer;
            }
        }
        return value;
    }
}

/// The rows of a list: the value itself if it is an array, else the first array among these keys
/// (looked for one level deep under `data` and `payload` too).
pub fn rows<'a>(value: &'a Value, keys: &[&str]) -> &'a [Value] {
    list(value, keys).unwrap_or_default()
}

/// Like [`rows`], but an answer without any list can be told from an empty list.
pub fn list<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a [Value]> {
    fn find<'a>(value: &'a Value, keys: &[&str], depth: u8) -> Option<&'a [Value]> {
        if let Some(rows) = value.as_array() {
            return Some(rows);
        }
        if depth == 0 {
            return None;
        }
        keys.iter()
            .chain(["data", "payload", "items"].iter())
            .filter_map(|key| value.get(key))
            .find_map(|inner| find(inner, keys, depth - 1))
    }
    find(value, keys, 3)
}

/// A field, where it is there and not null.
pub fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).filter(|field| !field.is_null())
}

/// A text; numbers and booleans are taken as their text.
pub fn text(value: &Value, key: &str) -> Option<String> {
    match field(value, key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A text that can be shown; empty counts as missing.
pub fn shown(value: &Value, key: &str) -> Option<Clean> {
    text(value, key).map(|text| clean(&text)).filter(|text| !text.trim().is_empty())
}

/// All texts of an array of texts.
pub fn texts(value: &Value, key: &str) -> Vec<Clean> {
    field(value, key)
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(Value::as_str).map(clean).collect())
        .unwrap_or_default()
}

/// A whole number; numeric texts, floats and booleans are taken too.
pub fn number(value: &Value, key: &str) -> Option<i64> {
    match field(value, key)? {
        #[allow(clippy::cast_possible_truncation)]
        // a float that is no whole number is cut on purpose
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some(i64::from(*flag)),
        _ => None,
    }
}

/// Yes or no; 0/1 and "true"/"false" are taken too.
pub fn flag(value: &Value, key: &str) -> Option<bool> {
    match field(value, key)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An id, whether it comes as a number or as a text.
pub fn id(value: &Value, key: &str) -> Option<RemoteId> {
    id_of(field(value, key)?)
}

/// A value that is itself an id.
pub fn id_of(value: &Value) -> Option<RemoteId> {
    match value {
        Value::Number(number) => number
            .as_u64()
            .map(RemoteId::Number)
            .or_else(|| Some(RemoteId::new(&number.to_string()))),
        Value::String(text) if !text.is_empty() => Some(RemoteId::new(text)),
        _ => None,
    }
}

/// A moment in any of the forms vendors use: epoch seconds (whole, fraction, or as text), ISO with
/// `Z` or offset, a space instead of the `T`, date only, or a naive time, which is then read in
/// `zone`. Zero means "never".
pub fn time(value: &Value, key: &str, zone: &TimeZone) -> Option<Timestamp> {
    time_of(field(value, key)?, zone)
}

/// A value that is itself a moment; see [`time`].
pub fn time_of(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    match value {
        Value::Number(number) => epoch(number.as_f64()?),
        Value::String(text) => {
            let text = text.trim();
            if let Ok(seconds) = text.parse::<f64>() {
                return epoch(seconds);
            }
            let text = text.replacen(' ', "T", 1);
            if let Ok(moment) = text.parse::<Timestamp>() {
                return Some(moment);
            }
            let naive: DateTime = text.parse().ok()?;
            naive.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
        }
        _ => None,
    }
}

fn epoch(seconds: f64) -> Option<Timestamp> {
    if seconds <= 0.0 || !seconds.is_finite() {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)] // out-of-range values saturate and are then refused
    Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_date_form_a_vendor_uses_is_the_same_moment() {
        let zone = TimeZone::UTC;
        let expected: Timestamp = "2023-01-31T16:22:17Z".parse().unwrap();
        for form in [
            json!(1_675_182_137),
            json!(1_675_182_137.0),
            json!("1675182137"),
            json!("2023-01-31T16:22:17Z"),
            json!("2023-01-31T17:22:17+01:00"),
            json!("2023-01-31 16:22:17+00:00"),
            json!("2023-01-31 16:22:17"),
        ] {
            assert_eq!(time_of(&form, &zone), Some(expected), "{form}");
        }
        let fraction = time_of(&json!("2023-01-31 16:22:17.327878+00:00"), &zone).unwrap();
        assert_eq!(fraction.as_second(), expected.as_second());
        let date: Timestamp = "2023-01-31T00:00:00Z".parse().unwrap();
        assert_eq!(time_of(&json!("2023-01-31"), &zone), Some(date));
        for never in [json!(0), json!(null), json!("soon"), json!([])] {
            assert_eq!(time_of(&never, &zone), None, "{never}");
        }
    }

    #[test]
    fn rows_are_found_in_every_envelope() {
        for envelope in [
            json!([{"id": 1}]),
            json!({"data": [{"id": 1}]}),
            json!({"payload": [{"id": 1}]}),
            json!({"data": {"payload": [{"id": 1}]}}),
            json!({"conversations": [{"id": 1}], "count": 1}),
        ] {
            assert_eq!(rows(&envelope, &["conversations"]).len(), 1, "{envelope}");
        }
        assert!(rows(&json!({"error": "no"}), &["conversations"]).is_empty());
    }
}
