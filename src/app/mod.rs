//! Decides. [`App::update`] takes one message and returns what is to be done; it is the only
//! place where state changes. Plain code: it never waits, never reads a clock, and never touches
//! network, disk or terminal.
//!
//! | file | decides |
//! |---|---|
//! | `inbox`, `views` | which conversations there are, and which rows the list has |
//! | `threads` | which messages a thread has |
//! | `accounts`, `sync` | what to ask which vendor, and when |
//! | `triage`, `undo` | what the agent decides, and takes back |
//! | `outbox`, `outcome` | how far it has come, and what came of it |
//! | `journal`, `keep` | what has to be on disk |
//! | `composer`, `writing` | what the agent writes, to whom |
//! | `commands`, `keymap`, `keys` | what a key means |
//! | `nav`, `popup`, `pickers` | where the agent is |
//!
//! `shown` is what drawing reads of all that.

pub mod accounts;
pub mod commands;
pub mod composer;
pub mod inbox;
mod journal;
pub mod keep;
pub mod keymap;
mod keys;
pub mod msg;
mod nav;
pub mod outbox;
mod outcome;
mod pickers;
pub mod popup;
mod shown;
pub mod snooze;
mod sync;
pub mod threads;
mod triage;
mod undo;
pub mod views;
mod writing;

pub use self::writing::mime_of;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::accounts::AccountState;
use self::commands::Pane;
use self::composer::{Composer, Drafts};
use self::inbox::Inbox;
use self::journal::Journal;
use self::keymap::{Keymap, Press};
use self::msg::{Effect, Laid, Msg, Now};
use self::outbox::Outbox;
use self::popup::Popup;
use self::threads::Threads;
use self::undo::History;
use self::views::{View, ViewKind};
use crate::config::{MarkRead, UndoWindows};
use crate::model::{AccountId, Capabilities, ConversationId, JobId, OpId, OpKey};

/// When a pending key sequence shows what it may become, and when a sequence that is complete but
/// could go on is taken as it is.
pub const KEY_PAUSE: Duration = Duration::from_millis(400);
/// How long the first pages of a view may push the selection up. Short, so that no agent has read
/// a row and decided on it before it can change under the selection.
const SETTLES: Duration = Duration::from_secs(2);
/// How long a notice stays.
const NOTICE_STAYS: Duration = Duration::from_secs(8);

/// What the configuration decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// When to mark read.
    pub mark_read: MarkRead,
    /// How long a send can be called back.
    pub undo: UndoWindows,
    /// The zone in which times are shown and read.
    pub zone: TimeZone,
}

/// How loud a notice is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Something worked.
    Info,
    /// Something cannot be done, or waits.
    Warning,
    /// Something failed.
    Error,
}

/// One line in the bar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// How loud.
    pub level: Level,
    /// What it says.
    pub text: String,
    until: Duration,
}

/// What is shown that only the passing of time changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Clocks {
    /// Seconds until a send leaves.
    countdown: Option<u64>,
    /// The reply window of the open conversation, in words.
    window: Option<String>,
    /// The day by which times are shown as today's.
    today: jiff::civil::Date,
}

/// The state of the whole program.
#[derive(Debug)]
pub struct App {
    accounts: Vec<AccountState>,
    inbox: Inbox,
    threads: Threads,
    outbox: Outbox,
    drafts: Drafts,
    journal: Journal,
    keymap: Keymap,
    settings: Settings,

    focus: Pane,
    zoom: bool,
    selected: Option<ConversationId>,
    /// While the first pages of a view come in, the selection stays on the top row until this
    /// moment, or until a key is pressed; then it is bound to its conversation.
    floats_until: Duration,
    /// Where the selection stood, for when its row leaves the list.
    selected_at: usize,
    opened: Option<ConversationId>,
    /// When the open thread is to be read again.
    next_thread_poll: Duration,
    sidebar_at: usize,
    /// How many lines the thread is scrolled back from its end.
    thread_back: usize,
    /// The words looked for.
    search: String,
    /// The message of the thread that the search stands on.
    search_hit: Option<crate::model::RemoteId>,
    /// A message that the next frame has to bring onto the screen.
    jump: Option<crate::model::RemoteId>,

