//! Chatwoot, server version 4: the application API of one account.

mod message;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{self, BoxFuture, FutureExt};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::OnceCell;

use self::read::{Inboxes, Reader};
use self::write::Body;
use super::Provider;
use super::http::{Answer, Http, Scheme};
use super::{json, kit};
use crate::config::Account;
use crate::model::{
    AccountId, Action, Ask, Capabilities, ConversationId, ConversationNews, Cursor, Delta, Failure,
    Folder, OpKey, Outcome, Person, PollEvery, RemoteId, Status, Support, ThreadPart, Trouble,
    Vendor,
};

/// Messages on a page of a thread, and at most in an answer to `after` (recorded).
const PAGE: usize = 20;
const CATCH_UP_PAGE: usize = 100;
/// Changes are asked for a little further back than needed, as the vendor's own client does.
const OVERLAP_SECONDS: i64 = 15;
/// The answer to `updated_within` is not paged: after a longer absence the pages are the better
/// question.
const MOST_CATCH_UP_SECONDS: i64 = 6 * 3600;
/// How long a list waits for the names of its inboxes.
const NAMES_WAIT: Duration = Duration::from_secs(3);
/// Longest content that the server takes.
const MOST_TEXT: usize = 150_000;

/// One Chatwoot account.
#[derive(Debug)]
pub struct Chatwoot {
    account: AccountId,
    http: Http,
    account_id: u64,
    /// `/api/v1/accounts/1`.
    root: String,
    /// Where the web app shows a conversation, up to its id.
    web: String,
    inboxes: OnceCell<Inboxes>,
}

/// Connects to a Chatwoot account. Nothing is sent yet.
///
/// # Errors
/// When the configuration cannot be used.
pub fn connect(account: AccountId, config: &Account) -> Result<Arc<dyn Provider>, Failure> {
    let refused = |why: &str| Failure::new(Outcome::Refused, Trouble::Rejected, why);
    let account_id = config.account_id.ok_or_else(|| {
        refused("Chatwoot needs account_id, the number after /accounts/ in its address.")
    })?;
    // The hyphens reach the server as the same header, and survive proxies that drop names with
    // underscores.
    let http = Http::new(&config.url, Scheme::Header("api-access-token"), kit::token(config)?)?;
    let web = http.base().as_str().trim_end_matches('/').to_owned();
    Ok(Arc::new(Chatwoot {
        account,
        http,
        account_id,
        root: format!("/api/v1/accounts/{account_id}"),
        web: format!("{web}/app/accounts/{account_id}/conversations/"),
        inboxes: OnceCell::new(),
    }))
}

