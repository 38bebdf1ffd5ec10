use serde_json::{Value, json};

use crate::model::{
    AccountId, AttachmentKind, Channel, ConversationId, ConversationNews, Delivery, Format,
    Message, MessageKind, Priority, Recipients, RemoteId, ReplyWindow, Side, Status,
};
use crate::providers::chatwoot::message;
use crate::providers::chatwoot::read::{self, Inboxes, Reader};
use crate::providers::recorder::{ACCOUNT, conversation};
use crate::text::{Clean, clean};

fn inboxes() -> Inboxes {
    read::inboxes(&json!({"payload": [
        {"id": 14, "name": "Support Mail", "email": "Support@Acme.test",
         "forward_to_email": "f00@inbound.acme.test"},
        {"id": 15, "name": "Twilio", "medium": "whatsapp"},
    ]}))
}

fn read(row: &Value) -> Option<ConversationNews> {
    let inboxes = inboxes();
    let web = "https://chat.test/app/accounts/1/conversations/";
    Reader { account: ACCOUNT, web, inboxes: &inboxes }.conversation(row)
}

fn message_of(row: &Value) -> Message {
    message::message(&conversation(7), row).unwrap()
}

fn cleaned(texts: &[&str]) -> Vec<Clean> {
    texts.iter().map(|text| clean(text)).collect()
}

fn mail_row() -> Value {
    json!({
        "id": 73, "inbox_id": 14, "status": "snoozed", "priority": "urgent", "can_reply": true,
        "snoozed_until": "2026-11-21T00:11:54.000Z", "labels": ["billing", "vip"],
        "unread_count": 23, "last_activity_at": 1_795_212_977, "created_at": 1_795_212_000,
        "waiting_since": 0, "sla_policy_id": null,
        "additional_attributes": {"mail_subject": "Invoice 42"},
        "meta": {
            "sender": {"id": 93, "name": "Jörg", "email": "joerg@example.test", "phone_number": "+49"},
            "channel": "Channel::Email",
            "assignee": {"id": 36, "name": "Alice Agent", "available_name": "Alice A."},
            "assignee_type": "User",
        },
        "messages": [{"id": 9, "content": "Resolved by Alice", "message_type": 2}],
        "last_non_activity_message": {
            "id": 8, "content": "Good  day,\n\nplease", "message_type": 0, "private": false,
            "inbox_id": 14, "content_type": "incoming_email",
            "content_attributes": {"email": {
                "from": ["buero@example.test"], "to": ["support@acme.test"],
                "cc": ["chef@example.test", "support@acme.test", "Chef@example.test"],
            }},
        },
    })
}

#[test]
fn a_conversation_shows_everything_that_chatwoot_tells() {
    let news = read(&mail_row()).unwrap();
    let contact = news.contact.unwrap();
    assert_eq!((contact.shown(), &*contact.handle), ("Jörg", "joerg@example.test"));
    assert_eq!(news.channel, Some(Channel::Email));
    assert_eq!(news.inbox, Some(Some(clean("Support Mail"))));
    assert_eq!(news.subject, Some(Some(clean("Invoice 42"))));
    assert_eq!(news.status, Some(Status::Snoozed));
    assert_eq!(news.priority, Some(Some(Priority::Urgent)));
    assert_eq!(&*news.assignee.unwrap().unwrap().name, "Alice A.");
    assert_eq!(news.team, Some(None));
    assert_eq!(news.labels.unwrap().len(), 2);
    assert_eq!(news.unread, Some(10), "the server caps the count, and so do we");
    assert_eq!(news.last_activity.unwrap().unwrap().as_second(), 1_795_212_977);
    assert_eq!(news.waiting_since, Some(None));
    assert_eq!(news.snoozed_until, Some("2026-11-21T00:11:54Z".parse().ok()));
    assert_eq!(news.due, None, "this server says nothing of SLAs");
    assert_eq!(news.snippet, Some(clean("Good day, please")));
    assert_eq!(news.snippet_is_ours, Some(false));
    assert_eq!(news.reply_window, Some(ReplyWindow::Open));
    let url = "https://chat.test/app/accounts/1/conversations/73";
    assert_eq!(news.web_url, Some(Some(clean(url))));
    assert_eq!(
        news.recipients,
        Some(Recipients {
            to: cleaned(&["buero@example.test"]),
            // Without the inbox itself, each one once, and with the contact who did not write.
            cc: cleaned(&["chef@example.test", "joerg@example.test"]),
            bcc: Vec::new(),
        })
    );
}

