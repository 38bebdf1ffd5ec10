use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{
    Action, Ask, ConversationNews, Cursor, Delta, DraftChange, Failure, Folder, Outcome, Outgoing,
    Person, Priority, Recipients, RemoteId, Status, StoredMessage, ThreadPart, Trouble, Upload,
    UploadSource, Vendor,
};
use crate::providers::chatwoot::read::label;
use crate::providers::recorder::{
    ACCOUNT, Recorder, Reply, TOKEN, apply, check_each_refused, conversation,
};
use crate::providers::{Provider, connect};
use crate::text::clean;

async fn server(replies: impl IntoIterator<Item = Reply>) -> (Recorder, Arc<dyn Provider>) {
    let recorder = Recorder::start(replies).await;
    let mut config = recorder.account(Vendor::Chatwoot, "");
    config.account_id = Some(1);
    let provider = connect(ACCOUNT, &config).unwrap();
    (recorder, provider)
}

fn bob() -> Person {
    Person { id: RemoteId::Number(37), name: clean("Bob") }
}

fn news_of(deltas: &[Delta]) -> &ConversationNews {
    match deltas.first() {
        Some(Delta::Conversation(news)) => news,
        other => panic!("{other:?}"),
    }
}

fn more(deltas: &[Delta]) -> (Option<Cursor>, Option<u64>) {
    match deltas.last() {
        Some(Delta::More { next, total }) => (next.clone(), *total),
        other => panic!("{other:?}"),
    }
}

fn page(ids: &[u64], count: u64) -> Value {
    let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id, "status": "open"})).collect();
    json!({"data": {"meta": {"mine_count": count, "unassigned_count": count + 1,
                             "all_count": count + 2}, "payload": rows}})
}

#[tokio::test]
async fn every_action_is_exactly_the_documented_request() {
    let outgoing = Outgoing {
        text: "Hello".into(),
        in_reply_to: Some(RemoteId::Number(5)),
        recipients: Recipients {
            to: vec![clean("a@x.test")],
            cc: vec![clean("b@x.test"), clean("c@x.test")],
            bcc: Vec::new(),
        },
        ..Outgoing::default()
    };
    let until: Timestamp = "2030-01-01T09:00:00.7Z".parse().unwrap();
    let labels = vec![label("vip"), label("bug")];
    let plain = Outgoing { text: "Hi".into(), ..Outgoing::default() };
    for (action, line, body) in [
        (
            Action::Reply(outgoing),
            "POST /messages",
            json!({"content": "Hello", "private": false, "echo_id": "key", "to_emails": "a@x.test",
                   "cc_emails": "b@x.test,c@x.test", "content_attributes": {"in_reply_to": 5}}),
        ),
        (
            Action::Reply(plain),
            "POST /messages",
            json!({"content": "Hi", "private": false, "echo_id": "key"}),
        ),
        (
            Action::Note("ask Bob".into()),
            "POST /messages",
            json!({"content": "ask Bob", "private": true, "echo_id": "key"}),
        ),
        (Action::Retry { message: RemoteId::Number(9) }, "POST /messages/9/retry", json!(null)),
        (Action::SetStatus(Status::Open), "POST /toggle_status", json!({"status": "open"})),
        (Action::SetStatus(Status::Resolved), "POST /toggle_status", json!({"status": "resolved"})),
        (Action::SetStatus(Status::Pending), "POST /toggle_status", json!({"status": "pending"})),
        (Action::SetStatus(Status::Snoozed), "POST /toggle_status", json!({"status": "snoozed"})),
        (Action::Snooze(None), "POST /toggle_status", json!({"status": "snoozed"})),
        (
            Action::Snooze(Some(until)),
            "POST /toggle_status",
            json!({"status": "snoozed", "snoozed_until": 1_893_488_400}),
        ),
        (Action::Assign(Some(bob())), "POST /assignments", json!({"assignee_id": 37})),
        (Action::Assign(None), "POST /assignments", json!({"assignee_id": null})),
        (Action::AssignTeam(Some(bob())), "POST /assignments", json!({"team_id": 37})),
        (Action::AssignTeam(None), "POST /assignments", json!({"team_id": 0})),
        (Action::SetPriority(Some(Priority::High)), "PATCH ", json!({"priority": "high"})),
        (Action::SetPriority(None), "PATCH ", json!({"priority": null})),
        (Action::SetSlaPolicy(Some(4.into())), "PATCH ", json!({"sla_policy_id": 4})),
        (Action::SetSlaPolicy(None), "PATCH ", json!({"sla_policy_id": null})),
        (
            Action::SetLabels { from: vec![label("old")], to: labels },
            "POST /labels",
            json!({"labels": ["vip", "bug"]}),
        ),
        (
            Action::SetLabels { from: vec![label("old")], to: vec![] },
            "POST /labels",
            json!({"labels": []}),
        ),
        (Action::MarkRead { tell_customer: true }, "POST /update_last_seen", json!(null)),
        (Action::MarkUnread, "POST /unread", json!(null)),
    ] {
        let (recorder, provider) = server([]).await;
        // An empty 200 is a success that tells nothing.
        assert_eq!(apply(&*provider, action.clone()).await, Ok(Vec::new()), "{action:?}");
        let requests = recorder.requests();
        let [request] = requests.as_slice() else { panic!("{action:?}: {requests:?}") };
        let (method, path) = line.split_once(' ').unwrap();
        let line = format!("{method} /api/v1/accounts/1/conversations/7{path}");
        assert_eq!(request.line, line, "{action:?}");
        assert_eq!(request.json(), body, "{action:?}");
        assert_eq!(request.header("api-access-token"), TOKEN);
        let kind = if body.is_null() { "" } else { "application/json" };
        assert_eq!(request.header("content-type"), kind, "{action:?}");
    }
}

