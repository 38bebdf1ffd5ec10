//! The shapes are those of the vendor's documented objects.

use serde_json::{Value, json};

use super::*;
use crate::model::Conversation;
use crate::providers::recorder;

const NOW: &str = "2024-05-01T12:00:00Z";
const ADA: &str = "5f0c1d2e3a4b5c6d7e8f9a0b";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn whole() -> Value {
    json!({
        "id": 7,
        "consumer_img": null,
        "consumer_name": "Jane Doe (@jane)",
        "consumer_phone_number": "+33612345678",
        "last_message": {"id": 71, "conversation_id": 7,
            "date": "2024-05-01 11:00:00.327878+00:00", "content_type": "Text",
            "sender_type": "Consumer", "sender_label": "Jane Doe", "status": "Success",
            "is_deleted": false, "content": "Open on Sunday?", "user_id": null,
            "custom_channel": null},
        "is_read": false,
        "status": "Open",
        "created_at": "2024-04-30 08:00:00.000000+00:00",
        "has_one_user_message": true,
        "business": {"id": ADA, "name": "Bakery", "city": "Lyon", "zipcode": "69001",
            "country": "FR", "formatted_address": "1 rue X"},
        "messaging_partner": "Instagram",
        "issues": [],
        "first_message_date": "2024-04-30 08:00:00.000000+00:00",
        "is_expired": false,
        "is_solved": false,
        "assigned_user_id": ADA,
        "custom_channel": null
    })
}

fn with(changes: &Value) -> Value {
    recorder::changed(whole(), changes)
}

fn read(row: &Value) -> Conversation {
    let names = kit::Names::default();
    names.learn(&Person { id: RemoteId::new(ADA), name: clean("Ada") });
    recorder::learnt(conversation(row, recorder::ACCOUNT, &names, at(NOW)))
}

fn read_messages(rows: &[Value]) -> Vec<Message> {
    messages(rows, &recorder::conversation(7), at(NOW))
}

fn read_message(row: &Value) -> Message {
    read_messages(std::slice::from_ref(row)).remove(0)
}

fn closed(changes: Value) -> String {
    match read(&with(&changes)).reply_window {
        ReplyWindow::Closed(why) => why.to_string(),
        other => panic!("{changes} is {other:?}"),
    }
}

#[test]
fn a_whole_conversation_is_read() {
    let read = read(&whole());
    assert_eq!(read.id, recorder::conversation(7));
    assert_eq!(read.contact.shown(), "Jane Doe (@jane)");
    assert_eq!(&*read.contact.handle, "+33612345678");
    assert_eq!(read.channel, Channel::Instagram);
    assert_eq!(read.inbox, Some(clean("Bakery, Lyon")));
    assert_eq!(read.status, Status::Open);
    assert_eq!(read.assignee, Some(Person { id: RemoteId::new(ADA), name: clean("Ada") }));
    assert_eq!(read.unread, 1);
    assert_eq!(read.created_at, Some(at("2024-04-30T08:00:00Z")));
    let last = read.last_activity.unwrap();
    assert_eq!(last.as_second(), at("2024-05-01T11:00:00Z").as_second());
    assert_eq!(read.waiting_since, Some(last));
    assert_eq!((&*read.snippet, read.snippet_is_ours), ("Open on Sunday?", false));
    assert_eq!(read.reply_window, ReplyWindow::Open);
}

#[test]
fn solved_is_the_state_of_work_and_status_is_not() {
    let solved = read(&with(&json!({"is_solved": true})));
    assert_eq!((solved.status, solved.waiting_since), (Status::Resolved, None));
    assert_eq!(read(&with(&json!({"status": "Closed"}))).status, Status::Open);
    assert_eq!(read(&with(&json!({"is_read": true}))).unread, 0);
}

#[test]
fn every_channel_is_known_by_name_and_others_keep_theirs() {
    for (partner, channel) in [
        ("Google", Channel::Google),
        ("Facebook", Channel::Facebook),
        ("Instagram", Channel::Instagram),
        ("SMS", Channel::Sms),
        ("Whatsapp", Channel::WhatsApp),
        ("whatsapp", Channel::WhatsApp),
        ("Pigeon", Channel::Other(clean("Pigeon"))),
    ] {
        assert_eq!(read(&with(&json!({"messaging_partner": partner}))).channel, channel);
    }
    let custom = |custom: Value| {
        read(&with(&json!({"messaging_partner": null, "custom_channel": custom}))).channel
    };
    assert_eq!(custom(json!({"name": "Shop app"})), Channel::Other(clean("Shop app")));
    assert_eq!(custom(json!({})), Channel::Api);
    assert_eq!(custom(json!(null)), Channel::Chat);
}

