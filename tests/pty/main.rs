//! The program in a pseudo-terminal: how it enters, leaves, dies, stops and comes back.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod agent;
mod harness;
mod kill;
mod program;
mod terminal;
