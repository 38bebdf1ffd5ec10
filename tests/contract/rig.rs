//! A desk, and walks over it through the trait.

use std::sync::Arc;

use ttydesk::config::{Account, Credential, Secret, TokenSource};
use ttydesk::demo::world::{self, Key};
use ttydesk::demo::{ACCOUNT_ID, Desk, Entry, Options};
use ttydesk::model::{
    AccountId, Ask, Conversation, ConversationId, Cursor, Delta, Failure, Folder, Message,
    RemoteId, ThreadPart, Vendor,
};
use ttydesk::providers::{self, Provider, http};

use super::documented;

/// More pages than any list of the desk has.
const MOST_PAGES: usize = 200;

/// A calm desk that looks at every request.
pub struct Rig {
    pub desk: Desk,
}

impl Rig {
    pub fn new() -> Self {
        http::prepare_tls();
        Self { desk: Desk::start(&Options::calm()).unwrap() }
    }

    pub fn account(&self, vendor: Vendor) -> Account {
        let token = TokenSource::Plain(Secret::new(self.desk.token(vendor)));
        Account {
            name: vendor.word().into(),
            vendor,
            url: self.desk.url(vendor),
            account_id: (vendor == Vendor::Chatwoot).then_some(ACCOUNT_ID),
            credential: Credential::Token(token),
            timezone: jiff::tz::TimeZone::UTC,
        }
    }

    pub fn connect(&self, vendor: Vendor) -> Arc<dyn Provider> {
        providers::connect(account_id(vendor), &self.account(vendor)).unwrap()
    }

    /// What arrived since this was last asked; fails if any of it is undocumented.
    pub fn requests(&self) -> Vec<Entry> {
        let entries = self.desk.log().take();
        entries.iter().for_each(documented::check);
        entries
    }

    pub fn writes(&self) -> Vec<Entry> {
        self.requests().into_iter().filter(documented::is_write).collect()
    }

    pub fn world(&self, key: Key) -> world::Conversation {
        self.desk.world().conversation(key).unwrap()
    }

    /// All conversations of a vendor, as the desk holds them.
    pub fn all(&self, vendor: Vendor) -> Vec<world::Conversation> {
        let numbers = 1..=self.desk.world().count(vendor);
        numbers.map(|number| self.world(Key { vendor, number })).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.requests();
        }
    }
}

/// Another account for each vendor, and none of them the first.
pub fn account_id(vendor: Vendor) -> AccountId {
    AccountId(vendor as u16 + 7)
}

pub fn conversation_id(key: Key) -> ConversationId {
    ConversationId {
        account: account_id(key.vendor),
        remote: RemoteId::from(u64::from(key.number)),
    }
}

/// One answer to a list or thread question, taken apart.
pub struct Page {
    pub conversations: Vec<Conversation>,
    pub messages: Vec<Message>,
    pub next: Option<Cursor>,
    pub total: Option<u64>,
}

async fn page(provider: &dyn Provider, ask: Ask) -> Page {
    let mut page =
        Page { conversations: Vec::new(), messages: Vec::new(), next: None, total: None };
    let mut ends = 0;
    for delta in provider.ask(ask.clone()).await.unwrap() {
        match delta {
            Delta::Conversation(news) => {
                let mut conversation = Conversation::new(news.id.clone());
                conversation.merge(*news);
                page.conversations.push(conversation);
            }
            Delta::Message(message) => page.messages.push(*message),
            Delta::More { next, total } => {
                (page.next, page.total) = (next, total);
                ends += 1;
            }
            other => panic!("{other:?} does not belong into the answer to {ask:?}"),
        }
    }
    assert_eq!(ends, 1, "{ask:?} has to say once how it goes on");
    page
}

/// All pages of a folder.
pub async fn walk_list(provider: &dyn Provider, folder: Folder) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let mut cursor = None;
    for _ in 0..MOST_PAGES {
        let ask = Ask::List { folder, page: cursor.take(), since: None };
        pages.push(page(provider, ask).await);
        cursor = pages.last().and_then(|page| page.next.clone());
        if cursor.is_none() {
            return pages;
        }
    }
    panic!("{folder:?} does not end");
}

/// All pages of a thread, newest first.
pub async fn walk_thread(provider: &dyn Provider, id: &ConversationId) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    let mut part = ThreadPart::Newest;
    for _ in 0..MOST_PAGES {
        pages.push(page(provider, Ask::Thread { id: id.clone(), part }).await);
        match pages.last().and_then(|page| page.next.clone()) {
            Some(cursor) => part = ThreadPart::Older(cursor),
            None => return pages,
        }
    }
    panic!("the thread of {id:?} does not end");
}

/// Whatever is newer than a message.
pub async fn newer_than(
    provider: &dyn Provider,
    id: &ConversationId,
    message: RemoteId,
) -> Vec<Message> {
    let part = ThreadPart::After(message);
    page(provider, Ask::Thread { id: id.clone(), part }).await.messages
}

/// A conversation as it is read by itself.
pub async fn read(provider: &dyn Provider, id: &ConversationId) -> Conversation {
    let mut conversation = Conversation::new(id.clone());
    for delta in provider.ask(Ask::Conversation(id.clone())).await.unwrap() {
        let Delta::Conversation(news) = delta else { panic!("{delta:?}") };
        assert_eq!(&news.id, id);
        conversation.merge(*news);
    }
    conversation
}

/// Fails unless a failure can be shown to an agent: one sentence, no markup, no token.
pub fn check_sentence(failure: &Failure, token: &str) {
    let text = failure.text.as_str();
    assert!(text.ends_with(['.', '!', '?', '…']), "no sentence: {text:?}");
    assert!(text.chars().next().is_some_and(char::is_alphanumeric), "no sentence: {text:?}");
    assert!(text.contains(' ') && text.chars().count() <= 400, "too short or long: {text:?}");
    assert!(!text.contains(['\n', '<', '{', '}']), "not for people: {text:?}");
    assert!(!text.contains(token), "the token shows");
}
