//! What customers write never reaches the terminal as anything but text.

use std::collections::BTreeSet;

use ttydesk::demo::world::Oddity;
use ttydesk::model::Vendor;

use super::harness::{calm, on_desk};

/// Every control sequence and every character in the bytes that must not be there.
fn improper(bytes: &[u8]) -> BTreeSet<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first == '\u{1b}' {
            // Parameters, then one letter that says what it does.
            let end = rest.find(|c: char| ('@'..='~').contains(&c) && c != '[').unwrap_or(0);
            let (sequence, after) = rest.split_at((end + 1).min(rest.len()));
            rest = after;
            let parameters = &sequence[..sequence.len().saturating_sub(1)];
            let is_ours = match sequence.chars().last() {
                Some('m' | 'H') => {
                    parameters.starts_with('[')
                        && parameters[1..].chars().all(|c| c.is_ascii_digit() || ";:".contains(c))
                }
                Some('h' | 'l') => ["[?25", "[?2026"].contains(&parameters),
                Some('J') => parameters == "[2",
                _ => false,
            };
            if !is_ours {
                found.insert(format!("ESC {sequence:?}"));
            }
        } else if first.is_control()
            || matches!(first, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(first, '\u{e0000}'..='\u{e007f}' | '\u{2028}' | '\u{2029}')
        {
            found.insert(format!("{first:?}"));
        }
    }
    found
}

#[test]
fn the_guard_finds_what_it_looks_for() {
    for bad in [
        "\u{1b}]0;owned\u{7}",
        "\u{1b}]52;c;AAAA\u{7}",
        "\u{1b}P1$r0m\u{1b}\\",
        "\u{1b}[?1049h",
        "\u{1b}[1A",
        "\u{1b}c",
        "\u{9b}31m",
        "\u{85}",
        "a\u{202e}b",
        "\u{2067}",
        "\u{e0041}",
        "\u{1b}",
        "a\rb",
    ] {
        assert!(!improper(bad.as_bytes()).is_empty(), "{bad:?}");
    }
    let ours =
        "\u{1b}[?2026h\u{1b}[3;4H\u{1b}[38;2;1;2;3mgut 日本\u{1b}[0m\u{1b}[?25l\u{1b}[?2026l";
    assert!(improper(ours.as_bytes()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_through_every_conversation_writes_no_sequence_but_our_own() {
    on_desk(&calm(240), "", async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        let odd = |oddity| {
            Vendor::ALL.into_iter().map(move |vendor| (vendor, oddity)).collect::<Vec<_>>()
        };
        stage.press("gg").await;
        stage.press("Enter").await;
        let count = stage.look().rows.len();
        for _ in 1..count {
            stage.press("J").await;
        }
        for (vendor, oddity) in [odd(Oddity::HostileText), odd(Oddity::HostileName)].concat() {
            for brief in stage.desk.world().newest(vendor, 60, |row| row.brief.oddity == oddity) {
                stage.open(brief.key).await;
                stage.press("gg").await;
                stage.press("r").await;
                stage.press("Esc").await;
            }
        }
        let seen = stage.seen.borrow();
        assert!(seen.frames.len() > count);
        let found: BTreeSet<String> =
            seen.frames.iter().flat_map(|frame| improper(frame)).collect();
        assert!(found.is_empty(), "{found:?}");
    })
    .await;
}
