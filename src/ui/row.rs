//! One row of the screen, built from left to right within its width.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text::{clip, pad, width};

/// A row that knows how much room it has left. What does not fit is cut with `…`.
pub(super) struct Row {
    spans: Vec<Span<'static>>,
    left: usize,
}

impl Row {
    /// An empty row of a width.
    pub(super) fn new(cells: usize) -> Self {
        Self { spans: Vec::new(), left: cells }
    }

    /// Cells that are still free.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Adds a text.
    pub(super) fn add(&mut self, style: Style, text: &str) -> &mut Self {
        let text = clip(text, self.left);
        if !text.is_empty() {
            self.left -= width(&text);
            self.spans.push(Span::styled(text.into_owned(), style));
        }
        self
    }

    /// Adds a text cut or filled to a column.
    pub(super) fn column(&mut self, style: Style, text: &str, cells: usize) -> &mut Self {
        self.add(style, &pad(text, cells.min(self.left)))
    }

    /// Adds a text at the right end of a column.
    pub(super) fn column_right(&mut self, style: Style, text: &str, cells: usize) -> &mut Self {
        let blanks = cells.saturating_sub(width(text));
        self.gap(blanks).add(style, &clip(text, cells))
    }

    /// Adds blanks.
    pub(super) fn gap(&mut self, cells: usize) -> &mut Self {
        self.add(Style::new(), &" ".repeat(cells.min(self.left)))
    }

    /// Moves on to a distance from the right end.
    pub(super) fn until_right(&mut self, cells: usize) -> &mut Self {
        self.gap(self.left.saturating_sub(cells))
    }

    /// The row.
    pub(super) fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }
}

/// Draws a line into the `row`th row of an area; outside of it, nothing.
pub(super) fn put(buf: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    let area = area.intersection(buf.area);
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height && area.width > 0 {
        buf.set_line(area.x, area.y + row, line, area.width);
    }
}

/// A number with its thousands apart.
pub(super) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_never_grows_beyond_its_width() {
        for cells in 0..12 {
            let mut row = Row::new(cells);
            row.add(Style::new(), "日本").column(Style::new(), "x", 4);
            row.column_right(Style::new(), "12345", 3)
                .until_right(2)
                .add(Style::new(), "long tail");
            assert!(row.line().width() <= cells, "{cells}");
        }
    }

    #[test]
    fn texts_are_measured_as_they_are_drawn() {
        for text in
            ["abc", "日本", "👩\u{200d}👧", "❤\u{fe0f}", "ﾊﾞ", "e\u{301}", "क्षि", "สวัสดี", "👍🏽"]
        {
            let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
            let (end, _) = buf.set_stringn(0, 0, text, 20, Style::new());
            assert_eq!(width(text), usize::from(end), "{text}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            ["0", "999", "1,000", "1,234,567"],
            [0, 999, 1000, 1_234_567].map(number).each_ref().map(String::as_str)
        );
    }
}
