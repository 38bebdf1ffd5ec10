//! The program on a desk. Every wait is for something that a frame shows or that the desk's world
//! holds, with a limit that only a broken program reaches.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;
use ttydesk::app::accounts::Link;
use ttydesk::app::commands::Pane;
use ttydesk::app::composer::Mode;
use ttydesk::app::keymap::Keymap;
use ttydesk::app::popup::{Mark, Popup};
use ttydesk::app::threads::Older;
use ttydesk::app::{App, NewAccount, Settings};
use ttydesk::config::{self, Checks};
use ttydesk::demo::world::{self, HOUR, Key};
use ttydesk::demo::{Desk, Entry, Options};
use ttydesk::model::*;
use ttydesk::providers::{self, Provider};
use ttydesk::shell::perform::{Performer, reports};
use ttydesk::shell::run::{Clock, Run};
use ttydesk::store::Store;

use super::support::{Keys, Script, Seen};

/// How long anything may take; a vendor that hangs is given up on after half of it.
const LIMIT: Duration = Duration::from_secs(60);
/// How often a wait looks whether the desk's world has changed, which paints no frame.
const LOOK: Duration = Duration::from_millis(20);

/// The state behind the last frame.
#[derive(Default)]
pub struct Look {
    /// The rows of the list.
    pub rows: Vec<ConversationId>,
    pub selected: Option<ConversationId>,
    pub focus: Option<Pane>,
    /// The open conversation as shown, and its mark.
    pub opened: Option<Conversation>,
    pub mark: Option<Mark>,
    /// The open thread.
    pub messages: Vec<Message>,
    pub is_complete: bool,
    pub composer: Option<(ConversationId, Mode, String)>,
    /// The lines of a picker that is not waiting for them.
    pub picker: Option<Vec<String>>,
    pub notice: String,
    pub links: Vec<Link>,
    /// Not confirmed, and in need of a person.
    pub outbox: (usize, usize),
}

impl Look {
    fn at(app: &App) -> Self {
        let inbox = app.inbox();
        let thread = app.thread();
        Self {
            rows: (0..inbox.len())
                .filter_map(|row| inbox.row(row))
                .map(|row| row.id.clone())
                .collect(),
            selected: app.selected_index().and_then(|row| inbox.row(row)).map(|row| row.id.clone()),
            focus: Some(app.focus()),
            opened: app.opened().cloned(),
            mark: app.opened_id().and_then(|id| app.mark(id)),
            messages: thread.map_or_else(Vec::new, |thread| {
                thread.entries().iter().map(|entry| entry.message.clone()).collect()
            }),
            is_complete: thread.is_some_and(|thread| thread.older == Older::Complete),
            composer: app.composer().map(|composer| {
                (composer.conversation.clone(), composer.mode.clone(), composer.text())
            }),
            picker: match app.popup() {
                Some(Popup::Picker(picker)) if !picker.loading => {
                    Some(picker.items.iter().map(|item| item.label.clone()).collect())
                }
                _ => None,
            },
            notice: app.notice().map(|notice| notice.text.clone()).unwrap_or_default(),
            links: app.accounts().iter().map(|account| account.link.clone()).collect(),
            outbox: app.outbox().counts(),
        }
    }

    /// The open messages that say this.
    pub fn saying(&self, text: &str) -> Vec<&Message> {
        self.messages.iter().filter(|message| message.text.contains(text)).collect()
    }
}

/// A desk, the program that works on it, and the hands at its keyboard.
pub struct Stage {
    pub desk: Desk,
    pub seen: Rc<RefCell<Seen>>,
    capabilities: Vec<Capabilities>,
    look: Rc<RefCell<Look>>,
    news: Rc<Notify>,
    keys: Keys,
    sent: usize,
}

/// Nothing is to be called back, so nothing waits.
pub const NO_UNDO: &str = "[undo]\nemail = 0\nletter = 0\nportal = 0\nchat = 0\nwhatsapp = 0\n\
    facebook = 0\ninstagram = 0\ngoogle = 0\nsms = 0\ntelegram = 0\nphone = 0\napi = 0\nother = 0\n";

/// A calm desk of so many conversations.
pub fn calm(conversations: u32) -> Options {
    Options { conversations, ..Options::calm() }
}

