//! Message bodies as lines of styled pieces. What a piece *means* is decided here, what it looks
//! like is the theme's business, and how wide it may be is only known when it is drawn.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::clean;
use super::width::{width, wrap};
use crate::model::Format;

/// Longer texts are shown as they are written: nobody writes Markdown of this size by hand.
const MOST_MARKDOWN: usize = 64 << 10;

/// Nesting of quotes and lists that is still shown.
const MOST_DEPTH: usize = 8;

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TextStyle {
    /// Stressed.
    pub emphasis: bool,
    /// Strongly stressed.
    pub strong: bool,
    /// Struck out.
    pub struck: bool,
    /// Program text.
    pub code: bool,
    /// A heading.
    pub heading: bool,
    /// The address that a link leads to, or its label.
    pub link: bool,
    /// Somebody's name.
    pub mention: bool,
    /// Not the author's words: the name of an image, a rule.
    pub aside: bool,
}

/// A piece of text of one style.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RichSpan {
    /// What it is.
    pub style: TextStyle,
    /// The text, without line breaks.
    pub text: String,
}

/// One line, not yet wrapped, or one wrapped row of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RichLine {
    /// How deeply it is quoted; 0 = the author's own words.
    pub quote: usize,
    /// Indent and list bullet; rows after the first have blanks of the same width.
    pub prefix: String,
    /// The pieces.
    pub spans: Vec<RichSpan>,
}

impl RichLine {
    /// The words without bullet and quote marks.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// Reads a message body. HTML in it is shown as written; links show where they really lead.
pub fn rich(text: &str, format: Format) -> Vec<RichLine> {
    match format {
        Format::Markdown if text.len() <= MOST_MARKDOWN => {
            let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
            let mut builder = Builder::default();
            for event in TextMergeStream::new(Parser::new_ext(text, options)) {
                builder.take(event);
            }
            builder.finish()
        }
        _ => text.split('\n').map(plain_line).collect(),
    }
}

/// One line of plain text: `>` at its start are quote marks, addresses are links.
fn plain_line(line: &str) -> RichLine {
    let mut rest = line;
    let mut quote = 0;
    while let Some(after) = rest.strip_prefix('>') {
        rest = after.strip_prefix(' ').unwrap_or(after);
        quote += 1;
    }
    let (prefix, words) = rest.split_at(prefix_len(rest));
    let mut spans = Vec::new();
    push_linked(&mut spans, TextStyle::default(), words);
    RichLine { quote: quote.min(MOST_DEPTH), prefix: prefix.to_owned(), spans }
}

/// Bytes of a line's indent and bullet, so that what is wrapped stands under its first word.
fn prefix_len(line: &str) -> usize {
    let words = line.trim_start_matches(' ');
    let indent = line.len() - words.len();
    let number = words.len() - words.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let after_number = words.get(number..).unwrap_or_default();
    if ["- ", "* ", "• "].iter().any(|bullet| words.starts_with(bullet)) {
        indent + words.find(' ').unwrap_or_default() + 1
    } else if (1..=3).contains(&number)
        && (after_number.starts_with(". ") || after_number.starts_with(") "))
    {
        indent + number + 2
    } else {
        indent
    }
}

/// Adds a text, its addresses as links of their own.
fn push_linked(spans: &mut Vec<RichSpan>, style: TextStyle, text: &str) {
    let mut rest = text;
    while let Some(at) = find_address(rest) {
        let (before, from) = rest.split_at(at);
        let end = from
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|'))
            .unwrap_or(from.len());
        let address = from.get(..end).unwrap_or_default();
        let bare = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
        let bare = if bare.contains('(') { bare } else { bare.trim_end_matches(')') };
        push(spans, style, before);
        push(spans, TextStyle { link: true, ..style }, bare);
        rest = from.get(bare.len()..).unwrap_or_default();
    }
    push(spans, style, rest);
}

fn find_address(text: &str) -> Option<usize> {
    ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min()
}

fn push(spans: &mut Vec<RichSpan>, style: TextStyle, text: &str) {
    match spans.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.style == style => last.text.push_str(text),
        _ => spans.push(RichSpan { style, text: text.to_owned() }),
    }
}

