//! What leaves for the vendor, and what becomes of the answers.

use serde_json::{Value, json};

use super::*;
use crate::config::{Credential, Secret, TokenSource};
use crate::model::{
    Folder, MessageKind, Outcome, Person, RemoteId, Status, Upload, UploadSource, Vendor,
};
use crate::providers::recorder::{
    ACCOUNT, Recorder, Reply, TOKEN, apply, check_failed_reads, check_failed_writes, check_refused,
    conversation, list, next_of,
};
use crate::text::clean;

async fn start(replies: impl IntoIterator<Item = Reply>) -> (Recorder, Arc<dyn Provider>) {
    let recorder = Recorder::start(replies).await;
    let account = recorder.account(Vendor::Voicebot, "/third-party/v1");
    let provider = connect(ACCOUNT, &account).unwrap();
    (recorder, provider)
}

fn reply(text: &str) -> Outgoing {
    Outgoing { text: text.into(), ..Outgoing::default() }
}

fn upload(mime: &str, source: UploadSource) -> Upload {
    Upload { name: "offer.pdf".into(), mime: mime.into(), source }
}

fn with_file(text: &str, mime: &str, source: UploadSource) -> Action {
    Action::Reply(Outgoing { attachments: vec![upload(mime, source)], ..reply(text) })
}

fn bytes() -> UploadSource {
    UploadSource::Bytes(Arc::from(&b"%PDF"[..]))
}

#[tokio::test]
async fn every_action_is_exactly_the_documented_request() {
    let person = Person { id: RemoteId::Number(4), name: clean("Ada") };
    let note = RemoteId::new("note-3");
    let quoting = Outgoing { in_reply_to: Some(RemoteId::Number(70)), ..reply("Hello") };
    let cases = [
        (Action::SetStatus(Status::Open), "PATCH /conversations/7", json!({"status": "to-do"})),
        (
            Action::SetStatus(Status::Pending),
            "PATCH /conversations/7",
            json!({"status": "in-progress"}),
        ),
        (Action::SetStatus(Status::Resolved), "PATCH /conversations/7", json!({"status": "done"})),
        (Action::Assign(Some(person)), "PATCH /conversations/7", json!({"user_id": 4})),
        (Action::Assign(None), "PATCH /conversations/7", json!({"user_id": null})),
        (
            Action::MarkRead { tell_customer: false },
            "POST /conversations/7/mark-read",
            json!({"mark_external": false}),
        ),
        (
            Action::MarkRead { tell_customer: true },
            "POST /conversations/7/mark-read",
            json!({"mark_external": true}),
        ),
        (
            Action::Reply(reply("Hello")),
            "POST /conversations/7/messages",
            json!({"type": "text", "text": {"content": "Hello"}}),
        ),
        (
            Action::Reply(quoting),
            "POST /conversations/7/messages",
            json!({"type": "text", "text": {"content": "Hello"}, "reference_id": 70}),
        ),
        (
            Action::Retry { message: RemoteId::Number(71) },
            "POST /conversations/7/messages/71/duplicate",
            json!(null),
        ),
        (
            Action::Note("call back".into()),
            "POST /conversation/7/notes",
            json!({"text": "call back"}),
        ),
        (
            Action::EditNote { message: note, text: "called".into() },
            "PATCH /conversation/7/notes/3",
            json!({"text": "called"}),
        ),
    ];
    let (recorder, provider) = start([]).await;
    for (action, line, body) in cases {
        apply(&*provider, action.clone()).await.unwrap();
        let requests = recorder.requests();
        let [request] = requests.as_slice() else { panic!("{action:?} became {requests:?}") };
        let (method, path) = line.split_once(' ').unwrap();
        assert_eq!(request.line, format!("{method} /third-party/v1{path}"));
        assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));
        assert_eq!(request.header("accept"), "application/json");
        let content_type = if body.is_null() { "" } else { "application/json" };
        assert_eq!(request.header("content-type"), content_type);
        assert_eq!(request.json(), body, "{action:?}");
    }
}

