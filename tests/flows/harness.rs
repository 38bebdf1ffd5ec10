//! An app without a world: the story plays keyboard, clock and vendors.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};
use ttydesk::app::composer::{Draft, Mode};
use ttydesk::app::keep::{Job, Kept, KeptDraft};
use ttydesk::app::keymap::Keymap;
use ttydesk::app::msg::{Effect, Laid, Msg, Now};
use ttydesk::app::outbox::Op;
use ttydesk::app::{App, NewAccount, Settings};
use ttydesk::config::{self, Credential, MarkRead, Secret, TokenSource, UndoWindows};
use ttydesk::model::*;
use ttydesk::providers;
use ttydesk::text::clean;

/// Which account of a story is whose.
pub const CHATWOOT: AccountId = AccountId(0);
pub const ENNEO: AccountId = AccountId(1);
pub const VOICEBOT: AccountId = AccountId(2);
pub const PARTOO: AccountId = AccountId(3);

pub struct Story {
    pub app: App,
    pub now: Now,
    capabilities: Vec<Capabilities>,
    /// Questions that were asked and not answered yet.
    pub asks: Vec<(AccountId, JobId, Ask)>,
    /// Operations that were sent and have not come back yet.
    pub sends: Vec<(OpId, ConversationId, Action, OpKey)>,
    /// What a perfect disk holds now.
    pub disk: Disk,
    /// Whether the disk takes anything; if not, why.
    pub disk_refuses: Option<&'static str>,
    /// Everything else that was asked for.
    pub others: Vec<Effect>,
}

/// What the real adapters say that they can do.
fn capabilities() -> Vec<Capabilities> {
    providers::http::prepare_tls();
    Vendor::ALL
        .into_iter()
        .enumerate()
        .map(|(place, vendor)| {
            let config = config::Account {
                name: vendor.word().into(),
                vendor,
                url: "http://127.0.0.1:9".into(),
                account_id: Some(1),
                credential: Credential::Token(TokenSource::Plain(Secret::new("token"))),
                timezone: jiff::tz::TimeZone::UTC,
            };
            let account = AccountId(u16::try_from(place).unwrap());
            providers::connect(account, &config).unwrap().capabilities()
        })
        .collect()
}

impl Story {
    /// Four accounts, one per vendor, that were not spoken to yet.
    pub fn untold() -> Self {
        Self::after(Disk::default())
    }

    /// A new run after an earlier one left this on disk.
    pub fn after(disk: Disk) -> Self {
        let capabilities = capabilities();
        let accounts = capabilities
            .iter()
            .map(|capabilities| NewAccount {
                name: capabilities.vendor.word().into(),
                capabilities: capabilities.clone(),
            })
            .collect();
        let now =
            Now { wall: "2026-03-25T10:00:00Z".parse().unwrap(), mono: Duration::from_secs(1) };
        let settings = Settings {
            mark_read: MarkRead::OnReply,
            undo: UndoWindows::default(),
            zone: jiff::tz::TimeZone::UTC,
        };
        let mut app = App::new(accounts, Keymap::new(&[]).unwrap(), settings, 7, now);
        app.restore(disk.kept());
        let mut story = Self {
            app,
            now,
            capabilities,
            asks: Vec::new(),
            sends: Vec::new(),
            disk,
            disk_refuses: None,
            others: Vec::new(),
        };
        let effects = story.app.start();
        story.file(effects);
        story.tell(Msg::Laid(Laid {
            list_rows: 20,
            thread_rows: 20,
            thread_most: 0,
            ..Laid::default()
        }));
        story
    }

    /// Every first question is answered: an empty inbox, and who "me" is.
    pub fn quiet() -> Self {
        let mut story = Self::untold();
        while let Some((account, job, ask)) = story.asks.pop() {
            let deltas = match ask {
                Ask::Me if account != VOICEBOT => vec![Delta::Me(person(1, "Mia"))],
                _ => vec![Delta::More { next: None, total: None }],
            };
            story.answer_job(account, job, Ok(deltas));
        }
        story
    }

    /// A quiet inbox with these conversations in it.
    pub fn with(conversations: Vec<ConversationNews>) -> Self {
        let mut story = Self::quiet();
        for news in conversations {
            story.news(vec![Delta::Conversation(Box::new(news))]);
        }
        story
    }

