//! What drawing reads.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::accounts::AccountState;
use super::commands::Pane;
use super::composer::{Composer, Drafts};
use super::inbox::Inbox;
use super::keymap::{Context, Keymap, Press};
use super::msg::Now;
use super::outbox::{Op, Outbox};
use super::popup::{Mark, Popup};
use super::threads::Thread;
use super::{App, Notice};
use crate::model::{Conversation, ConversationId, Folder};

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
