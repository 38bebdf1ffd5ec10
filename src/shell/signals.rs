//! Signals and the loss of the terminal, as messages; and the deadline that makes sure that a
//! program that was told to end does end.

use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::terminal;
use crate::cli::Exit;

/// How long an orderly end may take after the first signal that asks for one.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long restoring the terminal may take after the deadline.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What the system tells the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// SIGINT from outside (Ctrl-C is a key).
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP, or the terminal is gone.
    HangUp,
    /// SIGCONT: somebody else stopped and continued the program.
    Continued,
}

/// Hears signals. After the first notice other than [`Notice::Continued`] the program has two
/// seconds; then it ends, whatever it waits for.
pub struct Signals {
    ends: UnboundedReceiver<Notice>,
    continued: unix::Signal,
}

impl Signals {
    /// Starts listening, and watching the terminal at standard input. Needs the runtime.
    ///
    /// # Errors
    /// When the system refuses to install a handler.
    pub fn listen() -> io::Result<Self> {
        let (sender, ends) = unbounded_channel();
        for (kind, notice) in [
            (SignalKind::interrupt(), Notice::Interrupt),
            (SignalKind::terminate(), Notice::Terminate),
            (SignalKind::hangup(), Notice::HangUp),
        ] {
            forward(unix::signal(kind)?, notice, sender.clone());
        }
        if let Ok(terminal) = io::stdin().as_fd().try_clone_to_owned() {
            watch(terminal, move || end(Notice::HangUp, &sender));
        }
        let continued = unix::signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
        Ok(Self { ends, continued })
    }

    /// The next notice.
    pub async fn next(&mut self) -> Notice {
        tokio::select! {
            // A terminal that goes away sends SIGHUP and SIGCONT: the end is heard first.
            biased;
            // The sender lives as long as the watch and the tasks; without them nothing comes.
            Some(notice) = self.ends.recv() => notice,
            _ = self.continued.recv() => Notice::Continued,
        }
    }

    /// Waits until the program is continued after a stop.
    pub async fn continued(&mut self) {
        self.continued.recv().await;
    }
}

/// A task of its own, so that the deadline runs even when the loop that should hear the notice is
/// stuck.
fn forward(mut signal: unix::Signal, notice: Notice, sender: UnboundedSender<Notice>) {
    tokio::spawn(async move {
        while signal.recv().await.is_some() {
            end(notice, &sender);
        }
    });
}

fn end(notice: Notice, sender: &UnboundedSender<Notice>) {
    tracing::info!(?notice, "asked to end");
    thread::spawn(|| {
        thread::sleep(DEADLINE);
        // Writing to a stuck terminal can block for ever, so it gets a thread and a little time.
        let (done, restored) = mpsc::channel();
        thread::spawn(move || {
            terminal::leave();
            done.send(())
        });
        let _ = restored.recv_timeout(LAST_WORDS);
        std::process::exit(Exit::Interrupted.code().into());
    });
    // Without a receiver the program is ending already.
    let _ = sender.send(notice);
}

/// Calls `gone` when the terminal hangs up. It waits in the kernel and reads nothing, so it costs
/// neither a wake-up nor a key. It is needed beside SIGHUP: that reaches only some processes of a
/// session, and a reader of a terminal that is gone spins at its end of file.
fn watch(terminal: impl AsFd + Send + 'static, gone: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        loop {
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            match poll(&mut watched, None) {
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
                Ok(_) => {
                    let [seen] = watched.map(|terminal| terminal.revents());
                    if seen.intersects(PollFlags::HUP | PollFlags::ERR) {
                        gone();
                    }
                    // Anything else means that this system cannot watch it.
                    return;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use portable_pty::{PtySize, native_pty_system};

    use super::*;

    #[test]
    fn a_terminal_that_goes_away_is_noticed_without_reading_it() {
        let pair = native_pty_system().openpty(PtySize::default()).unwrap();
        let terminal = File::open(pair.master.tty_name().unwrap()).unwrap();
        let (sender, gone) = mpsc::channel();
        watch(terminal, move || sender.send(()).unwrap());
        assert_eq!(gone.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(pair.master);
        gone.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
