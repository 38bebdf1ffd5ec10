//! What lies over the panes: pickers, questions, the keys, and what a begun sequence may become.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::bar::typed;
use super::row::{Row, number, put};
use super::theme::{Role, Theme};
use crate::app::App;
use crate::app::keymap::Keymap;
use crate::app::popup::{Help, Item, Picker, Popup, Question};
use crate::text::{for_row, width, wrap};

/// Draws what lies over the screen; returns where the cursor stands in it.
pub(super) fn draw(buf: &mut Buffer, area: Rect, app: &App, theme: &Theme) -> Option<Position> {
    match app.popup() {
        Some(Popup::Picker(picker)) => draw_picker(buf, area, picker, theme),
        Some(Popup::Question(question)) => {
            draw_question(buf, area, question, theme);
            None
        }
        Some(Popup::Help(help)) => draw_help(buf, area, help, app.keymap(), theme),
        // A typed line is in the bar.
        Some(Popup::Prompt(_)) => None,
        None => {
            draw_which_key(buf, area, &app.which_key(), theme);
            None
        }
    }
}

/// A framed box over the screen; returns the room within.
fn frame(buf: &mut Buffer, area: Rect, title: &str, theme: &Theme) -> Rect {
    let area = area.intersection(buf.area);
    Clear.render(area, buf);
    buf.set_style(area, theme.style(Role::Popup));
    let border = theme.style(Role::Border);
    let wide = usize::from(area.width);
    if wide < 4 || area.height < 3 {
        return area;
    }
    let mut top = Row::new(wide - 1);
    top.add(border, "╭─");
    let title = for_row(title, wide.saturating_sub(8));
    if !title.is_empty() {
        top.gap(1).add(theme.style(Role::ActiveTitle), &title).gap(1);
    }
    let rest = top.left();
    top.add(border, &"─".repeat(rest));
    put(buf, area, 0, &top.line());
    let last = usize::from(area.height) - 1;
    put(buf, area, last, &Line::styled(format!("╰{}╯", "─".repeat(wide - 2)), border));
    let right = Rect { x: area.right() - 1, width: 1, ..area };
    put(buf, right, 0, &Line::styled("╮", border));
    for row in 1..last {
        put(buf, area, row, &Line::styled("│", border));
        put(buf, right, row, &Line::styled("│", border));
    }
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

/// A box of a size in the upper middle of the screen, as far as it fits.
fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 3,
        width,
        height,
    }
}

fn draw_picker(buf: &mut Buffer, area: Rect, picker: &Picker, theme: &Theme) -> Option<Position> {
    let lines = u16::try_from(picker.items.len().max(1)).unwrap_or(u16::MAX);
    let most = (area.height * 2 / 3).max(8);
    let inner =
        frame(buf, centred(area, 76, lines.saturating_add(3).min(most)), &picker.title, theme);
    if inner.is_empty() {
        return None;
    }
    let cells = usize::from(inner.width);
    let mut row = Row::new(cells);
    row.add(theme.style(Role::Key), "› ");
    let room = row.left();
    let (words, cursor) = typed(&picker.query, room.saturating_sub(12));
    row.add(theme.style(Role::Popup), &words);
    let count = format!("{} of {}", number(picker.matches.len()), number(picker.items.len()));
    if row.left() > width(&count) + 1 {
        row.until_right(width(&count)).add(theme.style(Role::Muted), &count);
    }
    put(buf, inner, 0, &row.line());
    let body = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let fits = usize::from(body.height);
    let top = picker.selected.saturating_sub(fits.saturating_sub(1));
    let shown = picker.matches.iter().enumerate().skip(top).take(fits);
    for (place, (index, item)) in shown.enumerate() {
        if let Some(item) = picker.items.get(*item) {
            let line = item_line(item, index == picker.selected, cells, theme);
            put(buf, body, place, &line);
        }
    }
    if picker.matches.is_empty() {
        let words = if picker.loading { "Loading…" } else { "Nothing matches." };
        put(buf, body, 0, &Line::styled(format!("  {words}"), theme.style(Role::Muted)));
    }
    let x = u16::try_from(2 + cursor).unwrap_or(u16::MAX).min(inner.width - 1);
    Some(Position { x: inner.x + x, y: inner.y })
}

fn item_line(item: &Item, selected: bool, cells: usize, theme: &Theme) -> Line<'static> {
    let mut row = Row::new(cells);
    let base = if selected { theme.style(Role::PopupSelection) } else { theme.style(Role::Popup) };
    row.add(base, if selected { "▌" } else { " " });
    row.add(base, if item.on { "✓ " } else { "  " });
    let (style, detail) = match &item.disabled {
        Some(why) => (base.patch(theme.style(Role::Faint)), why.as_str()),
        None => (base, item.detail.as_str()),
    };
    let room = row.left();
    row.add(style, &for_row(&item.label, room.min(44)));
    let room = row.left().saturating_sub(2);
    let detail = for_row(detail, room);
    if !detail.is_empty() {
        row.add(base, &" ".repeat(row.left() - width(&detail)));
        row.add(base.patch(theme.style(Role::Muted)), &detail);
    }
    let rest = row.left();
    row.add(base, &" ".repeat(rest));
    row.line()
}