#[tokio::test]
async fn files_go_along_as_a_form() {
    let (recorder, provider) = server([]).await;
    let file = |source| Upload { name: "a \"b\".txt".into(), mime: "text/plain".into(), source };
    let reply = |file| {
        Action::Reply(Outgoing {
            text: "see file".into(),
            in_reply_to: Some(RemoteId::Number(5)),
            attachments: vec![file],
            ..Outgoing::default()
        })
    };
    let bytes = UploadSource::Bytes((*b"CONTENT").into());
    apply(&*provider, reply(file(bytes))).await.unwrap();
    let request = recorder.requests().remove(0);
    assert_eq!(request.line, "POST /api/v1/accounts/1/conversations/7/messages");
    assert!(request.header("content-type").starts_with("multipart/form-data"));
    for part in [
        "name=\"content\"\r\n\r\nsee file\r\n",
        "name=\"private\"\r\n\r\nfalse\r\n",
        "name=\"echo_id\"\r\n\r\nkey\r\n",
        "name=\"content_attributes\"\r\n\r\n{\"in_reply_to\":5}\r\n",
        "name=\"attachments[]\"",
        "Content-Type: text/plain\r\n\r\nCONTENT\r\n",
    ] {
        assert!(request.body.contains(part), "{part:?} in {}", request.body);
    }
    let link = reply(file(UploadSource::Url("https://e.test/a".into())));
    check_each_refused(&recorder, &*provider, [link]).await;
}

#[tokio::test]
async fn what_chatwoot_cannot_do_is_refused_without_a_request() {
    let (recorder, provider) = server([]).await;
    let message = || RemoteId::Number(1);
    let stored = StoredMessage {
        from_customer: true,
        from: String::new(),
        subject: String::new(),
        text: "x".into(),
        at: None,
    };
    let actions = [
        Action::CreateDraft(Outgoing { text: "x".into(), ..Outgoing::default() }),
        Action::EditDraft { message: message(), change: DraftChange::default() },
        Action::PublishDraft { message: message() },
        Action::EditNote { message: message(), text: "x".into() },
        Action::Store(stored),
        Action::SetStatus(Status::Other(clean("on_fire"))),
        Action::Reply(Outgoing { text: "  \n".into(), ..Outgoing::default() }),
        Action::Note(String::new()),
        Action::Note("x".repeat(150_001)),
    ];
    check_each_refused(&recorder, &*provider, actions).await;
}

