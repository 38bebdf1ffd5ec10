//! The log file: in the state folder, for this user only.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::config::LogLevel;

/// A log that has grown beyond this is put aside at the next start.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// Starts logging into `file`; its folder is made if need be. `RUST_LOG` goes before `level`.
/// Libraries are heard from `warn` up: what they say below that can hold what people write.
///
/// # Errors
/// When the file cannot be opened. The program can go on without.
pub fn start(file: &Path, level: LogLevel) -> io::Result<()> {
    let filter = EnvFilter::try_from_default_env().ok();
    if level == LogLevel::Off && filter.is_none() {
        return Ok(());
    }
    let word = level.word();
    let usual = format!("{},ttydesk={word}", if level < LogLevel::Warn { word } else { "warn" });
    let file = open(file)?;
    // An error means that somebody logs already, which only happens in tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new(usual)))
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .try_init();
    Ok(())
}

fn open(file: &Path) -> io::Result<fs::File> {
    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    if fs::metadata(file).is_ok_and(|found| found.len() > MOST_BYTES) {
        fs::rename(file, file.with_extension("log.old"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(file)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_log_belongs_to_the_user_alone_and_is_put_aside_when_it_is_large() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("state/ttydesk/ttydesk.log");
        let mut log = open(&file).unwrap();
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        log.write_all(b"first\n").unwrap();
        open(&file).unwrap().set_len(MOST_BYTES + 1).unwrap();
        assert_eq!(open(&file).unwrap().metadata().unwrap().len(), 0);
        let old = fs::metadata(file.with_extension("log.old")).unwrap();
        assert_eq!(old.len(), MOST_BYTES + 1);
    }
}