#[test]
fn a_reply_is_possible_only_while_open_not_expired_without_issue_and_writable() {
    assert_eq!(read(&with(&json!({"status": "open"}))).reply_window, ReplyWindow::Open);
    assert!(closed(json!({"status": "Closed"})).contains("reopen it"));
    assert!(closed(json!({"status": "Parked"})).contains("“Parked”"));
    assert!(closed(json!({"is_expired": true})).contains("expired"));
    assert!(closed(json!({"status": "Closed", "is_expired": true})).contains("expired"));
    let issue = closed(json!({"issues": ["facebook_no_page_linked", {"a": 1}]}));
    assert!(issue.contains("facebook no page linked, {\"a\":1}"), "{issue}");
    assert!(closed(json!({"custom_channel": {"is_readonly": true}})).contains("only be read"));
}

#[test]
fn a_conversation_without_anything_but_an_id_is_still_a_row() {
    assert_eq!(read(&json!({"id": "7"})), Conversation::new(recorder::conversation(7)));
    let odd = read(&json!({
        "id": 7, "consumer_name": ["x"], "last_message": 4, "is_read": "maybe", "status": {},
        "created_at": "soon", "business": "b", "messaging_partner": 3, "issues": "none",
        "is_expired": null, "is_solved": [], "assigned_user_id": {}, "custom_channel": null
    }));
    assert_eq!(odd.contact.shown(), "(no name)");
    assert_eq!((odd.status, odd.assignee, odd.inbox), (Status::Open, None, None));
    assert_eq!(odd.channel, Channel::Other(clean("3")));
}

#[test]
fn a_conversation_without_a_usable_id_is_left_out() {
    let names = kit::Names::default();
    for row in [json!({}), json!({"id": null}), json!([1]), json!(null)] {
        assert_eq!(conversation(&row, recorder::ACCOUNT, &names, at(NOW)), None, "{row}");
    }
}

#[test]
fn an_assignee_without_known_name_is_shown_by_id_and_null_is_nobody() {
    let stranger = read(&with(&json!({"assigned_user_id": "abc"}))).assignee.unwrap();
    assert_eq!(&*stranger.name, "abc");
    assert_eq!(read(&with(&json!({"assigned_user_id": null}))).assignee, None);
    let names = kit::Names::default();
    let news = conversation(&json!({"id": 7}), recorder::ACCOUNT, &names, at(NOW)).unwrap();
    assert_eq!(news.assignee, None, "where the plan has no assignment, nothing is said of it");
}

#[test]
fn both_sides_and_event_lines_are_told_apart_and_unknown_senders_are_left_out() {
    let row = |id: u64, sender: &str| {
        json!({"id": id, "date": NOW, "sender_type": sender, "sender_label": "L", "user_id": ADA,
            "content_type": "Text", "content": "c", "status": "Success"})
    };
    let rows = [row(1, "User"), row(2, "Consumer"), row(3, "Metadata"), row(4, "Alien")];
    let read = read_messages(&rows);
    let sides: Vec<(Side, MessageKind, Option<Delivery>)> = read
        .iter()
        .map(|message| (message.author.side, message.kind, message.delivery.clone()))
        .collect();
    assert_eq!(
        sides,
        [
            (Side::Agent, MessageKind::Public, Some(Delivery::Sent)),
            (Side::Customer, MessageKind::Public, None),
            (Side::System, MessageKind::Activity, None),
        ]
    );
    assert_eq!((&*read[0].author.name, &read[0].author.id), ("L", &Some(RemoteId::new(ADA))));
    assert!(read_messages(&[json!({"id": 1}), json!({"sender_type": "User"})]).is_empty());
}

#[test]
fn delivery_and_deletion_are_read() {
    for (word, delivery) in [
        ("Sending", Some(Delivery::Sending)),
        ("Success", Some(Delivery::Sent)),
        ("Failed", Some(Delivery::Failed(clean("")))),
        ("Lost", None),
    ] {
        let row = json!({"id": 1, "sender_type": "User", "status": word, "is_deleted": 1});
        let message = read_message(&row);
        assert_eq!((message.delivery, message.deleted), (delivery, true));
    }
}

#[test]
fn every_content_type_shows_something() {
    let url = "https://cdn.example/a/photo.jpg?sig=1";
    let message = |content_type: Value, content: &str| {
        read_message(&json!({"id": 1, "sender_type": "Consumer", "content_type": content_type,
            "content": content}))
    };
    for content_type in [json!("Text"), json!("text"), json!(null)] {
        let text = message(content_type, "hello");
        assert_eq!((&*text.text, text.attachments.len()), ("hello", 0));
    }
    for (word, kind) in [
        ("Image", AttachmentKind::Image),
        ("Video", AttachmentKind::Video),
        ("Audio", AttachmentKind::Audio),
        ("Document", AttachmentKind::File),
    ] {
        let card = message(json!(word), url).attachments.remove(0);
        assert_eq!((card.kind, &*card.name), (kind, "photo.jpg"));
        assert_eq!((card.url, &*card.detail), (Some(clean(url)), ""));
        let card = message(json!(word), "expired").attachments.remove(0);
        assert_eq!((card.url, &*card.name, &*card.detail), (None, "", "expired"));
    }
    for (word, name) in [
        ("IgStoryReply", "reply to an Instagram story"),
        ("IgStoryMention", "mention in an Instagram story"),
        ("Unsupported", "something that Partoo cannot show"),
        ("Hologram", "unknown content: Hologram"),
    ] {
        let card = message(json!(word), "wow").attachments.remove(0);
        assert_eq!((card.kind, &*card.name, &*card.detail), (AttachmentKind::Other, name, "wow"));
        let card = message(json!(word), url).attachments.remove(0);
        assert_eq!((card.url, &*card.name), (Some(clean(url)), name));
    }
}

