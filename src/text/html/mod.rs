//! HTML to readable text, for mail and for vendors that send nothing else.
//!
//! No tree is built: time is linear, nesting costs nothing, and paragraphs stay one line each for
//! the screen to wrap. Parsers and renderers made for browsers need quadratic time for some
//! inputs, and a mail is hostile input.

mod token;

use super::markdown::says_its_target;
use super::{Clean, clean};
use token::{Tag, Token, Tokens, decode};

/// Bytes of HTML that are read. The largest newsletters are a few hundred kilobytes.
const MOST_HTML: usize = 2 << 20;

/// Bytes of text that are made.
const MOST_TEXT: usize = 512 << 10;

/// Nesting that is still shown by indentation or quote marks.
const MOST_DEPTH: usize = 8;

/// Turns HTML into text that reads like a plain-text mail: a paragraph is a line, links are
/// `text <target>`, quotes begin with `> `, table cells of a row are separated by ` | `, images
/// are `[image: alternative text]`. What is beyond the size caps is left out, and the text says so.
pub fn html_to_text(html: &str) -> Clean {
    // A character has at most four bytes, so one of these ends is between two.
    let read = if html.len() > MOST_HTML {
        (0..4).find_map(|less| html.get(..MOST_HTML - less)).unwrap_or_default()
    } else {
        html
    };
    let mut writer = Writer { cut: read.len() < html.len(), ..Writer::default() };
    for token in Tokens::of(read) {
        match token {
            Token::Text(text) => writer.text(&decode(text)),
            Token::Start(tag) => writer.start(&tag),
            Token::End(name) => writer.end(&name.to_ascii_lowercase()),
        }
        if writer.full {
            break;
        }
    }
    clean(&writer.finish())
}

/// What stands between the text so far and the text to come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Gap {
    #[default]
    None,
    Cell,
    Line,
    Paragraph,
}

/// A list that is open: the number of its next item, or a plain one.
type List = Option<u32>;

#[derive(Default)]
struct Writer {
    out: String,
    /// Bytes of `out` before the line that is being written, without its quote marks and indent.
    line_starts: usize,
    gap: Gap,
    /// There is no room for more text.
    full: bool,
    /// Depth of `pre`.
    verbatim: usize,
    quotes: usize,
    lists: Vec<List>,
    /// The mark of a list item that has no text yet.
    bullet: Option<String>,
    link: Option<Link>,
    /// Something was left out because of its size.
    cut: bool,
}

struct Link {
    target: String,
    text: String,
}

impl Writer {
    fn start(&mut self, tag: &Tag) {
        let name = tag.name.to_ascii_lowercase();
        self.gap = self.gap.max(gap_around(&name));
        match name.as_str() {
            "br" => self.line_break(),
            "hr" => {
                self.put("---");
                self.gap = Gap::Paragraph;
            }
            "pre" => self.verbatim += 1,
            "blockquote" => self.quotes += 1,
            "ul" | "menu" => self.lists.push(None),
            "ol" => self.lists.push(Some(tag.attribute("start").parse().unwrap_or(1))),
            "li" => self.bullet = Some(self.next_bullet()),
            "img" => self.image(tag),
            "a" => {
                self.end_link();
                self.link = link_target(&tag.attribute("href"))
                    .map(|target| Link { target, text: String::new() });
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if name == "a" {
            self.end_link();
        }
        self.gap = self.gap.max(gap_around(name));
        match name {
            "pre" => self.verbatim = self.verbatim.saturating_sub(1),
            "blockquote" => self.quotes = self.quotes.saturating_sub(1),
            "ul" | "ol" | "menu" => {
                self.lists.pop();
                self.bullet = None;
            }
            _ => {}
        }
    }

    /// A `br` ends the line; a second one leaves a line empty.
    fn line_break(&mut self) {
        self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
    }

    fn next_bullet(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                let bullet = format!("{number}. ");
                *number = number.saturating_add(1);
                bullet
            }
            _ => "- ".into(),
        }
    }

    fn text(&mut self, text: &str) {
        if self.verbatim > 0 {
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    self.line_break();
                }
                if !line.is_empty() {
                    self.put(line);
                }
            }
            return;
        }
        for c in text.chars() {
            if c.is_whitespace() && c != '\u{3000}' {
                self.space();
            } else if matches!(c, '\u{200c}' | '\u{200d}' | '\u{34f}')
                && (self.gap > Gap::None || self.out.ends_with([' ', '\n']))
            {
                // Newsletters pad their preview line with joiners that join nothing.
            } else {
                self.put(c.encode_utf8(&mut [0; 4]));
                if let Some(link) = &mut self.link {
                    link.text.push(c);
                }
            }
        }
    }

    fn space(&mut self) {
        if self.gap == Gap::None
            && self.out.len() > self.line_starts
            && !self.out.ends_with([' ', '\n'])
        {
            self.out.push(' ');
        }
        if let Some(link) = &mut self.link
            && !link.text.is_empty()
        {
            link.text.push(' ');
        }
    }

    fn put(&mut self, piece: &str) {
        if self.out.len() + piece.len() > MOST_TEXT {
            self.full = true;
            return;
        }
        self.begin();
        self.out.push_str(piece);
    }

    /// Makes everything ready for the next piece: line breaks, quote marks, indent, bullet.
    fn begin(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        let first = self.out.is_empty();
        if gap == Gap::Cell && !first && self.out.len() > self.line_starts {
            self.trim_line();
            self.out.push_str(" | ");
        }
        if gap < Gap::Line && !first && self.bullet.is_none() {
            return;
        }
        if !first {
            self.trim_line();
            self.out.push('\n');
            if gap == Gap::Paragraph {
                self.out.push_str("> ".repeat(self.quotes.min(MOST_DEPTH)).trim_end());
                self.out.push('\n');
            }
        }
        self.out.push_str(&"> ".repeat(self.quotes.min(MOST_DEPTH)));
        let indent = self.lists.len().min(MOST_DEPTH);
        match self.bullet.take() {
            Some(bullet) => {
                self.out.push_str(&"  ".repeat(indent.saturating_sub(1)));
                self.out.push_str(&bullet);
            }
            None => self.out.push_str(&"  ".repeat(indent)),
        }
        self.line_starts = self.out.len();
    }

    fn trim_line(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
    }

    fn image(&mut self, tag: &Tag) {
        let alt = tag.attribute("alt");
        let alt = alt.trim();
        if !alt.is_empty() {
            self.put(&format!("[image: {}]", alt.replace('\n', " ")));
        } else if tag.attribute("src").starts_with("cid:") {
            self.put("[image]");
        }
    }

    fn end_link(&mut self) {
        let Some(Link { target, text }) = self.link.take() else { return };
        if says_its_target(&text, &target) {
            return;
        }
        if self.gap == Gap::None && !self.out.ends_with([' ', '\n']) && !self.out.is_empty() {
            self.out.push(' ');
        }
        self.put(&format!("<{target}>"));
    }

    fn finish(mut self) -> String {
        self.end_link();
        self.trim_line();
        if self.cut || self.full {
            self.out.push_str("\n\n[the rest is too long to be shown]");
        }
        self.out
    }
}

