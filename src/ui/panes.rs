//! Which panes there is room for, and where they are.

use ratatui::layout::Rect;

use crate::app::commands::Pane;

/// Below this width list and thread take turns.
const SIDE_BY_SIDE: u16 = 80;
/// Below this width there is no sidebar beside list and thread.
const SIDEBAR_BESIDE_BOTH: u16 = 110;
/// Below this width there is no sidebar beside one pane.
const SIDEBAR_BESIDE_ONE: u16 = 72;
/// The sidebar, without the line at its right.
const SIDEBAR: u16 = 22;

/// What the panes have to show.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    /// Which pane has the keys.
    pub focus: Pane,
    /// Whether only that one is to be shown.
    pub zoom: bool,
    /// Whether a conversation is open.
    pub open: bool,
    /// Rows that the composer would like, with its title; `None` where it is closed.
    pub composer: Option<u16>,
}

/// Where each pane is; empty where there is no room for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Places {
    /// Views and accounts.
    pub sidebar: Rect,
    /// Conversations.
    pub list: Rect,
    /// Messages.
    pub thread: Rect,
    /// The editor.
    pub composer: Rect,
    /// Columns between panes.
    pub borders: [Rect; 2],
}

/// Divides the screen above the bar.
pub(super) fn divide(area: Rect, wanted: Wanted) -> Places {
    let reading = matches!(wanted.focus, Pane::Thread | Pane::Composer);
    let mut places = Places::default();
    let mut rest = area;
    let both = wanted.open && !wanted.zoom && area.width >= SIDE_BY_SIDE;
    let sidebar = match (wanted.focus, wanted.zoom) {
        (_, true) => false,
        // Whoever goes to the sidebar sees it, on whatever screen.
        (Pane::Sidebar, _) => true,
        _ if both => area.width >= SIDEBAR_BESIDE_BOTH,
        _ => area.width >= SIDEBAR_BESIDE_ONE,
    };
    if wanted.focus == Pane::Sidebar && (wanted.zoom || area.width < SIDEBAR * 2) {
        places.sidebar = area;
        return places;
    }
    if sidebar {
        (places.sidebar, places.borders[0], rest) = split_left(rest, SIDEBAR);
    }
    if both && rest.width >= SIDE_BY_SIDE - SIDEBAR {
        let width = (rest.width * 2 / 5).clamp(30, 64);
        (places.list, places.borders[1], rest) = split_left(rest, width);
    } else if !reading || !wanted.open && wanted.composer.is_none() {
        places.list = rest;
        return places;
    }
    let (thread, composer) = split_composer(rest, wanted);
    places.thread = thread;
    places.composer = composer;
    places
}

/// A pane of some width at the left, the column that divides it from the rest, and the rest.
fn split_left(area: Rect, width: u16) -> (Rect, Rect, Rect) {
    let width = width.min(area.width);
    let left = Rect { width, ..area };
    let line = Rect { x: left.right(), width: (area.width - width).min(1), ..area };
    let rest = Rect { x: line.right(), width: area.width - width - line.width, ..area };
    (left, line, rest)
}

/// The composer at the bottom: never so high that nothing of the thread is left, except on
/// screens where both would be useless.
fn split_composer(area: Rect, wanted: Wanted) -> (Rect, Rect) {
    let Some(height) = wanted.composer else { return (area, Rect::default()) };
    let height = match (area.height, wanted.focus, wanted.zoom) {
        (_, Pane::Composer, true) | (0..8, Pane::Composer, _) => area.height,
        (0..8, ..) => 0,
        (most, ..) => height.clamp(4, (most / 2).max(4)),
    };
    let thread = Rect { height: area.height - height, ..area };
    (thread, Rect { y: thread.bottom(), height, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(focus: Pane, open: bool) -> Wanted {
        Wanted { focus, zoom: false, open, composer: None }
    }

    /// Which panes are shown: sidebar, list, thread, composer.
    fn shown(width: u16, height: u16, wanted: Wanted) -> String {
        let places = divide(Rect::new(0, 0, width, height), wanted);
        [(places.sidebar, 's'), (places.list, 'l'), (places.thread, 't'), (places.composer, 'c')]
            .into_iter()
            .filter_map(|(area, letter)| (!area.is_empty()).then_some(letter))
            .collect()
    }

    #[test]
    fn panes_are_given_up_one_by_one() {
        for (width, focus, open, panes) in [
            (200, Pane::List, true, "slt"),
            (200, Pane::List, false, "sl"),
            (100, Pane::List, true, "lt"),
            (100, Pane::Sidebar, true, "slt"),
            (80, Pane::Sidebar, true, "sl"),
            (80, Pane::List, false, "sl"),
            (60, Pane::List, true, "l"),
            (60, Pane::Thread, true, "t"),
            (60, Pane::Sidebar, false, "sl"),
            (40, Pane::Sidebar, false, "s"),
        ] {
            assert_eq!(shown(width, 24, wanted(focus, open)), panes, "{width} {focus:?} {open}");
        }
    }

    #[test]
    fn the_composer_leaves_room_to_read_where_there_is_any() {
        for (height, focus, panes) in [
            (24, Pane::Composer, "tc"),
            (24, Pane::Thread, "tc"),
            (7, Pane::Composer, "c"),
            (7, Pane::Thread, "t"),
        ] {
            let wanted = Wanted { composer: Some(40), ..wanted(focus, true) };
            assert_eq!(shown(60, height, wanted), panes, "{height} {focus:?}");
        }
    }

    #[test]
    fn panes_lie_within_the_screen_and_never_overlap() {
        for width in 0..130 {
            for height in 0..14 {
                for focus in [Pane::Sidebar, Pane::List, Pane::Thread, Pane::Composer] {
                    for (open, zoom, composer) in
                        [(true, false, Some(9)), (true, true, None), (false, false, None)]
                    {
                        let area = Rect::new(0, 0, width, height);
                        let places = divide(area, Wanted { focus, zoom, open, composer });
                        let [first, second] = places.borders;
                        let panes = [
                            places.sidebar,
                            places.list,
                            places.thread,
                            places.composer,
                            first,
                            second,
                        ];
                        let cells: u32 = panes.iter().map(|pane| pane.area()).sum();
                        assert!(cells <= area.area(), "{width}×{height}: {places:?}");
                        assert!(panes.iter().all(|pane| pane.intersection(area) == *pane));
                    }
                }
            }
        }
    }
}
