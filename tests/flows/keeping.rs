//! What a run leaves on disk, and what the next one makes of it. A run ends anywhere: a story that
//! stops and goes on from its disk was killed there.

use ttydesk::app::msg::{Effect, Msg};
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

/// The program was killed; the next run has read everything but threads.
fn killed(story: &Story) -> Story {
    let mut next = Story::after(story.disk.clone());
    let rest = |account, ask: &Ask| !is_thread(account, ask);
    while next.is_asked(rest) {
        let news = Delta::Conversation(Box::new(conversation(CHATWOOT, 1, "Ana", 30)));
        next.answer(rest, Ok(vec![news, Delta::More { next: None, total: None }]));
    }
    next
}

fn empty() -> Result<Vec<Delta>, Failure> {
    Ok(vec![Delta::More { next: None, total: None }])
}

fn reply(text: &str) -> Action {
    Action::Reply(Outgoing { text: text.into(), ..Outgoing::default() })
}

#[test]
fn what_was_typed_is_on_disk_within_a_second() {
    let mut story = one();
    story.keys("rHello");
    assert!(story.disk.texts().is_empty(), "not with every key");
    story.pass(seconds(1) / 2);
    assert_eq!(story.disk.texts(), ["Hello"]);
    story.keys(" Ana");
    story.pass(seconds(1) / 2);
    assert_eq!(story.disk.texts(), ["Hello Ana"]);
}

#[test]
fn keys_that_never_pause_do_not_put_the_saving_off() {
    let mut story = one();
    story.keys("r");
    for _ in 0..10 {
        story.keys("x");
        story.pass(seconds(1) / 10);
    }
    let saved = story.disk.texts()[0].len();
    assert!(saved >= 5, "{saved} of 10");
}

#[test]
fn looking_away_leaving_suspending_and_ending_save_at_once() {
    type Way = (&'static str, fn(&mut Story));
    let ways: [Way; 5] = [
        ("focus", |story| story.tell(Msg::Focus(false))),
        ("leave", |story| story.keys("<Esc>")),
        ("suspend", |story| story.keys("<Ctrl-z>")),
        ("terminate", |story| story.tell(Msg::Terminate)),
        ("quit", |story| story.command("q!")),
    ];
    for (way, go) in ways {
        let mut story = one();
        story.keys("rHello");
        go(&mut story);
        assert_eq!(story.disk.texts(), ["Hello"], "{way}");
    }
}

#[test]
fn the_disk_is_told_before_the_program_stops_or_ends() {
    for last in [Effect::Suspend, Effect::Quit] {
        let mut story = one();
        story.keys("rHello");
        let msg = match last {
            Effect::Suspend => Msg::Key(crossterm::event::KeyEvent::new(
                crossterm::event::KeyCode::Char('z'),
                crossterm::event::KeyModifiers::CONTROL,
            )),
            _ => Msg::Terminate,
        };
        let effects = story.app.update(msg, story.now);
        let store = effects.iter().position(|effect| matches!(effect, Effect::Store { .. }));
        let end = effects.iter().position(|effect| *effect == last);
        assert!(store.is_some() && store < end, "{effects:?}");
    }
}

#[test]
fn a_draft_comes_back_with_its_cursor_and_its_letter() {
    let mut story = one();
    story.keys("rHello Ana");
    story.command("subject Chains");
    story.keys("<Ctrl-a><Esc>");
    let mut next = killed(&story);
    next.keys("i");
    let composer = next.app.composer().unwrap();
    assert_eq!(composer.text(), "Hello Ana");
    assert_eq!(composer.letter.subject.as_deref(), Some("Chains"));
    assert_eq!(next.app.drafts().len(), 0, "it is in the composer now");
    next.keys("Dear ");
    assert_eq!(next.app.composer().unwrap().text(), "Dear Hello Ana");
}

#[test]
fn a_draft_thrown_away_does_not_come_back() {
    let mut story = one();
    story.keys("rHello");
    story.pass(seconds(1));
    story.command("discard");
    assert!(story.disk.texts().is_empty());
}

#[test]
fn nothing_leaves_before_it_is_on_disk() {
    let mut story = one();
    story.disk_refuses = Some("the disk is full.");
    story.keys("e");
    story.pass(seconds(60));
    assert!(story.sends.is_empty());
    assert_eq!(story.status(&ana()), Status::Resolved, "the agent goes on");
    assert_eq!(story.app.storage_trouble(), Some("the disk is full."));
    story.disk_refuses = None;
    story.pass(seconds(6));
    assert_eq!(story.app.storage_trouble(), None);
    assert_eq!(story.sends.len(), 1);
}

#[test]
fn nothing_leaves_before_the_disk_knows_that_it_leaves() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    assert_eq!(story.disk.ops.len(), 1, "it waits for its undo window on disk");
    story.disk_refuses = Some("the disk is full.");
    story.pass(seconds(30));
    assert!(story.sends.is_empty());
    story.keys("u");
    assert_eq!(story.app.composer().unwrap().text(), "Hello");
    story.disk_refuses = None;
    story.pass(seconds(30));
    assert!(story.sends.is_empty(), "it was called back");
    assert!(story.disk.ops.is_empty());
    assert_eq!(story.disk.texts(), ["Hello"]);
}

