//! What happens when code panics: the terminal is given back only when it is the program's own
//! thread that dies; a task that dies under a living screen is reported on it.

use std::backtrace::Backtrace;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::path::PathBuf;
use std::thread;

use super::terminal;
use crate::text::{Clean, clean};

/// Installs the hook; called on the thread that will draw. `report` hears of panics on all other
/// threads; `log` is the file that the last words point to.
pub fn install(log: Option<PathBuf>, report: impl Fn(Clean) + Send + Sync + 'static) {
    let drawing = thread::current().id();
    panic::set_hook(Box::new(move |info| {
        let what = describe(info);
        tracing::error!(backtrace = %Backtrace::capture(), "{what}");
        if thread::current().id() != drawing {
            report(what);
            return;
        }
        terminal::leave();
        let mut out = io::stderr().lock();
        let _ = writeln!(out, "ttydesk has a fault and had to end: {what}");
        if let Some(log) = &log {
            let _ = writeln!(out, "The log is in {}.", log.display());
        }
    }));
}

/// The message and where it happened. The message can quote a customer, so it is cleaned.
fn describe(info: &PanicHookInfo<'_>) -> Clean {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("no message");
    match info.location() {
        Some(place) => clean(&format!("{message} ({place})")),
        None => clean(message),
    }
}
