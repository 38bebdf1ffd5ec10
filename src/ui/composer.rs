//! The editor. Its title always says what the words will become, and who will read them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::message::recipients;
use super::row::{Row, put};
use super::theme::{Role, Theme};
use super::thread::reply_window;
use crate::app::App;
use crate::app::composer::{Composer, Mode};
use crate::text::for_row;

/// Rows that the composer would like: its title, its text and one to write on.
pub(super) fn wanted_rows(composer: &Composer) -> u16 {
    let rows = composer.area.lines().len() + 1 + facts(composer).len().min(1) + 1;
    u16::try_from(rows).unwrap_or(u16::MAX).max(6)
}

/// Draws the composer; returns where the cursor stands.
pub(super) fn draw(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    composer: &Composer,
    theme: &Theme,
) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    let role = match composer.mode {
        Mode::Reply => Role::Public,
        Mode::Note | Mode::EditNote(_) => Role::Note,
        Mode::Draft | Mode::EditDraft(_) => Role::Draft,
    };
    put(buf, area, 0, &title(app, composer, theme, role, area.width.into()));
    let mut used = 1;
    if area.height > 3 {
        let facts = facts(composer).join(" · ");
        if !facts.is_empty() {
            let mut row = begin(theme, role, area.width.into());
            let room = row.left();
            row.add(theme.style(Role::Muted), &for_row(&facts, room));
            put(buf, area, 1, &row.line());
            used = 2;
        }
    }
    let used = u16::min(used, area.height);
    for row in used..area.height {
        put(buf, area, row.into(), &begin(theme, role, 2).line());
    }
    let text = Rect {
        x: area.x + 2.min(area.width),
        y: area.y + used,
        width: area.width.saturating_sub(3),
        height: area.height - used,
    };
    if text.is_empty() {
        return None;
    }
    (&composer.area).render(text, buf);
    buf.set_style(text, theme.style(Role::Text));
    let cursor = composer.area.screen_cursor();
    let (top, left) = composer.area.scroll_offset();
    let place = |at: usize, from: u16| u16::try_from(at).unwrap_or(u16::MAX).saturating_sub(from);
    Some(Position {
        x: text.x + place(cursor.col, left).min(text.width - 1),
        y: text.y + place(cursor.row, top).min(text.height - 1),
    })
}

fn begin(theme: &Theme, role: Role, cells: usize) -> Row {
    let mut row = Row::new(cells);
    row.add(theme.style(role), "▌").gap(1);
    row
}

fn title(app: &App, composer: &Composer, theme: &Theme, role: Role, cells: usize) -> Line<'static> {
    let mut row = begin(theme, role, cells);
    let strong = theme.style(role).add_modifier(Modifier::BOLD);
    row.add(strong, composer.mode.word());
    let name = for_row(&composer.contact, 40);
    let whom = match &composer.mode {
        Mode::Note | Mode::EditNote(_) => format!(" for colleagues, about {name}"),
        Mode::Reply => format!(" to {name}"),
        Mode::Draft | Mode::EditDraft(_) => format!(" to {name}, to be approved"),
    };
    row.add(theme.style(role), &whom);
    let account = app.account_of(&composer.conversation).map_or("", |account| &account.name);
    let channel = for_row(composer.channel.word(), 20);
    row.gap(2).add(theme.style(Role::Badge), &format!("{account} {channel}"));
    let conversation = app.inbox().get(&composer.conversation);
    if composer.mode.is_public()
        && let Some((words, role)) = conversation.and_then(|held| reply_window(app, held))
    {
        let room = row.left().saturating_sub(2);
        row.gap(2).add(theme.style(role), &for_row(&words, room));
    }
    row.line()
}

/// Recipients, subject and files.
fn facts(composer: &Composer) -> Vec<String> {
    if !composer.mode.is_public() {
        return Vec::new();
    }
    let letter = &composer.letter;
    let mut facts = recipients(&letter.recipients);
    facts.extend(letter.subject.iter().map(|subject| format!("subject {subject}")));
    if !letter.attachments.is_empty() {
        let names: Vec<&str> = letter.attachments.iter().map(|file| file.name.as_str()).collect();
        facts.push(format!("with {}", names.join(", ")));
    }
    facts
}