#[test]
fn messages_are_sorted_whatever_order_they_come_in() {
    let rows = [
        json!({"id": 1, "sender_type": "User", "date": "2024-05-01 10:00:00.000002+00:00"}),
        json!({"id": 3, "sender_type": "User", "date": "2024-05-01 10:00:00.000001+00:00"}),
        json!({"id": 2, "sender_type": "User", "date": "2024-05-01 10:00:00.000001+00:00"}),
        json!({"id": 4, "sender_type": "User", "status": "Sending"}),
    ];
    let ids: Vec<u64> =
        read_messages(&rows).iter().map(|message| message.id.number().unwrap()).collect();
    assert_eq!(ids, [2, 3, 1, 4]);
}

#[test]
fn conversations_can_be_given_to_active_humans_only() {
    let read = |changes: Value| {
        let user = json!({"id": ADA, "first_name": "Ada", "last_name": "Byron",
            "email": "ada@example.com", "status": "active"});
        assignable(&recorder::changed(user, &changes)).map(|person| person.name.to_string())
    };
    assert_eq!(read(json!({})), Some("Ada Byron".into()));
    assert_eq!(read(json!({"status": null, "last_name": null})), Some("Ada".into()));
    assert_eq!(read(json!({"first_name": "", "last_name": ""})), Some("ada@example.com".into()));
    for refused in [json!({"status": "invited"}), json!({"type": "BOT"}), json!({"id": null})] {
        assert_eq!(read(refused), None);
    }
}

#[test]
fn the_text_of_a_template_is_found_in_whatever_it_is_wrapped() {
    let text = |content: Value| {
        let template = json!({"id": ADA, "title": "Greeting", "content": content});
        let canned = canned(&template).unwrap();
        assert_eq!((canned.id, &*canned.title), (RemoteId::new(ADA), "Greeting"));
        canned.text.to_string()
    };
    let hello = "Hello {{client_first_name}},\n\"bye\"";
    let proper = json!({"text": hello, "_version": "0.1"}).to_string();
    assert_eq!(text(json!(proper)), hello);
    let comma_missing = r#"{"text": "Hello \"you\"" "_version": "0.1"}"#;
    assert_eq!(text(json!(comma_missing)), "Hello \"you\"");
    assert_eq!(text(json!("just words")), "just words");
    assert_eq!(text(json!("{\"text\": broken")), "{\"text\": broken");
    assert_eq!(text(json!({"text": 1})), "");
    assert_eq!(canned(&json!({"title": "no id"})), None);
}

#[test]
fn nothing_that_drives_a_terminal_comes_through() {
    let nasty = "a\u{1b}]0;x\u{7}\u{9b}31mb\u{0}";
    let conversation = read(&with(&json!({
        "consumer_name": nasty, "consumer_phone_number": nasty, "messaging_partner": nasty,
        "business": {"name": nasty, "city": "c\u{1b}"}, "issues": [nasty],
        "assigned_user_id": nasty,
        "last_message": {"id": 1, "sender_type": "Consumer", "content": nasty}
    })));
    let ReplyWindow::Closed(why) = &conversation.reply_window else { panic!("open") };
    let mut seen = format!("{}{}{why}", conversation.contact.name, conversation.contact.handle);
    seen += &format!("{}{}", conversation.channel.word(), conversation.snippet);
    seen += &format!("{}{}", conversation.inbox.unwrap(), conversation.assignee.unwrap().name);
    for content_type in ["Text", "Image", nasty] {
        for content in [nasty.to_owned(), format!("https://x/{nasty}")] {
            let message = read_message(&json!({"id": 1, "sender_type": "User",
                "sender_label": nasty, "content_type": content_type, "content": content}));
            seen += &format!("{}{}", message.author.name, message.text);
            for card in message.attachments {
                seen += &format!("{}{}{}", card.name, card.detail, card.url.unwrap_or_default());
            }
        }
    }
    let canned = canned(&json!({"id": 1, "title": nasty, "content": nasty})).unwrap();
    seen += &format!("{}{}", canned.title, canned.text);
    assert!(seen.contains('a') && !seen.chars().any(char::is_control), "{seen:?}");
}
