use ttydesk::app::accounts::Link;
use ttydesk::model::*;

use super::harness::*;

#[test]
fn every_account_is_asked_who_it_is_and_for_its_first_page() {
    let story = Story::untold();
    for account in [CHATWOOT, ENNEO, VOICEBOT, PARTOO] {
        assert!(story.is_asked(|asked, ask| asked == account && *ask == Ask::Me));
        assert!(story.is_asked(|asked, ask| asked == account && is_list(asked, ask)));
    }
}

#[test]
fn an_account_that_hangs_is_called_slow_and_the_others_go_on() {
    let mut story = Story::untold();
    story.asks.retain(|(account, ..)| *account != VOICEBOT);
    for _ in 0..story.asks.len() {
        story.answer(|_, _| true, Ok(vec![Delta::More { next: None, total: None }]));
    }
    story.pass(seconds(4));
    assert!(matches!(story.app.accounts()[2].link, Link::Slow { .. }));
    assert_eq!(story.app.accounts()[0].link, Link::Up);
}

#[test]
fn a_failing_list_is_asked_again_with_growing_pauses() {
    let mut story = Story::quiet();
    story.pass(seconds(60));
    let mut tries = 0;
    for _ in 0..120 {
        while story.is_asked(|account, ask| account == PARTOO && is_list(account, ask)) {
            tries += 1;
            story.answer(
                |account, ask| account == PARTOO && is_list(account, ask),
                Err(failure(Outcome::NotSent, Trouble::Unreachable)),
            );
        }
        story.pass(seconds(1));
    }
    assert!((4..=14).contains(&tries), "{tries} tries in two minutes");
    assert!(matches!(story.app.accounts()[3].link, Link::Down { .. }));
    assert!(!matches!(story.app.accounts()[0].link, Link::Down { .. }));
}

#[test]
fn retry_after_is_obeyed_for_everything_the_account_asks() {
    let mut story = Story::with(vec![conversation(PARTOO, 3, "Cleo", 10)]);
    story.pass(seconds(60));
    let limited = Failure {
        retry_after: Some(seconds(90)),
        ..failure(Outcome::NotSent, Trouble::RateLimited)
    };
    story.answer(|account, ask| account == PARTOO && is_list(account, ask), Err(limited));
    story.asks.retain(|(account, ..)| *account != PARTOO);
    story.keys("<Enter>");
    story.pass(seconds(80));
    assert!(!story.is_asked(|account, _| account == PARTOO));
    story.pass(seconds(60));
    assert!(story.is_asked(|account, _| account == PARTOO));
}

#[test]
fn at_most_three_questions_of_an_account_are_under_way() {
    let mut story = Story::untold();
    story.keys("gsgrgagmgugi");
    for account in story.app.accounts() {
        assert!(account.in_flight().len() <= 3, "{:?}", account.in_flight());
    }
}

#[test]
fn the_same_question_is_not_asked_twice() {
    let mut story = Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30)]);
    story.keys("<Enter>qRqRqR<Enter>");
    let threads = story.asks.iter().filter(|(account, _, ask)| is_thread(*account, ask)).count();
    assert_eq!(threads, 1);
}

#[test]
fn an_answer_to_an_older_question_does_not_overwrite_newer_news() {
    let mut story = Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30)]);
    story.command("refresh");
    story.pass(seconds(1));
    let (account, old, _) = story
        .asks
        .iter()
        .find(|(account, _, ask)| *account == CHATWOOT && is_list(*account, ask))
        .cloned()
        .unwrap();
    story.asks.retain(|(_, job, _)| *job != old);
    // The conversation is opened and read after that list was asked …
    story.pass(seconds(2));
    story.keys("<Enter>");
    let mut resolved = ConversationNews::new(id(CHATWOOT, 1));
    resolved.status = Some(Status::Resolved);
    story.answer(is_conversation, Ok(vec![Delta::Conversation(Box::new(resolved))]));
    // … and the list arrives late.
    let stale = conversation(CHATWOOT, 1, "Ana", 30);
    story.answer_job(account, old, Ok(vec![Delta::Conversation(Box::new(stale))]));
    assert_eq!(story.status(&id(CHATWOOT, 1)), Status::Resolved);
}

#[test]
fn news_since_the_last_complete_answer_is_asked_with_slack() {
    let mut story = Story::quiet();
    let complete = story.now.wall;
    story.pass(seconds(40));
    let since = story.asks.iter().find_map(|(account, _, ask)| match ask {
        Ask::List { since, .. } if *account == CHATWOOT => *since,
        _ => None,
    });
    assert_eq!(complete.duration_since(since.unwrap()).as_secs(), 60);
    // A failure does not move the mark.
    story.answer(
        |account, ask| account == CHATWOOT && is_list(account, ask),
        Err(failure(Outcome::NotSent, Trouble::NoAnswer)),
    );
    story.pass(seconds(120));
    let again = story.asks.iter().find_map(|(account, _, ask)| match ask {
        Ask::List { since, .. } if *account == CHATWOOT => *since,
        _ => None,
    });
    assert_eq!(again, since);
}

