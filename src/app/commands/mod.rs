//! Every command, once: its name, its arguments and its help. Keys, the command line, the palette
//! and the help are all made from this table.

mod table;

pub use self::table::COMMANDS;
use super::views::{Sort, ViewKind};
use crate::model::Format;

/// Where a motion goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Motion {
    /// One down.
    Down,
    /// One up.
    Up,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
}

/// A part of the screen that can have the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pane {
    /// Views and accounts.
    Sidebar,
    /// Conversations.
    List,
    /// Messages.
    Thread,
    /// The editor.
    Composer,
}

/// What to copy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copied {
    /// The newest message.
    Message,
    /// The address in the vendor's web app.
    Url,
    /// The conversation's id.
    Id,
    /// The customer's e-mail address or phone number.
    Email,
}

/// Which list of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addressees {
    /// To.
    To,
    /// Copy.
    Cc,
    /// Blind copy.
    Bcc,
}

/// One command, with its arguments read.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// Move the selection or the thread.
    Move(Motion),
    /// Page the thread, then go to the next unread conversation.
    Page,
    /// Page the thread back.
    PageBack,
    /// Open the selected conversation.
    Open,
    /// Back to the pane before.
    Back,
    /// Open the conversation below.
    NextConversation,
    /// Open the conversation above.
    PreviousConversation,
    /// Next view.
    NextView,
    /// Previous view.
    PreviousView,
    /// Show the view at this place of the sidebar, from 1.
    ViewAt(usize),
    /// Show a view by what it is about.
    View(ViewKind),
    /// Show one account's inbox, or all (empty).
    Account(String),
    /// Give a pane the keys.
    Focus(Pane),
    /// Give the pane in this direction the keys: `true` = right.
    FocusSide(bool),
    /// Show only the pane that has the keys, or all again.
    Zoom,
    /// Next unread conversation.
    NextUnread,
    /// Previous unread conversation.
    PreviousUnread,
    /// The conversation that waits longest.
    LongestWaiting,
    /// Write to the customer.
    Reply,
    /// Write to colleagues.
    Note,
    /// Write a draft that waits for approval on the server.
    Draft,
    /// Go on with the draft of this conversation.
    Edit,
    /// Change one's own newest note.
    EditNote,
    /// Send a draft that waits for approval to the customer.
    Publish,
    /// Resolve, or reopen if resolved.
    Resolve,
    /// Set the status (empty: pick).
    Status(String),
    /// Snooze until (empty: ask).
    Snooze(String),
    /// Assign to (empty: pick; `me`, `none`, or a name).
    Assign(String),
    /// Assign to a team (empty: pick; `none`, or a name).
    Team(String),
    /// Set the priority (empty: pick; `none`, or a level).
    Priority(String),
    /// Change labels (empty: pick; `+a -b`, `=a b`).
    Labels(String),
    /// Set the SLA policy by id, or `none`.
    Sla(String),
    /// Mark read, or unread if read.
    ToggleUnread,
    /// Send the newest failed message again.
    Retry,
    /// Put a message on record without sending it.
    Store(String),
    /// Decide the same about this conversation as about the last one.
    Repeat,
    /// Undo.
    Undo,
    /// Redo.
    Redo,
    /// Send what the composer holds.
    Send,
    /// Send, then resolve.
    SendResolve,
    /// Send, then snooze until the customer answers.
    SendSnooze,
    /// Leave the composer; the draft is kept.
    Leave,
    /// Throw the draft away (can be had back).
    Discard,
    /// Have the discarded draft back.
    Undiscard,
    /// Switch between reply and note.
    ToggleMode,
    /// Pick a ready-made answer.
    Canned,
    /// Set recipients.
    Recipients(Addressees, String),
    /// Set the subject.
    Subject(String),
    /// Attach a file or a public address.
    Attach(String),
    /// Take all attachments off.
    Detach,
    /// enneo: intents that the draft answers.
    Intents(String),
    /// enneo: the mailbox the draft leaves from.
    Subchannel(String),
    /// How the text is to be read.
    Format(Format),
    /// Narrow the list (empty: ask; `-` shows all again).
    Filter(String),
    /// Look for words (empty: ask).
    Search(String),
    /// Next place where they are.
    SearchNext,
    /// Previous place where they are.
    SearchPrevious,
    /// Order the list.
    Sort(Sort),
    /// Outbox: send the failed one again.
    Resend,
    /// Outbox: give the failed words back to the composer.
    EditFailed,
    /// Outbox: drop the failed one.
    Drop,
    /// Outbox: the words did arrive.
    Arrived,
    /// Copy something.
    Copy(Copied),
    /// Open the command line.
    CommandLine,
    /// Pick a command.
    Palette,
    /// Show the keys.
    Help,
    /// Ask the vendors again.
    Refresh,
    /// Paint anew.
    Redraw,
    /// Stop for the shell.
    Suspend,
    /// Quit; asks if something has not gone out.
    Quit,
    /// Quit without asking.
    QuitNow,
    /// In a picker or prompt: take it.
    Accept,
    /// In a picker or prompt: close it.
    Cancel,
    /// In a picker: next line.
    ChooseNext,
    /// In a picker: previous line.
    ChoosePrevious,
    /// In a picker of several: switch the line.
    Toggle,
}

