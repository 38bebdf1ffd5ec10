//! Untrusted text: everything a customer, a colleague or a server wrote goes through [`clean`]
//! before any other part of the program sees it. HTML becomes text here too.

mod clean;
mod html;

pub use clean::{Clean, clean};
pub use html::html_to_text;
