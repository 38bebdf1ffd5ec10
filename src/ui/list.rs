//! The conversations. Rows come in three forms: one line with columns where there is width, two
//! lines where there is height, one short line where there is neither. In all of them the words of
//! vendors come last, because terminals disagree about their width.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::row::{Row, number, put};
use super::theme::{Role, Theme};
use super::time::{STAMP, stamp};
use crate::app::App;
use crate::app::accounts::Link;
use crate::app::popup::Mark;
use crate::app::views::{Sort, ViewKind};
use crate::model::{Channel, Conversation, Person, Priority, Status};
use crate::text::for_row;

/// Cells before the words of a short row and of the first of two lines.
const BEFORE_WORDS: usize = 2 + STAMP + 1;

/// How the rows look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Wide,
    TwoLines,
    Short,
}

impl Form {
    fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (95.., _) => Self::Wide,
            (_, 13..) => Self::TwoLines,
            _ => Self::Short,
        }
    }

    fn height(self) -> u16 {
        if self == Self::TwoLines { 2 } else { 1 }
    }
}

/// What drawing the list found out.
#[derive(Clone, Copy, Default)]
pub(super) struct ListLaid {
    /// Rows that fit.
    pub rows: u16,
    /// The first one shown.
    pub top: usize,
    /// Lines of each.
    pub height: u16,
    /// Where the rows are, below the title.
    pub area: Rect,
}

/// Draws the list and returns where it stands. `top` is where it stood before: rows only move when
/// the selection leaves them, and then by half a page, so that most moves cost a few bytes.
pub(super) fn draw(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    theme: &Theme,
    top: usize,
    active: bool,
) -> ListLaid {
    if area.is_empty() {
        return ListLaid { height: 1, top, ..ListLaid::default() };
    }
    put(buf, area, 0, &title(area.width.into(), app, theme, active));
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let form = Form::of(body);
    let rows = body.height / form.height();
    let fits = usize::from(rows);
    let inbox = app.inbox();
    let selected = app.selected_index();
    let top = first_row(top, selected, fits, inbox.len());
    if inbox.is_empty() {
        put(buf, body, 1, &nothing(body.width.into(), app, theme));
    }
    for (place, index) in (top..inbox.len().min(top + fits)).enumerate() {
        let Some(conversation) = inbox.row(index) else { break };
        let lines = Entry {
            conversation,
            app,
            theme,
            selected: selected == Some(index),
            cells: body.width.into(),
        }
        .lines(form);
        for (line, first) in lines.iter().zip(0..) {
            put(buf, body, place * usize::from(form.height()) + first, line);
        }
    }
    ListLaid { rows, top, height: form.height(), area: body }
}

/// The first row to show.
fn first_row(top: usize, selected: Option<usize>, fits: usize, len: usize) -> usize {
    let top = match selected {
        Some(selected) if selected < top || selected >= top + fits => {
            selected.saturating_sub(fits / 2)
        }
        _ => top,
    };
    top.min(len.saturating_sub(fits))
}

fn title(cells: usize, app: &App, theme: &Theme, active: bool) -> Line<'static> {
    let inbox = app.inbox();
    let mut row = Row::new(cells);
    let role = if active { Role::ActiveTitle } else { Role::Title };
    let muted = theme.style(Role::Muted);
    row.gap(2);
    if let Some(view) = inbox.view() {
        row.add(theme.style(role), view.kind.name());
        if let Some(account) = view.account.and_then(|id| app.accounts().get(usize::from(id.0))) {
            row.add(theme.style(role), &format!(" {}", account.name));
        }
        // What the servers say there is, where they all say it; else what is loaded.
        let folder = view.kind.folder();
        let totals: Option<u64> = app
            .accounts()
            .iter()
            .filter(|account| view.account.is_none_or(|id| id == account.id))
            .map(|account| {
                let folder = folder.filter(|folder| account.folder(*folder) == *folder)?;
                account.lists.get(&folder)?.total
            })
            .sum();
        let shown = number(inbox.len());
        let count = match totals.and_then(|total| usize::try_from(total).ok()) {
            Some(total) if total > inbox.len() => format!("  {shown} of {}", number(total)),
            _ => format!("  {shown}"),
        };
        row.add(muted, &count);
    }
    if inbox.sort() != Sort::Newest {
        row.add(muted, &format!("  {} first", inbox.sort().word()));
    }
    if !inbox.filter().is_empty() {
        let room = row.left();
        let filter = for_row(&format!("  \\{}", inbox.filter()), room);
        row.gap(2).add(theme.style(Role::Match), filter.trim());
    }
    row.line()
}

