//! A made-up desk for drawing: an app with two accounts that were answered, at a fixed moment.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::{Position, Rect};
use ratatui::{Terminal, TerminalOptions, Viewport};
use ttydesk::app::keymap::Keymap;
use ttydesk::app::msg::{Effect, Laid, Msg, Now};
use ttydesk::app::{App, NewAccount, Settings};
use ttydesk::config::{MarkRead, UndoWindows};
use ttydesk::model::*;
use ttydesk::text::{clean, width};
use ttydesk::ui::theme::Theme;
use ttydesk::ui::{View, draw};

/// The moment at which everything happens: a Friday, 14:30 in the zone of the tests.
const NOW: &str = "2025-11-21T13:30:00Z";

/// An app, what drawing remembers, and a vendor that answers everything.
pub struct Desk {
    pub app: App,
    pub view: View,
    now: Now,
    conversations: Vec<Conversation>,
    messages: Vec<Message>,
    /// Failure with which an account answers everything.
    pub down: Option<(AccountId, Failure)>,
    /// Whether operations stay unanswered.
    pub silent: bool,
    /// Whether questions stay unanswered.
    pub mute: bool,
}

impl Desk {
    /// A desk on which everything that was asked at the start was answered.
    pub fn new() -> Self {
        Self::with(conversations(), messages())
    }

    pub fn with(conversations: Vec<Conversation>, messages: Vec<Message>) -> Self {
        let mut desk = Self::unanswered(conversations, messages);
        desk.start();
        // Accounts answer in any order; the agent begins at the top.
        desk.press("gg");
        desk
    }

    /// A desk on which nothing was answered yet.
    pub fn unanswered(conversations: Vec<Conversation>, messages: Vec<Message>) -> Self {
        let accounts = vec![("acme", Vendor::Chatwoot), ("beta", Vendor::Enneo)];
        Self::over(accounts, conversations, messages)
    }

    /// A desk without any account.
    pub fn bare() -> Self {
        Self::over(Vec::new(), Vec::new(), Vec::new())
    }

    fn over(
        accounts: Vec<(&str, Vendor)>,
        conversations: Vec<Conversation>,
        messages: Vec<Message>,
    ) -> Self {
        let account = |(name, vendor): (&str, Vendor)| NewAccount {
            name: name.into(),
            capabilities: capabilities(vendor),
        };
        let now = Now { wall: NOW.parse().unwrap(), mono: Duration::from_secs(60) };
        let accounts = accounts.into_iter().map(account).collect();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let keymap = Keymap::new(&[]).unwrap();
        let settings =
            Settings { mark_read: MarkRead::OnReply, undo: UndoWindows::default(), zone };
        let app = App::new(accounts, keymap, settings, 7, now);
        let view = View::new(Theme::builtin("dark").unwrap());
        Self { app, view, now, conversations, messages, down: None, silent: false, mute: false }
    }

    /// The first questions of a run.
    pub fn start(&mut self) {
        let effects = self.app.start();
        self.carry_out(effects);
    }

    /// Tells the app something and answers whatever it asks in turn.
    pub fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(msg, self.now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, mut effects: Vec<Effect>) {
        while let Some(effect) = effects.pop() {
            if let Some(answer) = self.answer(effect) {
                effects.extend(self.app.update(answer, self.now));
            }
        }
    }

    /// Time passes.
    pub fn pass(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.wall = self.now.wall.checked_add(time).unwrap();
        self.tell(Msg::Tick);
    }

