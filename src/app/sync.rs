//! What to ask which vendor, and what to do with the answers.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::accounts::{InFlight, ListState};
use super::msg::{Effect, Laid};
use super::outbox::{Confirms, OpState};
use super::popup::Popup;
use super::threads::Older;
use super::{App, Level};
use crate::model::{
    AccountId, Ask, Capabilities, ConversationId, Delta, Failure, Folder, JobId, RemoteId,
    ReplyWindow, ThreadPart,
};

/// News since the last complete answer is asked with this much overlap: clocks differ, and a
/// vendor may show a change a moment after it happened.
const SLACK: SignedDuration = SignedDuration::from_secs(60);
/// Conversations closer than this to the end of what is loaded make the next page be asked.
const PAGE_AHEAD: usize = 40;

impl App {
    /// The first questions of a run.
    pub fn start(&mut self) -> Vec<Effect> {
        for place in 0..self.accounts.len() {
            let Some(account) = self.accounts.get_mut(place) else { break };
            account.ask(Ask::Me, false);
            account.next_poll = self.now.mono;
        }
        self.show_view(0);
        self.on_poll_time();
        self.depart();
        self.write_down();
        std::mem::take(&mut self.effects)
    }

    /// Asks for what the clock makes due: lists, the open thread, words in doubt, slowness.
    pub(super) fn on_poll_time(&mut self) {
        let now = self.now;
        for place in 0..self.accounts.len() {
            let jitter = self.jitter_if_due(place);
            let Some(account) = self.accounts.get_mut(place) else { break };
            if account.notice_slowness(now.mono, now.wall) {
                self.dirty = true;
            }
            if let Some(jitter) = jitter {
                let every = Duration::from_secs(account.capabilities.poll.list.into());
                account.next_poll = now.mono + every.mul_f64(jitter);
                let since = account.complete_since.and_then(|since| since.checked_sub(SLACK).ok());
                account.ask(Ask::List { folder: Folder::Recent, page: None, since }, false);
            }
        }
        if let Some(id) = self.opened.clone()
            && self.next_thread_poll <= now.mono
        {
            self.read_thread(&id, false);
        }
        for id in self.outbox.to_look(now.mono) {
            let part = ThreadPart::Newest;
            if let Some(account) = self.account_mut(id.account) {
                account.ask(Ask::Thread { id, part }, false);
            }
        }
    }

    fn jitter_if_due(&mut self, place: usize) -> Option<f64> {
        let due =
            self.accounts.get(place).is_some_and(|account| account.next_poll <= self.now.mono);
        due.then(|| self.jitter())
    }

    /// Reads the newest part of a thread, and when the next read is due.
    pub(super) fn read_thread(&mut self, id: &ConversationId, urgent: bool) {
        let jitter = self.jitter();
        let Some(account) = self.account_mut(id.account) else { return };
        account.ask(Ask::Thread { id: id.clone(), part: ThreadPart::Newest }, urgent);
        let every = Duration::from_secs(account.capabilities.poll.thread.into());
        self.next_thread_poll = self.now.mono + every.mul_f64(jitter);
    }

    /// Asks for the first page of what the current view shows, where it was never answered.
    pub(super) fn fill_view(&mut self) {
        let Some(view) = self.inbox.view().cloned() else { return };
        let Some(folder) = view.kind.folder() else { return };
        for account in &mut self.accounts {
            if view.account.is_some_and(|only| only != account.id) {
                continue;
            }
            let folder = account.folder(folder);
            if account.lists.get(&folder).is_none_or(|list| list.answered.is_none()) {
                account.ask(Ask::List { folder, page: None, since: None }, true);
            }
        }
    }

