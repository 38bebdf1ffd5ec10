//! The configuration file, as the person who writes it meets it.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ttydesk::config::{
    Checks, Config, Credential, KeyContext, Loaded, MarkRead, Problem, Rejected, Severity,
    TokenSource, load, parse,
};
use ttydesk::model::{Channel, Vendor};

const EXAMPLE: &str = include_str!("../config.example.toml");

fn read(text: &str) -> Result<Loaded, Rejected> {
    parse(Path::new("config.toml"), text, &Checks::none())
}

fn problems(text: &str) -> Vec<Problem> {
    read(text).expect_err("should be refused").0
}

/// The only problem of a text.
fn problem(text: &str) -> Problem {
    let mut found = problems(text);
    assert_eq!(found.len(), 1, "{}", Rejected(found));
    found.remove(0)
}

fn at(problem: &Problem) -> (usize, usize) {
    let place = problem.place.as_ref().expect("a place");
    (place.line, place.column)
}

/// An account with one line changed or added.
fn account(line: &str) -> String {
    let key = line.split_whitespace().next().unwrap_or_default();
    let mut text = "[[account]]\n".to_owned();
    for usual in [
        "name = \"acme\"",
        "vendor = \"chatwoot\"",
        "url = \"https://chat.example.com\"",
        "account_id = 1",
        "token = { env = \"ACME_TOKEN\" }",
    ] {
        if !usual.starts_with(&format!("{key} ")) {
            text += &format!("{usual}\n");
        }
    }
    text + line + "\n"
}

