//! ttydesk: one keyboard-driven terminal inbox over four vendors.

pub mod app;
pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod model;
pub mod providers;
pub mod shell;
pub mod text;
pub mod ui;
