//! Wipes what a terminal would leave behind.
//!
//! A syllable such as Hindi `टी` is one grapheme of two cells to us, but two characters of one
//! cell each to most terminals. When another text takes its place, the screen library writes only
//! the first cell, trusting that overwriting half of a wide character clears the other half. That
//! is true of Chinese characters and not of these, so their second half would stay on the screen.

use ratatui::buffer::{Buffer, CellDiffOption};

use crate::text::width;

/// Where the last frame had such graphemes.
#[derive(Default)]
pub(super) struct Residue {
    last: Vec<(u16, u16, String)>,
}

impl Residue {
    /// Has the second halves that were in the last frame and are not in this one written anew.
    pub(super) fn wipe(&mut self, buf: &mut Buffer) {
        for (x, y, symbol) in std::mem::take(&mut self.last) {
            let first = buf.cell((x, y)).map(|cell| cell.symbol() == symbol);
            if first != Some(false) {
                continue;
            }
            for beside in 1..u16::try_from(width(&symbol)).unwrap_or(1) {
                if let Some(cell) = buf.cell_mut((x + beside, y)) {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
        let area = buf.area;
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = buf.cell((x, y))
                    && is_loose(cell.symbol())
                {
                    self.last.push((x, y, cell.symbol().to_owned()));
                }
            }
        }
    }
}

/// Whether a grapheme is wide only because of what follows its first character.
fn is_loose(symbol: &str) -> bool {
    // One character of up to four bytes, by far the most, is never loose.
    let first = symbol.chars().next().map_or(0, char::len_utf8);
    symbol.len() > first
        && width(symbol) > 1
        && width(symbol.get(..first).unwrap_or_default()) < width(symbol)
}
