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

/// How many colours a terminal has, by what it says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// All.
    True,
    /// The cube of 256.
    Colors256,
    /// The sixteen of the Linux console.
    Colors16,
}

impl Depth {
    /// Judges by `COLORTERM` and `TERM`. Only `TERM` comes along over SSH; a terminal that says
    /// nothing of true colours gets 256, which every one of the last decades has.
    pub fn of(colorterm: &str, term: &str) -> Self {
        let all = ["direct", "kitty", "ghostty", "alacritty", "wezterm", "foot"];
        if matches!(colorterm, "truecolor" | "24bit") || all.iter().any(|name| term.contains(name))
        {
            Self::True
        } else if matches!(term, "linux" | "ansi" | "vt100" | "vt220") || term.ends_with("-16color")
        {
            Self::Colors16
        } else {
            Self::Colors256
        }
    }

    /// A theme as this terminal can show it.
    pub fn show(self, theme: Theme) -> Theme {
        match self {
            Self::True => theme,
            Self::Colors256 | Self::Colors16 => theme.in_256_colors(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_the_colours_that_it_says_it_has() {
        for (colorterm, term, expected) in [
            ("truecolor", "xterm-256color", Depth::True),
            ("24bit", "tmux-256color", Depth::True),
            ("", "xterm-kitty", Depth::True),
            ("", "xterm-256color", Depth::Colors256),
            ("", "tmux-256color", Depth::Colors256),
            ("", "", Depth::Colors256),
            ("", "linux", Depth::Colors16),
            ("", "xterm-16color", Depth::Colors16),
        ] {
            assert_eq!(Depth::of(colorterm, term), expected, "{colorterm} {term}");
        }
    }

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
