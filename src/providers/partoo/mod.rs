//! Partoo, REST API v2. Lists go by cursor and are filtered by nothing but shops; writes answer
//! `{"status": "success"}` and no more, so the conversation has to be read again; a PATCH takes one
//! change. The read flag belongs to the user of the API key, so a shared key shares it. Documented:
//! all of it but the field that carries the address of media (see `write`). Marking unread uses a
//! call that the vendor calls deprecated; there is no other.

mod memory;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use futures_util::future::{self, BoxFuture};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::http::{Http, Scheme};
use super::{Provider, json as fields, kit};
use crate::config;
use crate::model::{
    AccountId, Action, Ask, Capabilities, ConversationId, ConversationNews, Cursor, Delta, Failure,
    Folder, OpKey, Outcome, Person, PollEvery, Support, ThreadPart, Vendor,
};

/// The largest page there is.
const PER_PAGE: &str = "100";
/// The most pages of people that are walked, so that a server that never ends is left.
const MOST_PAGES: i64 = 50;
const NO_PRIORITY: &str = "Partoo has no priorities.";

/// One account at Partoo.
struct Partoo {
    account: AccountId,
    http: Http,
    names: kit::Names,
    names_asked: OnceCell<()>,
    memory: memory::Memory,
}

/// An adapter for one account. The URL is `https://api.partoo.co/v2` or the sandbox's.
///
/// # Errors
/// When the URL cannot be used or the account has no API key. Nothing is sent yet.
pub fn connect(account: AccountId, config: &config::Account) -> Result<Arc<dyn Provider>, Failure> {
    Ok(Arc::new(Partoo {
        account,
        http: Http::new(&config.url, Scheme::Header("x-APIKey"), kit::token(config)?)?,
        names: kit::Names::default(),
        names_asked: OnceCell::new(),
        memory: memory::Memory::default(),
    }))
}

impl Provider for Partoo {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: Vendor::Partoo,
            folders: vec![Folder::Recent],
            statuses: write::STATUSES.to_vec(),
            reply: Support::Yes,
            server_drafts: Support::no("Partoo keeps no drafts; yours stay on this machine."),
            notes: Support::no("Partoo has no notes."),
            edit_notes: Support::no("Partoo has no notes."),
            snooze: Support::no("Partoo has no snooze."),
            assign: self.memory.assignment(),
            teams: Support::no("Partoo has no teams."),
            priority: Support::no(NO_PRIORITY),
            clear_priority: Support::no(NO_PRIORITY),
            labels: Support::no("Partoo has no labels on conversations."),
            sla: Support::no("Partoo has no SLA policies."),
            mark_read: Support::Yes,
            mark_unread: Support::Yes,
            retry: Support::Yes,
            store: Support::no("Partoo cannot store a message without sending it."),
            attachments: Support::Yes,
            canned: Support::Yes,
            // Each channel has its own limit; none is documented.
            max_text: None,
            // 300 requests a minute are shared by the whole organisation.
            poll: PollEvery { list: 30, thread: 6 },
        }
    }

    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        Box::pin(self.answer(ask))
    }

    fn apply(
        &self,
        conversation: ConversationId,
        action: Action,
        _key: OpKey,
    ) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        Box::pin(async move {
            kit::check_action(&self.capabilities(), &conversation, &action)?;
            self.memory.check(&conversation, &action)?;
            let result = self.carry_out(&conversation, &action).await;
            self.memory.tried(&conversation, &action, result.as_ref().copied());
            // An acknowledgement tells nothing new.
            result.map(|()| Vec::new())
        })
    }
}

impl Partoo {
    async fn answer(&self, ask: Ask) -> Result<Vec<Delta>, Failure> {
        kit::check_ask(&self.capabilities(), &ask)?;
        match ask {
            Ask::List { page, .. } => {
                let list = self.page("/conversations", "conversations", Vec::new(), page.as_ref());
                let (found, ()) = future::join(list, self.names_asked()).await;
                let (rows, more) = found?;
                let mut news = self.conversations(&rows);
                news.push(more);
                Ok(news)
            }
            Ask::Thread { id, part } => {
                // The vendor has no call for what is newer than a message.
                let cursor = match &part {
                    ThreadPart::Older(cursor) => Some(cursor),
                    ThreadPart::Newest | ThreadPart::After(_) => None,
                };
                let query = vec![("conversation_id", id.remote.to_string())];
                let (rows, more) = self.page("/messages", "messages", query, cursor).await?;
                let messages = read::messages(&rows, &id, Timestamp::now());
                let mut news: Vec<Delta> =
                    messages.into_iter().map(|message| Delta::Message(Box::new(message))).collect();
                news.push(more);
                Ok(news)
            }
            Ask::Conversation(id) => kit::or_gone(self.conversation(&id).await, id),
            Ask::Me => {
                let answer = self.http.get("/user/me", &[]).await?.json()?;
                let me = read::person(fields::unwrap(&answer, &["user", "data"]));
                kit::expect(me.map(Delta::Me).into_iter().collect(), "user")
            }
            Ask::People => Ok(vec![Delta::People(self.people().await?)]),
            Ask::Canned => {
                let answer = self.http.get("/messaging/templates", &[]).await?.json()?;
                let templates = kit::rows(&answer, &["templates"])?;
                Ok(vec![Delta::Canned(templates.iter().filter_map(read::canned).collect())])
            }
            // Refused above.
            Ask::Teams | Ask::Labels => Ok(Vec::new()),
        }
    }

