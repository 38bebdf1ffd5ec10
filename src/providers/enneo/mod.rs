//! enneo.MIND: tickets, and the conversations on them. Never tried against a live server; what
//! rests on an assumption has a fallback or is verified.
//!
//! Some of enneo's GETs change things (`refresh=true`, `/ping`, `processAutoProcessable`): none
//! of them is ever called here.

mod html;
mod message;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use futures_util::future::{self, BoxFuture, FutureExt};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use self::read::{Names, Reader};
use super::Provider;
use super::http::{Http, Scheme};
use super::{json as lenient, kit};
use crate::config::{Account, Credential};
use crate::model::{
    AccountId, Action, Ask, Capabilities, ConversationId, ConversationNews, Cursor, Delta, Failure,
    Folder, MessageKind, OpKey, Outcome, Person, PollEvery, RemoteId, Status, Support, ThreadPart,
    Trouble, Vendor,
};

/// Tickets on a page: what every known client of the vendor can do.
const PAGE: usize = 50;
/// Changed tickets that are fetched at most in one go.
const MOST_CHANGES: usize = 1000;
/// Changes are asked for further back than needed: the server compares with its own clock.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);
/// What lists are ordered by, where the server can, and what every server can order by.
const NEWEST_MESSAGE: &str = "t.lastMessageAt";
const NEWEST_TICKET: &str = "t.createdAt";
/// People, tags and templates that are asked for at once; the API takes 500 everywhere.
const MOST_ROWS: &str = "500";

const ASSIGN_UNVERIFIED: &str =
    "This enneo did not take the assignment: the API for it is undocumented, and nothing changed.";

/// One enneo account.
#[derive(Debug)]
pub struct Enneo {
    account: AccountId,
    http: Http,
    zone: TimeZone,
    me: OnceCell<Person>,
    names: OnceCell<Names>,
    /// What the server can order by, once it has answered.
    order: OnceLock<&'static str>,
    /// An assignment was accepted and had no effect.
    cannot_assign: AtomicBool,
}

/// Connects to an enneo account. Nothing is sent yet.
///
/// # Errors
/// When the configuration cannot be used.
pub fn connect(account: AccountId, config: &Account) -> Result<Arc<dyn Provider>, Failure> {
    let (scheme, token) = match &config.credential {
        Credential::Token(token) => (Scheme::Bearer, token),
        Credential::Cookie(token) => (Scheme::Cookie("connect.sid"), token),
    };
    Ok(Arc::new(Enneo {
        account,
        http: Http::new(&base(&config.url), scheme, token.clone())?,
        zone: config.timezone.clone(),
        me: OnceCell::new(),
        names: OnceCell::new(),
        order: OnceLock::new(),
        cannot_assign: AtomicBool::new(false),
    }))
}

/// The documented base URL; a bare origin gets the path that every instance has.
fn base(url: &str) -> String {
    let url = url.trim_end_matches('/');
    match Url::parse(url) {
        Ok(parsed) if parsed.path() == "/" => format!("{url}/api/mind"),
        _ => url.to_owned(),
    }
}

