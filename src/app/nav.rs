//! Where the agent is: view, row, thread, pane. And [`App::run`], which takes every command to
//! the place that decides it.

use super::commands::{Command, Copied, Motion, Pane};
use super::msg::Effect;
use super::popup::{Answer, Help, Popup, Prompt, PromptKind, Question};
use super::views::{Sort, ViewKind};
use super::{App, Level};
use crate::config::MarkRead;
use crate::model::{Ask, ConversationId, Status};

/// Lines that stay on the screen when the thread is paged.
const PAGE_OVERLAP: usize = 2;

impl App {
    /// Runs one command.
    pub(super) fn run(&mut self, command: Command) {
        self.dirty = true;
        match command {
            Command::Move(motion) => self.step(motion),
            Command::Page => self.page(),
            Command::PageBack => self.scroll_thread(self.page_lines()),
            Command::Open => self.open_selected(),
            Command::Back => self.back(),
            Command::NextConversation => self.open_beside(1),
            Command::PreviousConversation => self.open_beside(-1),
            Command::NextView => {
                self.show_view((self.inbox.current() + 1) % self.inbox.views().len().max(1))
            }
            Command::PreviousView => {
                let views = self.inbox.views().len().max(1);
                self.show_view((self.inbox.current() + views - 1) % views);
            }
            Command::ViewAt(number) => {
                if (1..=self.inbox.views().len()).contains(&number) {
                    self.show_view(number - 1);
                } else {
                    self.say(Level::Info, format!("There are {} views.", self.inbox.views().len()));
                }
            }
            Command::View(kind) => self.show_kind(kind),
            Command::Account(name) => self.show_account(&name),
            Command::Focus(pane) => self.focus_pane(pane),
            Command::FocusSide(right) => self.focus_side(right),
            Command::Zoom => self.zoom = !self.zoom,
            Command::NextUnread => {
                self.seek(1, |app, row| app.is_unread(row), "Nothing unread below.")
            }
            Command::PreviousUnread => {
                self.seek(-1, |app, row| app.is_unread(row), "Nothing unread above.")
            }
            Command::LongestWaiting => self.go_to_longest_waiting(),
            Command::Filter(words) => self.filter(&words),
            Command::Search(words) => self.start_search(words),
            Command::SearchNext => self.search_on(1),
            Command::SearchPrevious => self.search_on(-1),
            Command::Sort(sort) => self.sort(sort),
            Command::Refresh => {
                self.refresh();
                self.say(Level::Info, "Asking the vendors again.");
            }
            Command::Copy(what) => self.copy(what),
            Command::CommandLine => self.open_prompt(PromptKind::Command, ""),
            Command::Palette => self.open_palette(),
            Command::Help => self.popup = Some(Popup::Help(Help::default())),
            Command::Redraw => self.effects.push(Effect::Redraw),
            Command::Suspend => self.effects.push(Effect::Suspend),
            Command::Quit => self.quit(),
            Command::QuitNow => self.effects.push(Effect::Quit),
            Command::Accept => self.accept(),
            Command::Cancel => self.cancel(),
            Command::ChooseNext => self.choose(1),
            Command::ChoosePrevious => self.choose(-1),
            Command::Toggle => self.toggle_choice(),
            command => self.run_on_conversation(command),
        }
    }

    /// Reads a command line and runs it; several joined by `&&` go in order, each only if the one
    /// before was accepted.
    pub(super) fn run_line(&mut self, line: &str) {
        let commands: Result<Vec<Command>, String> =
            line.split(" && ").map(super::commands::parse).collect();
        let commands = match commands {
            Ok(commands) => commands,
            Err(why) => return self.say(Level::Warning, why),
        };
        let mut needs = None;
        let last = commands.len().saturating_sub(1);
        for (place, command) in commands.into_iter().enumerate() {
            let before = self.last_id;
            self.run(command);
            needs = self.chain(before, needs);
            // Nothing was put into the outbox: the reason is in the bar, and the rest is off.
            if needs.is_none() && place < last {
                return;
            }
        }
    }

