//! ttydesk: one keyboard-driven terminal inbox over four vendors.

pub mod app;
pub mod config;
pub mod model;
pub mod providers;
pub mod text;
pub mod ui;