    composer: Option<Composer>,
    popup: Option<Popup>,
    /// Which conversation the open picker is about, and which list fills it.
    picking: Option<(ConversationId, pickers::Filling)>,
    pending_keys: Vec<Press>,
    pending_since: Duration,
    which_key: bool,
    notice: Option<Notice>,
    history: History,
    laid: Laid,
    focused: bool,
    clocks_shown: Clocks,

    now: Now,
    last_id: u64,
    seed: u64,
    dirty: bool,
    effects: Vec<Effect>,
}

/// What an account brings along at the start.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its badge.
    pub name: String,
    /// What it can do before anything was asked.
    pub capabilities: Capabilities,
}

impl App {
    /// A program that has not been told anything yet. `seed` makes operation keys unique between
    /// runs.
    pub fn new(
        accounts: Vec<NewAccount>,
        keymap: Keymap,
        settings: Settings,
        seed: u64,
        now: Now,
    ) -> Self {
        let accounts: Vec<AccountState> = (0_u16..)
            .zip(accounts)
            .map(|(place, account)| {
                AccountState::new(AccountId(place), account.name, account.capabilities)
            })
            .collect();
        let everywhere = ViewKind::ALL.into_iter().map(|kind| View { kind, account: None });
        let each = accounts
            .iter()
            .map(|account| View { kind: ViewKind::Inbox, account: Some(account.id) });
        let inbox = Inbox::new(everywhere.chain(each).collect());
        Self {
            accounts,
            inbox,
            threads: Threads::default(),
            outbox: Outbox::default(),
            drafts: Drafts::default(),
            journal: Journal::default(),
            keymap,
            settings,
            focus: Pane::List,
            zoom: false,
            selected: None,
            floats_until: now.mono + SETTLES,
            selected_at: 0,
            opened: None,
            next_thread_poll: Duration::ZERO,
            sidebar_at: 0,
            thread_back: 0,
            search: String::new(),
            search_hit: None,
            jump: None,
            composer: None,
            popup: None,
            picking: None,
            pending_keys: Vec::new(),
            pending_since: Duration::ZERO,
            which_key: false,
            notice: None,
            history: History::default(),
            laid: Laid::default(),
            focused: true,
            clocks_shown: Clocks::default(),
            now,
            // Greater than any number that an earlier run gave.
            last_id: u64::try_from(now.wall.as_millisecond()).unwrap_or_default() << 10,
            seed,
            dirty: true,
            effects: Vec::new(),
        }
    }

