//! What leaves for the vendor, and what becomes of the answers.

use serde_json::{Value, json};

use super::*;
use crate::model::{Outcome, Outgoing, RemoteId, Status, Trouble, Upload, UploadSource};
use crate::providers::recorder::{
    ACCOUNT, Recorder, Reply, TOKEN, apply, changed, check_failed_reads, check_failed_writes,
    check_refused, conversation, list, next_of,
};
use crate::text::clean;

const ADA: &str = "5f0c1d2e3a4b5c6d7e8f9a0b";

async fn start(replies: impl IntoIterator<Item = Reply>) -> (Recorder, Arc<dyn Provider>) {
    let recorder = Recorder::start(replies).await;
    let provider = connect(ACCOUNT, &recorder.account(Vendor::Partoo, "/v2")).unwrap();
    (recorder, provider)
}

/// A provider that has read conversation 7 as this.
async fn having_read(changes: Value) -> (Recorder, Arc<dyn Provider>) {
    let row = json!({"id": 7, "status": "Open", "is_expired": false, "issues": []});
    let (recorder, provider) = start([Reply::json(&changed(row, &changes))]).await;
    provider.ask(Ask::Conversation(conversation(7))).await.unwrap();
    assert_eq!(recorder.lines(), ["GET /v2/conversations/7"]);
    (recorder, provider)
}

fn success() -> Reply {
    Reply::json(&json!({"status": "success", "message_id": 90}))
}

fn reply(text: &str) -> Action {
    Action::Reply(Outgoing { text: text.into(), ..Outgoing::default() })
}

fn upload(mime: &str) -> Upload {
    let source = UploadSource::Url("https://x/1".into());
    Upload { name: "a".into(), mime: mime.into(), source }
}

fn with_files(text: &str, attachments: Vec<Upload>) -> Action {
    Action::Reply(Outgoing { text: text.into(), attachments, ..Outgoing::default() })
}

fn ada() -> Person {
    Person { id: RemoteId::new(ADA), name: clean("Ada") }
}

#[tokio::test]
async fn every_action_is_exactly_the_documented_request() {
    let media = |content_type: &str| {
        json!({
            "conversation_id": 7, "content_type": content_type, "content": "https://x/1"
        })
    };
    let cases = [
        (
            Action::SetStatus(Status::Resolved),
            "PATCH /conversations/7",
            json!({"status": "closed"}),
        ),
        (Action::SetStatus(Status::Open), "PATCH /conversations/7", json!({"status": "open"})),
        (Action::Assign(Some(ada())), "PATCH /conversations/7", json!({"assigned_user_id": ADA})),
        (Action::Assign(None), "PATCH /conversations/7", json!({"assigned_user_id": "unassigned"})),
        (
            reply("Hello"),
            "POST /messages",
            json!({"conversation_id": 7, "content_type": "Text", "content": "Hello"}),
        ),
        (with_files("", vec![upload("image/png")]), "POST /messages", media("Image")),
        (with_files("", vec![upload("video/mp4")]), "POST /messages", media("Video")),
        (with_files("", vec![upload("audio/aac")]), "POST /messages", media("Audio")),
        (with_files("", vec![upload("application/pdf")]), "POST /messages", media("Document")),
        (Action::Retry { message: 71.into() }, "POST /messages/71/retry", json!({})),
        (Action::MarkRead { tell_customer: true }, "POST /conversations/7/read", json!({})),
        (Action::MarkUnread, "POST /conversations/7", json!({"is_read": false})),
    ];
    let (recorder, provider) = start([]).await;
    for (action, line, body) in cases {
        recorder.then(success());
        let news = apply(&*provider, action.clone()).await.unwrap();
        assert_eq!(news, [], "an acknowledgement is no news");
        let requests = recorder.requests();
        let [request] = requests.as_slice() else { panic!("{action:?} became {requests:?}") };
        let (method, path) = line.split_once(' ').unwrap();
        assert_eq!(request.line, format!("{method} /v2{path}"));
        assert_eq!(request.header("x-apikey"), TOKEN);
        assert_eq!(request.header("authorization"), "");
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.json(), body, "{action:?}");
    }
}

