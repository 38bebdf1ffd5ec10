//! Draws.

pub mod theme;
