//! The file: opened, checked, read, written.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use rustix::fs::{FlockOperation, flock};

use super::aside;
use super::rows::{DraftRow, OpRow, mode_word, read_mode};
use super::schema;
use crate::app::keep::{Job, Kept, KeptDraft};
use crate::app::outbox::Op;
use crate::model::{AccountId, ConversationId, OpId, RemoteId};

/// The file's name in the data folder.
pub(super) const FILE: &str = "store.db";
const LOCK: &str = "store.lock";
/// How long another connection (`ttydesk store`) may hold the file.
const BUSY: Duration = Duration::from_secs(5);

/// Why the file cannot be used now.
#[derive(Debug)]
pub(super) enum Refused {
    /// Another program has it.
    InUse,
    /// The disk or the system, in words.
    Fault(String),
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fault(words(&error))
    }
}

/// Why a file has to be moved aside.
enum Unusable {
    Damaged,
    Newer,
    Refused(Refused),
}

impl From<rusqlite::Error> for Unusable {
    fn from(error: rusqlite::Error) -> Self {
        if is_damaged(&error) { Self::Damaged } else { Self::Refused(error.into()) }
    }
}

/// Whether the file itself is at fault.
pub(super) fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// What went wrong, for the agent.
pub(super) fn words(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full.".into(),
        Some(ErrorCode::ReadOnly) => "the disk is read-only.".into(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program holds the store's file.".into()
        }
        _ if is_damaged(error) => "the store's file is damaged; it will be moved aside.".into(),
        _ => format!("{error}."),
    }
}

/// The open file.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) connection: Connection,
    accounts: Vec<String>,
    files: Files,
    /// Held as long as the file is open.
    _lock: File,
}

impl Disk {
    /// Opens the file, makes it if it is not there, and reads what is in it.
    ///
    /// # Errors
    /// See [`Refused`].
    pub(super) fn open(folder: &Path, accounts: &[String]) -> Result<(Self, Kept), Refused> {
        let fault = |what: &Path| {
            let what = what.display().to_string();
            move |error: io::Error| Refused::Fault(format!("{what}: {error}."))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fault(folder))?;
        // The mode above is only for a new folder.
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(fault(folder))?;
        let lock = own_file(&folder.join(LOCK)).map_err(fault(&folder.join(LOCK)))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Refused::InUse);
        }
        let file = folder.join(FILE);
        own_file(&file).map_err(fault(&file))?;
        let mut notes = Vec::new();
        let connection = match connect(&file) {
            Ok(connection) => connection,
            Err(Unusable::Refused(refused)) => return Err(refused),
            Err(unusable) => {
                let (word, what) = match unusable {
                    Unusable::Newer => ("newer", "was written by a newer ttydesk"),
                    _ => ("damaged", "was damaged"),
                };
                let aside = aside::move_aside(&file, word).map_err(fault(&file))?;
                own_file(&file).map_err(fault(&file))?;
                let mut connection = connect(&file).map_err(|unusable| match unusable {
                    Unusable::Refused(refused) => refused,
                    _ => Refused::Fault("a new file is damaged at once.".into()),
                })?;
                let (drafts, ops) = aside::salvage(&aside, &mut connection)?;
                notes.push(format!(
                    "The store {what} and was moved to {}; {drafts} drafts and {ops} operations \
                     were read over.",
                    aside.display()
                ));
                connection
            }
        };
        let files = Files::default();
        let mut disk = Self { connection, accounts: accounts.to_owned(), files, _lock: lock };
        let names = Names::new(accounts);
        let (ops, lost) = read_ops(&disk.connection, &names, &disk.files)?;
        disk.tidy(&lost)?;
        let (drafts, unreadable) = read_drafts(&disk.connection, &names, &disk.files)?;
        notes.extend(unreadable_note(lost.len() + unreadable));
        Ok((disk, Kept { drafts, ops, notes }))
    }

    /// Applies a batch: all of it or nothing.
    ///
    /// # Errors
    /// When the disk refuses; then nothing of it holds.
    pub(super) fn keep(&mut self, jobs: &[Job]) -> rusqlite::Result<()> {
        let result = self.try_keep(jobs);
        if result.is_err() {
            // Some of the files known by number may not be there after all.
            self.files = Files::default();
        }
        result
    }

    fn try_keep(&mut self, jobs: &[Job]) -> rusqlite::Result<()> {
        let Self { connection, accounts, files, .. } = self;
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for job in jobs {
            apply(&change, accounts, files, job)?;
        }
        change.commit()
    }

    /// Makes drafts again of the copies whose operation is lost, unless there is another draft in
    /// the same place; deletes the files that no body names any more.
    fn tidy(&mut self, lost: &[String]) -> rusqlite::Result<()> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for key in lost {
            change.execute("UPDATE OR IGNORE drafts SET op = '' WHERE op = ?", [key])?;
        }
        change.execute(
            "UPDATE OR IGNORE drafts SET op = ''
             WHERE op <> '' AND op NOT IN (SELECT key FROM outbox)",
            [],
        )?;
        // Bodies that cannot be read may name files, too: so the search is in the text.
        change.execute(
            "DELETE FROM files WHERE NOT EXISTS (
                SELECT 1 FROM drafts WHERE instr(body, '{\"file\":' || files.id || '}')
                UNION ALL
                SELECT 1 FROM outbox WHERE instr(body, '{\"file\":' || files.id || '}'))",
            [],
        )?;
        change.commit()
    }
}