/// The commented settings of the example, uncommented, without the accounts.
fn commented_defaults() -> String {
    let is_setting = |line: &&str| {
        let key = line.split(" = ").next().unwrap_or_default();
        line.starts_with('[')
            || line.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let lines = EXAMPLE.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_setting);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_file_means_the_defaults() {
    assert_eq!(read("").unwrap(), Loaded { config: Config::default(), warnings: vec![] });
}

#[test]
fn the_example_parses_and_shows_every_vendor() {
    let config = read(EXAMPLE).unwrap().config;
    let vendors: BTreeSet<Vendor> = config.accounts.iter().map(|account| account.vendor).collect();
    assert_eq!(vendors, Vendor::ALL.into());
    assert_eq!(Config { accounts: vec![], ..config }, Config::default());
}

#[test]
fn the_commented_values_of_the_example_are_the_defaults() {
    let defaults = commented_defaults();
    assert!(defaults.lines().count() > 20, "{defaults}");
    assert_eq!(read(&defaults).unwrap().config, Config::default());
    // Each of them is really read: another value of the same kind makes a difference or an error.
    for line in defaults.lines().filter(|line| line.contains(" = ")) {
        let (key, value) = line.split_once(" = ").unwrap();
        let other = match value {
            "true" => "false",
            "false" => "true",
            number if number.parse::<u32>().is_ok() => "77",
            _ => "[]",
        };
        let changed = defaults.replace(line, &format!("{key} = {other}"));
        let same = read(&changed).is_ok_and(|loaded| loaded.config == Config::default());
        assert!(!same, "{key} = {other} changes nothing");
    }
}

/// The words that the message about an unknown key lists.
fn keys_allowed(text: &str) -> BTreeSet<String> {
    let found = problems(text);
    let help = found.iter().find(|problem| problem.what.contains("zzz")).unwrap().help.clone();
    let help = help.unwrap();
    let (_, list) = help.split_once("llowed are: ").unwrap();
    list.split(", ").map(str::to_owned).collect()
}

#[test]
fn every_key_is_documented_in_the_example() {
    let example = EXAMPLE.replace("# ", "");
    let top = keys_allowed("zzz = 1");
    let tables = ["account", "keys", "undo"];
    let mut documented: Vec<String> = Vec::new();
    for key in top.iter().filter(|key| !tables.contains(&key.as_str())) {
        documented.push(format!("\n{key} = "));
    }
    for table in ["[undo]", "[[account]]", "[keys.normal]", "[keys.composer]", "[keys.prompt]"] {
        documented.push(format!("\n{table}"));
    }
    for text in ["[undo]\nzzz = 1".to_owned(), account("zzz = 1")] {
        documented.extend(keys_allowed(&text).iter().map(|key| format!("\n{key} = ")));
    }
    for form in keys_allowed(&account("token = { zzz = 1 }")) {
        documented.push(format!("token = {{ {form} = "));
    }
    for expected in documented {
        assert!(example.contains(&expected), "the example lacks {expected:?}");
    }
}

#[test]
fn accounts_come_in_order_with_their_credentials() {
    let config = read(EXAMPLE).unwrap().config;
    let [acme, energy, sso, shop, _] = &config.accounts[..] else { panic!("{config:?}") };
    assert_eq!((acme.name.as_str(), acme.account_id), ("acme", Some(1)));
    assert_eq!(acme.credential, Credential::Token(TokenSource::Env("ACME_TOKEN".into())));
    assert_eq!(energy.timezone.iana_name(), Some("Europe/Berlin"));
    let command = TokenSource::Command("pass show enneo".into());
    assert_eq!(energy.credential, Credential::Token(command));
    assert_eq!(sso.credential, Credential::Cookie(TokenSource::Env("ENNEO_SID".into())));
    let Credential::Token(TokenSource::File(file)) = &shop.credential else { panic!("{shop:?}") };
    assert!(file.is_absolute() && file.ends_with(".secrets/voicebot"), "{}", file.display());
}

#[test]
fn settings_are_read() {
    let text = r#"
        theme = "light"
        mouse = true
        mark_read = "never"
        timezone = "Asia/Tokyo"
        [undo]
        email = 20
        [keys.composer]
        "Ctrl-x" = "none"
        [keys.normal]
        "gx" = "resolve"
    "#;
    let config = read(text).unwrap().config;
    assert_eq!((config.theme.as_str(), config.mouse), ("light", true));
    assert_eq!(config.mark_read, MarkRead::Never);
    assert_eq!(config.timezone.iana_name(), Some("Asia/Tokyo"));
    assert_eq!(config.undo.of(&Channel::Email).as_secs(), 20);
    assert_eq!(config.undo.of(&Channel::Letter).as_secs(), 8);
    let [unbound, bound] = &config.key_overrides[..] else { panic!("{config:?}") };
    assert_eq!((unbound.context, unbound.command.as_deref()), (KeyContext::Composer, None));
    assert_eq!((bound.sequence.as_str(), bound.command.as_deref()), ("gx", Some("resolve")));
    assert_eq!((unbound.line, bound.line), (9, 11));
}

#[test]
fn an_unknown_key_says_where_and_what_was_meant() {
    let found = problem("mouse = true\n  them = \"light\"\n");
    assert_eq!(at(&found), (2, 3));
    assert_eq!(found.what, "unknown key `them`");
    let shown = found.to_string();
    assert!(shown.starts_with("error: config.toml:2:3: unknown key `them`\n"), "{shown}");
    assert!(shown.contains("  2 |   them = \"light\"\n    |   ^^^^\n"), "{shown}");
    assert!(shown.contains("did you mean `theme`?"), "{shown}");
}

#[test]
fn columns_are_counted_in_characters() {
    let found = problems("undo = { email = 3, \"grüße\" = 1, chaat = 4 }");
    assert_eq!(found.iter().map(at).collect::<Vec<_>>(), [(1, 21), (1, 34)]);
    assert_eq!(found[0].place.as_ref().unwrap().width, 7);
}

#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let text = r#"
theme = 3
mark_read = "on_repl"
[[account]]
name = "a"
vendor = "chatwot"
url = "ftp://x"
[[account]]
vendor = "partoo"
url = "https://api.partoo.co/v2"
token = { enf = "X" }
[undo]
email = -1
"#;
    let found = problems(text);
    let whats: Vec<(usize, &str)> =
        found.iter().map(|problem| (at(problem).0, problem.what.as_str())).collect();
    assert_eq!(
        whats,
        [
            (2, "`theme` is a text in quotes, not a number"),
            (3, "`on_repl` is no mark_read"),
            (4, "this account has no `token`"),
            (6, "`chatwot` is no vendor"),
            (7, "`url` is no web address"),
            (8, "this account has no `name`"),
            (11, "`token` comes from exactly one of env, command, file"),
            (11, "unknown key `enf` in `account.token`"),
            (13, "`email` is a whole number from 0 to 300"),
        ]
    );
}

#[test]
fn a_chatwoot_account_needs_its_number_and_others_have_none() {
    let text = account("x = 1").replace("account_id = 1\n", "").replace("x = 1\n", "");
    assert_eq!(problem(&text).what, "this account has no `account_id`");
    let found = problem(&account("vendor = \"partoo\""));
    assert_eq!(found.what, "`account_id` is only for Chatwoot accounts");
    let found = problem(&account("timezone = \"UTC\""));
    assert_eq!(found.what, "`timezone` is only for enneo accounts");
}

