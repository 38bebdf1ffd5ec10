//! How much room text takes on the screen. The only place that knows cell widths.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What stands at the end of a text that was cut.
const CUT: &str = "…";

/// How many cells a text takes, counted as the screen library counts: grapheme by grapheme, with
/// one more for each half-width Japanese sound mark. Counting otherwise would let a text be drawn
/// wider than it was measured.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true)
        .map(|grapheme| {
            let marks = grapheme.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count();
            grapheme.width() + marks
        })
        .sum()
}

/// The text, cut with `…` where it takes more than `cells`.
pub fn clip(text: &str, cells: usize) -> Cow<'_, str> {
    // A byte is never wider than a cell, so most texts need no measuring.
    if text.len() <= cells || width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find(|(_, grapheme)| {
            used += width(grapheme);
            used >= cells
        })
        .map_or(text.len(), |(at, _)| at);
    let kept = text.get(..end).unwrap_or_default();
    // A wide character that did not fit leaves one cell too few to be noticed by anyone but a
    // column, and columns are padded.
    Cow::Owned(format!("{kept}{CUT}"))
}

/// The text cut or filled with blanks to exactly `cells`.
pub fn pad(text: &str, cells: usize) -> String {
    let text = clip(text, cells);
    let missing = cells.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// The text as one line for a list: white space becomes single blanks; emoji lose what terminals
/// disagree about (variation selectors, and all but the first of joined ones), because one cell
/// too many here would shift everything to the right of it. Reads no more than can be shown.
pub fn for_row(text: &str, cells: usize) -> String {
    // Four characters per cell leave room for combining marks.
    let mut chars = text.chars().take(cells.saturating_mul(4).saturating_add(16)).peekable();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\u{fe0e}' | '\u{fe0f}' => {}
            '\u{200d}' if chars.peek().is_some_and(|next| is_emoji(*next)) => {
                chars.next();
            }
            _ if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ => out.push(c),
        }
    }
    clip(out.trim_end(), cells).into_owned()
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// Where one line of text is cut so that each piece fits into `cells`: between words where it
/// can, between characters where a word is too long, and between any two characters of scripts
/// without blanks. Blanks at a cut belong to no piece. There is always at least one piece.
pub fn wrap(text: &str, cells: usize) -> Vec<Range<usize>> {
    let cells = cells.max(1);
    let mut rows = Vec::new();
    let mut start = 0;
    let mut used = 0;
    let mut cut: Option<Cut> = None;
    // The cut before that one, for when a character clings to the one it would be cut from.
    let mut before_cut: Option<Cut> = None;
    'graphemes: for (at, grapheme) in text.grapheme_indices(true) {
        let (after, wide) = (at + grapheme.len(), width(grapheme));
        let blank = grapheme.chars().all(char::is_whitespace);
        if blank && at == start && !rows.is_empty() {
            start = after;
            continue;
        }
        if wide > 1 && at > start {
            if !clings_to_the_word_before(grapheme) {
                cut = Some(Cut { end: at, next: at, used });
            } else if cut.is_some_and(|cut| cut.next == at) {
                cut = before_cut;
            }
        }
        while used + wide > cells && at > start {
            if blank {
                let end = cut.take().filter(|cut| cut.next == at).map_or(at, |cut| cut.end);
                rows.push(start..end);
                (start, used) = (after, 0);
                continue 'graphemes;
            }
            let place = cut.take().unwrap_or(Cut { end: at, next: at, used });
            rows.push(start..place.end);
            (start, used) = (place.next, used - place.used);
        }
        used += wide;
        if blank {
            let end = cut.filter(|cut| cut.next == at).map_or(at, |cut| cut.end);
            cut = Some(Cut { end, next: after, used });
        } else if wide > 1 {
            before_cut = cut;
            cut = Some(Cut { end: after, next: after, used });
        }
    }
    if start < text.len() || rows.is_empty() {
        rows.push(start..text.len());
    }
    rows
}

