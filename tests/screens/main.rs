//! What the screen looks like, at several sizes and in many states, and that no size breaks it.
// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod desk;

use std::time::Duration;

use desk::{Desk, conversation, conversations, message, messages};
use insta::assert_snapshot;
use ttydesk::model::{AccountId, Failure, Outcome, Side, Trouble};
use ttydesk::text::clean;

/// States that together show every part of the screen.
fn states() -> Vec<(&'static str, Desk)> {
    let with = |keys: &[&str]| {
        let mut desk = Desk::new();
        desk.silent = true;
        for keys in keys {
            desk.press(keys);
        }
        desk
    };
    let mut writing = with(&["Enter", "r"]);
    writing.write("Hello Ana, we look into it. 日本 and some more words");
    let mut sending = with(&["Enter", "c"]);
    sending.write("a note");
    sending.press("Alt-Enter");
    let mut failed = Desk::new();
    failed.press("Enter r");
    failed.write("lost words");
    failed.press("Alt-Enter");
    failed.pass(Duration::from_secs(9));
    let mut searching = with(&["Enter", "/"]);
    searching.write("parcel");
    searching.press("Enter");
    let mut which = with(&["Enter", "g"]);
    which.pass(Duration::from_millis(500));
    let mut snoozing = with(&["Enter", "z"]);
    snoozing.pass(Duration::from_millis(500));
    snoozing.write("fri 9am");
    let mut down = Desk::unanswered(conversations(), messages());
    down.down = Some((
        AccountId(1),
        Failure::new(Outcome::NotSent, Trouble::Unreachable, "beta.example.com cannot be reached."),
    ));
    down.start();
    let mut start = Desk::unanswered(Vec::new(), Vec::new());
    start.mute = true;
    start.start();
    vec![
        ("welcome", Desk::bare()),
        ("start", start),
        ("empty", Desk::with(Vec::new(), Vec::new())),
        ("list", with(&[])),
        ("thread", with(&["Enter"])),
        ("mail", with(&["j Enter"])),
        ("sidebar", with(&["Ctrl-w h"])),
        ("writing", writing),
        ("sending", sending),
        ("failed", failed),
        ("searching", searching),
        ("zoomed", with(&["Enter", "Ctrl-w o"])),
        ("help", with(&["?"])),
        ("palette", with(&["Ctrl-k"])),
        ("priority", with(&["p"])),
        ("which-key", which),
        ("snooze", snoozing),
        ("down", down),
    ]
}

#[test]
fn every_state_looks_as_it_should() {
    for (name, mut desk) in states() {
        assert_snapshot!(format!("{name}_120x40"), desk.screen(120, 40));
    }
}

#[test]
fn panes_are_given_up_as_the_screen_shrinks() {
    for (width, height) in [(200, 50), (80, 24), (50, 15), (40, 10)] {
        for (name, mut desk) in states() {
            if ["list", "thread", "writing", "help"].contains(&name) {
                assert_snapshot!(format!("{name}_{width}x{height}"), desk.screen(width, height));
            }
        }
    }
}

#[test]
fn every_size_draws_without_panic() {
    for (name, mut desk) in states() {
        for width in 0..=40 {
            for height in 0..=12 {
                let (screen, laid) = desk.draw(width, height);
                if let Some(cursor) = screen.cursor {
                    assert!(cursor.x < width.max(1) && cursor.y < height.max(1), "{name}");
                }
                assert!(laid.list_rows <= height, "{name} {width}×{height}");
            }
        }
    }
}

#[test]
fn nothing_that_a_customer_wrote_reaches_the_screen_as_a_control() {
    for (name, mut desk) in states() {
        for character in desk.screen(120, 40).chars() {
            assert!(
                character == '\n' || !(character.is_control() || character == '\u{202e}'),
                "{name}: {character:?}"
            );
        }
    }
}

#[test]
fn the_thread_stays_where_it_is_read_while_messages_come_in() {
    let many = (100..160).map(|number| {
        message(
            number,
            600 - i64::try_from(number).unwrap(),
            Side::Customer,
            "Ana Müller",
            &format!("line {number}"),
        )
    });
    let mut desk = Desk::with(conversations(), many.collect());
    desk.press("Enter");
    desk.screen(80, 24);
    desk.press("k k k k k k k k k k k k k k k k k k k k");
    let before = desk.screen(80, 24);
    assert!(!before.contains("line 159"));
    desk.receive(message(200, 1, Side::Customer, "Ana Müller", "news"));
    let after = desk.screen(80, 24);
    let body =
        |screen: &str| screen.lines().skip(3).take(19).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&after), body(&before));
    desk.press("G");
    assert!(desk.screen(80, 24).contains("news"));
}

