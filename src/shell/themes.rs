//! Finds a theme by its name: within the program, or in the user's `themes` folder.

use std::fs;
use std::io;
use std::path::Path;

use crate::ui::theme::Theme;

/// The theme of this name. A file of the user's own goes before a built-in theme of that name.
///
/// # Errors
/// Why it cannot be used: which file has what mistake, or which names there are.
pub fn find(name: &str, folder: &Path) -> Result<Theme, String> {
    let file = folder.join(format!("{name}.toml"));
    // A name with a slash would lead out of the folder.
    let is_name = file.parent() == Some(folder);
    match if is_name { fs::read_to_string(&file) } else { Err(io::ErrorKind::NotFound.into()) } {
        Ok(text) => Theme::parse(&text).map_err(|error| format!("{}: {error}", file.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Theme::builtin(name).ok_or_else(|| {
                let names: Vec<&str> = Theme::builtin_names().collect();
                format!(
                    "there is no theme `{name}`: there are {}, and your own in {}",
                    names.join(", "),
                    folder.display()
                )
            })
        }
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_themes_go_before_built_in_ones_and_mistakes_name_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(find("light", folder), Ok(Theme::builtin("light").unwrap()));
        let own = "key = \"red\"\n";
        fs::write(folder.join("light.toml"), own).unwrap();
        assert_eq!(find("light", folder), Ok(Theme::parse(own).unwrap()));
        fs::write(folder.join("pink.toml"), "key = \"pinkish\"\n").unwrap();
        let error = find("pink", folder).unwrap_err();
        assert!(error.contains("pink.toml: line 1, column 7"), "{error}");
        let error = find("../light", &folder.join("inner")).unwrap_err();
        assert!(error.contains("there is no theme `../light`"), "{error}");
        assert!(error.contains("dark, light"), "{error}");
    }
}