/// What can be read from a file that cannot be written: better than an empty screen.
pub(super) fn read_only(folder: &Path, accounts: &[String]) -> Kept {
    let file = folder.join(FILE);
    // Without a journal of its own SQLite reads such a file only if told that nobody changes it.
    let address = format!("file:{}?immutable=1", file.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let names = Names::new(accounts);
    let read = || -> rusqlite::Result<Kept> {
        let connection = Connection::open_with_flags(address, flags)?;
        let files = Files::default();
        let (ops, lost) = read_ops(&connection, &names, &files)?;
        let (drafts, unreadable) = read_drafts(&connection, &names, &files)?;
        let notes = unreadable_note(lost.len() + unreadable).into_iter().collect();
        Ok(Kept { drafts, ops, notes })
    };
    read().unwrap_or_default()
}

/// A file that only its owner can read.
fn own_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn connect(file: &Path) -> Result<Connection, Unusable> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(BUSY)?;
    if schema::version(&connection)? > i32::try_from(schema::STEPS.len()).unwrap_or(i32::MAX) {
        return Err(Unusable::Newer);
    }
    let check: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    if check != "ok" {
        tracing::error!("the store is damaged: {check}");
        return Err(Unusable::Damaged);
    }
    // What answers is the mode in force: some network disks cannot have this one, and work.
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // A commit is on the disk itself when it returns, also if the power goes.
    connection.pragma_update(None, "synchronous", "full")?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// The files on disk that are also in memory, so that each is written once.
#[derive(Debug, Default)]
struct Files(RefCell<Vec<(Weak<[u8]>, i64)>>);

impl Files {
    fn save(&self, change: &Transaction<'_>, bytes: &Arc<[u8]>) -> rusqlite::Result<i64> {
        let mut known = self.0.borrow_mut();
        known.retain(|(held, _)| held.strong_count() > 0);
        let same = |held: &Weak<[u8]>| held.upgrade().is_some_and(|held| Arc::ptr_eq(&held, bytes));
        if let Some((_, id)) = known.iter().find(|(held, _)| same(held)) {
            return Ok(*id);
        }
        change.execute("INSERT INTO files (bytes) VALUES (?)", [&bytes[..]])?;
        let id = change.last_insert_rowid();
        known.push((Arc::downgrade(bytes), id));
        Ok(id)
    }

    fn load(&self, connection: &Connection, id: i64) -> Option<Arc<[u8]>> {
        let known =
            self.0.borrow().iter().find(|(_, known)| *known == id).map(|(held, _)| held.clone());
        if let Some(held) = known.and_then(|held| held.upgrade()) {
            return Some(held);
        }
        let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
        let bytes = connection.query_row("SELECT bytes FROM files WHERE id = ?", [id], read);
        let bytes: Arc<[u8]> = bytes.optional().ok().flatten()?.into();
        self.0.borrow_mut().push((Arc::downgrade(&bytes), id));
        Some(bytes)
    }
}

fn apply(
    change: &Transaction<'_>,
    accounts: &[String],
    files: &Files,
    job: &Job,
) -> rusqlite::Result<()> {
    let place = |id: &ConversationId| {
        let name = accounts.get(usize::from(id.account.0)).cloned().unwrap_or_default();
        (name, id.remote.to_string())
    };
    let mut save = |bytes: &Arc<[u8]>| files.save(change, bytes);
    match job {
        Job::PutDraft { conversation, mode, draft, op } => {
            let (account, remote) = place(conversation);
            let body = json(&DraftRow::new(draft, &mut save)?)?;
            let op = op.as_ref().map_or("", |key| &*key.0);
            change.execute(
                "INSERT OR REPLACE INTO drafts (account, conversation, mode, op, body)
                 VALUES (?, ?, ?, ?, ?)",
                params![account, remote, mode_word(mode), op, body],
            )?;
        }
        Job::DropDraft { conversation, mode } => {
            let (account, remote) = place(conversation);
            change.execute(
                "DELETE FROM drafts WHERE account = ? AND conversation = ? AND mode = ? AND op = ''",
                params![account, remote, mode_word(mode)],
            )?;
        }
        Job::PutOp { op, due } => {
            let (account, remote) = place(&op.conversation);
            let body = json(&OpRow::new(op, *due, &mut save)?)?;
            change.execute(
                "INSERT OR REPLACE INTO outbox (key, place, account, conversation, body)
                 VALUES (?, ?, ?, ?, ?)",
                params![
                    &*op.key.0,
                    i64::try_from(op.id.0).unwrap_or(i64::MAX),
                    account,
                    remote,
                    body
                ],
            )?;
        }
        Job::DropOp(key) => {
            change.execute("DELETE FROM outbox WHERE key = ?", [&*key.0])?;
            change.execute("DELETE FROM drafts WHERE op = ?", [&*key.0])?;
        }
    }
    Ok(())
}

fn json(row: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(row)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Finds the account of a name. Rows of accounts that are not in the configuration stay where they
/// are: the account may come back.
struct Names<'a>(HashMap<&'a str, AccountId>);

impl<'a> Names<'a> {
    fn new(accounts: &'a [String]) -> Self {
        let places = accounts.iter().zip(0..);
        Self(places.map(|(name, place)| (name.as_str(), AccountId(place))).collect())
    }

    fn conversation(&self, account: &str, remote: &str) -> Option<ConversationId> {
        let account = *self.0.get(account)?;
        Some(ConversationId { account, remote: RemoteId::new(remote) })
    }
}

/// The operations, oldest first, and the keys of those that cannot be read.
type Ops = (Vec<(Op, Timestamp)>, Vec<String>);

fn read_ops(connection: &Connection, names: &Names<'_>, files: &Files) -> rusqlite::Result<Ops> {
    let load = |id| files.load(connection, id);
    let (mut ops, mut unreadable) = Ops::default();
    let mut statement = connection
        .prepare("SELECT account, conversation, key, place, body FROM outbox ORDER BY place")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (account, remote): (String, String) = (row.get(0)?, row.get(1)?);
        let (key, place, body): (String, i64, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let Some(conversation) = names.conversation(&account, &remote) else { continue };
        let id = OpId(u64::try_from(place).unwrap_or_default());
        let body: Option<OpRow> = serde_json::from_str(&body).ok();
        match body.and_then(|body| body.read(id, &key, conversation, &load)) {
            Some(op) => ops.push(op),
            None => unreadable.push(key),
        }
    }
    Ok((ops, unreadable))
}

/// The drafts that are nobody's copy, and how many of them cannot be read.
fn read_drafts(
    connection: &Connection,
    names: &Names<'_>,
    files: &Files,
) -> rusqlite::Result<(Vec<KeptDraft>, usize)> {
    let load = |id| files.load(connection, id);
    let (mut drafts, mut unreadable) = (Vec::new(), 0);
    let mut statement =
        connection.prepare("SELECT account, conversation, mode, body FROM drafts WHERE op = ''")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (account, remote): (String, String) = (row.get(0)?, row.get(1)?);
        let (mode, body): (String, String) = (row.get(2)?, row.get(3)?);
        let Some(conversation) = names.conversation(&account, &remote) else { continue };
        match (read_mode(&mode), serde_json::from_str::<DraftRow>(&body)) {
            (Some(mode), Ok(body)) => {
                drafts.push(KeptDraft { conversation, mode, draft: body.read(&load) });
            }
            _ => unreadable += 1,
        }
    }
    Ok((drafts, unreadable))
}

fn unreadable_note(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} rows of the store cannot be read; they are left alone."))
}