#[test]
fn a_full_disk_is_said_once_and_tried_again_with_pauses() {
    let mut story = one();
    story.disk_refuses = Some("the disk is full.");
    story.keys("rHello");
    story.pass(seconds(1));
    assert_eq!(story.notice(), "Nothing is being saved, so nothing is sent: the disk is full.");
    story.pass(seconds(20));
    assert_eq!(story.notice(), "", "not said again with every try");
    story.keys(" Ana");
    story.disk_refuses = None;
    story.pass(seconds(6));
    assert_eq!(story.disk.texts(), ["Hello Ana"]);
    assert_eq!(story.notice(), "What you write and decide is saved again.");
}

#[test]
fn quitting_asks_only_when_the_disk_did_not_take_everything() {
    let mut story = one();
    story.keys("rHello<Esc>");
    story.disk_refuses = Some("the disk is full.");
    story.keys("i Ana<Esc>");
    story.others.clear();
    story.command("q");
    assert!(story.others.is_empty());
    assert!(story.app.popup().is_some());
    story.keys("n");
    story.disk_refuses = None;
    story.pass(seconds(6));
    story.others.clear();
    story.command("q");
    assert_eq!(story.others, [Effect::Quit]);
}

#[test]
fn a_reply_that_had_not_left_leaves_after_the_restart_with_time_to_call_it_back() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    let mut next = killed(&story);
    assert!(next.sends.is_empty());
    assert!(next.app.countdown().is_some());
    assert_eq!(next.app.mark(&ana()), Some(Mark::Pending));
    next.pass(seconds(9));
    assert_eq!(next.sends.len(), 1);
    assert_eq!((&next.sends[0].1, &next.sends[0].2), (&ana(), &reply("Hello")));
    assert_eq!(next.sends[0].3, story.disk.ops[0].0.key, "under the key that it had");
}

#[test]
fn a_reply_that_was_on_its_way_is_looked_for_and_not_sent_again() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    story.pass(seconds(4));
    assert_eq!(story.sends.len(), 1);
    let key = story.sends[0].3.clone();
    let mut next = killed(&story);
    assert_eq!(next.app.mark(&ana()), Some(Mark::Unconfirmed));
    let mut found = message(ana(), 50, Side::Agent, "Hello");
    found.echo = Some(ttydesk::text::clean(&key.0));
    next.answer(is_thread, Ok(vec![Delta::Message(Box::new(found))]));
    assert_eq!(next.app.mark(&ana()), None);
    assert!(next.disk.ops.is_empty() && next.disk.drafts.is_empty());
    next.pass(seconds(120));
    assert!(next.sends.is_empty());
}