    fn step(&mut self, motion: Motion) {
        match self.focus {
            Pane::Sidebar => {
                let last = self.inbox.views().len().saturating_sub(1);
                let at = moved(self.inbox.current(), last, motion, 5);
                self.show_view(at);
                self.focus = Pane::Sidebar;
            }
            Pane::Thread => {
                let half =
                    isize::from(i16::try_from(self.laid.thread_rows / 2).unwrap_or(i16::MAX))
                        .max(1);
                match motion {
                    Motion::Down => self.scroll_thread(-1),
                    Motion::Up => self.scroll_thread(1),
                    Motion::HalfDown => self.scroll_thread(-half),
                    Motion::HalfUp => self.scroll_thread(half),
                    Motion::Bottom => self.thread_back = 0,
                    Motion::Top => {
                        self.thread_back = self.laid.thread_most;
                        self.page_thread();
                    }
                }
            }
            Pane::List | Pane::Composer => {
                let last = self.inbox.len().saturating_sub(1);
                let at = self.selected_index().unwrap_or_default();
                let half = usize::from(self.laid.list_rows / 2).max(1);
                self.select_row(moved(at, last, motion, half));
            }
        }
    }

    pub(super) fn select_row(&mut self, index: usize) {
        self.floats_until = self.now.mono;
        self.stand_on(index);
    }

    fn stand_on(&mut self, index: usize) {
        let index = index.min(self.inbox.len().saturating_sub(1));
        self.selected_at = index;
        self.selected = self.inbox.row(index).map(|conversation| conversation.id.clone());
    }

    /// After the rows changed: the selection keeps its conversation; when that has left the list,
    /// it goes to the one that took its place.
    pub(super) fn settle_selection(&mut self) {
        self.inbox.refresh_order();
        match self.selected_index() {
            Some(index) if self.now.mono >= self.floats_until => self.selected_at = index,
            _ => {
                let before = self.selected.clone();
                let floats = self.now.mono < self.floats_until;
                self.stand_on(if floats { 0 } else { self.selected_at });
                self.dirty |= before != self.selected;
            }
        }
    }

    pub(super) fn scroll_thread(&mut self, lines: isize) {
        self.thread_back = self.thread_back.saturating_add_signed(lines).min(self.laid.thread_most);
        self.page_thread();
    }

    fn page_lines(&self) -> isize {
        let lines = usize::from(self.laid.thread_rows).saturating_sub(PAGE_OVERLAP).max(1);
        isize::try_from(lines).unwrap_or(isize::MAX)
    }

    fn page(&mut self) {
        match (self.opened.is_some(), self.thread_back) {
            (true, 1..) => self.scroll_thread(-self.page_lines()),
            _ => {
                self.seek(1, |app, row| app.is_unread(row), "Nothing unread below.");
                if self.opened.is_some() && self.opened != self.selected {
                    self.open_selected();
                }
            }
        }
    }

    pub(super) fn open_selected(&mut self) {
        if self.focus == Pane::Sidebar {
            self.focus = Pane::List;
            return;
        }
        match self.selected.clone() {
            Some(id) => self.open(&id),
            None => self.say(Level::Info, "There is no conversation here."),
        }
    }

    /// Shows a conversation's thread and gives it the keys.
    pub(super) fn open(&mut self, id: &ConversationId) {
        let again = self.opened.as_ref() == Some(id);
        self.focus = Pane::Thread;
        if again {
            return;
        }
        self.opened = Some(id.clone());
        self.thread_back = 0;
        self.threads.open(id);
        self.read_thread(id, true);
        self.reread(id);
        if self.settings.mark_read == MarkRead::OnOpen {
            self.mark_read(id);
        }
    }

    fn open_beside(&mut self, by: isize) {
        let at = self.selected_index().unwrap_or(self.selected_at);
        let target = at.checked_add_signed(by).filter(|target| *target < self.inbox.len());
        match target {
            Some(target) => {
                self.select_row(target);
                self.open_selected();
            }
            None => self.say(
                Level::Info,
                if by > 0 { "That was the last one." } else { "That was the first one." },
            ),
        }
    }

    fn back(&mut self) {
        match self.focus {
            // Behind the first screen there is nothing to go back to.
            _ if self.accounts.is_empty() => self.quit(),
            _ if self.zoom => self.zoom = false,
            Pane::Thread | Pane::Composer => self.focus = Pane::List,
            Pane::List if !self.inbox.filter().is_empty() => self.filter("-"),
            Pane::List if self.inbox.current() != 0 => self.show_view(0),
            Pane::List => {
                self.say(Level::Info, "‹quit› or :q quits.");
            }
            Pane::Sidebar => self.focus = Pane::List,
        }
    }

    pub(super) fn show_view(&mut self, view: usize) {
        let sort = self.inbox.sort();
        self.inbox.show(view, sort, String::new());
        self.sidebar_at = self.inbox.current();
        self.selected_at = 0;
        self.selected = None;
        self.floats_until = self.now.mono + super::SETTLES;
        self.dirty = true;
        if self.focus != Pane::Composer {
            self.focus = Pane::List;
        }
        self.fill_view();
    }