/// What an empty list says: that it is empty only when that is known.
fn nothing(cells: usize, app: &App, theme: &Theme) -> Line<'static> {
    let inbox = app.inbox();
    let account = inbox.view().and_then(|view| view.account);
    let mut links = app
        .accounts()
        .iter()
        .filter(|state| account.is_none_or(|account| account == state.id))
        .map(|state| &state.link);
    let words = if app.accounts().is_empty() {
        "No accounts yet."
    } else if !inbox.filter().is_empty() {
        "Nothing matches; Esc shows all again."
    } else if links.clone().any(|link| matches!(link, Link::Connecting | Link::Slow { .. })) {
        "Loading…"
    } else if links.any(|link| matches!(link, Link::Down { .. })) {
        "Nothing loaded; not every account can be reached."
    } else {
        "Nothing here."
    };
    let mut row = Row::new(cells);
    row.gap(2).add(theme.style(Role::Muted), words);
    row.line()
}

/// One conversation of the list.
struct Entry<'a> {
    conversation: &'a Conversation,
    app: &'a App,
    theme: &'a Theme,
    selected: bool,
    cells: usize,
}

impl Entry<'_> {
    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    fn lines(&self, form: Form) -> Vec<Line<'static>> {
        match form {
            Form::Wide => vec![self.wide()],
            Form::TwoLines => vec![self.first_line(), self.second_line()],
            Form::Short => vec![self.short()],
        }
    }

    fn wide(&self) -> Line<'static> {
        let mut row = self.begin();
        self.signs(&mut row);
        row.gap(1);
        if self.shows_account() {
            row.column(self.style(Role::Badge), self.account(), 9).gap(1);
        }
        row.column(self.style(Role::Muted), &channel(&self.conversation.channel), 9).gap(1);
        row.column(self.style(Role::Muted), &self.assignee(), 4).gap(1);
        self.words(&mut row);
        self.snippet(&mut row);
        row.line()
    }

    fn short(&self) -> Line<'static> {
        let mut row = self.begin();
        self.signs(&mut row);
        row.gap(1);
        self.words(&mut row);
        row.line()
    }

    fn first_line(&self) -> Line<'static> {
        let mut row = self.begin();
        row.gap(1);
        self.words(&mut row);
        row.line()
    }

    fn second_line(&self) -> Line<'static> {
        let mut row = Row::new(self.cells);
        self.mark(&mut row);
        row.gap(1);
        self.signs(&mut row);
        row.until_right(self.cells.saturating_sub(BEFORE_WORDS));
        let mut facts = Vec::new();
        if self.shows_account() {
            facts.push(self.account().to_owned());
        }
        facts.push(channel(&self.conversation.channel));
        facts.push(self.assignee());
        facts.retain(|fact| !fact.is_empty());
        row.add(self.style(Role::Badge), &facts.join(" "));
        self.snippet(&mut row);
        row.line()
    }

    /// The mark of the selection and the time.
    fn begin(&self) -> Row {
        let mut row = Row::new(self.cells);
        self.mark(&mut row);
        let now = self.app.now().wall;
        let at = self.conversation.last_activity.or(self.conversation.created_at);
        let time = at.map(|at| stamp(at, now, self.app.zone())).unwrap_or_default();
        row.gap(1).column(self.style(Role::Muted), &time, STAMP);
        row
    }

    fn mark(&self, row: &mut Row) {
        if self.selected {
            row.add(self.style(Role::Selection), "▌");
        } else {
            row.gap(1);
        }
    }

    /// Unread count, urgency, and what is pending: five cells.
    fn signs(&self, row: &mut Row) {
        let unread = match self.conversation.unread {
            0 => String::new(),
            count @ 1..=9 => count.to_string(),
            _ => "9+".into(),
        };
        row.column_right(self.style(Role::Unread), &unread, 2);
        row.gap(1);
        match self.conversation.priority {
            Some(Priority::Urgent) => row.add(self.style(Role::Urgent), "▲"),
            Some(Priority::High) => row.add(self.style(Role::High), "△"),
            Some(Priority::Medium) => row.add(self.style(Role::Faint), "="),
            Some(Priority::Low) => row.add(self.style(Role::Faint), "▽"),
            None => row.gap(1),
        };
        match self.app.mark(&self.conversation.id) {
            Some(mark) => {
                let role = if mark == Mark::Failed { Role::Error } else { Role::Pending };
                row.add(self.style(role), mark.sign());
            }
            None => {
                row.gap(1);
            }
        }
    }

    /// State of work where it is not the view's own, name, and subject or snippet.
    fn words(&self, row: &mut Row) {
        let conversation = self.conversation;
        for (word, role) in self.states() {
            row.add(self.style(role), word).gap(1);
        }
        let mut style = match conversation.unread {
            0 => self.style(Role::Text),
            _ => self.style(Role::Customer),
        };
        if self.selected {
            style = style.patch(self.style(Role::Selection)).add_modifier(Modifier::BOLD);
        }
        row.add(style, &for_row(conversation.contact.shown(), row.left().min(40)));
        if let Some(subject) = &conversation.subject {
            let room = row.left().saturating_sub(2);
            row.gap(2).add(self.style(Role::Text), &for_row(subject, room));
        }
    }

    fn snippet(&self, row: &mut Row) {
        let ours = if self.conversation.snippet_is_ours { "↪ " } else { "" };
        let room = row.left().saturating_sub(2);
        let text = for_row(&format!("{ours}{}", &*self.conversation.snippet), room);
        row.gap(2).add(self.style(Role::Muted), &text);
    }

    fn states(&self) -> Vec<(&str, Role)> {
        let conversation = self.conversation;
        let kind = self.app.inbox().view().map(|view| view.kind);
        let mut states = Vec::new();
        match (&conversation.status, kind) {
            (Status::Open, _)
            | (Status::Snoozed, Some(ViewKind::Snoozed))
            | (Status::Resolved, Some(ViewKind::Resolved)) => {}
            (status, _) => states.push((status.word(), status_role(status))),
        }
        if conversation.draft_waiting {
            states.push(("DRAFT", Role::Draft));
        } else if self.app.drafts().of(&conversation.id).next().is_some() {
            states.push(("draft", Role::Draft));
        }
        states
    }

    fn shows_account(&self) -> bool {
        let one = self.app.inbox().view().is_some_and(|view| view.account.is_some());
        !one && self.app.accounts().len() > 1
    }

    fn account(&self) -> &str {
        self.app.account_of(&self.conversation.id).map_or("", |account| &account.name)
    }

    /// Who works on it: `me`, or initials, because a name in a column would have to be trusted
    /// with its width.
    fn assignee(&self) -> String {
        let Some(person) = &self.conversation.assignee else { return String::new() };
        let account = self.app.account_of(&self.conversation.id);
        let is_me =
            account.and_then(|account| account.me.as_ref()).is_some_and(|me| me.id == person.id);
        if is_me { "@me".into() } else { format!("@{}", initials(person)) }
    }
}

