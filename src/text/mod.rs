//! Untrusted text: everything a customer, a colleague or a server wrote goes through [`clean`]
//! before any other part of the program sees it. HTML becomes text, message bodies become lines
//! of styled pieces, and all questions of how wide a text is on the screen are answered here.

mod clean;
mod html;
mod markdown;
mod width;

pub use clean::{Clean, clean};
pub use html::html_to_text;
pub use markdown::{RichLine, RichSpan, TextStyle, rich, wrap_rich};
pub use width::{clip, for_row, pad, width, wrap};
