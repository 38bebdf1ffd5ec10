use ttydesk::app::outbox::OpState;
use ttydesk::app::popup::Mark;
use ttydesk::model::*;

use super::harness::*;

fn ana() -> ConversationId {
    id(CHATWOOT, 1)
}

fn one() -> Story {
    Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30)])
}

fn news(status: Status) -> Vec<Delta> {
    let mut news = ConversationNews::new(ana());
    news.status = Some(status);
    vec![Delta::Conversation(Box::new(news))]
}

#[test]
fn a_decision_shows_at_once_and_a_stale_poll_cannot_flip_it_back() {
    let mut story = one();
    story.keys("e");
    assert_eq!(story.status(&ana()), Status::Resolved);
    assert_eq!(story.app.mark(&ana()), Some(Mark::Pending));
    story.news(news(Status::Open));
    assert_eq!(story.status(&ana()), Status::Resolved);
}

#[test]
fn an_accepted_value_stays_shown_until_a_read_confirms_it() {
    let mut story = one();
    story.keys("e");
    story.done(Ok(vec![]));
    assert_eq!(story.status(&ana()), Status::Resolved);
    assert_eq!(story.app.mark(&ana()), Some(Mark::Pending));
    story.answer(is_conversation, Ok(news(Status::Resolved)));
    assert_eq!(story.app.mark(&ana()), None);
    assert_eq!(story.status(&ana()), Status::Resolved);
}

#[test]
fn an_answer_that_is_the_object_confirms_at_once() {
    let mut story = one();
    story.keys("e");
    story.done(Ok(news(Status::Resolved)));
    assert_eq!(story.app.mark(&ana()), None);
}

#[test]
fn a_refused_value_rolls_back_and_says_why() {
    let mut story = one();
    story.keys("e");
    story.done(Err(Failure::new(Outcome::Refused, Trouble::Forbidden, "Not your inbox.")));
    assert_eq!(story.status(&ana()), Status::Open);
    assert_eq!(story.app.mark(&ana()), Some(Mark::Failed));
    assert_eq!(story.notice(), "chatwoot:1 could not resolve: Not your inbox.");
}

#[test]
fn a_value_that_may_have_been_set_is_set_again() {
    let mut story = one();
    story.keys("e");
    story.done(Err(failure(Outcome::MaybeSent, Trouble::NoAnswer)));
    assert!(story.sends.is_empty());
    story.pass(seconds(10));
    assert_eq!(story.sends.len(), 1);
    assert_eq!(story.status(&ana()), Status::Resolved);
}

#[test]
fn a_newer_value_replaces_an_older_one_that_has_not_left() {
    let mut story = one();
    story.command("priority high");
    story.done(Err(failure(Outcome::NotSent, Trouble::Unreachable)));
    story.command("priority low");
    story.pass(seconds(10));
    assert_eq!(story.app.outbox().ops().len(), 1);
    assert_eq!(story.sends[0].2, Action::SetPriority(Some(Priority::Low)));
}

#[test]
fn one_operation_of_a_conversation_is_under_way_at_a_time_in_order() {
    let mut story = one();
    story.command("priority high");
    story.command("status pending");
    assert_eq!(story.sends.len(), 1);
    assert_eq!(story.sends[0].2, Action::SetPriority(Some(Priority::High)));
    story.done(Ok(vec![]));
    assert_eq!(story.sends[0].2, Action::SetStatus(Status::Pending));
}

#[test]
fn conversations_go_in_parallel_but_few_per_account() {
    let mut story =
        Story::with((1..=5).map(|number| conversation(CHATWOOT, number, "Ana", 30)).collect());
    story.keys("eeeee");
    assert_eq!(story.sends.len(), 2);
    story.done(Ok(vec![]));
    assert_eq!(story.sends.len(), 2);
}

#[test]
fn undo_takes_a_decision_back_and_redo_makes_it_again() {
    let mut story = one();
    story.keys("e");
    story.done(Ok(news(Status::Resolved)));
    story.keys("u");
    assert_eq!(story.sends[0].2, Action::SetStatus(Status::Open));
    assert_eq!(story.status(&ana()), Status::Open);
    story.done(Ok(news(Status::Open)));
    story.keys("<Ctrl-r>");
    assert_eq!(story.sends[0].2, Action::SetStatus(Status::Resolved));
}

#[test]
fn the_last_decision_is_repeated_on_another_conversation() {
    let label =
        |title: &str| Label { id: RemoteId::new(title), title: ttydesk::text::clean(title) };
    let mut ben = conversation(CHATWOOT, 2, "Ben", 20);
    ben.labels = Some(vec![label("bug")]);
    let mut story = Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30), ben]);
    story.keys(".");
    assert_eq!(story.notice(), "Nothing was decided yet that could be repeated.");
    story.keys("t");
    story.answer(
        |account, ask| account == CHATWOOT && *ask == Ask::Labels,
        Ok(vec![Delta::Labels(vec![label("vip"), label("bug")])]),
    );
    story.keys("<Enter>j.");
    let ben = story.app.inbox().get(&id(CHATWOOT, 2)).unwrap();
    assert_eq!(ben.labels, [label("bug"), label("vip")]);
}

