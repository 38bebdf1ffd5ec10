//! What an agent writes → the HTML that enneo mails.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Plain text as HTML: nothing in it is markup, and its line breaks stay.
pub(super) fn plain_to_html(text: &str) -> String {
    escaped(text).replace('\n', "<br>\n")
}

/// Markdown as HTML. HTML inside it is shown as text, not passed on.
pub(super) fn markdown_to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 3 / 2);
    for event in Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(tag) => start(&tag, &mut html),
            Event::End(tag) => end(tag, &mut html),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                html.push_str(&escaped(&text));
            }
            Event::Code(code) => {
                html.push_str("<code>");
                html.push_str(&escaped(&code));
                html.push_str("</code>");
            }
            // Agents press Enter once for a new line and mean it.
            Event::SoftBreak | Event::HardBreak => html.push_str("<br>\n"),
            Event::Rule => html.push_str("<hr>\n"),
            _ => {}
        }
    }
    html
}

fn start(tag: &Tag<'_>, html: &mut String) {
    match tag {
        Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
            html.push_str("<a href=\"");
            html.push_str(&escaped(dest_url));
            html.push_str("\">");
        }
        Tag::List(Some(first)) if *first != 1 => {
            html.push_str(&format!("<ol start=\"{first}\">\n"));
        }
        Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => {
            html.push_str("<pre>");
        }
        tag => {
            if let Some(name) = name(tag.to_end()) {
                html.push_str(&format!("<{name}>"));
            }
        }
    }
}

fn end(tag: TagEnd, html: &mut String) {
    if let Some(name) = name(tag) {
        html.push_str(&format!("</{name}>"));
    }
    if !matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link) {
        html.push('\n');
    }
}

fn name(tag: TagEnd) -> Option<&'static str> {
    Some(match tag {
        TagEnd::Paragraph => "p",
        TagEnd::Heading(_) => "h3",
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::CodeBlock => "pre",
        TagEnd::List(true) => "ol",
        TagEnd::List(false) => "ul",
        TagEnd::Item => "li",
        TagEnd::Emphasis => "em",
        TagEnd::Strong => "strong",
        TagEnd::Strikethrough => "s",
        TagEnd::Link | TagEnd::Image => "a",
        _ => return None,
    })
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_the_html_of_a_mail_and_smuggles_none_in() {
        assert_eq!(
            markdown_to_html("Hi **you**\nand _me_\n\n- a\n- b\n\n[x](https://e.test/?a=1&b=2)"),
            "<p>Hi <strong>you</strong><br>\nand <em>me</em></p>\n<ul><li>a</li>\n<li>b</li>\n</ul>\n\
             <p><a href=\"https://e.test/?a=1&amp;b=2\">x</a></p>\n"
        );
        let html = markdown_to_html("<script>alert(1)</script>\n\na < b & \"c\"");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("a &lt; b &amp; &quot;c&quot;"), "{html}");
    }

    #[test]
    fn plain_text_keeps_its_lines_and_its_signs() {
        assert_eq!(plain_to_html("a <b>\n& c"), "a &lt;b&gt;<br>\n&amp; c");
    }
}