#[tokio::test]
async fn what_the_vendor_lacks_is_refused_without_a_request() {
    let (recorder, provider) = start([]).await;
    let message = RemoteId::Number(3);
    let bytes = Upload { source: UploadSource::Bytes(Arc::from(&b"x"[..])), ..upload("image/png") };
    let refused = [
        Action::Note("n".into()),
        Action::EditNote { message: message.clone(), text: "n".into() },
        Action::SetStatus(Status::Pending),
        with_files("text and file", vec![upload("image/png")]),
        with_files("", vec![upload("image/png"), upload("image/png")]),
        with_files("", vec![bytes]),
    ];
    check_refused(&recorder, &*provider, refused).await;
    for ask in
        [Ask::Teams, Ask::Labels, Ask::List { folder: Folder::Open, page: None, since: None }]
    {
        assert_eq!(provider.ask(ask).await.unwrap_err().trouble, Trouble::Unsupported);
    }
    assert_eq!(recorder.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn an_expired_conversation_is_neither_answered_nor_opened_again() {
    let (recorder, provider) = having_read(json!({"is_expired": true})).await;
    let retry = Action::Retry { message: 71.into() };
    for action in [reply("Hello"), retry, Action::SetStatus(Status::Open)] {
        let failure = apply(&*provider, action).await.unwrap_err();
        assert_eq!((failure.outcome, failure.trouble), (Outcome::Refused, Trouble::Rejected));
        assert!(failure.text.contains("expired"), "{failure}");
    }
    assert_eq!(recorder.lines(), Vec::<String>::new());
    recorder.then(success());
    apply(&*provider, Action::SetStatus(Status::Resolved)).await.unwrap();
    assert_eq!(recorder.lines(), ["PATCH /v2/conversations/7"], "closing it is still possible");
}

#[tokio::test]
async fn an_issue_of_the_channel_refuses_words_until_it_is_seen_to_be_gone() {
    let (recorder, provider) = having_read(json!({"issues": ["no_page_linked"]})).await;
    let failure = apply(&*provider, reply("Hello")).await.unwrap_err();
    assert!(failure.text.contains("no page linked"), "{failure}");
    assert_eq!(recorder.lines(), Vec::<String>::new());
    recorder.then(Reply::json(&json!({"id": 7, "status": "Open", "issues": []})));
    provider.ask(Ask::Conversation(conversation(7))).await.unwrap();
    apply(&*provider, reply("Hello")).await.unwrap();
    assert_eq!(recorder.lines(), ["GET /v2/conversations/7", "POST /v2/messages"]);
}

#[tokio::test]
async fn a_closed_conversation_takes_words_once_it_was_opened_again() {
    let (recorder, provider) = having_read(json!({"status": "Closed", "is_solved": true})).await;
    assert!(apply(&*provider, reply("Hello")).await.is_err());
    apply(&*provider, Action::SetStatus(Status::Open)).await.unwrap();
    apply(&*provider, reply("Hello")).await.unwrap();
    assert_eq!(recorder.lines(), ["PATCH /v2/conversations/7", "POST /v2/messages"]);
}

#[tokio::test]
async fn a_plan_without_assignment_is_remembered() {
    let (recorder, provider) = start([Reply::text(403, "")]).await;
    assert_eq!(provider.capabilities().assign, Support::Yes);
    let failure = apply(&*provider, Action::Assign(Some(ada()))).await.unwrap_err();
    assert_eq!(failure.trouble, Trouble::Forbidden);
    let Support::No(why) = provider.capabilities().assign else { panic!("still possible") };
    let failure = apply(&*provider, Action::Assign(None)).await.unwrap_err();
    assert_eq!(&*failure.text, &*why);
    assert_eq!(recorder.lines(), ["PATCH /v2/conversations/7"]);
    recorder.then(Reply::json(&json!({"id": 7, "assigned_user_id": ADA})));
    provider.ask(Ask::Conversation(conversation(7))).await.unwrap();
    assert_eq!(provider.capabilities().assign, Support::Yes, "somebody is assigned after all");
}

#[tokio::test]
async fn a_person_without_access_does_not_take_assignment_away() {
    let (recorder, provider) = having_read(json!({"assigned_user_id": ADA})).await;
    recorder.then(Reply::text(403, ""));
    assert!(apply(&*provider, Action::Assign(Some(ada()))).await.is_err());
    assert_eq!(provider.capabilities().assign, Support::Yes);
}

#[tokio::test]
async fn trouble_with_a_write_has_the_right_outcome() {
    let (recorder, provider) = start([]).await;
    for action in [
        reply("Hello"),
        Action::Retry { message: 71.into() },
        Action::SetStatus(Status::Resolved),
        Action::MarkUnread,
    ] {
        check_failed_writes(&recorder, &*provider, &action).await;
    }
}

#[tokio::test]
async fn trouble_with_a_read_is_told() {
    let (recorder, provider) = start([]).await;
    let thread = Ask::Thread { id: conversation(7), part: ThreadPart::Newest };
    let one = Ask::Conversation(conversation(7));
    for ask in [list(None), thread, one, Ask::Me, Ask::People, Ask::Canned] {
        check_failed_reads(&recorder, &*provider, &ask).await;
    }
}

#[tokio::test]
async fn the_list_goes_by_cursor_until_it_ends_or_repeats() {
    let page = |id: u64, next: Value| {
        Reply::json(&json!({"conversations": [{"id": id}, {"consumer_name": "no id"}],
            "count": 250, "next_cursor": next}))
        .on("/conversations")
    };
    let (recorder, provider) =
        start([page(1, json!("a b=")), page(2, json!("c")), page(3, json!("c"))]).await;
    let first = provider.ask(list(None)).await.unwrap();
    let [Delta::Conversation(row), Delta::More { total, .. }] = first.as_slice() else {
        panic!("{first:?}")
    };
    assert_eq!((&row.id, *total), (&conversation(1), Some(250)));
    let second = provider.ask(list(next_of(&first))).await.unwrap();
    let third = provider.ask(list(next_of(&second))).await.unwrap();
    assert_eq!(next_of(&third), None, "the cursor repeats");
    let lines = [
        "GET /v2/conversations?per_page=100",
        "GET /v2/conversations?per_page=100&cursor=a+b%3D",
        "GET /v2/conversations?per_page=100&cursor=c",
    ];
    let mut asked = recorder.lines();
    // The first list also asks for names, whichever of the two arrives first.
    asked.retain(|line| !line.contains("/user/search"));
    assert_eq!(asked, lines);
    for end in [json!(null), json!("")] {
        recorder.then(page(1, end));
        assert_eq!(next_of(&provider.ask(list(None)).await.unwrap()), None);
    }
}

#[tokio::test]
async fn a_thread_is_asked_for_by_conversation_and_cursor() {
    let page = json!({"messages": [
        {"id": 2, "sender_type": "User", "date": "2024-05-01 12:00:00.5+00:00"},
        {"id": 1, "sender_type": "Consumer", "date": "2024-05-01 11:00:00+00:00"},
        {"id": 3, "sender_type": "Alien", "date": "2024-05-01 11:00:00+00:00"},
    ], "count": 3, "next_cursor": "older"});
    let (recorder, provider) = start([Reply::json(&page)]).await;
    let part = ThreadPart::After(RemoteId::Number(1));
    let news = provider.ask(Ask::Thread { id: conversation(7), part }).await.unwrap();
    let [Delta::Message(first), Delta::Message(second), Delta::More { .. }] = news.as_slice()
    else {
        panic!("{news:?}")
    };
    assert_eq!((&first.id, &second.id), (&1.into(), &2.into()));
    recorder.then(Reply::json(&json!({"messages": []})));
    let part = ThreadPart::Older(next_of(&news).unwrap());
    provider.ask(Ask::Thread { id: conversation(7), part }).await.unwrap();
    let lines = [
        "GET /v2/messages?conversation_id=7&per_page=100",
        "GET /v2/messages?conversation_id=7&per_page=100&cursor=older",
    ];
    assert_eq!(recorder.lines(), lines);
}

#[tokio::test]
async fn people_are_collected_from_all_pages_and_name_assignees() {
    let user = |id: &str, status: &str| json!({"id": id, "first_name": id, "status": status});
    let page = |number: u64, users: Value| {
        Reply::json(&json!({"page": number, "max_page": 2, "count": 3, "users": users}))
    };
    let (recorder, provider) = start([
        page(1, json!([user("ada", "active"), user("bob", "invited")])),
        page(2, json!([user("eve", "active")])),
    ])
    .await;
    let news = provider.ask(Ask::People).await.unwrap();
    let [Delta::People(people)] = news.as_slice() else { panic!("{news:?}") };
    let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(names, ["ada", "eve"]);
    let lines = [
        "GET /v2/user/search?status=active&per_page=100&page=1",
        "GET /v2/user/search?status=active&per_page=100&page=2",
    ];
    assert_eq!(recorder.lines(), lines);
    recorder.then(Reply::json(&json!({"id": 7, "assigned_user_id": "eve"})));
    let news = provider.ask(Ask::Conversation(conversation(7))).await.unwrap();
    let [Delta::Conversation(news)] = news.as_slice() else { panic!("{news:?}") };
    assert_eq!(news.assignee.clone().unwrap().unwrap().name, clean("eve"));
}

#[tokio::test]
async fn people_end_when_the_server_repeats_its_page() {
    let page =
        || Reply::json(&json!({"max_page": 9, "users": [{"id": "ada", "first_name": "Ada"}]}));
    let (recorder, provider) = start([page(), page()]).await;
    provider.ask(Ask::People).await.unwrap();
    assert_eq!(recorder.lines().len(), 2);
}

#[tokio::test]
async fn the_owner_of_the_key_and_the_templates_are_read() {
    let (recorder, provider) = start([
        Reply::json(&json!({"id": ADA, "first_name": "Ada", "last_name": null})),
        Reply::json(&json!([{"id": "t1", "title": "Hi", "content": "{\"text\": \"Hello\"}"}])),
    ])
    .await;
    assert_eq!(provider.ask(Ask::Me).await.unwrap(), [Delta::Me(ada())]);
    let news = provider.ask(Ask::Canned).await.unwrap();
    let [Delta::Canned(canned)] = news.as_slice() else { panic!("{news:?}") };
    assert_eq!((&*canned[0].title, &*canned[0].text), ("Hi", "Hello"));
    assert_eq!(recorder.lines(), ["GET /v2/user/me", "GET /v2/messaging/templates"]);
}
