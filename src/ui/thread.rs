//! The open thread, laid out from its end: only what is on the screen, and what lies between that
//! and the end, is ever wrapped, and only once.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::list::status_role;
use super::message::{Head, Look, continues, highlight, label_of};
use super::row::{Row, put};
use super::theme::{Role, Theme};
use super::time::{clock, day, moment, same_day};
use crate::app::App;
use crate::app::accounts::Link;
use crate::app::outbox::{Op, OpState};
use crate::app::threads::{Entry, Older};
use crate::model::{
    Action, Conversation, ConversationId, Format, MessageKind, Priority, RemoteId, ReplyWindow,
};
use crate::text::{for_row, width};

/// Messages whose rows are kept. Heights are kept for all, so that nothing is wrapped twice just
/// to know how far it is to the end.
const MOST_KEPT: usize = 512;

/// How far back a thread can be scrolled, at least, while its loaded beginning was not laid out.
const FAR: usize = 1_000_000;

/// Wrapped messages of one thread at one width.
#[derive(Default)]
pub(super) struct Cache {
    of: Option<(ConversationId, usize, u32)>,
    held: HashMap<RemoteId, Wrapped>,
    kept: usize,
    /// Where the last frame stood, for when something is added below.
    anchor: Option<Anchor>,
}

struct Wrapped {
    revision: u32,
    continued: bool,
    height: usize,
    rows: Option<Rc<[Line<'static>]>>,
}

/// A message that was on the screen, and how many lines there were from its end to the thread's.
struct Anchor {
    message: RemoteId,
    below: usize,
    back: usize,
}

impl Cache {
    /// Forgets everything unless it is about this thread at this width in these colours.
    fn be_about(&mut self, of: (ConversationId, usize, u32)) {
        if self.of.as_ref() == Some(&of) {
            return;
        }
        let same_thread = self.of.as_ref().is_some_and(|(id, ..)| *id == of.0);
        self.held.clear();
        self.kept = 0;
        if !same_thread {
            self.anchor = None;
        }
        self.of = Some(of);
    }

    fn rows(&mut self, entry: &Entry, continued: bool, look: Look<'_>) -> Rc<[Line<'static>]> {
        let held = self.held.get(&entry.message.id);
        if let Some(wrapped) = held
            && wrapped.revision == entry.revision
            && wrapped.continued == continued
            && let Some(rows) = &wrapped.rows
        {
            return Rc::clone(rows);
        }
        if self.kept >= MOST_KEPT {
            self.held.values_mut().for_each(|wrapped| wrapped.rows = None);
            self.kept = 0;
        }
        let rows: Rc<[Line<'static>]> = look.message(&entry.message, continued).into();
        self.kept += 1;
        let wrapped = Wrapped {
            revision: entry.revision,
            continued,
            height: rows.len(),
            rows: Some(Rc::clone(&rows)),
        };
        self.held.insert(entry.message.id.clone(), wrapped);
        rows
    }

    fn height(&mut self, entry: &Entry, continued: bool, look: Look<'_>) -> usize {
        match self.held.get(&entry.message.id) {
            Some(held) if held.revision == entry.revision && held.continued == continued => {
                held.height
            }
            _ => self.rows(entry, continued, look).len(),
        }
    }
}

/// What drawing the thread found out.
#[derive(Clone, Copy, Default)]
pub(super) struct ThreadLaid {
    /// Lines that fit.
    pub rows: u16,
    /// How many lines it is scrolled back.
    pub back: usize,
    /// How far it can be.
    pub most: usize,
}

/// Draws the thread with its title.
pub(super) fn draw(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    theme: (&Theme, u32),
    cache: &mut Cache,
    active: bool,
) -> ThreadLaid {
    let (theme, generation) = theme;
    let Some(id) = app.opened_id().filter(|_| !area.is_empty()) else {
        return ThreadLaid::default();
    };
    let cells = usize::from(area.width);
    let title = title(app, theme, cells, title_rows(area.height), active);
    for (place, line) in title.iter().enumerate() {
        put(buf, area, place, line);
    }
    // A row of air where there is room for it.
    let air = usize::from(area.height > 16);
    let used = u16::try_from(title.len() + air).unwrap_or(area.height).min(area.height);
    let body = Rect { y: area.y + used, height: area.height - used, ..area };
    cache.be_about((id.clone(), cells, generation));
    let customer = app.opened().map_or("", |conversation| conversation.contact.shown());
    let look = Look { theme, zone: app.zone(), cells, customer };
    let thread = app.thread();
    let mut roll = Roll {
        entries: thread.map_or(&[], |thread| thread.entries()),
        older: thread.is_some_and(|thread| thread.older != Older::Complete),
        tail: app.outbox().of(id).flat_map(|op| pending(op, app, look)).collect(),
        app,
        look,
        cache,
    };
    if roll.entries.is_empty() && roll.tail.is_empty() {
        put(buf, body, 1, &nothing(app, id, look));
        return ThreadLaid { rows: body.height, ..ThreadLaid::default() };
    }
    roll.draw(buf, body)
}

fn title_rows(height: u16) -> usize {
    match height {
        0..8 => 1,
        8..24 => 2,
        _ => 3,
    }
}

/// Messages and what follows them, as one roll of lines.
struct Roll<'a> {
    entries: &'a [Entry],
    /// Whether there is more before the first entry.
    older: bool,
    tail: Vec<Line<'static>>,
    app: &'a App,
    look: Look<'a>,
    cache: &'a mut Cache,
}

impl Roll<'_> {
    fn draw(&mut self, buf: &mut Buffer, area: Rect) -> ThreadLaid {
        let fits = usize::from(area.height);
        let mut back = self.wanted_back(fits);
        // From the end upwards until the window is full.
        let mut first = self.entries.len();
        let mut lines = self.tail.len();
        while first > 0 && lines < back.saturating_add(fits) {
            first -= 1;
            lines += self.height(first);
        }
        let most = if first == 0 { lines.saturating_sub(fits) } else { lines + FAR };
        back = back.min(most);
        // From the first entry of the window downwards.
        let skip = lines.saturating_sub(back + fits);
        let window = skip..skip + fits;
        let mut at = 0;
        let mut lowest = None;
        for index in first..self.entries.len() {
            if at >= window.end {
                break;
            }
            for line in self.before(index) {
                self.put(buf, area, &window, at, &line);
                at += 1;
            }
            let rows = self.rows(index);
            let air = rows.iter().take_while(|line| line.spans.is_empty()).count();
            let begins = at + air;
            for line in rows.iter() {
                self.put(buf, area, &window, at, line);
                at += 1;
            }
            self.mark_hit(buf, area, &window, begins..at, index);
            lowest = Some((index, lines - at));
        }
        if at < window.end {
            for line in std::mem::take(&mut self.tail) {
                self.put(buf, area, &window, at, &line);
                at += 1;
            }
        }
        self.cache.anchor = lowest.filter(|_| back > 0).and_then(|(index, below)| {
            let message = self.entries.get(index)?.message.id.clone();
            Some(Anchor { message, below, back })
        });
        ThreadLaid { rows: area.height, back, most }
    }