    fn file(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Store { batch, jobs } => {
                    let result = match self.disk_refuses {
                        Some(why) => Err(why.to_owned()),
                        None => {
                            self.disk.keep(jobs);
                            Ok(())
                        }
                    };
                    self.tell(Msg::Stored { batch, result });
                }
                Effect::Ask { account, job, ask } => self.asks.push((account, job, ask)),
                Effect::Send { op, conversation, action, key } => {
                    self.sends.push((op, conversation, action, key));
                }
                other => self.others.push(other),
            }
        }
    }

    pub fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(msg, self.now);
        self.file(effects);
    }

    /// Presses keys: `jj`, or `<Esc>`, `<Alt-Enter>` for keys with a name.
    pub fn keys(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let event = match rest.strip_prefix('<').and_then(|named| named.split_once('>')) {
                Some((name, after)) => {
                    rest = after;
                    named(name)
                }
                None => {
                    rest = &rest[first.len_utf8()..];
                    KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE)
                }
            };
            self.tell(Msg::Key(event));
        }
    }

    /// Types a command line.
    pub fn command(&mut self, line: &str) {
        let open = match self.app.key_context() {
            ttydesk::app::keymap::Context::Composer => "<Ctrl-x>:",
            _ => ":",
        };
        self.keys(open);
        self.tell(Msg::Paste(line.into()));
        self.keys("<Enter>");
    }

    /// Lets time pass, waking the app at each of its deadlines.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.mono + time;
        for _ in 0..10_000 {
            let next = self.app.deadline().filter(|at| *at <= end);
            self.set_clock(next.unwrap_or(end).max(self.now.mono));
            self.tell(Msg::Tick);
            if next.is_none() {
                return;
            }
            if self.app.deadline() == next {
                panic!("the app wakes up for nothing at {next:?}");
            }
        }
        panic!("the app never comes to rest");
    }

    fn set_clock(&mut self, mono: Duration) {
        let step = mono - self.now.mono;
        self.now.wall = self.now.wall.checked_add(SignedDuration::try_from(step).unwrap()).unwrap();
        self.now.mono = mono;
    }

    pub fn answer_job(
        &mut self,
        account: AccountId,
        job: JobId,
        result: Result<Vec<Delta>, Failure>,
    ) {
        let capabilities = Box::new(self.capabilities[usize::from(account.0)].clone());
        self.tell(Msg::Answer { account, job, capabilities, result });
    }

    /// Answers the oldest open question that fits.
    pub fn answer(
        &mut self,
        fits: impl Fn(AccountId, &Ask) -> bool,
        result: Result<Vec<Delta>, Failure>,
    ) {
        let place = self
            .asks
            .iter()
            .position(|(account, _, ask)| fits(*account, ask))
            .unwrap_or_else(|| panic!("nobody asked; asked was {:?}", self.asks));
        let (account, job, _) = self.asks.remove(place);
        self.answer_job(account, job, result);
    }

    pub fn is_asked(&self, fits: impl Fn(AccountId, &Ask) -> bool) -> bool {
        self.asks.iter().any(|(account, _, ask)| fits(*account, ask))
    }

    /// Brings news in as an answer to a question asked now.
    pub fn news(&mut self, deltas: Vec<Delta>) {
        let account = deltas
            .iter()
            .find_map(|delta| match delta {
                Delta::Conversation(news) => Some(news.id.account),
                Delta::Message(message) => Some(message.conversation.account),
                _ => None,
            })
            .unwrap();
        let is_its_list = |asked, ask: &Ask| asked == account && matches!(ask, Ask::List { .. });
        let nothing = || Ok(vec![Delta::More { next: None, total: None }]);
        while self.is_asked(is_its_list) {
            self.answer(is_its_list, nothing());
        }
        self.command("refresh");
        self.tell(Msg::Tick);
        let mut deltas = deltas;
        deltas.push(Delta::More { next: None, total: None });
        self.answer(is_its_list, Ok(deltas));
    }

    /// The only operation on its way comes back.
    pub fn done(&mut self, result: Result<Vec<Delta>, Failure>) {
        let (op, conversation, ..) = self.sends.remove(0);
        let capabilities = Box::new(self.capabilities[usize::from(conversation.account.0)].clone());
        self.tell(Msg::Done { op, capabilities, result });
    }

    pub fn notice(&self) -> String {
        self.app.notice().map(|notice| notice.text.clone()).unwrap_or_default()
    }

    pub fn names(&self) -> Vec<String> {
        (0..self.app.inbox().len())
            .filter_map(|row| self.app.inbox().row(row))
            .map(|conversation| conversation.contact.shown().to_owned())
            .collect()
    }

    pub fn selected(&self) -> String {
        self.app
            .selected_index()
            .and_then(|row| self.app.inbox().row(row))
            .map(|conversation| conversation.contact.shown().to_owned())
            .unwrap_or_default()
    }

    pub fn status(&self, id: &ConversationId) -> Status {
        self.app.inbox().get(id).unwrap().status.clone()
    }
}

