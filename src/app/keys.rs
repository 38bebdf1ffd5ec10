//! What a key, a paste or the mouse means where the agent is.

use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Position;

use super::commands::{Command, Motion, Pane};
use super::keymap::{Context, Found, Press, shown};
use super::popup::Popup;
use super::{App, Level};

/// The most that one paste may bring; more is cut, and said.
const MOST_PASTED: usize = 256 * 1024;

/// What is to happen with a key sequence.
enum Meant {
    Run(Command),
    Wait,
    Typing(KeyEvent),
    Nothing(String),
}

impl App {
    pub(super) fn on_key(&mut self, key: KeyEvent) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        self.dirty = true;
        self.floats_until = self.now.mono;
        if let Some(Popup::Question(question)) = &self.popup {
            let question = question.clone();
            self.popup = None;
            if matches!(key.code, KeyCode::Char('y' | 'Y')) {
                self.answer_yes(question.yes);
            } else {
                self.say(Level::Info, "Not done.");
            }
            return;
        }
        self.pending_keys.push(Press::from(key));
        self.pending_since = self.now.mono;
        match self.meaning(key) {
            Meant::Wait => {}
            Meant::Run(command) => {
                self.forget_keys();
                self.run(command);
            }
            Meant::Typing(key) => {
                self.forget_keys();
                self.type_key(key);
            }
            Meant::Nothing(keys) => {
                self.forget_keys();
                self.say(Level::Info, format!("{keys} is not bound; ‹help› shows the keys."));
            }
        }
    }

    fn meaning(&self, key: KeyEvent) -> Meant {
        let context = self.key_context();
        match self.keymap.find(context, &self.pending_keys) {
            Found::Command(command) => Meant::Run(command.clone()),
            Found::Prefix | Found::Either(_) => Meant::Wait,
            // Letters type where letters are expected, even after a sequence that led nowhere.
            Found::Nothing if context != Context::Normal => Meant::Typing(key),
            Found::Nothing if self.pending_keys.len() > 1 && key.code == KeyCode::Esc => {
                Meant::Nothing("That".into())
            }
            Found::Nothing => Meant::Nothing(shown(&self.pending_keys)),
        }
    }

    fn forget_keys(&mut self) {
        self.pending_keys.clear();
        self.which_key = false;
    }

    /// Nothing more was pressed for a moment: a complete sequence is taken as it is, an incomplete
    /// one shows what it may become.
    pub(super) fn on_key_pause(&mut self) {
        self.dirty = true;
        let complete = match self.keymap.find(self.key_context(), &self.pending_keys) {
            Found::Either(command) | Found::Command(command) => Some(command.clone()),
            Found::Prefix | Found::Nothing => None,
        };
        match complete {
            Some(command) => {
                self.forget_keys();
                self.run(command);
            }
            None => self.which_key = true,
        }
    }

    fn type_key(&mut self, key: KeyEvent) {
        match &mut self.popup {
            Some(Popup::Picker(picker)) => picker.type_key(key),
            Some(Popup::Prompt(prompt)) => {
                prompt.input.input(key);
                self.hint_prompt();
            }
            Some(Popup::Help(help)) => {
                help.query.input(key);
                help.scroll = 0;
            }
            Some(Popup::Question(_)) => {}
            None => self.type_into_composer(key),
        }
    }

    fn type_into_composer(&mut self, key: KeyEvent) {
        let Some(composer) = &mut self.composer else { return };
        // Ctrl-J is what Enter sends in some terminals; both are a new line, never a send.
        if key.code == KeyCode::Char('j') && key.modifiers == KeyModifiers::CONTROL {
            composer.area.insert_newline();
        } else if key.code == KeyCode::Tab {
            if self.complete_canned() {
                return;
            }
            if let Some(composer) = &mut self.composer {
                composer.area.insert_str("    ");
            }
        } else {
            composer.area.input(key);
        }
    }

    /// A paste is text, whatever it holds: it never presses a key.
    pub(super) fn on_paste(&mut self, text: &str) {
        self.dirty = true;
        self.forget_keys();
        let mut kept = text.len().min(MOST_PASTED);
        while !text.is_char_boundary(kept) {
            kept -= 1;
        }
        let cut = kept < text.len();
        let text = crate::text::clean(text.get(..kept).unwrap_or_default());
        match &mut self.popup {
            Some(Popup::Picker(picker)) => picker.paste(&text),
            Some(Popup::Prompt(prompt)) => {
                prompt.input.insert_str(text.lines().collect::<Vec<_>>().join(" "));
                self.hint_prompt();
            }
            Some(Popup::Help(_) | Popup::Question(_)) => {}
            None => match (&mut self.composer, self.focus) {
                (Some(composer), Pane::Composer) => {
                    composer.insert(&text);
                    if cut {
                        self.say(
                            Level::Warning,
                            "The paste was longer than 256 kB; the rest was left out.",
                        );
                    }
                }
                _ => self.say(
                    Level::Info,
                    "A paste goes into the composer: ‹reply› replies, ‹note› writes a note.",
                ),
            },
        }
    }

    pub(super) fn on_mouse(&mut self, mouse: MouseEvent) {
        if self.popup.is_some() {
            return;
        }
        let at = Position { x: mouse.column, y: mouse.row };
        let areas = self.laid.areas;
        let row_in = |area: ratatui::layout::Rect| usize::from(at.y.saturating_sub(area.y));
        let pane = [
            (Pane::Sidebar, areas.sidebar),
            (Pane::List, areas.list),
            (Pane::Thread, areas.thread),
            (Pane::Composer, areas.composer),
        ]
        .into_iter()
        .find(|(_, area)| area.contains(at))
        .map(|(pane, _)| pane);
        let Some(pane) = pane else { return };
        self.dirty = true;
        match mouse.kind {
            MouseEventKind::ScrollDown => self.scroll_pane(pane, Motion::Down),
            MouseEventKind::ScrollUp => self.scroll_pane(pane, Motion::Up),
            MouseEventKind::Down(MouseButton::Left) => match pane {
                Pane::Sidebar => self.show_view(self.laid.sidebar_top + row_in(areas.sidebar)),
                Pane::List => {
                    let height = usize::from(areas.list_row_height.max(1));
                    let index = self.laid.list_top + row_in(areas.list) / height;
                    self.focus_pane(Pane::List);
                    self.select_row(index);
                }
                Pane::Thread | Pane::Composer => self.focus_pane(pane),
            },
            _ => {}
        }
    }

    fn scroll_pane(&mut self, pane: Pane, motion: Motion) {
        let lines = 3;
        match pane {
            Pane::Thread => self.scroll_thread(if motion == Motion::Down { -lines } else { lines }),
            Pane::List => {
                let index = self.selected_index().unwrap_or_default();
                let step = if motion == Motion::Down { 1 } else { -1 };
                self.select_row(index.saturating_add_signed(step));
            }
            Pane::Sidebar | Pane::Composer => {}
        }
    }
}
