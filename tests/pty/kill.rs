//! Kills the program at random moments while an agent types and sends, starts it again on what it
//! left, and compares what was typed with what arrived and what is kept.
//!
//! `TTYDESK_KILLS` says how often (8), `TTYDESK_KILL_SEED` with which numbers (1).

use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use tempfile::TempDir;
use ttydesk::app::keep::Kept;
use ttydesk::demo::world::{Dice, Key};
use ttydesk::demo::{Desk, Options};
use ttydesk::model::Vendor;
use ttydesk::store::Store;

use super::harness::Pty;

/// What was promised: older words than this are never lost.
const PROMISED: Duration = Duration::from_secs(1);

/// Words that can be told from all others.
struct Typed {
    marker: String,
    /// The name in the title of the composer that they were typed into, once they were seen there.
    customer: Option<String>,
    /// Whether they were on the screen for as long as was promised before the kill.
    promised: bool,
}

struct Agent {
    home: TempDir,
    desk: Desk,
    dice: Dice,
    typed: Vec<Typed>,
}

impl Agent {
    fn new(seed: u64) -> Self {
        let desk = Desk::start(&Options { conversations: 80, seed, ..Options::calm() }).unwrap();
        let home = tempfile::tempdir().unwrap();
        let config = desk.config();
        // One account, and messages leave at once: more of them are on their way at a kill.
        let (_, account) = config.split_once("[[account]]").unwrap();
        let account = account.split("[[account]]").next().unwrap();
        let windows = ["email", "chat", "whatsapp", "facebook", "instagram", "sms", "telegram"];
        let windows: String = windows.map(|channel| format!("{channel} = 0\n")).concat();
        let config = format!("[undo]\n{windows}\n[[account]]{account}");
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        Self { home, desk, dice: Dice::at(seed, &[]), typed: Vec::new() }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.dice.roll() % limit
    }

    fn start(&self) -> Pty {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ttydesk"));
        command.arg("--config");
        command.arg(self.home.path().join("config.toml"));
        command.env("XDG_DATA_HOME", self.home.path().join("data"));
        let pty = Pty::spawn(command, 40, 140);
        pty.wait_for("● chatwoot");
        pty
    }

    /// Types into the composers of one customer after another until the time is over.
    fn work(&mut self, pty: &mut Pty, end: Instant) {
        let first = self.typed.len();
        let mut seen_at = Vec::new();
        while Instant::now() < end {
            let down = usize::try_from(self.below(4) + 1).unwrap();
            pty.keys(&"j".repeat(down));
            let (key, word) = [("r", "▌ REPLY to "), ("c", "▌ NOTE for colleagues, about ")]
                [self.below(2) as usize];
            pty.keys(key);
            // A channel whose window is over takes no reply.
            let soon = end.min(Instant::now() + Duration::from_millis(300));
            if !pty.sees_before(soon, |seen| seen.text().contains(word)) {
                pty.keys("\x07");
                continue;
            }
            let marker = format!("word{}x", self.typed.len());
            self.typed.push(Typed { marker: marker.clone(), customer: None, promised: false });
            pty.keys(&marker);
            if pty.sees_before(end, |seen| seen.text().contains(&marker)) {
                seen_at.push(Instant::now());
                // Read only now: a frame that is half drawn shows half a title.
                let text = pty.seen().text();
                let title = text.split_once(word).and_then(|(_, rest)| rest.split("  ").next());
                let name = title.map(|name| name.trim_end_matches('…').to_owned());
                self.typed.last_mut().unwrap().customer = name;
            }
            // Sends most of them, leaves the others as drafts.
            pty.keys(if self.below(4) > 0 { "\x1b\r" } else { "\x07" });
            pty.sees_before(end, |seen| !seen.text().contains(word));
            pty.keys("\x07");
        }
        let now = Instant::now();
        for (typed, at) in self.typed.iter_mut().skip(first).zip(seen_at) {
            typed.promised = now - at >= PROMISED;
        }
    }

    fn kept(&self) -> Kept {
        let folder = self.home.path().join("data/ttydesk");
        let limit = Instant::now() + Duration::from_secs(10);
        loop {
            // The killed program's lock goes a moment after it.
            match Store::open(&folder, vec!["chatwoot".into()], |_| {}) {
                Ok((_, kept)) => return kept,
                Err(in_use) => assert!(Instant::now() < limit, "{in_use}"),
            }
        }
    }

    /// Whom the server gave these words to, once for each time.
    fn arrived(&self, marker: &str) -> Vec<String> {
        let world = self.desk.world();
        let mut customers = Vec::new();
        for number in 1..=world.count(Vendor::Chatwoot) {
            let key = Key { vendor: Vendor::Chatwoot, number };
            let conversation = world.conversation(key).unwrap();
            for message in &conversation.messages {
                if message.text().contains(marker) {
                    customers.push(conversation.customer.name.clone());
                }
            }
        }
        customers
    }
}

/// A title leaves out of a name what terminals do not agree on.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_sends_nothing_twice() {
    let kills = number("TTYDESK_KILLS", 8);
    let mut agent = Agent::new(number("TTYDESK_KILL_SEED", 1));
    for _ in 0..kills {
        let mut pty = agent.start();
        let time = Duration::from_millis(agent.below(3000));
        agent.work(&mut pty, Instant::now() + time);
        pty.kill();
    }
    // One more run, which takes up what the others left.
    let mut pty = agent.start();
    let rest = Instant::now() + Duration::from_secs(10);
    pty.sees_before(rest, |seen| !seen.text().contains("on the way"));
    pty.signal(Signal::TERM);
    pty.exit();

    let kept = agent.kept();
    assert_eq!(kept.notes, [""; 0]);
    let (mut sent, mut promised) = (0, 0);
    for Typed { marker, customer, promised: promise } in &agent.typed {
        let arrived = agent.arrived(marker);
        assert!(arrived.len() <= 1, "{marker} was sent twice: {arrived:?}");
        sent += arrived.len();
        if let (Some(name), Some(customer)) = (arrived.first(), customer) {
            let name = letters(&ttydesk::text::clean(name));
            // Whoever has no name is called by something else.
            let same = name.is_empty() || name.starts_with(&letters(customer));
            assert!(same, "{marker} was written to {customer:?} and went to {name:?}");
        }
        let is_kept = kept.drafts.iter().any(|kept| kept.draft.text.contains(marker))
            || kept
                .ops
                .iter()
                .any(|(op, _)| op.action.words().is_some_and(|words| words.contains(marker)));
        assert!(!promise || is_kept || !arrived.is_empty(), "{marker} is lost");
        promised += usize::from(*promise);
    }
    assert!(sent > 0 && promised > 0, "{sent} sent, {promised} promised: the test tests nothing");
}