#[tokio::test]
async fn what_an_answer_tells_comes_back_as_news() {
    let message = json!({"id": 504, "content": "Hi", "echo_id": "key", "message_type": 1,
                         "status": "sent", "created_at": 1_795_212_756});
    let (recorder, provider) = server([Reply::json(&message)]).await;
    let reply = Action::Reply(Outgoing { text: "Hi".into(), ..Outgoing::default() });
    match apply(&*provider, reply).await.unwrap().as_slice() {
        [Delta::Message(message)] => {
            assert_eq!(message.conversation, conversation(7));
            assert_eq!(message.echo, Some(clean("key")));
        }
        other => panic!("{other:?}"),
    }

    let toggled = json!({"payload": {"success": true, "conversation_id": 7,
        "current_status": "snoozed", "snoozed_until": "2026-11-21T00:11:54.000Z"}});
    recorder.then(Reply::json(&toggled));
    let deltas = apply(&*provider, Action::Snooze(None)).await.unwrap();
    assert_eq!(news_of(&deltas).status, Some(Status::Snoozed));
    assert_eq!(news_of(&deltas).snoozed_until, Some("2026-11-21T00:11:54Z".parse().ok()));

    recorder
        .then(Reply::json(&json!({"payload": {"current_status": "open", "snoozed_until": null}})));
    let deltas = apply(&*provider, Action::SetStatus(Status::Open)).await.unwrap();
    assert_eq!(news_of(&deltas).status, Some(Status::Open));
    assert_eq!(deltas[1], Delta::Stale(conversation(7)), "opening may have assigned it");

    recorder.then(Reply::json(&json!({"id": 7, "priority": null, "status": "open"})));
    let deltas = apply(&*provider, Action::SetPriority(None)).await.unwrap();
    assert_eq!(news_of(&deltas).priority, Some(None));

    recorder.then(Reply::json(&json!({"payload": ["vip"]})));
    let labels = Action::SetLabels { from: vec![], to: vec![label("vip")] };
    let deltas = apply(&*provider, labels).await.unwrap();
    assert_eq!(news_of(&deltas).labels, Some(vec![label("vip")]));

    recorder.then(Reply::text(200, "null"));
    let deltas = apply(&*provider, Action::Assign(None)).await.unwrap();
    assert_eq!(news_of(&deltas).assignee, Some(None));
}

#[tokio::test]
async fn an_unknown_assignee_is_no_success() {
    let (recorder, provider) = server([Reply::text(200, "null")]).await;
    let failure = apply(&*provider, Action::Assign(Some(bob()))).await.unwrap_err();
    assert_eq!((failure.outcome, failure.trouble), (Outcome::Refused, Trouble::Rejected));
    assert!(failure.text.contains("Bob"), "{failure}");

    for odd in ["{}", "[]", "7"] {
        recorder.then(Reply::text(200, odd));
        let told = apply(&*provider, Action::Assign(Some(bob()))).await;
        assert_eq!(told, Ok(Vec::new()), "{odd} tells nothing, and a later read will");
    }

    recorder.then(Reply::json(&json!({"id": 37, "name": "Bob Agent", "role": "agent"})));
    let deltas = apply(&*provider, Action::Assign(Some(bob()))).await.unwrap();
    assert_eq!(&*news_of(&deltas).assignee.clone().unwrap().unwrap().name, "Bob Agent");

    recorder.then(Reply::json(&json!({"id": 7, "sla_policy_id": null})));
    let failure = apply(&*provider, Action::SetSlaPolicy(Some(4.into()))).await.unwrap_err();
    assert!(failure.text.contains("enterprise"), "{failure}");
}