/// How far an element keeps its distance from what is before and after it.
fn gap_around(name: &str) -> Gap {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "pre" | "hr" => {
            Gap::Paragraph
        }
        "div" | "ul" | "ol" | "menu" | "li" | "tr" | "table" | "dl" | "dt" | "dd" | "section"
        | "article" | "header" | "footer" | "main" | "nav" | "aside" | "address" | "center"
        | "figure" | "figcaption" | "caption" | "form" | "fieldset" | "option" | "body" => {
            Gap::Line
        }
        "td" | "th" => Gap::Cell,
        _ => Gap::None,
    }
}

/// The target worth showing: anchors within the page and scripts lead nowhere.
fn link_target(href: &str) -> Option<String> {
    let href: String = href.chars().filter(|c| !c.is_whitespace()).collect();
    let scheme = href.split_once(':')?.0.to_lowercase();
    matches!(scheme.as_str(), "http" | "https" | "mailto" | "tel" | "ftp").then_some(href)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_mail_becomes_readable_text() {
        for (given, wanted) in [
            ("<p>One\n  two</p><p>three</p>", "One two\n\nthree"),
            ("a<br>b<br/><br>c", "a\nb\n\nc"),
            ("<div>line</div><div><br></div><div>next</div>", "line\n\nnext"),
            ("<b>bold</b> and <i>so</i> on", "bold and so on"),
            ("x &amp; y &lt;z&gt; &euro;5&nbsp;only &#233;", "x & y <z> €5 only é"),
            ("see <a href=\"https://e.com/x\">the order</a>.", "see the order <https://e.com/x>."),
            ("<a href=\"https://e.com/\">e.com</a>", "e.com"),
            ("<a href=\"mailto:a@e.com\">a@e.com</a>", "a@e.com"),
            (
                "<a href='https://evil.com'>https://bank.com</a>",
                "https://bank.com <https://evil.com>",
            ),
            ("<a href='javascript:x()'>click</a> <a href='#top'>up</a>", "click up"),
            ("<ul><li>one<li>two <ul><li>deep</ul></ul>after", "- one\n- two\n  - deep\nafter"),
            ("<ol start=3><li><p>c</p></li><li>d</li></ol>", "3. c\n\n4. d"),
            (
                "<blockquote>they<br>said<p>so</p><blockquote>older</blockquote></blockquote>ok",
                "> they\n> said\n>\n> so\n> >\n> > older\n\nok",
            ),
            (
                "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Tea</td><td>4 €</td></tr></table>",
                "Item | Price\nTea | 4 €",
            ),
            (
                "<table><tr><td width=1>&nbsp;</td><td><p>Layout</p><p>only</p></td></tr></table>",
                "Layout\n\nonly",
            ),
            (
                "<img src=x.gif width=1><img alt='A cat' src=c.png> <img src='cid:1'>",
                "[image: A cat] [image]",
            ),
            ("<style>p{}</style><script>if (a<b) {}</script><title>t</title>seen", "seen"),
            ("<!-- secret --><![if mso]>shown<![endif]>", "shown"),
            ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
            ("<h1>Title</h1>text<hr>end", "Title\n\ntext\n\n---\n\nend"),
            ("preview&zwnj;&nbsp;&zwnj;&nbsp;<p>Dear</p>", "preview\u{200c}\n\nDear"),
            ("&#27;[31mred&#x202e;", "red"),
            ("plain < text & more", "plain < text & more"),
            ("", ""),
        ] {
            assert_eq!(html_to_text(given).as_str(), wanted, "from {given}");
        }
    }

    #[test]
    fn hostile_html_is_bounded() {
        for piece in [
            "<div>",
            "<table><tr><td>",
            "<ul><li>x",
            "<blockquote>x",
            "<a href=http://x>",
            "<b",
            "&",
        ] {
            let text = html_to_text(&piece.repeat(MOST_HTML / piece.len() + 9));
            assert!(text.len() < MOST_TEXT + 100, "{piece}: {}", text.len());
        }
        assert!(html_to_text(&"word ".repeat(MOST_HTML)).ends_with("too long to be shown]"));
    }
}