#[test]
fn odd_rows_show_what_they_can_and_only_those_without_id_are_skipped() {
    let inboxes = Inboxes::new();
    let reader = Reader { account: AccountId(3), web: "", inboxes: &inboxes };
    let rows = [
        json!({"id": 1}),
        json!({"id": "2", "status": "on_fire\u{1b}[31m", "priority": "none", "meta": [],
               "unread_count": "3", "labels": "vip", "last_activity_at": "soon", "messages": {}}),
        json!({"id": null, "status": "open"}),
        json!({"status": "open"}),
        json!("what"),
        json!({"id": 3, "meta": {"sender": 5, "assignee": [], "team": "x", "channel": "Channel::Line"},
               "last_non_activity_message": "text", "additional_attributes": null, "can_reply": 0}),
    ];
    assert_eq!(reader.conversations(&rows).len(), 3);
    let second = reader.conversation(&rows[1]).unwrap();
    assert_eq!(second.id.remote, RemoteId::Number(2));
    assert_eq!(second.status, Some(Status::Other(clean("on_fire"))));
    assert_eq!(second.priority, Some(None));
    assert_eq!(second.unread, Some(3));
    assert_eq!((second.labels, second.last_activity), (None, None));
    let third = reader.conversation(&rows[5]).unwrap();
    assert_eq!(third.channel, Some(Channel::Other(clean("line"))));
    assert!(matches!(third.reply_window, Some(ReplyWindow::Closed(_))));
    assert_eq!(third.assignee, Some(None));
}

