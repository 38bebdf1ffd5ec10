use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::{Credential, Secret, TokenSource};
use crate::model::{
    Action, Ask, Canned, ConversationNews, Cursor, Delta, DraftChange, Folder, Format, Label,
    MessageKind, Outcome, Outgoing, Person, Priority, Recipients, RemoteId, ReplyWindow, Status,
    StoredMessage, ThreadPart, Trouble, Upload, UploadSource, Vendor,
};
use crate::providers::recorder::{
    ACCOUNT, Recorder, Reply, apply, check_each_refused, check_failed_reads, check_failed_writes,
    conversation,
};
use crate::providers::{Provider, connect};
use crate::text::clean;

async fn server(replies: impl IntoIterator<Item = Reply>) -> (Recorder, Arc<dyn Provider>) {
    let recorder = Recorder::start(replies).await;
    let mut config = recorder.account(Vendor::Enneo, "/api/mind");
    config.timezone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let provider = connect(ACCOUNT, &config).unwrap();
    (recorder, provider)
}

fn label(id: u64) -> Label {
    Label { id: RemoteId::Number(id), title: clean("x") }
}

fn ada() -> Person {
    Person { id: RemoteId::Number(4), name: clean("Ada") }
}

fn news_of(deltas: &[Delta]) -> &ConversationNews {
    deltas
        .iter()
        .find_map(|delta| match delta {
            Delta::Conversation(news) => Some(news),
            _ => None,
        })
        .unwrap()
}

fn more(deltas: &[Delta]) -> (Option<Cursor>, Option<u64>) {
    match deltas.last() {
        Some(Delta::More { next, total }) => (next.clone(), *total),
        other => panic!("{other:?}"),
    }
}

fn found(ids: &[u64], total: Value) -> Reply {
    let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id, "status": "open"})).collect();
    Reply::json(&json!({"tickets": rows, "total": total, "success": true})).on("/search")
}

fn outgoing() -> Outgoing {
    Outgoing {
        text: "Dear you,\n**hi**".into(),
        recipients: Recipients { to: vec![clean("a@x.test")], ..Recipients::default() },
        subject: Some("Re: Moving".into()),
        attachments: vec![
            Upload {
                name: "a.txt".into(),
                mime: "text/plain".into(),
                source: UploadSource::Bytes((*b"CONTENT").into()),
            },
            Upload {
                name: "b.pdf".into(),
                mime: "application/pdf".into(),
                source: UploadSource::Url("https://e.test/b.pdf".into()),
            },
        ],
        ..Outgoing::default()
    }
}

fn stored() -> StoredMessage {
    StoredMessage {
        from_customer: true,
        from: "john@smith.test".into(),
        subject: "Call".into(),
        text: "1 < 2\nbye".into(),
        at: "2024-06-01T10:00:00Z".parse().ok(),
    }
}

