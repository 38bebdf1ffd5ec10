//! Every command, once: its name, its arguments and its help. Keys, the command line, the palette
//! and the help are all made from this table.

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

macro_rules! bare {
    ($command:expr) => {
        |args| if args.is_empty() { Ok($command) } else { Err("takes no argument".to_owned()) }
    };
}

macro_rules! text {
    ($command:path) => {
        |args| Ok($command(args.to_owned()))
    };
}

macro_rules! word {
    ($wrap:path, $($word:literal => $value:expr),+ $(,)?) => {
        |args| match args {
            $($word => Ok($wrap($value)),)+
            _ => Err(concat!("takes one of" $(, " ", $word)+).to_owned()),
        }
    };
}

const fn spec(
    group: Group,
    name: &'static str,
    args: &'static str,
    help: &'static str,
    parse: fn(&str) -> Result<Command, String>,
) -> Spec {
    Spec { name, args, help, group, parse }
}

/// The table.
pub static COMMANDS: &[Spec] = &[
    spec(Group::Move, "down", "", "Move down", bare!(Command::Move(Motion::Down))),
    spec(Group::Move, "up", "", "Move up", bare!(Command::Move(Motion::Up))),
    spec(Group::Move, "top", "", "Go to the first", bare!(Command::Move(Motion::Top))),
    spec(Group::Move, "bottom", "", "Go to the last", bare!(Command::Move(Motion::Bottom))),
    spec(Group::Move, "half-down", "", "Half a page down", bare!(Command::Move(Motion::HalfDown))),
    spec(Group::Move, "half-up", "", "Half a page up", bare!(Command::Move(Motion::HalfUp))),
    spec(Group::Move, "page", "", "Page the thread, then the next unread", bare!(Command::Page)),
    spec(Group::Move, "page-back", "", "Page the thread back", bare!(Command::PageBack)),
    spec(Group::Move, "open", "", "Open the selected conversation", bare!(Command::Open)),
    spec(Group::Move, "back", "", "Back to the list", bare!(Command::Back)),
    spec(
        Group::Move,
        "next-conversation",
        "",
        "Open the next conversation",
        bare!(Command::NextConversation),
    ),
    spec(
        Group::Move,
        "previous-conversation",
        "",
        "Open the previous conversation",
        bare!(Command::PreviousConversation),
    ),
    spec(Group::Move, "next-unread", "", "Go to the next unread", bare!(Command::NextUnread)),
    spec(
        Group::Move,
        "previous-unread",
        "",
        "Go to the previous unread",
        bare!(Command::PreviousUnread),
    ),
    spec(
        Group::Move,
        "longest-waiting",
        "",
        "Go to the one that waits longest",
        bare!(Command::LongestWaiting),
    ),
    spec(
        Group::Move,
        "focus",
        "sidebar|list|thread|composer",
        "Give a pane the keys",
        word!(Command::Focus, "sidebar" => Pane::Sidebar, "list" => Pane::List, "thread" => Pane::Thread, "composer" => Pane::Composer),
    ),
    spec(
        Group::Move,
        "focus-left",
        "",
        "Give the pane on the left the keys",
        bare!(Command::FocusSide(false)),
    ),
    spec(
        Group::Move,
        "focus-right",
        "",
        "Give the pane on the right the keys",
        bare!(Command::FocusSide(true)),
    ),
    spec(Group::Move, "zoom", "", "Only this pane, or all again", bare!(Command::Zoom)),
    spec(Group::List, "next-view", "", "Next view", bare!(Command::NextView)),
    spec(Group::List, "previous-view", "", "Previous view", bare!(Command::PreviousView)),
    spec(Group::List, "view", "NUMBER|NAME", "Show a view", view),
    spec(
        Group::List,
        "account",
        "[NAME]",
        "Show one account's inbox, or all",
        text!(Command::Account),
    ),
    spec(
        Group::List,
        "filter",
        "[WORDS|-]",
        "Narrow this list (- shows all again)",
        text!(Command::Filter),
    ),
    spec(Group::List, "search", "[WORDS]", "Look for words in this pane", text!(Command::Search)),
    spec(Group::List, "search-next", "", "Next place found", bare!(Command::SearchNext)),
    spec(
        Group::List,
        "search-previous",
        "",
        "Previous place found",
        bare!(Command::SearchPrevious),
    ),
    spec(
        Group::List,
        "sort",
        "newest|oldest|waiting|priority|due",
        "Order this list",
        word!(Command::Sort, "newest" => Sort::Newest, "oldest" => Sort::Oldest, "waiting" => Sort::Waiting, "priority" => Sort::Priority, "due" => Sort::Due),
    ),
    spec(Group::List, "refresh", "", "Ask the vendors again", bare!(Command::Refresh)),
    spec(Group::Write, "reply", "", "Reply to the customer", bare!(Command::Reply)),
    spec(Group::Write, "note", "", "Private note", bare!(Command::Note)),
    spec(Group::Write, "draft", "", "Draft that waits for approval", bare!(Command::Draft)),
    spec(
        Group::Write,
        "edit",
        "",
        "Go on with the draft of this conversation",
        bare!(Command::Edit),
    ),
    spec(Group::Write, "edit-note", "", "Change your newest note", bare!(Command::EditNote)),
    spec(
        Group::Write,
        "publish",
        "",
        "Send the draft that waits for approval",
        bare!(Command::Publish),
    ),
    spec(Group::Write, "send", "", "Send what the composer holds", bare!(Command::Send)),
    spec(Group::Write, "send-resolve", "", "Send and resolve", bare!(Command::SendResolve)),
    spec(
        Group::Write,
        "send-snooze",
        "",
        "Send and snooze until the customer answers",
        bare!(Command::SendSnooze),
    ),
    spec(Group::Write, "leave", "", "Leave the composer, keep the draft", bare!(Command::Leave)),
    spec(Group::Write, "mode", "", "Switch between reply and note", bare!(Command::ToggleMode)),
    spec(Group::Write, "canned", "", "Insert a canned reply", bare!(Command::Canned)),
    spec(Group::Write, "to", "ADDRESS, …", "Set the recipients", |args| {
        Ok(Command::Recipients(Addressees::To, args.to_owned()))
    }),
    spec(Group::Write, "cc", "ADDRESS, …", "Set the copies", |args| {
        Ok(Command::Recipients(Addressees::Cc, args.to_owned()))
    }),
    spec(Group::Write, "bcc", "ADDRESS, …", "Set the blind copies", |args| {
        Ok(Command::Recipients(Addressees::Bcc, args.to_owned()))
    }),
    spec(Group::Write, "subject", "TEXT", "Set the subject", text!(Command::Subject)),
    spec(Group::Write, "attach", "PATH|URL", "Attach a file", text!(Command::Attach)),
    spec(Group::Write, "detach", "", "Take the attachments off", bare!(Command::Detach)),
    spec(
        Group::Write,
        "format",
        "text|html",
        "How the text is to be read",
        word!(Command::Format, "text" => Format::Plain, "html" => Format::Markdown),
    ),
    spec(
        Group::Write,
        "intents",
        "ID, …",
        "enneo: intents that the draft answers",
        text!(Command::Intents),
    ),
    spec(
        Group::Write,
        "subchannel",
        "ID",
        "enneo: the mailbox the draft leaves from",
        text!(Command::Subchannel),
    ),
    spec(
        Group::Write,
        "discard",
        "",
        "Throw the draft away (undiscard has it back)",
        bare!(Command::Discard),
    ),
    spec(Group::Write, "undiscard", "", "Have the discarded draft back", bare!(Command::Undiscard)),
    spec(Group::Triage, "resolve", "", "Resolve, or reopen if resolved", bare!(Command::Resolve)),
    spec(
        Group::Triage,
        "status",
        "[open|pending|resolved]",
        "Set the status",
        text!(Command::Status),
    ),
    spec(
        Group::Triage,
        "snooze",
        "[WHEN]",
        "Snooze: tomorrow, fri 9am, 2h, week, reply",
        text!(Command::Snooze),
    ),
    spec(Group::Triage, "assign", "[me|none|NAME]", "Assign", text!(Command::Assign)),
    spec(Group::Triage, "team", "[none|NAME]", "Assign to a team", text!(Command::Team)),
    spec(
        Group::Triage,
        "priority",
        "[none|low|medium|high|urgent]",
        "Set the priority",
        text!(Command::Priority),
    ),
    spec(Group::Triage, "label", "[+A -B|=A B]", "Change the labels", text!(Command::Labels)),
    spec(Group::Triage, "sla", "ID|none", "Set the SLA policy", text!(Command::Sla)),
    spec(
        Group::Triage,
        "unread",
        "",
        "Mark unread, or read if unread",
        bare!(Command::ToggleUnread),
    ),
    spec(Group::Triage, "retry", "", "Send the newest failed message again", bare!(Command::Retry)),
    spec(
        Group::Triage,
        "store",
        "in|out TEXT",
        "Put a message on record without sending it",
        text!(Command::Store),
    ),
    spec(Group::Triage, "repeat", "", "Decide here what you decided last", bare!(Command::Repeat)),
    spec(Group::Triage, "undo", "", "Undo, or call back what has not left", bare!(Command::Undo)),
    spec(Group::Triage, "redo", "", "Redo", bare!(Command::Redo)),
    spec(Group::Outbox, "resend", "", "Send the failed one again", bare!(Command::Resend)),
    spec(
        Group::Outbox,
        "edit-failed",
        "",
        "Take the failed words back into the composer",
        bare!(Command::EditFailed),
    ),
    spec(Group::Outbox, "drop", "", "Forget the failed one", bare!(Command::Drop)),
    spec(Group::Outbox, "arrived", "", "The unconfirmed words did arrive", bare!(Command::Arrived)),
    spec(
        Group::Program,
        "copy",
        "message|url|id|email",
        "Copy",
        word!(Command::Copy, "message" => Copied::Message, "url" => Copied::Url, "id" => Copied::Id, "email" => Copied::Email),
    ),
    spec(Group::Program, "command", "", "Command line", bare!(Command::CommandLine)),
    spec(Group::Program, "palette", "", "Pick a command", bare!(Command::Palette)),
    spec(Group::Program, "help", "", "These keys", bare!(Command::Help)),
    spec(Group::Program, "redraw", "", "Paint the screen anew", bare!(Command::Redraw)),
    spec(
        Group::Program,
        "suspend",
        "",
        "Stop for the shell; fg comes back",
        bare!(Command::Suspend),
    ),
    spec(
        Group::Program,
        "quit",
        "",
        "Quit (asks if something has not gone out)",
        bare!(Command::Quit),
    ),
    spec(Group::Program, "quit!", "", "Quit without asking", bare!(Command::QuitNow)),
    spec(Group::Popup, "accept", "", "Take it", bare!(Command::Accept)),
    spec(Group::Popup, "cancel", "", "Close", bare!(Command::Cancel)),
    spec(Group::Popup, "choose-next", "", "Next line", bare!(Command::ChooseNext)),
    spec(Group::Popup, "choose-previous", "", "Previous line", bare!(Command::ChoosePrevious)),
    spec(Group::Popup, "toggle", "", "Switch a label on or off", bare!(Command::Toggle)),
];

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

fn view(args: &str) -> Result<Command, String> {
    if let Ok(number) = args.parse() {
        return Ok(Command::ViewAt(number));
    }
    ViewKind::ALL
        .into_iter()
        .find(|kind| kind.name().eq_ignore_ascii_case(args))
        .map(Command::View)
        .ok_or_else(|| {
            "takes a number, or inbox, mine, unassigned, snoozed, resolved, all, drafts, outbox"
                .into()
        })
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
