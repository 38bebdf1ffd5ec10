//! Writing: opening, leaving and sending what the composer holds.

use std::sync::Arc;

use super::commands::{Addressees, Command, Pane};
use super::composer::{Composer, Draft, Letter, Mode};
use super::msg::Effect;
use super::outbox::Op;
use super::{App, Level};
use crate::model::{
    Action, Conversation, ConversationId, DraftChange, MessageKind, Outgoing, RemoteId, Side,
    Status, Upload, UploadSource,
};
use crate::text::clean;

impl App {
    /// Commands about what is being written to or about a conversation.
    pub(super) fn run_writing(&mut self, conversation: &Conversation, command: Command) {
        match command {
            Command::Reply => self.write(conversation, Mode::Reply),
            Command::Note => self.write(conversation, Mode::Note),
            Command::Draft => self.write(conversation, Mode::Draft),
            Command::Edit => self.edit(conversation),
            Command::EditNote => self.edit_note(conversation),
            Command::Publish => self.publish(conversation),
            command => self.run_in_composer(conversation, command),
        }
    }

    fn run_in_composer(&mut self, conversation: &Conversation, command: Command) {
        if self.composer.is_none() {
            self.say(
                Level::Info,
                "Nothing is being written: ‹reply› replies, ‹note› writes a note.",
            );
            return;
        }
        match command {
            Command::Send => drop(self.send()),
            Command::SendResolve => {
                self.send_and(conversation, Action::SetStatus(Status::Resolved))
            }
            Command::SendSnooze => self.send_and(conversation, Action::Snooze(None)),
            Command::Leave => self.leave_composer(),
            Command::Discard => self.discard(),
            Command::ToggleMode => self.toggle_mode(conversation),
            Command::Canned => self.pick_canned(conversation),
            Command::Attach(place) => self.attach(conversation, &place),
            command => self.set_letter(command),
        }
    }

    fn set_letter(&mut self, command: Command) {
        let Some(composer) = &mut self.composer else { return };
        let letter = &mut composer.letter;
        match command {
            Command::Recipients(which, addresses) => {
                let list = addresses
                    .split([',', ';'])
                    .map(str::trim)
                    .filter(|address| !address.is_empty())
                    .map(clean)
                    .collect();
                match which {
                    Addressees::To => letter.recipients.to = list,
                    Addressees::Cc => letter.recipients.cc = list,
                    Addressees::Bcc => letter.recipients.bcc = list,
                }
            }
            Command::Subject(subject) => {
                letter.subject = Some(subject).filter(|text| !text.is_empty())
            }
            Command::Detach => letter.attachments.clear(),
            Command::Format(format) => letter.format = format,
            Command::Intents(ids) => match numbers(&ids) {
                Some(ids) => letter.intents = Some(ids),
                None => self.say(Level::Warning, "intents takes numbers, such as 12, 34."),
            },
            Command::Subchannel(id) => match id.parse() {
                Ok(id) => letter.subchannel = Some(id),
                Err(_) => self.say(Level::Warning, "subchannel takes a number."),
            },
            _ => {}
        }
    }

    /// Opens the composer for a conversation, taking up the draft that is there.
    fn write(&mut self, conversation: &Conversation, mode: Mode) {
        let Some(account) = self.account(conversation.id.account) else { return };
        let capabilities = &account.capabilities;
        let allowed = match mode {
            Mode::Reply => capabilities
                .reply
                .check()
                .and_then(|()| capabilities.reply_window(conversation, self.now.wall)),
            Mode::Note | Mode::EditNote(_) => capabilities.notes.check(),
            Mode::Draft | Mode::EditDraft(_) => capabilities.server_drafts.check(),
        };
        if let Err(why) = allowed {
            self.say(Level::Warning, why);
            return;
        }
        let letter = self.first_letter(conversation, &mode);
        self.open_composer(conversation, mode, "", letter);
    }

