//! The shapes are those of the vendor's object schemas.

use serde_json::{Value, json};

use super::*;
use crate::model::{Attachment, AttachmentKind, Conversation};
use crate::providers::recorder;

const NOW: &str = "2024-05-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn whole() -> Value {
    json!({
        "id": 7,
        "created_at": "2024-04-30T08:00:00Z",
        "channel": "whatsapp",
        "status": "to-do",
        "snooze_until": null,
        "agent": {"id": 2, "channel": "whatsapp", "display_id": 4_930_123_456_i64,
            "name": "Acme Berlin", "in_sync": true, "unread_conversations_count": 3},
        "customer": {"id": 5, "channel": "whatsapp", "display_id": 49_151_i64, "name": "jd",
            "profile": {"id": 9, "name": "John Doe", "phone_number": "+49151", "email": null}},
        "user": {"id": 4, "name": "Ada", "email": 12, "roles": ["admin"], "permissions": []},
        "latest_message": {"id": 71, "conversation_id": 7, "from": "customer", "source": "user",
            "contents": [{"type": "text", "content": "Where\n is it?"}], "status": "delivered",
            "sent_at": "2024-05-01T11:00:00Z"},
        "last_customer_reply_from": "2024-05-01T11:00:00Z",
        "unread_customer_messages_count": 2,
        "reply_until": "2024-05-02T11:00:00Z",
        "reply_possible": true,
        "customer_interaction_required": false
    })
}

fn with(changes: &Value) -> Value {
    recorder::changed(whole(), changes)
}

fn read(row: &Value) -> Conversation {
    let names = kit::Names::default();
    recorder::learnt(conversation(row, recorder::ACCOUNT, &names, at(NOW)))
}

fn read_message(row: &Value) -> Message {
    let names = kit::Names::default();
    names.learn(&Person { id: RemoteId::Number(4), name: clean("Ada") });
    let rows = std::slice::from_ref(row);
    messages(rows, &recorder::conversation(7), &names, at(NOW)).remove(0)
}

fn card(content: &Value) -> Attachment {
    let message = json!({"id": 1, "from": "customer", "contents": [content]});
    read_message(&message).attachments.remove(0)
}

#[test]
fn a_whole_conversation_is_read() {
    let read = read(&whole());
    assert_eq!(read.id, recorder::conversation(7));
    assert_eq!(read.contact.id, Some(RemoteId::Number(5)));
    assert_eq!(read.contact.shown(), "John Doe");
    assert_eq!(&*read.contact.handle, "+49151");
    assert_eq!(read.channel, Channel::WhatsApp);
    assert_eq!(read.inbox, Some(clean("Acme Berlin")));
    assert_eq!(read.status, Status::Open);
    assert_eq!(read.assignee, Some(Person { id: RemoteId::Number(4), name: clean("Ada") }));
    assert_eq!(read.unread, 2);
    assert_eq!(read.created_at, Some(at("2024-04-30T08:00:00Z")));
    assert_eq!(read.last_activity, Some(at("2024-05-01T11:00:00Z")));
    assert_eq!(read.waiting_since, Some(at("2024-05-01T11:00:00Z")));
    assert_eq!(&*read.snippet, "Where is it?");
    assert!(!read.snippet_is_ours);
    assert_eq!(read.reply_window, ReplyWindow::Until(at("2024-05-02T11:00:00Z")));
}

#[test]
fn every_status_has_its_word_and_an_unknown_one_is_kept() {
    for (word, status) in [
        ("to-do", Status::Open),
        ("in-progress", Status::Pending),
        ("done", Status::Resolved),
        ("on-\u{1b}[1mhold", Status::Other(clean("on-\u{1b}[1mhold"))),
    ] {
        assert_eq!(read(&with(&json!({"status": word}))).status, status);
    }
}

#[test]
fn a_future_snooze_is_shown_and_a_past_one_or_one_on_a_done_conversation_is_not() {
    let until = "2024-05-03T00:00:00Z";
    let snoozed = read(&with(&json!({"snooze_until": until})));
    assert_eq!((snoozed.status, snoozed.snoozed_until), (Status::Snoozed, Some(at(until))));
    let over = read(&with(&json!({"snooze_until": "2024-05-01T00:00:00Z"})));
    assert_eq!((over.status, over.snoozed_until), (Status::Open, None));
    let done = read(&with(&json!({"snooze_until": until, "status": "done"})));
    assert_eq!((done.status, done.snoozed_until), (Status::Resolved, None));
}

#[test]
fn nobody_works_on_a_conversation_whose_user_is_null_or_missing() {
    assert_eq!(read(&with(&json!({"user": null}))).assignee, None);
    let names = kit::Names::default();
    let news = conversation(&json!({"id": 1}), recorder::ACCOUNT, &names, at(NOW)).unwrap();
    assert_eq!(news.assignee, Some(None));
}

