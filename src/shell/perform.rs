//! Effects become tasks; tasks only send messages back.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::task::AbortHandle;

use super::run::Sender;
use crate::app::mime_of;
use crate::app::msg::{Effect, Msg};
use crate::config::expand_home;
use crate::model::{AccountId, ConversationId, Delta, Failure, JobId, Outcome, Trouble};
use crate::providers::Provider;
use crate::store::{Report, Store};

/// The largest file that can be attached. Above that, every vendor refuses or times out.
const MOST_ATTACHED: u64 = 20 * 1024 * 1024;

/// Carries out effects, one task each.
pub struct Performer {
    providers: Vec<Arc<dyn Provider>>,
    store: Store,
    sender: Sender,
    jobs: HashMap<JobId, AbortHandle>,
}

impl Performer {
    /// For these accounts, in the order of the configuration.
    pub fn new(providers: Vec<Arc<dyn Provider>>, store: Store, sender: Sender) -> Self {
        Self { providers, store, sender, jobs: HashMap::new() }
    }

    /// Starts what an effect asks for. Effects that belong to the terminal never come here.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Ask { account, job, ask } => {
                let Some(provider) = self.provider(account) else { return };
                let sender = self.sender.clone();
                let task = tokio::spawn(async move {
                    let result = caught(provider.ask(ask), Outcome::Refused).await;
                    let capabilities = Box::new(provider.capabilities());
                    send(&sender, Msg::Answer { account, job, capabilities, result });
                });
                self.jobs.retain(|_, task| !task.is_finished());
                self.jobs.insert(job, task.abort_handle());
            }
            Effect::Cancel(job) => {
                if let Some(task) = self.jobs.remove(&job) {
                    task.abort();
                }
            }
            Effect::Send { op, conversation, action, key } => {
                let Some(provider) = self.provider(conversation.account) else { return };
                let sender = self.sender.clone();
                tokio::spawn(async move {
                    // A fault of ours in the middle of a write leaves open what the vendor did.
                    let done = provider.apply(conversation, action, key);
                    let result = caught(done, Outcome::MaybeSent).await;
                    let capabilities = Box::new(provider.capabilities());
                    send(&sender, Msg::Done { op, capabilities, result });
                });
            }
            Effect::ReadFile { conversation, path } => {
                let sender = self.sender.clone();
                tokio::spawn(async move { send(&sender, read_file(conversation, &path).await) });
            }
            Effect::Store { batch, jobs } => {
                if !self.store.keep(batch, jobs) {
                    let result = Err("the part that saves has failed; the log says how.".into());
                    send(&self.sender, Msg::Stored { batch, result });
                }
            }
            Effect::Copy(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
        }
    }

    /// Waits, for a limited time, until the disk has what it was given.
    pub async fn settle(&self) {
        self.store.settle().await;
    }

    fn provider(&self, account: AccountId) -> Option<Arc<dyn Provider>> {
        self.providers.get(usize::from(account.0)).cloned()
    }
}

/// How the store's reports reach the loop.
pub fn reports(sender: Sender) -> impl Fn(Report) + Send + 'static {
    move |report| {
        let msg = match report {
            Report::Stored(batch, result) => Msg::Stored { batch, result },
            Report::Restored(kept) => Msg::Restored(kept),
        };
        send(&sender, msg);
    }
}

/// After the loop has ended nobody listens, and nothing is left to say.
fn send(sender: &Sender, msg: Msg) {
    let _ = sender.send(msg);
}

/// A panic in a task must not leave its question open for ever; the panic hook has reported it.
async fn caught(
    work: impl Future<Output = Result<Vec<Delta>, Failure>>,
    outcome: Outcome,
) -> Result<Vec<Delta>, Failure> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        let text = "ttydesk itself failed while speaking to the vendor; the log says how.";
        Err(Failure::new(outcome, Trouble::Unreadable, text))
    })
}

async fn read_file(conversation: ConversationId, path: &str) -> Msg {
    let path = expand_home(Path::new(path));
    let name =
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let shown = path.display();
    let result = match tokio::fs::metadata(&path).await {
        Err(error) => Err(format!("{shown} cannot be read: {error}.")),
        Ok(facts) if !facts.is_file() => Err(format!("{shown} is not a file.")),
        Ok(facts) if facts.len() > MOST_ATTACHED => Err(format!("{shown} is larger than 20 MB.")),
        Ok(_) => match tokio::fs::read(&path).await {
            Ok(bytes) => Ok(bytes.into()),
            Err(error) => Err(format!("{shown} cannot be read: {error}.")),
        },
    };
    let mime = mime_of(&name).to_owned();
    Msg::FileRead { conversation, name, mime, result }
}
