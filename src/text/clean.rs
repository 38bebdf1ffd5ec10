//! [`Clean`]: text that cannot drive a terminal.

use std::fmt;
use std::iter::Peekable;
use std::ops::Deref;
use std::str::Chars;
use std::sync::Arc;

/// Text without control sequences, controls, bidi overrides or invisible trickery. Only this
/// folder makes one ([`clean`] and what is built on it), and it has no `Deserialize`, so vendor
/// text that skipped the cleaning does not compile.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clean(Arc<str>);

impl Clean {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Clean {
    fn default() -> Self {
        Self("".into())
    }
}

impl Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// What a tab becomes. Tab stops would need to know the column that the text ends up in.
const TAB: &str = "    ";

/// Marks kept on one base character. Real scripts stack four or five; more is a prank that would
/// put kilobytes into one cell.
const MOST_MARKS: usize = 8;

/// Takes everything out of a text that could drive a terminal or deceive its reader.
///
/// Removed: control sequences, 7- and 8-bit (CSI, OSC, DCS, SOS, PM, APC, charset selection),
/// where an unterminated one ends at the end of its line; all other C0 and C1 controls; bidi
/// overrides, embeddings and isolates; characters that draw nothing (zero-width space, byte
/// order mark, soft hyphen, tag characters, fillers, noncharacters …). CR, CRLF, NEL and the
/// Unicode line and paragraph separators become `\n`, a tab becomes spaces. Joiners, combining
/// marks and emoji variation selectors stay: Hindi, Persian and emoji need them.
///
/// One pass, linear in the length of the text. `clean(clean(x)) == clean(x)`.
pub fn clean(text: &str) -> Clean {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Clean(text.into());
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut marks = 0;
    while let Some(c) = chars.next() {
        let is_mark = is_mark(c);
        marks = if is_mark { marks + 1 } else { 0 };
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_csi(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push_str(TAB),
            _ if c.is_control() || is_trickery(c) => {}
            _ if is_mark && marks > MOST_MARKS => {}
            _ => out.push(c),
        }
    }
    Clean(out.into())
}

/// After ESC. What is not the start of a sequence stays: it is text that follows a lone ESC.
fn skip_escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        Some('(' | ')' | '*' | '+' | '-' | '.' | '/' | '#' | '%' | ' ') => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
        _ => {}
    }
}

/// After CSI: parameters, intermediates, one final character. Anything else breaks it off there.
fn skip_csi(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

/// After the introducer of a control string: up to BEL, ST, CAN or SUB, or to the line's end,
/// which stays. An ESC that does not begin ST breaks it off and begins a sequence of its own.
fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(&c) = chars.peek() {
        match c {
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => return,
            '\u{1b}' => {
                let mut ahead = chars.clone();
                ahead.next();
                if ahead.next_if_eq(&'\\').is_some() {
                    *chars = ahead;
                }
                return;
            }
            _ => {
                chars.next();
                if matches!(c, '\u{7}' | '\u{9c}' | '\u{18}' | '\u{1a}') {
                    return;
                }
            }
        }
    }
}

/// Characters that reorder what is read, or that draw nothing and so hide in what is read.
/// U+200C and U+200D, the joiners, are not among them.
fn is_trickery(c: char) -> bool {
    matches!(c,
        '\u{ad}' // soft hyphen
        | '\u{34f}' | '\u{61c}' | '\u{180e}'
        | '\u{17b4}' | '\u{17b5}' // inherent vowels of Khmer, which draw nothing
        | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' // embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{fdd0}'..='\u{fdef}' // noncharacters
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' // tags and supplementary variation selectors
    ) || (c as u32) & 0xfffe == 0xfffe
}