#[tokio::test]
async fn a_401_means_forbidden_while_the_profile_still_answers() {
    let no = || Reply::text(401, r#"{"error": "You are not authorized to do this action"}"#);
    let profile = Reply::json(&json!({"id": 36, "name": "Alice"})).on("/profile");
    let (recorder, provider) = server([no(), profile]).await;
    let failure = apply(&*provider, Action::MarkUnread).await.unwrap_err();
    assert_eq!((failure.outcome, failure.trouble), (Outcome::Refused, Trouble::Forbidden));
    assert!(failure.text.contains("You are not authorized to do this action"), "{failure}");
    assert!(!failure.text.contains("token"), "{failure}");
    let lines = recorder.lines();
    assert_eq!(lines[1..], ["GET /api/v1/profile"]);

    recorder.then(no());
    recorder.then(Reply::text(401, r#"{"error": "Invalid Access Token"}"#).on("/profile"));
    let failure = provider.ask(Ask::People).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::SignedOut);
    recorder.lines();

    recorder.then(no());
    let failure = provider.ask(Ask::Me).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::SignedOut);
    assert_eq!(recorder.lines(), ["GET /api/v1/profile"], "the profile is not asked about itself");
}

#[tokio::test]
async fn trouble_with_a_write_says_whether_it_may_have_been_done() {
    let note = || Action::Note("x".into());
    for (status, body, outcome, trouble, said) in [
        (403, r#"{"error":"off"}"#, Outcome::Refused, Trouble::Forbidden, "off"),
        (
            404,
            r#"{"error":"Resource could not be found"}"#,
            Outcome::Refused,
            Trouble::NotFound,
            "not be found",
        ),
        (422, r#"{"error":{"actions":["odd"]}}"#, Outcome::Refused, Trouble::Rejected, "odd"),
        (
            422,
            r#"{"message":"Name is blank","attributes":["name"]}"#,
            Outcome::Refused,
            Trouble::Rejected,
            "blank",
        ),
        (429, "Retry later\n", Outcome::NotSent, Trouble::RateLimited, "Retry later"),
        (
            500,
            r#"{"status":500,"error":"Internal Server Error"}"#,
            Outcome::MaybeSent,
            Trouble::Server,
            "fault",
        ),
        (502, "<html>Bad gateway</html>", Outcome::MaybeSent, Trouble::Server, "502"),
        (200, "<html>", Outcome::MaybeSent, Trouble::Unreadable, "JSON"),
        (200, "{\"id\": 5, ", Outcome::MaybeSent, Trouble::Unreadable, "JSON"),
    ] {
        let (recorder, provider) = server([Reply::text(status, body)]).await;
        let failure = apply(&*provider, note()).await.unwrap_err();
        assert_eq!((failure.outcome, failure.trouble), (outcome, trouble), "{status} {body}");
        assert!(failure.text.contains(said), "{failure}");
        assert_eq!(recorder.lines().len(), 1, "nothing is tried again");
    }
    for odd in ["[]", "7", "{}", "true"] {
        let (_recorder, provider) = server([Reply::text(200, odd)]).await;
        assert_eq!(apply(&*provider, note()).await, Ok(Vec::new()), "{odd}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_trouble_and_not_an_empty_list() {
    for odd in ["", "null", "{\"data\": null}", "<html>", "[{\"id\": 1}"] {
        for ask in [Ask::People, Ask::Teams, Ask::Labels, Ask::Canned] {
            let (_recorder, provider) = server([Reply::text(200, odd)]).await;
            let failure = provider.ask(ask.clone()).await.unwrap_err();
            assert_eq!(failure.trouble, Trouble::Unreadable, "{odd:?} {ask:?}");
        }
        let (_recorder, provider) = server([Reply::text(200, odd).on("/conversations")]).await;
        let list = Ask::List { folder: Folder::Recent, page: None, since: None };
        assert_eq!(provider.ask(list).await.unwrap_err().trouble, Trouble::Unreadable, "{odd:?}");
    }
}

#[tokio::test]
async fn an_open_folder_walks_open_and_pending_to_their_ends() {
    let (recorder, provider) = server([
        Reply::json(&page(&[1, 2], 10)).on("/conversations"),
        Reply::json(&page(&[3], 20)).on("/conversations"),
    ])
    .await;
    let list = |page| Ask::List { folder: Folder::Mine, page, since: None };
    let deltas = provider.ask(list(None)).await.unwrap();
    let (next, total) = more(&deltas);
    assert_eq!((deltas.len(), total), (4, Some(30)));
    let path = "GET /api/v1/accounts/1/conversations?status";
    let mut lines = recorder.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            format!("{path}=open&assignee_type=me&page=1"),
            format!("{path}=pending&assignee_type=me&page=1"),
            "GET /api/v1/accounts/1/inboxes".to_owned(),
        ]
    );

    // Whichever of the two is asked first gets the rows; the other one is at its end.
    recorder.then(Reply::json(&page(&[4], 15)));
    recorder.then(Reply::json(&page(&[], 15)));
    let deltas = provider.ask(list(next)).await.unwrap();
    let (next, total) = more(&deltas);
    assert_eq!((deltas.len(), total), (2, Some(30)));
    assert_eq!(recorder.lines().len(), 2, "the inboxes are known by now");

    recorder.then(Reply::json(&page(&[], 15)));
    let deltas = provider.ask(list(next)).await.unwrap();
    assert_eq!(more(&deltas), (None, Some(30)));
    assert_eq!(recorder.lines().len(), 1, "a status that is at its end is not asked for again");
}

#[tokio::test]
async fn each_folder_asks_for_itself_and_counts_itself() {
    for (folder, query, total) in [
        (Folder::Recent, "status=all&assignee_type=all&page=1", 12),
        (Folder::Unassigned, "status=open&assignee_type=unassigned&page=1", 22),
        (Folder::Snoozed, "status=snoozed&assignee_type=all&page=1", 12),
        (Folder::Resolved, "status=resolved&assignee_type=all&page=1", 12),
    ] {
        let replies = [1, 2].map(|id| Reply::json(&page(&[id], 10)).on("/conversations"));
        let (recorder, provider) = server(replies).await;
        let deltas = provider.ask(Ask::List { folder, page: None, since: None }).await.unwrap();
        assert_eq!(more(&deltas).1, Some(total), "{folder:?}");
        let line = format!("GET /api/v1/accounts/1/conversations?{query}");
        assert!(recorder.lines().contains(&line), "{folder:?}");
    }
}

#[tokio::test]
async fn changes_are_asked_for_by_seconds_and_without_pages() {
    let (recorder, provider) =
        server([Reply::json(&page(&[1, 2, 3], 9)).on("/conversations")]).await;
    let ago = |seconds| Timestamp::from_second(Timestamp::now().as_second() - seconds).ok();
    let list = |since| Ask::List { folder: Folder::Open, page: None, since };
    let deltas = provider.ask(list(ago(60))).await.unwrap();
    assert_eq!((deltas.len(), more(&deltas)), (4, (None, None)));
    let lines = recorder.lines();
    let line = lines.iter().find(|line| line.contains("/conversations")).unwrap();
    let (query, seconds) = line.rsplit_once('=').unwrap();
    assert_eq!(query, "GET /api/v1/accounts/1/conversations?status=all&updated_within");
    assert!((75..80).contains(&seconds.parse::<i64>().unwrap()), "{seconds}");

    recorder.then(Reply::json(&page(&[1], 9)));
    recorder.then(Reply::json(&page(&[2], 9)));
    provider.ask(list(ago(3 * 86400))).await.unwrap();
    let lines = recorder.lines();
    assert!(lines.iter().all(|line| line.contains("&page=1")), "too long ago: {lines:?}");
}

fn thread(ids: impl IntoIterator<Item = u64>) -> Reply {
    let rows: Vec<Value> = ids
        .into_iter()
        .map(|id| json!({"id": id, "content": "x", "message_type": 0, "created_at": id + 1000}))
        .collect();
    Reply::json(&json!({"meta": {"contact": {"email": "ada@e.test"}}, "payload": rows}))
        .on("/messages")
}

#[tokio::test]
async fn a_thread_is_walked_backwards_by_its_oldest_message() {
    let (recorder, provider) = server([thread(101..=120)]).await;
    let ask = |part| Ask::Thread { id: conversation(7), part };
    let deltas = provider.ask(ask(ThreadPart::Newest)).await.unwrap();
    assert_eq!(deltas.len(), 21);
    let (next, _) = more(&deltas);
    let path = "GET /api/v1/accounts/1/conversations/7/messages";
    assert!(recorder.lines().contains(&path.to_owned()));

    recorder.then(thread(96..=100));
    let deltas = provider.ask(ask(ThreadPart::Older(next.unwrap()))).await.unwrap();
    assert_eq!((deltas.len(), more(&deltas)), (6, (None, None)), "a short page is the last one");
    assert_eq!(recorder.lines(), [format!("{path}?before=101")]);

    recorder.then(thread(96..=120));
    let deltas = provider.ask(ask(ThreadPart::Older(Cursor("96".into())))).await.unwrap();
    assert_eq!(more(&deltas).0, None, "a server that gives the same page again ends the walk");
}

#[tokio::test]
async fn what_is_new_in_a_thread_is_fetched_to_the_last_message() {
    let (recorder, provider) = server([thread(11..=110), thread(111..=113)]).await;
    let part = ThreadPart::After(RemoteId::Number(10));
    let ask = Ask::Thread { id: conversation(7), part };
    let deltas = provider.ask(ask.clone()).await.unwrap();
    assert_eq!((deltas.len(), more(&deltas)), (104, (None, None)));
    let path = "GET /api/v1/accounts/1/conversations/7/messages?after=";
    let lines = recorder.lines();
    let asked: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(path)).collect();
    assert_eq!(asked, ["10", "110"]);

    recorder.then(thread(1..=100));
    recorder.then(thread(1..=100));
    assert_eq!(provider.ask(ask).await.unwrap().len(), 201);
    assert_eq!(recorder.lines().len(), 2, "answers that get nowhere end the walk");
}

#[tokio::test]
async fn a_mail_thread_says_who_an_answer_goes_to() {
    let rows = json!([
        {"id": 1, "message_type": 0, "content_attributes": {"email": {"from": ["ada@e.test"]}}},
        {"id": 2, "message_type": 1, "content_attributes": {"email": {}, "to_emails": ["bob@e.test"]}},
        {"id": 3, "message_type": 1, "private": true, "content_attributes": {}},
        {"id": 4, "message_type": 2},
    ]);
    let answer = json!({"meta": {"contact": {"email": "ada@e.test"}}, "payload": rows});
    let (_recorder, provider) = server([Reply::json(&answer).on("/messages")]).await;
    let ask = Ask::Thread { id: conversation(7), part: ThreadPart::Newest };
    let deltas = provider.ask(ask).await.unwrap();
    let recipients = deltas.iter().find_map(|delta| match delta {
        Delta::Conversation(news) => news.recipients.clone(),
        _ => None,
    });
    assert_eq!(recipients.unwrap().to, [clean("bob@e.test")]);
}

#[tokio::test]
async fn people_teams_labels_and_canned_answers_are_read_from_their_own_envelopes() {
    let (recorder, provider) = server([
        Reply::json(
            &json!([{"id": 36, "name": "Alice Agent", "available_name": "Alice"}, {"name": "x"}]),
        ),
        Reply::json(&json!([{"id": 5, "name": "billing"}])),
        Reply::json(&json!({"payload": [{"id": 7, "title": "vip", "color": "#fff"}]})),
        Reply::json(
            &json!([{"id": 1, "short_code": "greet", "content": "Hello {{contact.name}}"}]),
        ),
        Reply::json(&json!({"id": 7, "status": "open"})).on("/conversations/7"),
    ])
    .await;
    let alice = Person { id: RemoteId::Number(36), name: clean("Alice") };
    assert_eq!(provider.ask(Ask::People).await, Ok(vec![Delta::People(vec![alice])]));
    let team = Person { id: RemoteId::Number(5), name: clean("billing") };
    assert_eq!(provider.ask(Ask::Teams).await, Ok(vec![Delta::Teams(vec![team])]));
    assert_eq!(provider.ask(Ask::Labels).await, Ok(vec![Delta::Labels(vec![label("vip")])]));
    match provider.ask(Ask::Canned).await.unwrap().as_slice() {
        [Delta::Canned(canned)] => assert_eq!(&*canned[0].text, "Hello {{contact.name}}"),
        other => panic!("{other:?}"),
    }
    let root = "GET /api/v1/accounts/1";
    assert_eq!(
        recorder.lines(),
        ["/agents", "/teams", "/labels", "/canned_responses"].map(|path| format!("{root}{path}"))
    );
    let one = || Ask::Conversation(conversation(7));
    let deltas = provider.ask(one()).await.unwrap();
    assert_eq!(news_of(&deltas).status, Some(Status::Open));
    recorder.then(Reply::text(404, r#"{"error":"Resource could not be found"}"#));
    assert_eq!(provider.ask(one()).await, Ok(vec![Delta::Gone(conversation(7))]));
}

#[tokio::test]
async fn the_profile_gives_a_name_and_none_of_its_secrets() {
    let profile = json!({"id": 36, "name": "Alice", "access_token": "hush", "pubsub_token": "hush",
                         "accounts": [{"id": 1, "name": "Acme"}]});
    let (recorder, provider) = server([Reply::json(&profile)]).await;
    let deltas = provider.ask(Ask::Me).await.unwrap();
    assert_eq!(deltas, [Delta::Me(Person { id: RemoteId::Number(36), name: clean("Alice") })]);
    assert!(!format!("{deltas:?}").contains("hush"));

    let foreign = json!({"id": 36, "name": "Alice", "accounts": [{"id": 2, "name": "Other Ltd"}]});
    recorder.then(Reply::json(&foreign));
    let failure: Failure = provider.ask(Ask::Me).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::Forbidden);
    assert!(failure.text.contains("2 (Other Ltd)"), "{failure}");
}

#[test]
fn an_account_without_number_is_refused_with_what_is_missing() {
    use crate::config::{Account, Credential, Secret, TokenSource};
    crate::providers::http::prepare_tls();
    let token = TokenSource::Plain(Secret::new("t"));
    let mut config = Account {
        name: "a".into(),
        vendor: Vendor::Chatwoot,
        url: "https://chat.test".into(),
        account_id: None,
        credential: Credential::Token(token.clone()),
        timezone: jiff::tz::TimeZone::UTC,
    };
    let why = |config: &Account| connect(ACCOUNT, config).map(drop).unwrap_err().text.to_string();
    assert!(why(&config).contains("account_id"));
    config.credential = Credential::Cookie(token);
    config.account_id = Some(1);
    assert!(why(&config).contains("cookie"));
}
