//! The README tells the truth: its keys are those of the keymap. Run with `UPDATE_README=1` to
//! write them anew.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ttydesk::app::keymap::Keymap;

const BEGIN: &str = "<!-- keys: made from the keymap -->\n";
const END: &str = "<!-- end of keys -->";

fn keys() -> String {
    let mut out = String::new();
    for (group, entries) in Keymap::new(&[]).unwrap().reference() {
        writeln!(
            out,
            "\n**{}**\n\n| keys | command | what it does |\n|---|---|---|",
            group.title()
        )
        .unwrap();
        for entry in entries {
            let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
            let keys: Vec<String> = entry.keys.iter().map(|keys| code(keys)).collect();
            writeln!(
                out,
                "| {} | {} | {} |",
                keys.join(" "),
                code(&entry.typed()),
                entry.spec.help
            )
            .unwrap();
        }
    }
    out
}

#[test]
fn the_keys_of_the_readme_are_those_of_the_keymap() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (held, after) = rest.split_once(END).unwrap();
    let wanted = keys();
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{wanted}\n{END}{after}")).unwrap();
        return;
    }
    assert_eq!(held.trim(), wanted.trim(), "UPDATE_README=1 cargo test --test readme writes them");
}

#[test]
fn the_settings_that_the_readme_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let example = fs::read_to_string(root.join("config.example.toml")).unwrap();
    let block = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    for line in block.lines().filter(|line| line.contains('=')) {
        let key = line.trim_start_matches(['#', ' ']).split(' ').next().unwrap();
        assert!(example.contains(&format!("{key} =")), "config.example.toml does not know {key}");
    }
}
