//! The composer and the drafts. A composer is bound to its conversation when it opens; the list
//! may move, the target cannot.

use std::collections::HashMap;

use jiff::Timestamp;
use ratatui::style::Style;
use tui_textarea::{CursorMove, TextArea, WrapMode};

use crate::model::{
    Action, Channel, ConversationId, DraftChange, Format, Outgoing, Recipients, RemoteId, Upload,
};
use crate::text::Clean;

/// What the words will become.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// A message to the customer.
    Reply,
    /// A note for colleagues.
    Note,
    /// A new draft on the server that waits for approval.
    Draft,
    /// A change of such a draft.
    EditDraft(RemoteId),
    /// A change of a note.
    EditNote(RemoteId),
}

impl Mode {
    /// The word in the composer's title.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reply => "REPLY",
            Self::Note => "NOTE",
            Self::Draft => "DRAFT",
            Self::EditDraft(_) => "EDIT DRAFT",
            Self::EditNote(_) => "EDIT NOTE",
        }
    }

    /// Whether the customer can come to see the words.
    pub fn is_public(&self) -> bool {
        !matches!(self, Self::Note | Self::EditNote(_))
    }
}

/// What is being written besides the text.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Letter {
    /// Who it goes to; empty on channels without recipients.
    pub recipients: Recipients,
    /// Subject, where the agent set one.
    pub subject: Option<String>,
    /// The message being answered.
    pub in_reply_to: Option<RemoteId>,
    /// Files to send along.
    pub attachments: Vec<Upload>,
    /// enneo: intents that the draft answers.
    pub intents: Option<Vec<u64>>,
    /// enneo: the mailbox or number it leaves from.
    pub subchannel: Option<u64>,
    /// How the text is to be read.
    pub format: Format,
}

/// A text that is not being edited now and was not sent.
#[derive(Clone, PartialEq, Debug)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// Row and column of the cursor.
    pub cursor: (usize, usize),
    /// Everything besides the text.
    pub letter: Letter,
    /// When it was last left.
    pub saved: Timestamp,
}

impl Draft {
    /// Whether both differ in nothing but when they were left.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (&self.text, self.cursor, &self.letter) == (&other.text, other.cursor, &other.letter)
    }
}

/// The editor pane.
#[derive(Clone, Debug)]
pub struct Composer {
    /// Which conversation; never changes.
    pub conversation: ConversationId,
    /// What the words will become.
    pub mode: Mode,
    /// The customer's name when the composer opened.
    pub contact: Clean,
    /// The channel when the composer opened.
    pub channel: Channel,
    /// The text.
    pub area: TextArea<'static>,
    /// Everything besides the text.
    pub letter: Letter,
    /// What the text was when it opened, to tell a change from none.
    original: String,
    original_letter: Letter,
}

impl Composer {
    /// An editor for a conversation, beginning with a text.
    pub fn new(
        conversation: ConversationId,
        mode: Mode,
        contact: Clean,
        channel: Channel,
        text: &str,
        letter: Letter,
    ) -> Self {
        Self {
            conversation,
            mode,
            contact,
            channel,
            area: area(text, None),
            original: text.to_owned(),
            original_letter: letter.clone(),
            letter,
        }
    }

