//! `ttydesk demo --serve`: the servers alone.

use std::io::{self, Write};

use tokio::signal::unix::{SignalKind, signal};

use super::desk::{Desk, StartError};
use super::options::Options;

/// Runs the servers until SIGTERM or SIGINT. Prints one JSON line as soon as they answer.
///
/// # Errors
/// When they cannot start, or nobody can be told where they are.
pub async fn serve(options: &Options) -> Result<(), StartError> {
    // Asked for first: a signal that comes right after the line must not end us the rude way.
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Threads)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Threads)?;
    let desk = Desk::start(options)?;
    if let Some(path) = &options.write_config {
        desk.write_config(path)?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}", desk.json_line())
        .and_then(|()| out.flush())
        .map_err(|error| StartError::File("standard output".to_owned(), error))?;
    drop(out);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
