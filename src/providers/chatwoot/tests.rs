//! Shapes → model, and actions → requests.

mod reading;
mod requests;
