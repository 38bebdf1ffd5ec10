//! Cuts HTML into tags and text, as the HTML standard says for documents without scripts.
//! Every byte is looked at a bounded number of times, whatever it is.

use web_atoms::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// A piece of HTML.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// Text with its entities still in it.
    Text(&'a str),
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag's name.
    End(&'a str),
}

/// A start tag, as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag<'a> {
    /// The name, in any case.
    pub name: &'a str,
    attributes: &'a str,
}

impl Tag<'_> {
    /// The value of an attribute with its entities decoded; empty where it is not there.
    pub fn attribute(&self, wanted: &str) -> String {
        let mut rest = self.attributes;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return String::new();
            }
            // An equals sign at the very start belongs to the name.
            let past_first = rest.chars().next().map_or(0, char::len_utf8);
            let end = rest
                .char_indices()
                .find(|(at, c)| {
                    *at >= past_first && (c.is_ascii_whitespace() || matches!(c, '/' | '='))
                })
                .map_or(rest.len(), |(at, _)| at);
            let (name, after) = rest.split_at(end);
            let value;
            (value, rest) = match after.trim_ascii_start().strip_prefix('=') {
                Some(after) => attribute_value(after.trim_ascii_start()),
                None => ("", after),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return decode(value);
            }
        }
    }
}

/// The value that the text begins with, and what follows it.
fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len()))
}

/// The pieces of an HTML text. Comments, declarations and the content of elements that hold no
/// readable text (script, style, title …) are left out.
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// All pieces of `html`.
    pub fn of(html: &'a str) -> Self {
        Self { rest: html }
    }

    /// The rest after the first `needle`; nothing where it is missing, as browsers do.
    fn skip_past(&mut self, needle: &str) {
        self.rest = self.rest.split_once(needle).map_or("", |(_, after)| after);
    }

    /// Takes up to the next `<` that begins a tag, a comment or a declaration.
    fn take_text(&mut self) -> &'a str {
        let end = self
            .rest
            .match_indices('<')
            .find(|(at, _)| {
                self.rest.as_bytes().get(at + 1).is_some_and(|next| {
                    next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?')
                })
            })
            .map_or(self.rest.len(), |(at, _)| at);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        text
    }

    /// Takes a tag's name and what is between it and the closing `>`.
    fn take_tag(&mut self) -> Option<Tag<'a>> {
        let name_end =
            self.rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
        let (name, after) = self.rest.split_at(name_end);
        let end = tag_end(after)?;
        self.rest = after.get(end + 1..)?;
        Some(Tag { name, attributes: after.get(..end)? })
    }

    /// Skips to after the end tag of an element whose content is not shown.
    fn skip_content(&mut self, name: &str) {
        while !self.rest.is_empty() {
            self.skip_past("</");
            let (start, after) = self.rest.split_at_checked(name.len()).unwrap_or_default();
            if start.eq_ignore_ascii_case(name)
                && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
            {
                self.skip_past(">");
                return;
            }
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let text = self.take_text();
            if !text.is_empty() {
                return Some(Token::Text(text));
            }
            self.rest = self.rest.strip_prefix('<')?;
            if let Some(comment) = self.rest.strip_prefix("!--") {
                self.rest = comment;
                let is_empty = comment.starts_with('>') || comment.starts_with("->");
                self.skip_past(if is_empty { ">" } else { "-->" });
            } else if self.rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                let tag = self.take_tag()?;
                if HIDDEN.iter().any(|hidden| hidden.eq_ignore_ascii_case(tag.name)) {
                    self.skip_content(tag.name);
                } else {
                    return Some(Token::Start(tag));
                }
            } else if let Some(name) = self.rest.strip_prefix('/')
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
            {
                self.rest = name;
                return Some(Token::End(self.take_tag()?.name));
            } else {
                self.skip_past(">");
            }
        }
    }
}

/// Elements whose content is neither markup nor meant to be read.
const HIDDEN: [&str; 8] =
    ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

