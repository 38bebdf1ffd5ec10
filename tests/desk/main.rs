//! The whole program without its terminal, against the demo desk over real HTTP: the real loop,
//! the real adapters, and a keyboard that a test plays.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod harness;
mod hostile;
mod outage;
mod thrift;
mod work;

#[path = "../support/mod.rs"]
mod support;