/// The first letters of the first and the last word of a name.
fn initials(person: &Person) -> String {
    let mut words = person
        .name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let both: String =
        first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect();
    if both.is_empty() { "?".into() } else { both }
}

/// The channel's word; a vendor's own word is made safe for a column.
fn channel(channel: &Channel) -> String {
    for_row(channel.word(), 9)
}

/// How a state of work looks.
pub(super) fn status_role(status: &Status) -> Role {
    match status {
        Status::Open => Role::Text,
        Status::Pending => Role::Warning,
        Status::Snoozed | Status::Other(_) => Role::Muted,
        Status::Resolved => Role::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RemoteId;
    use crate::text::clean;

    #[test]
    fn the_list_moves_only_when_the_selection_leaves_it() {
        for (top, selected, fits, len, wanted) in [
            (0, Some(9), 10, 100, 0),
            (0, Some(10), 10, 100, 5),
            (20, Some(19), 10, 100, 14),
            (20, Some(99), 10, 100, 90),
            (95, None, 10, 100, 90),
            (5, Some(0), 10, 3, 0),
            (0, Some(0), 0, 3, 0),
            (0, None, 10, 0, 0),
        ] {
            assert_eq!(first_row(top, selected, fits, len), wanted, "{top} {selected:?}");
        }
    }

    #[test]
    fn initials_fit_into_a_column_whatever_the_name() {
        for (name, wanted) in [
            ("Tom Becker", "TB"),
            ("Ana Maria da Silva", "AS"),
            ("山田", "山"),
            ("(x) y", "XY"),
            ("😀", "?"),
        ] {
            let person = Person { id: RemoteId::Number(1), name: clean(name) };
            assert_eq!(initials(&person), wanted);
        }
    }
}
