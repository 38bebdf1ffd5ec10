//! A folder of one run's own.

use std::collections::hash_map::RandomState;
use std::fs::{DirBuilder, remove_dir_all};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A folder for temporary files that nobody else can look into; gone when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it.
    ///
    /// # Errors
    /// When the system has no room for it.
    pub fn new() -> io::Result<Self> {
        // A name that nobody can have taken beforehand; a taken one is an error, not a use.
        let number = RandomState::new().build_hasher().finish();
        let path = std::env::temp_dir().join(format!("ttydesk-demo-{number:016x}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = remove_dir_all(&self.0) {
            tracing::warn!("{} stays behind: {error}", self.0.display());
        }
    }
}
