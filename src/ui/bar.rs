//! The bottom line: what just happened, what is being pressed, and how it stands with each
//! account, as measured and never guessed.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::row::{Row, put};
use super::theme::{Role, Theme};
use super::time::clock;
use crate::app::accounts::{AccountState, Link};
use crate::app::commands::Pane;
use crate::app::keymap::shown;
use crate::app::popup::{Popup, Prompt, PromptKind};
use crate::app::{App, Level};
use crate::text::{clean, for_row, width};

/// Draws the bar; returns where the cursor stands while a line is typed in it.
pub(super) fn draw(buf: &mut Buffer, area: Rect, app: &App, theme: &Theme) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    let cells = usize::from(area.width);
    if let Some(Popup::Prompt(prompt)) = app.popup() {
        return Some(draw_prompt(buf, area, prompt, theme));
    }
    // Why an account is down is told where there is room; that it is down always.
    let room = cells / 2;
    let whole = right(app, theme, true);
    let fits = whole.iter().map(|(_, text)| width(text) + 2).sum::<usize>() <= room;
    let right = fitting(if fits { whole } else { right(app, theme, false) }, room);
    let taken: usize = right.iter().map(|(_, text)| width(text) + 2).sum();
    let mut row = Row::new(cells);
    let (style, text) = left(app, theme);
    let room = cells.saturating_sub(taken + 2);
    row.gap(1).add(style, &for_row(&text, room)).until_right(taken);
    for (style, text) in &right {
        row.gap(1).add(*style, text).gap(1);
    }
    put(buf, area, 0, &row.line());
    None
}

type Piece = (Style, String);

/// What concerns the agent right now: a send that can be called back, then the newest notice, then
/// a hint where the agent is.
fn left(app: &App, theme: &Theme) -> Piece {
    let key = |line: &str| app.keymap().keys_of(line);
    if let Some((op, left)) = app.countdown() {
        let seconds = left.as_millis().div_ceil(1000);
        let name = app.inbox().get(&op.conversation).map_or("", |held| held.contact.shown());
        let undo = key("undo").map_or(String::new(), |key| format!("; {key} calls it back"));
        return (theme.style(Role::Pending), format!("Sending to {name} in {seconds} s{undo}"));
    }
    if let Some(notice) = app.notice() {
        let role = match notice.level {
            Level::Info => Role::Text,
            Level::Warning => Role::Warning,
            Level::Error => Role::Error,
        };
        return (theme.style(role), notice.text.clone());
    }
    let hints: &[(&str, &str)] = match (app.focus(), app.composer()) {
        (Pane::Composer, Some(_)) => {
            &[("send", "sends"), ("leave", "keeps it as a draft"), ("mode", "reply or note")]
        }
        (Pane::Thread, _) => {
            &[("reply", "reply"), ("note", "note"), ("resolve", "resolve"), ("help", "keys")]
        }
        _ => &[("open", "open"), ("palette", "commands"), ("help", "keys")],
    };
    let hints: Vec<String> =
        hints.iter().filter_map(|(line, word)| Some(format!("{} {word}", key(line)?))).collect();
    (theme.style(Role::Faint), hints.join(" · "))
}

/// Keys pressed, outbox and accounts; what matters most comes first.
fn right(app: &App, theme: &Theme, whole: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if !app.pending_keys().is_empty() {
        pieces.push((theme.style(Role::Key), shown(app.pending_keys())));
    }
    if app.storage_trouble().is_some() {
        pieces.push((theme.style(Role::Error), "✗ not saved".to_owned()));
    }
    let (waiting, failed) = app.outbox().counts();
    if failed > 0 {
        pieces.push((theme.style(Role::Error), format!("! {failed} failed")));
    }
    if waiting > 0 {
        pieces.push((theme.style(Role::Pending), format!("… {waiting} on the way")));
    }
    let mut accounts: Vec<&AccountState> = app.accounts().iter().collect();
    accounts.sort_by_key(|account| match account.link {
        Link::Down { .. } => 0,
        Link::Slow { .. } => 1,
        Link::Connecting => 2,
        Link::Up => 3,
    });
    pieces.extend(accounts.into_iter().map(|account| {
        let (role, sign) = link_sign(&account.link);
        let mut text = format!("{sign} {}", account.name);
        match &account.link {
            Link::Connecting if whole => text.push_str(" connecting"),
            Link::Slow { since } if whole => {
                text.push_str(&format!(" slow since {}", clock(*since, app.zone())));
            }
            Link::Down { since, failure, .. } if whole => {
                let since = clock(*since, app.zone());
                text.push_str(&format!(" down since {since}: {}", for_row(&failure.text, 40)));
            }
            Link::Slow { .. } => text.push_str(" slow"),
            Link::Down { .. } => text.push_str(" down"),
            Link::Up | Link::Connecting => {}
        }
        (theme.style(role), text)
    }));
    pieces
}