impl Provider for Enneo {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: Vendor::Enneo,
            folders: vec![
                Folder::Recent,
                Folder::Open,
                Folder::Mine,
                Folder::Unassigned,
                Folder::Resolved,
            ],
            statuses: vec![
                (Status::Open, "open"),
                (Status::Pending, "pending"),
                (Status::Resolved, "closed"),
            ],
            reply: Support::Yes,
            server_drafts: Support::Yes,
            notes: Support::Yes,
            edit_notes: Support::Yes,
            snooze: Support::no(write::NO_SNOOZE),
            assign: if self.cannot_assign.load(Relaxed) {
                Support::no(ASSIGN_UNVERIFIED)
            } else {
                Support::Yes
            },
            teams: Support::no(write::NO_TEAMS),
            priority: Support::Yes,
            clear_priority: Support::no(write::NO_CLEAR),
            labels: Support::Yes,
            sla: Support::no(write::NO_SLA),
            mark_read: Support::no(write::NO_MARK_READ),
            mark_unread: Support::no(write::NO_MARK_READ),
            retry: Support::no(write::NO_RETRY),
            store: Support::Yes,
            attachments: Support::Yes,
            canned: Support::Yes,
            max_text: None,
            poll: PollEvery { list: 30, thread: 12 },
        }
    }

    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Vec<Delta>, Failure>> {
        async move {
            kit::check_ask(&self.capabilities(), &ask)?;
            match ask {
                Ask::List { folder, page, since } => self.list(folder, page, since).await,
                Ask::Thread { id, part } => self.thread(id, part).await,
                Ask::Conversation(id) => kit::or_gone(self.conversation(&id).await, id),
                Ask::Me => {
                    let me = self.whoami().await?;
                    // A second answer says the same; the first one is kept.
                    let _ = self.me.set(me.clone());
                    Ok(vec![Delta::Me(me)])
                }
                Ask::People => {
                    let answer = self.read("/profiles", &[("limit", MOST_ROWS.into())]).await?;
                    let rows = kit::rows(&answer, &["profiles"])?;
                    Ok(vec![Delta::People(rows.iter().filter_map(read::profile).collect())])
                }
                Ask::Teams => Err(Failure::unsupported(write::NO_TEAMS)),
                Ask::Labels => {
                    let answer = self.read("/tag", &[]).await?;
                    let rows = kit::rows(&answer, &["tags"])?.iter();
                    let tags = rows.filter(|row| read::is_for_tickets(row)).filter_map(read::tag);
                    Ok(vec![Delta::Labels(tags.collect())])
                }
                Ask::Canned => self.canned().await,
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
            let Some(call) = write::call(&action, &key, &self.zone)? else {
                return Ok(Vec::new());
            };
            let path = format!("{}{}", ticket_path(&conversation), call.path);
            let answer = self.http.write(call.method.clone(), &path, Some(&call.body)).await?;
            let answer = answer.json()?;
            write::accepted(&answer)?;
            if let Action::Assign(person) = &action {
                let wanted = person.as_ref().map(|person| &person.id);
                return self.verify_assignee(conversation, wanted).await;
            }
            let reader = self.reader();
            let mut deltas = Vec::new();
            if call.method == Method::POST {
                let written = answer
                    .get("conversation")
                    .and_then(|row| reader.message(&conversation, row))
                    .map(|message| Delta::Message(Box::new(message)));
                deltas.extend(written);
            } else if let Some(ticket) = answer.get("ticket") {
                deltas.extend(reader.tickets(std::slice::from_ref(ticket)));
            }
            if matches!(action, Action::SetLabels { .. }) {
                // Priority and due dates follow from tags.
                deltas.push(Delta::Stale(conversation));
            }
            Ok(deltas)
        }
        .boxed()
    }
}

impl Enneo {
    async fn list(
        &self,
        folder: Folder,
        page: Option<Cursor>,
        since: Option<Timestamp>,
    ) -> Result<Vec<Delta>, Failure> {
        if let Some(since) = since {
            return self.changes(since).await;
        }
        let offset = match page.as_ref().map(|cursor| kit::place(cursor).parse()) {
            None => 0,
            Some(Ok(offset)) => offset,
            Some(Err(_)) => {
                let why = "This page does not exist.";
                return Err(Failure::new(Outcome::Refused, Trouble::Rejected, why));
            }
        };
        let filters = self.filters(folder).await?;
        let (found, ()) = future::join(self.search(&filters, offset), self.names()).await;
        let found = found?;
        let mut deltas = self.reader().tickets(&found.rows);
        let end = offset + found.rows.len();
        let goes_on = found.total.is_none_or(|total| (end as u64) < total);
        let next = kit::next_page(page.as_ref(), &found.rows, goes_on.then(|| end.to_string()));
        deltas.push(Delta::More { next, total: found.total });
        Ok(deltas)
    }

    /// What changed after a moment, in whatever folder it is now. A ticket that nobody touched
    /// since it was made has no `modifiedAt`, so new ones are asked for by themselves.
    async fn changes(&self, since: Timestamp) -> Result<Vec<Delta>, Failure> {
        let since = read::naive(since.saturating_sub(OVERLAP).unwrap_or(since), &self.zone);
        let after = |key: &str| vec![json!({"key": key, "comparator": ">", "value": since})];
        let (modified, created) = (after("t.modifiedAt"), after("t.createdAt"));
        let searches = future::try_join(self.search_all(&modified), self.search_all(&created));
        let (found, ()) = future::join(searches, self.names()).await;
        let (mut rows, new) = found?;
        rows.extend(new);
        let mut deltas = self.reader().tickets(&rows);
        deltas.push(Delta::More { next: None, total: None });
        Ok(deltas)
    }