/// How a command stands in the table.
#[derive(Clone, Copy)]
pub struct Spec {
    /// Its name, as typed.
    pub name: &'static str,
    /// Its arguments, as shown; empty = none.
    pub args: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// The heading under which help and README show it.
    pub group: Group,
    parse: fn(&str) -> Result<Command, String>,
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Headings of help and README.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// Moving about.
    Move,
    /// Choosing what is listed.
    List,
    /// Writing.
    Write,
    /// Deciding.
    Triage,
    /// Failed and unconfirmed things.
    Outbox,
    /// The program.
    Program,
    /// Pickers and prompts.
    Popup,
}

impl Group {
    /// All headings, in order.
    pub const ALL: [Self; 7] = [
        Self::Move,
        Self::List,
        Self::Write,
        Self::Triage,
        Self::Outbox,
        Self::Program,
        Self::Popup,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::List => "The list",
            Self::Write => "Writing",
            Self::Triage => "Deciding",
            Self::Outbox => "The outbox",
            Self::Program => "The program",
            Self::Popup => "Pickers and prompts",
        }
    }
}

/// Other names that people try first.
const ALIASES: &[(&str, &str)] = &[
    ("q", "quit"),
    ("q!", "quit!"),
    ("wq", "quit"),
    ("x", "quit"),
    ("h", "help"),
    ("close", "resolve"),
    ("drafts", "view drafts"),
    ("outbox", "view outbox"),
    ("labels", "label"),
];

/// Reads one command line, without the colon.
///
/// # Errors
/// One sentence: an unknown name (with the nearest known one), or an argument that does not fit.
pub fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim();
    let (name, args) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if let Some((_, full)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return parse(&format!("{full} {args}"));
    }
    match COMMANDS.iter().find(|spec| spec.name == name) {
        Some(spec) => (spec.parse)(args.trim()).map_err(|why| format!("{name} {why}.")),
        None => Err(match nearest(name) {
            Some(near) => format!("There is no command {name}; did you mean {near}?"),
            None => format!("There is no command {name}; ? shows all."),
        }),
    }
}

fn nearest(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return None;
    }
    COMMANDS
        .iter()
        .map(|spec| (strsim::levenshtein(name, spec.name), spec.name))
        .filter(|(distance, near)| *distance <= 2 || near.starts_with(name))
        .min()
        .map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_reads_back() {
        for (place, spec) in COMMANDS.iter().enumerate() {
            assert!(
                COMMANDS.iter().skip(place + 1).all(|other| other.name != spec.name),
                "{} stands twice",
                spec.name
            );
            if spec.args.is_empty() {
                assert!(parse(spec.name).is_ok(), "{}", spec.name);
                assert!(parse(&format!("{} surplus", spec.name)).is_err(), "{}", spec.name);
            }
        }
    }

    #[test]
    fn a_mistyped_name_is_answered_with_the_nearest_one() {
        assert_eq!(
            parse("resolv").unwrap_err(),
            "There is no command resolv; did you mean resolve?"
        );
        assert_eq!(
            parse("asign me").unwrap_err(),
            "There is no command asign; did you mean assign?"
        );
        assert!(parse("xyzzy").unwrap_err().contains("? shows all"));
    }
}
