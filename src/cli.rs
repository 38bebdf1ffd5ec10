//! The command line: subcommands, flags, exit codes.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::LogLevel;
use crate::model::{Failure, Trouble};

const HELP: &str = "\
{about}

Examples:
  ttydesk                       open the inbox with the accounts of config.toml
  ttydesk demo                  try it with made-up customers, without account
  ttydesk check                 try every account and say how to fix what fails
  ttydesk config check          say what is wrong with config.toml
  ttydesk --config work.toml    open the inbox with another configuration

{usage-heading} {usage}

{all-args}{after-help}";

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 error, 2 usage, 3 not signed in, 4 forbidden,
  5 not found, 6 rejected, 7 too many requests, 8 done in part, 9 server fault,
  10 configuration, 11 network, 130 interrupted";

const DEMO_HELP: &str = "\
A SPEC is VENDOR:FAULT, VENDOR:/PATH:FAULT or VENDOR:METHOD /PATH:FAULT, and
several are separated by commas. VENDOR is chatwoot, enneo, voicebot, partoo, or
* for all. For example:
  --faults 'partoo:hang,chatwoot:GET /conversations:latency=800'
Faults: latency=MS, hang, close, reset, reset-after, 429, 429=SECONDS, 500,
  html, truncated, wrong-types, huge=MB, 401; each may be followed by after=N,
  next=N or chance=PERCENT.";

const CHECK_HELP: &str = "\
Each account is tried by itself: the token can be had, the server answers over
a trusted connection, its clock agrees, the token is accepted. The exit code is
that of the worst failure; a warning is none.

With --json every line is an object:
  {\"account\", \"vendor\", \"url\", \"result\", \"exit_code\",
   \"checks\": [{\"check\", \"result\", \"text\", \"fix\"}]}
A result is \"ok\", \"note\", \"warning\" or \"failed\"; \"fix\" may be null.
Checks are token, connection, address, clock, sign-in, header; one that comes
after a failure, or has nothing to say, is left out.";

/// What was asked for on the command line.
#[derive(Debug, Parser)]
#[command(
    name = "ttydesk",
    version,
    about = "One keyboard-driven terminal inbox for Chatwoot, enneo, voicebot chat\nand Partoo.",
    help_template = HELP,
    after_help = AFTER_HELP,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do; `None` opens the inbox.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Clone, PartialEq, Eq, Debug, Args)]
pub struct Common {
    /// Read this file instead of config.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use this theme instead of the configured one
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// When to use colours: auto, always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub color: Color,
    /// Log level: off, error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", hide_possible_values = true)]
    pub log_level: Option<LogLevel>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the inbox on a made-up company, without any account
    #[command(after_help = DEMO_HELP)]
    Demo(crate::demo::Options),
    /// Try every account and say how to fix what fails
    #[command(after_help = CHECK_HELP)]
    Check(CheckOptions),
    /// Look at the configuration without opening the inbox
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// Flags of `ttydesk check`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Args)]
pub struct CheckOptions {
    /// Print one JSON object per account and line
    #[arg(long)]
    pub json: bool,
}

/// What `ttydesk config` can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say where ttydesk looks for its files
    Path,
    /// Say what is wrong with the configuration file
    Check,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Color {
    /// As the environment and the terminal want it.
    Auto,
    /// Even into a file.
    Always,
    /// Not at all; bold, dim and reverse stay.
    Never,
}

impl Color {
    /// Whether to use colours. `NO_COLOR` that is set and not empty turns them off
    /// (no-color.org), `CLICOLOR_FORCE` that is neither empty nor 0 turns them on.
    pub fn wanted(self, terminal: bool) -> bool {
        self.resolve(terminal, |name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn resolve(self, terminal: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if env("NO_COLOR").is_some() => false,
            Self::Auto => terminal || env("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
        }
    }
}

/// How the program ended: part of what scripts rely on, so a number never changes its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Ok = 0,
    /// Something else went wrong.
    Error = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The token is missing or not accepted.
    Auth = 3,
    /// Signed in, but not allowed to do this.
    Forbidden = 4,
    /// Not there.
    NotFound = 5,
    /// The vendor rejected the content.
    Rejected = 6,
    /// Too many requests.
    Rate = 7,
    /// Done in part.
    Partial = 8,
    /// The vendor's own fault.
    Server = 9,
    /// The configuration file.
    Config = 10,
    /// The network: name, connection, TLS, no answer.
    Network = 11,
    /// Stopped by a signal: interrupt, terminate, hang-up.
    Interrupted = 130,
}

impl Exit {
    /// What a failed request means for the exit code.
    pub fn of(failure: &Failure) -> Self {
        match failure.trouble {
            Trouble::Token | Trouble::SignedOut => Self::Auth,
            Trouble::Forbidden => Self::Forbidden,
            Trouble::NotFound => Self::NotFound,
            Trouble::Rejected | Trouble::Unsupported => Self::Rejected,
            Trouble::RateLimited => Self::Rate,
            Trouble::Server | Trouble::Unreadable => Self::Server,
            Trouble::Unreachable | Trouble::Tls | Trouble::NoAnswer => Self::Network,
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_clicolor_force_decide_only_when_the_flag_does_not() {
        for (flag, terminal, variables, expected) in [
            (Color::Auto, true, &[][..], true),
            (Color::Auto, false, &[], false),
            (Color::Auto, true, &[("NO_COLOR", "0")], false),
            (Color::Auto, false, &[("CLICOLOR_FORCE", "1")], true),
            (Color::Auto, false, &[("CLICOLOR_FORCE", "0")], false),
            (Color::Auto, true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (Color::Always, false, &[("NO_COLOR", "1")], true),
            (Color::Never, true, &[("CLICOLOR_FORCE", "1")], false),
        ] {
            let env = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            };
            assert_eq!(flag.resolve(terminal, env), expected, "{flag:?} {variables:?}");
        }
    }

    #[test]
    fn every_trouble_has_its_exit_code() {
        for (trouble, code) in [
            (Trouble::Token, 3),
            (Trouble::SignedOut, 3),
            (Trouble::Forbidden, 4),
            (Trouble::NotFound, 5),
            (Trouble::Rejected, 6),
            (Trouble::Unsupported, 6),
            (Trouble::RateLimited, 7),
            (Trouble::Server, 9),
            (Trouble::Unreadable, 9),
            (Trouble::Unreachable, 11),
            (Trouble::Tls, 11),
            (Trouble::NoAnswer, 11),
        ] {
            let failure = Failure::new(crate::model::Outcome::Refused, trouble, "no");
            assert_eq!(Exit::of(&failure).code(), code, "{trouble:?}");
        }
    }
}