    async fn search_all(&self, filters: &[Value]) -> Result<Vec<Value>, Failure> {
        let mut rows: Vec<Value> = Vec::new();
        while rows.len() < MOST_CHANGES {
            let found = self.search(filters, rows.len()).await?;
            let id = |row: Option<&Value>| row.and_then(|row| lenient::id(row, "id"));
            if found.rows.is_empty() || id(found.rows.first()) == id(rows.first()) {
                break;
            }
            rows.extend(found.rows);
            if found.total.is_some_and(|total| rows.len() as u64 >= total) {
                break;
            }
        }
        Ok(rows)
    }

    async fn filters(&self, folder: Folder) -> Result<Vec<Value>, Failure> {
        let open = || json!({"key": "t.status", "comparator": "in", "values": ["open", "pending"]});
        Ok(match folder {
            Folder::Recent => Vec::new(),
            Folder::Open => vec![open()],
            Folder::Mine => {
                let me = self.me.get_or_try_init(|| self.whoami()).await?;
                let me = kit::id_value(&me.id);
                vec![open(), json!({"key": "t.agentId", "comparator": "=", "value": me})]
            }
            Folder::Unassigned => {
                vec![open(), json!({"key": "t.agentId", "comparator": "in", "values": [null]})]
            }
            Folder::Snoozed => return Err(Failure::unsupported(write::NO_SNOOZE)),
            Folder::Resolved => {
                vec![json!({"key": "t.status", "comparator": "=", "value": "closed"})]
            }
        })
    }

    /// One page of a search, newest message first, or newest ticket first on a server that does
    /// not know the other order. Which of the two it is stays as it was at first: a list that
    /// changes its order between two pages has holes, and a server that has ordered by the newest
    /// message before is merely broken when it fails.
    async fn search(&self, filters: &[Value], offset: usize) -> Result<Found, Failure> {
        let mut last = self.order.get().copied().unwrap_or(NEWEST_MESSAGE);
        let mut found = self.search_by(last, filters, offset).await;
        let is_unknown = matches!(&found, Err(Failure { status: Some(400 | 500), .. }));
        if is_unknown && self.order.get().is_none() {
            last = NEWEST_TICKET;
            found = self.search_by(last, filters, offset).await;
        }
        if found.is_ok() {
            // Two first searches at once agree, or the first one counts.
            let _ = self.order.set(last);
        }
        found
    }

    async fn search_by(
        &self,
        order: &str,
        filters: &[Value],
        offset: usize,
    ) -> Result<Found, Failure> {
        let question = json!({
            "limit": PAGE,
            "offset": offset,
            "orderByField": order,
            "orderByDirection": "desc",
            "filters": filters,
        });
        let answer = self.http.ask("/ticket/search", &[], &question).await?.json()?;
        Ok(Found {
            rows: kit::rows(&answer, &["tickets"])?.to_vec(),
            total: lenient::number(&answer, "total").and_then(|total| total.try_into().ok()),
        })
    }

    /// A thread comes whole; only the ticket's own text is not asked for again.
    async fn thread(&self, id: ConversationId, part: ThreadPart) -> Result<Vec<Delta>, Failure> {
        let path = ticket_path(&id);
        let rows_path = format!("{path}/conversation");
        let (ticket, answer) = match part {
            ThreadPart::Older(_) => return Ok(vec![Delta::More { next: None, total: None }]),
            ThreadPart::After(_) => (None, self.read(&rows_path, &[]).await?),
            ThreadPart::Newest => {
                let (ticket, answer) =
                    future::try_join(self.read(&path, &[]), self.read(&rows_path, &[])).await?;
                (Some(ticket), answer)
            }
        };
        let ticket = ticket.as_ref().map(|ticket| lenient::unwrap(ticket, &["ticket"]));
        let reader = self.reader();
        let rows = kit::rows(&answer, &["conversations"])?;
        let messages = reader.thread(&id, ticket, rows);
        let mut news = ticket
            .and_then(|ticket| reader.ticket(ticket))
            .unwrap_or_else(|| ConversationNews::new(id));
        news.draft_waiting = Some(
            messages.iter().any(|message| message.kind == MessageKind::Draft && !message.deleted),
        );
        let mut deltas = vec![Delta::Conversation(Box::new(news))];
        deltas.extend(messages.into_iter().map(|message| Delta::Message(Box::new(message))));
        deltas.push(Delta::More { next: None, total: None });
        Ok(deltas)
    }

    async fn conversation(&self, id: &ConversationId) -> Result<Vec<Delta>, Failure> {
        let (news, _) = self.ticket(id).await?;
        Ok(vec![Delta::Conversation(Box::new(news))])
    }

