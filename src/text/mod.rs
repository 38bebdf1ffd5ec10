//! Untrusted text: everything a customer, a colleague or a server wrote goes through [`clean`]
//! before any other part of the program sees it.

mod clean;

pub use clean::{Clean, clean};