    fn first_letter(&self, conversation: &Conversation, mode: &Mode) -> Letter {
        let recipients =
            if mode.is_public() { conversation.recipients.clone() } else { Default::default() };
        Letter { recipients, ..Letter::default() }
    }

    fn open_composer(
        &mut self,
        conversation: &Conversation,
        mode: Mode,
        text: &str,
        letter: Letter,
    ) {
        let same = self.composer.as_ref().is_some_and(|composer| {
            composer.conversation == conversation.id && composer.mode == mode
        });
        if !same {
            self.put_composer_away();
            let mut composer = Composer::new(
                conversation.id.clone(),
                mode.clone(),
                clean(conversation.contact.shown()),
                conversation.channel.clone(),
                text,
                letter,
            );
            if let Some(draft) = self.drafts.take(&conversation.id, &mode) {
                composer.take_up(draft);
            }
            self.composer = Some(composer);
            self.note_drafts(&conversation.id);
        }
        if self.opened.as_ref() != Some(&conversation.id) {
            self.open(&conversation.id);
        }
        self.focus = Pane::Composer;
        self.zoom = false;
    }

    /// Goes on with what is there: a draft of this program, else one that waits on the server.
    fn edit(&mut self, conversation: &Conversation) {
        let mode = self
            .drafts
            .of(&conversation.id)
            .map(|(mode, _)| mode.clone())
            .min_by_key(|mode| (!mode.is_public(), !matches!(mode, Mode::Reply)));
        if let Some(mode) = mode {
            let letter = self.first_letter(conversation, &mode);
            self.open_composer(conversation, mode, "", letter);
            return;
        }
        let on_server =
            self.threads.get(&conversation.id).and_then(|thread| {
                thread.entries().iter().rev().find(|entry| {
                    entry.message.kind == MessageKind::Draft && !entry.message.deleted
                })
            });
        match on_server.map(|entry| entry.message.clone()) {
            Some(message) => {
                let letter = Letter {
                    recipients: message.recipients.clone(),
                    subject: message.subject.as_ref().map(ToString::to_string),
                    format: message.format,
                    ..Letter::default()
                };
                let mode = Mode::EditDraft(message.id.clone());
                self.open_composer(conversation, mode, &message.text, letter);
            }
            None => self
                .say(Level::Info, "There is no draft here: ‹reply› replies, ‹note› writes a note."),
        }
    }

