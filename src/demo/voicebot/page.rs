//! Laravel's paging: `page` and `per_page` in, `data`, `links` and `meta` out.

use std::ops::Range;

use serde_json::{Value, json};

use crate::demo::answer::{Params, param};

/// The vendor's documented page size, also taken as the largest.
const PER_PAGE: usize = 100;

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// Reads the paging part of a query. As with Laravel, nonsense means the first page and the
    /// usual size, never an error.
    pub(super) fn read(query: &Params) -> Self {
        let number = |key: &str| param(query, key).and_then(|text| text.parse::<usize>().ok());
        Self {
            number: number("page").filter(|page| *page > 0).unwrap_or(1),
            size: number("per_page")
                .filter(|size| *size > 0)
                .map_or(PER_PAGE, |size| size.min(PER_PAGE)),
        }
    }

    /// Which rows of the whole list it shows.
    pub(super) fn rows(self) -> Range<usize> {
        let start = (self.number - 1).saturating_mul(self.size);
        start..start.saturating_add(self.size)
    }

    /// The answer for this page. `path` is the absolute address of the list.
    pub(super) fn envelope(self, path: &str, total: usize, data: Vec<Value>) -> Value {
        let last = total.div_ceil(self.size).max(1);
        let url = |page: usize| format!("{path}?per_page={}&page={page}", self.size);
        let previous = (self.number > 1).then(|| url(self.number - 1));
        let next = (self.number < last).then(|| url(self.number + 1));
        let from = (!data.is_empty()).then(|| self.rows().start + 1);
        let to = from.map(|from| from + data.len() - 1);
        json!({
            "data": data,
            "links": {"first": url(1), "last": url(last), "prev": previous, "next": next},
            "meta": {
                "current_page": self.number,
                "from": from,
                "last_page": last,
                "links": [
                    {"url": previous, "label": "&laquo; Previous", "active": false},
                    {"url": url(self.number), "label": self.number.to_string(), "active": true},
                    {"url": next, "label": "Next &raquo;", "active": false},
                ],
                "path": path,
                "per_page": self.size,
                "to": to,
                "total": total,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &[(&str, &str)]) -> Page {
        Page::read(&query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_envelope_names_its_neighbours_and_ends() {
        let second = page(&[("page", "2"), ("per_page", "2")]);
        assert_eq!(second.rows(), 2..4);
        let answer = second.envelope("http://desk/c", 5, vec![json!(1), json!(2)]);
        assert_eq!(answer["links"]["prev"], "http://desk/c?per_page=2&page=1");
        assert_eq!(answer["links"]["next"], "http://desk/c?per_page=2&page=3");
        assert_eq!(answer["meta"]["from"], 3);
        assert_eq!(answer["meta"]["to"], 4);
        assert_eq!(answer["meta"]["last_page"], 3);
    }

    #[test]
    fn a_page_past_the_end_is_empty_and_says_so() {
        let answer = page(&[("page", "9")]).envelope("http://desk/c", 5, Vec::new());
        assert_eq!(answer["meta"]["from"], Value::Null);
        assert_eq!(answer["meta"]["last_page"], 1);
        assert_eq!(answer["links"]["next"], Value::Null);
    }

    #[test]
    fn nonsense_in_the_query_means_the_first_page_of_the_usual_size() {
        assert_eq!(page(&[("page", "x"), ("per_page", "-1")]).rows(), 0..100);
        assert_eq!(page(&[("page", "0"), ("per_page", "5000")]).rows(), 0..100);
    }
}
