use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::model::{
    AttachmentKind, Channel, ConversationNews, Message, MessageKind, Priority, RemoteId,
    ReplyWindow, Side, Status,
};
use crate::providers::enneo::read::{Names, Reader, canned, is_for_tickets, profile};
use crate::providers::recorder::{ACCOUNT, conversation};
use crate::text::clean;

fn with_reader<T>(question: impl FnOnce(&Reader<'_>) -> T) -> T {
    let names = Names {
        people: HashMap::from([(RemoteId::Number(4), clean("Ada Agent"))]),
        subchannels: HashMap::from([(RemoteId::Number(2), clean("Service mailbox"))]),
    };
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let me = RemoteId::Number(1);
    question(&Reader { account: ACCOUNT, zone: &zone, names: &names, me: Some(&me) })
}

fn ticket(row: &Value) -> ConversationNews {
    with_reader(|reader| reader.ticket(row)).unwrap()
}

fn entry(row: &Value) -> Message {
    with_reader(|reader| reader.message(&conversation(7), row)).unwrap()
}

fn thread(ticket: &Value, rows: &[Value]) -> Vec<Message> {
    with_reader(|reader| reader.thread(&conversation(7), Some(ticket), rows))
}

fn whole_ticket() -> Value {
    json!({
        "id": 7, "direction": "in", "from": "john@smith.test", "fromName": "John Smith",
        "to": ["service@power.test"], "subchannelId": 2, "priority": "high", "channel": "email",
        "status": "closed", "summary": "Wants to move", "subject": "Moving", "customerId": "K-1",
        "replyRecipients": {"to": ["john@smith.test"], "cc": ["boss@smith.test"], "bcc": []},
        "createdAt": "2024-06-01 12:00:00", "modifiedAt": null, "dueBy": "2024-06-03 12:00:00",
        "firstResponseDueBy": "2024-06-02 12:00:00", "lastMessageAt": "2024-06-01 13:00:00",
        "lastCustomerMessageAt": "2024-06-01 13:00:00", "agentId": 4,
        "tags": [{"id": 3, "name": "move"}, 9],
        "workedOnBy": [{"id": 1, "firstName": "Me"}, {"id": 5, "firstName": "Bob", "lastName": "B"}],
        "body": "<p>I &amp; my wife move.</p>", "bodyPlain": "I & my wife move.",
    })
}

#[test]
fn a_ticket_shows_everything_that_enneo_tells() {
    let news = ticket(&whole_ticket());
    let contact = news.contact.unwrap();
    assert_eq!((contact.shown(), &*contact.handle), ("John Smith", "john@smith.test"));
    assert_eq!(news.channel, Some(Channel::Email));
    assert_eq!(news.inbox, Some(Some(clean("Service mailbox"))));
    assert_eq!(news.subject, Some(Some(clean("Moving"))));
    assert_eq!((news.status, news.priority), (Some(Status::Resolved), Some(Some(Priority::High))));
    assert_eq!(&*news.assignee.unwrap().unwrap().name, "Ada Agent");
    let labels: Vec<String> =
        news.labels.unwrap().iter().map(|label| format!("{}={}", label.id, label.title)).collect();
    assert_eq!(labels, ["3=move", "9=#9"]);
    // Times without a zone are in the account's: Berlin is two hours ahead in June.
    assert_eq!(news.created_at, Some("2024-06-01T10:00:00Z".parse().ok()));
    assert_eq!(news.last_activity, Some("2024-06-01T11:00:00Z".parse().ok()));
    assert_eq!(news.due, Some("2024-06-02T10:00:00Z".parse().ok()));
    assert_eq!(news.waiting_since, Some(None), "nobody waits for an answer to a closed ticket");
    assert_eq!(news.snippet, Some(clean("Wants to move")));
    assert_eq!(news.reply_window, Some(ReplyWindow::Open));
    let recipients = news.recipients.unwrap();
    assert_eq!((recipients.to.len(), recipients.cc.len()), (1, 1));
    assert_eq!(news.viewers, Some(vec![clean("Bob B")]), "not oneself");

    let mut open = whole_ticket();
    open["status"] = json!("open");
    assert_eq!(ticket(&open).waiting_since, Some("2024-06-01T11:00:00Z".parse().ok()));
}

#[test]
fn odd_tickets_show_what_they_can_and_repeated_ones_come_once() {
    let rows = [
        json!({"id": "7", "status": "waitingOnCustomer", "priority": 3, "channel": "walkIn\u{1b}[2J",
               "tags": {}, "workedOnBy": null, "createdAt": "soon", "agentId": 0}),
        json!({"id": 7, "status": "open"}),
        json!({"status": "open"}),
        json!(null),
        json!({"id": 8, "from": null, "channel": "system", "replyRecipients": null}),
        json!({"id": 9, "direction": "out", "from": "service@power.test", "to": ["x@y.test"]}),
    ];
    assert_eq!(with_reader(|reader| reader.tickets(&rows)).len(), 3);
    let odd = ticket(&rows[0]);
    assert_eq!(odd.status, Some(Status::Other(clean("waitingOnCustomer"))));
    assert_eq!(odd.channel, Some(Channel::Other(clean("walkIn"))));
    assert_eq!((odd.priority, odd.assignee), (Some(None), Some(None)));
    assert_eq!((odd.labels, odd.viewers, odd.created_at, odd.contact), (None, None, None, None));
    let system = ticket(&rows[4]);
    assert!(matches!(system.reply_window, Some(ReplyWindow::Closed(_))));
    let outgoing = ticket(&rows[5]).contact.unwrap();
    assert_eq!(&*outgoing.handle, "x@y.test", "the customer is who was written to");
    assert_eq!(
        ticket(&json!({"id": 1, "responderId": "6"})).assignee.unwrap().unwrap().id,
        6.into()
    );
}

#[test]
fn messages_notes_and_drafts_are_told_apart() {
    let row = |more: Value| {
        let mut row = json!({"id": 123, "ticketId": 7, "type": "text", "direction": "out",
            "private": false, "isDraft": false, "sender": {"id": 1, "name": "Ada", "email": "a@b.test"},
            "to": ["x@y.test"], "ccEmails": ["c@y.test"], "content": {"message": "a < b"},
            "interface": [], "attachments": [], "createdAt": 1_657_056_276});
        for (key, value) in more.as_object().unwrap() {
            row[key] = value.clone();
        }
        entry(&row)
    };
    let sent = row(json!({}));
    assert_eq!((sent.kind, sent.author.side), (MessageKind::Public, Side::Agent));
    assert_eq!((&*sent.text, &*sent.author.name), ("a < b", "Ada"));
    assert_eq!(sent.at.as_second(), 1_657_056_276);
    assert_eq!((sent.recipients.to.len(), sent.recipients.cc.len()), (1, 1));
    assert_eq!(row(json!({"isDraft": 1})).kind, MessageKind::Draft);
    assert_eq!(row(json!({"private": true})).kind, MessageKind::Note);
    assert_eq!(row(json!({"direction": "internal"})).kind, MessageKind::Note);
    assert_eq!(row(json!({"direction": "in"})).author.side, Side::Customer);
    assert_eq!(row(json!({"sender": {"id": 0, "name": "AI"}})).author.side, Side::Bot);
    assert!(row(json!({"deletedAt": "2024-01-01 00:00:00"})).deleted);
    assert!(!row(json!({"deletedAt": null})).deleted);
    assert_eq!(row(json!({"externalConversationId": "key"})).echo, Some(clean("key")));
    assert_eq!(
        row(json!({"createdAt": "2024-06-01 12:00:00"})).at.to_string(),
        "2024-06-01T10:00:00Z"
    );
}

#[test]
fn the_text_is_found_wherever_the_edition_puts_it() {
    let text = |row: Value| entry(&row).text.trim().to_owned();
    let html = "<p>Hi <b>you</b></p>\u{1b}[31m";
    assert!(!text(json!({"id": 1, "type": "html", "content": {"message": html}})).contains('<'));
    assert!(!text(json!({"id": 1, "content": {"message": html}})).contains(['<', '\u{1b}']));
    assert_eq!(text(json!({"id": 1, "content": {"message": "1 < 2"}})), "1 < 2");
    assert_eq!(text(json!({"id": 1, "content": "bare"})), "bare");
    let old = json!({"id": 1, "content": {"message": " "}, "body": "<i>b</i>", "bodyPlain": "p"});
    assert!(text(old).contains('b'));
    assert_eq!(text(json!({"id": 1, "content": [], "bodyPlain": "p", "bodyClean": "c"})), "p");
    assert_eq!(text(json!({"id": 1, "bodyClean": "c"})), "c");
    assert_eq!(text(json!({"id": 1})), "");
}

#[test]
fn the_ticket_itself_is_the_first_message_of_its_thread() {
    let reply = |id: u64, at: &str, text: &str| json!({"id": id, "direction": "in", "type": "text", "content": {"message": text}, "createdAt": at});
    let rows = [
        reply(12, "2024-06-01 15:00:00", "third"),
        json!({"content": {"message": "no id"}}),
        reply(11, "2024-06-01 14:00:00", "second"),
        reply(10, "2024-06-01 12:00:00", "at the same second"),
    ];
    let messages = thread(&whole_ticket(), &rows);
    let texts: Vec<&str> = messages.iter().map(|message| message.text.trim()).collect();
    assert_eq!(texts, ["I & my wife move.", "at the same second", "second", "third"]);
    let first = &messages[0];
    assert_eq!(first.id, RemoteId::new("ticket"));
    assert_eq!((first.author.side, &*first.author.name), (Side::Customer, "John Smith"));
    assert_eq!(first.subject, Some(clean("Moving")));

    let listed = [reply(10, "2024-06-01 12:00:00", "I & my wife move.")];
    assert_eq!(thread(&whole_ticket(), &listed).len(), 1, "it is never shown twice");
    assert_eq!(thread(&json!({"id": 7, "subject": "x"}), &[]), [], "nothing to read");
}

#[test]
fn attachments_become_cards() {
    let message = entry(&json!({"id": 1, "attachments": [
        {"id": "103013960646,", "name": "meter.jpg", "size": 721_592, "contentType": "image/jpeg",
         "url": "https://power.test/a.jpg", "originalUrl": "https://secret.test/token"},
        {"name": "letter.pdf"},
        "odd",
    ]}));
    assert_eq!(message.attachments.len(), 2);
    let card = &message.attachments[0];
    assert_eq!(
        (card.kind, &*card.name, card.size),
        (AttachmentKind::Image, "meter.jpg", Some(721_592))
    );
    assert!(!format!("{card:?}").contains("secret"));
    assert_eq!(message.attachments[1].kind, AttachmentKind::File);
}

#[test]
fn people_tags_and_templates_are_read_with_what_they_have() {
    let name = |row: Value| profile(&row).unwrap().name.to_string();
    assert_eq!(name(json!({"id": 1, "firstName": "Ada", "lastName": "Agent"})), "Ada Agent");
    assert_eq!(name(json!({"id": 1, "nameAlias": "Team A", "email": "a@b.test"})), "Team A");
    assert_eq!(name(json!({"id": 1, "email": "a@b.test"})), "a@b.test");
    assert_eq!(name(json!({"id": 1, "settings": {}})), "user 1");
    assert!(is_for_tickets(&json!({"id": 1, "visibility": "public", "reference": "ticket"})));
    assert!(is_for_tickets(&json!({"id": 1})));
    assert!(!is_for_tickets(&json!({"id": 1, "visibility": "disabled"})));
    assert!(!is_for_tickets(&json!({"id": 1, "reference": "customer"})));
    let template =
        json!({"id": 5, "description": "Greeting", "message": "<p>Dear {{customer.name}},</p>"});
    let template = canned(&template).unwrap();
    assert_eq!((&*template.title, template.text.trim()), ("Greeting", "Dear {{customer.name}},"));
}
