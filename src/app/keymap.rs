//! Keys to commands: a preset, with the configuration's changes over it.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::commands::{COMMANDS, Command, Group, Spec, parse};
pub use crate::config::KeyContext as Context;
use crate::config::KeyOverride;

/// One key, the same however the terminal reports it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Press {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl PartialOrd for Press {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Press {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl From<Press> for KeyEvent {
    fn from(press: Press) -> Self {
        Self::new(press.code, press.modifiers)
    }
}

impl From<KeyEvent> for Press {
    fn from(key: KeyEvent) -> Self {
        let mut modifiers =
            key.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let mut code = key.code;
        match code {
            // The letter itself says whether Shift was held; some terminals say it twice.
            KeyCode::Char(letter) => {
                if modifiers.contains(KeyModifiers::SHIFT) && modifiers != KeyModifiers::SHIFT {
                    code = KeyCode::Char(letter.to_ascii_lowercase());
                }
                if letter != ' ' {
                    modifiers -= KeyModifiers::SHIFT;
                }
            }
            KeyCode::BackTab => {
                code = KeyCode::Tab;
                modifiers |= KeyModifiers::SHIFT;
            }
            _ => {}
        }
        Self { code, modifiers }
    }
}

impl std::fmt::Display for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (flag, word) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "S-"),
        ] {
            if self.modifiers.contains(flag) {
                f.write_str(word)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(letter) => write!(f, "{letter}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            code => match NAMED.iter().find(|(_, named)| *named == code) {
                Some((name, _)) => f.write_str(name),
                None => write!(f, "{code:?}"),
            },
        }
    }
}

const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

/// Reads a sequence of keys: `gg`, `Ctrl-w h`, `Alt-Enter`, `S-Tab`, `F5`, `Space`.
///
/// # Errors
/// One sentence that names the part which is no key.
pub fn sequence(text: &str) -> Result<Vec<Press>, String> {
    let mut presses = Vec::new();
    for part in text.split_whitespace() {
        let mut rest = part;
        let mut modifiers = KeyModifiers::NONE;
        'prefixes: loop {
            for (word, flag) in [
                ("Ctrl-", KeyModifiers::CONTROL),
                ("C-", KeyModifiers::CONTROL),
                ("Alt-", KeyModifiers::ALT),
                ("A-", KeyModifiers::ALT),
                ("Shift-", KeyModifiers::SHIFT),
                ("S-", KeyModifiers::SHIFT),
            ] {
                if let Some(after) = rest.strip_prefix(word).filter(|after| !after.is_empty()) {
                    rest = after;
                    modifiers |= flag;
                    continue 'prefixes;
                }
            }
            break;
        }
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest));
        let function = rest
            .strip_prefix(['F', 'f'])
            .and_then(|number| number.parse::<u8>().ok())
            .filter(|number| (1..=12).contains(number));
        let letters: Vec<char> = rest.chars().collect();
        let mut push = |code| presses.push(Press { code, modifiers });
        match (named, function, letters.as_slice()) {
            (Some((_, code)), _, _) => push(*code),
            (None, Some(number), _) => push(KeyCode::F(number)),
            (None, None, _) if rest.eq_ignore_ascii_case("space") => push(KeyCode::Char(' ')),
            (None, None, [letter]) => push(KeyCode::Char(*letter)),
            (None, None, letters) if modifiers.is_empty() && letters.len() <= 3 => {
                letters.iter().for_each(|letter| push(KeyCode::Char(*letter)));
            }
            _ => {
                return Err(format!(
                    "{part} is no key; keys look like gg, Ctrl-w h, Alt-Enter, F5"
                ));
            }
        }
    }
    if presses.is_empty() { Err("an empty key sequence".into()) } else { Ok(presses) }
}

