//! Where files are: configuration, data, state and cache in their own folders, as the XDG base
//! directory specification has it, on every system.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

/// The folder that holds everything in each of the base folders.
const NAME: &str = "ttydesk";

/// The folders of one user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paths {
    /// The configuration file in use; it need not exist.
    pub config_file: PathBuf,
    /// What must not be lost: the store.
    pub data: PathBuf,
    /// What is worth keeping between runs: the log.
    pub state: PathBuf,
    /// What can be fetched again.
    pub cache: PathBuf,
}

/// Nobody told where the user's files are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("There is no home folder: set HOME, or XDG_CONFIG_HOME and the other XDG folders.")]
pub struct NoHome;

impl Paths {
    /// The folders, from the environment: `$TTYDESK_CONFIG_DIR`, then `$XDG_…`, then what is usual
    /// on this system. `file` (`--config`) goes before all of them.
    ///
    /// # Errors
    /// When there is no home folder and the XDG variables do not make up for it.
    pub fn from_env(file: Option<&Path>) -> Result<Self, NoHome> {
        Self::resolve(file, |name| std::env::var_os(name))
    }

    fn resolve(
        file: Option<&Path>,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, NoHome> {
        let usual = ProjectDirs::from("", "", NAME);
        // The specification: a relative path is invalid and to be ignored. `directories` obeys
        // the variables on Linux only.
        let folder = |variable: &str, fallback: fn(&ProjectDirs) -> PathBuf| {
            let named = env(variable).map(PathBuf::from).filter(|path| path.is_absolute());
            named.map(|base| base.join(NAME)).or(usual.as_ref().map(fallback)).ok_or(NoHome)
        };
        let config = match env("TTYDESK_CONFIG_DIR").filter(|folder| !folder.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => folder("XDG_CONFIG_HOME", |usual| usual.config_dir().to_owned())?,
        };
        Ok(Self {
            config_file: file.map_or_else(|| config.join("config.toml"), Path::to_owned),
            data: folder("XDG_DATA_HOME", |usual| usual.data_dir().to_owned())?,
            state: folder("XDG_STATE_HOME", |usual| {
                usual.state_dir().unwrap_or(usual.data_local_dir()).to_owned()
            })?,
            cache: folder("XDG_CACHE_HOME", |usual| usual.cache_dir().to_owned())?,
        })
    }

    /// The user's own themes: beside the configuration file.
    pub fn themes(&self) -> PathBuf {
        self.config_file.with_file_name("themes")
    }

    /// The log file.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("ttydesk.log")
    }
}

/// A path with `~/` replaced by the home folder.
pub fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), BaseDirs::new()) {
        (Ok(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(file: Option<&str>, variables: &[(&str, &str)]) -> Paths {
        let env = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        Paths::resolve(file.map(Path::new), env).unwrap()
    }

    const XDG: [(&str, &str); 4] = [
        ("XDG_CONFIG_HOME", "/x/config"),
        ("XDG_DATA_HOME", "/x/data"),
        ("XDG_STATE_HOME", "/x/state"),
        ("XDG_CACHE_HOME", "/x/cache"),
    ];

    #[test]
    fn every_kind_of_file_lands_in_its_own_xdg_folder() {
        let paths = paths(None, &XDG);
        assert_eq!(paths.config_file, Path::new("/x/config/ttydesk/config.toml"));
        assert_eq!(paths.themes(), Path::new("/x/config/ttydesk/themes"));
        assert_eq!(paths.data, Path::new("/x/data/ttydesk"));
        assert_eq!(paths.log_file(), Path::new("/x/state/ttydesk/ttydesk.log"));
        assert_eq!(paths.cache, Path::new("/x/cache/ttydesk"));
    }

    #[test]
    fn the_flag_goes_before_the_variable_and_the_variable_before_xdg() {
        let variables = [&XDG[..], &[("TTYDESK_CONFIG_DIR", "/own")]].concat();
        assert_eq!(paths(None, &variables).config_file, Path::new("/own/config.toml"));
        let flagged = paths(Some("/tmp/a.toml"), &variables);
        assert_eq!(flagged.config_file, Path::new("/tmp/a.toml"));
        assert_eq!(flagged.themes(), Path::new("/tmp/themes"));
        assert_eq!(flagged.data, Path::new("/x/data/ttydesk"));
    }

    #[test]
    fn a_relative_xdg_folder_is_ignored() {
        let mut variables = XDG;
        variables[0].1 = "relative";
        let config = paths(None, &variables).config_file;
        assert!(!config.starts_with("relative"), "{}", config.display());
    }
}
