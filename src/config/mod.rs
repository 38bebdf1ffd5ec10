//! `config.toml` → [`Config`]. A file with a mistake is refused whole, with every mistake named by
//! file, line and column; nothing of it is applied.

mod account;
mod keys;
mod paths;
mod problem;
mod reader;
mod secret;
mod settings;

use std::path::Path;

use jiff::tz::TimeZone;
use toml::de::DeTable;

pub use account::{Account, Credential};
pub use keys::{KeyContext, KeyOverride, Preset};
pub use paths::{NoHome, Paths, expand_home};
pub use problem::{Problem, Rejected, Severity};
pub use secret::{Secret, TokenSource};
pub use settings::{ExtendedKeys, LogLevel, MarkRead, UndoWindows};

use reader::{Reader, Section, zone};

/// Everything that `config.toml` can say. `Config::default()` is what an empty file means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// In the order of the file; an [`AccountId`](crate::model::AccountId) is a place in here.
    pub accounts: Vec<Account>,
    /// Name of a built-in theme or of a file in the `themes` folder, without `.toml`.
    pub theme: String,
    /// Whether the mouse is captured. Off leaves selecting text to the terminal.
    pub mouse: bool,
    /// Whether the window title is set.
    pub title: bool,
    /// Whether frames are wrapped in synchronized updates (DEC 2026).
    pub synchronized_updates: bool,
    /// Whether the kitty keyboard protocol is asked for.
    pub extended_keys: ExtendedKeys,
    /// The keys to start from.
    pub keymap: Preset,
    /// What the `[keys.…]` tables change about it, in the order of the file.
    pub key_overrides: Vec<KeyOverride>,
    /// How long a message waits before it leaves.
    pub undo: UndoWindows,
    /// When a vendor is told that a conversation was read.
    pub mark_read: MarkRead,
    /// The zone that times are shown in.
    pub timezone: TimeZone,
    /// How much goes into the log file.
    pub log_level: LogLevel,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            theme: "dark".to_owned(),
            mouse: false,
            title: true,
            synchronized_updates: true,
            extended_keys: ExtendedKeys::Auto,
            keymap: Preset::Vim,
            key_overrides: Vec::new(),
            undo: UndoWindows::default(),
            mark_read: MarkRead::OnReply,
            timezone: TimeZone::system(),
            log_level: LogLevel::Info,
        }
    }
}

/// Questions about values that other parts of the program answer, so that their mistakes are
/// reported with line and column like all others.
pub struct Checks<'a> {
    /// Whether the theme of this name can be used; the error says why not.
    pub theme: &'a dyn Fn(&str) -> Result<(), String>,
    /// What is wrong with the key overrides as a whole (unknown commands, sequences that do not
    /// parse, conflicts), each with the index of the override that it is about.
    pub keys: &'a KeyCheck,
}

/// Judges key overrides; see [`Checks::keys`].
pub type KeyCheck = dyn Fn(Preset, &[KeyOverride]) -> Vec<(usize, String)>;

impl Checks<'_> {
    /// Takes every theme name and every key override as it is.
    pub fn none() -> Self {
        Self { theme: &|_| Ok(()), keys: &|_, _| Vec::new() }
    }
}

/// A configuration that can be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What is unwise about it.
    pub warnings: Vec<Problem>,
}

/// Reads a configuration file.
///
/// # Errors
/// Every problem that was found, when at least one of them is an error.
pub fn load(path: &Path, checks: &Checks<'_>) -> Result<Loaded, Rejected> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Rejected(vec![Problem::unreadable(path, &error)]))?;
    parse(path, &text, checks)
}

/// Reads the text of a configuration file. `path` is where it came from: for the messages, for
/// its permissions, and for the files that it names relative to itself.
///
/// # Errors
/// As [`load`].
pub fn parse(path: &Path, text: &str, checks: &Checks<'_>) -> Result<Loaded, Rejected> {
    let (table, mistakes) = DeTable::parse_recoverable(text);
    let reader = Reader::new(path, text);
    for mistake in &mistakes {
        reader.error(mistake.span().unwrap_or_default(), mistake.message(), None);
    }
    let config = read(&reader.top(table.get_ref()), checks);
    let problems = reader.finish();
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        Err(Rejected(problems))
    } else {
        Ok(Loaded { config, warnings: problems })
    }
}

fn read(top: &Section<'_>, checks: &Checks<'_>) -> Config {
    let mut config = Config::default();
    if let Some(theme) = top.text("theme") {
        if let Err(why) = (checks.theme)(&theme.value) {
            top.error(theme.span, why, None);
        }
        config.theme = theme.value;
    }
    top.flag("mouse", &mut config.mouse);
    top.flag("title", &mut config.title);
    top.flag("synchronized_updates", &mut config.synchronized_updates);
    top.choice("extended_keys", ExtendedKeys::WORDS, &mut config.extended_keys);
    top.choice("mark_read", MarkRead::WORDS, &mut config.mark_read);
    top.choice("log_level", LogLevel::WORDS, &mut config.log_level);
    top.choice("keymap", Preset::WORDS, &mut config.keymap);
    if let Some(zone) = zone(top, "timezone", &[("local", TimeZone::system())]) {
        config.timezone = zone;
    }
    if let Some(section) = top.section("undo") {
        config.undo = settings::read_undo(&section);
    }
    if let Some(section) = top.section("keys") {
        config.key_overrides =
            keys::read(&section, |overrides| (checks.keys)(config.keymap, overrides));
    }
    config.accounts = account::read_all(&top.sections("account"));
    top.finish();
    config
}