    async fn conversation(&self, id: &ConversationId) -> Result<Vec<Delta>, Failure> {
        let answer = self.http.get(&conversation_path(id), &[]).await?.json()?;
        let row = fields::unwrap(&answer, &["conversation", "data"]);
        kit::expect(self.conversations(std::slice::from_ref(row)), "conversation")
    }

    fn conversations(&self, rows: &[Value]) -> Vec<Delta> {
        let now = Timestamp::now();
        let read = |row| -> Option<ConversationNews> {
            let news = read::conversation(row, self.account, &self.names, now)?;
            self.memory.saw(row, &news);
            Some(news)
        };
        rows.iter().filter_map(read).map(|news| Delta::Conversation(Box::new(news))).collect()
    }

    async fn page(
        &self,
        path: &str,
        name: &str,
        mut query: Vec<(&'static str, String)>,
        cursor: Option<&Cursor>,
    ) -> Result<(Vec<Value>, Delta), Failure> {
        query.push(("per_page", PER_PAGE.into()));
        query.extend(cursor.map(|cursor| ("cursor", kit::place(cursor).to_owned())));
        let answer = self.http.get(path, &query).await?.json()?;
        let rows = kit::rows(&answer, &[name])?;
        let next = kit::next_page(cursor, rows, fields::text(&answer, "next_cursor"));
        let total = fields::number(&answer, "count").and_then(|count| u64::try_from(count).ok());
        Ok((rows.to_vec(), Delta::More { next, total }))
    }

    /// Everybody that a conversation can be given to. Pages are counted from 1.
    async fn people(&self) -> Result<Vec<Person>, Failure> {
        let mut people: Vec<Person> = Vec::new();
        let mut cursor = None;
        for page in 1..=MOST_PAGES {
            let query = [
                ("status", "active".into()),
                ("per_page", PER_PAGE.into()),
                ("page", page.to_string()),
            ];
            let answer = self.http.get("/user/search", &query).await?.json()?;
            let rows = kit::rows(&answer, &["users"])?;
            people.extend(rows.iter().filter_map(read::assignable));
            let more = fields::number(&answer, "max_page").is_some_and(|last| page < last);
            cursor = kit::next_page(cursor.as_ref(), rows, more.then(|| (page + 1).to_string()));
            if cursor.is_none() {
                break;
            }
        }
        for person in &people {
            self.names.learn(person);
        }
        Ok(people)
    }

    /// Sees to it that assignees have names, asked for once. Without them a conversation shows an
    /// id, so that a failure is no failure; what was out of reach or slow is asked again next time.
    async fn names_asked(&self) {
        let asked = self.names_asked.get_or_try_init(|| async {
            match self.people().await {
                Err(failure) if failure.outcome != Outcome::Refused => Err(failure),
                Ok(_) | Err(_) => Ok(()),
            }
        });
        // A slow answer about names must not hold up the list.
        let _ = tokio::time::timeout(kit::NAMES_WAIT, asked).await;
    }

    async fn carry_out(
        &self,
        conversation: &ConversationId,
        action: &Action,
    ) -> Result<(), Failure> {
        let path = conversation_path(conversation);
        // A POST without content type is answered with 415, so those without a documented body
        // carry an empty object.
        let (method, path, body) = match action {
            Action::SetStatus(status) => (Method::PATCH, path, write::status(status)),
            Action::Assign(person) => (Method::PATCH, path, write::assignee(person.as_ref())),
            Action::Reply(outgoing) => {
                let body = write::message(conversation, outgoing)?;
                (Method::POST, "/messages".to_owned(), body)
            }
            Action::Retry { message } => {
                (Method::POST, format!("/messages/{}/retry", kit::segment(message)), json!({}))
            }
            Action::MarkRead { .. } => (Method::POST, format!("{path}/read"), json!({})),
            Action::MarkUnread => (Method::POST, path, json!({"is_read": false})),
            other => {
                let text = format!("Partoo has no call to {}.", other.phrase());
                return Err(Failure::unsupported(text));
            }
        };
        // Something that is not JSON is no acknowledgement.
        self.http.write(method, &path, Some(&body)).await?.json().map(|_| ())
    }
}

fn conversation_path(id: &ConversationId) -> String {
    format!("/conversations/{}", kit::segment(&id.remote))
}