    fn edit_note(&mut self, conversation: &Conversation) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.edit_notes.check() {
            self.say(Level::Warning, why);
            return;
        }
        let me = account.me.as_ref().map(|me| me.id.clone());
        let note = self.threads.get(&conversation.id).and_then(|thread| {
            thread.entries().iter().rev().map(|entry| &entry.message).find(|message| {
                let mine = me.is_none() || message.author.id.is_none() || message.author.id == me;
                message.kind == MessageKind::Note && message.author.side != Side::System && mine
            })
        });
        match note.map(|note| (note.id.clone(), note.text.clone())) {
            Some((id, text)) => {
                self.open_composer(conversation, Mode::EditNote(id), &text, Letter::default());
            }
            None => self.say(Level::Info, "There is no note of yours in the loaded thread."),
        }
    }

    fn publish(&mut self, conversation: &Conversation) {
        let being_edited = self.composer.as_ref().is_some_and(|composer| {
            composer.conversation == conversation.id
                && matches!(composer.mode, Mode::EditDraft(_))
                && composer.is_changed()
        });
        if being_edited {
            self.say(
                Level::Warning,
                "The draft has changes that are not saved; ‹send› saves them, then publish.",
            );
            return;
        }
        match self.waiting_draft(&conversation.id) {
            Some(message) => {
                let wait = self.settings.undo.of(&conversation.channel);
                if self.enqueue(conversation, Action::PublishDraft { message }, wait).is_some() {
                    self.say(
                        Level::Info,
                        format!(
                            "The draft goes to {}; ‹undo› stops it.",
                            conversation.contact.shown()
                        ),
                    );
                }
            }
            None => self.say(Level::Info, "No draft of the loaded thread waits for approval."),
        }
    }

    fn waiting_draft(&self, id: &ConversationId) -> Option<RemoteId> {
        let thread = self.threads.get(id)?;
        let draft = thread
            .entries()
            .iter()
            .rev()
            .find(|entry| entry.message.kind == MessageKind::Draft && !entry.message.deleted)?;
        Some(draft.message.id.clone())
    }

    /// Sends what the composer holds. Returns whether it went into the outbox.
    fn send(&mut self) -> bool {
        let Some(composer) = self.composer.take() else { return false };
        let Some(conversation) = self.inbox.get(&composer.conversation).cloned() else {
            self.composer = Some(composer);
            self.say(Level::Warning, "This conversation is not there any more; the text is kept.");
            return false;
        };
        let action = composer.action();
        if let Action::EditDraft { change, .. } = &action
            && *change == DraftChange::default()
        {
            self.composer = Some(composer);
            self.say(Level::Info, "Nothing has changed; ‹publish› publishes the draft.");
            return false;
        }
        let wait = if action.is_customer_visible() {
            self.settings.undo.of(&composer.channel)
        } else {
            std::time::Duration::ZERO
        };
        let Some(op) = self.enqueue(&conversation, action, wait) else {
            self.composer = Some(composer);
            return false;
        };
        let draft = composer.draft(self.now.wall);
        if let Some(op) = self.outbox.get(op) {
            self.journal.sent(composer.conversation.clone(), composer.mode.clone(), draft, op);
        }
        if wait.is_zero() {
            self.notice = None;
        } else {
            self.say(
                Level::Info,
                format!("To {} in a moment; ‹undo› calls it back.", conversation.contact.shown()),
            );
        }
        self.focus = Pane::Thread;
        self.thread_back = 0;
        self.note_drafts(&composer.conversation);
        true
    }

    fn send_and(&mut self, conversation: &Conversation, then: Action) {
        let allowed = self
            .account(conversation.id.account)
            .map(|account| account.capabilities.allows(&then, conversation, self.now.wall));
        if let Some(Err(why)) = allowed {
            self.say(Level::Warning, format!("Nothing was sent: {why}"));
            return;
        }
        let before = self.last_id;
        if self.send() {
            let sent = self.chain(before, None);
            let before = self.last_id;
            self.decide(conversation, then);
            self.chain(before, sent);
        }
    }

    /// Closes the composer; what it holds is kept as a draft.
    pub(super) fn leave_composer(&mut self) {
        let kept = self.put_composer_away();
        self.focus = if self.opened.is_some() { Pane::Thread } else { Pane::List };
        if kept {
            self.say(Level::Info, "The draft is kept; ‹edit› goes on with it.");
        }
    }

    fn put_composer_away(&mut self) -> bool {
        let Some(composer) = self.composer.take() else { return false };
        let keep = !composer.is_blank() && composer.is_changed() || composer.is_changed();
        if keep {
            let draft = composer.draft(self.now.wall);
            self.drafts.keep(composer.conversation.clone(), composer.mode.clone(), draft);
        }
        self.note_drafts(&composer.conversation);
        keep
    }

    /// Tells the list whether a conversation has a draft.
    pub(super) fn note_drafts(&mut self, id: &ConversationId) {
        let writing = self.composer.as_ref().is_some_and(|composer| composer.conversation == *id);
        let has = writing || self.drafts.of(id).next().is_some();
        self.inbox.reconsider(id, |context| {
            if has {
                context.drafts.insert(id.clone());
            } else {
                context.drafts.remove(id);
            }
        });
    }

    fn discard(&mut self) {
        let Some(composer) = self.composer.take() else { return };
        let draft = composer.draft(self.now.wall);
        let id = composer.conversation.clone();
        self.drafts.discard(composer.conversation, composer.mode, draft);
        self.focus = Pane::Thread;
        self.note_drafts(&id);
        self.say(Level::Info, "Thrown away; :undiscard has it back.");
    }

    pub(super) fn undiscard(&mut self) {
        match self.drafts.undiscard() {
            Some((id, mode, draft)) => {
                self.keep_beside(id.clone(), mode.clone(), draft);
                if let Some(conversation) = self.inbox.get(&id).cloned() {
                    self.open_composer(&conversation, mode, "", Letter::default());
                }
            }
            None => self.say(Level::Info, "Nothing was thrown away."),
        }
    }

    fn toggle_mode(&mut self, conversation: &Conversation) {
        let Some(composer) = &self.composer else { return };
        let to = match composer.mode {
            Mode::Reply => Mode::Note,
            Mode::Note => Mode::Reply,
            _ => {
                self.say(
                    Level::Info,
                    "A draft that is already on the server cannot become something else.",
                );
                return;
            }
        };
        let text = composer.text();
        let blank = composer.is_blank();
        if to == Mode::Reply && !blank {
            // Words meant for colleagues must not reach the customer by one key.
            let text = "Turn this note into a reply that the customer will read? y/n".into();
            self.popup = Some(super::popup::Popup::Question(super::popup::Question {
                text,
                yes: super::popup::Answer::Run(Command::ToggleMode),
            }));
            return;
        }
        self.switch_mode(conversation, to, &text);
    }

    /// The answer to the question whether a note becomes a reply was yes.
    pub(super) fn run_confirmed(&mut self, command: Command) {
        let Some(composer) = &self.composer else { return };
        let text = composer.text();
        let Some(conversation) = self.inbox.get(&composer.conversation).cloned() else { return };
        if command == Command::ToggleMode {
            self.switch_mode(&conversation, Mode::Reply, &text);
        }
    }

    fn switch_mode(&mut self, conversation: &Conversation, to: Mode, text: &str) {
        let letter =
            self.composer.as_ref().map(|composer| composer.letter.clone()).unwrap_or_default();
        let held = self.composer.take();
        self.write(conversation, to);
        match &mut self.composer {
            Some(composer) => {
                composer.insert(text);
                composer.letter.attachments = letter.attachments;
            }
            // The other mode is not possible here; the reason is in the bar.
            None => self.composer = held,
        }
    }

    /// Words that did not go out return to the composer, or to the drafts beside what is there.
    pub(super) fn give_back(&mut self, op: Op, open: bool) {
        let (mode, text, letter) = match op.action {
            Action::Reply(outgoing) => (Mode::Reply, outgoing.text.clone(), letter_of(outgoing)),
            Action::CreateDraft(outgoing) => {
                (Mode::Draft, outgoing.text.clone(), letter_of(outgoing))
            }
            Action::Note(text) => (Mode::Note, text, Letter::default()),
            Action::EditNote { message, text } => {
                (Mode::EditNote(message), text, Letter::default())
            }
            Action::EditDraft { message, change } => {
                let letter = Letter {
                    recipients: change.recipients.unwrap_or_default(),
                    attachments: change.attachments.unwrap_or_default(),
                    intents: change.intents,
                    subchannel: change.subchannel,
                    format: change.format.unwrap_or_default(),
                    ..Letter::default()
                };
                (Mode::EditDraft(message), change.text.unwrap_or_default(), letter)
            }
            Action::Store(stored) => (Mode::Note, stored.text, Letter::default()),
            _ => return,
        };
        let cursor = (text.split('\n').count().saturating_sub(1), usize::MAX);
        let draft = Draft { text, cursor, letter, saved: self.now.wall };
        self.keep_beside(op.conversation.clone(), mode.clone(), draft);
        if open && let Some(conversation) = self.inbox.get(&op.conversation).cloned() {
            self.open_composer(&conversation, mode, "", Letter::default());
        }
    }

    /// Keeps a draft without losing what is being written in the same place.
    pub(super) fn keep_beside(&mut self, id: ConversationId, mode: Mode, mut draft: Draft) {
        let open = self
            .composer
            .as_mut()
            .filter(|composer| composer.conversation == id && composer.mode == mode);
        if let Some(composer) = open {
            let gap = if composer.is_blank() { "" } else { "\n\n" };
            composer.insert(&format!("{gap}{}", draft.text));
            return;
        }
        if let Some(held) = self.drafts.take(&id, &mode) {
            draft.text = format!("{}\n\n{}", draft.text, held.text);
        }
        self.drafts.keep(id.clone(), mode, draft);
        self.note_drafts(&id);
    }

    fn attach(&mut self, conversation: &Conversation, place: &str) {
        let Some(account) = self.account(conversation.id.account) else { return };
        if let Err(why) = account.capabilities.attachments.check() {
            self.say(Level::Warning, why);
            return;
        }
        if place.is_empty() {
            self.say(Level::Warning, "attach takes a path or a public address.");
        } else if place.starts_with("https://") || place.starts_with("http://") {
            let name = place.rsplit('/').find(|part| !part.is_empty()).unwrap_or("file").to_owned();
            let mime = mime_of(&name).to_owned();
            if let Some(composer) = &mut self.composer {
                composer.letter.attachments.push(Upload {
                    name,
                    mime,
                    source: UploadSource::Url(place.to_owned()),
                });
            }
        } else {
            self.effects.push(Effect::ReadFile {
                conversation: conversation.id.clone(),
                path: place.to_owned(),
            });
        }
    }

    pub(super) fn on_file(
        &mut self,
        id: &ConversationId,
        name: String,
        mime: String,
        result: Result<Arc<[u8]>, String>,
    ) {
        match (result, &mut self.composer) {
            (Ok(bytes), Some(composer)) if composer.conversation == *id => {
                composer.letter.attachments.push(Upload {
                    name,
                    mime,
                    source: UploadSource::Bytes(bytes),
                });
                self.dirty = true;
            }
            (Ok(_), _) => self
                .say(Level::Warning, format!("{name} was not attached: the composer was closed.")),
            (Err(why), _) => self.say(Level::Warning, why),
        }
    }

    /// `/word` before the cursor becomes the ready-made answer of that name. Returns whether the
    /// key was used.
    pub(super) fn complete_canned(&mut self) -> bool {
        let Some(composer) = &self.composer else { return false };
        let cursor = composer.area.cursor();
        let Some(line) = composer.area.lines().get(cursor.0) else { return false };
        let before: String = line.chars().take(cursor.1).collect();
        let word = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_owned();
        let Some(name) = word.strip_prefix('/') else { return false };
        let name = name.to_lowercase();
        let id = composer.conversation.clone();
        let known = self.account(id.account).and_then(|account| account.canned.as_ref());
        let hit = known.and_then(|canned| {
            let starting: Vec<_> = canned
                .iter()
                .filter(|canned| canned.title.to_lowercase().starts_with(&name))
                .collect();
            let exact = starting.iter().find(|canned| canned.title.to_lowercase() == name);
            match (exact, starting.as_slice()) {
                (Some(canned), _) => Some(canned.text.clone()),
                (None, [canned]) => Some(canned.text.clone()),
                _ => None,
            }
        });
        match hit {
            Some(text) => {
                if let Some(composer) = &mut self.composer {
                    for _ in word.chars() {
                        composer.area.delete_char();
                    }
                    composer.insert(&text);
                }
            }
            None => {
                if let Some(conversation) = self.inbox.get(&id).cloned() {
                    self.pick_canned(&conversation);
                }
            }
        }
        true
    }
}

fn letter_of(outgoing: Outgoing) -> Letter {
    Letter {
        recipients: outgoing.recipients,
        subject: outgoing.subject,
        in_reply_to: outgoing.in_reply_to,
        attachments: outgoing.attachments,
        format: outgoing.format,
        ..Letter::default()
    }
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split([',', ' ']).filter(|part| !part.is_empty()).map(|part| part.parse().ok()).collect()
}

/// The media type of a file by its name's ending.
pub fn mime_of(name: &str) -> &'static str {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "aac" => "audio/aac",
        "ogg" | "oga" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
