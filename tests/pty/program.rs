//! The whole program on the demo desk: it takes the terminal and gives it back on every way out.

use portable_pty::CommandBuilder;
use rustix::process::Signal;

use super::harness::{Pty, assert_restored};

/// The inbox, with rows on the screen. `--calm`: nobody writes by himself.
fn demo() -> Pty {
    let pty = Pty::ttydesk(&["demo", "--calm", "--seed", "7", "--conversations", "40"], 30, 120);
    pty.wait_until("the first conversations", |seen| {
        seen.screen().alternate_screen() && seen.text().contains("● chatwoot")
    });
    pty
}

#[test]
fn it_opens_on_the_demo_desk_and_quits_with_0() {
    for keys in [":q\r", "ZZ"] {
        let mut pty = demo();
        pty.keys(keys);
        assert_eq!(pty.exit(), 0, "{keys:?}");
        assert_restored(&pty);
    }
}

#[test]
fn the_system_can_end_it_and_the_terminal_is_whole() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut pty = demo();
        pty.signal(signal);
        pty.exit();
        assert_restored(&pty);
    }
}

#[test]
fn it_does_not_outlive_its_terminal() {
    let mut pty = demo();
    pty.hang_up();
    pty.exit();
}

#[test]
fn ctrl_z_gives_the_shell_its_terminal_and_fg_brings_the_inbox_back() {
    let mut shell = CommandBuilder::new("bash");
    let program = env!("CARGO_BIN_EXE_ttydesk");
    let script = format!(
        "{program} demo --calm --seed 7; echo; echo stopped; read line; fg; echo ended: $?"
    );
    shell.args(["--norc", "--noprofile", "-m", "-c", &script]);
    let mut pty = Pty::spawn(shell, 30, 120);
    pty.wait_for("● chatwoot");
    pty.keys("\x1a");
    pty.wait_for("stopped");
    assert_restored(&pty);
    pty.keys("\n");
    pty.wait_until("the inbox again", |seen| {
        seen.screen().alternate_screen() && seen.text().contains("● chatwoot")
    });
    pty.keys(":q\r");
    pty.wait_for("ended: 0");
    assert_restored(&pty);
}

#[test]
fn its_files_lie_in_the_xdg_folders_and_nowhere_else() {
    let mut pty = demo();
    pty.keys(":q\r");
    pty.exit();
    for entry in std::fs::read_dir(pty.home()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(
            ["config", "data", "state", "cache"].iter().any(|known| *known == name),
            "{name:?}"
        );
    }
    assert!(pty.home().join("state/ttydesk/ttydesk.log").is_file());
}