/// Runs the program on a desk while `play` plays. `settings` go before the desk's accounts.
pub async fn on_desk<F: Future<Output = ()>>(
    options: &Options,
    settings: &str,
    play: impl FnOnce(Stage) -> F,
) {
    providers::http::prepare_tls();
    let desk = Desk::start(options).unwrap();
    let text = desk.config() + settings;
    let config = config::parse(Path::new("test"), &text, &Checks::none()).unwrap().config;
    let (sender, messages) = unbounded_channel();
    let providers = (0..).zip(&config.accounts);
    let providers: Vec<Arc<dyn Provider>> = providers
        .map(|(place, account)| providers::connect(AccountId(place), account).unwrap())
        .collect();
    let capabilities: Vec<Capabilities> =
        providers.iter().map(|provider| provider.capabilities()).collect();
    let folder = tempfile::tempdir().unwrap();
    let names = config.accounts.iter().map(|account| account.name.clone()).collect();
    let (store, _) = Store::open(folder.path(), names, reports(sender.clone())).unwrap();
    let mut performer = Performer::new(providers, store, sender);
    let accounts = config.accounts.iter().zip(capabilities.clone());
    let accounts = accounts
        .map(|(account, capabilities)| NewAccount { name: account.name.clone(), capabilities })
        .collect();
    let settings =
        Settings { mark_read: config.mark_read, undo: config.undo, zone: config.timezone };
    let clock = Clock::start();
    let keymap = Keymap::new(&config.key_overrides).unwrap();
    let mut app = App::new(accounts, keymap, settings, 7, clock.now());
    let look = Rc::new(RefCell::new(Look::default()));
    let news = Rc::new(Notify::new());
    let (mut front, keys, seen) = Script::new({
        let (look, news) = (Rc::clone(&look), Rc::clone(&news));
        move |app| {
            *look.borrow_mut() = Look::at(app);
            news.notify_one();
        }
    });
    let run = Run::new(&mut app, &mut front, &mut performer, messages, clock);
    let stage = Stage { desk, seen, capabilities, look, news, keys, sent: 0 };
    tokio::select! {
        ended = run.run() => panic!("the loop ended by itself: {ended:?}"),
        () = play(stage) => {}
    }
}

/// The account of a vendor: [`Desk::config`] has them in this order.
pub fn account(vendor: Vendor) -> AccountId {
    let place = Vendor::ALL.into_iter().position(|known| known == vendor).unwrap();
    AccountId(place.try_into().unwrap())
}

/// A conversation of the world as the program knows it.
pub fn id_of(key: Key) -> ConversationId {
    ConversationId { account: account(key.vendor), remote: u64::from(key.number).into() }
}

/// Whether a request changes something; some lists are asked for with POST.
fn is_write(entry: &Entry) -> bool {
    entry.method != "GET" && !entry.path.ends_with("/filter") && !entry.path.ends_with("/search")
}

impl Stage {
    /// Presses keys and waits until a frame knows of them.
    pub async fn press(&mut self, keys: &str) {
        self.sent += self.keys.press(keys);
        self.settle().await;
    }

    /// Types words, letter by letter; a line break is Enter.
    pub async fn type_in(&mut self, words: &str) {
        for letter in words.chars() {
            self.sent += match letter {
                '\n' => self.keys.press("Enter"),
                ' ' => self.keys.press("Space"),
                letter => self.keys.press(&letter.to_string()),
            };
        }
        self.settle().await;
    }

    /// Runs a line of the command line.
    pub async fn command(&mut self, line: &str) {
        self.type_in(&format!(":{line}\n")).await;
    }

    /// Pastes.
    pub async fn paste(&mut self, text: &str) {
        self.keys.send(Event::Paste(text.to_owned()));
        self.sent += 1;
        self.settle().await;
    }

    async fn settle(&self) {
        let sent = self.sent;
        self.until("the keys are painted", || self.seen.borrow().inputs >= sent).await;
    }

