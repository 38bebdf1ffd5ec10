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
use self::keymap::{Context, Keymap, Press};
use self::msg::{Effect, Laid, Msg, Now};
use self::outbox::{Op, Outbox};
use self::popup::{Mark, Popup};
use self::threads::{Thread, Threads};
use self::undo::History;
use self::views::{View, ViewKind};
use crate::config::{MarkRead, UndoWindows};
use crate::model::{
    AccountId, Capabilities, Conversation, ConversationId, Folder, JobId, OpId, OpKey,
};

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

/// What drawing reads.
impl App {
    /// The accounts, in the order of the configuration.
    pub fn accounts(&self) -> &[AccountState] {
        &self.accounts
    }

    /// The account of a conversation.
    pub fn account_of(&self, id: &ConversationId) -> Option<&AccountState> {
        self.account(id.account)
    }

    /// Views, counts and rows.
    pub fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Whether everything that belongs to a view is loaded, as far as the vendors have told.
    pub fn holds_all(&self, view: usize) -> bool {
        let Some(view) = self.inbox.views().get(view) else { return true };
        let Some(folder) = view.kind.folder() else { return true };
        let open = [Folder::Open, Folder::Mine, Folder::Unassigned].contains(&folder);
        self.accounts
            .iter()
            .filter(|account| view.account.is_none_or(|only| only == account.id))
            .all(|account| {
                let complete =
                    |folder| account.lists.get(&folder).is_some_and(|list| list.complete);
                complete(folder) || complete(Folder::Recent) || open && complete(Folder::Open)
            })
    }

    /// What has not been confirmed.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Texts that were not sent.
    pub fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// Which pane has the keys.
    pub fn focus(&self) -> Pane {
        self.focus
    }

    /// Whether only that pane is shown.
    pub fn is_zoomed(&self) -> bool {
        self.zoom
    }

    /// The row that the selection stands on.
    pub fn selected_index(&self) -> Option<usize> {
        self.inbox.index_of(self.selected.as_ref()?)
    }

    /// The line of the sidebar that the selection stands on.
    pub fn sidebar_index(&self) -> usize {
        self.sidebar_at
    }

    /// The conversation whose thread is shown.
    pub fn opened(&self) -> Option<&Conversation> {
        self.inbox.get(self.opened.as_ref()?)
    }

    /// The id of that conversation, even while nothing else is known of it.
    pub fn opened_id(&self) -> Option<&ConversationId> {
        self.opened.as_ref()
    }

    /// The thread shown, as far as it is loaded.
    pub fn thread(&self) -> Option<&Thread> {
        self.threads.get(self.opened.as_ref()?)
    }

    /// Whether the thread shown is being read right now and nothing of it is there yet.
    pub fn thread_is_loading(&self) -> bool {
        let Some(id) = &self.opened else { return false };
        self.account(id.account).is_some_and(|account| {
            account.is_asking(&crate::model::Ask::Thread {
                id: id.clone(),
                part: crate::model::ThreadPart::Newest,
            })
        })
    }

    /// How many lines the thread is scrolled back from its end.
    pub fn thread_back(&self) -> usize {
        self.thread_back
    }

    /// The words looked for; empty = none.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// A message that this frame has to bring onto the screen.
    pub fn jump(&self) -> Option<&crate::model::RemoteId> {
        self.jump.as_ref()
    }

    /// The message of the thread that the search stands on.
    pub fn search_hit(&self) -> Option<&crate::model::RemoteId> {
        self.search_hit.as_ref()
    }

    /// Why nothing is being saved, if so.
    pub fn storage_trouble(&self) -> Option<&str> {
        self.journal.trouble()
    }

    /// The editor, if open.
    pub fn composer(&self) -> Option<&Composer> {
        self.composer.as_ref()
    }

    /// What lies over the screen.
    pub fn popup(&self) -> Option<&Popup> {
        self.popup.as_ref()
    }

    /// The line in the bar.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// The keys pressed so far of a longer sequence.
    pub fn pending_keys(&self) -> &[Press] {
        &self.pending_keys
    }

    /// What the pending keys may become, once they have waited long enough to be shown.
    pub fn which_key(&self) -> Vec<(String, &str)> {
        if !self.which_key {
            return Vec::new();
        }
        self.keymap.continuations(self.key_context(), &self.pending_keys).collect()
    }

    /// The keys.
    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Where keys mean what right now.
    pub fn key_context(&self) -> Context {
        match (&self.popup, self.focus, &self.composer) {
            (Some(_), _, _) => Context::Prompt,
            (None, Pane::Composer, Some(_)) => Context::Composer,
            _ => Context::Normal,
        }
    }

    /// The strongest mark of what is pending on a conversation.
    pub fn mark(&self, id: &ConversationId) -> Option<Mark> {
        self.outbox.of(id).map(|op| Mark::of(&op.state)).max()
    }

    /// The send that can still be called back, and how long.
    pub fn countdown(&self) -> Option<(&Op, Duration)> {
        self.outbox.countdown(self.now.mono)
    }

    /// The moment of the last message.
    pub fn now(&self) -> Now {
        self.now
    }

    /// The title of the terminal window: what waits, so that it can be seen from another tab.
    pub fn title(&self) -> String {
        match self.inbox.unread() {
            0 => "ttydesk".into(),
            unread => format!("({unread}) ttydesk"),
        }
    }

    /// The zone in which times are shown.
    pub fn zone(&self) -> &TimeZone {
        &self.settings.zone
    }

    /// How long the open conversation's reply window lasts, in words; `None` where it has no end.
    pub fn window_words(&self) -> Option<String> {
        let crate::model::ReplyWindow::Until(end) = self.opened()?.reply_window else {
            return None;
        };
        let left = self.until(end).as_secs();
        Some(match left {
            0 => "reply window over".into(),
            1..3600 => format!("reply possible for {} min", left.div_ceil(60)),
            _ => format!("reply possible for {} h", left / 3600),
        })
    }
}
