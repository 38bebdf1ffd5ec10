//! What a vendor cannot do is answered with the reason, on the same key, and nothing leaves.

use ttydesk::model::*;

use super::harness::*;

fn four() -> Story {
    Story::with(vec![
        conversation(CHATWOOT, 1, "Ana", 40),
        conversation(ENNEO, 2, "Ben", 30),
        conversation(VOICEBOT, 3, "Cleo", 20),
        conversation(PARTOO, 4, "Dan", 10),
    ])
}

fn said(keys: &str, row: usize) -> String {
    let mut story = four();
    story.keys(&"j".repeat(row));
    story.keys(keys);
    story.pass(seconds(1));
    assert!(story.sends.is_empty(), "{keys} on row {row} sent {:?}", story.sends);
    story.notice()
}

#[test]
fn the_same_key_answers_with_the_vendors_reason() {
    assert!(said("z", 3).contains("Partoo has no snooze"));
    assert!(said("c", 3).contains("Partoo has no notes"));
    assert!(said("p", 3).contains("Partoo has no priorit"));
    assert!(said("t", 2).contains("voicebot"));
    assert!(said("at", 1).contains("enneo"));
    assert!(said("D", 0).contains("Chatwoot"));
    assert!(said("w", 3).contains("Partoo has no status pending"));
}

#[test]
fn a_vendor_that_does_not_say_who_i_am_asks_for_a_name() {
    assert!(said("aa", 2).contains("has not told which user"));
}

#[test]
fn a_closed_reply_window_is_told_before_anything_is_typed() {
    let mut closed = conversation(PARTOO, 4, "Dan", 10);
    closed.reply_window = Some(ReplyWindow::Closed(ttydesk::text::clean("It has expired.")));
    let mut story = Story::with(vec![closed]);
    story.keys("r");
    assert!(story.app.composer().is_none());
    assert_eq!(story.notice(), "It has expired.");
}

#[test]
fn a_window_that_closes_while_writing_keeps_the_words() {
    let mut open = conversation(VOICEBOT, 3, "Cleo", 20);
    open.reply_window = Some(ReplyWindow::Until(at("2026-03-25T10:00:30Z")));
    let mut story = Story::with(vec![open]);
    story.keys("rAlmost");
    story.asks.clear();
    story.pass(seconds(60));
    story.keys("<Alt-Enter>");
    assert!(story.sends.is_empty());
    assert_eq!(story.app.composer().unwrap().text(), "Almost");
    assert!(story.notice().contains("window is over"), "{}", story.notice());
}

#[test]
fn unknown_names_are_refused_in_words() {
    let mut story = four();
    story.command("priority nonsense");
    assert!(story.notice().contains("There is no priority nonsense"));
    story.command("resolv");
    assert!(story.notice().contains("did you mean resolve"));
    story.command("view nowhere");
    assert!(story.notice().contains("takes a number"));
    story.command("account nobody");
    assert!(story.notice().contains("There is no account nobody"));
    assert!(story.sends.is_empty());
}

#[test]
fn labels_are_set_whole_with_what_they_were() {
    let mut story = four();
    story.keys("t");
    let label =
        |title: &str| Label { id: RemoteId::new(title), title: ttydesk::text::clean(title) };
    story.answer(
        |account, ask| account == CHATWOOT && *ask == Ask::Labels,
        Ok(vec![Delta::Labels(vec![label("vip"), label("bug")])]),
    );
    story.keys("<Tab><Tab><Enter>");
    assert_eq!(
        story.sends[0].2,
        Action::SetLabels { from: vec![], to: vec![label("vip"), label("bug")] }
    );
}

#[test]
fn the_assignee_is_picked_by_typing_part_of_a_name() {
    let mut story = four();
    story.keys("a");
    story.pass(seconds(1));
    story.answer(
        |account, ask| account == CHATWOOT && *ask == Ask::People,
        Ok(vec![Delta::People(vec![person(1, "Mia"), person(2, "Jonas"), person(3, "Ada")])]),
    );
    story.keys("jon<Enter>");
    assert_eq!(story.sends[0].2, Action::Assign(Some(person(2, "Jonas"))));
}