#[tokio::test]
async fn what_the_vendor_lacks_is_refused_without_a_request() {
    let (recorder, provider) = start([]).await;
    let note = RemoteId::new("note-3");
    let two = vec![upload("image/png", bytes()), upload("image/png", bytes())];
    let refused = [
        Action::MarkUnread,
        Action::Note("  ".into()),
        Action::EditNote { message: RemoteId::Number(3), text: "no note".into() },
        Action::Reply(Outgoing { in_reply_to: Some(note), ..reply("quotes a note") }),
        Action::Reply(Outgoing { attachments: two, ..reply("") }),
        with_file("audio has no caption", "audio/ogg", bytes()),
    ];
    check_refused(&recorder, &*provider, refused).await;
    for ask in [
        Ask::Teams,
        Ask::Labels,
        Ask::Canned,
        Ask::List { folder: Folder::Mine, page: None, since: None },
    ] {
        assert_eq!(provider.ask(ask).await.unwrap_err().trouble, Trouble::Unsupported);
    }
    assert_eq!(recorder.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn the_answer_of_a_change_is_news_bare_or_wrapped() {
    let row = json!({"id": 7, "status": "done"});
    let (_recorder, provider) =
        start([Reply::json(&row), Reply::json(&json!({"data": row}))]).await;
    for action in [Action::SetStatus(Status::Resolved), Action::MarkRead { tell_customer: false }] {
        let news = apply(&*provider, action).await.unwrap();
        let [Delta::Conversation(news)] = news.as_slice() else { panic!("{news:?}") };
        assert_eq!((&news.id, &news.status), (&conversation(7), &Some(Status::Resolved)));
    }
}

#[tokio::test]
async fn the_answer_of_words_is_the_message() {
    let sent = json!({"data": {"id": 90, "from": "agent", "status": "created",
        "contents": [{"type": "text", "content": "Hello"}], "sent_at": null}});
    let note = json!({"id": 3, "text": "call back", "created_at": "2024-05-01T12:00:00Z"});
    let (_recorder, provider) = start([Reply::json(&sent), Reply::json(&note)]).await;
    let news = apply(&*provider, Action::Reply(reply("Hello"))).await.unwrap();
    let [Delta::Message(message)] = news.as_slice() else { panic!("{news:?}") };
    assert_eq!((&message.id, &*message.text), (&RemoteId::Number(90), "Hello"));
    assert_eq!(message.delivery, Some(crate::model::Delivery::Sending));
    let edit = Action::EditNote { message: RemoteId::new("note-3"), text: "call back".into() };
    let news = apply(&*provider, edit).await.unwrap();
    let [Delta::Message(message)] = news.as_slice() else { panic!("{news:?}") };
    assert_eq!((&message.id, message.kind), (&RemoteId::new("note-3"), MessageKind::Note));
}

#[tokio::test]
async fn a_note_refused_with_404_is_tried_once_on_the_plural_path() {
    let not_found = || Reply::text(404, "");
    let created = Reply::json(&json!({"data": {"id": 3, "text": "call back"}}));
    let (recorder, provider) = start([not_found(), created, not_found(), not_found()]).await;
    let note = Action::Note("call back".into());
    let news = apply(&*provider, note.clone()).await.unwrap();
    assert!(matches!(news.as_slice(), [Delta::Message(_)]), "{news:?}");
    let lines =
        ["POST /third-party/v1/conversation/7/notes", "POST /third-party/v1/conversations/7/notes"];
    assert_eq!(recorder.lines(), lines);
    let failure = apply(&*provider, note.clone()).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::NotFound);
    assert_eq!(recorder.lines(), lines);
    recorder.then(Reply::text(500, ""));
    let failure = apply(&*provider, note).await.unwrap_err();
    assert_eq!(failure.outcome, Outcome::MaybeSent);
    assert_eq!(recorder.lines(), lines[..1], "only a refused note was not created");
}

#[tokio::test]
async fn a_file_is_uploaded_and_then_named_in_the_message() {
    let stored = json!({"internal_uuid": "u-1", "url": "https://p/1", "name": "offer.pdf",
        "type": "document", "mime_type": "application/pdf", "size": 4});
    let (recorder, provider) = start([Reply::json(&stored)]).await;
    apply(&*provider, with_file("here", "application/pdf", bytes())).await.unwrap();
    let requests = recorder.requests();
    let [upload, message] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(upload.line, "POST /third-party/v1/files/temporary-upload");
    assert!(upload.header("content-type").starts_with("multipart/form-data; boundary="));
    for part in [
        "name=\"type\"\r\n\r\ndocument\r\n",
        "name=\"file\"; filename=\"offer.pdf\"",
        "Content-Type: application/pdf\r\n\r\n%PDF\r\n",
    ] {
        assert!(upload.body.contains(part), "{part:?} is not in {}", upload.body);
    }
    assert_eq!(message.line, "POST /third-party/v1/conversations/7/messages");
    let document = json!({"filename": "offer.pdf", "caption": "here"});
    let expected = json!({"type": "document", "document": document, "file": stored});
    assert_eq!(message.json(), expected);
}

#[tokio::test]
async fn a_public_file_needs_no_upload() {
    let url = || UploadSource::Url("https://x/1".into());
    for (mime, expected) in [
        ("image/png", json!({"type": "image", "image": {}})),
        ("video/mp4", json!({"type": "video", "video": {}})),
        ("audio/ogg", json!({"type": "audio", "audio": {"voice": false}})),
        ("", json!({"type": "document", "document": {"filename": "offer.pdf"}})),
    ] {
        let (recorder, provider) = start([]).await;
        apply(&*provider, with_file("", mime, url())).await.unwrap();
        let requests = recorder.requests();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        let mut expected = expected;
        expected["file"] = json!({"url": "https://x/1", "mime_type": mime});
        assert_eq!(request.json(), expected);
    }
}

#[tokio::test]
async fn a_failed_upload_says_that_nothing_reached_the_customer() {
    for (reply, outcome) in [
        (Reply::text(500, ""), Outcome::NotSent),
        (Reply::text(422, r#"{"message": "too large"}"#), Outcome::Refused),
        (Reply::text(200, "<html>"), Outcome::Refused),
        (Reply::text(200, "{}"), Outcome::Refused),
    ] {
        let (recorder, provider) = start([reply]).await;
        let failure = apply(&*provider, with_file("", "image/png", bytes())).await.unwrap_err();
        assert_eq!(failure.outcome, outcome, "{failure}");
        assert_eq!(recorder.lines(), ["POST /third-party/v1/files/temporary-upload"]);
    }
}

#[tokio::test]
async fn trouble_with_a_write_has_the_right_outcome() {
    let (recorder, provider) = start([]).await;
    for action in [
        Action::Reply(reply("Hello")),
        Action::Retry { message: RemoteId::Number(1) },
        Action::Assign(None),
        Action::EditNote { message: RemoteId::new("note-3"), text: "x".into() },
    ] {
        check_failed_writes(&recorder, &*provider, &action).await;
    }
}

#[tokio::test]
async fn trouble_with_a_read_is_told() {
    let (recorder, provider) = start([]).await;
    for ask in [list(None), Ask::Conversation(conversation(7)), Ask::Me] {
        check_failed_reads(&recorder, &*provider, &ask).await;
    }
}

#[tokio::test]
async fn a_list_skips_what_it_cannot_read_and_follows_links_on_its_own_origin_only() {
    let (recorder, provider) = start([]).await;
    let page = |ids: &[u64], next: Value, meta: Value| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        Reply::json(&json!({"data": rows, "links": {"next": next}, "meta": meta}))
    };
    let link = format!("{}/third-party/v1/conversations?page=2", recorder.url());
    recorder.then(Reply::json(&json!({
        "data": [{"id": 1}, {"name": "no id"}, 5, null, {"id": 2}],
        "links": {"next": link}, "meta": {"current_page": 1, "last_page": 9, "total": 400}
    })));
    let first = provider.ask(list(None)).await.unwrap();
    assert_eq!(first.len(), 3, "two conversations and how it goes on");
    assert!(matches!(first.last(), Some(Delta::More { total: Some(400), .. })));
    let elsewhere = json!("https://evil.example/third-party/v1/conversations?page=3");
    recorder.then(page(&[3], elsewhere, json!({"current_page": 2, "last_page": 9})));
    recorder.then(page(&[4], json!(null), json!({"current_page": "3", "last_page": "3"})));
    let mut next = next_of(&first);
    for _ in 0..2 {
        assert!(next.is_some());
        let ask = list(next);
        next = next_of(&provider.ask(ask).await.unwrap());
    }
    assert_eq!(next, None);
    let lines = [
        "GET /third-party/v1/conversations?per_page=100",
        "GET /third-party/v1/conversations?page=2&per_page=100",
        "GET /third-party/v1/conversations?per_page=100&page=3",
    ];
    assert_eq!(recorder.lines(), lines);
}

#[tokio::test]
async fn paging_ends_when_the_server_repeats_its_page() {
    let page = json!({"data": [{"id": 1}], "meta": {"current_page": 1, "last_page": 9}});
    let (_recorder, provider) = start([Reply::json(&page), Reply::json(&page)]).await;
    let next = next_of(&provider.ask(list(None)).await.unwrap());
    let ask = list(next);
    assert_eq!(next_of(&provider.ask(ask).await.unwrap()), None);
}

#[tokio::test]
async fn a_bare_array_is_a_list_of_one_page() {
    let (_recorder, provider) = start([Reply::json(&json!([{"id": 1}]))]).await;
    let news = provider.ask(list(None)).await.unwrap();
    assert_eq!((news.len(), next_of(&news)), (2, None));
}

#[tokio::test]
async fn a_thread_holds_messages_and_notes_oldest_first() {
    let messages = json!({"data": [
        {"id": 2, "from": "agent", "sent_at": "2024-05-01T12:00:00Z"},
        {"id": 1, "from": "customer", "sent_at": "2024-05-01T10:00:00Z"},
    ], "meta": {"current_page": 1, "last_page": 2}});
    let notes = json!({"data": [{"id": 1, "text": "n", "created_at": "2024-05-01T11:00:00Z"}]});
    let (recorder, provider) =
        start([Reply::json(&messages).on("/messages"), Reply::json(&notes).on("/notes")]).await;
    let part = ThreadPart::After(RemoteId::Number(1));
    let news = provider.ask(Ask::Thread { id: conversation(7), part }).await.unwrap();
    let ids: Vec<String> = news
        .iter()
        .filter_map(|piece| match piece {
            Delta::Message(message) => Some(message.id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["1", "note-1", "2"]);
    let mut lines = recorder.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "GET /third-party/v1/conversation/7/notes?per_page=100",
            "GET /third-party/v1/conversations/7/messages?per_page=100",
        ]
    );
    let older = ThreadPart::Older(next_of(&news).unwrap());
    recorder.then(Reply::json(&json!({"data": []})));
    let news = provider.ask(Ask::Thread { id: conversation(7), part: older }).await.unwrap();
    assert_eq!(news, [Delta::More { next: None, total: None }]);
    assert_eq!(
        recorder.lines(),
        ["GET /third-party/v1/conversations/7/messages?per_page=100&page=2"]
    );
}

#[tokio::test]
async fn a_thread_is_shown_without_notes_where_only_these_cannot_be_read() {
    for (status, fine) in [(403, true), (404, true), (500, true), (401, false), (429, false)] {
        let (_recorder, provider) = start([
            Reply::json(&json!({"data": [{"id": 1, "from": "customer"}]})).on("/messages"),
            Reply::text(status, "").on("/notes"),
        ])
        .await;
        let ask = Ask::Thread { id: conversation(7), part: ThreadPart::Newest };
        assert_eq!(provider.ask(ask).await.is_ok(), fine, "{status}");
    }
}

#[tokio::test]
async fn people_are_all_users_or_those_seen_where_the_server_has_no_such_list() {
    let row = json!({"id": 7, "user": {"id": 4, "name": "Ada"}});
    let seen = Person { id: RemoteId::Number(4), name: clean("Ada") };
    for status in [404, 405] {
        let (recorder, provider) =
            start([Reply::json(&json!({"data": [row]})), Reply::text(status, "")]).await;
        provider.ask(list(None)).await.unwrap();
        let people = provider.ask(Ask::People).await.unwrap();
        assert_eq!(people, [Delta::People(vec![seen.clone()])]);
        assert_eq!(recorder.lines()[1], "GET /third-party/v1/users?per_page=100");
    }
    let users = json!({"data": [{"id": 5, "email": "grace@example.com"}, {"name": "no id"}]});
    let (recorder, provider) = start([Reply::json(&users), Reply::text(403, "")]).await;
    let grace = Person { id: RemoteId::Number(5), name: clean("grace@example.com") };
    assert_eq!(provider.ask(Ask::People).await.unwrap(), [Delta::People(vec![grace])]);
    assert_eq!(provider.ask(Ask::People).await.unwrap_err().trouble, Trouble::Forbidden);
    assert_eq!(recorder.lines().len(), 2);
}

#[tokio::test]
async fn the_connection_test_is_the_cheapest_list_and_names_nobody() {
    let (recorder, provider) = start([Reply::json(&json!({"data": []}))]).await;
    assert_eq!(provider.ask(Ask::Me).await.unwrap(), []);
    assert_eq!(recorder.lines(), ["GET /third-party/v1/conversations?per_page=1"]);
}

#[tokio::test]
async fn one_conversation_is_read_from_its_envelope() {
    let (recorder, provider) =
        start([Reply::json(&json!({"data": {"id": 7, "status": "in-progress"}}))]).await;
    let news = provider.ask(Ask::Conversation(conversation(7))).await.unwrap();
    let [Delta::Conversation(news)] = news.as_slice() else { panic!("{news:?}") };
    assert_eq!(news.status, Some(Status::Pending));
    assert_eq!(recorder.lines(), ["GET /third-party/v1/conversations/7"]);
}

#[test]
fn an_account_with_a_cookie_is_refused() {
    crate::providers::http::prepare_tls();
    let account = config::Account {
        name: "test".into(),
        vendor: Vendor::Voicebot,
        url: "https://1-a.example/third-party/v1".into(),
        account_id: None,
        credential: Credential::Cookie(TokenSource::Plain(Secret::new("x"))),
        timezone: jiff::tz::TimeZone::UTC,
    };
    let failure = connect(ACCOUNT, &account).err().unwrap();
    assert!(failure.text.contains("voicebot chat signs in with a token"), "{failure}");
}