#[tokio::test]
async fn every_action_is_exactly_the_documented_request() {
    let message = || RemoteId::Number(123);
    let reply = json!({
        "content": {"message": "Dear you,\n**hi**"}, "type": "text", "direction": "out",
        "to": ["a@x.test"], "cc": [], "bcc": [], "subject": "Re: Moving",
        "attachments": [{"name": "a.txt", "base64": "Q09OVEVOVA=="},
                        {"name": "b.pdf", "url": "https://e.test/b.pdf"}],
    });
    let mut draft = reply.clone();
    draft["isDraft"] = json!(true);
    let whole_change = DraftChange {
        text: Some("**New**".into()),
        format: Some(Format::Markdown),
        recipients: Some(Recipients { cc: vec![clean("c@x.test")], ..Recipients::default() }),
        intents: Some(vec![5, 6]),
        attachments: Some(Vec::new()),
        subchannel: Some(2),
    };
    let text_only = DraftChange { text: Some("New".into()), ..DraftChange::default() };
    let chat = Outgoing { text: "Hi".into(), ..Outgoing::default() };
    let unnamed = StoredMessage {
        from_customer: false,
        from: "Ada".into(),
        subject: String::new(),
        at: None,
        ..stored()
    };
    for (action, line, body) in [
        (Action::Reply(outgoing()), "POST /conversation/reply", reply),
        (
            Action::Reply(chat),
            "POST /conversation/reply",
            json!({"content": {"message": "Hi"}, "type": "text", "direction": "out"}),
        ),
        (Action::CreateDraft(outgoing()), "POST /conversation/reply", draft),
        (
            Action::EditDraft { message: message(), change: whole_change },
            "PATCH /conversation/123",
            json!({"content": {"message": "<p><strong>New</strong></p>\n"}, "type": "html", "to": [],
                   "cc": ["c@x.test"], "bcc": [], "intentIds": [5, 6], "attachments": [],
                   "subchannelId": 2}),
        ),
        (
            Action::EditDraft { message: message(), change: text_only },
            "PATCH /conversation/123",
            json!({"content": {"message": "New"}}),
        ),
        (
            Action::PublishDraft { message: message() },
            "PATCH /conversation/123",
            json!({"isDraft": false}),
        ),
        (
            Action::Note("ask <Bob>\n& Ada".into()),
            "POST /conversation/store",
            json!({"private": true, "direction": "internal", "process": "false",
                   "body": "ask &lt;Bob&gt;<br>\n&amp; Ada", "bodyPlain": "ask <Bob>\n& Ada",
                   "externalConversationId": "key"}),
        ),
        (
            Action::EditNote { message: message(), text: "new".into() },
            "PATCH /conversation/123",
            json!({"content": {"message": "new"}, "type": "text"}),
        ),
        (
            Action::Store(stored()),
            "POST /conversation/store",
            json!({"process": "false", "direction": "in", "from": "john@smith.test",
                   "subject": "Call", "body": "1 &lt; 2<br>\nbye", "bodyPlain": "1 < 2\nbye",
                   "createdAt": "2024-06-01 12:00:00", "externalConversationId": "key"}),
        ),
        (
            Action::Store(unnamed),
            "POST /conversation/store",
            json!({"process": "false", "direction": "out", "fromName": "Ada",
                   "body": "1 &lt; 2<br>\nbye", "bodyPlain": "1 < 2\nbye",
                   "externalConversationId": "key"}),
        ),
        (Action::SetStatus(Status::Open), "PATCH ", json!({"status": "open"})),
        (Action::SetStatus(Status::Pending), "PATCH ", json!({"status": "pending"})),
        (Action::SetStatus(Status::Resolved), "PATCH ", json!({"status": "closed"})),
        (Action::SetPriority(Some(Priority::Urgent)), "PATCH ", json!({"priority": "urgent"})),
    ] {
        let (recorder, provider) = server([]).await;
        assert_eq!(apply(&*provider, action.clone()).await, Ok(Vec::new()), "{action:?}");
        let requests = recorder.requests();
        let [request] = requests.as_slice() else { panic!("{action:?}: {requests:?}") };
        let (method, path) = line.split_once(' ').unwrap();
        assert_eq!(request.line, format!("{method} /api/mind/ticket/7{path}"), "{action:?}");
        assert_eq!(request.json(), body, "{action:?}");
        assert_eq!(request.header("authorization"), "Bearer s3cret");
        assert_eq!(request.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn tags_are_changed_by_their_difference_alone() {
    let (recorder, provider) = server([]).await;
    let set = |from: &[u64], to: &[u64]| Action::SetLabels {
        from: from.iter().copied().map(label).collect(),
        to: to.iter().copied().map(label).collect(),
    };
    for (action, body) in [
        (set(&[1, 2], &[2, 3, 4]), json!({"addTagIds": [3, 4], "removeTagIds": [1]})),
        (set(&[1], &[1, 2]), json!({"addTagIds": [2]})),
        (set(&[1], &[]), json!({"removeTagIds": [1]})),
    ] {
        let deltas = apply(&*provider, action).await.unwrap();
        assert_eq!(deltas, [Delta::Stale(conversation(7))], "priority may follow from tags");
        let request = recorder.requests().remove(0);
        assert_eq!((request.line.as_str(), request.json()), ("PATCH /api/mind/ticket/7", body));
    }
    assert_eq!(apply(&*provider, set(&[1, 2], &[2, 1])).await, Ok(Vec::new()));
    let same = Action::EditDraft { message: 1.into(), change: DraftChange::default() };
    assert_eq!(apply(&*provider, same).await, Ok(Vec::new()));
    assert_eq!(recorder.lines().len(), 0, "nothing changes, so nothing is sent");
}

#[tokio::test]
async fn what_enneo_cannot_do_is_refused_without_a_request() {
    let (recorder, provider) = server([]).await;
    let first = || RemoteId::new("ticket");
    let big = Upload {
        name: "big".into(),
        mime: String::new(),
        source: UploadSource::Bytes(vec![0; 21 << 20].into()),
    };
    let actions = [
        Action::Snooze(None),
        Action::SetStatus(Status::Snoozed),
        Action::SetStatus(Status::Other(clean("resolved?"))),
        Action::AssignTeam(None),
        Action::SetSlaPolicy(None),
        Action::MarkRead { tell_customer: false },
        Action::MarkUnread,
        Action::Retry { message: first() },
        Action::SetPriority(None),
        Action::EditNote { message: first(), text: "x".into() },
        Action::EditDraft {
            message: first(),
            change: DraftChange { subchannel: Some(2), ..DraftChange::default() },
        },
        Action::PublishDraft { message: first() },
        Action::Note(" ".into()),
    ];
    check_each_refused(&recorder, &*provider, actions).await;
    let reply = Outgoing { text: "x".into(), attachments: vec![big], ..Outgoing::default() };
    let failure = apply(&*provider, Action::Reply(reply)).await.unwrap_err();
    assert!(failure.text.contains("20 MB"), "{failure}");
    for ask in [Ask::Teams, Ask::List { folder: Folder::Snoozed, page: None, since: None }] {
        let failure = provider.ask(ask).await.unwrap_err();
        assert_eq!(failure.trouble, Trouble::Unsupported);
    }
    assert_eq!(recorder.lines().len(), 0);
}

#[tokio::test]
async fn what_an_answer_tells_comes_back_as_news() {
    let draft = json!({"success": true, "id": 9, "conversation": {"id": 9, "isDraft": true,
        "direction": "out", "type": "text", "content": {"message": "Hi"}, "createdAt": 1_700_000_000}});
    let (recorder, provider) = server([Reply::json(&draft)]).await;
    match apply(&*provider, Action::CreateDraft(outgoing())).await.unwrap().as_slice() {
        [Delta::Message(message)] => assert_eq!(message.kind, MessageKind::Draft),
        other => panic!("{other:?}"),
    }
    let changed =
        json!({"success": true, "ticket": {"id": 7, "status": "closed", "priority": "low"}});
    recorder.then(Reply::json(&changed));
    let deltas = apply(&*provider, Action::SetStatus(Status::Resolved)).await.unwrap();
    assert_eq!(news_of(&deltas).status, Some(Status::Resolved));
    assert_eq!(news_of(&deltas).priority, Some(Some(Priority::Low)));

    let publish = || Action::PublishDraft { message: 9.into() };
    recorder.then(Reply::json(&json!({"success": true})));
    assert_eq!(apply(&*provider, publish()).await, Ok(Vec::new()), "it has to be read again");

    let refusal =
        json!({"success": false, "error": "Approval is missing", "details": "/app/src:212"});
    recorder.then(Reply::json(&refusal));
    let failure = apply(&*provider, publish()).await.unwrap_err();
    assert_eq!((failure.outcome, &*failure.text), (Outcome::Refused, "Approval is missing"));

    recorder.then(Reply::text(
        500,
        r#"{"error": "Contract broken", "details": "/app/src/file:212", "txId": "c9"}"#,
    ));
    let failure = apply(&*provider, publish()).await.unwrap_err();
    assert_eq!(failure.outcome, Outcome::MaybeSent);
    assert!(failure.text.contains("Contract broken"), "{failure}");
    assert!(!failure.text.contains("/app"), "{failure}");
}

#[tokio::test]
async fn an_assignment_counts_only_when_the_ticket_shows_it() {
    let ok = || Reply::json(&json!({"success": true}));
    let read = |agent: Value| Reply::json(&json!({"id": 7, "agentId": agent}));
    let (recorder, provider) = server([ok(), read(json!(4))]).await;
    let deltas = apply(&*provider, Action::Assign(Some(ada()))).await.unwrap();
    assert_eq!(news_of(&deltas).assignee.clone().unwrap().unwrap().id, 4.into());
    let requests = recorder.requests();
    assert_eq!(requests[0].json(), json!({"workedOnBy": 4}));
    assert_eq!(requests[1].line, "GET /api/mind/ticket/7");

    recorder.then(ok());
    recorder.then(Reply::json(&json!({"id": 7, "workedOnBy": [{"id": 4}]})));
    assert!(apply(&*provider, Action::Assign(Some(ada()))).await.is_ok());

    recorder.then(ok());
    recorder.then(read(json!(null)));
    assert!(apply(&*provider, Action::Assign(None)).await.is_ok());
    let requests = recorder.requests();
    assert_eq!(requests[2].json(), json!({"workedOnBy": null}));

    recorder.then(ok());
    recorder.then(Reply::text(500, ""));
    assert_eq!(apply(&*provider, Action::Assign(None)).await, Ok(Vec::new()), "a later read tells");
    assert!(provider.capabilities().assign.is_yes());

    recorder.then(ok());
    recorder.then(read(json!(9)));
    let failure = apply(&*provider, Action::Assign(Some(ada()))).await.unwrap_err();
    assert_eq!((failure.outcome, failure.trouble), (Outcome::Refused, Trouble::Rejected));
    assert!(!provider.capabilities().assign.is_yes(), "learnt");
    recorder.requests();
    check_each_refused(&recorder, &*provider, [Action::Assign(None)]).await;
}

#[tokio::test]
async fn a_folder_is_a_search_with_prefixed_keys() {
    let open = json!({"key": "t.status", "comparator": "in", "values": ["open", "pending"]});
    for (folder, filters) in [
        (Folder::Recent, json!([])),
        (Folder::Open, json!([open])),
        (Folder::Mine, json!([open, {"key": "t.agentId", "comparator": "=", "value": 4}])),
        (
            Folder::Unassigned,
            json!([open, {"key": "t.agentId", "comparator": "in", "values": [null]}]),
        ),
        (Folder::Resolved, json!([{"key": "t.status", "comparator": "=", "value": "closed"}])),
    ] {
        let me = Reply::json(&json!({"id": 4, "firstName": "Ada"})).on("/profile");
        let (recorder, provider) = server([me, found(&[1, 2, 1], json!(2))]).await;
        let deltas = provider.ask(Ask::List { folder, page: None, since: None }).await.unwrap();
        assert_eq!(deltas.len(), 3, "a repeated ticket comes once");
        assert_eq!(more(&deltas), (None, Some(2)));
        let requests = recorder.requests();
        let search = requests.iter().find(|request| request.line.contains("search")).unwrap();
        assert_eq!(search.line, "POST /api/mind/ticket/search");
        let question = json!({"limit": 50, "offset": 0, "orderByField": "t.lastMessageAt",
                              "orderByDirection": "desc", "filters": filters});
        assert_eq!(search.json(), question, "{folder:?}");
    }
}

#[tokio::test]
async fn pages_are_offsets_and_end_where_they_should() {
    let (recorder, provider) = server([found(&[1, 2], json!(null))]).await;
    let list = |page| Ask::List { folder: Folder::Recent, page, since: None };
    let deltas = provider.ask(list(None)).await.unwrap();
    let (next, total) = more(&deltas);
    assert_eq!(total, None);
    recorder.requests();

    recorder.then(found(&[3, 4], json!(5)));
    let deltas = provider.ask(list(next.clone())).await.unwrap();
    assert_eq!(recorder.requests()[0].json()["offset"], 2);
    let (after, _) = more(&deltas);
    assert!(after.is_some(), "one of five is left");

    recorder.then(found(&[5], json!(5)));
    assert_eq!(more(&provider.ask(list(after)).await.unwrap()), (None, Some(5)));
    recorder.then(found(&[], json!(null)));
    assert_eq!(more(&provider.ask(list(next.clone())).await.unwrap()).0, None, "an empty page");
    recorder.then(found(&[1, 2], json!(99)));
    assert_eq!(more(&provider.ask(list(next)).await.unwrap()).0, None, "the same page again");
}

#[tokio::test]
async fn an_order_that_the_server_does_not_know_is_given_up_for_good() {
    let (recorder, provider) = server([
        Reply::text(400, r#"{"error": "Unknown field"}"#).on("/search"),
        found(&[1], json!(1)),
    ])
    .await;
    let list = || Ask::List { folder: Folder::Recent, page: None, since: None };
    let order = |recorder: &Recorder| -> Vec<String> {
        let requests = recorder.requests();
        let searches = requests.iter().filter(|request| request.line.contains("search"));
        searches.map(|request| request.json()["orderByField"].to_string()).collect()
    };
    assert_eq!(provider.ask(list()).await.unwrap().len(), 2);
    assert_eq!(order(&recorder), ["\"t.lastMessageAt\"", "\"t.createdAt\""]);
    recorder.then(found(&[1], json!(1)));
    provider.ask(list()).await.unwrap();
    assert_eq!(order(&recorder), ["\"t.createdAt\""]);

    // A server that is merely broken has said nothing about the order.
    let broken = || Reply::text(500, "").on("/search");
    let (recorder, provider) = server([broken(), broken()]).await;
    assert_eq!(provider.ask(list()).await.unwrap_err().trouble, Trouble::Server);
    recorder.requests();
    recorder.then(found(&[1], json!(1)));
    provider.ask(list()).await.unwrap();
    assert_eq!(order(&recorder), ["\"t.lastMessageAt\""]);
}

#[tokio::test]
async fn changes_and_new_tickets_are_asked_for_by_time() {
    let (recorder, provider) = server([found(&[1, 2], json!(2)), found(&[2, 3], json!(2))]).await;
    let since: Option<Timestamp> = "2024-06-01T10:02:00Z".parse().ok();
    let ask = Ask::List { folder: Folder::Open, page: None, since };
    let deltas = provider.ask(ask).await.unwrap();
    assert_eq!((deltas.len(), more(&deltas)), (4, (None, None)));
    let requests = recorder.requests();
    let mut filters: Vec<Value> = requests
        .iter()
        .filter(|request| request.line.contains("search"))
        .map(|request| request.json()["filters"].clone())
        .collect();
    filters.sort_by_key(Value::to_string);
    let after =
        |key: &str| json!([{"key": key, "comparator": ">", "value": "2024-06-01 12:00:00"}]);
    assert_eq!(filters, [after("t.createdAt"), after("t.modifiedAt")]);
}

#[tokio::test]
async fn a_thread_is_the_ticket_and_what_followed() {
    let ticket = json!({"id": 7, "status": "open", "body": "<p>First</p>", "replyRecipients": null,
                        "createdAt": "2024-06-01 12:00:00"});
    let rows = json!({"success": true, "conversations": [
        {"id": 2, "isDraft": true, "direction": "out", "content": {"message": "draft"}, "createdAt": 1_717_240_000},
        {"id": 1, "direction": "in", "content": {"message": "then"}, "createdAt": 1_717_239_000},
    ]});
    let conversations = || Reply::json(&rows).on("/conversation");
    let (recorder, provider) = server([Reply::json(&ticket).on("/7"), conversations()]).await;
    let ask = |part| Ask::Thread { id: conversation(7), part };
    let deltas = provider.ask(ask(ThreadPart::Newest)).await.unwrap();
    let news = news_of(&deltas);
    assert_eq!((news.draft_waiting, news.status.clone()), (Some(true), Some(Status::Open)));
    assert!(matches!(news.reply_window, Some(ReplyWindow::Closed(_))));
    let ids: Vec<String> = deltas
        .iter()
        .filter_map(|delta| match delta {
            Delta::Message(message) => Some(message.id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["ticket", "1", "2"]);
    assert_eq!(more(&deltas), (None, None));
    let mut lines = recorder.lines();
    lines.sort();
    assert_eq!(lines, ["GET /api/mind/ticket/7", "GET /api/mind/ticket/7/conversation"]);

    recorder.then(conversations());
    let deltas = provider.ask(ask(ThreadPart::After(1.into()))).await.unwrap();
    assert_eq!(news_of(&deltas).draft_waiting, Some(true));
    assert_eq!(recorder.lines(), ["GET /api/mind/ticket/7/conversation"]);
    let older = ThreadPart::Older(Cursor(String::new()));
    assert_eq!(provider.ask(ask(older)).await.unwrap().len(), 1);
    assert_eq!(recorder.lines().len(), 0, "a thread comes whole");
}

#[tokio::test]
async fn the_signed_in_agent_gets_a_name_from_their_own_profile() {
    let (recorder, provider) = server([
        Reply::json(&json!({"id": 4, "settings": {}, "permissions": ["updateTicket"]})),
        Reply::json(&json!({"profile": {"id": 4, "firstName": "Ada"}})),
    ])
    .await;
    assert_eq!(provider.ask(Ask::Me).await, Ok(vec![Delta::Me(ada())]));
    assert_eq!(recorder.lines(), ["GET /api/mind/profile", "GET /api/mind/profile/4"]);
}

#[tokio::test]
async fn people_tags_and_templates_are_read_from_their_own_envelopes() {
    let (recorder, provider) = server([
        Reply::json(&json!([{"id": 4, "firstName": "Ada"}])),
        Reply::json(&json!({"success": true, "tags": [{"id": 1, "name": "x"}, {"id": 2, "visibility": "disabled"}]})),
        Reply::json(&json!({"success": true, "templates": [{"id": 5, "description": "Hi", "message": "Hello {{name}}"}]})),
        Reply::text(404, r#"{"error": "No template found"}"#),
    ])
    .await;
    assert_eq!(provider.ask(Ask::People).await, Ok(vec![Delta::People(vec![ada()])]));
    assert_eq!(provider.ask(Ask::Labels).await, Ok(vec![Delta::Labels(vec![label(1)])]));
    let hello = Canned { id: 5.into(), title: clean("Hi"), text: clean("Hello {{name}}") };
    assert_eq!(provider.ask(Ask::Canned).await, Ok(vec![Delta::Canned(vec![hello])]));
    assert_eq!(provider.ask(Ask::Canned).await, Ok(vec![Delta::Canned(vec![])]), "404 is empty");
    assert_eq!(
        recorder.lines(),
        [
            "GET /api/mind/profiles?limit=500",
            "GET /api/mind/tag",
            "GET /api/mind/template?limit=500",
            "GET /api/mind/template?limit=500",
        ]
    );
    recorder.then(Reply::text(404, "{}"));
    let gone = provider.ask(Ask::Conversation(conversation(7))).await;
    assert_eq!(gone, Ok(vec![Delta::Gone(conversation(7))]));
}

#[tokio::test]
async fn names_of_people_and_mailboxes_are_asked_for_once() {
    let ticket = json!({"tickets": [{"id": 1, "agentId": 4, "subchannelId": 2}], "total": 1});
    let (recorder, provider) = server([
        Reply::json(&ticket).on("/search"),
        Reply::json(&json!({"profiles": [{"id": 4, "firstName": "Ada"}]})).on("/profiles"),
        Reply::json(
            &json!({"subchannels": [{"id": 2, "name": "Mail", "data": {"password": "hush"}}]}),
        )
        .on("/subchannel"),
    ])
    .await;
    let list = || Ask::List { folder: Folder::Recent, page: None, since: None };
    let deltas = provider.ask(list()).await.unwrap();
    assert_eq!(news_of(&deltas).assignee, Some(Some(ada())));
    assert_eq!(news_of(&deltas).inbox, Some(Some(clean("Mail"))));
    assert_eq!(recorder.lines().len(), 3);
    recorder.then(Reply::json(&ticket).on("/search"));
    provider.ask(list()).await.unwrap();
    assert_eq!(recorder.lines(), ["POST /api/mind/ticket/search"]);
}

#[tokio::test]
async fn trouble_is_told_apart_by_what_it_means() {
    let (recorder, provider) = server([]).await;
    check_failed_writes(&recorder, &*provider, &Action::Note("x".into())).await;
    check_failed_writes(&recorder, &*provider, &Action::SetStatus(Status::Open)).await;
    check_failed_reads(&recorder, &*provider, &Ask::People).await;
    check_failed_reads(&recorder, &*provider, &Ask::Labels).await;
}

#[tokio::test]
async fn a_bare_origin_and_a_session_cookie_will_do() {
    let recorder = Recorder::start([]).await;
    let mut config = recorder.account(Vendor::Enneo, "/");
    config.credential = Credential::Cookie(TokenSource::Plain(Secret::new("s%3Aabc")));
    let provider = connect(ACCOUNT, &config).unwrap();
    apply(&*provider, Action::SetStatus(Status::Open)).await.unwrap();
    let request = recorder.requests().remove(0);
    assert_eq!(request.line, "PATCH /api/mind/ticket/7");
    assert_eq!(request.header("cookie"), "connect.sid=s%3Aabc");
    assert_eq!(request.header("authorization"), "");
}
