//! The program: arguments, configuration, and what was asked for.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use ttydesk::check;
use ttydesk::cli::{CheckOptions, Cli, Command, Common, ConfigCommand, Exit};
use ttydesk::config::{self, Checks, Config, Loaded, Paths, Rejected};
use ttydesk::demo;
use ttydesk::providers::{self, http};
use ttydesk::shell::themes::{self, Depth};
use ttydesk::shell::{inbox, log};
use ttydesk::store::Scratch;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(exit) => exit.into(),
        // `ttydesk check | head -1`: whoever read has seen enough.
        Err(Stop::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok.into(),
        Err(stop) => {
            // Without standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "{stop}");
            stop.exit().into()
        }
    }
}

/// Why the program ends early.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("{0}")]
    Config(#[from] Rejected),
    #[error("{0}")]
    NoHome(#[from] config::NoHome),
    #[error("error: --theme: {0}")]
    Theme(String),
    #[error("error: {0}")]
    Desk(#[from] demo::StartError),
    #[error("{0}")]
    Inbox(#[from] inbox::Closed),
    #[error("error: {0}")]
    Io(#[from] io::Error),
}

impl Stop {
    fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::NoHome(_) => Exit::Config,
            Self::Theme(_) | Self::Inbox(inbox::Closed::NoTerminal) => Exit::Usage,
            Self::Inbox(inbox::Closed::Account(..) | inbox::Closed::Keys(_)) => Exit::Config,
            Self::Desk(_)
            | Self::Inbox(inbox::Closed::Io(_) | inbox::Closed::InUse(_))
            | Self::Io(_) => Exit::Error,
        }
    }
}

fn run(cli: &Cli) -> Result<Exit, Stop> {
    let paths = Paths::from_env(cli.common.config.as_deref())?;
    match &cli.command {
        Some(Command::Check(options)) => try_accounts(&cli.common, &paths, *options),
        Some(Command::Config(ConfigCommand::Path)) => show_paths(&paths),
        Some(Command::Config(ConfigCommand::Check)) => check_config(&cli.common, &paths),
        Some(Command::Demo(options)) => demo(&cli.common, &paths, options),
        None => open_inbox(&cli.common, &paths),
    }
}

fn open_inbox(common: &Common, paths: &Paths) -> Result<Exit, Stop> {
    let Loaded { config, warnings } = load(common, paths)?;
    for warning in warnings {
        writeln!(io::stderr(), "{warning}")?;
    }
    show(common, paths, &config, &paths.data)
}

/// The same program on servers of its own; the agent's accounts and store are left alone.
fn demo(common: &Common, paths: &Paths, options: &demo::Options) -> Result<Exit, Stop> {
    if options.serve {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(demo::serve(options))?;
        return Ok(Exit::Ok);
    }
    let desk = demo::Desk::start(options)?;
    if let Some(file) = &options.write_config {
        desk.write_config(file)?;
    }
    let name = Path::new("the demo desk");
    let mut config = config::parse(name, &desk.config(), &Checks::none())?.config;
    apply_flags(common, &mut config);
    let scratch = Scratch::new()?;
    show(common, paths, &config, scratch.path())
}

fn show(common: &Common, paths: &Paths, config: &Config, data: &Path) -> Result<Exit, Stop> {
    http::prepare_tls();
    let colours = common.color.wanted(true);
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let depth = Depth::of(&said("COLORTERM"), &said("TERM"));
    let name = match config.theme.as_str() {
        _ if !colours => "mono",
        // Who chose a theme gets it; the default gives way where it could not be told apart.
        name if depth == Depth::Colors16 && name == Config::default().theme => "ansi16",
        name => name,
    };
    let theme = themes::find(name, &paths.themes()).map_err(Stop::Theme)?;
    let theme = depth.show(theme);
    // Without a log the inbox still works; the file is only needed to look into faults.
    let log = log::start(&paths.log_file(), config.log_level).is_ok().then(|| paths.log_file());
    inbox::open(config, theme, data, log)?;
    Ok(Exit::Ok)
}

fn apply_flags(common: &Common, config: &mut Config) {
    if let Some(name) = &common.theme {
        config.theme.clone_from(name);
    }
    if let Some(level) = common.log_level {
        config.log_level = level;
    }
}

/// Reads the configuration, with the flags over it; a missing file at the usual place is empty.
fn load(common: &Common, paths: &Paths) -> Result<Loaded, Stop> {
    let themes = paths.themes();
    let theme = |name: &str| themes::find(name, &themes).map(drop);
    let checks = Checks { theme: &theme, keys: &|_, overrides| inbox::check_keys(overrides) };
    let mut loaded = if common.config.is_none() && is_missing(&paths.config_file) {
        config::parse(&paths.config_file, "", &checks)?
    } else {
        config::load(&paths.config_file, &checks)?
    };
    if let Some(name) = &common.theme {
        theme(name).map_err(Stop::Theme)?;
    }
    apply_flags(common, &mut loaded.config);
    Ok(loaded)
}

fn is_missing(file: &Path) -> bool {
    file.try_exists().is_ok_and(|exists| !exists)
}

fn try_accounts(common: &Common, paths: &Paths, options: CheckOptions) -> Result<Exit, Stop> {
    let Loaded { config, warnings } = load(common, paths)?;
    for warning in warnings {
        writeln!(io::stderr(), "{warning}")?;
    }
    if config.accounts.is_empty() {
        let file = paths.config_file.display();
        writeln!(io::stderr(), "There is no account in {file}; `ttydesk demo` needs none.")?;
        return Ok(Exit::Config);
    }
    http::prepare_tls();
    let runtime = tokio::runtime::Runtime::new()?;
    let reports = runtime.block_on(check::run(&config.accounts, &providers::connect));
    // A token command that hangs is not waited for.
    runtime.shutdown_background();
    let mut out = io::stdout().lock();
    if options.json {
        for report in &reports {
            writeln!(out, "{}", report.json())?;
        }
    } else {
        let colours = common.color.wanted(io::stdout().is_terminal());
        write!(out, "{}", check::render(&reports, colours))?;
    }
    Ok(check::worst(&reports))
}

fn show_paths(paths: &Paths) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    for (what, path) in [
        ("config", &paths.config_file),
        ("themes", &paths.themes()),
        ("data", &paths.data),
        ("state", &paths.state),
        ("cache", &paths.cache),
        ("log", &paths.log_file()),
    ] {
        let missing = if is_missing(path) { "  (not there yet)" } else { "" };
        writeln!(out, "{what:<8}{}{missing}", path.display())?;
    }
    Ok(Exit::Ok)
}

fn check_config(common: &Common, paths: &Paths) -> Result<Exit, Stop> {
    let Loaded { config, warnings } = load(common, paths)?;
    let mut out = io::stdout().lock();
    for warning in &warnings {
        writeln!(out, "{warning}")?;
    }
    let file = paths.config_file.display();
    if is_missing(&paths.config_file) {
        writeln!(out, "{file} is not there; the defaults hold.")?;
        return Ok(Exit::Ok);
    }
    let accounts = config.accounts.len();
    writeln!(out, "{file}: no errors, {} warnings, {accounts} accounts.", warnings.len())?;
    Ok(Exit::Ok)
}