impl Provider for Chatwoot {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: Vendor::Chatwoot,
            folders: vec![
                Folder::Recent,
                Folder::Open,
                Folder::Mine,
                Folder::Unassigned,
                Folder::Snoozed,
                Folder::Resolved,
            ],
            statuses: vec![
                (Status::Open, "open"),
                (Status::Pending, "pending"),
                (Status::Snoozed, "snoozed"),
                (Status::Resolved, "resolved"),
            ],
            reply: Support::Yes,
            server_drafts: Support::no(write::NO_DRAFTS),
            notes: Support::Yes,
            edit_notes: Support::no(write::NO_NOTE_EDIT),
            snooze: Support::Yes,
            assign: Support::Yes,
            teams: Support::Yes,
            priority: Support::Yes,
            clear_priority: Support::Yes,
            labels: Support::Yes,
            sla: Support::Yes,
            mark_read: Support::Yes,
            mark_unread: Support::Yes,
            retry: Support::Yes,
            store: Support::no(write::NO_STORE),
            attachments: Support::Yes,
            canned: Support::Yes,
            max_text: Some(MOST_TEXT),
            poll: PollEvery { list: 15, thread: 5 },
        }
    }

    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        async move {
            kit::check_ask(&self.capabilities(), &ask)?;
            match ask {
                Ask::List { folder, page, since } => self.list(folder, page, since).await,
                Ask::Thread { id, part } => self.thread(id, part).await,
                Ask::Conversation(id) => kit::or_gone(self.conversation(&id).await, id),
                Ask::Me => self.me().await,
                Ask::People => {
                    let answer = self.read("/agents", &[]).await?;
                    Ok(vec![Delta::People(read::people(kit::rows(&answer, &[])?))])
                }
                Ask::Teams => {
                    let answer = self.read("/teams", &[]).await?;
                    Ok(vec![Delta::Teams(read::people(kit::rows(&answer, &[])?))])
                }
                Ask::Labels => {
                    let answer = self.read("/labels", &[]).await?;
                    let titles =
                        kit::rows(&answer, &[])?.iter().filter_map(|row| json::text(row, "title"));
                    Ok(vec![Delta::Labels(titles.map(|title| read::label(&title)).collect())])
                }
                Ask::Canned => {
                    let answer = self.read("/canned_responses", &[]).await?;
                    let rows = kit::rows(&answer, &[])?;
                    Ok(vec![Delta::Canned(rows.iter().filter_map(read::canned).collect())])
                }
            }
        }
        .boxed()
    }

    fn apply(
        &self,
        conversation: ConversationId,
        action: Action,
        key: OpKey,
    ) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        async move {
            kit::check_action(&self.capabilities(), &conversation, &action)?;
            let call = write::call(&action, &key)?;
            let path = format!("{}{}", self.conversation_path(&conversation), call.path);
            let answer = match call.body {
                Body::Nothing => self.http.write(call.method, &path, None).await,
                Body::Json(body) => self.http.write(call.method, &path, Some(&body)).await,
                Body::Form(form) => self.http.post_form(&path, form).await,
            };
            let answer = self.checked(answer).await?;
            let none = Inboxes::new();
            let reader = self.reader(self.inboxes.get().unwrap_or(&none));
            write::news(&reader, conversation, &action, &answer)
        }
        .boxed()
    }
}

impl Chatwoot {
    async fn list(
        &self,
        folder: Folder,
        page: Option<Cursor>,
        since: Option<Timestamp>,
    ) -> Result<Vec<Delta>, Failure> {
        if let Some(seconds) = since.and_then(catch_up_seconds) {
            return self.changes(folder, seconds).await;
        }
        let page = match page {
            Some(cursor) => Page::parse(&cursor).ok_or_else(|| {
                Failure::new(Outcome::Refused, Trouble::Rejected, "This page does not exist.")
            })?,
            None => Page::first(folder),
        };
        let (assignee_type, count) = match folder {
            Folder::Mine => ("me", "mine_count"),
            Folder::Unassigned => ("unassigned", "unassigned_count"),
            _ => ("all", "all_count"),
        };
        let asks = page.statuses.iter().map(|status| {
            let query = [
                ("status", status.clone()),
                ("assignee_type", assignee_type.to_owned()),
                ("page", page.number.to_string()),
            ];
            async move { self.read("/conversations", &query).await }
        });
        let (answers, inboxes) = future::join(future::try_join_all(asks), self.inboxes()).await;
        let reader = self.reader(inboxes);
        let mut next = Page { number: page.number + 1, ..Page::default() };
        let mut total = Some(page.done);
        let mut deltas = Vec::new();
        for (status, answer) in page.statuses.into_iter().zip(answers?) {
            let rows = kit::rows(&answer, &[])?;
            deltas.extend(reader.conversations(rows));
            let count = read::count(&answer, count);
            total = total.zip(count).map(|(total, count)| total + count);
            if rows.is_empty() {
                next.done += count.unwrap_or(0);
            } else {
                next.statuses.push(status);
            }
        }
        next.done += page.done;
        let next = (!next.statuses.is_empty()).then(|| next.cursor());
        deltas.push(Delta::More { next, total });
        Ok(deltas)
    }

