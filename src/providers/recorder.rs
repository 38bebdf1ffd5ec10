//! For tests: a server on loopback that answers from a script and records every request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use serde_json::Value;

use super::{Provider, http, kit};
use crate::config::{Account, Credential, Secret, TokenSource};
use crate::model::{
    AccountId, Action, Ask, Conversation, ConversationId, ConversationNews, Cursor, Delta,
    DraftChange, Failure, Folder, OpKey, Outcome, Outgoing, Priority, RemoteId, Status,
    StoredMessage, Trouble, Vendor,
};
use crate::text::clean;

/// The account that the tests are about.
pub(super) const ACCOUNT: AccountId = AccountId(3);
/// Its token.
pub(super) const TOKEN: &str = "s3cret";

/// A request as it came in.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// `METHOD /path?query`.
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Recorded {
    /// The body as JSON; `null` where there was none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// One answer of the script.
pub(super) struct Reply {
    only_for: Option<&'static str>,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Reply {
    pub(super) fn json(body: &Value) -> Self {
        Self::text(200, &body.to_string())
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { only_for: None, status, headers: Vec::new(), body: body.to_owned() }
    }

    /// An answer for paths that end like this; needed where two requests leave at once.
    pub(super) fn on(mut self, path_end: &'static str) -> Self {
        self.only_for = Some(path_end);
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    requests: Vec<Recorded>,
}

/// The server. It ends with the test's runtime.
pub(super) struct Recorder {
    script: Arc<Mutex<Script>>,
    url: String,
}

impl Recorder {
    /// Starts a server with this script; when it is used up, the answer is an empty 200.
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        http::prepare_tls();
        let script = Script { replies: replies.into_iter().collect(), requests: Vec::new() };
        let script = Arc::new(Mutex::new(script));
        let app = Router::new().fallback(answer).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { script, url }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// An account there, below this path.
    pub(super) fn account(&self, vendor: Vendor, path: &str) -> Account {
        Account {
            name: "test".into(),
            vendor,
            url: format!("{}{path}", self.url),
            account_id: None,
            credential: Credential::Token(TokenSource::Plain(Secret::new(TOKEN))),
            timezone: jiff::tz::TimeZone::UTC,
        }
    }

    /// Puts one more answer at the end of the script.
    pub(super) fn then(&self, reply: Reply) {
        kit::lock(&self.script).replies.push_back(reply);
    }

    /// The requests since the last call.
    pub(super) fn requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut kit::lock(&self.script).requests)
    }

    /// The lines of the requests since the last call.
    pub(super) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut script = kit::lock(&script);
    script.requests.push(Recorded {
        line: format!("{} {}", head.method, head.uri),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let fits = |reply: &Reply| reply.only_for.is_none_or(|end| head.uri.path().ends_with(end));
    let found = script.replies.iter().position(fits);
    let reply = found.and_then(|at| script.replies.remove(at));
    let reply = reply.unwrap_or_else(|| Reply::text(200, ""));
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// A conversation of the test account.
pub(super) fn conversation(id: u64) -> ConversationId {
    ConversationId { account: ACCOUNT, remote: RemoteId::Number(id) }
}

/// A row with some of its fields changed.
pub(super) fn changed(mut row: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        row[key] = value.clone();
    }
    row
}

/// What becomes of a conversation of which nothing was known before this news.
pub(super) fn learnt(news: Option<ConversationNews>) -> Conversation {
    let news = news.unwrap();
    let mut conversation = Conversation::new(news.id.clone());
    conversation.merge(news);
    conversation
}

/// The first page of the list, or the one at this cursor.
pub(super) fn list(page: Option<Cursor>) -> Ask {
    Ask::List { folder: Folder::Recent, page, since: None }
}

/// How a list or thread goes on.
pub(super) fn next_of(news: &[Delta]) -> Option<Cursor> {
    match news.last() {
        Some(Delta::More { next, .. }) => next.clone(),
        other => panic!("the last piece of news is {other:?}"),
    }
}

/// Carries out an action on conversation 7.
pub(super) async fn apply(provider: &dyn Provider, action: Action) -> Result<Vec<Delta>, Failure> {
    provider.apply(conversation(7), action, OpKey("key".into())).await
}

/// Lets the server answer an action with every kind of trouble and checks what becomes of it.
/// `one` is an action that is one request.
pub(super) async fn check_failed_writes(
    recorder: &Recorder,
    provider: &dyn Provider,
    one: &Action,
) {
    let cases = [
        (401, None, Outcome::Refused, Trouble::SignedOut),
        (404, None, Outcome::Refused, Trouble::NotFound),
        (403, None, Outcome::Refused, Trouble::Forbidden),
        (422, None, Outcome::Refused, Trouble::Rejected),
        (429, None, Outcome::NotSent, Trouble::RateLimited),
        (429, Some("7"), Outcome::NotSent, Trouble::RateLimited),
        (503, Some("7"), Outcome::NotSent, Trouble::Server),
        (500, None, Outcome::MaybeSent, Trouble::Server),
    ];
    for (status, retry_after, outcome, trouble) in cases {
        let mut reply = Reply::text(status, r#"{"errors": {"json": "so it is"}}"#);
        if let Some(seconds) = retry_after {
            reply = reply.header("retry-after", seconds);
        }
        recorder.then(reply);
        let failure = apply(provider, one.clone()).await.unwrap_err();
        assert_eq!((failure.outcome, failure.trouble), (outcome, trouble), "{failure:?}");
        assert_eq!(failure.status, Some(status));
        assert_eq!(failure.retry_after, retry_after.map(|_| Duration::from_secs(7)));
        assert!(failure.text.contains("so it is"), "{failure}");
        assert_eq!(recorder.requests().len(), 1, "{status} must not be tried again");
    }
    for garbage in ["<html>hello</html>", "{\"data\": {\"id\""] {
        recorder.then(Reply::text(200, garbage));
        let failure = apply(provider, one.clone()).await.unwrap_err();
        assert_eq!(
            (failure.outcome, failure.trouble),
            (Outcome::MaybeSent, Trouble::Unreadable),
            "{garbage}"
        );
    }
    recorder.then(Reply::text(200, ""));
    assert_eq!(apply(provider, one.clone()).await, Ok(Vec::new()), "an empty 200 is a success");
    recorder.requests();
}

/// Lets the server answer a question with every kind of trouble and checks what becomes of it.
pub(super) async fn check_failed_reads(recorder: &Recorder, provider: &dyn Provider, ask: &Ask) {
    for (status, trouble) in [
        (401, Trouble::SignedOut),
        (403, Trouble::Forbidden),
        (404, Trouble::NotFound),
        (422, Trouble::Rejected),
        (429, Trouble::RateLimited),
        (500, Trouble::Server),
    ] {
        recorder.then(Reply::text(status, ""));
        let answer = provider.ask(ask.clone()).await;
        if let (Ask::Conversation(id), Trouble::NotFound) = (ask, trouble) {
            assert_eq!(answer, Ok(vec![Delta::Gone(id.clone())]));
            continue;
        }
        let failure = answer.unwrap_err();
        assert_eq!((failure.status, failure.trouble), (Some(status), trouble));
    }
    for garbage in ["", "<html>hello</html>", "[{\"id\": 1}", "{\"hello\": 1}", "null", "7"] {
        recorder.then(Reply::text(200, garbage));
        let failure = provider.ask(ask.clone()).await.unwrap_err();
        assert_eq!(failure.trouble, Trouble::Unreadable, "{garbage:?}");
    }
    recorder.requests();
}

/// Checks that these, and what only other vendors have, are refused without a request.
pub(super) async fn check_refused(
    recorder: &Recorder,
    provider: &dyn Provider,
    actions: impl IntoIterator<Item = Action>,
) {
    let message = RemoteId::Number(3);
    let stored = StoredMessage {
        from_customer: true,
        from: String::new(),
        subject: String::new(),
        text: "x".into(),
        at: None,
    };
    let of_others = [
        Action::CreateDraft(Outgoing { text: "x".into(), ..Outgoing::default() }),
        Action::EditDraft { message: message.clone(), change: DraftChange::default() },
        Action::PublishDraft { message },
        Action::Store(stored),
        Action::SetStatus(Status::Snoozed),
        Action::SetStatus(Status::Other(clean("x"))),
        Action::Snooze(None),
        Action::AssignTeam(None),
        Action::SetPriority(Some(Priority::High)),
        Action::SetLabels { from: Vec::new(), to: Vec::new() },
        Action::SetSlaPolicy(None),
        Action::Reply(Outgoing { text: " ".into(), ..Outgoing::default() }),
    ];
    check_each_refused(recorder, provider, of_others.into_iter().chain(actions)).await;
}

/// Checks that these are refused with a reason and without a request.
pub(super) async fn check_each_refused(
    recorder: &Recorder,
    provider: &dyn Provider,
    actions: impl IntoIterator<Item = Action>,
) {
    for action in actions {
        let failure = apply(provider, action.clone()).await.unwrap_err();
        assert_eq!(failure.outcome, Outcome::Refused, "{action:?}");
        assert_eq!(failure.trouble, Trouble::Unsupported, "{action:?}");
        assert!(failure.text.ends_with('.'), "{failure}");
    }
    assert_eq!(recorder.lines(), Vec::<String>::new());
}