    async fn ticket(&self, id: &ConversationId) -> Result<(ConversationNews, Value), Failure> {
        let answer = self.read(&ticket_path(id), &[]).await?;
        let ticket = lenient::unwrap(&answer, &["ticket"]);
        let news = self
            .reader()
            .ticket(ticket)
            .ok_or_else(|| kit::unreadable("The server's answer is not a ticket."))?;
        Ok((news, ticket.clone()))
    }

    /// How to assign is undocumented, so only the ticket itself says whether it worked.
    async fn verify_assignee(
        &self,
        id: ConversationId,
        wanted: Option<&RemoteId>,
    ) -> Result<Vec<Delta>, Failure> {
        // When the ticket cannot be read now, a later read of it will tell.
        let Ok((news, ticket)) = self.ticket(&id).await else { return Ok(Vec::new()) };
        let is_so = match read::assignee_id(&ticket) {
            Some(found) => found.as_ref() == wanted,
            // A server that shows no assignee may still show who works on it.
            None => {
                let rows = ticket.get("workedOnBy").and_then(Value::as_array);
                let ids: Vec<RemoteId> =
                    rows.into_iter().flatten().filter_map(|row| lenient::id(row, "id")).collect();
                wanted.map_or(ids.is_empty(), |wanted| ids.contains(wanted))
            }
        };
        if !is_so {
            self.cannot_assign.store(true, Relaxed);
            return Err(Failure::new(Outcome::Refused, Trouble::Rejected, ASSIGN_UNVERIFIED));
        }
        Ok(vec![Delta::Conversation(Box::new(news))])
    }

    async fn whoami(&self) -> Result<Person, Failure> {
        let profile = self.read("/profile", &[]).await?;
        let me = read::profile(&profile).ok_or_else(|| {
            kit::unreadable("The server's answer is not an enneo profile; check the URL.")
        })?;
        if read::full_name(&profile).is_some() {
            return Ok(me);
        }
        // Without a name the id has to do; signing in does not fail over it.
        let Ok(whole) = self.read(&format!("/profile/{}", kit::segment(&me.id)), &[]).await else {
            return Ok(me);
        };
        let name = read::full_name(lenient::unwrap(&whole, &["profile"])).unwrap_or(me.name);
        Ok(Person { id: me.id, name })
    }

    async fn canned(&self) -> Result<Vec<Delta>, Failure> {
        let answer = match self.read("/template", &[("limit", MOST_ROWS.into())]).await {
            Err(failure) if failure.trouble == Trouble::NotFound => {
                return Ok(vec![Delta::Canned(Vec::new())]);
            }
            answer => answer?,
        };
        let rows = kit::rows(&answer, &["templates"])?;
        Ok(vec![Delta::Canned(rows.iter().filter_map(read::canned).collect())])
    }

    async fn read(&self, path: &str, query: &[(&str, String)]) -> Result<Value, Failure> {
        self.http.get(path, query).await?.json()
    }

    /// Sees to it that names of people and mailboxes are there, asked for once. Without them a
    /// ticket shows ids, so that a failure is no failure; what is out of reach or slow is asked
    /// for again next time.
    async fn names(&self) {
        let asked = self.names.get_or_try_init(|| async {
            let limit = [("limit", MOST_ROWS.into())];
            let (people, subchannels) = future::join(
                self.read("/profiles", &limit),
                self.read("/settings/subchannel", &[]),
            )
            .await;
            let known = |answer: Result<Value, Failure>| match answer {
                Err(failure) if failure.outcome != Outcome::Refused => Err(failure),
                answer => Ok(answer.unwrap_or_default()),
            };
            let (people, subchannels) = (known(people)?, known(subchannels)?);
            Ok::<_, Failure>(Names {
                people: read::people_names(lenient::rows(&people, &["profiles"])),
                subchannels: read::subchannel_names(lenient::rows(&subchannels, &["subchannels"])),
            })
        });
        let _ = tokio::time::timeout(kit::NAMES_WAIT, asked).await;
    }

    fn reader(&self) -> Reader<'_> {
        static NONE: std::sync::LazyLock<Names> = std::sync::LazyLock::new(Names::default);
        Reader {
            account: self.account,
            zone: &self.zone,
            names: self.names.get().unwrap_or(&NONE),
            me: self.me.get().map(|me| &me.id),
        }
    }
}

fn ticket_path(id: &ConversationId) -> String {
    format!("/ticket/{}", kit::segment(&id.remote))
}

/// A page of a search.
struct Found {
    rows: Vec<Value>,
    total: Option<u64>,
}