    /// What changed of late, in whatever folder it is now: a conversation that left the folder is
    /// news too.
    async fn changes(&self, folder: Folder, seconds: i64) -> Result<Vec<Delta>, Failure> {
        let query = [("status", "all".to_owned()), ("updated_within", seconds.to_string())];
        let (answer, inboxes) =
            future::join(self.read("/conversations", &query), self.inboxes()).await;
        let answer = answer?;
        let mut deltas = self.reader(inboxes).conversations(kit::rows(&answer, &[])?);
        let total = read::count(&answer, "all_count").filter(|_| folder == Folder::Recent);
        deltas.push(Delta::More { next: None, total });
        Ok(deltas)
    }

    async fn thread(&self, id: ConversationId, part: ThreadPart) -> Result<Vec<Delta>, Failure> {
        let path = format!("/conversations/{}/messages", kit::segment(&id.remote));
        let mut point = match &part {
            ThreadPart::Newest => None,
            ThreadPart::Older(Cursor(before)) => Some(("before", before.clone())),
            ThreadPart::After(message) => Some(("after", message.to_string())),
        };
        let mut deltas = Vec::new();
        loop {
            let (answer, inboxes) =
                future::join(self.read(&path, point.as_slice()), self.inboxes()).await;
            let answer = answer?;
            let rows = kit::rows(&answer, &[])?;
            deltas.extend(
                rows.iter()
                    .filter_map(|row| message::message(&id, row))
                    .map(|message| Delta::Message(Box::new(message))),
            );
            let numbers = || rows.iter().filter_map(|row| json::id(row, "id")?.number());
            let reached = point.as_ref().and_then(|(_, id)| id.parse::<u64>().ok());
            let next = match &part {
                ThreadPart::After(_) => {
                    // A full answer means that there may be more; one that does not get any
                    // further would go on for ever.
                    let newest = numbers().max().filter(|newest| Some(*newest) > reached);
                    if let Some(newest) = newest.filter(|_| rows.len() == CATCH_UP_PAGE) {
                        point = Some(("after", newest.to_string()));
                        continue;
                    }
                    None
                }
                _ => numbers()
                    .min()
                    .filter(|oldest| rows.len() >= PAGE && reached.is_none_or(|at| *oldest < at))
                    .map(|oldest| Cursor(oldest.to_string())),
            };
            if !matches!(part, ThreadPart::Older(_)) {
                let contact = answer.pointer("/meta/contact");
                let reader = self.reader(inboxes);
                let mut news = ConversationNews::new(id);
                news.recipients = rows
                    .iter()
                    .rev()
                    .filter(|row| message::is_mail(row))
                    .find_map(|row| reader.recipients(row, contact));
                if news.recipients.is_some() {
                    deltas.push(Delta::Conversation(Box::new(news)));
                }
            }
            deltas.push(Delta::More { next, total: None });
            return Ok(deltas);
        }
    }

    async fn conversation(&self, id: &ConversationId) -> Result<Vec<Delta>, Failure> {
        let path = format!("/conversations/{}", kit::segment(&id.remote));
        let (answer, inboxes) = future::join(self.read(&path, &[]), self.inboxes()).await;
        kit::expect(read::told(self.reader(inboxes).conversation(&answer?)), "conversation")
    }

    async fn me(&self) -> Result<Vec<Delta>, Failure> {
        let profile = self.profile().await?.json()?;
        // The profile also holds the token itself; nothing but the name and the id is taken.
        let me = read::person(&profile).ok_or_else(|| {
            kit::unreadable("The server's answer is not a Chatwoot profile; check the URL.")
        })?;
        let accounts = profile.get("accounts").and_then(Value::as_array);
        let own = RemoteId::Number(self.account_id);
        if let Some(accounts) = accounts.filter(|accounts| !accounts.is_empty())
            && !accounts.iter().any(|row| json::id(row, "id").as_ref() == Some(&own))
        {
            let known = read::people(accounts);
            let known: Vec<String> =
                known.iter().map(|Person { id, name }| format!("{id} ({name})")).collect();
            return Err(Failure::new(
                Outcome::Refused,
                Trouble::Forbidden,
                format!(
                    "{} is not a member of account {}; the token opens {}.",
                    me.name,
                    self.account_id,
                    known.join(", ")
                ),
            ));
        }
        Ok(vec![Delta::Me(me)])
    }