    /// How many lines are to be below the window: what the app says, unless a message is to be
    /// brought onto the screen, or lines were added below what the agent is reading.
    fn wanted_back(&mut self, fits: usize) -> usize {
        let asked = self.app.thread_back();
        if let Some(index) = self.app.jump().and_then(|id| self.place_of(id)) {
            let top = self.below(index) + self.height(index);
            return top.saturating_sub(fits * 2 / 3);
        }
        match self.cache.anchor.take() {
            Some(anchor) if anchor.back == asked => match self.place_of(&anchor.message) {
                Some(index) => (asked + self.below(index)).saturating_sub(anchor.below),
                None => asked,
            },
            _ => asked,
        }
    }

    fn place_of(&self, id: &RemoteId) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.message.id == *id)
    }

    /// Lines after an entry.
    fn below(&mut self, index: usize) -> usize {
        let after: usize = (index + 1..self.entries.len()).map(|index| self.height(index)).sum();
        after + self.tail.len()
    }

    fn height(&mut self, index: usize) -> usize {
        let continued = self.is_continued(index);
        let before = self.before(index).len();
        let Some(entry) = self.entries.get(index) else { return 0 };
        before + self.cache.height(entry, continued, self.look)
    }

    fn rows(&mut self, index: usize) -> Rc<[Line<'static>]> {
        let continued = self.is_continued(index);
        match self.entries.get(index) {
            Some(entry) => self.cache.rows(entry, continued, self.look),
            None => Rc::new([]),
        }
    }

    fn entry_before(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index.checked_sub(1)?)
    }

    fn is_continued(&self, index: usize) -> bool {
        match (self.entry_before(index), self.entries.get(index)) {
            (Some(before), Some(entry)) => {
                continues(&before.message, &entry.message, self.look.zone)
            }
            _ => false,
        }
    }

    /// What stands above an entry: a new day, or that there is more before.
    fn before(&self, index: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let Some(entry) = self.entries.get(index) else { return lines };
        let at = entry.message.at;
        let before = self.entry_before(index).map(|before| before.message.at);
        if index == 0 && self.older {
            lines.push(self.centred(Role::Faint, "… older messages"));
        }
        if before.is_none_or(|before| !same_day(before, at, self.look.zone)) {
            if before.is_some() {
                lines.push(Line::default());
            }
            let words = day(at, self.app.now().wall, self.look.zone);
            lines.push(self.centred(Role::Faint, &format!("──── {words} ────")));
        }
        lines
    }

    fn centred(&self, role: Role, text: &str) -> Line<'static> {
        let mut row = Row::new(self.look.cells);
        row.gap(self.look.cells.saturating_sub(width(text)) / 2);
        row.add(self.look.theme.style(role), text);
        row.line()
    }

    fn put(
        &self,
        buf: &mut Buffer,
        area: Rect,
        window: &std::ops::Range<usize>,
        at: usize,
        line: &Line<'static>,
    ) {
        if !window.contains(&at) {
            return;
        }
        if self.app.search().is_empty() {
            put(buf, area, at - window.start, line);
        } else {
            let style = self.look.theme.style(Role::Match);
            put(buf, area, at - window.start, &highlight(line, self.app.search(), style));
        }
    }

    /// A sign beside the message that the search stands on.
    fn mark_hit(
        &self,
        buf: &mut Buffer,
        area: Rect,
        window: &std::ops::Range<usize>,
        rows: std::ops::Range<usize>,
        index: usize,
    ) {
        let id = self.entries.get(index).map(|entry| &entry.message.id);
        if id.is_none() || self.app.search_hit() != id {
            return;
        }
        for at in rows.filter(|at| window.contains(at)) {
            let mut row = Row::new(1);
            row.add(self.look.theme.style(Role::Selection), "›");
            let beside = Rect { x: area.x + 1, width: area.width.saturating_sub(1).min(1), ..area };
            put(buf, beside, at - window.start, &row.line());
        }
    }
}

