//! The command line of the real program: help, usage errors, exit codes, `config`.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A home of its own: nothing of the machine's user is read or written.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn config(&self, text: &str) {
        let folder = self.path().join("config/ttydesk");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("config.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ttydesk"));
        command.args(arguments).env_clear().env("HOME", self.path()).env("PATH", "/usr/bin:/bin");
        for (name, folder) in [
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(name, self.path().join(folder));
        }
        command
    }
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

const ACCOUNT: &str = "[[account]]\nname = \"acme\"\nvendor = \"chatwoot\"\naccount_id = 1\n";

#[test]
fn every_help_fits_80_columns_and_ends_well() {
    for arguments in
        [&["--help"][..], &["-h"], &["check", "--help"], &["config", "--help"], &["demo", "--help"]]
    {
        let ran = Home::new().run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn help_begins_with_examples() {
    let help = Home::new().run(&["--help"]).out;
    let (examples, usage) = (help.find("Examples:").unwrap(), help.find("Usage:").unwrap());
    assert!(examples < usage, "{help}");
}

#[test]
fn version_names_the_program() {
    let ran = Home::new().run(&["--version"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.out, format!("ttydesk {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_mistyped_flag_is_a_usage_error_with_a_suggestion() {
    let ran = Home::new().run(&["check", "--jsn"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("'--json'"), "{}", ran.err);
    let ran = Home::new().run(&["chek"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("'check'"), "{}", ran.err);
}

#[test]
fn config_path_names_every_folder_and_makes_none() {
    let home = Home::new();
    let ran = home.run(&["config", "path"]);
    assert_eq!(ran.code, 0);
    for path in ["config/ttydesk/config.toml", "data/ttydesk", "state/ttydesk", "cache/ttydesk"] {
        let path = home.path().join(path);
        assert!(ran.out.contains(path.to_str().unwrap()), "{}", ran.out);
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn config_check_accepts_a_good_file_and_a_missing_one() {
    let home = Home::new();
    assert_eq!(home.run(&["config", "check"]).code, 0);
    home.config(&format!("{ACCOUNT}url = \"https://c.example.com\"\ntoken = \"abc\"\n"));
    let ran = home.run(&["config", "check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("no errors, 0 warnings, 1 accounts"), "{}", ran.out);
}

#[test]
fn a_bad_configuration_is_told_on_standard_error_with_its_own_code() {
    let home = Home::new();
    home.config("mous = true\ntheme = \"pink\"\n");
    for command in [&["config", "check"][..], &["check"]] {
        let ran = home.run(command);
        assert_eq!((ran.code, ran.out.as_str()), (10, ""));
        assert!(ran.err.contains("config.toml:1:1: unknown key `mous`"), "{}", ran.err);
        assert!(ran.err.contains("config.toml:2:9: there is no theme `pink`"), "{}", ran.err);
    }
    let ran = home.run(&["--config", "nowhere.toml", "config", "check"]);
    assert_eq!(ran.code, 10);
    assert!(ran.err.contains("nowhere.toml: cannot be read"), "{}", ran.err);
}

#[test]
fn an_unknown_theme_on_the_command_line_is_a_usage_error() {
    let ran = Home::new().run(&["config", "check", "--theme", "pink"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--theme: there is no theme `pink`"), "{}", ran.err);
}

#[test]
fn check_without_accounts_says_so() {
    let ran = Home::new().run(&["check"]);
    assert_eq!(ran.code, 10);
    assert!(ran.err.contains("There is no account in "), "{}", ran.err);
}

#[test]
fn check_fails_with_the_code_of_the_worst_failure_and_json_on_standard_output() {
    let home = Home::new();
    // Nothing listens on port 1 of loopback; the token comes from a variable that is not set.
    let refused = "url = \"http://127.0.0.1:1\"\n";
    home.config(&format!("{ACCOUNT}{refused}token = \"s3cret\"\n"));
    let ran = home.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (11, ""), "{}", ran.out);
    assert!(ran.out.contains("failed  connection"), "{}", ran.out);
    assert!(!ran.out.contains("s3cret") && !ran.out.contains('\x1b'), "{}", ran.out);

    home.config(&format!("{ACCOUNT}{refused}token = {{ env = \"UNSET\" }}\n"));
    let ran = home.run(&["check", "--json"]);
    assert_eq!(ran.code, 3);
    let report: serde_json::Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!(report["account"], "acme");
    assert_eq!((&report["result"], &report["exit_code"]), (&"failed".into(), &3.into()));
    assert_eq!(report["checks"][0]["check"], "token");
    assert!(report["checks"][0]["fix"].as_str().unwrap().contains("Set UNSET"));
    assert_eq!(report["checks"][1]["check"], "connection");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Home::new().command(&["config", "path"]);
    let ran: Ran = command.stdout(writer).output().unwrap().into();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}