#[test]
fn a_closed_window_says_what_is_left_on_the_channel() {
    let window = |channel: &str, inbox: u64| {
        let row =
            json!({"id": 1, "can_reply": false, "inbox_id": inbox, "meta": {"channel": channel}});
        read(&row).unwrap().reply_window.unwrap()
    };
    assert_eq!(window("Channel::Whatsapp", 1), ReplyWindow::TemplateOnly);
    assert_eq!(window("Channel::TwilioSms", 15), ReplyWindow::TemplateOnly);
    let reason = |channel: &str| match window(channel, 1) {
        ReplyWindow::Closed(why) => why.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(reason("Channel::FacebookPage").contains("Meta"));
    assert!(reason("Channel::Api").contains("inbox"));
    assert!(reason("Channel::Tiktok").contains("TikTok"));
    assert!(reason("Channel::Sms").ends_with('.'));
}

#[test]
fn the_nearest_promise_of_an_sla_is_when_an_answer_is_due() {
    let mut row = json!({
        "id": 1, "status": "open", "first_reply_created_at": 0, "waiting_since": 2000,
        "applied_sla": {"created_at": 1000, "sla_first_response_time_threshold": 600,
            "sla_next_response_time_threshold": 60, "sla_resolution_time_threshold": 5000},
    });
    let due = |row: &Value| read(row).unwrap().due.unwrap().map(|due| due.as_second());
    assert_eq!(due(&row), Some(1600));
    row["first_reply_created_at"] = json!(1100);
    assert_eq!(due(&row), Some(2060));
    row["waiting_since"] = json!(0);
    assert_eq!(due(&row), Some(6000));
    row["status"] = json!("resolved");
    assert_eq!(due(&row), None);
    row["applied_sla"] = json!({});
    assert_eq!(due(&row), None);
}

#[test]
fn an_answer_goes_back_to_whom_the_last_mail_names() {
    let inboxes = inboxes();
    let reader = Reader { account: ACCOUNT, web: "", inboxes: &inboxes };
    let contact = json!({"email": "ada@example.test"});
    let to = |message: Value| reader.recipients(&message, Some(&contact));
    let outgoing = to(json!({"id": 1, "message_type": 1, "inbox_id": 14, "content_attributes": {
        "to_emails": ["Bob <bob@example.test>", "reply+77@acme.test"], "cc_emails": ["c@example.test"],
        "bcc_emails": "d@example.test, e@example.test", "email": {},
    }}));
    assert_eq!(
        outgoing,
        Some(Recipients {
            to: cleaned(&["Bob <bob@example.test>"]),
            cc: cleaned(&["c@example.test"]),
            bcc: cleaned(&["d@example.test", "e@example.test"]),
        })
    );
    let bare = to(json!({"id": 1, "message_type": 1, "content_attributes": {"to_emails": []}}));
    assert_eq!(bare.unwrap().to, cleaned(&["ada@example.test"]));
    let own = to(json!({"id": 1, "message_type": 0, "content_attributes": {"email": {
        "from": ["ada@example.test"], "cc": null}}}));
    assert_eq!(own.unwrap().cc, Vec::new(), "the contact wrote it and needs no copy");
    let note = to(json!({"id": 1, "message_type": 1, "private": true}));
    assert_eq!((note, to(json!({"id": 1, "message_type": 2}))), (None, None));
}

#[test]
fn every_kind_of_message_says_who_wrote_it_and_how_far_it_came() {
    let mut row = json!({
        "id": 504, "content": "Hello **there**", "echo_id": "e-1", "message_type": 1,
        "content_type": "text", "status": "delivered", "created_at": 1_795_212_756,
        "private": false, "content_attributes": {"in_reply_to": 499},
        "sender": {"id": 36, "name": "Alice Agent", "available_name": "Alice A.", "type": "user"},
    });
    let sent = message_of(&row);
    assert_eq!((sent.kind, sent.author.side), (MessageKind::Public, Side::Agent));
    assert_eq!((&*sent.author.name, sent.author.id), ("Alice A.", Some(RemoteId::Number(36))));
    assert_eq!((&*sent.text, sent.format), ("Hello **there**", Format::Markdown));
    assert_eq!(sent.delivery, Some(Delivery::Delivered));
    assert_eq!(sent.echo, Some(clean("e-1")));
    assert_eq!(sent.quoted.unwrap().id, RemoteId::Number(499));
    assert_eq!(sent.at.as_second(), 1_795_212_756);

    row["status"] = json!("failed");
    row["content_attributes"] = json!({"external_error": "131047: Re-engagement\u{202e}"});
    let failed = Some(Delivery::Failed(clean("131047: Re-engagement")));
    assert_eq!(message_of(&row).delivery, failed);

    row["private"] = json!(true);
    let note = message_of(&row);
    assert_eq!((note.kind, note.delivery), (MessageKind::Note, None));

    row["private"] = json!(false);
    row["sender"]["type"] = json!("agent_bot");
    assert_eq!(message_of(&row).author.side, Side::Bot);
    for (number, side, kind) in [
        (0, Side::Customer, MessageKind::Public),
        (2, Side::System, MessageKind::Activity),
        (3, Side::Bot, MessageKind::Public),
    ] {
        row["message_type"] = json!(number);
        let message = message_of(&row);
        assert_eq!((message.author.side, message.kind), (side, kind), "{number}");
        assert_eq!(message.delivery.is_some(), number == 3, "{number}");
    }
    row["content_attributes"] = json!({"deleted": true});
    assert!(message_of(&row).deleted);
    let bare = message_of(&json!({"id": 1, "content": null, "sender": null, "attachments": {}}));
    assert_eq!((&*bare.text, bare.author.side), ("", Side::Agent));
    assert!(message::message(&conversation(7), &json!({"content": "no id"})).is_none());
}

#[test]
fn what_the_web_client_draws_as_forms_is_read_as_text() {
    let text = |kind: &str, attributes: Value| {
        let row = json!({"id": 1, "content": "Ask", "content_type": kind, "message_type": 3,
                         "content_attributes": attributes});
        message_of(&row).text.to_string()
    };
    let items = json!([{"title": "Free", "value": "free"}, {"title": "Pro", "value": "pro"}]);
    assert_eq!(text("input_select", json!({"items": items})), "Ask\n- Free\n- Pro");
    let chosen = json!({"items": items, "submitted_values": [{"title": "Pro", "value": "pro"}]});
    assert_eq!(text("input_select", chosen), "Ask\n- Free\n- Pro\n→ Pro");
    assert_eq!(text("input_csat", json!({})), "Ask\n(not answered yet)");
    let survey = json!({"rating": 5, "feedback_message": "Great 🎉"});
    let answered = json!({"submitted_values": {"csat_survey_response": survey}});
    assert_eq!(text("input_csat", answered), "Ask\n→ 5 of 5: Great 🎉");
    let form = json!({"items": [{"name": "mail", "label": "E-mail"}, {"name": "text"}],
                      "submitted_values": [{"name": "mail", "value": "a@b.test"}]});
    assert_eq!(text("form", form), "Ask\n- E-mail\n- text\n→ a@b.test");
    assert_eq!(text("input_email", json!({"submitted_email": "a@b.test"})), "Ask\n→ a@b.test");
    let cards = json!({"items": [{"title": "Shoe", "description": "Fits", "actions": [
        {"type": "link", "text": "View", "uri": "https://e.test"}, {"type": "postback", "text": "Buy"}]}]});
    assert_eq!(text("cards", cards), "Ask\n- **Shoe** Fits\n  - [View](https://e.test)\n  - Buy");
    let article =
        json!({"items": [{"title": "How", "description": "To", "link": "https://e.test/h"}]});
    assert_eq!(text("article", article), "Ask\n- [How](https://e.test/h) To");
    assert!(text("integrations", json!({"type": "dyte"})).contains("video meeting"));
    assert!(text("text", json!({"is_unsupported": true})).contains("cannot show"));
}

#[test]
fn mentions_are_read_as_names() {
    let text = |content: &str| {
        message_of(&json!({"id": 1, "content": content, "message_type": 1})).text.to_string()
    };
    assert_eq!(
        text("Ask [@Bob Agent](mention://user/37/Bob%20Agent) or [@tech](mention://team/6/tech)!"),
        "Ask @Bob Agent or @tech!"
    );
    assert_eq!(text("[broken](mention://user/1"), "[broken](mention://user/1");
    assert_eq!(text("x](mention://a) y"), "x y");
}

#[test]
fn html_mail_is_read_as_text_with_its_head() {
    let message = message_of(&json!({
        "id": 645, "content": "Hello", "message_type": 0, "content_type": "incoming_email",
        "content_attributes": {"email": {
            "subject": "Re: \u{1b}]0;owned\u{7}Invoice", "from": ["ada@example.test"],
            "to": ["support@acme.test"], "cc": ["c@example.test"], "bcc": null,
            "html_content": {"full": "<style>p{}</style><p>Hello <b>team</b>,</p><script>x()</script>"},
            "text_content": {},
        }, "cc_email": ["c@example.test"]},
    }));
    assert!(message.text.contains("team"), "{}", message.text);
    assert!(!message.text.contains("x()") && !message.text.contains('<'), "{}", message.text);
    assert_eq!(message.subject, Some(clean("Re: Invoice")));
    assert_eq!(message.recipients.to, cleaned(&["support@acme.test"]));
    assert_eq!(message.recipients.cc, cleaned(&["c@example.test"]));
    let plain = message_of(&json!({
        "id": 1, "content": "* not a list\n> quoted", "message_type": 0,
        "content_type": "incoming_email",
        "content_attributes": {"email": {"html_content": {}, "text_content": {"full": "x"}}},
    }));
    assert_eq!((&*plain.text, plain.format), ("* not a list\n> quoted", Format::Plain));
}

#[test]
fn attachments_become_cards_with_a_name() {
    let message = message_of(&json!({"id": 1, "content": null, "message_type": 0, "attachments": [
        {"id": 5, "file_type": "image", "content_type": "image/png", "file_size": 139,
         "data_url": "http://127.0.0.1/rails/blobs/redirect/x--y/bericht%20%C3%BC.png?disposition=inline"},
        {"id": 6, "file_type": "location", "coordinates_lat": 37.78, "coordinates_long": -122.38,
         "fallback_title": "Bay Bridge", "data_url": null},
        {"id": 7, "file_type": "contact", "fallback_title": "+49 1", "meta": {"firstName": "Ada", "lastName": "L"}},
        {"id": 8, "file_type": "audio", "transcribed_text": "call me", "data_url": "http://h/100%"},
        {"id": 9, "file_type": "hologram"},
        "odd",
    ]}));
    let cards: Vec<(AttachmentKind, &str, &str)> =
        message.attachments.iter().map(|card| (card.kind, &*card.name, &*card.detail)).collect();
    assert_eq!(
        cards,
        [
            (AttachmentKind::Image, "bericht ü.png", ""),
            (AttachmentKind::Location, "Bay Bridge", "37.78, -122.38"),
            (AttachmentKind::Contact, "Ada L", "+49 1"),
            (AttachmentKind::Audio, "100%", "call me"),
            (AttachmentKind::Other, "", ""),
        ]
    );
    let news = read(&json!({"id": 1, "messages": [{"id": 1, "content": null, "message_type": 0,
        "attachments": [{"file_type": "image", "data_url": "http://h/a/red.png"}]}]}));
    assert_eq!(news.unwrap().snippet, Some(clean("[image] red.png")));
}

/// Every list of the recordings goes through the reader without losing a row, and no control
/// character or bidi override of the nasty ones comes out.
#[test]
fn recorded_lists_lose_no_row_and_come_out_clean() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vendors/recordings/chatwoot");
    let Ok(files) = std::fs::read_dir(folder) else {
        eprintln!("skipped: no recordings at {folder}");
        return;
    };
    let inboxes = Inboxes::new();
    let reader = Reader { account: ACCOUNT, web: "", inboxes: &inboxes };
    let (mut conversations, mut messages) = (0, 0);
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|end| end != "json") || name == "index.json" {
            continue;
        }
        let exchange: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (status, request) = (&exchange["response"]["status"], &exchange["request"]["path"]);
        let request = request.as_str().unwrap_or_default();
        if *status != 200 || !request.starts_with("/api/v1/accounts/") {
            continue;
        }
        let body = &exchange["response"]["body"];
        let rows = crate::providers::json::rows(body, &[]);
        if request.ends_with("/conversations") || request.ends_with("/filter") {
            if request.contains("/contacts/") || !rows.iter().all(|row| row["meta"].is_object()) {
                continue;
            }
            for row in rows {
                let news = reader.conversation(row).unwrap_or_else(|| panic!("{name}: {row}"));
                assert!(news.status.is_some() && news.channel.is_some(), "{name}: {news:?}");
                assert!(news.contact.is_some() && news.last_activity.is_some(), "{name}");
                conversations += 1;
            }
        } else if request.ends_with("/messages") {
            let list = if rows.is_empty() && body["id"].is_number() {
                std::slice::from_ref(body)
            } else {
                rows
            };
            for row in list {
                let id = ConversationId { account: ACCOUNT, remote: RemoteId::Number(1) };
                let message = message::message(&id, row).unwrap_or_else(|| panic!("{name}: {row}"));
                assert!(message.at.as_second() > 1_000_000_000, "{name}");
                let all = format!("{} {}", message.author.name, message.text);
                let nasty = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
                assert!(!all.contains(nasty), "{name}: {all:?}");
                messages += 1;
            }
        }
    }
    assert!(conversations > 1000 && messages > 600, "{conversations} {messages}");
}