    /// Presses keys, written as in the keymap, one sequence after the other.
    pub fn press(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            let (modifiers, rest) = match word.split_once('-') {
                Some(("Ctrl", rest)) => (KeyModifiers::CONTROL, rest),
                Some(("Alt", rest)) => (KeyModifiers::ALT, rest),
                _ => (KeyModifiers::NONE, word),
            };
            let codes: Vec<KeyCode> = match rest {
                "Enter" => vec![KeyCode::Enter],
                "Esc" => vec![KeyCode::Esc],
                letters => letters.chars().map(KeyCode::Char).collect(),
            };
            for code in codes {
                self.tell(Msg::Key(KeyEvent::new(code, modifiers)));
            }
        }
    }

    /// Types a text letter by letter.
    pub fn write(&mut self, text: &str) {
        for letter in text.chars() {
            self.tell(Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
        }
    }

    /// A message comes in.
    pub fn receive(&mut self, message: Message) {
        self.messages.push(message);
        self.press("R");
    }

    fn answer(&self, effect: Effect) -> Option<Msg> {
        match effect {
            Effect::Ask { account, job, ask } if !self.mute => {
                let down = self.down.as_ref().filter(|(down, _)| *down == account);
                let result = match down {
                    Some((_, failure)) => Err(failure.clone()),
                    None => Ok(self.news(account, &ask)),
                };
                let vendor = if account.0 == 0 { Vendor::Chatwoot } else { Vendor::Enneo };
                let capabilities = Box::new(capabilities(vendor));
                Some(Msg::Answer { account, job, capabilities, result })
            }
            Effect::Store { batch, .. } => Some(Msg::Stored { batch, result: Ok(()) }),
            Effect::Send { op, conversation, .. } if !self.silent => {
                let vendor =
                    if conversation.account.0 == 0 { Vendor::Chatwoot } else { Vendor::Enneo };
                let failure =
                    Failure::new(Outcome::Refused, Trouble::Rejected, "The number is unknown.");
                Some(Msg::Done {
                    op,
                    capabilities: Box::new(capabilities(vendor)),
                    result: Err(failure),
                })
            }
            _ => None,
        }
    }

    fn news(&self, account: AccountId, ask: &Ask) -> Vec<Delta> {
        let more = Delta::More { next: None, total: None };
        match ask {
            Ask::List { .. } => {
                let own = self.conversations.iter().filter(|held| held.id.account == account);
                own.map(|held| Delta::Conversation(Box::new(news(held)))).chain([more]).collect()
            }
            Ask::Conversation(id) => self
                .conversations
                .iter()
                .filter(|held| held.id == *id)
                .map(|held| Delta::Conversation(Box::new(news(held))))
                .collect(),
            Ask::Thread { id, .. } => {
                let own = self.messages.iter().filter(|message| message.conversation == *id);
                own.map(|message| Delta::Message(Box::new(message.clone()))).chain([more]).collect()
            }
            Ask::Me => vec![Delta::Me(person(1, "Tom Becker"))],
            Ask::People => {
                Delta::People(vec![person(1, "Tom Becker"), person(2, "Mia Okafor")]).into_list()
            }
            Ask::Teams => Delta::Teams(vec![person(9, "Billing")]).into_list(),
            Ask::Labels => Delta::Labels(vec![label("refund"), label("vip")]).into_list(),
            Ask::Canned => Delta::Canned(Vec::new()).into_list(),
        }
    }

    /// What a terminal is sent for the first frame and the frame after each of these steps.
    pub fn sent(&mut self, steps: usize, mut step: impl FnMut(&mut Self)) -> Vec<Vec<u8>> {
        let sent = Sent::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 200, 50));
        let options = TerminalOptions { viewport };
        let backend = CrosstermBackend::new(sent.clone());
        let mut terminal = Terminal::with_options(backend, options).unwrap();
        let mut frames = Vec::new();
        for number in 0..=steps {
            if number > 0 {
                step(self);
            }
            let mut laid = Laid::default();
            terminal.draw(|frame| laid = draw(frame, &self.app, &mut self.view)).unwrap();
            self.tell(Msg::Laid(laid));
            frames.push(sent.0.take());
        }
        frames
    }

    /// The median of how many bytes a terminal is sent after each of these steps.
    pub fn bytes(&mut self, steps: usize, step: impl FnMut(&mut Self)) -> usize {
        let frames = self.sent(steps, step).split_off(1);
        let mut counts: Vec<usize> = frames.iter().map(Vec::len).collect();
        counts.sort_unstable();
        counts[counts.len() / 2]
    }

    /// Draws a frame; the app is told how it was laid out, as the event loop does.
    pub fn draw(&mut self, width: u16, height: u16) -> (Screen, Laid) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut laid = Laid::default();
        terminal.draw(|frame| laid = draw(frame, &self.app, &mut self.view)).unwrap();
        self.tell(Msg::Laid(laid.clone()));
        let cursor =
            terminal.backend().cursor_visible().then(|| terminal.get_cursor_position().unwrap());
        (Screen { terminal, cursor }, laid)
    }

    /// Draws until nothing moves any more, and returns the text of the screen.
    pub fn screen(&mut self, width: u16, height: u16) -> String {
        self.draw(width, height);
        self.draw(width, height).0.text()
    }
}

