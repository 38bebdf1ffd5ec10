//! The loop with scripted input, vendors made of code, and time that stands still: what a hanging
//! vendor, a burst and an idle hour cost.
// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use ttydesk::app::keymap::Keymap;
use ttydesk::app::msg::Msg;
use ttydesk::app::{App, NewAccount, Settings};
use ttydesk::config::{self, Credential, MarkRead, Secret, TokenSource, UndoWindows};
use ttydesk::model::*;
use ttydesk::providers::{self, Provider};
use ttydesk::shell::perform::{Performer, reports};
use ttydesk::shell::run::{Clock, Run};
use ttydesk::store::Store;
use ttydesk::text::clean;

use support::{Keys, Script, Seen};

/// How a vendor of a test behaves.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Answers every list with the same hundred conversations.
    Prompt,
    /// Never answers.
    Hanging,
    /// Panics.
    Faulty,
}

struct Vendor {
    capabilities: Capabilities,
    account: AccountId,
    manner: Manner,
    asked: Arc<AtomicUsize>,
}

impl Vendor {
    fn answer(&self, ask: &Ask) -> Vec<Delta> {
        let mut deltas = Vec::new();
        match ask {
            Ask::List { .. } => {
                deltas.extend((1..=100).map(|number| {
                    Delta::Conversation(Box::new(conversation(self.account, number)))
                }))
            }
            Ask::Thread { id, .. } => deltas.extend((1..=30).map(|number| {
                let author = Author { side: Side::Customer, id: None, name: clean("Ana") };
                let at = "2026-03-25T09:00:00Z".parse().unwrap();
                let mut message = Message::new(number.into(), id.clone(), at, author);
                message.text = clean("The chain makes a noise since Monday, and it gets worse.");
                Delta::Message(Box::new(message))
            })),
            _ => {}
        }
        deltas.push(Delta::More { next: None, total: None });
        deltas
    }
}

fn conversation(account: AccountId, number: u64) -> ConversationNews {
    let mut news = ConversationNews::new(ConversationId { account, remote: number.into() });
    let name = format!("Customer {number}");
    news.contact = Some(Contact { id: None, name: clean(&name), handle: clean("") });
    news.last_activity =
        Some(jiff::Timestamp::from_second(1_774_000_000 - number as i64 * 60).ok());
    news.snippet =
        Some(clean("The chain makes a noise since Monday, and it gets worse every day."));
    news
}

impl Provider for Vendor {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match self.manner {
                Manner::Prompt => Ok(self.answer(&ask)),
                Manner::Hanging => std::future::pending().await,
                Manner::Faulty => panic!("a fault in an adapter"),
            }
        })
    }

    fn apply(
        &self,
        _: ConversationId,
        _: Action,
        _: OpKey,
    ) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

struct Stage {
    keys: Keys,
    messages: UnboundedSender<Msg>,
    seen: Rc<RefCell<Seen>>,
    asked: Arc<AtomicUsize>,
    capabilities: Capabilities,
}

impl Stage {
    fn key(&self, key: &str) {
        self.keys.press(key);
    }

    /// Presses a key and tells how many bytes the screen needed for it.
    async fn bytes_of(&self, key: &str) -> usize {
        let before = self.frames();
        self.key(key);
        rest(Duration::from_millis(50)).await;
        self.seen.borrow().frames[before..].iter().map(Vec::len).sum()
    }

    fn frames(&self) -> usize {
        self.seen.borrow().frames.len()
    }

    fn shows(&self, text: &str) -> bool {
        self.seen.borrow().text.contains(text)
    }
}