#[test]
fn two_accounts_cannot_share_a_name() {
    let found = problem(&(account("") + &account("")));
    assert_eq!(at(&found), (9, 8));
    assert_eq!(found.what, "the name `acme` is taken by the account in line 2");
}

#[test]
fn a_url_that_cannot_be_a_base_url_is_refused() {
    for (url, what) in [
        ("chat.example.com", "`url` is no URL"),
        ("mailto:a@b.c", "`url` is no web address"),
        ("https://me:pw@chat.example.com", "`url` holds a user name or password"),
        ("https://chat.example.com/?a=1", "`url` holds a ? or #"),
    ] {
        assert_eq!(problem(&account(&format!("url = \"{url}\""))).what, what);
    }
    let loaded = read(&account("url = \"https://chat.example.com/\"")).unwrap();
    assert_eq!(loaded.config.accounts[0].url, "https://chat.example.com");
}

#[test]
fn plain_http_is_a_warning_except_to_this_machine() {
    for host in ["127.0.0.1:3000", "localhost", "[::1]:8080"] {
        let loaded = read(&account(&format!("url = \"http://{host}\""))).unwrap();
        assert_eq!(loaded.warnings, [], "{host}");
    }
    let loaded = read(&account("url = \"http://chat.example.com\"")).unwrap();
    assert_eq!(loaded.warnings.len(), 1);
    assert_eq!(loaded.warnings[0].severity, Severity::Warning);
    assert!(loaded.warnings[0].what.contains("without encryption"));
}

#[test]
fn a_name_that_could_drive_a_terminal_is_refused() {
    let found = problem(&account(r#"name = "a\u001b[31m""#));
    assert_eq!(found.what, "`name` holds characters that cannot be shown");
}

#[test]
fn a_secret_is_never_part_of_a_message() {
    for line in [
        "token = \"s3cret",
        "token = s3cret",
        "token = { plain = \"s3cret\" }",
        "token = [\"s3cret\"]",
        "cookie = \"s3cret\"",
        "tokn = 1 # token s3cret",
    ] {
        let shown = Rejected(problems(&account(line))).to_string();
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("config.toml:"), "{shown}");
    }
}

#[test]
fn a_token_that_others_can_read_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let secret = folder.path().join("secret");
    fs::write(&secret, "t").unwrap();
    for (line, guarded) in [("token = \"abc\"", &file), ("token = { file = \"secret\" }", &secret)]
    {
        fs::write(&file, account(line)).unwrap();
        for (mode, warnings) in [(0o600, 0), (0o644, 1)] {
            fs::set_permissions(guarded, fs::Permissions::from_mode(mode)).unwrap();
            let loaded = load(&file, &Checks::none()).unwrap();
            assert_eq!(loaded.warnings.len(), warnings, "{line} {mode:o}");
        }
    }
    let loaded = load(&file, &Checks::none()).unwrap();
    assert_eq!(
        loaded.config.accounts[0].credential,
        Credential::Token(TokenSource::File(secret)),
        "a relative token file lies beside the configuration"
    );
}

#[test]
fn a_syntax_error_says_where_and_does_not_hide_others() {
    let found = problems("theme = \"dark\nmous = true\n");
    assert_eq!(at(&found[0]).0, 1, "{}", Rejected(found));
    assert!(found.iter().any(|problem| problem.what.contains("mous")), "{}", Rejected(found));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let Rejected(found) = load(Path::new("/nowhere/config.toml"), &Checks::none()).unwrap_err();
    assert!(found[0].to_string().starts_with("error: /nowhere/config.toml: cannot be read: "));
}

#[test]
fn themes_and_keys_are_judged_by_who_knows_them() {
    let checks = Checks {
        theme: &|name| Err(format!("no theme {name}")),
        keys: &|_, overrides| {
            assert_eq!(overrides.len(), 2);
            vec![(1, format!("no command {}", overrides[1].command.as_deref().unwrap()))]
        },
    };
    let text = "theme = \"pink\"\n[keys.normal]\na = \"none\"\nb = \"fly\"\n";
    let Rejected(found) = parse(Path::new("c"), text, &checks).unwrap_err();
    assert_eq!(at(&found[0]), (1, 9));
    assert_eq!(found[0].what, "no theme pink");
    assert_eq!((at(&found[1]), found[1].what.as_str()), ((4, 1), "no command fly"));
}
