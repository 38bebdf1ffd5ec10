//! The configuration file.

mod account;
mod secret;

pub use account::{Account, Credential};
pub use secret::{Secret, TokenSource};
