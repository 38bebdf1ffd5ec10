//! HTML to readable text.

use super::{Clean, clean};

/// Turns HTML into text.
pub fn html_to_text(html: &str) -> Clean {
    clean(&html2text::from_read(html.as_bytes(), 1000).unwrap_or_default())
}
