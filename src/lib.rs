//! ttydesk: one keyboard-driven terminal inbox over four vendors. This page is the architecture.
//!
//! # Five verbs, five places
//!
//! ```text
//!     keys, paste, resize          JSON over HTTP            rows
//!  terminal ──────────────┐     vendor ─────────────┐     disk ─────────┐
//!                         ▼                         ▼                   ▼
//!                    ┌────────────────────────  Msg  ──────────────────────┐
//!                    │               App::update(msg, now)                 │
//!                    │         inbox  threads  outbox  drafts              │
//!                    └────┬───────────────────────────────────────────┬────┘
//!                         │ Vec<Effect>                               │ &App
//!                         ▼                                           ▼
//!               shell::perform ──► providers · store              ui::draw ──► frame
//! ```
//!
//! | place | verb | what it is | what it never does |
//! |---|---|---|---|
//! | [`app`] | decides | `update(Msg, Now) -> Vec<Effect>`: one owner of all state, plain code | wait, read a clock, touch network, disk or terminal |
//! | [`ui`] | draws | functions from `&App` and a `View` of what only drawing remembers, to a frame | change state, decide |
//! | [`shell`] | does | the event loop; effects become tasks; tasks only send messages back | decide |
//! | [`store`] | remembers | SQLite on its own thread, batches applied in order | be waited for by a key press |
//! | [`providers`] | speaks | one folder per vendor behind one trait; nothing vendor-shaped leaves it | know about the screen or the other vendors |
//!
//! Around them: [`model`] is the words that all of them use, [`text`] makes vendor text harmless
//! and measures it, [`config`] and [`cli`] read what the agent wants, [`check`] tries the accounts,
//! and [`demo`] serves the four vendors' APIs with a made-up company behind them.
//!
//! # Rules that make it hold
//!
//! 1. Only `app` changes state; only `App::merge` takes vendor news in.
//! 2. `app`, `ui`, `model` and `text` never mention tokio, reqwest, rusqlite or a clock. A test
//!    looks.
//! 3. The app never waits and never sends on a bounded channel. Tasks may wait. So it cannot
//!    deadlock, and no key waits for a vendor.
//! 4. Vendor text is [`text::Clean`] or it does not compile: a private field, made only by
//!    [`text::clean`], without `Deserialize`.
//! 5. Nothing leaves for a vendor before it is on disk, and nothing leaves before the disk knows
//!    that it does: whatever kills the program, the next run neither forgets nor repeats.
//! 6. Drain what is ready, update, then draw; at least 16 ms between frames under load, a key after
//!    a pause draws at once; when nothing happens, nothing is drawn and nobody wakes up.
//! 7. Selection, composer target and answers are bound to ids, never to row numbers. An answer to
//!    an older question never overwrites newer news.
//! 8. What is shown is `confirmed ⊕ pending`: an optimistic change never touches the confirmed
//!    copy, so a stale poll cannot flip it back and a refusal needs no undo.
//!
//! # The one question asked of an error
//!
//! Did it take effect? [`model::Outcome`] is *not sent* (try again later), *maybe sent* (set a value
//! again; look for words in the thread, and never say them twice) or *refused* (give the words back
//! to the agent, with the reason). Everything the outbox does follows from it.
//!
//! # Where vendors differ
//!
//! Inside an operation (an envelope, a date, two requests for one list): in the vendor's folder.
//! In what a person can do: in [`model::Capabilities`], which keys, help, palette and outbox all
//! ask, so that a key that a vendor cannot do answers with the reason. There is no third place.
//!
//! # Adding a vendor
//!
//! A folder in `providers` with an implementation of [`providers::Provider`], a line in
//! [`model::Vendor`] and in `providers::connect`, its API in [`demo`], and a row in the contract
//! test's table (`tests/contract`). Nothing in `app` or `ui` knows its name.

pub mod app;
pub mod check;
pub mod cli;
pub mod config;
pub mod demo;
pub mod model;
pub mod providers;
pub mod shell;
pub mod store;
pub mod text;
pub mod ui;