/// Whether a link's label already says where it leads.
pub(super) fn says_its_target(label: &str, target: &str) -> bool {
    let bare = |address: &str| {
        let mut rest = address.trim();
        for scheme in ["mailto:", "tel:", "https://", "http://"] {
            rest = rest.strip_prefix(scheme).unwrap_or(rest);
        }
        rest.trim_end_matches('/').to_lowercase()
    };
    bare(label) == bare(target)
}

#[derive(Default)]
struct Builder {
    lines: Vec<RichLine>,
    /// The line being written.
    line: Option<RichLine>,
    /// Styles of the elements that are open.
    styles: Vec<TextStyle>,
    quote: usize,
    /// Open lists: the next number of a numbered one.
    lists: Vec<Option<u64>>,
    bullet: Option<String>,
    /// An empty line is due before the next text.
    gap: bool,
    /// Target and label of the open link or image.
    link: Option<(String, String)>,
    first_cell: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => {
                self.styled(|style| style.code = true);
                self.words(&text);
                self.styles.pop();
            }
            Event::SoftBreak | Event::HardBreak => {
                self.open_line();
                self.end_line();
            }
            Event::Rule => {
                self.end_line();
                self.styled(|style| style.aside = true);
                self.words("───");
                self.styles.pop();
                self.end_block();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.styled(|style| style.heading = true),
            Tag::BlockQuote(_) => self.quote += 1,
            Tag::CodeBlock(kind) => {
                self.end_line();
                self.styled(|style| style.code = true);
                if let CodeBlockKind::Fenced(_) = kind {
                    self.gap |= !self.lines.is_empty();
                }
            }
            Tag::List(first) => {
                self.end_line();
                self.lists.push(first);
            }
            Tag::Item => {
                self.end_line();
                self.gap = self.gap && self.lists.len() < 2 && self.bullet_is_first();
                let bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".into(),
                };
                self.bullet = Some(bullet);
            }
            Tag::TableHead => {
                self.styled(|style| style.strong = true);
                self.first_cell = true;
            }
            Tag::TableRow => self.first_cell = true,
            Tag::TableCell if std::mem::take(&mut self.first_cell) => {}
            Tag::TableCell => self.words(" | "),
            Tag::Emphasis => self.styled(|style| style.emphasis = true),
            Tag::Strong => self.styled(|style| style.strong = true),
            Tag::Strikethrough => self.styled(|style| style.struck = true),
            Tag::Link { dest_url, .. } => {
                let mention = dest_url.starts_with("mention://");
                self.styled(|style| {
                    style.link = !mention;
                    style.mention = mention;
                });
                let target = if mention { String::new() } else { clean(&dest_url).to_string() };
                self.link = Some((target, String::new()));
            }
            Tag::Image { dest_url, .. } => {
                self.styled(|style| style.aside = true);
                self.words("[image: ");
                self.link = Some((clean(&dest_url).to_string(), String::new()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Table => self.end_block(),
            TagEnd::HtmlBlock => self.end_block(),
            TagEnd::Heading(_) | TagEnd::CodeBlock => {
                self.styles.pop();
                self.end_block();
            }
            TagEnd::BlockQuote(_) => {
                self.end_block();
                self.quote = self.quote.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.end_line();
                self.lists.pop();
                self.gap = self.lists.is_empty();
            }
            TagEnd::Item => {
                self.end_line();
                self.bullet = None;
            }
            TagEnd::TableHead => {
                self.styles.pop();
                self.end_line();
            }
            TagEnd::TableRow => self.end_line(),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Image => {
                self.words("]");
                self.styles.pop();
                self.show_target();
            }
            TagEnd::Link => {
                self.styles.pop();
                self.show_target();
            }
            _ => {}
        }
    }

    /// The first item of a list keeps the gap that the paragraph before it asked for.
    fn bullet_is_first(&self) -> bool {
        self.lines.last().is_some_and(|line| line.prefix.is_empty())
    }

    fn show_target(&mut self) {
        let Some((target, label)) = self.link.take() else { return };
        if !target.is_empty() && !says_its_target(&label, &target) {
            self.words(" <");
            self.styled(|style| style.link = true);
            self.words(&target);
            self.styles.pop();
            self.words(">");
        }
    }

    fn style(&self) -> TextStyle {
        self.styles.last().copied().unwrap_or_default()
    }

    fn styled(&mut self, change: impl FnOnce(&mut TextStyle)) {
        let mut style = self.style();
        change(&mut style);
        self.styles.push(style);
    }

    /// Text of the author, which may hold line breaks (in code) and addresses. It is cleaned once
    /// more because Markdown has entities, and `&#27;` is an escape.
    fn text(&mut self, text: &str) {
        let text = clean(text);
        if let Some((_, label)) = &mut self.link {
            label.push_str(&text);
        }
        let linked = self.link.is_some() || self.style().code;
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.open_line();
                self.end_line();
            }
            if line.is_empty() {
                continue;
            }
            let style = self.style();
            let spans = &mut self.open_line().spans;
            if linked { push(spans, style, line) } else { push_linked(spans, style, line) }
        }
    }

    /// A piece without line breaks or addresses.
    fn words(&mut self, text: &str) {
        let style = self.style();
        let text = clean(text).replace('\n', " ");
        push(&mut self.open_line().spans, style, &text);
    }

    fn open_line(&mut self) -> &mut RichLine {
        if self.line.is_none() {
            let quote = self.quote.min(MOST_DEPTH);
            if std::mem::take(&mut self.gap) && !self.lines.is_empty() {
                let before = self.lines.last().map_or(0, |line| line.quote);
                self.lines.push(RichLine { quote: quote.min(before), ..RichLine::default() });
            }
        }
        let depth = self.lists.len().min(MOST_DEPTH);
        let quote = self.quote.min(MOST_DEPTH);
        let bullet = &mut self.bullet;
        self.line.get_or_insert_with(|| {
            let prefix = match bullet.take() {
                Some(bullet) => format!("{}{bullet}", "  ".repeat(depth.saturating_sub(1))),
                None => "  ".repeat(depth),
            };
            RichLine { quote, prefix, spans: Vec::new() }
        })
    }

    fn end_line(&mut self) {
        if let Some(mut line) = self.line.take() {
            if line.spans.is_empty() {
                line.prefix.clear();
            }
            self.lines.push(line);
        }
    }

    fn end_block(&mut self) {
        self.end_line();
        self.gap = true;
    }

    fn finish(mut self) -> Vec<RichLine> {
        self.end_line();
        while self.lines.last().is_some_and(|line| line.spans.is_empty()) {
            self.lines.pop();
        }
        self.lines
    }
}

