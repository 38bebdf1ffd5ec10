//! The choices of the top level, with the words that the file uses for them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reader::Section;
use crate::model::Channel;

/// Whether the kitty keyboard protocol is asked for, which lets Ctrl-Enter differ from Enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExtendedKeys {
    /// On terminals that are known to speak it, by `TERM` and `TERM_PROGRAM`.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl ExtendedKeys {
    pub(super) const WORDS: &[(&str, Self)] =
        &[("auto", Self::Auto), ("on", Self::On), ("off", Self::Off)];
}

/// When a vendor (and through it perhaps the customer) is told that a conversation was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkRead {
    /// With the first answer; looking tells nobody.
    OnReply,
    /// When the conversation is opened.
    OnOpen,
    /// Only by command.
    Never,
}

impl MarkRead {
    pub(super) const WORDS: &[(&str, Self)] =
        &[("on_reply", Self::OnReply), ("on_open", Self::OnOpen), ("never", Self::Never)];
}

/// How much goes into the log file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub enum LogLevel {
    /// Nothing; no file is made.
    Off,
    /// What failed.
    Error,
    /// … and what is odd.
    Warn,
    /// … and what happened.
    Info,
    /// … and why.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    pub(super) const WORDS: &[(&str, Self)] = &[
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, level)| *level == self).map_or("off", |(word, _)| word)
    }
}

/// The longest undo window that can be set, in seconds.
const LONGEST_UNDO: u64 = 300;

/// How long a message waits in the outbox, so that it can be called back, per channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UndoWindows(BTreeMap<&'static str, u16>);

/// The channels by their words, with the seconds that hold when the file says nothing: 8 where
/// people expect an answer in hours, 3 where they expect it in seconds.
const UNDO: [(&str, u16); 13] = [
    ("email", 8),
    ("letter", 8),
    ("portal", 8),
    ("chat", 3),
    ("whatsapp", 3),
    ("facebook", 3),
    ("instagram", 3),
    ("google", 3),
    ("sms", 3),
    ("telegram", 3),
    ("phone", 3),
    ("api", 3),
    ("other", 3),
];

impl UndoWindows {
    /// How long a message on this channel waits. Zero: it leaves at once.
    pub fn of(&self, channel: &Channel) -> Duration {
        let word = match channel {
            Channel::Other(_) => "other",
            known => known.word(),
        };
        Duration::from_secs(self.0.get(word).copied().unwrap_or_default().into())
    }
}

impl Default for UndoWindows {
    fn default() -> Self {
        Self(UNDO.into())
    }
}

pub(super) fn read_undo(section: &Section<'_>) -> UndoWindows {
    let mut windows = UndoWindows::default();
    for (word, default) in UNDO {
        let seconds = section.number(word, 0..=LONGEST_UNDO);
        let seconds = seconds.and_then(|seconds| u16::try_from(seconds.value).ok());
        windows.0.insert(word, seconds.unwrap_or(default));
    }
    section.finish();
    windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean;

    #[test]
    fn every_channel_has_an_undo_window_that_fits_its_pace() {
        let windows = UndoWindows::default();
        for channel in [
            Channel::Email,
            Channel::Chat,
            Channel::WhatsApp,
            Channel::Facebook,
            Channel::Instagram,
            Channel::Google,
            Channel::Sms,
            Channel::Telegram,
            Channel::Phone,
            Channel::Letter,
            Channel::Portal,
            Channel::Api,
            Channel::Other(clean("fax")),
        ] {
            let expected = if channel.is_mail_like() { 8 } else { 3 };
            assert_eq!(windows.of(&channel).as_secs(), expected, "{channel:?}");
        }
    }
}
