//! The terminal layer by itself. The program under test is this test binary, running nothing but
//! [`child`]: a screen that shows what it hears, on the real layer.

use futures_util::StreamExt;
use portable_pty::CommandBuilder;
use ratatui::text::Text;
use rustix::process::Signal;
use tokio::process::Command;
use tokio::sync::mpsc::unbounded_channel;
use ttydesk::shell::panic;
use ttydesk::shell::signals::{Notice, Signals};
use ttydesk::shell::terminal::{Modes, Tty};
use ttydesk::text::clean;

use crossterm::event::{Event, KeyCode};

use super::harness::{Pty, assert_restored};

/// Says that [`child`] was started by one of these tests, and with all modes or with few.
const MODES: &str = "TTYDESK_TEST_MODES";

/// Not a test: the program that the tests run.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the other tests"]
async fn child() {
    let Ok(modes) = std::env::var(MODES) else { return };
    let all = modes == "all";
    let modes = Modes { mouse: all, title: all, synchronized_updates: all, kitty_keys: all };
    let (sender, mut panics) = unbounded_channel();
    panic::install(Some("/the/log".into()), move |what| sender.send(what).unwrap());
    let mut signals = Signals::listen().unwrap();
    let mut tty = Tty::enter(modes).unwrap();
    tty.set_title(&clean("ttydesk (3)")).unwrap();
    let mut heard = vec!["ready".to_owned()];
    loop {
        let text = Text::from(heard.join("\n"));
        if tty.draw(|frame| frame.render_widget(text, frame.area())).is_err() {
            gone();
        }
        let event = tokio::select! {
            notice = signals.next() => {
                if notice == Notice::Continued {
                    if tty.take_again().is_err() {
                        gone();
                    }
                    heard.push("continued".to_owned());
                    continue;
                }
                drop(tty);
                if notice == Notice::HangUp {
                    gone();
                }
                std::process::exit(40);
            }
            Some(what) = panics.recv() => {
                heard.push(format!("a task panicked: {what}"));
                continue;
            }
            Some(Ok(event)) = tty.events().next() => event,
            else => gone(),
        };
        match event {
            Event::Key(key) if key.code == KeyCode::Char('q') => break,
            Event::Key(key) if key.code == KeyCode::Char('p') => panic!("on\x1b[2J purpose"),
            Event::Key(key) if key.code == KeyCode::Char('f') => {
                tty.draw(|_| panic!("within a frame")).unwrap();
            }
            Event::Key(key) if key.code == KeyCode::Char('t') => {
                tokio::spawn(async { panic!("in a task") });
            }
            Event::Key(key) if key.code == KeyCode::Char('z') => {
                tty.suspend(&mut signals).await.unwrap();
                heard.push("back".to_owned());
            }
            Event::Key(key) if key.code == KeyCode::Char('e') => {
                let mut editor = Command::new("sh");
                editor.args(["-c", "echo editing; read line; echo got $line; read line"]);
                let status = tty.released(async || editor.status().await).await.unwrap().unwrap();
                heard.push(format!("edited: {status}"));
            }
            Event::Key(key) if key.code == KeyCode::Char('s') => {
                heard.push("stuck".to_owned());
                let text = Text::from(heard.join("\n"));
                tty.draw(|frame| frame.render_widget(text, frame.area())).unwrap();
                loop {
                    std::thread::park();
                }
            }
            other => heard.push(format!("{other:?}")),
        }
    }
}

/// How the child ends when there is no terminal any more, whoever notices first.
fn gone() -> ! {
    std::process::exit(41);
}

/// The command line of the child.
fn command(modes: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "terminal::child", "--ignored", "--nocapture", "-q"]);
    command.env(MODES, modes);
    command
}

/// The child, entered.
fn start(modes: &str) -> Pty {
    let pty = Pty::spawn(command(modes), 12, 70);
    pty.wait_for("ready");
    pty
}

#[test]
fn leaving_mirrors_entering_and_restores_the_terminal() {
    let mut pty = start("all");
    assert!(!pty.modes().contains("ICANON") && pty.seen().screen().alternate_screen());
    pty.keys("q");
    assert_eq!(pty.exit(), 0);
    assert_restored(&pty);
    let raw = pty.seen().raw();
    for pair in [
        ("\x1b[?1049h", "\x1b[?1049l"),
        ("\x1b[?2004h", "\x1b[?2004l"),
        ("\x1b[?1004h", "\x1b[?1004l"),
        ("\x1b[22;0t", "\x1b[23;0t"),
        ("\x1b[?1000h", "\x1b[?1000l"),
        ("\x1b[?1006h", "\x1b[?1006l"),
        ("\x1b[>1u", "\x1b[<1u"),
    ] {
        let (on, off) = (raw.find(pair.0), raw.rfind(pair.1));
        assert!(on.is_some() && on < off, "{pair:?} in {raw:?}");
    }
    assert!(raw.contains("\x1b]0;ttydesk (3)\x07"), "{raw:?}");
    assert!(!raw.contains("\x1b[?1003h"), "movements are not asked for: {raw:?}");
}

#[test]
fn what_is_not_configured_is_neither_switched_on_nor_off() {
    let mut pty = start("few");
    pty.keys("q");
    assert_eq!(pty.exit(), 0);
    let raw = pty.seen().raw();
    for unwanted in ["\x1b[?1000", "\x1b[?1006", "\x1b]0;", "0t", "\x1b[?2026", "u\x1b"] {
        assert!(!raw.contains(unwanted), "{unwanted:?} in {raw:?}");
    }
}