/// The preset `vim`.
const VIM: &[(Context, &str, &str)] = {
    use Context::{Composer, Normal, Prompt};
    &[
        (Normal, "j", "down"),
        (Normal, "Down", "down"),
        (Normal, "k", "up"),
        (Normal, "Up", "up"),
        (Normal, "gg", "top"),
        (Normal, "Home", "top"),
        (Normal, "G", "bottom"),
        (Normal, "End", "bottom"),
        (Normal, "Ctrl-d", "half-down"),
        (Normal, "PageDown", "half-down"),
        (Normal, "Ctrl-u", "half-up"),
        (Normal, "PageUp", "half-up"),
        (Normal, "Space", "page"),
        (Normal, "S-Space", "page-back"),
        (Normal, "Enter", "open"),
        (Normal, "l", "open"),
        (Normal, "Right", "open"),
        (Normal, "h", "back"),
        (Normal, "Left", "back"),
        (Normal, "q", "back"),
        (Normal, "Esc", "back"),
        (Normal, "J", "next-conversation"),
        (Normal, "K", "previous-conversation"),
        (Normal, "Tab", "next-view"),
        (Normal, "S-Tab", "previous-view"),
        (Normal, "1", "view 1"),
        (Normal, "2", "view 2"),
        (Normal, "3", "view 3"),
        (Normal, "4", "view 4"),
        (Normal, "5", "view 5"),
        (Normal, "6", "view 6"),
        (Normal, "7", "view 7"),
        (Normal, "8", "view 8"),
        (Normal, "9", "view 9"),
        (Normal, "gi", "view inbox"),
        (Normal, "gm", "view mine"),
        (Normal, "gu", "view unassigned"),
        (Normal, "gs", "view snoozed"),
        (Normal, "gr", "view resolved"),
        (Normal, "gd", "view drafts"),
        (Normal, "go", "view outbox"),
        (Normal, "ga", "view all"),
        (Normal, "Ctrl-w h", "focus-left"),
        (Normal, "Ctrl-w l", "focus-right"),
        (Normal, "Ctrl-w j", "focus composer"),
        (Normal, "Ctrl-w k", "focus thread"),
        (Normal, "Ctrl-w o", "zoom"),
        (Normal, "Ctrl-w z", "zoom"),
        (Normal, "]u", "next-unread"),
        (Normal, "[u", "previous-unread"),
        (Normal, "]w", "longest-waiting"),
        (Normal, "r", "reply"),
        (Normal, "c", "note"),
        (Normal, "D", "draft"),
        (Normal, "i", "edit"),
        (Normal, "gc", "edit-note"),
        (Normal, "gp", "publish"),
        (Normal, "e", "resolve"),
        (Normal, "S", "status"),
        (Normal, "w", "status pending"),
        (Normal, "z", "snooze"),
        (Normal, "zt", "snooze tomorrow"),
        (Normal, "zw", "snooze week"),
        (Normal, "zr", "snooze reply"),
        (Normal, "a", "assign"),
        (Normal, "aa", "assign me"),
        (Normal, "at", "team"),
        (Normal, "t", "label"),
        (Normal, "p", "priority"),
        (Normal, "U", "unread"),
        (Normal, ".", "repeat"),
        (Normal, "u", "undo"),
        (Normal, "Ctrl-r", "redo"),
        (Normal, "\\", "filter"),
        (Normal, "/", "search"),
        (Normal, "n", "search-next"),
        (Normal, "N", "search-previous"),
        (Normal, "yy", "copy message"),
        (Normal, "yu", "copy url"),
        (Normal, "yi", "copy id"),
        (Normal, "ye", "copy email"),
        (Normal, ":", "command"),
        (Normal, "Ctrl-k", "palette"),
        (Normal, "?", "help"),
        (Normal, "R", "refresh"),
        (Normal, "F5", "refresh"),
        (Normal, "Ctrl-l", "redraw"),
        (Normal, "Ctrl-z", "suspend"),
        (Normal, "ZZ", "quit"),
        (Composer, "Alt-Enter", "send"),
        (Composer, "Ctrl-Enter", "send"),
        (Composer, "Ctrl-x Ctrl-s", "send-resolve"),
        (Composer, "Ctrl-x Ctrl-z", "send-snooze"),
        (Composer, "Ctrl-x c", "canned"),
        (Composer, "Ctrl-x :", "command"),
        (Composer, "Ctrl-t", "mode"),
        (Composer, "Esc", "leave"),
        (Composer, "Ctrl-g", "leave"),
        (Composer, "Ctrl-l", "redraw"),
        (Composer, "Ctrl-z", "suspend"),
        (Prompt, "Enter", "accept"),
        (Prompt, "Esc", "cancel"),
        (Prompt, "Ctrl-g", "cancel"),
        (Prompt, "Ctrl-c", "cancel"),
        (Prompt, "Down", "choose-next"),
        (Prompt, "Ctrl-n", "choose-next"),
        (Prompt, "Up", "choose-previous"),
        (Prompt, "Ctrl-p", "choose-previous"),
        (Prompt, "Tab", "toggle"),
    ]
};

