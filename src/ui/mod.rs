//! Draws: functions from the state of the program, and a [`View`] of what only drawing needs to
//! remember, to a frame. Nothing here decides anything; what decisions depend on goes back to the
//! state as [`Laid`].

mod bar;
mod composer;
mod list;
mod message;
mod panes;
mod popups;
mod row;
mod sidebar;
pub mod theme;
mod thread;
mod time;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::panes::{Wanted, divide};
use self::theme::{Role, Theme};
use crate::app::App;
use crate::app::commands::Pane;
use crate::app::msg::{Areas, Laid};
use crate::app::popup::Popup;

/// What drawing remembers from frame to frame.
pub struct View {
    theme: Theme,
    /// Goes up with every other theme, so that wrapped lines in old colours are not drawn again.
    generation: u32,
    list_top: usize,
    wrapped: thread::Cache,
}

impl View {
    /// A view in these colours.
    pub fn new(theme: Theme) -> Self {
        Self { theme, generation: 0, list_top: 0, wrapped: thread::Cache::default() }
    }

    /// Other colours from the next frame on.
    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
        self.generation = self.generation.wrapping_add(1);
    }
}

/// Draws the whole screen, of any size, and tells what it came to look like.
pub fn draw(frame: &mut Frame<'_>, app: &App, view: &mut View) -> Laid {
    let area = frame.area();
    if area.is_empty() {
        return Laid::default();
    }
    let bar_area = Rect { y: area.bottom() - 1, height: 1, ..area };
    let main = Rect { height: area.height - 1, ..area };
    let composer = app.composer();
    let places = divide(
        main,
        Wanted {
            focus: app.focus(),
            zoom: app.is_zoomed(),
            open: app.opened_id().is_some(),
            composer: composer.map(composer::wanted_rows),
        },
    );
    let theme = &view.theme;
    let buf = frame.buffer_mut();
    buf.set_style(area, theme.style(Role::Text));
    let has_keys = |pane| app.popup().is_none() && app.focus() == pane;
    sidebar::draw(buf, places.sidebar, app, theme, app.focus() == Pane::Sidebar);
    let list = list::draw(buf, places.list, app, theme, view.list_top, has_keys(Pane::List));
    view.list_top = list.top;
    let thread = thread::draw(
        buf,
        places.thread,
        app,
        (theme, view.generation),
        &mut view.wrapped,
        has_keys(Pane::Thread),
    );
    let mut cursor = None;
    if let Some(composer) = composer {
        let place = composer::draw(buf, places.composer, app, composer, theme);
        cursor = place.filter(|_| has_keys(Pane::Composer));
    }
    for border in places.borders {
        draw_border(buf, border, theme);
    }
    let typed = bar::draw(buf, bar_area, app, theme);
    let over = popups::draw(buf, main, app, theme);
    if app.popup().is_some_and(|popup| !matches!(popup, Popup::Question(_))) {
        cursor = over.or(typed);
    }
    if let Some(cursor) = cursor.filter(|cursor| area.contains(*cursor)) {
        frame.set_cursor_position(cursor);
    }
    Laid {
        list_rows: list.rows,
        list_top: list.top,
        thread_rows: thread.rows,
        thread_back: thread.back,
        thread_most: thread.most,
        areas: Areas {
            sidebar: places.sidebar,
            list: list.area,
            list_row_height: list.height,
            thread: places.thread,
            composer: places.composer,
        },
    }
}

fn draw_border(buf: &mut Buffer, area: Rect, theme: &Theme) {
    for row in 0..area.height {
        row::put(buf, area, row.into(), &Line::styled("│", theme.style(Role::Border)));
    }
}
