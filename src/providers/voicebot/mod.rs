//! voicebot chat ("Client API" 0.1.0). Every GET and most writes answer `{data: …}`, the PATCHes
//! and the upload the bare object; notes live under `/conversation/…`, everything else under
//! `/conversations/…`. Documented: the conversation PATCH, all objects, messages, uploads and
//! mark-read. Assumed, with a fallback each: list paging, `GET /users`, creating a note.

mod capabilities;
mod content;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::{Http, Scheme};
use super::{Provider, json as fields, kit};
use crate::config;
use crate::model::{
    AccountId, Action, Ask, Capabilities, ConversationId, Cursor, Delta, Failure, Message, OpKey,
    Outgoing, ThreadPart, Trouble,
};

/// Rows per page: the documented default for messages, and what is asked for everywhere.
const PER_PAGE: u32 = 100;
/// The most pages that are walked for people or notes, so that a server that never ends is left.
const MOST_PAGES: usize = 20;

/// One account at voicebot chat.
struct Voicebot {
    account: AccountId,
    http: Http,
    names: kit::Names,
}

/// An adapter for one account. The URL is the tenant's own and ends in `/third-party/v1`.
///
/// # Errors
/// When the URL cannot be used or the account has no token. Nothing is sent yet.
pub fn connect(account: AccountId, config: &config::Account) -> Result<Arc<dyn Provider>, Failure> {
    let http = Http::new(&config.url, Scheme::Bearer, kit::token(config)?)?;
    Ok(Arc::new(Voicebot { account, http, names: kit::Names::default() }))
}

impl Provider for Voicebot {
    fn capabilities(&self) -> Capabilities {
        capabilities::capabilities()
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
        Box::pin(async move { self.carry_out(&conversation, action).await })
    }
}

/// One page of a list.
struct Page {
    rows: Vec<Value>,
    next: Option<Cursor>,
    total: Option<u64>,
}

impl Page {
    fn more(self) -> Delta {
        Delta::More { next: self.next, total: self.total }
    }
}

impl Voicebot {
    async fn answer(&self, ask: Ask) -> Result<Vec<Delta>, Failure> {
        kit::check_ask(&self.capabilities(), &ask)?;
        match ask {
            Ask::List { page, .. } => {
                let page = self.page("/conversations", page.as_ref()).await?;
                let now = Timestamp::now();
                let mut news: Vec<Delta> = page
                    .rows
                    .iter()
                    .filter_map(|row| read::conversation(row, self.account, &self.names, now))
                    .map(|news| Delta::Conversation(Box::new(news)))
                    .collect();
                news.push(page.more());
                Ok(news)
            }
            Ask::Thread { id, part } => self.thread(&id, part).await,
            Ask::Conversation(id) => kit::or_gone(self.conversation(&id).await, id),
            // There is no call for it; the cheapest read shows that the token is accepted.
            Ask::Me => {
                let answer = self.http.get("/conversations", &[("per_page", "1".into())]).await?;
                kit::rows(&answer.json()?, &["conversations"])?;
                Ok(Vec::new())
            }
            Ask::People => self.people().await,
            // Refused above.
            Ask::Teams | Ask::Labels | Ask::Canned => Ok(Vec::new()),
        }
    }

    async fn conversation(&self, id: &ConversationId) -> Result<Vec<Delta>, Failure> {
        let path = format!("/conversations/{}", kit::segment(&id.remote));
        let answer = self.http.get(&path, &[]).await?.json()?;
        kit::expect(self.conversation_news(&answer), "conversation")
    }

    /// The newest page comes with the notes, which the vendor keeps apart from the messages.
    async fn thread(&self, id: &ConversationId, part: ThreadPart) -> Result<Vec<Delta>, Failure> {
        let path = format!("/conversations/{}/messages", kit::segment(&id.remote));
        let (page, notes) = match part {
            ThreadPart::Older(cursor) => (self.page(&path, Some(&cursor)).await?, Vec::new()),
            // The vendor has no call for what is newer than a message.
            ThreadPart::Newest | ThreadPart::After(_) => {
                futures_util::future::try_join(self.page(&path, None), self.notes(id)).await?
            }
        };
        let now = Timestamp::now();
        let mut entries = read::messages(&page.rows, id, &self.names, now);
        entries.extend(read::notes(&notes, id, now));
        entries.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let mut news: Vec<Delta> = entries.into_iter().map(message_news).collect();
        news.push(page.more());
        Ok(news)
    }

