//! Views and accounts, one per line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::bar::link_sign;
use super::row::{Row, number, put};
use super::theme::{Role, Theme};
use crate::app::App;

/// Draws the sidebar and returns the place of the first line shown.
pub(super) fn draw(buf: &mut Buffer, area: Rect, app: &App, theme: &Theme, active: bool) -> usize {
    let inbox = app.inbox();
    let height = usize::from(area.height);
    let at = app.sidebar_index();
    let top = (at + 1).saturating_sub(height);
    for (place, (index, view)) in
        inbox.views().iter().enumerate().skip(top).take(height).enumerate()
    {
        let mut row = Row::new(area.width.into());
        let is_current = index == inbox.current();
        let mark = if active && index == at { "▌" } else { " " };
        row.add(theme.style(Role::Selection), mark);
        let digit = if index < 9 { (index + 1).to_string() } else { String::new() };
        row.column(theme.style(Role::Faint), &digit, 2);
        let account = view.account.and_then(|id| app.accounts().get(usize::from(id.0)));
        let name = account.map_or(view.kind.name(), |account| account.name.as_str());
        let mut style = theme.style(if account.is_some() { Role::Badge } else { Role::Text });
        if is_current {
            style = style.patch(theme.style(Role::Selection)).add_modifier(Modifier::BOLD);
        }
        let more = if app.holds_all(index) { "" } else { "+" };
        let count = match inbox.count(index) {
            0 => String::new(),
            count => format!("{}{more}", number(count)),
        };
        // An account in trouble says so beside its name, also where the bar has no room.
        let trouble =
            account.map(|account| link_sign(&account.link)).filter(|(_, sign)| *sign != "●");
        let room = row.left().saturating_sub(count.len() + 2);
        match trouble {
            Some((role, sign)) => {
                row.column(style, name, room.saturating_sub(2)).gap(1).add(theme.style(role), sign);
            }
            None => {
                row.column(style, name, room);
            }
        }
        row.gap(1).add(theme.style(Role::Muted), &count);
        put(buf, area, place, &row.line());
    }
    top
}
