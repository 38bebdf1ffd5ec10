//! Does: the event loop, the terminal, signals, the log.

pub mod log;
pub mod panic;
pub mod signals;
pub mod terminal;
pub mod themes;