    /// All notes of a conversation. The call is only listed in the documentation, so trouble with
    /// it alone does not take the messages away; trouble with the whole account is told.
    async fn notes(&self, id: &ConversationId) -> Result<Vec<Value>, Failure> {
        match self.all_rows(&notes_path("conversation", id)).await {
            Err(failure)
                if !matches!(failure.trouble, Trouble::SignedOut | Trouble::RateLimited) =>
            {
                tracing::warn!(%failure, "the notes of a conversation could not be read");
                Ok(Vec::new())
            }
            answer => answer,
        }
    }

    async fn people(&self) -> Result<Vec<Delta>, Failure> {
        match self.all_rows("/users").await {
            Ok(rows) => {
                for person in rows.iter().filter_map(read::person) {
                    self.names.learn(&person);
                }
            }
            // The call is assumed, not documented; whoever works on a conversation is known anyway.
            Err(failure) if matches!(failure.status, Some(404 | 405)) => {}
            Err(failure) => return Err(failure),
        }
        Ok(vec![Delta::People(self.names.all())])
    }

    async fn all_rows(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut page = self.page(path, None).await?;
        let mut rows = page.rows;
        for _ in 1..MOST_PAGES {
            let Some(next) = page.next else { break };
            page = self.page(path, Some(&next)).await?;
            rows.append(&mut page.rows);
        }
        Ok(rows)
    }

    /// A page by its cursor, which holds a page number or a link of the server.
    async fn page(&self, path: &str, cursor: Option<&Cursor>) -> Result<Page, Failure> {
        let place = cursor.map(kit::place);
        let link = place.filter(|place| place.parse::<u32>().is_err());
        let mut query = Vec::new();
        if !link.is_some_and(|link| link.contains("per_page=")) {
            query.push(("per_page", PER_PAGE.to_string()));
        }
        if let (Some(number), None) = (place, link) {
            query.push(("page", number.to_owned()));
        }
        let answer = self.http.get(link.unwrap_or(path), &query).await?.json()?;
        let rows = kit::rows(&answer, &["conversations", "messages", "notes", "users"])?;
        Ok(Page {
            next: kit::next_page(cursor, rows, self.place_after(&answer)),
            total: meta(&answer, "total"),
            rows: rows.to_vec(),
        })
    }

    /// Where the next page begins: the server's link, if it leads to where the token may go (behind
    /// a proxy it often does not), else the next page number.
    fn place_after(&self, answer: &Value) -> Option<String> {
        let base = self.http.base();
        let link = fields::field(answer, "links")
            .and_then(|links| fields::text(links, "next"))
            .and_then(|link| base.join(&link).ok())
            .filter(|link| link.origin() == base.origin());
        if let Some(link) = link {
            return Some(link.into());
        }
        let current = meta(answer, "current_page")?;
        (current < meta(answer, "last_page")?).then(|| (current + 1).to_string())
    }

