//! One entry of a thread as rows: a message, a note, a draft, an event, or words of ours that are
//! still on their way.

use jiff::tz::TimeZone;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::row::Row;
use super::theme::{Role, Theme};
use super::time::{clock, same_day};
use crate::model::{Attachment, Author, Delivery, Format, Message, MessageKind, Recipients, Side};
use crate::text::{RichLine, TextStyle, for_row, rich, width, wrap, wrap_rich};

/// Entries of one author that follow each other within so many seconds share a heading.
const TOGETHER: i64 = 300;

/// What is needed besides the entry itself.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// The colours.
    pub theme: &'a Theme,
    /// The zone of all times.
    pub zone: &'a TimeZone,
    /// Cells of a row.
    pub cells: usize,
    /// The customer's name, for vendors that do not put it on each message.
    pub customer: &'a str,
}

/// The heading of an entry and what sets it apart.
pub(super) struct Head<'a> {
    /// The time, already in words.
    pub time: String,
    /// `NOTE` or `DRAFT`, and how it looks; also the bar at the left of every row.
    pub label: Option<(&'static str, Role)>,
    /// Who wrote it.
    pub name: &'a str,
    /// How the name looks.
    pub name_role: Role,
    /// How far it has come.
    pub state: Option<(String, Role)>,
}

impl<'a> Look<'a> {
    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Blanks before the body: it stands under the name where there is room for that.
    fn indent(&self) -> usize {
        if self.cells >= 60 { 6 } else { 0 }
    }

    /// Cells of a body row: without the bar and a blank, the indent, and a blank at the end.
    fn body_cells(&self) -> usize {
        self.cells.saturating_sub(3 + self.indent()).min(100)
    }

