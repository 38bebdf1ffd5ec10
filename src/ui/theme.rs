//! Colours by meaning. A theme file says what a meaning looks like; what it leaves out falls back
//! to a broader meaning, so a theme of three lines is a whole theme.

use std::fmt;

use ratatui::style::{Color, Modifier, Style};

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $role:ident $name:literal $(<- $parent:ident)?;)+) => {
        /// What something on the screen means.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Role {
            $($(#[doc = $doc])+ $role,)+
        }

        impl Role {
            /// All meanings, a broader one before those that fall back to it.
            pub const ALL: &[Self] = &[$(Self::$role,)+];

            /// The key in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)+ }
            }

            fn parent(self) -> Option<Self> {
                match self { $(Self::$role => roles!(@parent $($parent)?),)+ }
            }
        }
    };
    (@parent) => { None };
    (@parent $parent:ident) => { Some(Self::$parent) };
}

roles! {
    /// Whatever has no other meaning.
    Text "text";
    /// What is read second: times, names of fields.
    Muted "muted" <- Text;
    /// What is hardly read: markers, fill.
    Faint "faint" <- Muted;
    /// Lines between panes.
    Border "border" <- Faint;
    /// What the eye should find.
    Accent "accent" <- Text;
    /// A pane's title.
    Title "title" <- Muted;
    /// The title of the pane that has the keys.
    ActiveTitle "active-title" <- Accent;
    /// The mark and the name of the selected line.
    Selection "selection" <- Accent;
    /// Counts and marks of what was not read.
    Unread "unread" <- Accent;
    /// An account's badge.
    Badge "badge" <- Muted;
    /// The customer's name.
    Customer "customer" <- Text;
    /// A colleague's name.
    Agent "agent" <- Accent;
    /// An automatic answer's name.
    Bot "bot" <- Agent;
    /// A link.
    Link "link" <- Accent;
    /// A mention.
    Mention "mention" <- Accent;
    /// Program text.
    Code "code" <- Text;
    /// A heading within a message.
    Heading "heading" <- Text;
    /// Quoted words and their bar.
    Quote "quote" <- Muted;
    /// A word that was searched for.
    Match "match" <- Accent;
    /// It worked; resolved.
    Ok "ok" <- Accent;
    /// It waits, or cannot be done.
    Warning "warning" <- Accent;
    /// It failed.
    Error "error" <- Warning;
    /// A note, which the customer does not see.
    Note "note" <- Warning;
    /// A draft that waits for approval.
    Draft "draft" <- Accent;
    /// The composer's title while it writes to the customer.
    Public "public" <- Accent;
    /// Something not yet confirmed.
    Pending "pending" <- Warning;
    /// Urgent.
    Urgent "urgent" <- Error;
    /// Soon.
    High "high" <- Warning;
    /// The bottom bar.
    Bar "bar" <- Muted;
    /// Text and ground of what lies over the screen.
    Popup "popup" <- Text;
    /// The selected line of a picker.
    PopupSelection "popup-selection" <- Selection;
    /// A key to press.
    Key "key" <- Accent;
}

/// The themes within the program.
const BUILTIN: [(&str, &str); 5] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("ansi16", include_str!("../../themes/ansi16.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// What every meaning looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Theme {
    styles: Vec<Style>,
}

/// What is wrong with a theme file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ThemeError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, and what is allowed.
    pub text: String,
}

impl fmt::Display for ThemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.text)
    }
}

impl Theme {
    /// The themes within the program, by name.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// A theme within the program; `None` where there is none of that name.
    pub fn builtin(name: &str) -> Option<Self> {
        let (_, text) = BUILTIN.iter().find(|(builtin, _)| *builtin == name)?;
        Self::parse(text).ok()
    }

    /// Reads a theme file: TOML, one line per meaning, each value words in any order: a colour,
    /// `on` and a colour, and any of `bold dim italic underline reverse strike`. A colour is
    /// `#rrggbb`, a number from 0 to 255, a name such as `red` or `bright-red`, or `default`.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let error = |at: usize, what: String| {
            let before = text.get(..at).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            ThemeError {
                line: before.matches('\n').count() + 1,
                column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
                text: what,
            }
        };
        let table = toml::de::DeTable::parse(text).map_err(|wrong| {
            let at = wrong.span().map_or(0, |span| span.start);
            error(at, wrong.message().to_owned())
        })?;
        let mut given = Vec::new();
        for (key, value) in table.get_ref() {
            let role = Role::ALL.iter().find(|role| role.name() == key.get_ref());
            let Some(role) = role else {
                let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                let what = format!(
                    "`{}` is no meaning; a theme knows {}",
                    key.get_ref(),
                    names.join(", ")
                );
                return Err(error(key.span().start, what));
            };
            let style = match value.get_ref().as_str() {
                Some(words) => style(words),
                None => Err("a text such as \"bold #ffcc00\" is expected".into()),
            };
            given.push((*role, style.map_err(|what| error(value.span().start, what))?));
        }
        let mut styles: Vec<Style> = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            let own = given.iter().find(|(given, _)| given == role).map(|(_, style)| *style);
            let inherited = role.parent().and_then(|parent| styles.get(parent as usize)).copied();
            styles.push(own.or(inherited).unwrap_or_default());
        }
        Ok(Self { styles })
    }

    /// What a meaning looks like.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The same theme for a terminal that knows 256 colours: each true colour becomes the nearest
    /// one of the colour cube or the grey ramp.
    #[must_use]
    pub fn in_256_colors(mut self) -> Self {
        for style in &mut self.styles {
            style.fg = style.fg.map(nearest_of_256);
            style.bg = style.bg.map(nearest_of_256);
        }
        self
    }
}