    fn show_kind(&mut self, kind: ViewKind) {
        let place =
            self.inbox.views().iter().position(|view| view.kind == kind && view.account.is_none());
        if let Some(place) = place {
            self.show_view(place);
        }
    }

    fn show_account(&mut self, name: &str) {
        if name.is_empty() || name == "all" {
            self.show_view(0);
            return;
        }
        let account =
            self.accounts.iter().find(|account| account.name == name).map(|account| account.id);
        let place =
            self.inbox.views().iter().position(|view| account.is_some() && view.account == account);
        match place {
            Some(place) => self.show_view(place),
            None => {
                let names: Vec<&str> =
                    self.accounts.iter().map(|account| account.name.as_str()).collect();
                let names = names.join(", ");
                self.say(Level::Warning, format!("There is no account {name}; there are {names}."));
            }
        }
    }

    pub(super) fn focus_pane(&mut self, pane: Pane) {
        match pane {
            Pane::Composer if self.composer.is_none() => {
                self.say(
                    Level::Info,
                    "Nothing is being written: ‹reply› replies, ‹note› writes a note.",
                );
            }
            Pane::Thread if self.opened.is_none() => self.open_selected(),
            pane => self.focus = pane,
        }
    }

    fn focus_side(&mut self, right: bool) {
        let pane = match (self.focus, right) {
            (Pane::Sidebar, true) | (Pane::Thread | Pane::Composer, false) => Pane::List,
            (Pane::Sidebar | Pane::List, false) => Pane::Sidebar,
            (Pane::List | Pane::Thread | Pane::Composer, true) => Pane::Thread,
        };
        self.focus_pane(pane);
    }

    fn is_unread(&self, row: usize) -> bool {
        self.inbox.row(row).is_some_and(|conversation| conversation.unread > 0)
    }

    /// Selects the next row in a direction that fits.
    fn seek(&mut self, by: isize, fits: impl Fn(&Self, usize) -> bool, none: &str) {
        let mut at = self.selected_index().unwrap_or(self.selected_at);
        while let Some(next) = at.checked_add_signed(by).filter(|next| *next < self.inbox.len()) {
            at = next;
            if fits(self, at) {
                self.select_row(at);
                return;
            }
        }
        self.say(Level::Info, none);
    }

    fn go_to_longest_waiting(&mut self) {
        let longest = (0..self.inbox.len())
            .filter_map(|row| self.inbox.row(row))
            .filter(|conversation| conversation.status != Status::Resolved)
            .filter_map(|conversation| Some((conversation.waiting_since?, &conversation.id)))
            .min()
            .map(|(_, id)| id.clone());
        match longest.and_then(|id| self.inbox.index_of(&id)) {
            Some(row) => self.select_row(row),
            None => self.say(Level::Info, "Nobody in this list is known to wait."),
        }
    }

    pub(super) fn filter(&mut self, words: &str) {
        let words = match words {
            "" => {
                let now = self.inbox.filter().to_owned();
                self.open_prompt(PromptKind::Filter, &now);
                return;
            }
            "-" => "",
            words => words,
        };
        self.inbox.show(self.inbox.current(), self.inbox.sort(), words.to_owned());
        self.dirty = true;
        if !words.is_empty() {
            let shown = self.inbox.len();
            let loaded = self.inbox.loaded();
            self.say(
                Level::Info,
                format!("{shown} of the {loaded} loaded conversations; ‹back› shows all again."),
            );
        }
    }

    fn sort(&mut self, sort: Sort) {
        let filter = self.inbox.filter().to_owned();
        self.inbox.show(self.inbox.current(), sort, filter);
    }

    fn start_search(&mut self, words: String) {
        if words.is_empty() {
            let now = self.search.clone();
            self.open_prompt(PromptKind::Search, &now);
        } else {
            self.search = words.to_lowercase();
            self.search_on(1);
        }
    }

    fn search_on(&mut self, by: isize) {
        if self.search.is_empty() {
            self.say(Level::Info, "/ looks for words.");
            return;
        }
        if matches!(self.focus, Pane::Thread) {
            self.search_thread(by);
            return;
        }
        let words = self.search.clone();
        let found = move |app: &Self, row: usize| {
            app.inbox.row(row).is_some_and(|conversation| {
                [
                    conversation.contact.shown(),
                    conversation.subject.as_deref().unwrap_or_default(),
                    &conversation.snippet,
                ]
                .iter()
                .any(|text| text.to_lowercase().contains(&words))
            })
        };
        self.seek(by, found, "Not found in the loaded rows.");
    }