    async fn profile(&self) -> Result<Answer, Failure> {
        self.http.get("/api/v1/profile", &[]).await
    }

    async fn read(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        let answer = self.http.get(&format!("{}{path}", self.root), query).await;
        self.checked(answer).await?.json()
    }

    /// Chatwoot answers 401 to what is merely forbidden; only the profile tells whether the token
    /// itself is still good.
    async fn checked(&self, answer: Result<Answer, Failure>) -> Result<Answer, Failure> {
        match answer {
            Err(failure) if failure.trouble == Trouble::SignedOut => {
                if self.profile().await.is_err() {
                    return Err(failure);
                }
                let text = failure.text.replacen("The token is not accepted", "Not allowed", 1);
                let forbidden = Failure::new(failure.outcome, Trouble::Forbidden, text);
                Err(Failure { status: failure.status, ..forbidden })
            }
            other => other,
        }
    }

    /// The inboxes, asked for once. Without them a conversation lacks only its inbox's name, so
    /// that a failure is no failure; what is out of reach or slow is asked for again next time.
    async fn inboxes(&self) -> &Inboxes {
        static NONE: std::sync::LazyLock<Inboxes> = std::sync::LazyLock::new(Inboxes::new);
        let asked = self.inboxes.get_or_try_init(|| async {
            let answer = self.http.get(&format!("{}/inboxes", self.root), &[]).await;
            match answer.and_then(|answer| answer.json()) {
                Err(failure) if failure.outcome != Outcome::Refused => Err(failure),
                answer => Ok(read::inboxes(&answer.unwrap_or_default())),
            }
        });
        match tokio::time::timeout(NAMES_WAIT, asked).await {
            Ok(Ok(inboxes)) => inboxes,
            _ => &NONE,
        }
    }

    fn reader<'a>(&'a self, inboxes: &'a Inboxes) -> Reader<'a> {
        Reader { account: self.account, web: &self.web, inboxes }
    }

    fn conversation_path(&self, id: &ConversationId) -> String {
        format!("{}/conversations/{}", self.root, kit::segment(&id.remote))
    }
}

/// How far back `updated_within` has to reach; `None` when that is too far for one answer. Only
/// the local clock counts, so that it need not agree with the server's.
fn catch_up_seconds(since: Timestamp) -> Option<i64> {
    let seconds = Timestamp::now().as_second().saturating_sub(since.as_second()).max(0);
    (seconds <= MOST_CATCH_UP_SECONDS).then_some(seconds + OVERLAP_SECONDS)
}

/// A page of a folder. A folder may span several statuses, which Chatwoot lists one at a time;
/// each is walked until it is empty.
#[derive(Debug, Default)]
struct Page {
    number: u64,
    /// Statuses that may have more.
    statuses: Vec<String>,
    /// Conversations in the statuses that are walked to their end.
    done: u64,
}

impl Page {
    fn first(folder: Folder) -> Self {
        let statuses: &[&str] = match folder {
            Folder::Recent => &["all"],
            Folder::Open | Folder::Mine | Folder::Unassigned => &["open", "pending"],
            Folder::Snoozed => &["snoozed"],
            Folder::Resolved => &["resolved"],
        };
        Self {
            number: 1,
            statuses: statuses.iter().map(|&status| status.to_owned()).collect(),
            done: 0,
        }
    }

    fn parse(Cursor(text): &Cursor) -> Option<Self> {
        let mut words = text.split(' ');
        let number = words.next()?.parse().ok()?;
        let done = words.next()?.parse().ok()?;
        Some(Self { number, done, statuses: words.map(str::to_owned).collect() })
    }

    fn cursor(&self) -> Cursor {
        Cursor(format!("{} {} {}", self.number, self.done, self.statuses.join(" ")))
    }
}
