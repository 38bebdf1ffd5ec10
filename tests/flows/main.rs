//! Stories: messages in, effects out. No runtime, no network, no terminal; time is a number.
// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod guards;
mod harness;
mod keeping;
mod moving;
mod outbox;
mod sync;
mod writing;
