//! Opens the inbox: wires accounts, state, terminal and loop together, in that order, so that
//! whatever can fail for its own reasons fails before the terminal is touched.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossterm::clipboard::CopyToClipboard;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc::unbounded_channel;

use super::perform::{Performer, reports};
use super::run::{Clock, Front, Input, Run};
use super::signals::{Notice, Signals};
use super::terminal::{Modes, Tty};
use crate::app::keymap::Keymap;
use crate::app::msg::{Laid, Msg};
use crate::app::{App, NewAccount, Settings};
use crate::config::{Config, KeyOverride};
use crate::model::{AccountId, Failure};
use crate::providers::{self, Provider};
use crate::store::{InUse, Store};
use crate::text::{Clean, clean};
use crate::ui::theme::Theme;
use crate::ui::{self, View};

/// The largest text that is put on the clipboard; terminals drop longer sequences.
const MOST_COPIED: usize = 74_000;

/// Why the inbox could not be opened or had to close.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// An account's configuration cannot be used.
    #[error("error: account {0}: {1}")]
    Account(String, Failure),
    /// The key overrides cannot be used.
    #[error("error: {0}")]
    Keys(String),
    /// There is no terminal.
    #[error("error: the inbox needs a terminal on standard input and output")]
    NoTerminal,
    /// Another ttydesk has the store.
    #[error(transparent)]
    InUse(#[from] InUse),
    /// The terminal failed.
    #[error("error: {0}")]
    Io(#[from] io::Error),
}

/// What is wrong with key overrides, each with its place; for the configuration's checks.
pub fn check_keys(overrides: &[KeyOverride]) -> Vec<(usize, String)> {
    Keymap::new(overrides).err().unwrap_or_default()
}

/// Opens the inbox and runs it until the agent quits. `data` is the store's folder.
///
/// # Errors
/// See [`Closed`]; the terminal is as it was before.
pub fn open(
    config: &Config,
    theme: Theme,
    data: &Path,
    log: Option<PathBuf>,
) -> Result<(), Closed> {
    let keymap = Keymap::new(&config.key_overrides).map_err(|errors| {
        Closed::Keys(errors.into_iter().map(|(_, why)| why).collect::<Vec<_>>().join("; "))
    })?;
    let providers = (0_u16..)
        .zip(&config.accounts)
        .map(|(place, account)| {
            providers::connect(AccountId(place), account)
                .map_err(|failure| Closed::Account(account.name.clone(), failure))
        })
        .collect::<Result<Vec<Arc<dyn Provider>>, Closed>>()?;
    if !Tty::is_there() {
        return Err(Closed::NoTerminal);
    }
    let (sender, messages) = unbounded_channel();
    let names = config.accounts.iter().map(|account| account.name.clone()).collect();
    let (store, kept) = Store::open(data, names, reports(sender.clone()))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        let report = sender.clone();
        super::panic::install(log, move |what| {
            let _ = report.send(Msg::TaskPanicked(what.to_string()));
        });
        let accounts = config
            .accounts
            .iter()
            .zip(&providers)
            .map(|(account, provider)| NewAccount {
                name: account.name.clone(),
                capabilities: provider.capabilities(),
            })
            .collect();
        let mut performer = Performer::new(providers, store, sender);
        let settings = Settings {
            mark_read: config.mark_read,
            undo: config.undo.clone(),
            zone: config.timezone.clone(),
        };
        let clock = Clock::start();
        let mut app = App::new(accounts, keymap, settings, seed(), clock.now());
        app.restore(kept);
        let signals = Signals::listen()?;
        let tty = Tty::enter(Modes::of(config))?;
        let mut screen = Screen { tty, signals, view: View::new(theme), title: Clean::default() };
        let run = Run::new(&mut app, &mut screen, &mut performer, messages, clock);
        let ended = AssertUnwindSafe(run.run()).catch_unwind().await;
        if !matches!(ended, Ok(Ok(()))) {
            // A loop that broke has not said its last words.
            for effect in app.update(Msg::Terminate, clock.now()) {
                performer.perform(effect);
            }
            performer.settle().await;
        }
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    });
    // Requests under way are not waited for: the outbox knows that their outcome is open.
    runtime.shutdown_background();
    Ok(result?)
}

/// Different in every run, so that operation keys never repeat.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The terminal as the loop's front.
struct Screen {
    tty: Tty,
    signals: Signals,
    view: View,
    title: Clean,
}

impl Front for Screen {
    async fn input(&mut self) -> Input {
        tokio::select! {
            biased;
            notice = self.signals.next() => match notice {
                Notice::Interrupt | Notice::Terminate | Notice::HangUp => Input::Terminate,
                Notice::Continued => Input::Continued,
            },
            event = self.tty.events().next() => match event {
                Some(Ok(event)) => Input::Event(event),
                Some(Err(_)) | None => Input::Gone,
            },
        }
    }

    fn paint(&mut self, app: &App) -> io::Result<Laid> {
        let mut laid = Laid::default();
        let view = &mut self.view;
        self.tty.draw(|frame| laid = ui::draw(frame, app, view))?;
        let title = clean(&app.title());
        if title != self.title {
            self.tty.set_title(&title)?;
            self.title = title;
        }
        Ok(laid)
    }

    fn repaint(&mut self) {
        self.tty.repaint();
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut end = text.len().min(MOST_COPIED);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text.get(..end).unwrap_or_default();
        self.tty.send(CopyToClipboard::to_clipboard_from(text))
    }

    async fn suspend(&mut self) -> io::Result<()> {
        let Self { tty, signals, .. } = self;
        tty.suspend(signals).await
    }

    fn take_again(&mut self) -> io::Result<()> {
        self.tty.take_again()
    }
}