    fn search_thread(&mut self, by: isize) {
        // Towards the older messages with n, back with N, as the thread is read from its end.
        let Some(thread) = self.thread() else { return };
        let hits: Vec<_> = thread
            .entries()
            .iter()
            .filter(|entry| entry.message.text.to_lowercase().contains(&self.search))
            .map(|entry| entry.message.id.clone())
            .collect();
        let found = hits.len();
        let at = self.search_hit.as_ref().and_then(|hit| hits.iter().position(|id| id == hit));
        let next = match at {
            None => found.checked_sub(1),
            Some(at) => at.checked_add_signed(-by).filter(|next| *next < found),
        };
        match next {
            Some(next) => {
                self.search_hit = hits.get(next).cloned();
                self.jump = self.search_hit.clone();
                self.say(Level::Info, format!("{} of {found}", next + 1));
            }
            None => self.say(Level::Info, "Not found in the loaded messages."),
        }
    }

    fn copy(&mut self, what: Copied) {
        let Some(id) = self.target() else {
            self.say(Level::Info, "There is no conversation here.");
            return;
        };
        let Some(conversation) = self.inbox.get(&id) else { return };
        let account = self.account(id.account).map_or("", |account| account.name.as_str());
        let text = match what {
            Copied::Id => Some(format!("{account}:{}", id.remote)),
            Copied::Url => conversation.web_url.as_ref().map(ToString::to_string),
            Copied::Email => {
                Some(conversation.contact.handle.to_string()).filter(|handle| !handle.is_empty())
            }
            Copied::Message => self
                .threads
                .get(&id)
                .and_then(|thread| thread.newest())
                .map(|message| message.text.to_string()),
        };
        match text {
            Some(text) => {
                let start: String = text.chars().take(40).collect();
                self.say(Level::Info, format!("Copied {}", start.replace('\n', " ")));
                self.effects.push(Effect::Copy(text));
            }
            None => self.say(Level::Info, "There is nothing of that kind to copy."),
        }
    }

    pub(super) fn open_prompt(&mut self, kind: PromptKind, text: &str) {
        self.popup = Some(Popup::Prompt(Prompt::new(kind, text)));
        self.hint_prompt();
    }

    fn quit(&mut self) {
        let (waiting, failed) = self.outbox.counts();
        let drafts = self.drafts.len()
            + usize::from(self.composer.as_ref().is_some_and(|composer| !composer.is_blank()));
        let text = match self.journal.trouble() {
            Some(why) if !self.journal.is_settled() => format!(
                "Nothing could be saved ({why}). Quit and lose what is only here \
                 ({} in the outbox, {drafts} drafts)? y/n",
                waiting + failed
            ),
            _ if waiting > 0 => {
                format!("Quit? {waiting} not sent yet; the next start goes on with them. y/n")
            }
            _ => return self.effects.push(Effect::Quit),
        };
        self.popup = Some(Popup::Question(Question { text, yes: Answer::Quit }));
    }

    pub(super) fn answer_yes(&mut self, yes: Answer) {
        match yes {
            Answer::Quit => self.effects.push(Effect::Quit),
            Answer::Run(command) => self.run_confirmed(command),
            Answer::Resend(op) => self.resend(op),
        }
    }

    /// Which conversation a command is about: the open one where the thread or the composer has
    /// the keys, else the selected row.
    pub(super) fn target(&self) -> Option<ConversationId> {
        match self.focus {
            Pane::Composer => self
                .composer
                .as_ref()
                .map(|composer| composer.conversation.clone())
                .or_else(|| self.opened.clone()),
            Pane::Thread => self.opened.clone(),
            Pane::List | Pane::Sidebar => self.selected.clone(),
        }
    }

    /// Asks for something that a picker needs, once.
    pub(super) fn need(&mut self, id: &ConversationId, ask: Ask) {
        if let Some(account) = self.account_mut(id.account) {
            account.ask(ask, true);
        }
    }
}

fn moved(at: usize, last: usize, motion: Motion, half: usize) -> usize {
    match motion {
        Motion::Down => at + 1,
        Motion::Up => at.saturating_sub(1),
        Motion::Top => 0,
        Motion::Bottom => last,
        Motion::HalfDown => at + half,
        Motion::HalfUp => at.saturating_sub(half),
    }
    .min(last)
}