#[test]
fn the_reply_window_follows_all_fields_together() {
    let past = "2024-05-01T11:59:59Z";
    let ahead = "2024-05-01T13:00:00Z";
    let window = |changes: Value| read(&with(&changes)).reply_window;
    let closed = |changes: Value, word: &str| match window(changes) {
        ReplyWindow::Closed(why) => assert!(why.contains(word), "{why}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(window(json!({"reply_until": null})), ReplyWindow::Open);
    assert_eq!(window(json!({"reply_until": past})), ReplyWindow::Open);
    assert_eq!(window(json!({"reply_until": ahead})), ReplyWindow::Until(at(ahead)));
    assert_eq!(
        window(json!({"customer_interaction_required": true, "reply_possible": false})),
        ReplyWindow::WaitingForCustomer
    );
    for until in [json!(null), json!(past)] {
        let over = json!({"reply_possible": false, "reply_until": until});
        assert_eq!(window(over), ReplyWindow::TemplateOnly);
        let widget = json!({"reply_possible": false, "reply_until": until, "channel": "widget"});
        closed(widget, "customer has to write");
    }
    closed(json!({"reply_possible": false, "reply_until": ahead}), "no reply is possible");
    assert_eq!(
        window(json!({"reply_possible": null})),
        ReplyWindow::Until(at("2024-05-02T11:00:00Z"))
    );
    let mut gone = whole()["agent"].clone();
    gone["in_sync"] = json!(false);
    closed(json!({"agent": gone, "customer_interaction_required": true}), "disconnected");
}

#[test]
fn a_conversation_without_anything_but_an_id_is_still_a_row() {
    let bare = read(&json!({"id": "7"}));
    assert_eq!(bare, Conversation::new(recorder::conversation(7)));
    let odd = json!({
        "id": 7, "status": 5, "channel": ["x"], "agent": "me", "customer": 4, "user": [],
        "latest_message": "hello", "unread_customer_messages_count": "many", "reply_until": {},
        "reply_possible": "perhaps", "snooze_until": false, "created_at": "yesterday"
    });
    let odd = read(&odd);
    assert_eq!(odd.status, Status::Other(clean("5")));
    assert_eq!(odd.contact.shown(), "(no name)");
    assert_eq!((odd.unread, odd.created_at, odd.last_activity), (0, None, None));
}

#[test]
fn a_conversation_without_a_usable_id_is_left_out() {
    let names = kit::Names::default();
    for row in [json!({}), json!({"id": null}), json!({"id": {}}), json!("x"), json!(null)] {
        assert_eq!(conversation(&row, recorder::ACCOUNT, &names, at(NOW)), None, "{row}");
    }
}

#[test]
fn activity_falls_back_to_the_customers_last_word_and_then_to_the_beginning() {
    let no_message = with(&json!({"latest_message": null}));
    assert_eq!(read(&no_message).last_activity, Some(at("2024-05-01T11:00:00Z")));
    let nothing = with(&json!({"latest_message": null, "last_customer_reply_from": null}));
    assert_eq!(read(&nothing).last_activity, Some(at("2024-04-30T08:00:00Z")));
}

#[test]
fn nobody_waits_when_we_wrote_last_or_it_is_done() {
    let mut ours = whole();
    ours["latest_message"]["from"] = json!("agent");
    let ours = read(&ours);
    assert_eq!((ours.waiting_since, ours.snippet_is_ours), (None, true));
    assert_eq!(read(&with(&json!({"status": "done"}))).waiting_since, None);
}

#[test]
fn several_contents_of_one_message_are_all_there() {
    let message = read_message(&json!({
        "id": 1, "from": "customer", "sent_at": NOW,
        "contents": [
            {"type": "text", "content": "one"},
            {"type": "contact", "name": {"formatted_name": "A"}},
            {"type": "contact", "name": {"formatted_name": "B"}},
            {"type": "text", "content": "two"}
        ]
    }));
    assert_eq!(&*message.text, "one\ntwo");
    let names: Vec<&str> = message.attachments.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["A", "B"]);
    assert_eq!(message.author.side, Side::Customer);
    assert_eq!((message.kind, message.delivery), (MessageKind::Public, None));
}

#[test]
fn files_become_cards_with_name_size_type_and_caption() {
    for (word, kind) in [
        ("image", AttachmentKind::Image),
        ("video", AttachmentKind::Video),
        ("document", AttachmentKind::File),
    ] {
        let card = card(&json!({
            "type": word, "has_file": true, "uuid": "u", "name": "a.bin", "mime_type": "x/y",
            "size": 12, "download_url": "https://d/1", "public_download_url": "https://p/1",
            "caption": "look"
        }));
        let expected = Attachment {
            kind,
            name: clean("a.bin"),
            size: Some(12),
            mime: Some(clean("x/y")),
            url: Some(clean("https://p/1")),
            detail: clean("look"),
        };
        assert_eq!(card, expected);
    }
    let voice = card(&json!({"type": "audio", "voice": true, "size": -1, "name": null}));
    assert_eq!((voice.kind, &*voice.detail), (AttachmentKind::Audio, "voice message"));
    assert_eq!((voice.size, voice.url), (None, None));
    let named = card(&json!({"type": "document", "name": "u8f3", "filename": "offer.pdf"}));
    assert_eq!(&*named.name, "offer.pdf");
}

#[test]
fn a_place_has_coordinates_name_and_address() {
    let place = card(&json!({
        "type": "location", "latitude": "52.5", "longitude": 13.4, "address": "Unter den Linden",
        "name": "Gate", "url": "https://maps/1"
    }));
    assert_eq!(place.kind, AttachmentKind::Location);
    assert_eq!(&*place.name, "Gate");
    assert_eq!(&*place.detail, "52.5, 13.4 · Unter den Linden");
    assert_eq!(place.url, Some(clean("https://maps/1")));
}

#[test]
fn a_contact_card_has_names_phones_mails_company_and_address() {
    let contact = card(&json!({
        "type": "contact",
        "name": {"formatted_name": "Dr. Ada Byron", "first_name": "Ada", "last_name": "Byron"},
        "birthday": "1970-01-01T00:00:00.000Z",
        "phones": [{"phone": "+49 30 1", "type": "WORK"}, {"phone": "+49 30 2"}, {"type": "HOME"}],
        "emails": [{"email": "ada@example.com", "type": "WORK"}],
        "addresses": [{"street": "Main 1", "city": "Berlin", "zip": "10115", "country": "Germany"}],
        "org": {"company": "Engines", "department": null, "title": "Count"}
    }));
    assert_eq!(contact.kind, AttachmentKind::Contact);
    assert_eq!(&*contact.name, "Dr. Ada Byron");
    assert_eq!(
        &*contact.detail,
        "+49 30 1 (WORK) · +49 30 2 · ada@example.com (WORK) · Engines, Count · \
         Main 1, 10115, Berlin, Germany · 1970-01-01"
    );
    let spelled = json!({"type": "contact", "name": {"first_name": "Ada", "last_name": "Byron"}});
    assert_eq!(&*card(&spelled).name, "Ada Byron");
    assert_eq!(&*card(&json!({"type": "contact"})).name, "");
}

#[test]
fn an_unknown_content_is_a_card_that_names_it() {
    let sticker = card(&json!({"type": "sticker", "content": "wave", "size": 3}));
    assert_eq!((sticker.kind, &*sticker.name), (AttachmentKind::Other, "sticker"));
    assert_eq!((&*sticker.detail, sticker.size), ("wave", Some(3)));
    let odd = json!({"id": 1, "from": "customer", "contents": ["x", null, 4, {"type": "text"}]});
    let odd = read_message(&odd);
    assert_eq!((&*odd.text, odd.attachments.len()), ("", 0));
}

#[test]
fn delivery_is_read_from_the_status_of_our_messages_only() {
    let status = |word: &str, from: &str| {
        let error = json!({"id": 1, "original_message": "not on WhatsApp"});
        let row = json!({"id": 1, "from": from, "status": word, "latest_error": error});
        read_message(&row).delivery
    };
    for (word, delivery) in [
        ("created", Some(Delivery::Sending)),
        ("sent", Some(Delivery::Sent)),
        ("delivered", Some(Delivery::Delivered)),
        ("read", Some(Delivery::Read)),
        ("error", Some(Delivery::Failed(clean("not on WhatsApp")))),
        ("lost", None),
    ] {
        assert_eq!(status(word, "agent"), delivery);
        assert_eq!(status(word, "customer"), None);
    }
}

#[test]
fn authors_are_named_as_far_as_they_are_known() {
    let author = |row: Value| read_message(&row).author;
    let ada = author(json!({"id": 1, "from": "agent", "user_id": 4}));
    assert_eq!((ada.side, &*ada.name, ada.id), (Side::Agent, "Ada", Some(RemoteId::Number(4))));
    let other = author(json!({"id": 1, "from": "agent", "user_id": null}));
    assert_eq!((other.side, &*other.name, other.id), (Side::Agent, "", None));
    let campaign = author(json!({
        "id": 1, "from": "agent", "source": "whatsapp-campaign",
        "whatsapp_campaign": {"id": 1, "name": "Spring"}
    }));
    assert_eq!((campaign.side, &*campaign.name), (Side::Bot, "WhatsApp campaign “Spring”"));
    for from in [json!("system"), json!("robot"), json!(null)] {
        let line = read_message(&json!({"id": 1, "from": from}));
        assert_eq!((line.author.side, line.kind), (Side::System, MessageKind::Activity));
    }
}

#[test]
fn quotes_and_reactions_are_read() {
    let message = read_message(&json!({
        "id": 2, "from": "customer", "customer_reaction": "👍", "agent_reaction": null,
        "reference": {"id": 1, "contents": [{"type": "image", "caption": "the parcel"}],
            "reference": {"id": 0}}
    }));
    let quoted = Quoted { id: RemoteId::Number(1), text: clean("[image] the parcel") };
    assert_eq!(message.quoted, Some(quoted));
    assert_eq!(message.reactions, [clean("👍")]);
    for nothing in [json!({}), json!(null), json!([])] {
        assert_eq!(read_message(&json!({"id": 2, "reference": nothing})).quoted, None);
    }
}

#[test]
fn messages_are_sorted_by_time_and_id_and_a_missing_time_does_not_move_them() {
    let rows = [
        json!({"id": 5, "from": "agent", "status": "created", "sent_at": null}),
        json!({"id": 4, "from": "agent", "status": "error", "sent_at": null,
            "latest_error": {"id": 1, "created_at": "2024-05-01T10:30:00Z"}}),
        json!({"id": 2, "from": "agent", "sent_at": "2024-05-01T10:00:00Z"}),
        json!({"id": 3, "from": "customer", "sent_at": "2024-05-01T10:00:00Z"}),
        json!({"from": "customer"}),
    ];
    let names = kit::Names::default();
    let read = messages(&rows, &recorder::conversation(7), &names, at(NOW));
    let order: Vec<(u64, Timestamp)> =
        read.iter().map(|message| (message.id.number().unwrap(), message.at)).collect();
    let ten = at("2024-05-01T10:00:00Z");
    assert_eq!(order, [(2, ten), (3, ten), (4, at("2024-05-01T10:30:00Z")), (5, at(NOW))]);
}

#[test]
fn notes_have_ids_of_their_own() {
    let rows = [json!({"id": 3, "text": "call back", "created_at": NOW}), json!({"text": "x"})];
    let read = notes(&rows, &recorder::conversation(7), at(NOW));
    let [note] = read.as_slice() else { panic!("{read:?}") };
    assert_eq!(note.id, RemoteId::new("note-3"));
    assert_eq!((note.kind, &*note.text, note.at), (MessageKind::Note, "call back", at(NOW)));
    assert_eq!(note_id(&note.id), Some(RemoteId::Number(3)));
    assert_eq!(note_id(&RemoteId::Number(3)), None);
}

#[test]
fn nothing_that_drives_a_terminal_comes_through() {
    let nasty = "a\u{1b}]0;x\u{7}\u{9b}31mb\u{0}";
    let row = with(&json!({
        "status": nasty, "channel": nasty,
        "agent": {"name": nasty}, "user": {"id": nasty, "name": nasty},
        "customer": {"id": 1, "name": nasty, "display_id": nasty},
        "latest_message": {"id": 1, "from": "customer", "contents": [
            {"type": "text", "content": nasty}]}
    }));
    let thread = read_message(&json!({
        "id": 1, "from": "agent", "status": "error", "source": "whatsapp-campaign",
        "whatsapp_campaign": {"name": nasty}, "latest_error": {"original_message": nasty},
        "customer_reaction": nasty,
        "contents": [{"type": "text", "content": nasty}, {"type": nasty, "caption": nasty},
            {"type": "document", "filename": nasty, "mime_type": nasty,
                "public_download_url": nasty},
            {"type": "location", "name": nasty, "address": nasty, "url": nasty},
            {"type": "contact", "name": {"formatted_name": nasty}, "phones": [{"phone": nasty}]}],
        "reference": {"id": 1, "contents": [{"type": "text", "content": nasty}]}
    }));
    let conversation = read(&row);
    assert!(conversation.snippet.contains('a') && thread.text.contains('b'));
    let mut seen = format!("{} {}", conversation.contact.name, conversation.contact.handle);
    seen += &format!("{}{}", conversation.status.word(), conversation.channel.word());
    seen += &format!("{}{}", conversation.snippet, conversation.inbox.unwrap());
    seen += &conversation.assignee.unwrap().name;
    seen += &format!("{}{}{}", thread.text, thread.author.name, thread.quoted.unwrap().text);
    for card in &thread.attachments {
        seen += &format!("{}{}{:?}{:?}", card.name, card.detail, card.mime, card.url);
    }
    let Some(Delivery::Failed(why)) = thread.delivery else { panic!("{:?}", thread.delivery) };
    seen += &format!("{why}{}", thread.reactions[0]);
    assert!(!seen.chars().any(char::is_control), "{seen:?}");
}