    /// Asks for the next pages of the lists behind the current view, when the end comes near.
    fn page_on(&mut self) {
        let bottom = self.laid.list_top + usize::from(self.laid.list_rows);
        if bottom + PAGE_AHEAD < self.inbox.len() || self.laid.list_rows == 0 {
            return;
        }
        let Some(view) = self.inbox.view().cloned() else { return };
        let Some(folder) = view.kind.folder() else { return };
        for account in &mut self.accounts {
            if view.account.is_some_and(|only| only != account.id) {
                continue;
            }
            let folder = account.folder(folder);
            let next = account.lists.get(&folder).and_then(|list| list.next.clone());
            if let Some(next) = next {
                account.ask(Ask::List { folder, page: Some(next), since: None }, false);
            }
        }
    }

    pub(super) fn on_laid(&mut self, laid: Laid) {
        self.laid = laid;
        self.thread_back = self.laid.thread_back;
        self.jump = None;
        self.page_on();
        self.page_thread();
    }

    /// Asks for older messages when the agent has scrolled near the beginning of what is loaded,
    /// or when what is loaded does not fill the screen.
    pub(super) fn page_thread(&mut self) {
        let near = self.thread_back + usize::from(self.laid.thread_rows) >= self.laid.thread_most;
        let Some(id) = self.opened.clone() else { return };
        let Some(Older::More(cursor)) = self.threads.get(&id).map(|thread| thread.older.clone())
        else {
            return;
        };
        if near && let Some(account) = self.account_mut(id.account) {
            account.ask(Ask::Thread { id, part: ThreadPart::Older(cursor) }, false);
        }
    }

    pub(super) fn on_answer(
        &mut self,
        account: AccountId,
        job: JobId,
        capabilities: Capabilities,
        result: Result<Vec<Delta>, Failure>,
    ) {
        let jitter = self.jitter();
        let now = self.now;
        let Some(state) = self.account_mut(account) else { return };
        let Some(flight) = state.landed(job) else { return };
        let changed = state.capabilities != capabilities;
        state.capabilities = capabilities;
        self.dirty |= changed;
        match result {
            Ok(deltas) => {
                let Some(state) = self.account_mut(account) else { return };
                let better = state.worked(Some(&flight.ask));
                self.dirty |= better;
                self.take_answer(account, &flight, deltas);
            }
            Err(failure) => {
                if let Some(state) = self.account_mut(account) {
                    state.failed(Some(flight.ask.clone()), &failure, now.mono, now.wall, jitter);
                }
                self.dirty = true;
                self.on_failed_ask(&flight, &failure);
            }
        }
    }

    fn on_failed_ask(&mut self, flight: &InFlight, failure: &Failure) {
        match &flight.ask {
            // A thread that is on the screen shows its age; the bar says that the account is down.
            Ask::Thread { id, .. }
                if self.opened.as_ref() == Some(id)
                    && self.thread().is_none_or(|thread| thread.read_at.is_none()) =>
            {
                self.say(Level::Warning, format!("The thread cannot be read now: {failure}"));
            }
            Ask::People | Ask::Teams | Ask::Labels | Ask::Canned => {
                if let Some(Popup::Picker(picker)) = &mut self.popup
                    && picker.loading
                {
                    self.popup = None;
                    self.say(
                        Level::Warning,
                        format!("The list to choose from cannot be read: {failure}"),
                    );
                }
            }
            _ => {}
        }
    }

