//! What happens while nobody at the client does anything: customers write, colleagues work.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::company::{self, COLLEAGUES, ME};
use super::dice::Dice;
use super::generate::Facts;
use super::people;
use super::talk::{Field, talk};
use super::{
    At, Author, Brief, Channel, Kind, Language, Message, Oddity, Row, Status, StatusChange, World,
};
use crate::model::Vendor;

/// Among how many of the newest conversations things happen.
const STAGE: usize = 30;

/// The task that makes a world live. Dropping it stops the task; what was done stays.
#[derive(Debug)]
pub struct Life(JoinHandle<()>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Life {
    /// Lets so many things happen per minute; with 0, only what is already on its way
    /// (deliveries, ends of snoozes) goes on. Needs a tokio runtime.
    pub fn begin(world: Arc<World>, per_minute: f64) -> Self {
        world.is_lively.store(per_minute > 0.0, Ordering::Relaxed);
        Self(tokio::spawn(live(world, per_minute)))
    }
}

async fn live(world: Arc<World>, per_minute: f64) {
    let pause = (per_minute > 0.0).then(|| Duration::from_secs_f64((60.0 / per_minute).min(1e6)));
    let mut happens_at = pause.map(|pause| Instant::now() + pause);
    let mut events = world.events();
    let mut dice = Dice::at(world.seed, &[8]);
    loop {
        let due_in = world.next_due().map(|due| due.0.saturating_sub(world.now().0).max(0));
        let due_at = due_in.map(|wait| Instant::now() + Duration::from_millis(wait.unsigned_abs()));
        let wake_at = happens_at.into_iter().chain(due_at).min();
        let sleep = async {
            match wake_at {
                Some(moment) => tokio::time::sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = sleep => {}
            // Something was done from outside, and may have put something on its way.
            event = events.recv() => if matches!(event, Err(RecvError::Closed)) { return },
        }
        world.settle();
        if let (Some(pause), Some(moment)) = (pause, happens_at)
            && Instant::now() >= moment
        {
            world.live_once(&mut dice);
            happens_at = Some(moment + pause);
        }
    }
}

impl World {
    /// Lets one thing happen somewhere near the top of a list. What the agent who signs in has
    /// taken is left alone, except that customers write there too.
    pub(super) fn live_once(&self, dice: &mut Dice) {
        let vendor = dice.pick(&Vendor::ALL).copied().unwrap_or(Vendor::Chatwoot);
        let colleague = 2 + dice.below(COLLEAGUES.len() as u64 - 1) as u8;
        let by = Author::Colleague(colleague);
        let open = |row: &Row<'_>| row.brief.status == Status::Open;
        let not_mine = |row: &Row<'_>| open(row) && row.brief.assignee != Some(ME);
        match dice.below(100) {
            0..=44 => {
                if let Some(brief) = self.one_of(vendor, dice, |row| !row.is_frozen()) {
                    self.type_at(brief.key, Author::Customer, true);
                    let text = self.something_to_say(&brief, dice);
                    self.customer_says(brief.key, &text);
                    self.type_at(brief.key, Author::Customer, false);
                }
            }
            45..=64 => {
                if let Some(brief) =
                    self.one_of(vendor, dice, |row| not_mine(row) && row.brief.waiting)
                {
                    self.type_at(brief.key, by, true);
                    let answer =
                        dice.pick(&talk(brief.language).more).map_or("👍", |pair| pair.1);
                    self.post(brief.key, Message::new(0, At(0), by, answer));
                    self.type_at(brief.key, by, false);
                }
            }
            65..=74 => {
                let free = |row: &Row<'_>| open(row) && row.brief.assignee.is_none();
                if let Some(brief) = self.one_of(vendor, dice, free) {
                    self.assign(brief.key, Some(colleague), by);
                }
            }
            75..=84 => {
                let done = |row: &Row<'_>| not_mine(row) && !row.brief.waiting;
                if let Some(brief) = self.one_of(vendor, dice, done) {
                    let resolved = StatusChange { status: Status::Resolved, until: None };
                    self.set_status(brief.key, resolved, by);
                }
            }
            85..=92 => {
                if let Some(brief) = self.one_of(vendor, dice, not_mine) {
                    self.type_at(brief.key, by, true);
                    self.change(brief.key, |conversation, now| {
                        conversation.viewers = vec![(colleague, now.plus(super::MINUTE))];
                    });
                }
            }
            _ => self.somebody_new(vendor, dice),
        }
    }

    fn one_of(
        &self,
        vendor: Vendor,
        dice: &mut Dice,
        fits: impl Fn(&Row<'_>) -> bool,
    ) -> Option<Brief> {
        dice.pick(&self.newest(vendor, STAGE, fits)).copied()
    }

    fn something_to_say(&self, brief: &Brief, dice: &mut Dice) -> String {
        let talk = talk(brief.language);
        let question = dice.pick(&talk.more).map(|pair| pair.0);
        let nudge = dice.pick(&talk.nudges).copied();
        if brief.waiting { nudge } else { question }.unwrap_or("?").to_owned()
    }

    fn somebody_new(&self, vendor: Vendor, dice: &mut Dice) {
        let Some(inbox) = dice.pick(company::inboxes(vendor)) else { return };
        let language = dice.pick(&Language::ALL).copied().unwrap_or(Language::En);
        let scripts = talk(language).for_field(Field::of(vendor));
        let Some(script) = dice.pick(&scripts) else { return };
        let id = self.count(vendor) + 1;
        let customer = people::customer(self.seed, vendor as u64, id, language, Oddity::None);
        let facts = Facts::of(self.now(), &customer, dice);
        let subject = facts.fill(script.subject);
        let text = script.lines.first().map_or("", |(_, text)| text);
        let mut first = Message::new(0, At(0), Author::Customer, facts.fill(text));
        first.kind = Kind::Public;
        if matches!(inbox.channel, Channel::Email | Channel::Letter) {
            first.subject = Some(subject.clone());
            first.to = vec![inbox.address.to_owned()];
        }
        self.begin(vendor, inbox, &subject, first, |_| customer);
    }
}

impl Row<'_> {
    /// Whether its state is worth keeping for whoever wants to look at it.
    fn is_frozen(&self) -> bool {
        matches!(
            self.brief.oddity,
            Oddity::WindowOver | Oddity::WaitingForCustomer | Oddity::WindowNearlyOver
        )
    }
}
