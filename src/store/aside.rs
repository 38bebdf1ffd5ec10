//! A file that cannot be used is moved aside, and what the agent wrote is read over from it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params_from_iter};

/// The tables that nobody else has a copy of.
const PRECIOUS: [(&str, &[&str]); 3] = [
    ("files", &["id", "bytes"]),
    ("drafts", &["account", "conversation", "mode", "op", "body"]),
    ("outbox", &["key", "place", "account", "conversation", "body"]),
];

/// Gives a file a name that says what is wrong with it, together with the journal beside it.
///
/// # Errors
/// When it cannot be renamed; it is as it was then.
pub(super) fn move_aside(file: &Path, what: &str) -> io::Result<PathBuf> {
    let stamp = Timestamp::now().to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = |number: u32| file.with_file_name(format!("{stem}-{what}-{stamp}-{number}.db"));
    let mut number = 1;
    while name(number).try_exists()? {
        number += 1;
    }
    let aside = name(number);
    fs::rename(file, &aside)?;
    for beside in ["-wal", "-shm"] {
        let from = with_ending(file, beside);
        if from.try_exists()? {
            fs::rename(from, with_ending(&aside, beside))?;
        }
    }
    Ok(aside)
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Reads over what can be read. Returns how many drafts and operations that were.
///
/// # Errors
/// When the new file cannot be written; nothing was read over then.
pub(super) fn salvage(aside: &Path, to: &mut Connection) -> rusqlite::Result<(usize, usize)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Not a database at all: there is nothing to read.
    let Ok(from) = Connection::open_with_flags(aside, flags) else { return Ok((0, 0)) };
    let change = to.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut counts = [0; 3];
    for ((table, columns), count) in PRECIOUS.iter().zip(&mut counts) {
        let list = columns.join(", ");
        let marks = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {table} ({list}) VALUES ({marks})");
        for row in readable(&from, table, &list, columns.len()) {
            *count += change.execute(&insert, params_from_iter(row))?;
        }
    }
    change.commit()?;
    let [_, drafts, ops] = counts;
    Ok((drafts, ops))
}

/// The rows before a damaged page, and the ones after it.
fn readable(from: &Connection, table: &str, list: &str, columns: usize) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    for order in ["ASC", "DESC"] {
        let query = format!("SELECT rowid, {list} FROM {table} ORDER BY rowid {order}");
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = from.prepare(&query)?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                if seen.insert(row.get::<_, i64>(0)?) {
                    rows.push((1..=columns).map(|at| row.get(at)).collect::<Result<_, _>>()?);
                }
            }
            Ok(())
        };
        match read() {
            Ok(()) => break,
            Err(error) => tracing::warn!("{table} cannot be read whole: {error}"),
        }
    }
    rows
}