#[test]
fn the_terminal_is_never_asked_anything() {
    let mut pty = start("all");
    pty.keys("z");
    pty.wait_for("back");
    pty.resize(20, 90);
    pty.wait_for("Resize(90, 20)");
    pty.keys("q");
    pty.exit();
    let raw = pty.seen().raw();
    for query in ["\x1b[6n", "\x1b[c", "\x1b[0c", "\x1b[?u", "$p", "\x1b]11;?"] {
        assert!(!raw.contains(query), "{query:?} in {raw:?}");
    }
}

#[test]
fn a_panic_of_the_screen_restores_the_terminal_and_says_so_on_it() {
    for key in ["p", "f"] {
        let mut pty = start("all");
        pty.keys(key);
        assert_eq!(pty.exit(), 101);
        assert_restored(&pty);
        pty.wait_until("the message", |seen| {
            let raw = seen.raw();
            raw.contains("\x1b[?1049lttydesk has a fault and had to end: ")
                && raw.contains("The log is in /the/log.")
        });
        let raw = pty.seen().raw();
        let begun = raw.matches("\x1b[?2026h").count();
        assert!(raw.matches("\x1b[?2026l").count() >= begun, "{raw:?}");
        assert!(!raw.contains("on\x1b[2J"), "the message is cleaned: {raw:?}");
    }
}

#[test]
fn a_panic_in_a_task_leaves_the_screen_alone_and_is_shown_on_it() {
    let mut pty = start("all");
    pty.keys("t");
    pty.wait_for("a task panicked: in a task");
    assert!(!pty.modes().contains("ICANON") && pty.seen().screen().alternate_screen());
    pty.keys("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_signal_ends_the_program_in_order() {
    for (signal, code) in [(Signal::TERM, 40), (Signal::INT, 40), (Signal::HUP, 41)] {
        let mut pty = start("all");
        pty.signal(signal);
        assert_eq!(pty.exit(), code, "{signal:?}");
        assert_restored(&pty);
    }
}

#[test]
fn a_stuck_program_ends_all_the_same_and_restores_the_terminal() {
    let mut pty = start("all");
    pty.keys("s");
    pty.wait_for("stuck");
    pty.signal(Signal::TERM);
    assert_eq!(pty.exit(), 130);
    assert_restored(&pty);
}

#[test]
fn a_terminal_that_goes_away_ends_the_program() {
    let mut pty = start("all");
    pty.hang_up();
    // In order, or by the deadline when the reader of events spins at the terminal's end.
    let code = pty.exit();
    assert!([41, 130].contains(&code), "{code}");
}

#[test]
fn the_shell_gets_its_terminal_back_while_the_program_is_stopped() {
    let child = command("all").as_unix_command_line().unwrap();
    let mut shell = CommandBuilder::new("bash");
    // Job control as in an interactive shell.
    let script = format!("{child}; echo; echo stopped; read line; fg; echo ended: $?");
    shell.args(["--norc", "--noprofile", "-m", "-c", &script]);
    shell.env(MODES, "all");
    let mut pty = Pty::spawn(shell, 12, 70);
    pty.wait_for("ready");
    pty.keys("z");
    pty.wait_for("stopped");
    assert_restored(&pty);
    let before = pty.seen().raw().len();
    pty.keys("\n");
    pty.wait_for("back");
    assert!(!pty.modes().contains("ICANON") && pty.seen().screen().alternate_screen());
    assert!(pty.seen().text().starts_with("ready\nback"), "painted anew");
    let raw = pty.seen().raw();
    let (_, after) = raw.split_at(before);
    // Clearing and painting are one synchronized frame, or it would flicker.
    let clear = after.find("\x1b[2J").unwrap();
    let begin = after.get(..clear).unwrap().rfind("\x1b[?2026h").unwrap();
    assert!(!after.get(begin..clear).unwrap().contains("\x1b[?2026l"), "{after:?}");
    pty.keys("q");
    pty.wait_for("ended: 0");
    assert_restored(&pty);
}

#[test]
fn a_program_that_nobody_could_continue_is_not_stopped() {
    // It leads its session, as in `xterm -e ttydesk`.
    let mut pty = start("all");
    pty.keys("z");
    pty.wait_for("back");
    pty.keys("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn another_program_gets_the_terminal_whole_and_what_was_typed_ahead_is_forgotten() {
    let mut pty = start("all");
    pty.keys("e");
    pty.wait_for("editing");
    assert_restored(&pty);
    pty.keys("hello\n");
    pty.wait_for("got hello");
    // The second line ends the program; `qqq` is typed ahead and would end us.
    pty.keys("\nqqq");
    pty.wait_for("edited: exit status: 0");
    pty.keys("x");
    pty.wait_for("Char('x')");
    assert!(!pty.seen().text().contains("Char('h')"), "no key was stolen");
    pty.keys("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_paste_arrives_as_one_event() {
    let mut pty = start("few");
    pty.keys("\x1b[200~one\n:q\nq\x1b[201~");
    pty.wait_for("Paste(");
    pty.keys("q");
    assert_eq!(pty.exit(), 0);
}
