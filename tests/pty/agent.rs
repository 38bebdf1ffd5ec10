//! An agent at the whole program: reading, writing, pasting, resizing; and the desk in a process
//! of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::harness::{Pty, assert_restored};

const DEMO: [&str; 4] = ["demo", "--calm", "--seed", "1"];

/// The inbox with rows of every account on the screen.
fn inbox(arguments: &[&str]) -> Pty {
    let pty = Pty::ttydesk(arguments, 40, 160);
    pty.wait_until("all accounts", |seen| {
        let text = seen.text();
        ["● chatwoot", "● enneo", "● voicebot", "● partoo"].iter().all(|word| text.contains(word))
    });
    pty
}

/// Opens the first conversation from the top that `r` opens a composer for.
fn reply(pty: &mut Pty) {
    pty.keys("j\r");
    pty.wait_for("r reply · c note");
    for _ in 0..30 {
        pty.keys("r");
        pty.wait_until("a composer, or why not", |seen| {
            let text = seen.text();
            text.contains("REPLY") || !text.contains("r reply · c note")
        });
        if pty.seen().text().contains("REPLY") {
            return;
        }
        pty.keys("J");
        pty.wait_for("r reply · c note");
    }
    panic!("nobody can be replied to");
}

/// What [`reply`], a reply called back, and the way out look like, whoever serves the desk.
fn work(pty: &mut Pty) {
    reply(pty);
    pty.keys("See you on Monday.");
    pty.wait_for("See you on Monday.");
    pty.keys("\x1b\r");
    pty.wait_until("the countdown", |seen| {
        let text = seen.text();
        text.contains("Sending to") && text.contains("u calls it back") && !text.contains("REPLY")
    });
    pty.keys("u");
    pty.wait_until("the text in the composer again", |seen| {
        let text = seen.text();
        text.contains("REPLY")
            && text.contains("See you on Monday.")
            && text.contains("Called back")
    });
    pty.keys("\x18:discard\r");
    pty.wait_for("Thrown away");
    pty.keys(":q\r");
    assert_eq!(pty.exit(), 0);
    assert_restored(pty);
}

#[test]
fn a_reply_counts_down_and_u_brings_its_words_back() {
    work(&mut inbox(&DEMO));
}

/// Blanks at the ends of lines are written or left out, depending on what was there before.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

#[test]
fn a_storm_of_sizes_ends_with_the_screen_that_the_last_size_has() {
    // So few that all of them are there at once, and then nothing changes any more.
    let mut pty = inbox(&[&DEMO[..], &["--conversations", "40"]].concat());
    pty.keys("ga\r");
    pty.wait_until("all conversations and the thread", |seen| {
        let text = seen.text();
        text.contains("All  40") && text.contains("────") && text.contains("r reply · c note")
    });
    // The largest of the sizes asks for the most pages; afterwards all are there.
    for (rows, cols) in [(60, 200), (40, 160)] {
        pty.resize(rows, cols);
        pty.wait_for_silence();
    }
    let before = pty.seen().text();
    for step in 0..50_u16 {
        let (rows, cols) = match step % 5 {
            0 => (1, 1),
            1 => (2, 200),
            2 => (60, 3),
            3 => (5 + step, 20 + 2 * step),
            _ => (50, 200),
        };
        pty.resize(rows, cols);
    }
    pty.resize(40, 160);
    pty.wait_until("the same screen as before", |seen| lines(&seen.text()) == lines(&before));
    pty.keys("ZZ");
    assert_eq!(pty.exit(), 0);
    assert_restored(&pty);
}

#[test]
fn a_paste_is_text_and_presses_no_key() {
    let mut pty = inbox(&DEMO);
    // Nowhere to go: it is refused, and no key of it is pressed.
    pty.keys("\x1b[200~one\n:q\rZZ\x1b[201~");
    pty.wait_for("A paste goes into the composer");
    reply(&mut pty);
    pty.keys("\x1b[200~two\n:q\rthree\x1b[201~");
    pty.wait_until("the paste", |seen| {
        let text = seen.text();
        text.contains("two") && text.contains(":q") && text.contains("three")
    });
    pty.keys("\x18:discard\r");
    pty.wait_for("Thrown away");
    pty.keys(":q\r");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_paste_of_100_kb_arrives_whole_and_leaves_whole() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("requests");
    let arguments = [&DEMO[..], &["--request-log", log.to_str().unwrap()]].concat();
    let mut pty = inbox(&arguments);
    // A note of Chatwoot's takes 150,000 characters and has no countdown.
    pty.keys(":account chatwoot\r");
    pty.keys("j\r");
    pty.wait_for("r reply · c note");
    pty.keys("c");
    pty.wait_for("NOTE");
    let lines: Vec<String> =
        (0..2000).map(|line| format!("{line:06} {}", "x".repeat(43))).collect();
    let text = lines.join("\n");
    pty.keys(&format!("\x1b[200~{text}\x1b[201~"));
    pty.wait_for("001999 x");
    pty.keys("\x1b\r");
    // A half-painted frame has neither the composer nor the bar, so what is waited for is stillness.
    pty.wait_until("the note in the thread", |seen| {
        let text = seen.text();
        text.contains("001999 x") && !text.contains("NOTE ")
    });
    pty.wait_for_silence();
    pty.wait_until("nothing on the way", |seen| !seen.text().contains("on the way"));
    pty.keys(":q\r");
    assert_eq!(pty.exit(), 0);
    // The log keeps 64 KB of a body; its length is told by the headers.
    let log = std::fs::read_to_string(&log).unwrap();
    let note = log.lines().find(|line| line.contains("000000 xxx")).unwrap();
    assert!(note.contains("001000 x"), "in order and without a gap");
    let length = note.split("\"content-length\":\"").nth(1).unwrap();
    let length: usize = length.split('"').next().unwrap().parse().unwrap();
    assert!(length > text.len(), "{length} of {}", text.len());
}

#[test]
fn without_accounts_it_says_what_to_do_and_leaves_when_told() {
    for keys in ["q", ":q\r"] {
        let mut pty = Pty::ttydesk(&[], 24, 80);
        pty.wait_for("ttydesk demo");
        pty.keys(keys);
        assert_eq!(pty.exit(), 0, "{keys:?}");
        assert_restored(&pty);
    }
}

/// A desk in a process of its own.
struct Served(Child);

impl Served {
    fn start(config: &Path) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ttydesk"))
            .args(DEMO)
            .arg("--serve")
            .arg("--write-config")
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (Self(child), line)
    }

    fn end(mut self) -> Option<i32> {
        let pid = Pid::from_raw(self.0.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already ended where the test got that far.
        let _ = self.0.kill();
    }
}

#[test]
fn a_desk_of_its_own_serves_another_process_and_ends_with_0() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let (served, line) = Served::start(&config);
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    for vendor in ["chatwoot", "enneo", "voicebot", "partoo"] {
        let entry = &told["vendors"][vendor];
        assert!(entry["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{line}");
        assert!(!entry["token"].as_str().unwrap().is_empty(), "{line}");
    }
    assert_eq!(told["vendors"]["chatwoot"]["account_id"], 1);
    work(&mut inbox(&["--config", config.to_str().unwrap()]));
    assert_eq!(served.end(), Some(0));
}
