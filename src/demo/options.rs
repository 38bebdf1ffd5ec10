//! What the command line says about the demo desk.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::server::Rule;

/// Options of `ttydesk demo`.
#[derive(clap::Args, Clone, PartialEq, Debug)]
pub struct Options {
    /// Conversations over all four vendors
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub conversations: u32,
    /// Another number, other conversations
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Nothing happens by itself
    #[arg(long)]
    pub calm: bool,
    /// What happens by itself, per minute
    #[arg(long, value_name = "N", default_value_t = 12.0, value_parser = rate)]
    pub rate: f64,
    /// Make the servers misbehave; see below
    #[arg(long, value_name = "SPEC", value_delimiter = ',')]
    pub faults: Vec<Rule>,
    /// The first of four loopback ports; else free ones
    #[arg(long, value_name = "ADDRESS", value_parser = loopback)]
    pub listen: Option<SocketAddr>,
    /// Run only the servers, until SIGTERM or Ctrl-C
    #[arg(long)]
    pub serve: bool,
    /// Write a configuration that uses the servers
    #[arg(long, value_name = "FILE")]
    pub write_config: Option<PathBuf>,
    /// Append one JSON line per request to this file
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
}

impl Default for Options {
    /// What the command line means when it says nothing.
    fn default() -> Self {
        Self {
            conversations: 400,
            seed: 1,
            calm: false,
            rate: 12.0,
            faults: Vec::new(),
            listen: None,
            serve: false,
            write_config: None,
            request_log: None,
        }
    }
}

impl Options {
    /// A desk on which nothing happens by itself; what tests want.
    pub fn calm() -> Self {
        Self { calm: true, ..Self::default() }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| (0.0..=60_000.0).contains(rate));
    rate.ok_or_else(|| "a number from 0 to 60000 is wanted".to_owned())
}

/// The desk's tokens are printed and its control endpoint needs none, so it stays on this machine.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "an address such as 127.0.0.1:4400 is wanted".to_owned())?;
    match address.port() {
        _ if !address.ip().is_loopback() => Err("only a loopback address is allowed".to_owned()),
        1..=65_532 => Ok(address),
        _ => Err("a port from 1 to 65532 is wanted; the next three are used too".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser, Debug)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn read(line: &str) -> Result<Options, String> {
        let words = ["demo"].into_iter().chain(line.split('|').filter(|word| !word.is_empty()));
        Line::try_parse_from(words).map(|line| line.options).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_line_means_the_defaults() {
        assert_eq!(read(""), Ok(Options::default()));
    }

    #[test]
    fn several_faults_are_separated_by_commas() {
        let options = read("--faults|partoo:hang,chatwoot:GET /conversations:latency=800").unwrap();
        let written: Vec<String> = options.faults.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["partoo:hang", "chatwoot:GET /conversations:latency=800"]);
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for (line, reason) in [
            ("--faults|partoo:burn", "no fault"),
            ("--listen|0.0.0.0:4400", "loopback"),
            ("--listen|127.0.0.1:65533", "next three"),
            ("--conversations|1000001", "1000001"),
            ("--rate|-1", "-1"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