fn style(words: &str) -> Result<Style, String> {
    let mut style = Style::default();
    let mut ground = false;
    for word in words.split_whitespace() {
        let modifier = match word {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reverse" => Modifier::REVERSED,
            "strike" => Modifier::CROSSED_OUT,
            "on" => {
                ground = true;
                continue;
            }
            _ => {
                let color = color(word)?;
                style = if std::mem::take(&mut ground) { style.bg(color) } else { style.fg(color) };
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    if ground { Err("a colour is expected after `on`".into()) } else { Ok(style) }
}

const NAMED: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

fn color(word: &str) -> Result<Color, String> {
    if let Some((_, color)) = NAMED.iter().find(|(name, _)| *name == word) {
        return Ok(*color);
    }
    if let Ok(number) = word.parse::<u8>() {
        return Ok(Color::Indexed(number));
    }
    let hex = word.strip_prefix('#').filter(|hex| hex.len() == 6);
    match hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
        Some(rgb) => {
            let [_, red, green, blue] = rgb.to_be_bytes();
            Ok(Color::Rgb(red, green, blue))
        }
        None => {
            let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            Err(format!(
                "`{word}` is no colour; allowed are #rrggbb, a number from 0 to 255, {}, and the \
                 words bold, dim, italic, underline, reverse, strike, on",
                names.join(", ")
            ))
        }
    }
}

fn nearest_of_256(color: Color) -> Color {
    let Color::Rgb(red, green, blue) = color else { return color };
    let rgb = [red, green, blue];
    // The steps of the colour cube are 0, 95, 135, 175, 215, 255.
    let level = |value: u8| match value {
        0..48 => 0_u8,
        48..115 => 1,
        _ => (value - 35) / 40,
    };
    let value = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    let levels = rgb.map(level);
    let average = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    let step = u8::try_from(average.saturating_sub(3) / 10).unwrap_or(23).min(23);
    let distance = |other: [u8; 3]| -> u32 {
        rgb.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    if distance([8 + 10 * step; 3]) < distance(levels.map(value)) {
        Color::Indexed(232 + step)
    } else {
        let [red, green, blue] = levels;
        Color::Indexed(16 + 36 * red + 6 * green + blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_in_the_program_is_without_mistakes() {
        for (name, text) in BUILTIN {
            Theme::parse(text).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        }
    }

    #[test]
    fn the_monochrome_theme_has_no_colour_and_tells_meanings_apart() {
        let mono = Theme::builtin("mono").unwrap();
        for role in Role::ALL {
            let style = mono.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
        }
        assert_ne!(mono.style(Role::Selection), mono.style(Role::Text));
        assert_ne!(mono.style(Role::Note), mono.style(Role::Text));
    }

    #[test]
    fn what_a_theme_leaves_out_falls_back_to_the_broader_meaning() {
        let theme = Theme::parse("warning = \"yellow\"\nmuted = \"dim 244 on #102030\"").unwrap();
        assert_eq!(theme.style(Role::Urgent), Style::new().fg(Color::Yellow));
        assert_eq!(theme.style(Role::Note), Style::new().fg(Color::Yellow));
        let muted = Style::new().fg(Color::Indexed(244)).bg(Color::Rgb(16, 32, 48));
        assert_eq!(theme.style(Role::Border), muted.add_modifier(Modifier::DIM));
        assert_eq!(theme.style(Role::Agent), Style::default());
    }

    #[test]
    fn mistakes_are_named_with_their_place_and_with_what_is_allowed() {
        for (text, line, column, part) in [
            ("text = \"red\"\nfoo = \"red\"", 2, 1, "selection"),
            ("text = \"rad\"", 1, 8, "bright-red"),
            ("text = \"#12345\"", 1, 8, "#rrggbb"),
            ("text = \"red on\"", 1, 8, "after `on`"),
            ("text = 3", 1, 8, "expected"),
            ("\n\ntext = ", 3, 8, ""),
        ] {
            let wrong = Theme::parse(text).unwrap_err();
            assert_eq!((wrong.line, wrong.column), (line, column), "{text}: {wrong}");
            assert!(wrong.text.contains(part), "{text}: {wrong}");
        }
    }

    #[test]
    fn true_colours_become_the_nearest_of_256() {
        for (color, nearest) in
            [("#ff0000", 196), ("#000000", 16), ("#808080", 244), ("#5fafff", 75), ("#1c1c1c", 234)]
        {
            let theme = Theme::parse(&format!("text = \"{color}\"")).unwrap().in_256_colors();
            assert_eq!(theme.style(Role::Text).fg, Some(Color::Indexed(nearest)), "{color}");
        }
    }
}