/// Where the `>` is that closes a tag; `None` where the document ends within the tag.
fn tag_end(text: &str) -> Option<usize> {
    enum Place {
        Name { begun: bool },
        BeforeValue,
        Quoted(u8),
        Bare,
    }
    let mut place = Place::Name { begun: false };
    for (at, byte) in text.bytes().enumerate() {
        place = match (place, byte) {
            (Place::Quoted(quote), _) if byte == quote => Place::Name { begun: false },
            (Place::Quoted(quote), _) => Place::Quoted(quote),
            (_, b'>') => return Some(at),
            (Place::Name { begun: true }, b'=') => Place::BeforeValue,
            (Place::Name { .. }, b'/') => Place::Name { begun: false },
            (Place::Name { begun }, _) => {
                Place::Name { begun: begun || !byte.is_ascii_whitespace() }
            }
            (Place::BeforeValue, b'"' | b'\'') => Place::Quoted(byte),
            (Place::BeforeValue, _) if byte.is_ascii_whitespace() => Place::BeforeValue,
            (Place::Bare, _) if byte.is_ascii_whitespace() => Place::Name { begun: false },
            (Place::BeforeValue | Place::Bare, _) => Place::Bare,
        };
    }
    None
}

/// Replaces entities by what they stand for.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        match entity(piece) {
            Some((first, second, rest)) => {
                out.push(first);
                out.extend(second);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(piece);
            }
        }
    }
    out
}

/// The one or two characters of the entity that stood before `text`, and what follows it.
fn entity(text: &str) -> Option<(char, Option<char>, &str)> {
    if let Some(number) = text.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let (digits, rest) = digits.split_at(end);
        if digits.is_empty() {
            return None;
        }
        let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
        let windows = code.checked_sub(0x80).and_then(|at| C1_REPLACEMENTS.get(at as usize));
        let c = windows.copied().flatten().or(char::from_u32(code)).unwrap_or('\u{fffd}');
        return Some((c, None, rest.strip_prefix(';').unwrap_or(rest)));
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = match text.get(..=end) {
        Some(whole) if whole.ends_with(';') => text.split_at(whole.len()),
        // In an address, `&copy=1` is a parameter and no sign.
        _ if text.get(end..).is_some_and(|rest| rest.starts_with('=')) => return None,
        _ => text.split_at(end),
    };
    let (first, second) = *NAMED_ENTITIES.get(name)?;
    Some((
        char::from_u32(first).filter(|c| *c != '\0')?,
        char::from_u32(second).filter(|c| *c != '\0'),
        rest,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_cut_where_browsers_cut_it() {
        let shown = |html: &str| -> String {
            Tokens::of(html)
                .map(|token| match token {
                    Token::Text(text) => text.to_owned(),
                    Token::Start(tag) => format!("[{}{}]", tag.name, tag.attributes),
                    Token::End(name) => format!("[/{name}]"),
                })
                .collect()
        };
        for (html, wanted) in [
            ("a<b>c</b>d", "a[b]c[/b]d"),
            ("<a title='x>y' href=z>t", "[a title='x>y' href=z]t"),
            ("1 < 2 <3 <- x", "1 < 2 <3 <- x"),
            ("a<!-- <b> -->c<!-->d<!--->e<!---->f", "acdef"),
            ("a<!DOCTYPE html>b<?xml ?>c</>d</ x>e", "abcde"),
            ("a<script>if (1<2) '</b>'</SCRIPT >b", "ab"),
            ("a<style>never closed <b>x</b>", "a"),
            ("a<b never closed", "a"),
            ("a<b x=\"never closed> y", "a"),
            ("a<!-- never closed", "a"),
            ("a<", "a<"),
        ] {
            assert_eq!(shown(html), wanted, "from {html}");
        }
    }

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let Some(Token::Start(tag)) =
            Tokens::of("<a A=1 b = '2 &amp; 3'/c=\"4\"d=/x/y?a=1&copy=2 e f=>").next()
        else {
            panic!("a tag");
        };
        for (name, wanted) in
            [("a", "1"), ("b", "2 & 3"), ("c", "4"), ("d", "/x/y?a=1&copy=2"), ("e", ""), ("g", "")]
        {
            assert_eq!(tag.attribute(name), wanted, "{name}");
        }
    }

    #[test]
    fn entities_become_what_they_stand_for() {
        for (given, wanted) in [
            ("&amp;&lt;&gt;&quot;&nbsp;&euro;&NotEqualTilde;", "&<>\"\u{a0}€≂\u{338}"),
            ("&#65;&#x42;&#X43;&#150;&#0;&#xd800;&#99999999999;", "ABC–\0\u{fffd}\u{fffd}"),
            ("&amp &nope; & &; &#; &#x; R&D &am", "& &nope; & &; &#; &#x; R&D &am"),
        ] {
            assert_eq!(decode(given), wanted, "from {given}");
        }
    }
}
