//! From a brief to the whole conversation, with every message. Made when somebody asks, and the
//! same each time.

use serde_json::Map;

use super::company::{self, COLLEAGUES};
use super::dice::Dice;
use super::files;
use super::odd;
use super::talk::{Field, Script, Speaker, Talk, talk};
use super::thread::{Attachment, Author, Conversation, Delivery, FileKind, Kind, Message};
use super::time::{At, DAY, HOUR, MINUTE, SECOND};
use super::words::{Brief, Channel, Customer, Key, Oddity, Status};
use super::{ATTACHMENTS_PER_MESSAGE, IDS_PER_CONVERSATION, World};
use crate::model::Vendor;

const PRODUCTS: &[&str] =
    &["Seewind 9", "Uferlos City", "Bergfex E-Trail", "Pfänder Cargo", "Kiesel Gravel"];
const PARTS: &[&str] = &["Bremshebel", "Kurbel", "Display XR-2", "Nabe 135 mm", "Rahmenschloss"];

/// What the braces in the texts stand for.
pub(super) struct Facts {
    words: [(&'static str, String); 12],
}

impl Facts {
    pub fn of(began: At, customer: &Customer, dice: &mut Dice) -> Self {
        let words = [
            ("{first}", customer.first.clone()),
            ("{last}", customer.last.clone()),
            ("{city}", customer.city.clone()),
            ("{address}", customer.address.clone()),
            ("{contract}", customer.contract.clone()),
            ("{order}", format!("H-{}", 100_000 + dice.below(900_000))),
            ("{invoice}", format!("RE-{}-{:05}", 2020 + dice.below(6), dice.below(100_000))),
            ("{product}", dice.word(PRODUCTS).to_owned()),
            ("{part}", dice.word(PARTS).to_owned()),
            ("{amount}", (18 + dice.below(180)).to_string()),
            ("{reading}", (4_000 + dice.below(60_000)).to_string()),
            ("{date}", began.plus(-(dice.below(20) as i64) * DAY).written("%d.%m.%Y")),
        ];
        Self { words }
    }

    pub fn fill(&self, text: &str) -> String {
        let filled = self.words.iter().fold(text.to_owned(), |text, (name, value)| {
            if text.contains(name) { text.replace(name, value) } else { text }
        });
        filled.replace("\\n", "\n")
    }

    fn order(&self) -> &str {
        let order = self.words.iter().find(|(name, _)| *name == "{order}");
        order.map_or("", |(_, value)| value)
    }
}

impl World {
    /// A conversation as it was when the world began.
    pub(super) fn made(&self, key: Key) -> Option<Conversation> {
        let shelf = self.shelf(key.vendor);
        let brief = shelf.brief(key.number)?;
        let customer = shelf.customer(key.number);
        let mut dice = shelf.dice(6, key.number);
        let facts = Facts::of(brief.created_at, &customer, &mut dice);
        let talk = talk(brief.language);
        let scripts = talk.for_field(Field::of(key.vendor));
        let script = *dice.pick(&scripts)?;
        let subject = facts.fill(script.subject);
        let subject = match brief.oddity {
            Oddity::HostileText => odd::subject(&subject, &mut dice),
            _ => subject,
        };
        let said = said(&brief, script, talk, &facts, &mut dice);
        let mut conversation = Conversation {
            key,
            status: brief.status,
            priority: brief.priority,
            channel: brief.channel,
            inbox: brief.inbox,
            assignee: brief.assignee,
            team: brief.team,
            labels: company::label_titles(brief.labels),
            customer,
            subject,
            messages: Vec::with_capacity(said.len() + 4),
            created_at: brief.created_at,
            updated_at: brief.updated_at,
            agent_seen_at: None,
            customer_seen_at: None,
            snoozed_until: None,
            due: None,
            reply_until: None,
            waiting_for_customer: brief.oddity == Oddity::WaitingForCustomer,
            issues: Vec::new(),
            muted: false,
            viewers: Vec::new(),
            language: brief.language,
            oddity: brief.oddity,
            custom: Map::new(),
        };
        write_down(&mut conversation, &brief, said, &mut dice);
        decorate(&mut conversation, &brief, &facts, &mut dice);
        set_marks(&mut conversation, &brief, self.started(), &mut dice);
        Some(conversation)
    }
}

/// What is said, in order, without the event lines. Ends with as many messages of the customer
/// as are unread, or with an answer.
fn said(
    brief: &Brief,
    script: &Script,
    talk: &Talk,
    facts: &Facts,
    dice: &mut Dice,
) -> Vec<(Speaker, String)> {
    let mut lines: Vec<(Speaker, String)> = Vec::new();
    let mut say = |speaker, text: &str| lines.push((speaker, facts.fill(text)));
    // Partoo has no notes. One that nobody can see would still move its conversation in the list.
    let is_possible =
        |speaker: Speaker| speaker != Speaker::Note || brief.key.vendor != Vendor::Partoo;
    for (speaker, text) in script.lines.iter().filter(|(speaker, _)| is_possible(*speaker)) {
        say(*speaker, text);
    }
    let extra = match brief.oddity {
        Oddity::Long => 150 + dice.below(40),
        _ if dice.percent(6) => 10 + dice.below(15),
        _ if dice.percent(45) => dice.below(3),
        _ => 0,
    };
    for _ in 0..extra {
        if let Some((question, answer)) = dice.pick(&talk.more) {
            say(Speaker::Customer, question);
            say(Speaker::Colleague, answer);
        }
    }
    let odd: &[&str] = match brief.oddity {
        Oddity::HostileText => odd::MESSAGES,
        Oddity::Emoji => odd::EMOJI,
        Oddity::LongWord => odd::LONG,
        _ => &[],
    };
    for text in odd {
        say(Speaker::Customer, text);
    }
    // Nothing has happened since it began: only the first question so far.
    if brief.created_at == brief.last_activity {
        lines.truncate(1);
    }
    let is_customer = |(speaker, _): &(Speaker, String)| *speaker == Speaker::Customer;
    if brief.waiting {
        let answered = lines.iter().rposition(|(speaker, _)| *speaker == Speaker::Colleague);
        let tail = lines.iter().skip(answered.map_or(0, |at| at + 1)).filter(|l| is_customer(l));
        let missing = (brief.unread.max(1) as usize).saturating_sub(tail.count());
        for _ in 0..missing {
            if let Some(nudge) = dice.pick(&talk.nudges) {
                lines.push((Speaker::Customer, facts.fill(nudge)));
            }
        }
    } else if let Some((_, answer)) = dice.pick(&talk.more)
        && lines.iter().rfind(|line| line.0 != Speaker::Note).is_some_and(is_customer)
    {
        lines.push((Speaker::Colleague, facts.fill(answer)));
    }
    lines
}

/// Gives every line its id, time and author, and puts the event lines between them.
fn write_down(
    conversation: &mut Conversation,
    brief: &Brief,
    said: Vec<(Speaker, String)>,
    dice: &mut Dice,
) {
    let answering = brief.assignee.unwrap_or(1 + dice.below(COLLEAGUES.len() as u64) as u8);
    let helping = 1 + dice.below(COLLEAGUES.len() as u64) as u8;
    let base = u64::from(brief.key.number) * IDS_PER_CONVERSATION;
    let span = brief.last_activity.0 - brief.created_at.0;
    let last = (said.len().max(2) - 1) as i64;
    let gap = span / last;
    for (index, (speaker, text)) in (0_i64..).zip(said) {
        let at = match index {
            0 => brief.created_at,
            _ if index == last => brief.last_activity,
            _ => {
                let jitter = dice.below((gap / 2).unsigned_abs()) as i64;
                brief.created_at.plus(gap * index + jitter - gap / 4)
            }
        };
        let author = match speaker {
            Speaker::Customer => Author::Customer,
            Speaker::Colleague => Author::Colleague(answering),
            Speaker::Note => Author::Colleague(helping),
        };
        let id = base + conversation.messages.len() as u64 + 1;
        let mut message = Message::new(id, at, author, text);
        if speaker == Speaker::Note {
            message.kind = Kind::Note;
        }
        conversation.messages.push(message);
        if index == 0 && brief.assignee.is_some() {
            let line = if helping == answering {
                format!("{} self-assigned this conversation", company::name_of(answering))
            } else {
                let helper = company::name_of(helping);
                format!("Assigned to {} by {helper}", company::name_of(answering))
            };
            event_line(conversation, at.plus(5 * SECOND), line);
        }
    }
    let name = company::name_of(answering);
    match brief.status {
        Status::Resolved => {
            let line = format!("Conversation was marked resolved by {name}");
            event_line(conversation, brief.last_activity.plus(30 * SECOND), line);
        }
        Status::Snoozed => {
            let line = format!("Conversation was snoozed by {name}");
            event_line(conversation, brief.last_activity.plus(30 * SECOND), line);
        }
        Status::Open | Status::Pending => {}
    }
}

fn event_line(conversation: &mut Conversation, at: At, line: String) {
    let base = u64::from(conversation.key.number) * IDS_PER_CONVERSATION;
    let id = base + conversation.messages.len() as u64 + 1;
    let mut message = Message::new(id, at, Author::System, line);
    message.kind = Kind::Activity;
    conversation.messages.push(message);
}

/// Mail heads and bodies, files, drafts.
fn decorate(conversation: &mut Conversation, brief: &Brief, facts: &Facts, dice: &mut Dice) {
    let customer = conversation.customer.clone();
    let subject = conversation.subject.clone();
    let address = company::inbox_by(brief.key.vendor, brief.inbox).map_or("", |i| i.address);
    let is_html = brief.oddity == Oddity::HtmlMail;
    let mut quoted = String::new();
    for (index, message) in conversation.messages.iter_mut().enumerate() {
        if message.kind != Kind::Public {
            continue;
        }
        let incoming = message.is_incoming();
        let theirs = match brief.channel {
            Channel::Letter => customer.address.clone(),
            _ => customer.email.clone(),
        };
        if matches!(brief.channel, Channel::Email | Channel::Letter) {
            message.to = vec![if incoming { address.to_owned() } else { theirs }];
            let head = if index == 0 { "" } else { "Re: " };
            message.subject = Some(format!("{head}{subject}"));
            if brief.channel == Channel::Email && dice.percent(8) {
                message.cc = vec!["office@property-management.example".to_owned()];
            }
        }
        let sends_html = is_html || (brief.channel == Channel::Email && dice.percent(25));
        if incoming && sends_html && brief.channel == Channel::Email {
            let body = message.text().to_owned();
            message.html = Some(odd::html_mail(&customer, &body, &quoted, facts.order()));
        }
        let file = match (brief.oddity, index) {
            (Oddity::Files, _) => true,
            (_, 0) => dice.percent(12),
            _ => dice.percent(3),
        };
        if file {
            let kinds = if brief.oddity == Oddity::Files { index as u64 } else { dice.below(3) };
            message.attachments = vec![attachment(message.id, kinds, &customer)];
        }
        if incoming && dice.percent(4) {
            message.agent_reaction = Some("👍".to_owned());
        } else if !incoming && dice.percent(4) {
            message.customer_reaction = Some("❤️".to_owned());
        }
        quoted = message.text().to_owned();
    }
    if let (Oddity::Files, Some(last)) = (brief.oddity, conversation.messages.last_mut())
        && last.kind == Kind::Public
    {
        last.attachments = (0..6).map(|which| attachment(last.id, which, &customer)).collect();
        for (index, file) in (0..).zip(last.attachments.iter_mut()) {
            file.id = last.id * ATTACHMENTS_PER_MESSAGE + index;
        }
    }
    if brief.oddity == Oddity::Draft {
        add_draft(conversation, brief, dice);
    }
}

/// An answer that waits for a supervisor, last in the thread and by a colleague.
fn add_draft(conversation: &mut Conversation, brief: &Brief, dice: &mut Dice) {
    let talk = talk(brief.language);
    let Some((_, answer)) = dice.pick(&talk.more) else { return };
    let id =
        u64::from(brief.key.number) * IDS_PER_CONVERSATION + conversation.messages.len() as u64 + 1;
    let author = brief.assignee.unwrap_or(1);
    let text = answer.to_string();
    let mut draft = Message::new(id, brief.last_activity, Author::Colleague(author), text);
    draft.kind = Kind::Draft;
    draft.subject = Some(format!("Re: {}", conversation.subject));
    draft.to = vec![conversation.customer.email.clone()];
    conversation.messages.push(draft);
}

/// Read marks, delivery, windows, due times: what follows from everything else.
fn set_marks(conversation: &mut Conversation, brief: &Brief, started: At, dice: &mut Dice) {
    let incoming = conversation.messages.iter().filter(|message| message.is_incoming());
    let times: Vec<At> = incoming.map(|message| message.at).collect();
    let read = times.len().saturating_sub(brief.unread as usize);
    // Until just before the first unread message; never, if that was the first of all.
    conversation.agent_seen_at = match times.get(read) {
        Some(_) if read == 0 => None,
        Some(first_unread) => Some(first_unread.plus(-1)),
        None => Some(brief.last_activity.plus(MINUTE)),
    };
    conversation.customer_seen_at = times.last().copied();
    let last_said = times.last().copied().unwrap_or(brief.created_at);
    let receipts = brief.channel.has_receipts();
    for message in &mut conversation.messages {
        let is_answer = message.kind == Kind::Public && !message.author.is_customer();
        message.delivery = match receipts && is_answer {
            true if message.at <= last_said => Delivery::Read,
            true => Delivery::Delivered,
            false => Delivery::Sent,
        };
    }
    if brief.oddity == Oddity::FailedDelivery
        && let Some(last) = conversation.messages.iter_mut().rfind(|message| {
            message.kind == Kind::Public && matches!(message.author, Author::Colleague(_))
        })
    {
        last.delivery = Delivery::Failed("131047: Re-engagement message".to_owned());
    }
    conversation.reply_until = brief.channel.window().map(|window| match brief.oddity {
        Oddity::WindowNearlyOver => started.plus(20 * MINUTE + dice.below(30) as i64 * MINUTE),
        Oddity::WindowOver => started.plus(-(1 + dice.below(20) as i64) * MINUTE),
        _ => last_said.plus(window),
    });
    if brief.status == Status::Snoozed {
        conversation.snoozed_until =
            dice.percent(70).then(|| started.plus((2 + dice.below(120) as i64) * HOUR));
    }
    if brief.key.vendor == Vendor::Enneo {
        conversation.due = Some(brief.created_at.plus(DAY + dice.below(72) as i64 * HOUR));
    }
    if brief.oddity == Oddity::BrokenChannel {
        conversation.issues = vec![
            dice.word(&["facebook_no_page_linked", "channel_disconnected", "token_expired"])
                .to_owned(),
        ];
    }
    if dice.percent(5) {
        let until = started.plus(10 * MINUTE);
        conversation.viewers = vec![(2 + dice.below(COLLEAGUES.len() as u64 - 1) as u8, until)];
    }
    conversation.muted = brief.status == Status::Resolved && dice.percent(3);
}

/// A made file; `which` goes round through all kinds.
fn attachment(message: u64, which: u64, customer: &Customer) -> Attachment {
    let (kind, name, mime, detail) = match which % 6 {
        0 => (FileKind::Image, "photo.png", "image/png", "The part that broke"),
        1 => (FileKind::File, "invoice.pdf", "application/pdf", ""),
        2 => (FileKind::Audio, "voice.wav", "audio/wav", ""),
        3 => (FileKind::Location, "Halmbach Lindau", "", "Uferweg 3, 88131 Lindau"),
        4 => (FileKind::Contact, customer.first.as_str(), "text/vcard", customer.phone.as_str()),
        _ => (FileKind::Video, "squeak.mp4", "video/mp4", "Listen to the rear brake"),
    };
    let mut attachment = Attachment::new(kind, name, mime);
    attachment.id = message * ATTACHMENTS_PER_MESSAGE;
    attachment.detail = detail.to_owned();
    attachment.position = (kind == FileKind::Location).then_some((47.5443, 9.6807));
    attachment.voice = kind == FileKind::Audio;
    attachment.size = files::bytes(&attachment).len() as u64;
    attachment
}
