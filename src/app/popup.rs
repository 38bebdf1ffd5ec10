//! What lies over the screen: a picker, a prompt, a question, or help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_textarea::TextArea;

use super::commands::Command;
use super::outbox::OpState;
use crate::model::{Label, OpId, Person, Priority, Status};

/// What choosing a line of a picker does.
#[derive(Clone, PartialEq, Debug)]
pub enum Choice {
    /// Give to a person or to nobody.
    Assign(Option<Person>),
    /// Give to a team or to none.
    Team(Option<Person>),
    /// Set or clear the urgency.
    Priority(Option<Priority>),
    /// Set the state of work.
    Status(Status),
    /// Put a label on or take it off.
    Label(Label),
    /// Put a ready-made answer into the composer.
    Canned(String),
    /// Run a command.
    Run(Command),
    /// Put a command that needs words into the command line.
    Type(String),
}

/// One line of a picker.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// What it says.
    pub label: String,
    /// What stands beside it, dimmed: a key, a reason, a text.
    pub detail: String,
    /// Marked: the current value, or a label that is on.
    pub on: bool,
    /// Why it cannot be chosen, if so.
    pub disabled: Option<String>,
    /// What it does.
    pub choice: Choice,
}

/// A list to choose from by typing parts of a word.
#[derive(Clone, Debug)]
pub struct Picker {
    /// What it is for.
    pub title: String,
    /// All lines.
    pub items: Vec<Item>,
    /// What was typed.
    pub query: TextArea<'static>,
    /// The lines that match, best first.
    pub matches: Vec<usize>,
    /// Which of the matches is selected.
    pub selected: usize,
    /// Whether several can be switched on and off before Enter (labels).
    pub multi: bool,
    /// Whether the lines are still being fetched.
    pub loading: bool,
}

impl Picker {
    /// A picker over these lines.
    pub fn new(title: impl Into<String>, items: Vec<Item>, multi: bool) -> Self {
        let matches = (0..items.len()).collect();
        Self {
            title: title.into(),
            items,
            query: TextArea::default(),
            matches,
            selected: 0,
            multi,
            loading: false,
        }
    }

    /// What was typed.
    pub fn typed(&self) -> String {
        self.query.lines().concat()
    }

    /// Replaces the lines (they were still being fetched), keeping what was typed.
    pub fn refill(&mut self, items: Vec<Item>) {
        self.items = items;
        self.loading = false;
        self.narrow();
    }

    /// The selected line.
    pub fn current(&self) -> Option<&Item> {
        self.items.get(*self.matches.get(self.selected)?)
    }

    /// Switches the selected line on or off.
    pub fn toggle(&mut self) {
        if let Some(place) = self.matches.get(self.selected)
            && let Some(item) = self.items.get_mut(*place)
        {
            item.on = !item.on;
        }
    }

    /// Moves the selection, around the ends.
    pub fn step(&mut self, by: isize) {
        let len = self.matches.len();
        if len > 0 {
            self.selected = self.selected.saturating_add_signed(by.rem_euclid(len as isize)) % len;
        }
    }

    /// A key went into the query.
    pub fn type_key(&mut self, key: KeyEvent) {
        if self.query.input(key) {
            self.narrow();
        }
    }

    /// Text was pasted into the query.
    pub fn paste(&mut self, text: &str) {
        self.query.insert_str(text.lines().next().unwrap_or_default());
        self.narrow();
    }

    fn narrow(&mut self) {
        let typed = self.typed();
        self.selected = 0;
        if typed.trim().is_empty() {
            self.matches = (0..self.items.len()).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(place, item)| {
                let text = format!("{} {}", item.label, item.detail);
                let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher)?;
                Some((score, place))
            })
            .collect();
        scored.sort_by_key(|(score, place)| (std::cmp::Reverse(*score), *place));
        self.matches = scored.into_iter().map(|(_, place)| place).collect();
    }
}

/// What a typed line is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PromptKind {
    /// A command.
    Command,
    /// Words to narrow the list to.
    Filter,
    /// Words to look for.
    Search,
    /// Until when to snooze.
    Snooze,
}

/// A line to type.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What it is for.
    pub kind: PromptKind,
    /// What was typed.
    pub input: TextArea<'static>,
    /// What the typed text means, or why it means nothing.
    pub hint: String,
}

impl Prompt {
    /// A line that begins with a text.
    pub fn new(kind: PromptKind, text: &str) -> Self {
        let mut input = TextArea::new(vec![text.to_owned()]);
        input.move_cursor(tui_textarea::CursorMove::End);
        Self { kind, input, hint: String::new() }
    }

    /// What was typed.
    pub fn typed(&self) -> String {
        self.input.lines().concat()
    }
}

/// Something that needs a yes.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// The question.
    pub text: String,
    /// What yes does.
    pub yes: Answer,
}

/// What a yes does.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// Run a command as if it had been confirmed.
    Run(Command),
    /// Quit although something is not finished.
    Quit,
    /// Send the words of a failed operation once more.
    Resend(OpId),
}

/// The list of keys.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// What was typed to narrow it.
    pub query: TextArea<'static>,
    /// First line shown.
    pub scroll: usize,
}

/// What lies over the screen.
#[derive(Clone, Debug)]
pub enum Popup {
    /// A list to choose from.
    Picker(Picker),
    /// A line to type.
    Prompt(Prompt),
    /// A question.
    Question(Question),
    /// The keys.
    Help(Help),
}

/// The mark that a row carries for what is pending on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mark {
    /// Queued or on its way.
    Pending,
    /// Nobody knows whether it arrived.
    Unconfirmed,
    /// It did not.
    Failed,
}

impl Mark {
    /// The mark of an operation's state.
    pub fn of(state: &OpState) -> Self {
        match state {
            OpState::Saving
            | OpState::Queued
            | OpState::Leaving
            | OpState::Sending
            | OpState::Accepted { .. } => Self::Pending,
            OpState::Unconfirmed { .. } => Self::Unconfirmed,
            OpState::Failed(_) => Self::Failed,
        }
    }

    /// The sign shown; never colour alone.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Pending => "…",
            Self::Unconfirmed => "?",
            Self::Failed => "!",
        }
    }
}

/// Whether a key is plain typing, as far as prompts and pickers are concerned.
pub fn is_typing(key: &KeyEvent) -> bool {
    matches!(key.code, KeyCode::Char(_)) && (key.modifiers - KeyModifiers::SHIFT).is_empty()
}
