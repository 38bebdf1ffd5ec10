use ttydesk::app::commands::Pane;
use ttydesk::app::msg::{Effect, Msg};
use ttydesk::app::views::ViewKind;
use ttydesk::model::*;

use super::harness::*;

fn three() -> Story {
    Story::with(vec![
        conversation(CHATWOOT, 1, "Ana", 30),
        conversation(ENNEO, 2, "Ben", 20),
        conversation(PARTOO, 3, "Cleo", 10),
    ])
}

#[test]
fn the_list_holds_all_accounts_newest_first() {
    assert_eq!(three().names(), ["Ana", "Ben", "Cleo"]);
}

#[test]
fn the_selection_stays_on_its_conversation_when_rows_move() {
    let mut story = three();
    story.keys("j");
    assert_eq!(story.selected(), "Ben");
    story.news(vec![Delta::Conversation(Box::new(conversation(PARTOO, 3, "Cleo", 50)))]);
    assert_eq!(story.names(), ["Cleo", "Ana", "Ben"]);
    assert_eq!(story.selected(), "Ben");
}

#[test]
fn when_the_selected_row_leaves_the_next_one_takes_its_place() {
    let mut story = three();
    story.keys("je");
    assert_eq!(story.names(), ["Ana", "Cleo"]);
    assert_eq!(story.selected(), "Cleo");
}

#[test]
fn a_key_acts_on_the_row_under_the_selection_not_on_its_number() {
    let mut story = three();
    story.keys("j");
    // Between looking and pressing, the list turns over.
    story.news(vec![Delta::Conversation(Box::new(conversation(CHATWOOT, 9, "Zoe", 59)))]);
    story.keys("e");
    assert_eq!(story.status(&id(ENNEO, 2)), Status::Resolved);
    assert_eq!(story.status(&id(CHATWOOT, 1)), Status::Open);
}

#[test]
fn a_thread_keeps_the_keys_for_its_own_conversation() {
    let mut story = three();
    story.keys("<Enter>");
    assert_eq!(story.app.opened_id(), Some(&id(CHATWOOT, 1)));
    story.news(vec![Delta::Conversation(Box::new(conversation(PARTOO, 3, "Cleo", 50)))]);
    story.keys("e");
    assert_eq!(story.status(&id(CHATWOOT, 1)), Status::Resolved);
}

#[test]
fn next_and_previous_conversation_open_from_the_thread() {
    let mut story = three();
    story.keys("<Enter>J");
    assert_eq!(story.app.opened_id(), Some(&id(ENNEO, 2)));
    story.keys("JJ");
    assert_eq!(story.app.opened_id(), Some(&id(PARTOO, 3)));
    assert_eq!(story.notice(), "That was the last one.");
    story.keys("K");
    assert_eq!(story.app.opened_id(), Some(&id(ENNEO, 2)));
}

#[test]
fn views_count_and_show_what_they_are_about() {
    let mut story = three();
    let mut mine = conversation(CHATWOOT, 1, "Ana", 30);
    mine.assignee = Some(Some(person(1, "Mia")));
    story.news(vec![Delta::Conversation(Box::new(mine))]);
    story.keys("gm");
    assert_eq!(story.names(), ["Ana"]);
    story.keys("gu");
    assert_eq!(story.names(), ["Ben", "Cleo"]);
    story.keys("gie");
    story.keys("gr");
    assert_eq!(story.names(), ["Ana"]);
    let inbox = story.app.inbox();
    let count = |kind| {
        let place =
            inbox.views().iter().position(|view| view.kind == kind && view.account.is_none());
        inbox.count(place.unwrap())
    };
    assert_eq!(count(ViewKind::Inbox), 2);
    assert_eq!(count(ViewKind::Resolved), 1);
    assert_eq!(count(ViewKind::All), 3);
}

#[test]
fn a_snooze_that_is_over_brings_its_row_back_by_itself() {
    let mut story = three();
    story.command("snooze 2h");
    assert_eq!(story.names(), ["Ben", "Cleo"]);
    story.done(Ok(vec![]));
    let mut snoozed = ConversationNews::new(id(CHATWOOT, 1));
    snoozed.status = Some(Status::Snoozed);
    snoozed.snoozed_until = Some(Some(at("2026-03-25T12:00:00Z")));
    story.answer(is_conversation, Ok(vec![Delta::Conversation(Box::new(snoozed))]));
    story.keys("gs");
    assert_eq!(story.names(), ["Ana"]);
    story.keys("gi");
    story.asks.clear();
    story.pass(seconds(2 * 3600 + 1));
    assert_eq!(story.names(), ["Ana", "Ben", "Cleo"]);
}

#[test]
fn a_filter_narrows_the_list_and_esc_widens_it_again() {
    let mut story = three();
    story.keys("\\cle<Enter>");
    assert_eq!(story.names(), ["Cleo"]);
    story.keys("<Esc>");
    assert_eq!(story.names().len(), 3);
}

#[test]
fn a_complete_sequence_that_could_go_on_waits_a_moment() {
    let mut story = three();
    story.keys("z");
    assert!(story.app.popup().is_none());
    story.pass(seconds(1));
    assert!(story.app.popup().is_some(), "z alone asks until when");
    story.keys("<Esc>zt");
    assert_eq!(story.status(&id(CHATWOOT, 1)), Status::Snoozed);
}

#[test]
fn an_incomplete_sequence_shows_what_it_may_become() {
    let mut story = three();
    story.keys("g");
    assert!(story.app.which_key().is_empty());
    story.pass(seconds(1));
    let shown: Vec<_> =
        story.app.which_key().into_iter().map(|(keys, line)| format!("{keys} {line}")).collect();
    assert!(shown.contains(&"o view outbox".to_owned()), "{shown:?}");
    story.keys("o");
    assert_eq!(story.app.inbox().view().unwrap().kind, ViewKind::Outbox);
}

#[test]
fn a_wrong_key_says_so_and_does_nothing() {
    let mut story = three();
    story.keys("X");
    assert_eq!(story.notice(), "X is not bound; ? shows the keys.");
    story.keys("]q");
    assert_eq!(story.notice(), "]q is not bound; ? shows the keys.");
    assert!(story.sends.is_empty());
}

#[test]
fn quitting_keeps_drafts_and_asks_when_something_has_not_left() {
    let mut story = three();
    story.keys("rHello<Esc>ZZ");
    assert_eq!(story.others, [Effect::Quit]);
    story.others.clear();
    story.keys("i<Alt-Enter>ZZ");
    assert!(story.others.is_empty());
    story.keys("n");
    assert!(story.others.is_empty());
    story.keys("ZZy");
    assert_eq!(story.others, [Effect::Quit]);
}

#[test]
fn a_paste_outside_the_composer_presses_no_key() {
    let mut story = three();
    story.tell(Msg::Paste("e\n:q\neeee".into()));
    assert!(story.sends.is_empty() && story.others.is_empty());
    assert_eq!(story.names().len(), 3);
    assert_eq!(story.app.focus(), Pane::List);
}