/// Cuts lines into rows of at most `cells`. Quote marks take two cells per level; where there is
/// no room for them or for the indent, the words come first.
pub fn wrap_rich(lines: &[RichLine], cells: usize) -> Vec<RichLine> {
    let mut rows = Vec::new();
    for line in lines {
        let quote = line.quote.min(cells / 8);
        let prefix =
            if width(&line.prefix) * 2 > cells { String::new() } else { line.prefix.clone() };
        let indent = " ".repeat(width(&prefix));
        let room = cells.saturating_sub(quote * 2 + indent.len());
        let text = line.text();
        for (number, row) in wrap(&text, room).into_iter().enumerate() {
            let prefix = if number == 0 { prefix.clone() } else { indent.clone() };
            rows.push(RichLine { quote, prefix, spans: cut_spans(&line.spans, row) });
        }
    }
    rows
}

/// The pieces of a line that fall into a range of its text.
fn cut_spans(spans: &[RichSpan], row: std::ops::Range<usize>) -> Vec<RichSpan> {
    let mut cut = Vec::new();
    let mut at = 0;
    for span in spans {
        let from = row.start.saturating_sub(at).min(span.text.len());
        let to = row.end.saturating_sub(at).min(span.text.len());
        push(&mut cut, span.style, span.text.get(from..to).unwrap_or_default());
        at += span.text.len();
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as text with their meaning spelled out.
    fn spelled(lines: &[RichLine]) -> Vec<String> {
        lines
            .iter()
            .map(|line| {
                let mut out = format!("{}{}", ">".repeat(line.quote), line.prefix);
                for span in &line.spans {
                    let TextStyle { emphasis, strong, struck, code, heading, link, mention, aside } =
                        span.style;
                    let marks: String = [
                        (emphasis, 'e'),
                        (strong, 's'),
                        (struck, 'x'),
                        (code, 'c'),
                        (heading, 'h'),
                        (link, 'l'),
                        (mention, 'm'),
                        (aside, 'a'),
                    ]
                    .iter()
                    .filter_map(|(on, mark)| on.then_some(*mark))
                    .collect();
                    if marks.is_empty() {
                        out.push_str(&span.text);
                    } else {
                        out.push_str(&format!("{{{marks}:{}}}", span.text));
                    }
                }
                out
            })
            .collect()
    }

    #[test]
    fn markdown_becomes_lines_by_meaning() {
        for (given, wanted) in [
            ("one\ntwo\n\nthree", vec!["one", "two", "", "three"]),
            ("*em* **strong** ~~old~~ `x<y`", vec!["{e:em} {s:strong} {x:old} {c:x<y}"]),
            ("# Title\ntext", vec!["{h:Title}", "", "text"]),
            ("- a\n- b\n  - c\n\nend", vec!["• a", "• b", "  • c", "", "end"]),
            ("para\n\n1. a\n2. b", vec!["para", "", "1. a", "2. b"]),
            ("> quoted\n> on\n>> deep", vec![">quoted", ">on", ">", ">>deep"]),
            ("```\nfn x() {\n\n}\n```\nafter", vec!["{c:fn x() {}", "", "{c:}}", "", "after"]),
            ("[the shop](https://e.com/x)", vec!["{l:the shop} <{l:https://e.com/x}>"]),
            ("[https://e.com](https://e.com/)", vec!["{l:https://e.com}"]),
            ("see https://e.com/a_b_c.", vec!["see {l:https://e.com/a_b_c}."]),
            ("hi [@Ana](mention://user/1/Ana)!", vec!["hi {m:@Ana}!"]),
            ("![cat](https://e.com/c.png)", vec!["{a:[image: cat]} <{l:https://e.com/c.png}>"]),
            ("<b>raw</b> &amp; &#27;[31mred", vec!["<b>raw</b> & red"]),
            ("|A|B|\n|-|-|\n|1|2|", vec!["{s:A | B}", "1 | 2"]),
            ("a\n\n---\n\nb", vec!["a", "", "{a:───}", "", "b"]),
            ("", vec![]),
        ] {
            assert_eq!(spelled(&rich(given, Format::Markdown)), wanted, "from {given:?}");
        }
    }

    #[test]
    fn plain_text_keeps_its_lines_and_has_links_and_quotes() {
        for (given, wanted) in [
            ("*no* markup\n\n# none", vec!["*no* markup", "", "# none"]),
            ("> they\n>> older\n>none", vec![">they", ">>older", ">none"]),
            ("go to (https://e.com/x), now", vec!["go to ({l:https://e.com/x}), now"]),
            ("order <https://e.com/x>", vec!["order <{l:https://e.com/x}>"]),
            ("", vec![""]),
        ] {
            assert_eq!(spelled(&rich(given, Format::Plain)), wanted, "from {given:?}");
        }
    }

    #[test]
    fn wrapped_rows_keep_styles_quotes_and_indents() {
        let lines = rich("> some *quoted words* here\n\n- first item of it\n- b", Format::Markdown);
        assert_eq!(
            spelled(&wrap_rich(&lines, 16)),
            [">some {e:quoted}", ">{e:words} here", "", "• first item of", "  it", "• b"]
        );
        let lines = rich("  1. indented line", Format::Plain);
        assert_eq!(spelled(&wrap_rich(&lines, 14)), ["  1. indented", "     line"]);
    }

    #[test]
    fn any_text_wraps_at_any_width() {
        for text in [
            "> ".repeat(500) + "deep",
            "- ".repeat(500) + "deep",
            "*_".repeat(500),
            "[".repeat(5000),
            "https://".repeat(500),
        ] {
            for format in [Format::Plain, Format::Markdown] {
                let lines = rich(&text, format);
                for cells in [0, 1, 2, 5, 80] {
                    for row in wrap_rich(&lines, cells) {
                        let wide = row.quote * 2 + width(&row.prefix) + width(&row.text());
                        assert!(wide <= cells.max(1), "{wide} in {cells}");
                    }
                }
            }
        }
    }
}
