//! The table of commands: one line each.

use super::super::views::{Sort, ViewKind};
use super::{Addressees, Command, Copied, Group, Motion, Pane, Spec};
use crate::model::Format;

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
