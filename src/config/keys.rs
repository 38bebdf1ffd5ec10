//! The keymap preset and what the `[keys.…]` tables change about it. What a sequence or a command
//! means is known elsewhere; here they are texts with a place.

use super::reader::{Located, Section};

/// A ready-made keymap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
    /// Keys as in vim.
    Vim,
}

impl Preset {
    pub(super) const WORDS: &[(&str, Self)] = &[("vim", Self::Vim)];
}

/// Where a key override holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyContext {
    /// List and thread.
    Normal,
    /// The draft editor.
    Composer,
    /// One-line prompts and pickers.
    Prompt,
}

impl KeyContext {
    const WORDS: [(&str, Self); 3] =
        [("normal", Self::Normal), ("composer", Self::Composer), ("prompt", Self::Prompt)];
}

/// One line of a `[keys.…]` table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyOverride {
    /// Where it holds.
    pub context: KeyContext,
    /// The keys, as written: `gd`, `Ctrl-k` …
    pub sequence: String,
    /// The command line that they run; `None` takes the keys away.
    pub command: Option<String>,
    /// The line of the file, counted from 1.
    pub line: usize,
}

/// Reads the tables. `check` says what is wrong with them as a whole.
pub(super) fn read(
    section: &Section<'_>,
    check: impl FnOnce(&[KeyOverride]) -> Vec<(usize, String)>,
) -> Vec<KeyOverride> {
    let mut found: Vec<Located<KeyOverride>> = Vec::new();
    for (word, context) in KeyContext::WORDS {
        let Some(table) = section.section(word) else { continue };
        for (sequence, value) in table.entries() {
            let Some(command) = table.text_of(sequence.value, value) else { continue };
            let value = KeyOverride {
                context,
                sequence: sequence.value.to_owned(),
                command: (command.value != "none").then_some(command.value),
                line: table.line(&sequence.span),
            };
            found.push(Located { value, span: sequence.span });
        }
    }
    section.finish();
    found.sort_by_key(|entry| entry.span.start);
    let (overrides, spans): (Vec<_>, Vec<_>) =
        found.into_iter().map(|entry| (entry.value, entry.span)).unzip();
    for (index, what) in check(&overrides) {
        section.error(spans.get(index).cloned().unwrap_or_default(), what, None);
    }
    overrides
}