/// A place where a row can end.
#[derive(Clone, Copy)]
struct Cut {
    /// Where the row ends.
    end: usize,
    /// Where the next one begins: behind the blanks.
    next: usize,
    /// Cells from the row's start to `next`.
    used: usize,
}

/// Punctuation and small letters that must not begin a row in Chinese and Japanese.
fn clings_to_the_word_before(grapheme: &str) -> bool {
    grapheme.starts_with(|c| {
        "、。，．・：；！？）］｝〕〉》」』】ーっゃゅょッャュョぁぃぅぇぉァィゥェォ％".contains(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, cells: usize) -> Vec<&str> {
        wrap(text, cells).into_iter().map(|row| &text[row]).collect()
    }

    #[test]
    fn widths_are_cells_and_not_characters() {
        for (text, cells) in [
            ("abc", 3),
            ("日本語", 6),
            ("e\u{301}", 1),
            ("👩\u{200d}👩\u{200d}👧", 2),
            ("❤", 1),
            ("❤\u{fe0f}", 2),
            ("שלום", 4),
            ("", 0),
        ] {
            assert_eq!(width(text), cells, "{text}");
        }
    }

    #[test]
    fn clipping_ends_with_an_ellipsis_and_never_splits_a_character() {
        for (text, cells, wanted) in [
            ("hello", 5, "hello"),
            ("hello", 4, "hel…"),
            ("hello", 1, "…"),
            ("hello", 0, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("👩\u{200d}👧x", 2, "…"),
        ] {
            assert_eq!(clip(text, cells), wanted, "{text} in {cells}");
            assert!(width(&clip(text, cells)) <= cells);
            assert_eq!(width(&pad(text, cells)), cells, "{text} in {cells}");
        }
    }

    #[test]
    fn list_rows_hold_only_what_terminals_agree_on() {
        for (text, wanted) in [
            ("two\n  lines", "two lines"),
            ("❤\u{fe0f} you", "❤ you"),
            ("👩\u{200d}👩\u{200d}👧!", "👩!"),
            ("क्\u{200d}ष", "क्\u{200d}ष"),
            ("  padded  ", "padded"),
        ] {
            assert_eq!(for_row(text, 40), wanted);
        }
        assert_eq!(for_row("a long subject", 7), "a long…");
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        for (text, cells, wanted) in [
            ("one two three", 7, vec!["one two", "three"]),
            ("one two three", 8, vec!["one two", "three"]),
            ("one   two", 4, vec!["one", "two"]),
            ("  indented text", 10, vec!["  indented", "text"]),
            ("averylongword", 5, vec!["avery", "longw", "ord"]),
            ("a verylongword b", 6, vec!["a", "verylo", "ngword", "b"]),
            ("日本語の文章", 5, vec!["日本", "語の", "文章"]),
            ("日本。語", 4, vec!["日", "本。", "語"]),
            ("ab日本", 3, vec!["ab", "日", "本"]),
            ("👩\u{200d}👧👩\u{200d}👧", 2, vec!["👩\u{200d}👧", "👩\u{200d}👧"]),
            ("日本", 1, vec!["日", "本"]),
            ("x", 0, vec!["x"]),
            ("", 5, vec![""]),
            ("trailing   ", 9, vec!["trailing"]),
        ] {
            assert_eq!(rows(text, cells), wanted, "{text:?} in {cells}");
        }
    }

    #[test]
    fn no_row_is_too_wide_and_no_word_is_lost() {
        let text = "Lorem ipsum 日本語のテキスト, наш e\u{301}e\u{301}e\u{301} 👩\u{200d}👩\u{200d}👧👍🏽 averyveryverylongword end";
        for cells in 2..60 {
            let rows = rows(text, cells);
            assert!(rows.iter().all(|row| width(row) <= cells), "{rows:?} in {cells}");
            let squeeze = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(squeeze(&rows.concat()), squeeze(text), "in {cells}");
        }
    }
}
