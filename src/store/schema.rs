//! What the file looks like. A step is never edited: it has run on somebody's file.

use rusqlite::{Connection, TransactionBehavior};

/// Tells the file from every other SQLite file: "ttyd".
pub(super) const APPLICATION_ID: i32 = 0x7474_7964;

/// Each step leads from the version that its place counts to the next one.
pub(super) const STEPS: [&str; 1] = ["
    -- What the agent writes. `op` is empty, or the key of the operation that says the words now.
    CREATE TABLE drafts (
        account TEXT NOT NULL,
        conversation TEXT NOT NULL,
        mode TEXT NOT NULL,
        op TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (account, conversation, mode, op)
    );
    -- What the agent decided and the vendor has not confirmed. `place` is the order.
    CREATE TABLE outbox (
        key TEXT NOT NULL PRIMARY KEY,
        place INTEGER NOT NULL,
        account TEXT NOT NULL,
        conversation TEXT NOT NULL,
        body TEXT NOT NULL
    );
    -- Files attached to them; the bodies name them by id.
    CREATE TABLE files (
        id INTEGER NOT NULL PRIMARY KEY,
        bytes BLOB NOT NULL
    );
"];

/// The version of the file.
///
/// # Errors
/// When it cannot be read.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the file to the newest version, each step as one transaction.
///
/// # Errors
/// When a step fails; those before it hold.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    for (step, next) in
        STEPS.iter().zip(1..).skip(usize::try_from(version(connection)?).unwrap_or(0))
    {
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(step)?;
        change.pragma_update(None, "application_id", APPLICATION_ID)?;
        change.pragma_update(None, "user_version", next)?;
        change.commit()?;
    }
    Ok(())
}
