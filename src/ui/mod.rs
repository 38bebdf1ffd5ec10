//! Draws.

mod message;
mod row;
pub mod theme;
mod time;
