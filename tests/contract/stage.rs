//! A conversation that is ready to be worked on, and everything that can be done to it.

use std::sync::Arc;

use jiff::Timestamp;
use ttydesk::demo::world::{self, At, Author, Channel, HOUR, Key, Kind, company};
use ttydesk::model::{
    Action, Ask, ConversationId, Delta, DraftChange, Label, OpKey, Outgoing, Person, Priority,
    Recipients, RemoteId, Status, StoredMessage, Upload, UploadSource, Vendor,
};
use ttydesk::providers::Provider;
use ttydesk::text::clean;

use super::rig::{Rig, conversation_id};

/// Who has the conversation before anything is done.
const BEFORE: u8 = 2;
/// Who is to get it.
const AFTER: u8 = 3;

/// What happened elsewhere and is put on record, as a moment.
pub const STORED_AT: i64 = 1_700_000_000;

/// The key that every action goes out with.
pub fn key() -> OpKey {
    OpKey("ttydesk-7".into())
}

/// Whom and what a vendor knows, asked of it through the trait.
pub struct Known {
    pub colleague: Person,
    pub team: Person,
    pub labels: Vec<Label>,
}

impl Known {
    pub async fn ask(provider: &dyn Provider) -> Self {
        let mut known = Self {
            colleague: someone(),
            team: someone(),
            labels: vec![label("delivery"), label("invoice")],
        };
        for ask in [Ask::People, Ask::Teams, Ask::Labels] {
            // A vendor without teams has actions for them all the same, to be refused.
            for delta in provider.ask(ask).await.unwrap_or_default() {
                let named = |people: Vec<Person>, name: &str| {
                    people.into_iter().find(|person| &*person.name == name).unwrap()
                };
                match delta {
                    Delta::People(people) => {
                        known.colleague = named(people, &company::name_of(AFTER));
                    }
                    Delta::Teams(teams) => known.team = named(teams, "workshop"),
                    Delta::Labels(labels) => {
                        let is_wanted =
                            |label: &Label| known.labels.iter().any(|l| l.title == label.title);
                        known.labels = labels.into_iter().filter(is_wanted).collect();
                        known.labels.sort_by(|a, b| a.title.cmp(&b.title));
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        known
    }
}

fn someone() -> Person {
    Person { id: RemoteId::from(1), name: clean("Somebody") }
}

fn label(title: &str) -> Label {
    Label { id: RemoteId::new(title), title: clean(title) }
}

/// A conversation with a question, a note, a draft and a failed answer in it.
pub struct Stage {
    pub id: ConversationId,
    pub key: Key,
    pub question: u64,
    pub note: u64,
    pub draft: u64,
    pub failed: u64,
    /// When a snooze ends, in epoch seconds: ahead of the desk's clock.
    pub snooze_end: i64,
}

impl Stage {
    /// Prepares a vendor's conversation, through nothing but the world. Whatever it was like, it
    /// is open, its customer can be reached, and it is on a mail channel where the vendor has one.
    pub fn set(rig: &Rig, key: Key) -> Self {
        let world = rig.desk.world();
        let (channel, inbox) = match key.vendor {
            Vendor::Chatwoot => (Channel::Email, 2),
            Vendor::Enneo => (Channel::Email, 11),
            Vendor::Voicebot => (Channel::WhatsApp, 21),
            Vendor::Partoo => (Channel::WhatsApp, 34),
        };
        let post = |author: Author, kind: Kind, text: &str| {
            let mut message = world::Message::new(0, At(0), author, text);
            message.kind = kind;
            world.post(key, message).unwrap().id
        };
        let by_me = Author::Colleague(company::ME);
        let question = post(Author::Customer, Kind::Public, "Where is my bicycle?");
        let note = post(by_me, Kind::Note, "Ask the workshop first.");
        let draft = post(by_me, Kind::Draft, "It will arrive on Monday.");
        let failed = post(by_me, Kind::Public, "It is on its way.");
        world.change(key, |conversation, now| {
            conversation.status = world::Status::Open;
            conversation.snoozed_until = None;
            conversation.channel = channel;
            conversation.inbox = inbox;
            conversation.assignee = Some(BEFORE);
            conversation.team = Some(1);
            conversation.priority = Some(Priority::High);
            conversation.labels = vec!["delivery".into()];
            conversation.agent_seen_at = None;
            conversation.reply_until = (channel == Channel::WhatsApp).then(|| now.plus(HOUR));
            conversation.waiting_for_customer = false;
            conversation.issues.clear();
            conversation.muted = false;
            let failed = conversation.message_mut(failed).unwrap();
            failed.delivery = world::Delivery::Failed("131026: Message undeliverable".into());
        });
        let snooze_end = world.started().plus(24 * HOUR).seconds();
        Self { id: conversation_id(key), key, question, note, draft, failed, snooze_end }
    }

    /// Makes room for an action to be seen: what it sets is something else before.
    pub fn make_room(&self, rig: &Rig, action: &Action) {
        let world = rig.desk.world();
        match action {
            Action::SetStatus(Status::Open) => {
                world.change(self.key, |conversation, _| {
                    conversation.status = world::Status::Resolved;
                });
            }
            Action::MarkUnread => {
                world.mark_seen(self.key);
            }
            _ => {}
        }
    }
}

fn outgoing(text: &str) -> Outgoing {
    Outgoing { text: text.into(), ..Outgoing::default() }
}

fn file() -> Upload {
    Upload {
        name: "hello.txt".into(),
        mime: "text/plain".into(),
        source: UploadSource::Bytes(Arc::from(&b"hello"[..])),
    }
}

pub fn linked_file() -> Upload {
    let source = UploadSource::Url("https://files.example/plan.pdf".into());
    Upload { name: "plan.pdf".into(), mime: "application/pdf".into(), source }
}

fn recipients() -> Recipients {
    let list = |address: &str| vec![clean(address)];
    Recipients {
        to: list("to@mail.example"),
        cc: list("cc@mail.example"),
        bcc: list("bcc@mail.example"),
    }
}

/// Every action that there is, by name, with values that make sense. Some vendor refuses each of
/// them, or all take it: see [`super::writes`].
pub fn actions(known: &Known, stage: &Stage) -> Vec<(&'static str, Action)> {
    let id = |number: u64| RemoteId::from(number);
    // voicebot counts notes apart from messages.
    let note = match stage.key.vendor {
        Vendor::Voicebot => RemoteId::new(&format!("note-{}", stage.note)),
        _ => id(stage.note),
    };
    let partoo = stage.key.vendor == Vendor::Partoo;
    let with_file = Outgoing {
        attachments: vec![if partoo { linked_file() } else { file() }],
        // Partoo sends a file by itself.
        ..outgoing(if partoo { "" } else { "With a file." })
    };
    let change = |change: DraftChange| Action::EditDraft { message: id(stage.draft), change };
    let labels =
        |to: &[Label]| Action::SetLabels { from: known.labels[..1].to_vec(), to: to.to_vec() };
    let stored = |from_customer, from: &str| StoredMessage {
        from_customer,
        from: from.into(),
        subject: "On the phone".into(),
        text: "He called & asked.\nTwice.".into(),
        at: Timestamp::from_second(STORED_AT).ok(),
    };
    vec![
        ("reply", Action::Reply(outgoing("It is on the lorry."))),
        (
            "reply to recipients",
            Action::Reply(Outgoing {
                recipients: recipients(),
                subject: Some("Your bicycle".into()),
                ..outgoing("To all of you.")
            }),
        ),
        (
            "reply that quotes",
            Action::Reply(Outgoing {
                in_reply_to: Some(id(stage.question)),
                ..outgoing("To this.")
            }),
        ),
        ("reply with a file", Action::Reply(with_file)),
        ("note", Action::Note("For us <only>.".into())),
        ("edit note", Action::EditNote { message: note, text: "Asked & answered.".into() }),
        ("create draft", Action::CreateDraft(outgoing("Perhaps on Tuesday."))),
        (
            "edit draft's text",
            change(DraftChange { text: Some("On Wednesday.".into()), ..DraftChange::default() }),
        ),
        (
            "edit draft's everything",
            change(DraftChange {
                text: Some("On Thursday <promised>.".into()),
                format: Some(ttydesk::model::Format::Plain),
                recipients: Some(recipients()),
                intents: Some(vec![3, 5]),
                attachments: Some(vec![file(), linked_file()]),
                subchannel: Some(11),
            }),
        ),
        ("publish draft", Action::PublishDraft { message: id(stage.draft) }),
        ("store the customer's", Action::Store(stored(true, "customer@mail.example"))),
        ("store ours", Action::Store(stored(false, "Front desk"))),
        ("retry", Action::Retry { message: id(stage.failed) }),
        ("open", Action::SetStatus(Status::Open)),
        ("pending", Action::SetStatus(Status::Pending)),
        ("snoozed", Action::SetStatus(Status::Snoozed)),
        ("resolved", Action::SetStatus(Status::Resolved)),
        ("unknown status", Action::SetStatus(Status::Other(clean("parked")))),
        ("snooze", Action::Snooze(None)),
        ("snooze until", Action::Snooze(Timestamp::from_second(stage.snooze_end).ok())),
        ("assign", Action::Assign(Some(known.colleague.clone()))),
        ("unassign", Action::Assign(None)),
        ("assign team", Action::AssignTeam(Some(known.team.clone()))),
        ("unassign team", Action::AssignTeam(None)),
        ("priority", Action::SetPriority(Some(Priority::Urgent))),
        ("no priority", Action::SetPriority(None)),
        ("labels", labels(&known.labels[1..])),
        ("no labels", labels(&[])),
        ("sla", Action::SetSlaPolicy(Some(id(4)))),
        ("no sla", Action::SetSlaPolicy(None)),
        ("read", Action::MarkRead { tell_customer: false }),
        ("read, and tell", Action::MarkRead { tell_customer: true }),
        ("unread", Action::MarkUnread),
    ]
}