/// Who, and what matters for answering, in at most `rows` rows.
fn title(app: &App, theme: &Theme, cells: usize, rows: usize, active: bool) -> Vec<Line<'static>> {
    let role = if active { Role::ActiveTitle } else { Role::Title };
    let mut row = Row::new(cells);
    row.gap(2);
    let Some(conversation) = app.opened() else {
        row.add(theme.style(role), "Conversation");
        return vec![row.line()];
    };
    row.add(theme.style(role), &for_row(conversation.contact.shown(), cells.saturating_sub(2)));
    let handle = &conversation.contact.handle;
    if rows > 1 && !handle.is_empty() && conversation.contact.shown() != handle.as_str() {
        let room = row.left().saturating_sub(2);
        row.gap(2).add(theme.style(Role::Muted), &for_row(handle, room));
    }
    if let Some(subject) = conversation.subject.as_deref().filter(|_| rows > 1) {
        let room = row.left().saturating_sub(2);
        row.gap(2).add(theme.style(Role::Text), &for_row(subject, room));
    }
    let mut out = Vec::new();
    if rows > 1 {
        out.push(std::mem::replace(&mut row, Row::new(cells)).line());
    }
    row.gap(2);
    for (text, role) in facts(app, conversation) {
        let text = for_row(&text, cells);
        if row.left() < width(&text) + 3 && out.len() + 1 < rows {
            out.push(std::mem::replace(&mut row, Row::new(cells)).line());
            row.gap(2);
        }
        row.add(theme.style(role), &text).gap(2);
    }
    out.push(row.line());
    out
}

/// What an agent has to know of the conversation, the most important first.
fn facts(app: &App, conversation: &Conversation) -> Vec<(String, Role)> {
    let now = app.now().wall;
    let mut facts =
        vec![(conversation.status.word().to_owned(), status_role(&conversation.status))];
    if let Some(until) = conversation.snoozed_until {
        facts.push((format!("until {}", moment(until, now, app.zone())), Role::Muted));
    }
    if let Some(priority) = conversation.priority {
        let role = match priority {
            Priority::Urgent => Role::Urgent,
            Priority::High => Role::High,
            Priority::Medium | Priority::Low => Role::Muted,
        };
        facts.push((priority.word().to_owned(), role));
    }
    facts.push(match &conversation.assignee {
        Some(person) => (format!("@{}", person.name), Role::Agent),
        None => ("unassigned".into(), Role::Muted),
    });
    facts.extend(reply_window(app, conversation));
    if let Some(due) = conversation.due {
        let role = if due < now { Role::Error } else { Role::Muted };
        facts.push((format!("due {}", moment(due, now, app.zone())), role));
    }
    for viewer in &conversation.viewers {
        facts.push((format!("{viewer} is looking"), Role::Warning));
    }
    if let Some(account) = app.account_of(&conversation.id) {
        if let (Link::Down { .. } | Link::Slow { .. }, Some(read_at)) =
            (&account.link, app.thread().and_then(|thread| thread.read_at))
        {
            let read_at = moment(read_at, now, app.zone());
            facts.push((format!("as of {read_at}"), Role::Warning));
        }
        facts.push((account.name.clone(), Role::Badge));
    }
    facts.push((conversation.channel.word().to_owned(), Role::Badge));
    facts.extend(
        conversation.labels.iter().map(|label| (format!("#{}", label.title), Role::Mention)),
    );
    facts.extend(conversation.team.iter().map(|team| (format!("team {}", team.name), Role::Muted)));
    facts.extend(conversation.inbox.iter().map(|inbox| (inbox.to_string(), Role::Muted)));
    facts
}

