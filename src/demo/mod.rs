//! The demo desk: the four vendors' HTTP APIs served on loopback, with one made-up company
//! behind them.

mod answer;
#[cfg(test)]
mod client;
pub mod enneo;
pub mod partoo;
pub mod voicebot;
pub mod world;