    /// The state behind the last frame.
    pub fn look(&self) -> std::cell::Ref<'_, Look> {
        self.look.borrow()
    }

    /// Whether a text stands on the screen.
    pub fn shows(&self, text: &str) -> bool {
        self.seen.borrow().text.contains(text)
    }

    /// Waits until something holds.
    pub async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            if begun.elapsed() > LIMIT {
                let outbox = self.look.borrow().outbox;
                panic!("waited in vain until {what}; {outbox:?}\n{}", self.seen.borrow().text);
            }
            // Out of patience is no error here: it only looks again.
            let _ = tokio::time::timeout(LOOK, self.news.notified()).await;
        }
    }

    /// Waits until something holds of the state behind a frame.
    pub async fn until_look(&self, what: &str, holds: impl Fn(&Look) -> bool) {
        self.until(what, || holds(&self.look.borrow())).await;
    }

    /// Lists everything there is and waits for these vendors' conversations.
    pub async fn list_all(&mut self, vendors: &[Vendor]) {
        self.press("ga").await;
        let wanted: Vec<(AccountId, usize)> = vendors
            .iter()
            .map(|vendor| (account(*vendor), self.desk.world().count(*vendor) as usize))
            .collect();
        let has_all = |look: &Look| {
            wanted.iter().all(|(account, count)| {
                look.rows.iter().filter(|row| row.account == *account).count() == *count
            })
        };
        let begun = Instant::now();
        while !has_all(&self.look.borrow()) {
            assert!(begun.elapsed() < LIMIT, "{}", self.seen.borrow().text);
            // The end of the list asks for the next pages.
            self.press("G").await;
            let _ = tokio::time::timeout(LOOK, self.news.notified()).await;
        }
    }

    /// Selects a row of the list and opens it.
    pub async fn open(&mut self, key: Key) {
        let id = id_of(key);
        if self.look().focus == Some(Pane::Thread) {
            self.press("Ctrl-w h").await;
        }
        loop {
            let (from, to) = {
                let look = self.look.borrow();
                let place = |id: &ConversationId| look.rows.iter().position(|row| row == id);
                let to = place(&id).unwrap_or_else(|| panic!("{key:?} is not in the list"));
                (look.selected.as_ref().and_then(place).unwrap_or_default(), to)
            };
            if self.look.borrow().selected.as_ref() == Some(&id) {
                break;
            }
            let step = if to > from { "j" } else { "k" };
            for _ in 0..from.abs_diff(to) {
                self.sent += self.keys.press(step);
            }
            self.settle().await;
        }
        self.press("Enter").await;
        self.until_look("the thread is read", |look| {
            look.opened.as_ref().is_some_and(|opened| opened.id == id) && !look.messages.is_empty()
        })
        .await;
    }

    /// The newest conversation of a vendor that fits.
    pub fn pick(&self, vendor: Vendor, fits: impl Fn(&world::Conversation) -> bool) -> Key {
        let world = self.desk.world();
        let all = world.newest(vendor, usize::MAX, |_| true);
        let hit = all
            .iter()
            .find(|brief| world.conversation(brief.key).is_some_and(|whole| fits(&whole)));
        hit.unwrap_or_else(|| panic!("{vendor:?} has no such conversation")).key
    }

    /// An ordinary open conversation that can be replied to.
    pub fn ordinary(&self, vendor: Vendor) -> Key {
        let now = self.desk.world().now();
        let recently = now.plus(-12 * HOUR);
        self.pick(vendor, |whole| {
            // voicebot's channels close a day after the customer's last message.
            whole.messages.iter().any(|message| message.is_incoming() && message.at > recently)
                && whole.oddity == world::Oddity::None
                && whole.status == world::Status::Open
                && whole.can_reply(now)
        })
    }

    /// A conversation as the desk has it now.
    pub fn held(&self, key: Key) -> world::Conversation {
        self.desk.world().conversation(key).unwrap()
    }

    /// Waits until nothing of the open conversation is pending. The desk must have the change by
    /// then, and the screen must show what the desk has.
    pub async fn confirmed(
        &self,
        key: Key,
        what: &str,
        holds: impl Fn(&world::Conversation) -> bool,
    ) {
        self.until_look(&format!("{what} is confirmed"), |look| look.mark.is_none()).await;
        let notice = self.look.borrow().notice.clone();
        assert!(holds(&self.held(key)), "{what}: the desk does not have it; the bar: {notice}");
    }

    /// What an account can do.
    pub fn can(&self, vendor: Vendor) -> &Capabilities {
        &self.capabilities[usize::from(account(vendor).0)]
    }

    /// The requests that changed something at a vendor, in the order in which they ended.
    pub fn writes(&self, vendor: Vendor) -> Vec<Entry> {
        let mut entries = self.desk.log().entries();
        entries.retain(|entry| entry.vendor == vendor && is_write(entry));
        entries
    }
}
