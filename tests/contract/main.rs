//! One contract for all four vendors, over real HTTP against the demo desk, through the
//! [`Provider`](ttydesk::providers::Provider) trait only. What differs between vendors stands in
//! tables: which requests are documented, what each action sends, what each thread holds.
// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod actions;
mod documented;
mod faults;
mod lists;
mod quirks;
mod rig;
mod stage;
mod threads;
mod writes;
