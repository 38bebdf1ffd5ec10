//! Pickers and prompts: what they offer, and what taking a line does.

use super::commands::{COMMANDS, Command, Group};
use super::popup::{Choice, Item, Picker, Popup, PromptKind};
use super::snooze::{Until, parse};
use super::{App, Level};
use crate::model::{Action, Ask, Conversation, Label, Person, Priority};

/// What a picker that is being filled is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Filling {
    Assignee,
    Team,
    Labels,
    Canned,
}

impl App {
    fn open_picker(&mut self, title: String, items: Vec<Item>, multi: bool) {
        self.popup = Some(Popup::Picker(Picker::new(title, items, multi)));
        self.dirty = true;
    }

    /// Opens a picker over a list that may still have to be fetched.
    fn open_list(&mut self, conversation: &Conversation, what: Filling) {
        let (title, multi, ask) = match what {
            Filling::Assignee => ("Assign to", false, Ask::People),
            Filling::Team => ("Assign to team", false, Ask::Teams),
            Filling::Labels => ("Labels", true, Ask::Labels),
            Filling::Canned => ("Canned replies", false, Ask::Canned),
        };
        let items = self.items(conversation, what);
        let mut picker = Picker::new(
            format!("{title} · {}", conversation.contact.shown()),
            items.clone().unwrap_or_default(),
            multi,
        );
        picker.loading = items.is_none();
        self.popup = Some(Popup::Picker(picker));
        self.picking = Some((conversation.id.clone(), what));
        // Lists change seldom; what is known is shown at once and read again beside it.
        self.need(&conversation.id, ask);
        self.dirty = true;
    }

    fn items(&self, conversation: &Conversation, what: Filling) -> Option<Vec<Item>> {
        let account = self.account(conversation.id.account)?;
        match what {
            Filling::Assignee => Some(people_items(
                account.people.as_deref()?,
                account.me.as_ref(),
                conversation.assignee.as_ref(),
                "nobody",
                Choice::Assign,
            )),
            Filling::Team => Some(people_items(
                account.teams.as_deref()?,
                None,
                conversation.team.as_ref(),
                "no team",
                Choice::Team,
            )),
            Filling::Labels => {
                let mut labels: Vec<Label> = account.labels.clone()?;
                // A conversation can carry labels that the account has not defined.
                for label in &conversation.labels {
                    if !labels.iter().any(|known| known.id == label.id) {
                        labels.push(label.clone());
                    }
                }
                Some(
                    labels
                        .into_iter()
                        .map(|label| Item {
                            label: label.title.to_string(),
                            detail: String::new(),
                            on: conversation.labels.iter().any(|held| held.id == label.id),
                            disabled: None,
                            choice: Choice::Label(label),
                        })
                        .collect(),
                )
            }
            Filling::Canned => Some(
                account
                    .canned
                    .as_ref()?
                    .iter()
                    .map(|canned| Item {
                        label: canned.title.to_string(),
                        detail: canned.text.replace('\n', " "),
                        on: false,
                        disabled: None,
                        choice: Choice::Canned(canned.text.to_string()),
                    })
                    .collect(),
            ),
        }
    }

    /// The list that an open picker waits for has come in.
    pub(super) fn refill_picker(&mut self) {
        let Some((id, what)) = self.picking.clone() else { return };
        let Some(conversation) = self.inbox.get(&id).cloned() else { return };
        let items = self.items(&conversation, what);
        if let (Some(Popup::Picker(picker)), Some(items)) = (&mut self.popup, items) {
            let touched = picker.items.iter().zip(&items).any(|(held, new)| held.on != new.on);
            if picker.loading || !touched && picker.items != items {
                picker.refill(items);
                self.dirty = true;
            }
        }
    }

    pub(super) fn pick_assignee(&mut self, conversation: &Conversation) {
        self.open_list(conversation, Filling::Assignee);
    }

    pub(super) fn pick_team(&mut self, conversation: &Conversation) {
        self.open_list(conversation, Filling::Team);
    }

    pub(super) fn pick_labels(&mut self, conversation: &Conversation) {
        self.open_list(conversation, Filling::Labels);
    }

    pub(super) fn pick_canned(&mut self, conversation: &Conversation) {
        let supported = self
            .account(conversation.id.account)
            .map(|account| account.capabilities.canned.check());
        match supported {
            Some(Err(why)) => self.say(Level::Warning, why),
            _ => self.open_list(conversation, Filling::Canned),
        }
    }