/// Combining marks that can be stacked without end, joiners and variation selectors.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{200c}' | '\u{200d}' | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_drive_a_terminal_is_removed_and_the_words_stay() {
        for (given, wanted) in [
            ("plain\nlines", "plain\nlines"),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\u{9b}31mred", "red"),
            ("a\x1b[2Jb\x1b[1;1Hc", "abc"),
            ("\x1b[38;2;1;2;3mx\x1b[?1049hy", "xy"),
            ("\x1b]0;title\x07rest", "rest"),
            ("\x1b]52;c;aGk=\x1b\\rest", "rest"),
            ("\x1b]8;;http://evil\x1b\\label\x1b]8;;\x1b\\", "label"),
            ("\u{9d}0;title\u{9c}rest", "rest"),
            ("\x1bPq#0\x1b\\rest \x1bXsos\x1b\\\x1b^pm\x1b\\\x1b_apc\x1b\\end", "rest end"),
            ("\u{90}dcs\u{9c}a\u{98}sos\u{9c}b\u{9e}pm\u{9c}c\u{9f}apc\u{9c}d", "abcd"),
            ("\x1b]0;never ended\nnext line", "\nnext line"),
            ("\x1b]0;never ended\rnext line", "\nnext line"),
            ("\x1b]0;broken \x1b[31mred", "red"),
            ("\x1b[12", ""),
            ("\x1b[12\nnext", "\nnext"),
            ("\x1b[1é", "é"),
            ("\x1b(Bascii \x1b#8x", "ascii x"),
            ("a\x1bb\x1b", "ab"),
            ("\x1b\x1b[31mx", "x"),
            ("bell\x07 back\x08 del\x7f nul\0 so\x0e", "bell back del nul so"),
            ("a\r\nb\rc\u{85}d\u{2028}e\u{2029}f", "a\nb\nc\nd\ne\nf"),
            ("a\tb", "a    b"),
            ("user\u{202e}gpj.exe", "usergpj.exe"),
            ("\u{2066}a\u{2069}\u{200e}b\u{61c}", "ab"),
            ("zero\u{200b}width\u{feff}\u{2060}\u{ad}", "zerowidth"),
            ("tag\u{e0041}\u{e007f}s\u{fdd0}\u{ffff}\u{1fffe}\u{3164}", "tags"),
            (
                "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} é e\u{301}",
                "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} é e\u{301}",
            ),
            ("नमस्ते क्\u{200d}ष می\u{200c}خواهم", "नमस्ते क्\u{200d}ष می\u{200c}خواهم"),
            ("שלום مرحبا 日本語", "שלום مرحبا 日本語"),
            ("", ""),
        ] {
            assert_eq!(clean(given).as_str(), wanted, "from {given:?}");
        }
    }

    #[test]
    fn marks_stack_only_as_high_as_a_script_needs() {
        let zalgo = format!("a{}b", "\u{301}".repeat(1000));
        assert_eq!(clean(&zalgo).chars().count(), 2 + MOST_MARKS);
    }

    /// Pseudo-random texts out of the pieces that matter, the same on every run.
    fn generated(count: usize) -> impl Iterator<Item = String> {
        const PIECES: &[&str] = &[
            "\x1b",
            "[",
            "]",
            "P",
            "X",
            "^",
            "_",
            "\\",
            "\x07",
            "\u{9b}",
            "\u{9c}",
            "\u{9d}",
            "\u{90}",
            "\u{98}",
            "\u{85}",
            "\u{2028}",
            "\r",
            "\n",
            "\t",
            "0;",
            "31",
            "m",
            "(",
            "B",
            "#",
            "?",
            "c",
            " ",
            "é",
            "日",
            "\u{202e}",
            "\u{200b}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{301}",
            "👩",
            "\u{e0041}",
            "\0",
            "\x7f",
            "\x18",
            "word",
            "\u{ffff}",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        (0..count).map(move |_| (0..next(24)).map(|_| PIECES[next(PIECES.len())]).collect())
    }

    #[test]
    fn no_control_but_the_newline_survives_and_a_second_pass_changes_nothing() {
        for text in generated(20_000) {
            let once = clean(&text);
            assert!(
                once.chars().all(|c| c == '\n' || !(c.is_control() || is_trickery(c))),
                "{text:?} became {once:?}"
            );
            assert_eq!(clean(&once), once, "from {text:?}");
        }
    }

    #[test]
    fn hostile_megabytes_take_linear_time() {
        for piece in ["\x1b]", "\x1b[", "\x1b]x\x1b", "\u{9b}1", "\x1bP\x1b\\", "\u{301}"] {
            let text = piece.repeat(2_000_000 / piece.len());
            assert!(clean(&text).len() < text.len(), "{piece:?}");
        }
    }
}
