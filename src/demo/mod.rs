//! The demo desk: the four vendors' HTTP APIs served on loopback, with one made-up company
//! behind them.

pub mod world;