#[test]
fn a_list_longer_than_one_page_is_walked_on_demand() {
    let mut story = Story::untold();
    let next = Some(Cursor("2".into()));
    story.answer(
        |account, ask| account == PARTOO && is_list(account, ask),
        Ok(vec![
            Delta::Conversation(Box::new(conversation(PARTOO, 3, "Cleo", 10))),
            Delta::More { next: next.clone(), total: Some(2) },
        ]),
    );
    assert!(story.is_asked(|account, ask| {
        account == PARTOO && matches!(ask, Ask::List { page, .. } if *page == next)
    }));
}

#[test]
fn a_gap_in_an_open_thread_is_filled() {
    let mut story = Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30)]);
    let ana = id(CHATWOOT, 1);
    story.keys("<Enter>");
    let page = |from: u64| {
        let mut deltas: Vec<Delta> = (from..from + 3)
            .map(|number| {
                Delta::Message(Box::new(message(ana.clone(), number, Side::Customer, "…")))
            })
            .collect();
        deltas.push(Delta::More { next: None, total: None });
        deltas
    };
    story.answer(is_thread, Ok(page(1)));
    story.pass(seconds(20));
    story.answer(is_thread, Ok(page(100)));
    assert!(story.is_asked(|_, ask| {
        matches!(ask, Ask::Thread { part: ThreadPart::After(after), .. } if *after == 3.into())
    }));
}

#[test]
fn an_idle_minute_wakes_up_for_polls_only_and_paints_nothing() {
    let mut story = Story::quiet();
    story.pass(seconds(10));
    story.app.take_dirty();
    let mut wake_ups = 0;
    let end = story.now.mono + seconds(60);
    while let Some(next) = story.app.deadline().filter(|at| *at <= end) {
        story.pass(next - story.now.mono);
        wake_ups += 1;
        while let Some((account, job, _)) = story.asks.pop() {
            story.answer_job(account, job, Ok(vec![Delta::More { next: None, total: None }]));
        }
        assert!(!story.app.take_dirty(), "an empty answer painted");
    }
    assert!(wake_ups <= 14, "{wake_ups} wake-ups in a minute");
}

#[test]
fn news_that_is_known_already_paints_nothing_whatever_the_view_shows() {
    let mut resolved = conversation(CHATWOOT, 2, "Ben", 20);
    resolved.status = Some(Status::Resolved);
    let mut story = Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30), resolved.clone()]);
    // As soon as the next poll is asked, so that no account is called slow meanwhile.
    let polled = |account, ask: &Ask| account == CHATWOOT && is_list(account, ask);
    while !story.is_asked(polled) {
        story.pass(seconds(1));
    }
    story.app.take_dirty();
    let known = [conversation(CHATWOOT, 1, "Ana", 30), resolved];
    let mut deltas: Vec<Delta> =
        known.into_iter().map(|news| Delta::Conversation(Box::new(news))).collect();
    deltas.push(Delta::More { next: None, total: None });
    story.answer(polled, Ok(deltas));
    assert!(!story.app.take_dirty());
}

#[test]
fn midnight_repaints_because_todays_times_are_yesterdays() {
    let mut story = Story::quiet();
    let answered = |story: &mut Story| {
        while let Some((account, job, _)) = story.asks.pop() {
            story.answer_job(account, job, Ok(vec![Delta::More { next: None, total: None }]));
        }
    };
    // From ten in the morning to the last minute of the day.
    while story.now.wall < at("2026-03-25T23:59:00Z") {
        story.pass(seconds(2));
        answered(&mut story);
    }
    story.app.take_dirty();
    while story.now.wall < at("2026-03-26T00:00:01Z") {
        story.pass(seconds(2));
        answered(&mut story);
    }
    assert!(story.app.take_dirty());
}

#[test]
fn an_account_without_a_token_says_why_and_is_tried_again() {
    let mut story = Story::untold();
    story.answer(
        |account, ask| account == ENNEO && *ask == Ask::Me,
        Err(Failure::new(Outcome::NotSent, Trouble::Token, "The token command failed.")),
    );
    let Link::Down { failure, .. } = &story.app.accounts()[1].link else { panic!("not down") };
    assert_eq!(failure.text.as_str(), "The token command failed.");
}