    /// The text as it stands.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether there is nothing worth keeping.
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
            && self.letter.attachments.is_empty()
    }

    /// Whether it differs from what it began with.
    pub fn is_changed(&self) -> bool {
        self.letter != self.original_letter || self.text() != self.original
    }

    /// What is to be kept when the composer closes.
    pub fn draft(&self, now: Timestamp) -> Draft {
        let cursor = self.area.cursor();
        Draft {
            text: self.text(),
            cursor: (cursor.0, cursor.1),
            letter: self.letter.clone(),
            saved: now,
        }
    }

    /// Takes up a draft that was left.
    pub fn take_up(&mut self, draft: Draft) {
        self.area = area(&draft.text, Some(draft.cursor));
        self.letter = draft.letter;
    }

    /// Puts a text in at the cursor, as one piece.
    pub fn insert(&mut self, text: &str) {
        self.area.insert_str(text);
    }

    /// What sending the composer does.
    pub fn action(&self) -> Action {
        let text = self.text().trim_end().to_owned();
        match &self.mode {
            Mode::Reply => Action::Reply(self.outgoing(text)),
            Mode::Draft => Action::CreateDraft(self.outgoing(text)),
            Mode::Note => Action::Note(text),
            Mode::EditNote(message) => Action::EditNote { message: message.clone(), text },
            Mode::EditDraft(message) => {
                Action::EditDraft { message: message.clone(), change: self.change(text) }
            }
        }
    }

    fn outgoing(&self, text: String) -> Outgoing {
        Outgoing {
            text,
            format: self.letter.format,
            recipients: self.letter.recipients.clone(),
            subject: self.letter.subject.clone(),
            in_reply_to: self.letter.in_reply_to.clone(),
            attachments: self.letter.attachments.clone(),
        }
    }

    /// Only what differs, so that a field nobody touched is not overwritten on the server.
    fn change(&self, text: String) -> DraftChange {
        let (now, then) = (&self.letter, &self.original_letter);
        let text = (text != self.original.trim_end()).then_some(text);
        DraftChange {
            // A text without its format would be read in the vendor's default one.
            format: (text.is_some() || now.format != then.format).then_some(now.format),
            text,
            recipients: (now.recipients != then.recipients).then(|| now.recipients.clone()),
            intents: (now.intents != then.intents).then(|| now.intents.clone()).flatten(),
            attachments: (now.attachments != then.attachments).then(|| now.attachments.clone()),
            subchannel: (now.subchannel != then.subchannel).then_some(now.subchannel).flatten(),
        }
    }
}

fn area(text: &str, cursor: Option<(usize, usize)>) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_max_histories(1000);
    // The terminal's own cursor marks the place: a painted one costs bytes with every letter, and
    // input methods would not find it.
    area.set_cursor_style(Style::new());
    area.set_cursor_line_style(Style::new());
    match cursor {
        Some((row, column)) => {
            let place = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            area.move_cursor(CursorMove::Jump(place(row), place(column)));
        }
        None => {
            area.move_cursor(CursorMove::Bottom);
            area.move_cursor(CursorMove::End);
        }
    }
    area
}

/// Drafts by conversation and mode.
#[derive(Debug, Default)]
pub struct Drafts {
    held: HashMap<(ConversationId, Mode), Draft>,
    /// The last one thrown away, so that it can be had back.
    discarded: Option<(ConversationId, Mode, Draft)>,
    /// Where something changed since this was asked last.
    touched: Vec<(ConversationId, Mode)>,
}

impl Drafts {
    /// Keeps a draft.
    pub fn keep(&mut self, conversation: ConversationId, mode: Mode, draft: Draft) {
        self.touched.push((conversation.clone(), mode.clone()));
        self.held.insert((conversation, mode), draft);
    }

    /// Takes a draft to edit it.
    pub fn take(&mut self, conversation: &ConversationId, mode: &Mode) -> Option<Draft> {
        let place = (conversation.clone(), mode.clone());
        let draft = self.held.remove(&place)?;
        self.touched.push(place);
        Some(draft)
    }

    /// Where something changed since this was asked last.
    pub fn take_touched(&mut self) -> Vec<(ConversationId, Mode)> {
        std::mem::take(&mut self.touched)
    }

    /// A draft, where there is one.
    pub fn get(&self, conversation: &ConversationId, mode: &Mode) -> Option<&Draft> {
        self.held.get(&(conversation.clone(), mode.clone()))
    }

    /// The modes in which a conversation has drafts.
    pub fn of<'a>(
        &'a self,
        conversation: &'a ConversationId,
    ) -> impl Iterator<Item = (&'a Mode, &'a Draft)> {
        self.held
            .iter()
            .filter(move |((id, _), _)| id == conversation)
            .map(|((_, mode), draft)| (mode, draft))
    }

    /// How many drafts there are.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Throws a draft away, within reach of [`Drafts::undiscard`].
    pub fn discard(&mut self, conversation: ConversationId, mode: Mode, draft: Draft) {
        self.discarded = Some((conversation, mode, draft));
    }

    /// The draft thrown away last.
    pub fn undiscard(&mut self) -> Option<(ConversationId, Mode, Draft)> {
        self.discarded.take()
    }
}