#[test]
fn the_beginning_of_a_long_thread_is_one_key_away() {
    let many = (0..3000).map(|number| {
        message(
            number,
            4000 - i64::try_from(number).unwrap(),
            Side::Customer,
            "Ana Müller",
            &format!("line {number}."),
        )
    });
    let mut desk = Desk::with(conversations(), many.collect());
    desk.press("Enter");
    assert!(desk.screen(80, 24).contains("line 2999."));
    desk.press("gg");
    let top = desk.screen(80, 24);
    assert!(top.contains("line 0."), "{top}");
    desk.press("j");
    let (_, laid) = desk.draw(80, 24);
    assert_eq!(laid.thread_back, laid.thread_most - 1);
}

#[test]
fn the_list_follows_the_selection_by_half_pages() {
    let many = (0..500_u64).map(|number| {
        conversation(0, number, &format!("Customer {number:03}"), i64::try_from(number).unwrap())
    });
    let mut desk = Desk::with(many.collect(), Vec::new());
    let (_, laid) = desk.draw(120, 40);
    assert_eq!(laid.list_top, 0);
    for _ in 0..laid.list_rows {
        desk.press("j");
    }
    let rows = usize::from(laid.list_rows);
    let (_, laid) = desk.draw(120, 40);
    assert_eq!(laid.list_top, rows - rows / 2);
    desk.press("G");
    let (screen, laid) = desk.draw(120, 40);
    assert_eq!(laid.list_top, 500 - rows);
    assert!(screen.text().contains("Customer 499"));
}

fn many() -> Desk {
    let many = (0..2000_u64).map(|number| {
        conversation(0, number, &format!("Customer {number:04}"), i64::try_from(number).unwrap())
    });
    Desk::with(many.collect(), messages())
}

#[test]
fn a_cursor_move_costs_few_bytes() {
    let mut desk = many();
    let alone = desk.bytes(200, |desk| desk.press("j"));
    desk.press("gg Enter h");
    let beside_a_thread = desk.bytes(200, |desk| desk.press("j"));
    assert!(alone <= 190 && beside_a_thread <= 190, "{alone} and {beside_a_thread} bytes");
}

#[test]
fn a_typed_letter_costs_few_bytes() {
    let mut desk = many();
    desk.press("Enter c");
    let letter = desk.bytes(100, |desk| desk.write("x"));
    assert!(letter <= 64, "{letter} bytes");
}

#[test]
fn nothing_new_costs_next_to_nothing() {
    let mut desk = many();
    let nothing = desk.bytes(10, |_| {});
    assert!(nothing <= 32, "{nothing} bytes");
}

#[test]
fn a_terminal_that_counts_characters_shows_no_leftovers() {
    let names = ["सुनीता पटेल", "Ana", "तारा देशपांडे", "山田 太郎", "คำแนะนำ", "x", "🇩🇪👩\u{200d}👧"];
    let mut conversations = Vec::new();
    for number in 0..400_u64 {
        let mut held = conversation(0, number, names[(number * 3 % 7) as usize], number as i64);
        held.snippet = clean(names[(number * 2 % 7) as usize]);
        conversations.push(held);
    }
    let mut desk = Desk::with(conversations, Vec::new());
    let mut steps = ["Ctrl-d", "j", "G", "k", "gg", "Ctrl-k", "Esc"].iter().cycle();
    let frames = desk.sent(20, |desk| desk.press(steps.next().unwrap()));
    let mut terminal = vt100::Parser::new(50, 200, 0);
    frames.iter().for_each(|frame| terminal.process(frame));
    let mut fresh = vt100::Parser::new(50, 200, 0);
    fresh.process(&desk.sent(0, |_| {})[0]);
    let rows = |terminal: &vt100::Parser| terminal.screen().rows(0, 200).collect::<Vec<_>>();
    for (shown, wanted) in rows(&terminal).iter().zip(rows(&fresh)) {
        assert_eq!(shown.trim_end(), wanted.trim_end());
    }
}
