//! Partoo's two ways of paging: cursors, and page numbers.

use serde_json::{Value, json};

use super::bad;
use crate::demo::answer::{Params, Refusal, param};

/// Rows on a page unless the question says otherwise.
const USUAL: usize = 30;

/// `per_page`: 1 to 100.
fn per_page(query: &Params) -> Result<usize, Refusal> {
    let Some(given) = param(query, "per_page") else { return Ok(USUAL) };
    let given = given.parse().ok().filter(|given| (1..=100).contains(given));
    given.ok_or_else(|| bad("per_page", "Must be between 1 and 100."))
}

/// A place in a list that is sorted by time and number, newest first.
pub(super) type Place = (i64, u64);

/// A question for a page of such a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub size: usize,
    /// The last row of the page before. Rows that came in above it since do not shift the page.
    pub after: Option<Place>,
}

impl Cursor {
    pub fn read(query: &Params) -> Result<Self, Refusal> {
        let after = match param(query, "cursor") {
            None => None,
            Some(cursor) => {
                let place = place(cursor).ok_or_else(|| bad("cursor", "Invalid cursor."))?;
                Some(place)
            }
        };
        Ok(Self { size: per_page(query)?, after })
    }

    /// Whether a row stands on this page or a later one.
    pub fn is_reached(self, row: Place) -> bool {
        self.after.is_none_or(|after| row < after)
    }

    /// The cursor for the page after the one that ends with this row.
    pub fn next(row: Place) -> String {
        format!("{:x}-{:x}", row.0, row.1)
    }
}

fn place(cursor: &str) -> Option<Place> {
    let (time, number) = cursor.split_once('-')?;
    Some((i64::from_str_radix(time, 16).ok()?, u64::from_str_radix(number, 16).ok()?))
}

/// A page of rows by page number, under its plural.
pub(super) fn numbered(query: &Params, plural: &str, rows: Vec<Value>) -> Result<Value, Refusal> {
    let size = per_page(query)?;
    let page: usize = match param(query, "page") {
        None => 1,
        Some(given) => given
            .parse()
            .ok()
            .filter(|page| *page >= 1)
            .ok_or_else(|| bad("page", "Must be greater than or equal to 1."))?,
    };
    let count = rows.len();
    let skipped = (page - 1).saturating_mul(size);
    let shown: Vec<Value> = rows.into_iter().skip(skipped).take(size).collect();
    let max_page = count.div_ceil(size).max(1);
    Ok(json!({"page": page, "max_page": max_page, "count": count, plural: shown}))
}