#[test]
fn a_reply_that_was_on_its_way_and_is_not_found_is_left_to_a_person() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    story.pass(seconds(4));
    let mut next = killed(&story);
    for _ in 0..60 {
        next.pass(seconds(1));
        while next.is_asked(is_thread) {
            next.answer(is_thread, empty());
        }
    }
    assert!(next.sends.is_empty());
    assert!(matches!(next.app.outbox().ops()[0].state, OpState::Failed(_)));
    let next = killed(&next);
    assert_eq!(next.app.mark(&ana()), Some(Mark::Failed), "also in the run after that");
}

#[test]
fn a_value_that_was_on_its_way_is_set_again() {
    let mut story = one();
    story.keys("e");
    assert_eq!(story.sends.len(), 1);
    let next = killed(&story);
    assert_eq!(next.sends.len(), 1);
    assert_eq!(next.sends[0].2, Action::SetStatus(Status::Resolved));
}

#[test]
fn what_the_vendor_had_accepted_stays_shown_until_a_read_confirms_it() {
    let mut story = one();
    story.keys("e");
    story.done(Ok(vec![]));
    let mut next = Story::after(story.disk.clone());
    assert!(next.sends.is_empty());
    let mut news = conversation(CHATWOOT, 1, "Ana", 30);
    news.status = Some(Status::Resolved);
    next.answer(is_conversation, Ok(vec![Delta::Conversation(Box::new(news))]));
    assert_eq!(next.status(&ana()), Status::Resolved);
    assert!(next.disk.ops.is_empty());
}

#[test]
fn order_and_dependence_survive() {
    let mut story = Story::with(vec![conversation(PARTOO, 3, "Cleo", 10)]);
    story.command("assign me && resolve");
    let mut next = Story::after(story.disk.clone());
    assert_eq!(next.sends.len(), 1);
    assert_eq!(next.sends[0].2, Action::Assign(Some(person(1, "Mia"))));
    next.done(Err(Failure::new(Outcome::Refused, Trouble::Forbidden, "Operation not allowed.")));
    next.pass(seconds(60));
    assert!(next.sends.is_empty(), "what depended on it is off");
}

#[test]
fn what_is_decided_after_a_restart_comes_after_what_was_decided_before() {
    let mut story = one();
    story.command("priority high");
    let mut next = killed(&story);
    next.command("status pending");
    assert_eq!(next.sends.len(), 1);
    next.done(Ok(vec![]));
    assert_eq!(next.sends[0].2, Action::SetStatus(Status::Pending));
}

#[test]
fn the_words_of_a_send_are_on_disk_at_every_moment() {
    let mut story = one();
    story.keys("rHello");
    story.pass(seconds(1));
    let words = |story: &Story| {
        story.disk.texts().contains(&"Hello")
            || story.disk.ops.iter().any(|(op, _)| op.action.words() == Some("Hello"))
    };
    story.keys("<Alt-Enter>");
    assert!(words(&story) && story.disk.texts().is_empty(), "in the outbox");
    story.keys("u");
    assert!(words(&story) && story.disk.ops.is_empty(), "called back");
    story.keys("<Alt-Enter>");
    story.pass(seconds(4));
    story.done(Err(Failure::new(Outcome::Refused, Trouble::Rejected, "Too long.")));
    assert!(words(&story) && story.disk.ops.is_empty(), "refused");
}

#[test]
fn a_batch_that_was_refused_does_not_overwrite_what_came_after() {
    let mut story = one();
    story.keys("rHello<Esc>");
    story.disk_refuses = Some("the disk is full.");
    story.keys("i Ana<Esc>");
    story.keys("i, dear<Esc>");
    story.disk_refuses = None;
    story.pass(seconds(6));
    assert_eq!(story.disk.texts(), ["Hello Ana, dear"]);
}

#[test]
fn an_identical_message_does_not_take_the_place_of_one_that_has_not_left() {
    let mut story = one();
    story.keys("rHello<Alt-Enter>");
    story.disk_refuses = Some("the disk is full.");
    story.pass(seconds(4));
    let mut other = message(ana(), 50, Side::Agent, "Hello");
    other.at = story.now.wall;
    story.answer(is_thread, Ok(vec![Delta::Message(Box::new(other))]));
    assert_eq!(story.app.outbox().ops().len(), 1);
}