/// Lets everything that is due happen.
async fn rest(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Runs the loop on one account per manner while `play` plays.
async fn on_stage<F: Future<Output = ()>>(manners: &[Manner], play: impl FnOnce(Stage) -> F) {
    providers::http::prepare_tls();
    let asked = Arc::new(AtomicUsize::new(0));
    let config = config::Account {
        name: "acme".into(),
        vendor: ttydesk::model::Vendor::Chatwoot,
        url: "http://127.0.0.1:9".into(),
        account_id: Some(1),
        credential: Credential::Token(TokenSource::Plain(Secret::new("token"))),
        timezone: jiff::tz::TimeZone::UTC,
    };
    let capabilities = providers::connect(AccountId(0), &config).unwrap().capabilities();
    let vendors: Vec<Arc<dyn Provider>> = (0..)
        .zip(manners)
        .map(|(place, manner)| -> Arc<dyn Provider> {
            Arc::new(Vendor {
                capabilities: capabilities.clone(),
                account: AccountId(place),
                manner: *manner,
                asked: Arc::clone(&asked),
            })
        })
        .collect();
    let accounts = (0..manners.len())
        .map(|place| NewAccount {
            name: format!("acme{place}"),
            capabilities: capabilities.clone(),
        })
        .collect();
    let (messages, inbox) = unbounded_channel();
    let clock = Clock::start_at("2026-03-25T10:00:00Z".parse().unwrap());
    let settings = Settings {
        mark_read: MarkRead::Never,
        undo: UndoWindows::default(),
        zone: jiff::tz::TimeZone::UTC,
    };
    let mut app = App::new(accounts, Keymap::new(&[]).unwrap(), settings, 7, clock.now());
    let (mut front, keys, seen) = Script::new(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let names = (0..manners.len()).map(|place| format!("acme{place}")).collect();
    let (store, _) = Store::open(folder.path(), names, reports(messages.clone())).unwrap();
    let mut performer = Performer::new(vendors, store, messages.clone());
    let run = Run::new(&mut app, &mut front, &mut performer, inbox, clock);
    let stage = Stage { keys, messages, seen, asked, capabilities };
    tokio::select! {
        ended = run.run() => panic!("the loop ended by itself: {ended:?}"),
        () = play(stage) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_painted_at_once_while_a_vendor_hangs() {
    on_stage(&[Manner::Hanging, Manner::Prompt], async |stage| {
        rest(Duration::from_secs(2)).await;
        assert!(stage.shows("Customer 1"));
        let before = tokio::time::Instant::now();
        assert!(!stage.shows("Move down"));
        stage.key("?");
        while !stage.shows("Move down") {
            tokio::task::yield_now().await;
        }
        assert_eq!(before.elapsed(), Duration::ZERO, "the key waited for time to pass");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_panics_costs_nothing_but_its_own_answer() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    on_stage(&[Manner::Faulty, Manner::Prompt], async |stage| {
        rest(Duration::from_secs(2)).await;
        assert!(stage.shows("Customer 1"));
    })
    .await;
    std::panic::set_hook(hook);
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_10000_messages_costs_few_frames() {
    on_stage(&[Manner::Prompt], async |stage| {
        rest(Duration::from_secs(2)).await;
        let before = stage.frames();
        for number in 0..10_000 {
            let news = Delta::Conversation(Box::new(conversation(AccountId(0), number)));
            let result = Ok(vec![news]);
            let capabilities = Box::new(stage.capabilities.clone());
            let (account, job) = (AccountId(0), JobId(1_000_000 + number));
            stage.messages.send(Msg::Answer { account, job, capabilities, result }).unwrap();
            stage.messages.send(Msg::TaskPanicked(format!("event {number}"))).unwrap();
        }
        rest(Duration::from_secs(1)).await;
        assert!(stage.shows("event 9999"), "the last state is on the screen");
        let frames = stage.frames() - before;
        assert!(frames <= 20, "{frames} frames");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_hour_paints_nothing_and_asks_only_what_is_due() {
    on_stage(&[Manner::Prompt], async |stage| {
        rest(Duration::from_secs(60)).await;
        let (frames, asked) = (stage.frames(), stage.asked.load(Ordering::SeqCst));
        rest(Duration::from_secs(3600)).await;
        assert_eq!(stage.frames(), frames);
        let polls = stage.asked.load(Ordering::SeqCst) - asked;
        let due = 3600 / stage.capabilities.poll.list as usize;
        assert!(polls <= due * 4 / 3, "{polls} requests in an idle hour; {due} are due");
    })
    .await;
}

fn median(mut bytes: Vec<usize>) -> usize {
    bytes.sort_unstable();
    bytes[bytes.len() / 2]
}

#[tokio::test(start_paused = true)]
async fn a_cursor_move_costs_at_most_190_bytes() {
    on_stage(&[Manner::Prompt], async |stage| {
        rest(Duration::from_secs(2)).await;
        let mut bytes = Vec::new();
        for _ in 0..90 {
            bytes.push(stage.bytes_of("j").await);
        }
        assert!(bytes.iter().all(|bytes| *bytes > 0));
        let median = median(bytes);
        assert!(median <= 190, "{median} bytes");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_letter_costs_at_most_64_bytes() {
    on_stage(&[Manner::Prompt], async |stage| {
        rest(Duration::from_secs(2)).await;
        stage.key("r");
        rest(Duration::from_secs(1)).await;
        let mut bytes = Vec::new();
        for letter in "The chain is new, please come by on Monday and we look at it".chars() {
            let key = if letter == ' ' { "Space".to_owned() } else { letter.to_string() };
            bytes.push(stage.bytes_of(&key).await);
        }
        let median = median(bytes);
        assert!(median <= 64, "{median} bytes");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn three_hundred_keys_at_once_end_at_the_right_row_in_few_frames() {
    on_stage(&[Manner::Prompt], async |stage| {
        rest(Duration::from_secs(2)).await;
        let before = stage.frames();
        for _ in 0..300 {
            stage.key("j");
        }
        for _ in 0..60 {
            stage.key("k");
        }
        rest(Duration::from_secs(1)).await;
        let frames = stage.frames() - before;
        assert!(frames <= 6, "{frames} frames");
        assert!(stage.shows("▌"), "the selection is on the screen");
        stage.key("Enter");
        rest(Duration::from_secs(1)).await;
        assert!(stage.shows("acme0:40") || stage.shows("Customer 40"));
    })
    .await;
}