    fn take_answer(&mut self, account: AccountId, flight: &InFlight, deltas: Vec<Delta>) {
        let more = deltas.iter().find_map(|delta| match delta {
            Delta::More { next, total } => Some((next.clone(), *total)),
            _ => None,
        });
        match &flight.ask {
            Ask::List { folder, page, since } => {
                let oldest = oldest_activity(&deltas);
                self.merge(deltas, flight.asked_at);
                self.on_list(account, *folder, page.is_none(), *since, more, oldest, flight);
            }
            Ask::Thread { id, part } => {
                self.on_thread(id, part, deltas, more, flight);
            }
            Ask::Conversation(id) => {
                self.merge(deltas, flight.asked_at);
                self.confirm(id, flight.asked_at, Confirms::Conversation);
            }
            Ask::Me | Ask::People | Ask::Teams | Ask::Labels | Ask::Canned => {
                self.take_people(account, deltas);
                self.refill_picker();
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // one answer, taken apart once
    fn on_list(
        &mut self,
        account: AccountId,
        folder: Folder,
        first: bool,
        since: Option<Timestamp>,
        more: Option<(Option<crate::model::Cursor>, Option<u64>)>,
        oldest: Option<Timestamp>,
        flight: &InFlight,
    ) {
        let wall = self.now.wall;
        let Some(state) = self.account_mut(account) else { return };
        let (next, total) = more.unwrap_or_default();
        // A poll for news fills the gap up to what is known; it says nothing about the pages below.
        if let Some(since) = since {
            let reaches = next.is_none() || oldest.is_none_or(|oldest| oldest <= since);
            if reaches {
                state.complete_since = Some(flight.asked_wall);
            } else if let Some(next) = next {
                state.ask(Ask::List { folder, page: Some(next), since: Some(since) }, false);
            }
            return;
        }
        let list = state.lists.entry(folder).or_insert_with(ListState::default);
        if first {
            list.answered = Some(wall);
            if list.next.is_none() && !list.complete {
                list.complete = next.is_none();
                list.next = next;
            }
        } else {
            list.complete = next.is_none();
            list.next = next;
        }
        let told = list.total != total;
        list.total = total;
        if first && folder == Folder::Recent && state.complete_since.is_none() {
            state.complete_since = Some(flight.asked_wall);
        }
        self.dirty |= told;
        self.page_on();
    }

    fn on_thread(
        &mut self,
        id: &ConversationId,
        part: &ThreadPart,
        deltas: Vec<Delta>,
        more: Option<(Option<crate::model::Cursor>, Option<u64>)>,
        flight: &InFlight,
    ) {
        let page: Vec<RemoteId> = deltas
            .iter()
            .filter_map(|delta| match delta {
                Delta::Message(message) => Some(message.id.clone()),
                _ => None,
            })
            .collect();
        let thread = self.threads.open(id);
        let first_read = thread.read_at.is_none();
        let newest = thread.newest().map(|message| message.id.clone());
        let gap = *part == ThreadPart::Newest && !page.is_empty() && thread.is_gap(page.iter());
        thread.read_at = Some(self.now.wall);
        if let Some((next, _)) = more
            && (matches!(part, ThreadPart::Older(_)) || thread.older == Older::Unknown)
            && !matches!(part, ThreadPart::After(_))
        {
            thread.older = next.map_or(Older::Complete, Older::More);
        }
        self.dirty |= first_read && self.opened.as_ref() == Some(id);
        self.merge(deltas, flight.asked_at);
        if gap
            && let Some(newest) = newest
            && let Some(account) = self.account_mut(id.account)
        {
            account.ask(Ask::Thread { id: id.clone(), part: ThreadPart::After(newest) }, true);
        }
        if matches!(part, ThreadPart::Newest | ThreadPart::After(_)) {
            self.confirm(id, flight.asked_at, Confirms::Thread);
            for op in self.outbox.looked(id, flight.asked_at) {
                self.on_given_up(op);
            }
        }
        self.page_thread();
    }

    /// Something was read: what had been accepted before is confirmed now.
    fn confirm(&mut self, id: &ConversationId, asked_at: Duration, of: Confirms) {
        if self.outbox.confirm(id, asked_at, of) {
            self.relay(id);
        }
    }

    /// Lays what is pending over a conversation anew, after the outbox changed.
    pub(super) fn relay(&mut self, id: &ConversationId) {
        self.inbox.overlay(id, &self.outbox.pending(id));
        let holds = self.outbox.of(id).next().is_some();
        self.inbox.reconsider(id, |context| {
            if holds {
                context.outbox.insert(id.clone());
            } else {
                context.outbox.remove(id);
            }
        });
        self.dirty = true;
    }

    /// Takes vendor news in. The only way in.
    pub(super) fn merge(&mut self, deltas: Vec<Delta>, asked_at: Duration) {
        for delta in deltas {
            match delta {
                Delta::Conversation(news) => {
                    let id = news.id.clone();
                    let pending = self.outbox.pending(&id);
                    if self.inbox.merge(*news, asked_at, &pending) {
                        self.dirty = true;
                    }
                }
                Delta::Message(message) => {
                    let id = message.conversation.clone();
                    if self.outbox.seen(&message).is_some() {
                        self.relay(&id);
                    }
                    if self.threads.open(&id).merge(*message, asked_at)
                        && self.opened.as_ref() == Some(&id)
                    {
                        self.dirty = true;
                    }
                }
                Delta::MessageGone { conversation, message } => {
                    if let Some(thread) = self.threads.get_mut(&conversation) {
                        self.dirty |= thread.remove(&message);
                    }
                }
                Delta::Gone(id) => {
                    self.dirty |= self.inbox.remove(&id);
                    if self.opened.as_ref() == Some(&id) {
                        self.say(
                            Level::Warning,
                            "This conversation is not there any more, or not yours to see.",
                        );
                    }
                }
                Delta::Stale(id) => self.reread(&id),
                Delta::More { .. }
                | Delta::Me(_)
                | Delta::People(_)
                | Delta::Teams(_)
                | Delta::Labels(_)
                | Delta::Canned(_) => {}
            }
        }
    }

    /// Reads a conversation again because what is known of it is old.
    pub(super) fn reread(&mut self, id: &ConversationId) {
        if let Some(account) = self.account_mut(id.account) {
            account.ask(Ask::Conversation(id.clone()), true);
        }
    }

    fn take_people(&mut self, account: AccountId, deltas: Vec<Delta>) {
        let Some(state) = self.accounts.get_mut(usize::from(account.0)) else { return };
        for delta in deltas {
            match delta {
                Delta::Me(me) => {
                    state.me = Some(me.clone());
                    if self.inbox.context.me.insert(account, me.clone()) != Some(me) {
                        self.inbox.recount();
                        self.dirty = true;
                    }
                }
                Delta::People(people) => state.people = Some(people),
                Delta::Teams(teams) => state.teams = Some(teams),
                Delta::Labels(labels) => state.labels = Some(labels),
                Delta::Canned(canned) => state.canned = Some(canned),
                _ => {}
            }
        }
    }

    /// The agent wants to see what is new, now.
    pub(super) fn refresh(&mut self) {
        let now = self.now.mono;
        for account in &mut self.accounts {
            account.hurry();
            account.next_poll = now;
        }
        if let Some(id) = self.opened.clone() {
            self.read_thread(&id, true);
            self.reread(&id);
        }
        self.fill_view();
    }

    pub(super) fn on_focus(&mut self, focused: bool) {
        self.journal.hurry |= !focused;
        let came_back = focused && !self.focused;
        self.focused = focused;
        if came_back {
            for account in &mut self.accounts {
                account.hurry();
            }
        }
    }

    /// When the countdown of the open conversation's reply window changes its words.
    pub(super) fn window_tick(&self) -> Option<Duration> {
        let ReplyWindow::Until(end) = self.opened()?.reply_window else { return None };
        let left = self.until(end);
        if left.is_zero() {
            return None;
        }
        let unit = if left >= Duration::from_secs(3600) { 3600 } else { 60 };
        let into_unit = Duration::from_secs(left.as_secs() % unit + 1);
        Some(self.now.mono + into_unit)
    }

    /// Whether the newest own words of a conversation are still unconfirmed.
    pub(super) fn has_words_in_doubt(&self, id: &ConversationId) -> bool {
        self.outbox.of(id).any(|op| matches!(op.state, OpState::Unconfirmed { .. }))
    }
}

fn oldest_activity(deltas: &[Delta]) -> Option<Timestamp> {
    deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Conversation(news) => news.last_activity.flatten(),
            _ => None,
        })
        .min()
}
