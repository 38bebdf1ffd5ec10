//! Does: the event loop, the terminal, signals, the log. Effects become tasks, tasks send
//! messages back; nothing here decides.

pub mod inbox;
pub mod log;
pub mod panic;
pub mod perform;
pub mod run;
pub mod signals;
pub mod terminal;
pub mod themes;