/// Keeps what a terminal would be sent.
#[derive(Clone, Default)]
struct Sent(Rc<RefCell<Vec<u8>>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What was drawn.
pub struct Screen {
    terminal: Terminal<TestBackend>,
    /// Where the cursor is shown.
    pub cursor: Option<Position>,
}

impl Screen {
    /// The text of the screen, without blanks at the ends of rows.
    pub fn text(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let area = buffer.area;
        let mut out = String::new();
        for y in area.top()..area.bottom() {
            let mut row = String::new();
            let mut x = area.left();
            while x < area.right() {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                x += u16::try_from(width(symbol)).unwrap().max(1);
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }
}

trait IntoList {
    fn into_list(self) -> Vec<Delta>;
}

impl IntoList for Delta {
    fn into_list(self) -> Vec<Delta> {
        vec![self]
    }
}

fn capabilities(vendor: Vendor) -> Capabilities {
    let is_enneo = vendor == Vendor::Enneo;
    let unless = |no: bool, why| if no { Support::no(why) } else { Support::Yes };
    Capabilities {
        vendor,
        folders: vec![Folder::Recent],
        statuses: vec![
            (Status::Open, "open"),
            (Status::Pending, "pending"),
            (Status::Resolved, "resolved"),
        ],
        reply: Support::Yes,
        server_drafts: unless(!is_enneo, "Chatwoot keeps no drafts."),
        notes: Support::Yes,
        edit_notes: Support::Yes,
        snooze: unless(is_enneo, "enneo cannot snooze."),
        assign: Support::Yes,
        teams: unless(is_enneo, "enneo has no teams."),
        priority: Support::Yes,
        clear_priority: Support::Yes,
        labels: Support::Yes,
        sla: Support::Yes,
        mark_read: Support::Yes,
        mark_unread: Support::Yes,
        retry: Support::Yes,
        store: Support::Yes,
        attachments: Support::Yes,
        canned: Support::Yes,
        max_text: None,
        poll: PollEvery { list: 30, thread: 10 },
    }
}

fn person(id: u64, name: &str) -> Person {
    Person { id: RemoteId::Number(id), name: clean(name) }
}

fn label(title: &str) -> Label {
    Label { id: RemoteId::new(title), title: clean(title) }
}

pub fn id(account: u16, number: u64) -> ConversationId {
    ConversationId { account: AccountId(account), remote: RemoteId::Number(number) }
}

fn ago(minutes: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    now.checked_sub(SignedDuration::from_mins(minutes)).unwrap()
}

/// A conversation that is told by what differs from a plain one.
pub fn conversation(account: u16, number: u64, name: &str, minutes: i64) -> Conversation {
    let mut held = Conversation::new(id(account, number));
    held.contact.name = clean(name);
    held.last_activity = Some(ago(minutes));
    held.snippet = clean("Hello, is anybody there?");
    held
}

/// The whole of a conversation as news.
fn news(held: &Conversation) -> ConversationNews {
    let held = held.clone();
    ConversationNews {
        contact: Some(held.contact),
        subject: Some(held.subject),
        channel: Some(held.channel),
        inbox: Some(held.inbox),
        status: Some(held.status),
        priority: Some(held.priority),
        assignee: Some(held.assignee),
        team: Some(held.team),
        labels: Some(held.labels),
        unread: Some(held.unread),
        last_activity: Some(held.last_activity),
        waiting_since: Some(held.waiting_since),
        snoozed_until: Some(held.snoozed_until),
        due: Some(held.due),
        snippet: Some(held.snippet),
        snippet_is_ours: Some(held.snippet_is_ours),
        reply_window: Some(held.reply_window),
        draft_waiting: Some(held.draft_waiting),
        recipients: Some(held.recipients),
        viewers: Some(held.viewers),
        ..ConversationNews::new(held.id)
    }
}

pub fn conversations() -> Vec<Conversation> {
    let mut ana = conversation(0, 1, "Ana Müller", 2);
    ana.channel = Channel::WhatsApp;
    ana.snippet = clean("I still have not received my parcel, and the tracking page says …");
    ana.unread = 3;
    ana.priority = Some(Priority::Urgent);
    ana.reply_window = ReplyWindow::Until(ago(-190));
    ana.labels = vec![label("vip"), label("refund")];
    ana.contact.handle = clean("+49 151 2345678");
    ana.viewers = vec![clean("Mia Okafor")];
    let mut mail = conversation(1, 2, "山田 太郎", 25);
    mail.channel = Channel::Email;
    mail.subject = Some(clean("返品について"));
    mail.snippet = clean(
        "お世話になっております。先日購入した商品ですが、サイズが合わないため返品したいです。",
    );
    mail.assignee = Some(person(1, "Tom Becker"));
    mail.draft_waiting = true;
    mail.recipients.to = vec![clean("yamada@example.jp")];
    mail.recipients.cc = vec![clean("office@example.jp")];
    let mut snoozed = conversation(0, 3, "Snoozed Person", 60);
    snoozed.status = Status::Snoozed;
    snoozed.snoozed_until = Some(ago(-600));
    let mut evil = conversation(0, 4, "Mallory \x1b[31m\u{202e}lla\u{202c}", 90);
    evil.snippet = clean("\x1b]0;owned\x07 👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} hi");
    evil.unread = 12;
    let mut arabic = conversation(0, 5, "ليلى حداد", 60 * 30);
    arabic.channel = Channel::Instagram;
    arabic.snippet = clean("مرحبا، أين طلبي؟");
    arabic.assignee = Some(person(2, "Mia Okafor"));
    let mut pending = conversation(1, 6, "Bernard Lefèvre-Duchâteau de la Tour", 60 * 24 * 9);
    pending.channel = Channel::Other(clean("carrier pigeon"));
    pending.status = Status::Pending;
    pending.priority = Some(Priority::Low);
    pending.snippet_is_ours = true;
    pending.snippet = clean("We will come back to you.");
    let mut old = conversation(0, 7, "", 60 * 24 * 500);
    old.contact.handle = clean("old@example.com");
    old.channel = Channel::Email;
    old.subject = Some(clean("An old question that was never answered"));
    let mut all = vec![ana, mail, snoozed, evil, arabic, pending, old];
    all.extend((20..60).map(|number| {
        let minutes = 60 * 24 + i64::try_from(number).unwrap() * 37;
        let mut held =
            conversation((number % 2) as u16, number, &format!("Customer {number}"), minutes);
        held.unread = u32::try_from(number % 3).unwrap();
        held
    }));
    all
}

/// A message of Ana's conversation.
pub fn message(number: u64, minutes: i64, side: Side, name: &str, text: &str) -> Message {
    let author = Author { side, id: None, name: clean(name) };
    let mut message = Message::new(RemoteId::Number(number), id(0, 1), ago(minutes), author);
    message.text = clean(text);
    message.format = Format::Markdown;
    message
}

pub fn messages() -> Vec<Message> {
    let mut note = message(
        5,
        40,
        Side::Agent,
        "Mia Okafor",
        "Third complaint this month, please be [@Tom Becker](mention://user/1/Tom) nice.",
    );
    note.kind = MessageKind::Note;
    let mut event = message(4, 45, Side::System, "", "Mia Okafor assigned this to nobody");
    event.kind = MessageKind::Activity;
    let mut answer = message(
        3,
        60 * 20,
        Side::Agent,
        "Tom Becker",
        "Hello Ana,\n\nI am **sorry**. Please look here: [tracking](https://track.example.com/4711)\n\n1. Open the page\n2. Enter `4711`\n\n> I still have not received it",
    );
    answer.delivery = Some(Delivery::Read);
    let mut photo = message(6, 4, Side::Customer, "Ana Müller", "This is what it says");
    photo.attachments = vec![Attachment {
        kind: AttachmentKind::Image,
        name: clean("screenshot.png"),
        size: Some(245_000),
        mime: Some(clean("image/png")),
        url: Some(clean("https://files.example.com/screenshot.png")),
        detail: clean(""),
    }];
    photo.reactions = vec![clean("👍")];
    let mut failed = message(7, 3, Side::Agent, "Tom Becker", "Thank you, I will check.");
    failed.delivery = Some(Delivery::Failed(clean("Message undeliverable")));
    let mut draft =
        message(30, 20, Side::Bot, "AI agent", "<b>Dear Mr Yamada</b>,\nplease send it back.");
    draft.conversation = id(1, 2);
    draft.kind = MessageKind::Draft;
    draft.format = Format::Plain;
    draft.recipients.to = vec![clean("yamada@example.jp")];
    let mut mail = message(
        29,
        25,
        Side::Customer,
        "山田 太郎",
        "お世話になっております。先日購入した商品ですが、サイズが合わないため返品したいです。よろしくお願いいたします。\n\n> On Monday you wrote:\n> > older words",
    );
    mail.conversation = id(1, 2);
    mail.subject = Some(clean("返品について"));
    mail.format = Format::Plain;
    vec![
        message(1, 60 * 21, Side::Customer, "Ana Müller", "Hello! Where is my order 4711?"),
        message(
            2,
            60 * 21 - 1,
            Side::Customer,
            "Ana Müller",
            "It should have been here on *Monday*.",
        ),
        answer,
        event,
        note,
        photo,
        failed,
        message(
            8,
            2,
            Side::Customer,
            "Ana Müller",
            "I still have not received my parcel, and the tracking page says that it was delivered to averyveryveryverylongstreetnamethatdoesnotfitanywhere 17.",
        ),
        mail,
        draft,
    ]
}
