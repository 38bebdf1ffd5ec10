//! The first screen, while there is no account: what this is, and what to do.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::row::put;
use super::theme::{Role, Theme};
use crate::text::clip;

/// What it says, with what each line means.
const LINES: &[(Role, &str)] = &[
    (Role::Title, "ttydesk"),
    (Role::Muted, "One inbox for Chatwoot, enneo, voicebot chat and Partoo."),
    (Role::Text, ""),
    (Role::Text, "There are no accounts yet. To look around, with made-up customers:"),
    (Role::Text, ""),
    (Role::Code, "    ttydesk demo"),
    (Role::Text, ""),
    (Role::Text, "To add an account, write this into the file that `ttydesk config path` names:"),
    (Role::Text, ""),
    (Role::Code, "    [[account]]"),
    (Role::Code, "    name = \"acme\""),
    (Role::Code, "    vendor = \"chatwoot\"   # or enneo, voicebot, partoo"),
    (Role::Code, "    url = \"https://chat.example.com\""),
    (Role::Code, "    account_id = 1"),
    (Role::Code, "    token = { env = \"ACME_TOKEN\" }"),
    (Role::Text, ""),
    (Role::Text, "Then `ttydesk check` tries it and says how to fix what fails. :q quits."),
];

/// Draws it, in the upper middle where there is room.
pub(super) fn draw(buf: &mut Buffer, area: Rect, theme: &Theme) {
    let widest = LINES.iter().map(|(_, line)| line.len()).max().unwrap_or_default();
    let left = usize::from(area.width).saturating_sub(widest) / 2;
    let above = usize::from(area.height).saturating_sub(LINES.len()) / 3;
    let room = usize::from(area.width).saturating_sub(left);
    for (place, (role, text)) in LINES.iter().enumerate() {
        let style = match role {
            Role::Title => theme.style(Role::Accent).add_modifier(Modifier::BOLD),
            role => theme.style(*role),
        };
        let mut line = Line::styled(" ".repeat(left), Style::new());
        line.push_span(ratatui::text::Span::styled(clip(text, room), style));
        put(buf, area, above + place, &line);
    }
}