    async fn carry_out(
        &self,
        conversation: &ConversationId,
        action: Action,
    ) -> Result<Vec<Delta>, Failure> {
        kit::check_action(&self.capabilities(), conversation, &action)?;
        let path = format!("/conversations/{}", kit::segment(&conversation.remote));
        match action {
            Action::SetStatus(status) => {
                let body = json!({"status": write::status_word(&status)});
                self.change(Method::PATCH, &path, &body).await
            }
            Action::Assign(person) => {
                let body = json!({"user_id": person.map(|person| kit::id_value(&person.id))});
                self.change(Method::PATCH, &path, &body).await
            }
            Action::MarkRead { tell_customer } => {
                let body = json!({"mark_external": tell_customer});
                self.change(Method::POST, &format!("{path}/mark-read"), &body).await
            }
            Action::Reply(outgoing) => {
                let body = self.message_body(&outgoing).await?;
                self.say(conversation, &format!("{path}/messages"), Some(&body)).await
            }
            Action::Retry { message } => {
                let message = kit::segment(&message);
                let path = format!("{path}/messages/{message}/duplicate");
                self.say(conversation, &path, None).await
            }
            Action::Note(text) => self.add_note(conversation, &text).await,
            Action::EditNote { message, text } => {
                let Some(note) = read::note_id(&message) else {
                    return Err(Failure::unsupported("Only notes can be changed."));
                };
                let notes = notes_path("conversation", conversation);
                let path = format!("{notes}/{}", kit::segment(&note));
                let body = json!({"text": text});
                let answer = self.http.write(Method::PATCH, &path, Some(&body)).await?.json()?;
                Ok(note_news(&answer, conversation))
            }
            other => Err(Failure::unsupported(format!(
                "voicebot chat has no call to {}.",
                other.phrase()
            ))),
        }
    }

    /// A write that the conversation itself answers.
    async fn change(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Vec<Delta>, Failure> {
        let answer = self.http.write(method, path, Some(body)).await?.json()?;
        Ok(self.conversation_news(&answer))
    }

    /// A write that the new message answers.
    async fn say(
        &self,
        conversation: &ConversationId,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Vec<Delta>, Failure> {
        let answer = self.http.write(Method::POST, path, body).await?.json()?;
        let row = std::slice::from_ref(object(&answer));
        let messages = read::messages(row, conversation, &self.names, Timestamp::now());
        Ok(messages.into_iter().map(message_news).collect())
    }

    /// The body of a reply; a file is uploaded on the way, because uploads expire within a day.
    async fn message_body(&self, outgoing: &Outgoing) -> Result<Value, Failure> {
        let reference = write::reference(outgoing)?;
        let Some(file) = write::only_file(outgoing)? else {
            return Ok(write::text_message(&outgoing.text, reference));
        };
        let stored = match write::source(file)? {
            write::Source::Public(stored) => stored,
            write::Source::Form(form) => {
                let answer = self.http.post_form("/files/temporary-upload", form).await;
                let answer = answer.and_then(|answer| answer.json());
                write::stored(&answer.map_err(write::upload_failure)?)?.clone()
            }
        };
        Ok(write::file_message(file, &outgoing.text, &stored, reference))
    }

    /// The page for creating a note was not seen. A note that was refused with 404 was not created,
    /// so the plural path can be tried without doubling it.
    async fn add_note(
        &self,
        conversation: &ConversationId,
        text: &str,
    ) -> Result<Vec<Delta>, Failure> {
        let body = json!({"text": text});
        let path = notes_path("conversation", conversation);
        let mut answer = self.http.write(Method::POST, &path, Some(&body)).await;
        if answer.as_ref().is_err_and(|failure| failure.status == Some(404)) {
            let path = notes_path("conversations", conversation);
            answer = self.http.write(Method::POST, &path, Some(&body)).await;
        }
        Ok(note_news(&answer?.json()?, conversation))
    }

    fn conversation_news(&self, answer: &Value) -> Vec<Delta> {
        let now = Timestamp::now();
        let news = read::conversation(object(answer), self.account, &self.names, now);
        news.map(|news| Delta::Conversation(Box::new(news))).into_iter().collect()
    }
}

/// The object of an answer, whether it comes in `data` or bare.
fn object(answer: &Value) -> &Value {
    fields::unwrap(answer, &["data"])
}

fn meta(answer: &Value, key: &str) -> Option<u64> {
    u64::try_from(fields::number(fields::field(answer, "meta")?, key)?).ok()
}

fn notes_path(root: &str, conversation: &ConversationId) -> String {
    format!("/{root}/{}/notes", kit::segment(&conversation.remote))
}

fn note_news(answer: &Value, conversation: &ConversationId) -> Vec<Delta> {
    let row = std::slice::from_ref(object(answer));
    read::notes(row, conversation, Timestamp::now()).into_iter().map(message_news).collect()
}

fn message_news(message: Message) -> Delta {
    Delta::Message(Box::new(message))
}
