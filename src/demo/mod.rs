//! The demo desk: the four vendors' HTTP APIs served on loopback, with one made-up company
//! behind them. The client speaks to it through exactly the code that speaks to the real
//! vendors, and tests make it misbehave.
//!
//! - [`world`]: the company, its customers and conversations, and what can be done to them;
//! - `server`: what all servers share: log, faults, control endpoint;
//! - one module per vendor: the same world in that vendor's words and quirks;
//! - [`Desk`]: the four servers, running.

mod answer;
mod chatwoot;
#[cfg(test)]
mod client;
mod desk;
mod enneo;
mod options;
mod partoo;
mod serve;
mod server;
mod voicebot;
pub mod world;

#[cfg(test)]
mod tests;

pub use self::desk::{ACCOUNT_ID, Desk, StartError};
pub use self::options::Options;
pub use self::serve::serve;
pub use self::server::{BadSpec, Entry, Fault, Faults, Log, Rule};