    /// Takes one message in and says what is to be done.
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        self.now = now;
        match msg {
            Msg::Key(key) => self.on_key(key),
            Msg::Paste(text) => self.on_paste(&text),
            Msg::Mouse(mouse) => self.on_mouse(mouse),
            Msg::Resize => self.dirty = true,
            Msg::Focus(focused) => self.on_focus(focused),
            Msg::Answer { account, job, capabilities, result } => {
                self.on_answer(account, job, *capabilities, result);
            }
            Msg::Done { op, capabilities, result } => self.on_done(op, *capabilities, result),
            Msg::Stored { batch, result } => self.on_stored(batch, result),
            Msg::Restored(kept) => self.restore(kept),
            Msg::Laid(laid) => self.on_laid(laid),
            Msg::FileRead { conversation, name, mime, result } => {
                self.on_file(&conversation, name, mime, result);
            }
            Msg::TaskPanicked(what) => {
                self.say(Level::Error, format!("Part of ttydesk failed and was restarted: {what}"));
            }
            Msg::Terminate => self.effects.push(Effect::Quit),
            Msg::Tick => {}
        }
        self.on_time();
        self.depart();
        self.settle_selection();
        self.write_down();
        std::mem::take(&mut self.effects)
    }

    /// Whether anything shown has changed since this was asked last.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// The screen was in other hands; the next frame has to be drawn whatever changed.
    pub fn look_again(&mut self) {
        self.dirty = true;
    }

    /// When something has to happen without a message from outside. The one timer of the program.
    pub fn deadline(&self) -> Option<Duration> {
        let now = self.now.mono;
        let asks = self.accounts.iter().filter_map(|account| account.deadline(now));
        let keys = (!self.pending_keys.is_empty() && !self.which_key)
            .then_some(self.pending_since + KEY_PAUSE);
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let countdown = self.outbox.countdown(now).map(|(_, left)| {
            // The shown second changes when the fraction is used up.
            let fraction = Duration::from_nanos(left.subsec_nanos().into());
            now + if fraction.is_zero() { Duration::from_secs(1) } else { fraction }
        });
        let wake = self.inbox.next_wake().map(|at| now + self.until(at));
        let thread = self.opened.as_ref().map(|_| self.next_thread_poll);
        let window = self.window_tick();
        asks.chain(keys)
            .chain(notice)
            .chain(countdown)
            .chain(self.outbox.deadline(now))
            .chain(wake)
            .chain(thread)
            .chain(window)
            .chain(self.midnight())
            .chain(self.journal.deadline())
            .min()
    }

    /// What is shown that only the passing of time changes.
    fn clocks(&self) -> Clocks {
        let left =
            self.outbox.countdown(self.now.mono).map(|(_, left)| left.as_millis().div_ceil(1000));
        Clocks {
            countdown: left.and_then(|left| u64::try_from(left).ok()),
            window: self.window_words(),
            today: self.now.wall.to_zoned(self.settings.zone.clone()).date(),
        }
    }

    /// When today's times become yesterday's.
    fn midnight(&self) -> Option<Duration> {
        let here = self.now.wall.to_zoned(self.settings.zone.clone());
        let midnight = here.tomorrow().ok()?.start_of_day().ok()?;
        Some(self.now.mono + self.until(midnight.timestamp()))
    }

    fn until(&self, at: Timestamp) -> Duration {
        Duration::try_from(at.duration_since(self.now.wall)).unwrap_or_default()
    }

    /// What the passing of time alone brings.
    fn on_time(&mut self) {
        let now = self.now;
        if self.notice.as_ref().is_some_and(|notice| notice.until <= now.mono) {
            self.notice = None;
            self.dirty = true;
        }
        if !self.pending_keys.is_empty()
            && !self.which_key
            && self.pending_since + KEY_PAUSE <= now.mono
        {
            self.on_key_pause();
        }
        let clocks = self.clocks();
        if clocks != self.clocks_shown {
            self.clocks_shown = clocks;
            self.dirty = true;
        }
        if self.inbox.wake(now.wall) {
            self.dirty = true;
        }
        self.on_poll_time();
    }

    /// Sends out what is due: questions and operations.
    fn depart(&mut self) {
        let now = self.now;
        let last_id = &mut self.last_id;
        for account in &mut self.accounts {
            let jobs = account.depart(now.mono, now.wall, || {
                *last_id += 1;
                JobId(*last_id)
            });
            self.effects.extend(jobs.into_iter().map(|(job, ask)| Effect::Ask {
                account: account.id,
                job,
                ask,
            }));
        }
        self.dirty |= self.outbox.depart(now.mono);
    }

    /// Puts a line into the bar. `‹undo›` in it becomes the key of that command, whatever the
    /// configuration has made of the keys.
    fn say(&mut self, level: Level, text: impl Into<String>) {
        let mut text = text.into();
        while let Some((before, rest)) = text.split_once('‹')
            && let Some((command, after)) = rest.split_once('›')
        {
            let key = self.keymap.keys_of(command).unwrap_or_else(|| format!(":{command}"));
            text = format!("{before}{key}{after}");
        }
        self.notice = Some(Notice { level, text, until: self.now.mono + NOTICE_STAYS });
        self.dirty = true;
    }

    fn next_op(&mut self) -> (OpId, OpKey) {
        self.last_id += 1;
        (OpId(self.last_id), OpKey(format!("ttydesk-{:016x}-{}", self.seed, self.last_id).into()))
    }

    /// A number between 0.75 and 1.25, different each time, the same in a replay.
    fn jitter(&mut self) -> f64 {
        self.last_id += 1;
        let mut mixed = self.seed ^ self.last_id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 27;
        0.75 + f64::from((mixed % 1000) as u16) / 2000.0
    }

    fn account(&self, id: AccountId) -> Option<&AccountState> {
        self.accounts.get(usize::from(id.0))
    }

    fn account_mut(&mut self, id: AccountId) -> Option<&mut AccountState> {
        self.accounts.get_mut(usize::from(id.0))
    }
}