fn draw_question(buf: &mut Buffer, area: Rect, question: &Question, theme: &Theme) {
    let cells = area.width.saturating_sub(4).min(64);
    let text = crate::text::clean(&question.text);
    let rows: Vec<&str> = text
        .lines()
        .flat_map(|line| wrap(line, cells.into()).into_iter().filter_map(|row| line.get(row)))
        .collect();
    let height = u16::try_from(rows.len() + 4).unwrap_or(u16::MAX);
    let inner = frame(buf, centred(area, cells + 4, height), "", theme);
    let last = usize::from(inner.height).saturating_sub(1);
    for (place, row) in rows.iter().enumerate().take(last.max(1)) {
        put(buf, inner, place, &Line::styled((*row).to_owned(), theme.style(Role::Warning)));
    }
    if inner.height > 1 {
        let mut row = Row::new(inner.width.into());
        row.add(theme.style(Role::Key), "y").add(theme.style(Role::Popup), " yes   ");
        row.add(theme.style(Role::Key), "any other key").add(theme.style(Role::Popup), " no");
        put(buf, inner, last, &row.line());
    }
}

fn draw_which_key(buf: &mut Buffer, area: Rect, keys: &[(String, &str)], theme: &Theme) {
    if keys.is_empty() || area.is_empty() {
        return;
    }
    let each = keys.iter().map(|(key, line)| width(key) + width(line) + 4).max().unwrap_or(1);
    let cells = usize::from(area.width.saturating_sub(4)).max(1);
    let columns = (cells / each).clamp(1, keys.len());
    let rows = keys.len().div_ceil(columns);
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).min(area.height);
    let at = Rect { y: area.bottom() - height, height, ..area };
    let inner = frame(buf, at, "", theme);
    for place in 0..rows {
        let mut row = Row::new(inner.width.into());
        // Down the columns, as people read lists.
        for (key, line) in keys.iter().skip(place).step_by(rows) {
            let room = each.saturating_sub(width(key) + 1);
            row.add(theme.style(Role::Key), key).gap(1).column(
                theme.style(Role::Popup),
                line,
                room,
            );
        }
        put(buf, inner, place, &row.line());
    }
}

fn draw_help(
    buf: &mut Buffer,
    area: Rect,
    help: &Help,
    keymap: &Keymap,
    theme: &Theme,
) -> Option<Position> {
    let inner = frame(buf, centred(area, 92, area.height), "Keys", theme);
    if inner.is_empty() {
        return None;
    }
    let cells = usize::from(inner.width);
    let mut row = Row::new(cells);
    row.add(theme.style(Role::Key), "› ");
    let room = row.left();
    let (words, cursor) = typed(&help.query, room);
    row.add(theme.style(Role::Popup), &words);
    put(buf, inner, 0, &row.line());
    let body = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let wanted = help.query.lines().concat().to_lowercase();
    let lines = help_lines(keymap, &wanted, cells, theme);
    let top = help.scroll.min(lines.len().saturating_sub(usize::from(body.height)));
    for (place, line) in lines.iter().skip(top).take(body.height.into()).enumerate() {
        put(buf, body, place, line);
    }
    let x = u16::try_from(2 + cursor).unwrap_or(u16::MAX).min(inner.width - 1);
    Some(Position { x: inner.x + x, y: inner.y })
}

/// Every command with its live keys, under its heading, as far as it has the wanted words.
fn help_lines(keymap: &Keymap, wanted: &str, cells: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    for (group, entries) in keymap.reference() {
        let mut lines = Vec::new();
        for entry in entries {
            let keys = entry.keys.join("  ");
            let (command, help) = (entry.typed(), entry.spec.help);
            let all = format!("{keys} {command} {help}").to_lowercase();
            if !wanted.split_whitespace().all(|word| all.contains(word)) {
                continue;
            }
            let mut row = Row::new(cells);
            row.gap(2).column(theme.style(Role::Key), &keys, 20).gap(1);
            row.column(theme.style(Role::Popup), help, 42.min(cells.saturating_sub(24)));
            let room = row.left().saturating_sub(1);
            row.gap(1).add(theme.style(Role::Muted), &for_row(&command, room));
            lines.push(row.line());
        }
        if !lines.is_empty() {
            if !out.is_empty() {
                out.push(Line::default());
            }
            out.push(Line::styled(group.title(), theme.style(Role::Heading)));
            out.append(&mut lines);
        }
    }
    if out.is_empty() {
        out.push(Line::styled("No command has these words.", theme.style(Role::Muted)));
    }
    out
}