    fn name_of(&self, author: &'a Author) -> &'a str {
        match author.side {
            _ if !author.name.trim().is_empty() => &author.name,
            Side::Customer if !self.customer.is_empty() => self.customer,
            Side::Customer => "Customer",
            Side::Agent => "Agent",
            Side::Bot => "Bot",
            Side::System => "System",
        }
    }

    /// The rows of an entry of a thread. A `continued` one has no heading of its own.
    pub(super) fn message(&self, message: &'a Message, continued: bool) -> Vec<Line<'static>> {
        if message.kind == MessageKind::Activity {
            return self.activity(message, continued);
        }
        let label = label_of(message.kind);
        let mut out = Vec::new();
        if !continued {
            let head = Head {
                time: clock(message.at, self.zone),
                label,
                name: self.name_of(&message.author),
                name_role: role_of(message.author.side),
                state: self.state_of(message),
            };
            out.push(Line::default());
            out.push(self.head(&head));
        }
        let mut body = Body { look: *self, label, out };
        body.envelope(message);
        if let Some(quoted) = &message.quoted {
            let text = if quoted.text.is_empty() { "an earlier message" } else { &quoted.text };
            body.one(Role::Quote, &format!("↪ {}", for_row(text, self.body_cells())));
        }
        if message.deleted {
            body.one(Role::Muted, "(deleted)");
        } else if !message.text.trim().is_empty() {
            body.text(&message.text, message.format);
        } else if message.attachments.is_empty() {
            body.one(Role::Muted, "(no text)");
        }
        for attachment in &message.attachments {
            body.attachment(attachment);
        }
        if !message.reactions.is_empty() {
            let reactions: Vec<&str> =
                message.reactions.iter().map(|reaction| reaction.as_str()).collect();
            body.one(Role::Muted, &reactions.join(" "));
        }
        if let Some(Delivery::Failed(why)) = &message.delivery
            && !why.trim().is_empty()
        {
            body.wrapped(Role::Error, &format!("! not delivered: {why}"));
        }
        body.out
    }

    /// Words of ours that the vendor has not shown yet.
    pub(super) fn pending(
        &self,
        head: &Head<'_>,
        words: Option<(&str, Format)>,
        why: Option<&str>,
    ) -> Vec<Line<'static>> {
        let out = vec![Line::default(), self.head(head)];
        let mut body = Body { look: *self, label: head.label, out };
        if let Some((text, format)) = words {
            body.text(&crate::text::clean(text), format);
        }
        if let Some(why) = why {
            body.wrapped(Role::Error, why);
        }
        body.out
    }

    fn head(&self, head: &Head<'_>) -> Line<'static> {
        let mut row = self.begin(head.label);
        row.add(self.style(Role::Muted), &head.time).gap(1);
        if let Some((word, role)) = head.label {
            row.add(self.style(role).add_modifier(Modifier::BOLD), word).gap(1);
        }
        let room = row.left();
        row.add(self.style(head.name_role), &for_row(head.name, room));
        if let Some((state, role)) = &head.state {
            row.gap(2).add(self.style(*role), state);
        }
        row.line()
    }

    /// A row that begins with the bar of a note or draft, or with blanks.
    fn begin(&self, label: Option<(&'static str, Role)>) -> Row {
        let mut row = Row::new(self.cells);
        match label {
            Some((_, role)) => row.add(self.style(role), "▌").gap(1),
            None => row.gap(2),
        };
        row
    }

    fn state_of(&self, message: &Message) -> Option<(String, Role)> {
        if message.kind == MessageKind::Draft {
            return Some(("waits for approval".into(), Role::Draft));
        }
        let (words, role) = match message.delivery.as_ref()? {
            Delivery::Sending => ("… sending", Role::Pending),
            Delivery::Sent => ("✓ sent", Role::Muted),
            Delivery::Delivered => ("✓✓ delivered", Role::Muted),
            Delivery::Read => ("✓✓ read", Role::Ok),
            Delivery::Failed(_) => ("! not delivered", Role::Error),
        };
        Some((words.into(), role))
    }

    fn activity(&self, message: &Message, continued: bool) -> Vec<Line<'static>> {
        let text = for_row(&message.text, self.cells * 4);
        let name = message.author.name.trim();
        let text = match message.author.side {
            Side::System => text,
            _ if name.is_empty() || text.contains(name) => text,
            _ => format!("{name}: {text}"),
        };
        let text = format!("{} · {text}", clock(message.at, self.zone));
        let room = self.cells.saturating_sub(4);
        let mut out = if continued { Vec::new() } else { vec![Line::default()] };
        for range in wrap(&text, room) {
            let words = text.get(range).unwrap_or_default();
            let mut row = Row::new(self.cells);
            row.gap(self.cells.saturating_sub(width(words)) / 2);
            row.add(self.style(Role::Muted), words);
            out.push(row.line());
        }
        out
    }
}

/// The rows under a heading.
struct Body<'a> {
    look: Look<'a>,
    label: Option<(&'static str, Role)>,
    out: Vec<Line<'static>>,
}

impl Body<'_> {
    fn row(&self) -> Row {
        let mut row = self.look.begin(self.label);
        row.gap(self.look.indent());
        row
    }

    fn one(&mut self, role: Role, text: &str) {
        let mut row = self.row();
        row.add(self.look.style(role), text);
        self.out.push(row.line());
    }

    fn wrapped(&mut self, role: Role, text: &str) {
        for line in text.lines() {
            for range in wrap(line, self.look.body_cells()) {
                self.one(role, line.get(range).unwrap_or_default());
            }
        }
    }

    /// Subject and recipients of an e-mail, on one row.
    fn envelope(&mut self, message: &Message) {
        let mut parts = Vec::new();
        if let Some(subject) = message.subject.as_deref().filter(|subject| !subject.is_empty()) {
            parts.push(subject.to_owned());
        }
        parts.extend(recipients(&message.recipients));
        if !parts.is_empty() {
            let text = for_row(&parts.join(" · "), self.look.body_cells());
            self.one(Role::Muted, &text);
        }
    }

    fn text(&mut self, text: &str, format: Format) {
        let lines = rich(text.trim_end(), format);
        for line in wrap_rich(&lines, self.look.body_cells()) {
            let mut row = self.row();
            spans(&mut row, &line, self.look.theme);
            self.out.push(row.line());
        }
    }

    fn attachment(&mut self, attachment: &Attachment) {
        let style = |role| self.look.style(role);
        let mut row = self.row();
        row.add(style(Role::Accent), "┃ ").add(style(Role::Heading), attachment.kind.word());
        if !attachment.name.trim().is_empty() {
            row.gap(2).add(style(Role::Text), &for_row(&attachment.name, 80));
        }
        let facts: Vec<String> = attachment
            .size
            .map(size)
            .into_iter()
            .chain(attachment.mime.as_deref().map(str::to_owned))
            .collect();
        if !facts.is_empty() {
            row.gap(2).add(style(Role::Muted), &for_row(&facts.join(" · "), 60));
        }
        self.out.push(row.line());
        let url = attachment.url.as_deref().unwrap_or_default();
        for (role, text) in [(Role::Text, &*attachment.detail), (Role::Muted, url)] {
            let room = self.look.body_cells().saturating_sub(2);
            for line in text.trim().lines() {
                for range in wrap(line, room) {
                    let mut row = self.row();
                    row.add(self.look.style(Role::Accent), "┃ ")
                        .add(self.look.style(role), line.get(range).unwrap_or_default());
                    self.out.push(row.line());
                }
            }
        }
    }
}

/// Adds a wrapped line of a message body.
fn spans(row: &mut Row, line: &RichLine, theme: &Theme) {
    let base = theme.style(if line.quote > 0 { Role::Quote } else { Role::Text });
    row.add(theme.style(Role::Quote), &"▏ ".repeat(line.quote));
    row.add(theme.style(Role::Muted), &line.prefix);
    for span in &line.spans {
        row.add(styled(base, span.style, theme), &span.text);
    }
}

fn styled(base: Style, meaning: TextStyle, theme: &Theme) -> Style {
    let TextStyle { emphasis, strong, struck, code, heading, link, mention, aside } = meaning;
    let mut style = base;
    for (on, role) in [
        (aside, Role::Muted),
        (code, Role::Code),
        (heading, Role::Heading),
        (link, Role::Link),
        (mention, Role::Mention),
    ] {
        if on {
            style = style.patch(theme.style(role));
        }
    }
    for (on, modifier) in [
        (emphasis, Modifier::ITALIC),
        (strong || heading, Modifier::BOLD),
        (struck, Modifier::CROSSED_OUT),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
}

/// The word and the colour that set notes and drafts apart.
pub(super) fn label_of(kind: MessageKind) -> Option<(&'static str, Role)> {
    match kind {
        MessageKind::Note => Some(("NOTE", Role::Note)),
        MessageKind::Draft => Some(("DRAFT", Role::Draft)),
        MessageKind::Public | MessageKind::Activity => None,
    }
}

fn role_of(side: Side) -> Role {
    match side {
        Side::Customer => Role::Customer,
        Side::Agent => Role::Agent,
        Side::Bot | Side::System => Role::Bot,
    }
}

/// The lists of addresses that are not empty, each with its name.
pub(super) fn recipients(recipients: &Recipients) -> Vec<String> {
    [("to", &recipients.to), ("cc", &recipients.cc), ("bcc", &recipients.bcc)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(name, list)| {
            let list: Vec<&str> = list.iter().map(|address| address.as_str()).collect();
            format!("{name} {}", list.join(", "))
        })
        .collect()
}

/// Bytes in words.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// Whether an entry needs no heading because the one before says it all.
pub(super) fn continues(before: &Message, message: &Message, zone: &TimeZone) -> bool {
    let alike = before.kind == message.kind && same_day(before.at, message.at, zone);
    match message.kind {
        MessageKind::Activity => alike,
        MessageKind::Note | MessageKind::Draft => false,
        MessageKind::Public => {
            alike
                && before.author == message.author
                && message.at.as_second() - before.at.as_second() < TOGETHER
                && before.delivery == message.delivery
                && message.subject.is_none()
                && message.recipients.is_empty()
        }
    }
}

/// Marks the words that are looked for; `words` is in lower case.
pub(super) fn highlight(line: &Line<'static>, words: &str, style: Style) -> Line<'static> {
    let mut out = Vec::new();
    for span in &line.spans {
        let mut rest: &str = &span.content;
        while let Some((at, len)) = find_ignoring_case(rest, words) {
            let (before, from) = rest.split_at(at);
            let (hit, after) = from.split_at(len);
            out.push(Span::styled(before.to_owned(), span.style));
            out.push(Span::styled(hit.to_owned(), span.style.patch(style)));
            rest = after;
        }
        out.push(Span::styled(rest.to_owned(), span.style));
    }
    Line::from(out)
}

/// Where `words`, which is in lower case, begins in a text, and its length there in bytes.
fn find_ignoring_case(text: &str, words: &str) -> Option<(usize, usize)> {
    if words.is_empty() {
        return None;
    }
    text.char_indices().find_map(|(start, _)| {
        let tail = text.get(start..)?;
        let mut wanted = words.chars();
        let mut next = wanted.next();
        for (at, c) in tail.char_indices() {
            let Some(first) = next else { return Some((start, at)) };
            let mut lower = c.to_lowercase();
            if lower.next() != Some(first) {
                return None;
            }
            for more in lower {
                if wanted.next() != Some(more) {
                    return None;
                }
            }
            next = wanted.next();
        }
        next.is_none().then_some((start, tail.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, AttachmentKind, ConversationId, Quoted, RemoteId};
    use crate::text::clean;

    fn message(side: Side, name: &str, text: &str) -> Message {
        let conversation = ConversationId { account: AccountId(0), remote: RemoteId::Number(1) };
        let author = Author { side, id: None, name: clean(name) };
        let at = "2025-11-21T13:02:00Z".parse().unwrap();
        let mut message = Message::new(RemoteId::Number(1), conversation, at, author);
        message.text = clean(text);
        message
    }

    fn shown(message: &Message, cells: usize) -> Vec<String> {
        let theme = Theme::builtin("mono").unwrap();
        let look = Look { theme: &theme, zone: &TimeZone::UTC, cells, customer: "" };
        let rows = look.message(message, false);
        rows.iter().map(|row| row.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_message_shows_all_that_is_known_of_it() {
        let mut reply = message(Side::Agent, "Tom", "Hello *Ana*, see https://e.com/a");
        reply.format = Format::Markdown;
        reply.delivery = Some(Delivery::Failed(clean("number unknown")));
        reply.subject = Some(clean("Order 4711"));
        reply.recipients.to = vec![clean("ana@example.com")];
        reply.quoted = Some(Quoted { id: RemoteId::Number(0), text: clean("where\nis it") });
        reply.reactions = vec![clean("👍")];
        reply.attachments = vec![Attachment {
            kind: AttachmentKind::File,
            name: clean("invoice.pdf"),
            size: Some(123_456),
            mime: Some(clean("application/pdf")),
            url: Some(clean("https://e.com/invoice.pdf")),
            detail: clean("page 1"),
        }];
        assert_eq!(
            shown(&reply, 70),
            [
                "",
                "  13:02 Tom  ! not delivered",
                "        Order 4711 · to ana@example.com",
                "        ↪ where is it",
                "        Hello Ana, see https://e.com/a",
                "        ┃ file  invoice.pdf  124 kB · application/pdf",
                "        ┃ page 1",
                "        ┃ https://e.com/invoice.pdf",
                "        👍",
                "        ! not delivered: number unknown",
            ]
        );
    }

    #[test]
    fn notes_drafts_and_events_say_in_words_what_they_are() {
        let mut note = message(Side::Agent, "Tom", "careful");
        note.kind = MessageKind::Note;
        assert_eq!(shown(&note, 40), ["", "▌ 13:02 NOTE Tom", "▌ careful"]);
        note.kind = MessageKind::Draft;
        assert_eq!(shown(&note, 40), ["", "▌ 13:02 DRAFT Tom  waits for approval", "▌ careful"]);
        let mut event = message(Side::System, "", "Tom resolved this");
        event.kind = MessageKind::Activity;
        assert_eq!(shown(&event, 40), ["", "       13:02 · Tom resolved this"]);
        let mut gone = message(Side::Customer, "", "");
        assert_eq!(shown(&gone, 40), ["", "  13:02 Customer", "  (no text)"]);
        gone.deleted = true;
        assert_eq!(shown(&gone, 40)[2], "  (deleted)");
    }

    #[test]
    fn no_row_is_wider_than_the_pane() {
        let text =
            "averyveryverylongword 日本語 👩\u{200d}👧 > quoted\n> > deep and long enough to wrap";
        let mut message = message(Side::Customer, "山田太郎 with a very long name indeed", text);
        for kind in [MessageKind::Public, MessageKind::Note, MessageKind::Activity] {
            message.kind = kind;
            let theme = Theme::builtin("dark").unwrap();
            for cells in 0..70 {
                let look = Look { theme: &theme, zone: &TimeZone::UTC, cells, customer: "" };
                for row in look.message(&message, false) {
                    assert!(row.width() <= cells, "{row} in {cells}");
                }
            }
        }
    }

    #[test]
    fn searched_words_are_marked_whatever_their_case() {
        let line = Line::from("Straße STRASSE straße");
        let style = Style::new().add_modifier(Modifier::REVERSED);
        let marked = highlight(&line, "straße", style);
        let hits: Vec<&str> = marked
            .spans
            .iter()
            .filter(|span| span.style == style)
            .map(|span| span.content.as_ref())
            .collect();
        assert_eq!(hits, ["Straße", "straße"]);
        assert_eq!(marked.to_string(), line.to_string());
        assert_eq!(highlight(&line, "", style).to_string(), line.to_string());
    }
}
