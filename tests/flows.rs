//! Stories: messages in, effects out. No runtime, no network, no terminal; time is a number.

#[path = "flows/guards.rs"]
mod guards;
#[path = "flows/harness.rs"]
mod harness;
#[path = "flows/moving.rs"]
mod moving;
#[path = "flows/outbox.rs"]
mod outbox;
#[path = "flows/sync.rs"]
mod sync;
#[path = "flows/writing.rs"]
mod writing;