#[test]
fn a_reply_waits_for_its_undo_window_and_can_be_called_back() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    assert!(story.sends.is_empty());
    assert!(story.app.countdown().is_some());
    story.keys("u");
    assert_eq!(story.app.composer().unwrap().text(), "Hello");
    story.pass(seconds(20));
    assert!(story.sends.is_empty(), "it was called back");
    story.keys("<Alt-Enter>");
    story.pass(seconds(4));
    assert_eq!(story.sends.len(), 1);
}

#[test]
fn a_reply_that_may_have_arrived_is_looked_for_and_never_sent_again() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    let empty = || Ok(vec![Delta::More { next: None, total: None }]);
    story.answer(is_thread, empty());
    story.pass(seconds(4));
    while story.is_asked(is_thread) {
        story.answer(is_thread, empty());
    }
    story.done(Err(failure(Outcome::MaybeSent, Trouble::NoAnswer)));
    assert_eq!(story.app.mark(&ana()), Some(Mark::Unconfirmed));
    // The third look finds it, as the echo tells.
    let mut found = message(ana(), 50, Side::Agent, "Hello");
    let key = story.app.outbox().ops()[0].key.clone();
    found.echo = Some(ttydesk::text::clean(&key.0));
    story.pass(seconds(1));
    story.answer(is_thread, empty());
    story.pass(seconds(6));
    assert!(story.sends.is_empty());
    story.answer(
        is_thread,
        Ok(vec![Delta::Message(Box::new(found)), Delta::More { next: None, total: None }]),
    );
    assert_eq!(story.app.mark(&ana()), None);
    story.pass(seconds(120));
    assert!(story.sends.is_empty());
}

#[test]
fn a_reply_that_is_not_found_is_left_to_a_person() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    story.pass(seconds(4));
    story.done(Err(failure(Outcome::MaybeSent, Trouble::Server)));
    for _ in 0..60 {
        story.pass(seconds(1));
        while story.is_asked(is_thread) {
            story.answer(is_thread, Ok(vec![Delta::More { next: None, total: None }]));
        }
    }
    assert!(story.sends.is_empty());
    assert!(matches!(story.app.outbox().ops()[0].state, OpState::Failed(_)));
    story.command("resend");
    assert!(story.sends.is_empty(), "it asks first");
    story.keys("y");
    assert_eq!(story.sends.len(), 1);
}

#[test]
fn a_refused_reply_returns_to_the_drafts() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    story.pass(seconds(4));
    story.done(Err(Failure::new(Outcome::Refused, Trouble::Rejected, "Too many messages.")));
    assert!(story.notice().contains("Too many messages."), "{}", story.notice());
    story.keys("i");
    assert_eq!(story.app.composer().unwrap().text(), "Hello");
}

#[test]
fn assigning_and_closing_stops_where_the_vendor_stops() {
    let mut story = Story::with(vec![conversation(PARTOO, 3, "Cleo", 10)]);
    story.command("assign me && resolve");
    assert_eq!(story.sends.len(), 1);
    story.done(Err(Failure::new(Outcome::Refused, Trouble::Forbidden, "Operation not allowed.")));
    assert!(story.sends.is_empty());
    story.pass(seconds(60));
    assert!(story.sends.is_empty());
    assert_eq!(story.status(&id(PARTOO, 3)), Status::Open);
}

#[test]
fn assigning_and_closing_go_out_one_after_the_other() {
    let mut story = Story::with(vec![conversation(PARTOO, 3, "Cleo", 10)]);
    story.command("assign me && resolve");
    assert_eq!(story.sends[0].2, Action::Assign(Some(person(1, "Mia"))));
    story.done(Ok(vec![]));
    assert_eq!(story.sends[0].2, Action::SetStatus(Status::Resolved));
}

#[test]
fn a_partial_result_names_what_was_done_and_what_was_not() {
    let mut story = Story::with(vec![conversation(PARTOO, 3, "Cleo", 10)]);
    story.command("assign me && resolve");
    story.done(Err(Failure::new(Outcome::Refused, Trouble::Forbidden, "Operation not allowed.")));
    assert_eq!(
        story.notice(),
        "partoo:3 could not assign to Mia: Operation not allowed. So ttydesk did not resolve either."
    );
}

#[test]
fn replying_marks_read_where_the_vendor_can_be_told() {
    let mut unread = conversation(CHATWOOT, 1, "Ana", 30);
    unread.unread = Some(2);
    let mut story = Story::with(vec![unread]);
    story.keys("<Enter>");
    assert!(story.sends.is_empty(), "looking tells nobody");
    story.keys("rHello<Alt-Enter>");
    story.pass(seconds(4));
    story.done(Ok(vec![Delta::Message(Box::new(message(ana(), 9, Side::Agent, "Hello")))]));
    assert_eq!(story.sends[0].2, Action::MarkRead { tell_customer: false });
}