/// What a disk holds: the model of the real store, which has tests of its own.
#[derive(Clone, Default)]
pub struct Disk {
    pub drafts: Vec<(ConversationId, Mode, Draft, Option<OpKey>)>,
    pub ops: Vec<(Op, Timestamp)>,
}

impl Disk {
    fn keep(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            match job {
                Job::PutDraft { conversation, mode, draft, op } => {
                    self.drafts
                        .retain(|held| (&held.0, &held.1, &held.3) != (&conversation, &mode, &op));
                    self.drafts.push((conversation, mode, *draft, op));
                }
                Job::DropDraft { conversation, mode } => self
                    .drafts
                    .retain(|held| (&held.0, &held.1, &held.3) != (&conversation, &mode, &None)),
                Job::PutOp { op, due } => {
                    self.ops.retain(|(held, _)| held.key != op.key);
                    self.ops.push((*op, due));
                }
                Job::DropOp(key) => {
                    self.ops.retain(|(held, _)| held.key != key);
                    self.drafts.retain(|held| held.3.as_ref() != Some(&key));
                }
            }
        }
    }

    fn kept(&self) -> Kept {
        let drafts = self.drafts.iter().filter(|held| held.3.is_none());
        let drafts = drafts.map(|(conversation, mode, draft, _)| KeptDraft {
            conversation: conversation.clone(),
            mode: mode.clone(),
            draft: draft.clone(),
        });
        Kept { drafts: drafts.collect(), ops: self.ops.clone(), notes: Vec::new() }
    }

    /// The texts that come back as drafts.
    pub fn texts(&self) -> Vec<&str> {
        let free = self.drafts.iter().filter(|held| held.3.is_none());
        free.map(|(_, _, draft, _)| draft.text.as_str()).collect()
    }
}

fn named(name: &str) -> KeyEvent {
    let (modifiers, key) = if let Some(key) = name.strip_prefix("Alt-") {
        (KeyModifiers::ALT, key)
    } else if let Some(key) = name.strip_prefix("Ctrl-") {
        (KeyModifiers::CONTROL, key)
    } else {
        (KeyModifiers::NONE, name)
    };
    let code = match key {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Backspace" => KeyCode::Backspace,
        "Down" => KeyCode::Down,
        key => KeyCode::Char(key.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

pub fn id(account: AccountId, number: u64) -> ConversationId {
    ConversationId { account, remote: number.into() }
}

pub fn person(number: u64, name: &str) -> Person {
    Person { id: number.into(), name: clean(name) }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An open conversation of a customer, last active at this minute past nine.
pub fn conversation(account: AccountId, number: u64, name: &str, minute: u32) -> ConversationNews {
    let mut news = ConversationNews::new(id(account, number));
    news.contact = Some(Contact { id: None, name: clean(name), handle: clean("") });
    news.status = Some(Status::Open);
    news.last_activity = Some(Some(at(&format!("2026-03-25T09:{minute:02}:00Z"))));
    news.snippet = Some(clean("Where is my order?"));
    news
}

pub fn message(conversation: ConversationId, number: u64, side: Side, text: &str) -> Message {
    let author = Author { side, id: None, name: clean("") };
    let when = at("2026-03-25T09:30:00Z")
        .checked_add(SignedDuration::from_secs(i64::try_from(number).unwrap()))
        .unwrap();
    let mut message = Message::new(number.into(), conversation, when, author);
    message.text = clean(text);
    message
}

pub fn failure(outcome: Outcome, trouble: Trouble) -> Failure {
    Failure::new(outcome, trouble, "It broke.")
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn is_thread(_: AccountId, ask: &Ask) -> bool {
    matches!(ask, Ask::Thread { .. })
}

pub fn is_conversation(_: AccountId, ask: &Ask) -> bool {
    matches!(ask, Ask::Conversation(_))
}

pub fn is_list(_: AccountId, ask: &Ask) -> bool {
    matches!(ask, Ask::List { .. })
}