/// A bound sequence.
#[derive(Clone, PartialEq, Debug)]
pub struct Binding {
    /// The command line.
    pub line: String,
    /// The same, read.
    pub command: Command,
    /// Of several keys for one command, the one with the lowest number is the one to teach.
    rank: usize,
}

/// One line of the reference.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The keys that run it, the one to teach first; none if it has to be typed.
    pub keys: Vec<String>,
    /// The command line.
    pub line: String,
    /// The command in the table.
    pub spec: &'static Spec,
}

impl Entry {
    /// The command as it is typed, with the arguments that it takes.
    pub fn typed(&self) -> String {
        let args = if self.line == self.spec.name { self.spec.args } else { "" };
        format!(":{} {args}", self.line).trim_end().to_owned()
    }
}

/// What a sequence typed so far leads to.
#[derive(Debug, PartialEq)]
pub enum Found<'a> {
    /// Nothing is bound that begins so.
    Nothing,
    /// More keys are needed; what they lead to.
    Prefix,
    /// A command, and nothing longer.
    Command(&'a Command),
    /// A command, but longer sequences begin so too: it waits a moment.
    Either(&'a Command),
}

/// The keys.
#[derive(Clone, Debug)]
pub struct Keymap {
    bound: BTreeMap<(Context, Vec<Press>), Binding>,
}

impl Keymap {
    /// The preset `vim` with changes over it.
    ///
    /// # Errors
    /// The place in `overrides` and one sentence for each change that cannot be made.
    pub fn new(overrides: &[KeyOverride]) -> Result<Self, Vec<(usize, String)>> {
        let mut bound = BTreeMap::new();
        let mut errors = Vec::new();
        for (rank, (context, keys, line)) in (overrides.len()..).zip(VIM) {
            if let (Ok(keys), Ok(command)) = (sequence(keys), parse(line)) {
                let line = (*line).to_owned();
                bound.insert((*context, keys), Binding { line, command, rank });
            }
        }
        let mut seen: Vec<(Context, Vec<Press>)> = Vec::new();
        for (place, change) in overrides.iter().enumerate() {
            match sequence(&change.sequence) {
                Err(why) => errors.push((place, why)),
                Ok(keys) if seen.contains(&(change.context, keys.clone())) => {
                    errors.push((place, format!("{} is bound twice", change.sequence)));
                }
                Ok(keys) => {
                    seen.push((change.context, keys.clone()));
                    match change.command.as_deref().map(|line| (line, parse(line))) {
                        None => drop(bound.remove(&(change.context, keys))),
                        Some((line, Ok(command))) => {
                            let line = line.to_owned();
                            let binding = Binding { line, command, rank: place };
                            bound.insert((change.context, keys), binding);
                        }
                        Some((_, Err(why))) => errors.push((place, why)),
                    }
                }
            }
        }
        for (place, change) in overrides.iter().enumerate() {
            let Ok(keys) = sequence(&change.sequence) else { continue };
            if change.context != Context::Normal && keys.len() == 1 && is_letter(&keys) {
                errors.push((
                    place,
                    format!("{} is needed for typing in this context", change.sequence),
                ));
            }
        }
        if errors.is_empty() { Ok(Self { bound }) } else { Err(errors) }
    }

    /// What a sequence leads to.
    pub fn find(&self, context: Context, keys: &[Press]) -> Found<'_> {
        let exact = self.bound.get(&(context, keys.to_vec())).map(|binding| &binding.command);
        let longer = self.continuations(context, keys).next().is_some();
        match (exact, longer) {
            (None, false) => Found::Nothing,
            (None, true) => Found::Prefix,
            (Some(command), false) => Found::Command(command),
            (Some(command), true) => Found::Either(command),
        }
    }

    /// The longer sequences that begin so: the keys still to press, and the command line.
    pub fn continuations<'a>(
        &'a self,
        context: Context,
        keys: &'a [Press],
    ) -> impl Iterator<Item = (String, &'a str)> {
        self.bound.iter().filter_map(move |((bound_context, bound), binding)| {
            let rest = bound.strip_prefix(keys).filter(|rest| !rest.is_empty())?;
            (*bound_context == context).then(|| (shown(rest), binding.line.as_str()))
        })
    }

    /// Every command with the keys that run it, under its heading: what help and README show.
    pub fn reference(&self) -> Vec<(Group, Vec<Entry>)> {
        Group::ALL
            .into_iter()
            .map(|group| {
                let specs = COMMANDS.iter().filter(|spec| spec.group == group);
                (group, specs.flat_map(|spec| self.entries(spec)).collect())
            })
            .collect()
    }

    /// A command by itself, and each argument that has keys of its own.
    fn entries(&self, spec: &'static Spec) -> Vec<Entry> {
        let entry = |line: &str| Entry { keys: Vec::new(), line: line.to_owned(), spec };
        let mut entries = vec![entry(spec.name)];
        let mut bound: Vec<_> = self
            .bound
            .iter()
            .filter(|(_, binding)| binding.line.split(' ').next() == Some(spec.name))
            .collect();
        bound.sort_by_key(|(_, binding)| binding.rank);
        for ((_, keys), binding) in bound {
            let keys = shown(keys);
            match entries.iter_mut().find(|entry| entry.line == binding.line) {
                Some(entry) => entry.keys.push(keys),
                None => entries.push(Entry { keys: vec![keys], ..entry(&binding.line) }),
            }
        }
        entries
    }

    /// The keys of a command line that are worth teaching; for the palette and hints.
    pub fn keys_of(&self, line: &str) -> Option<String> {
        self.bound
            .iter()
            .filter(|(_, binding)| binding.line == line)
            .min_by_key(|(_, binding)| binding.rank)
            .map(|((_, keys), _)| shown(keys))
    }
}