    pub(super) fn pick_status(&mut self, conversation: &Conversation) {
        let Some(account) = self.account(conversation.id.account) else { return };
        let items = account
            .capabilities
            .statuses
            .iter()
            .map(|(status, word)| Item {
                label: status.word().to_owned(),
                detail: if *word == status.word() {
                    String::new()
                } else {
                    format!("“{word}” at {}", account.vendor().name())
                },
                on: conversation.status == *status,
                disabled: None,
                choice: Choice::Status(status.clone()),
            })
            .collect();
        self.picking = None;
        self.open_picker(format!("Status · {}", conversation.contact.shown()), items, false);
    }

    pub(super) fn pick_priority(&mut self, conversation: &Conversation) {
        let item = |priority: Option<Priority>| Item {
            label: priority.map_or("none", Priority::word).to_owned(),
            detail: String::new(),
            on: conversation.priority == priority,
            disabled: None,
            choice: Choice::Priority(priority),
        };
        let items = Priority::ALL.into_iter().map(Some).chain([None]).map(item).collect();
        self.picking = None;
        self.open_picker(format!("Priority · {}", conversation.contact.shown()), items, false);
    }

    pub(super) fn open_palette(&mut self) {
        let items = COMMANDS
            .iter()
            .filter(|spec| spec.group != Group::Popup)
            .map(|spec| {
                let keys = self.keymap.keys_of(spec.name).unwrap_or_default();
                let choice = match super::commands::parse(spec.name) {
                    Ok(command) => Choice::Run(command),
                    Err(_) => Choice::Type(format!("{} ", spec.name)),
                };
                Item {
                    label: format!("{} · {}", spec.name, spec.help),
                    detail: keys,
                    on: false,
                    disabled: None,
                    choice,
                }
            })
            .collect();
        self.picking = None;
        self.open_picker("Commands".into(), items, false);
    }

    /// Enter in a picker or prompt.
    pub(super) fn accept(&mut self) {
        match self.popup.take() {
            Some(Popup::Picker(picker)) if picker.multi => self.accept_labels(&picker),
            Some(Popup::Picker(picker)) => match picker.current().cloned() {
                Some(Item { disabled: Some(why), .. }) => self.say(Level::Warning, why),
                Some(item) => self.choose_item(item.choice),
                None => self.say(Level::Info, "Nothing matches."),
            },
            Some(Popup::Prompt(prompt)) => {
                let typed = prompt.typed();
                match prompt.kind {
                    PromptKind::Command if typed.trim().is_empty() => {}
                    PromptKind::Command => self.run_line(&typed),
                    PromptKind::Filter => {
                        self.filter(if typed.trim().is_empty() { "-" } else { typed.trim() })
                    }
                    PromptKind::Search if typed.trim().is_empty() => {}
                    PromptKind::Search => self.run(Command::Search(typed.trim().to_owned())),
                    PromptKind::Snooze if typed.trim().is_empty() => {}
                    PromptKind::Snooze => match parse(&typed, self.now.wall, &self.settings.zone) {
                        Ok(_) => self.run(Command::Snooze(typed.trim().to_owned())),
                        // What was typed is not thrown away because of a slip.
                        Err(_) => self.popup = Some(Popup::Prompt(prompt)),
                    },
                }
            }
            Some(Popup::Help(_) | Popup::Question(_)) | None => {}
        }
    }

    fn accept_labels(&mut self, picker: &Picker) {
        let Some((id, _)) = self.picking.take() else { return };
        let Some(conversation) = self.inbox.get(&id).cloned() else { return };
        let mut chosen: Vec<Label> = Vec::new();
        let untouched = picker.items.iter().all(|item| match &item.choice {
            Choice::Label(label) => {
                item.on == conversation.labels.iter().any(|held| held.id == label.id)
            }
            _ => true,
        });
        // Enter on a line without having switched anything means that line.
        let current = picker.current().filter(|_| untouched).map(|item| item.choice.clone());
        for item in &picker.items {
            let Choice::Label(label) = &item.choice else { continue };
            let flip = current.as_ref() == Some(&item.choice);
            if item.on != flip {
                chosen.push(label.clone());
            }
        }
        self.decide(
            &conversation,
            Action::SetLabels { from: conversation.labels.clone(), to: chosen },
        );
    }