/// Whether and how long the customer can be written to, where that is limited.
pub(super) fn reply_window(app: &App, conversation: &Conversation) -> Option<(String, Role)> {
    match &conversation.reply_window {
        ReplyWindow::Open => None,
        ReplyWindow::Until(end) => {
            let role = if *end > app.now().wall { Role::Warning } else { Role::Error };
            Some((app.window_words()?, role))
        }
        ReplyWindow::TemplateOnly => Some(("only a template can be sent".into(), Role::Error)),
        ReplyWindow::WaitingForCustomer => {
            Some(("waits for the customer's answer".into(), Role::Warning))
        }
        ReplyWindow::Closed(why) => Some((why.to_string(), Role::Error)),
    }
}

/// What an empty thread says.
fn nothing(app: &App, id: &ConversationId, look: Look<'_>) -> Line<'static> {
    let link = app.account_of(id).map(|account| &account.link);
    let words = match link {
        Some(Link::Down { failure, .. }) => format!("Cannot be read now: {failure}"),
        _ if app.thread_is_loading() => "Loading…".into(),
        _ => "No messages yet.".into(),
    };
    let mut row = Row::new(look.cells);
    row.gap(2).add(look.theme.style(Role::Muted), &for_row(&words, look.cells));
    row.line()
}

/// What is under way or failed on this conversation, as entries at the thread's end.
fn pending(op: &Op, app: &App, look: Look<'_>) -> Vec<Line<'static>> {
    let (kind, words) = match &op.action {
        Action::Reply(outgoing) => {
            (MessageKind::Public, Some((outgoing.text.as_str(), outgoing.format)))
        }
        Action::Note(text) | Action::EditNote { text, .. } => {
            (MessageKind::Note, Some((text.as_str(), Format::Plain)))
        }
        Action::CreateDraft(outgoing) => {
            (MessageKind::Draft, Some((outgoing.text.as_str(), outgoing.format)))
        }
        Action::EditDraft { change, .. } => (
            MessageKind::Draft,
            change.text.as_deref().map(|text| (text, change.format.unwrap_or_default())),
        ),
        Action::Store(stored) => (MessageKind::Public, Some((stored.text.as_str(), Format::Plain))),
        Action::PublishDraft { .. } | Action::Retry { .. } => (MessageKind::Public, None),
        // A value shows as if it were set; only when that went wrong is there something to say.
        _ if matches!(op.state, OpState::Failed(_)) => (MessageKind::Public, None),
        _ => return Vec::new(),
    };
    let what = op.action.phrase();
    let (state, role, why) = match &op.state {
        OpState::Saving | OpState::Queued => (leaves(op, app), Role::Pending, None),
        OpState::Leaving | OpState::Sending => ("… sending".to_owned(), Role::Pending, None),
        OpState::Accepted { .. } => ("… accepted".to_owned(), Role::Pending, None),
        OpState::Unconfirmed { failure, .. } => (
            "? unconfirmed".to_owned(),
            Role::Warning,
            Some(format!(
                "? It may have arrived ({failure}). The thread is being read to find out."
            )),
        ),
        OpState::Failed(failure) => (
            "! not sent".to_owned(),
            Role::Error,
            Some(format!(
                "! Could not {what}: {failure} :resend tries again, :edit-failed takes it back, \
                 :drop forgets it."
            )),
        ),
    };
    let account = app.account_of(&op.conversation);
    let me = account.and_then(|account| account.me.as_ref()).map(|me| me.name.as_str());
    let head = Head {
        time: clock(op.decided, look.zone),
        label: label_of(kind),
        name: if words.is_some() { me.unwrap_or("You") } else { &what },
        name_role: Role::Agent,
        state: Some((state, role)),
    };
    look.pending(&head, words, why.as_deref())
}

/// When a queued operation leaves, in words.
fn leaves(op: &Op, app: &App) -> String {
    match app.countdown() {
        Some((first, left)) if first.id == op.id => {
            format!("… leaves in {} s", left.as_millis().div_ceil(1000))
        }
        _ if op.not_before > app.now().mono + Duration::from_secs(1) && op.tries > 0 => {
            "… tries again soon".into()
        }
        _ => "… queued".into(),
    }
}