/// How an account stands, as a sign that needs no colour.
pub(super) fn link_sign(link: &Link) -> (Role, &'static str) {
    match link {
        Link::Up => (Role::Bar, "●"),
        Link::Connecting => (Role::Muted, "○"),
        Link::Slow { .. } => (Role::Warning, "◌"),
        Link::Down { .. } => (Role::Error, "✗"),
    }
}

/// As many pieces as there is room for; the last one is cut, the rest is counted.
fn fitting(pieces: Vec<Piece>, cells: usize) -> Vec<Piece> {
    let mut left = cells;
    let mut out: Vec<Piece> = Vec::new();
    let count = pieces.len();
    for (place, (style, text)) in pieces.into_iter().enumerate() {
        let more = count - place - 1;
        let reserve = if more > 0 { 5 } else { 0 };
        let wide = width(&text) + 2;
        if wide + reserve <= left {
            left -= wide;
            out.push((style, text));
            continue;
        }
        if left >= 14 + reserve {
            out.push((style, for_row(&text, left - 2 - reserve)));
            if more > 0 {
                out.push((style, format!("+{more}")));
            }
        } else if left >= 5 {
            out.push((style, format!("+{}", more + 1)));
        }
        break;
    }
    out
}

/// A line that is being typed, where `:` is expected by everybody: at the bottom.
fn draw_prompt(buf: &mut Buffer, area: Rect, prompt: &Prompt, theme: &Theme) -> Position {
    let lead = match prompt.kind {
        PromptKind::Command => ":",
        PromptKind::Filter => "filter: ",
        PromptKind::Search => "/",
        PromptKind::Snooze => "snooze until: ",
    };
    let cells = usize::from(area.width);
    let mut row = Row::new(cells);
    row.add(theme.style(Role::Key), lead);
    let lead_cells = width(lead);
    let room = row.left().saturating_sub(1);
    let (typed, cursor) = typed(&prompt.input, room);
    row.add(theme.style(Role::Text), &typed);
    let hint = clean(&prompt.hint);
    if !hint.is_empty() && row.left() > 4 {
        let room = row.left() - 3;
        row.gap(3).add(theme.style(Role::Muted), &for_row(&hint, room));
    }
    put(buf, area, 0, &row.line());
    let x = u16::try_from(lead_cells + cursor).unwrap_or(u16::MAX).min(area.width - 1);
    Position { x: area.x + x, y: area.y }
}

/// The part of a typed line that is shown, and the cells before the cursor in it.
pub(super) fn typed(input: &tui_textarea::TextArea<'_>, cells: usize) -> (String, usize) {
    let line = input.lines().first().map_or("", String::as_str);
    let before: String = line.chars().take(input.cursor().1).collect();
    // No more characters than cells can be shown, so a huge paste costs no more than a screenful.
    let from = before.char_indices().rev().take(cells).last().map_or(before.len(), |(at, _)| at);
    let mut start = before.get(from..).unwrap_or_default();
    while width(start) > cells {
        let mut chars = start.chars();
        chars.next();
        start = chars.as_str();
    }
    let hidden = before.len() - start.len();
    let shown = line.get(hidden..).unwrap_or_default();
    (crate::text::clip(shown, cells).into_owned(), width(start))
}