    fn choose_item(&mut self, choice: Choice) {
        let target = self.picking.take().map(|(id, _)| id).or_else(|| self.target());
        let conversation = target.and_then(|id| self.inbox.get(&id).cloned());
        match (choice, conversation) {
            (Choice::Run(command), _) => self.run(command),
            (Choice::Type(start), _) => self.open_prompt(PromptKind::Command, &start),
            (Choice::Canned(text), _) => {
                if let Some(composer) = &mut self.composer {
                    // The `/word` that led here is replaced by what it stands for.
                    let cursor = composer.area.cursor();
                    let line = composer.area.lines().get(cursor.0).cloned().unwrap_or_default();
                    let before: String = line.chars().take(cursor.1).collect();
                    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
                    if word.starts_with('/') {
                        for _ in word.chars() {
                            composer.area.delete_char();
                        }
                    }
                    composer.insert(&text);
                }
            }
            (_, None) => self.say(Level::Info, "There is no conversation here."),
            (Choice::Assign(person), Some(conversation)) => {
                self.decide(&conversation, Action::Assign(person));
            }
            (Choice::Team(team), Some(conversation)) => {
                self.decide(&conversation, Action::AssignTeam(team));
            }
            (Choice::Priority(priority), Some(conversation)) => {
                self.decide(&conversation, Action::SetPriority(priority));
            }
            (Choice::Status(status), Some(conversation)) => {
                self.decide(&conversation, Action::SetStatus(status));
            }
            (Choice::Label(_), Some(_)) => {}
        }
    }

    pub(super) fn cancel(&mut self) {
        self.popup = None;
        self.picking = None;
    }

    pub(super) fn choose(&mut self, by: isize) {
        match &mut self.popup {
            Some(Popup::Picker(picker)) => picker.step(by),
            Some(Popup::Help(help)) => help.scroll = help.scroll.saturating_add_signed(by * 3),
            Some(Popup::Prompt(_) | Popup::Question(_)) | None => {}
        }
    }

    pub(super) fn toggle_choice(&mut self) {
        match &mut self.popup {
            Some(Popup::Picker(picker)) if picker.multi => {
                picker.toggle();
                picker.step(1);
            }
            Some(Popup::Picker(picker)) => picker.step(1),
            Some(Popup::Prompt(prompt)) if prompt.kind == PromptKind::Command => {
                let typed = prompt.typed();
                let mut fitting =
                    COMMANDS.iter().filter(|spec| spec.name.starts_with(typed.trim()));
                if let (Some(spec), None) = (fitting.next(), fitting.next()) {
                    self.open_prompt(PromptKind::Command, &format!("{} ", spec.name));
                }
            }
            _ => {}
        }
    }

    /// Says what the typed text means.
    pub(super) fn hint_prompt(&mut self) {
        let (now, zone) = (self.now.wall, self.settings.zone.clone());
        let Some(Popup::Prompt(prompt)) = &mut self.popup else { return };
        let typed = prompt.typed();
        prompt.hint = match prompt.kind {
            PromptKind::Snooze if typed.trim().is_empty() => {
                "2h · tomorrow · fri 9am · week · jan 15 14:00 · reply".into()
            }
            PromptKind::Snooze => match parse(&typed, now, &zone) {
                Ok(Until::Reply) => "until the customer writes".into(),
                Ok(Until::At(at)) => {
                    at.to_zoned(zone).strftime("until %a %e %b %Y %H:%M").to_string()
                }
                Err(why) => why,
            },
            PromptKind::Command => {
                let name = typed.split_whitespace().next().unwrap_or_default();
                let fitting: Vec<_> = COMMANDS
                    .iter()
                    .filter(|spec| spec.group != Group::Popup && spec.name.starts_with(name))
                    .collect();
                match fitting.as_slice() {
                    _ if name.is_empty() => String::new(),
                    [] => "no such command".into(),
                    [spec] => format!("{} {} — {}", spec.name, spec.args, spec.help),
                    several => several.iter().map(|spec| spec.name).collect::<Vec<_>>().join(" "),
                }
            }
            PromptKind::Filter => "words that all have to be there; empty shows all".into(),
            PromptKind::Search => String::new(),
        };
    }
}

fn people_items(
    people: &[Person],
    me: Option<&Person>,
    current: Option<&Person>,
    nobody: &str,
    choice: fn(Option<Person>) -> Choice,
) -> Vec<Item> {
    let item = |label: String, detail: &str, person: Option<Person>| Item {
        label,
        detail: detail.to_owned(),
        on: person.as_ref().map(|person| &person.id) == current.map(|person| &person.id),
        disabled: None,
        choice: choice(person),
    };
    let mine = me.map(|me| item(format!("me · {}", me.name), "", Some(me.clone())));
    let rest = people
        .iter()
        .filter(|person| me.is_none_or(|me| me.id != person.id))
        .map(|person| item(person.name.to_string(), "", Some(person.clone())));
    mine.into_iter().chain([item(nobody.to_owned(), "", None)]).chain(rest).collect()
}