fn is_letter(keys: &[Press]) -> bool {
    keys.iter().all(|press| matches!(press.code, KeyCode::Char(_)) && press.modifiers.is_empty())
}

/// A sequence as people write it: letters together, named keys apart.
pub fn shown(keys: &[Press]) -> String {
    let letters = is_letter(keys) && keys.iter().all(|press| press.code != KeyCode::Char(' '));
    keys.iter().map(Press::to_string).collect::<Vec<_>>().join(if letters { "" } else { " " })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_preset_is_a_key_and_a_command_and_stands_once() {
        let mut seen = Vec::new();
        for (context, keys, line) in VIM {
            let keys = sequence(keys).unwrap();
            parse(line).unwrap_or_else(|why| panic!("{line}: {why}"));
            assert!(!seen.contains(&(*context, keys.clone())), "{keys:?} stands twice");
            seen.push((*context, keys));
        }
    }

    #[test]
    fn a_sequence_reads_back_as_it_was_written() {
        for text in ["gg", "Ctrl-w h", "Alt-Enter", "S-Tab", "F5", "Space", "]u", "\\"] {
            assert_eq!(shown(&sequence(text).unwrap()), text);
        }
        assert!(sequence("Hyper-x").is_err());
        assert!(sequence("").is_err());
    }

    #[test]
    fn shift_is_told_by_the_letter_however_the_terminal_reports_it() {
        let plain = Press::from(KeyEvent::new(KeyCode::Char('J'), KeyModifiers::NONE));
        let shifted = Press::from(KeyEvent::new(KeyCode::Char('J'), KeyModifiers::SHIFT));
        assert_eq!(plain, shifted);
        let tab = Press::from(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT));
        assert_eq!(tab.to_string(), "S-Tab");
    }

    #[test]
    fn overrides_change_take_off_and_clash() {
        let change = |context, sequence: &str, command: &str| KeyOverride {
            context,
            sequence: sequence.into(),
            command: (command != "none").then(|| command.into()),
            line: 1,
        };
        let keymap = Keymap::new(&[
            change(Context::Normal, "X", "resolve"),
            change(Context::Normal, "e", "none"),
        ])
        .unwrap();
        assert_eq!(
            keymap.find(Context::Normal, &sequence("X").unwrap()),
            Found::Command(&Command::Resolve)
        );
        assert_eq!(keymap.find(Context::Normal, &sequence("e").unwrap()), Found::Nothing);
        let errors = Keymap::new(&[
            change(Context::Normal, "X", "resolv"),
            change(Context::Normal, "Y", "note"),
            change(Context::Normal, "Y", "reply"),
            change(Context::Composer, "s", "send"),
        ])
        .unwrap_err();
        assert_eq!(errors.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 2, 3]);
    }
}
