//! The rules of the architecture that the compiler cannot hold.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// Lines of a source file that are code, before its unit tests.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    (1..)
        .zip(text.lines().map(str::to_owned))
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .collect()
}

fn mentions(folder: &str, words: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let files = sources(&root);
    assert!(!files.is_empty(), "{folder} is empty");
    let mut found = Vec::new();
    for file in files {
        for (number, line) in code(&file) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", file.display(), line.trim()));
            }
        }
    }
    found
}

#[test]
fn what_decides_and_draws_never_waits_and_has_no_clock() {
    for folder in ["app", "ui", "model", "text"] {
        let found = mentions(
            folder,
            &[
                "tokio",
                "reqwest",
                "rusqlite",
                "async ",
                ".await",
                "Instant::",
                "SystemTime",
                "Timestamp::now",
                "Zoned::now",
                "std::fs",
                "std::net",
                "std::thread",
                "std::process",
                "std::env",
            ],
        );
        assert!(found.is_empty(), "{folder} reaches out of its place:\n{}", found.join("\n"));
    }
}

#[test]
fn vendors_know_neither_the_screen_nor_each_other() {
    let found = mentions("providers", &["ratatui", "crossterm", "crate::app", "crate::ui"]);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let vendors = ["chatwoot", "enneo", "voicebot", "partoo"];
    for vendor in vendors {
        for other in vendors.iter().filter(|other| **other != vendor) {
            let folder = format!("providers/{vendor}");
            let found =
                mentions(&folder, &[&format!("super::{other}"), &format!("providers::{other}")]);
            assert!(found.is_empty(), "{}", found.join("\n"));
        }
    }
}

#[test]
fn drawing_and_deciding_know_no_vendor_by_its_wire_format() {
    for folder in ["app", "ui"] {
        let found = mentions(folder, &["serde_json", "crate::providers"]);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
