//! Remembers. What the agent wrote and decided is in one SQLite file in the data folder, `0600` in
//! `0700`, under the names of the accounts (their ids are places in the configuration and change).
//! No secret is ever in it.
//!
//! One thread owns the connection and applies batches in the order in which they came, each as one
//! transaction that is on the disk itself when it is reported as kept. A lock file that dies with
//! its process keeps a second program away: two that send from one outbox would send twice.
//!
//! A file that is damaged, or that a newer program wrote, is moved aside, never deleted; drafts and
//! outbox are read over from it as far as possible. A disk that refuses is tried again with every
//! batch.

mod aside;
mod disk;
mod rows;
mod schema;
mod scratch;
#[cfg(test)]
mod tests;

pub use self::scratch::Scratch;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use self::disk::{Disk, Refused};
use crate::app::keep::{Job, Kept};

/// How long a suspend or an end waits for the disk. Below the two seconds that a program has that
/// was told to end.
const SETTLE: Duration = Duration::from_millis(1500);

/// What the store reports.
#[derive(Debug)]
pub enum Report {
    /// A batch was kept, or not.
    Stored(u64, Result<(), String>),
    /// The file could be opened only now; this is what was in it.
    Restored(Kept),
}

/// Another program has the file.
#[derive(Debug, thiserror::Error)]
#[error(
    "error: ttydesk is already running on {} (only one at a time can send from its outbox)",
    .0.display()
)]
pub struct InUse(pub PathBuf);

/// The store's thread. Dropping the handle ends it after what it was told.
#[derive(Debug)]
pub struct Store {
    orders: Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Keep(u64, Vec<Job>),
    Settle(oneshot::Sender<()>),
}

impl Store {
    /// Opens the file in a folder and reads what an earlier run left. `accounts` are the names, in
    /// the order of the configuration. A disk that refuses is no error: its reason is in
    /// [`Kept::notes`], and every batch tries again.
    ///
    /// # Errors
    /// When another program has it open.
    pub fn open(
        folder: &Path,
        accounts: Vec<String>,
        report: impl Fn(Report) + Send + 'static,
    ) -> Result<(Self, Kept), InUse> {
        let (disk, kept) = match Disk::open(folder, &accounts) {
            Ok((disk, kept)) => (Some(disk), kept),
            Err(Refused::InUse) => return Err(InUse(folder.to_owned())),
            Err(Refused::Fault(why)) => {
                let mut kept = disk::read_only(folder, &accounts);
                kept.notes.insert(0, format!("Nothing is being saved, so nothing is sent: {why}"));
                (None, kept)
            }
        };
        let (orders, inbox) = channel();
        let keeper = Keeper { folder: folder.to_owned(), accounts, disk, report };
        thread::Builder::new()
            .name("store".into())
            .spawn(move || keeper.work(&inbox))
            .map_err(|_| InUse(folder.to_owned()))?;
        Ok((Self { orders }, kept))
    }

    /// Keeps a batch; [`Report::Stored`] follows. Returns whether anybody is there to keep it.
    pub fn keep(&self, batch: u64, jobs: Vec<Job>) -> bool {
        self.orders.send(Order::Keep(batch, jobs)).is_ok()
    }

    /// Waits until everything so far was tried, for a limited time.
    pub async fn settle(&self) {
        let (done, settled) = oneshot::channel();
        if self.orders.send(Order::Settle(done)).is_ok() {
            let _ = tokio::time::timeout(SETTLE, settled).await;
        }
    }
}

struct Keeper<R> {
    folder: PathBuf,
    accounts: Vec<String>,
    disk: Option<Disk>,
    report: R,
}

impl<R: Fn(Report)> Keeper<R> {
    fn work(mut self, orders: &Receiver<Order>) {
        while let Ok(order) = orders.recv() {
            match order {
                Order::Keep(batch, jobs) => {
                    let result = self.keep(&jobs);
                    if let Err(why) = &result {
                        tracing::warn!(batch, "not saved: {why}");
                    }
                    (self.report)(Report::Stored(batch, result));
                }
                // Whoever waited has given up.
                Order::Settle(done) => drop(done.send(())),
            }
        }
    }

    fn keep(&mut self, jobs: &[Job]) -> Result<(), String> {
        let disk = match &mut self.disk {
            Some(disk) => disk,
            None => {
                let (disk, kept) =
                    Disk::open(&self.folder, &self.accounts).map_err(|refused| match refused {
                        Refused::InUse => "another ttydesk has the file.".to_owned(),
                        Refused::Fault(why) => why,
                    })?;
                (self.report)(Report::Restored(kept));
                self.disk.insert(disk)
            }
        };
        let result = disk.keep(jobs);
        if let Err(error) = &result
            && disk::is_damaged(error)
        {
            // Opened anew next time, which moves it aside and reads over what is left.
            self.disk = None;
        }
        result.map_err(|error| disk::words(&error))
    }
}
