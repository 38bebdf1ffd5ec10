//! Every action on every vendor: allowed, it is one request and can be seen afterwards; refused,
//! it is none.

use jiff::Timestamp;
use ttydesk::demo::world::Key;
use ttydesk::model::{
    Action, Conversation, Delivery, Message, MessageKind, Outcome, Side, Status, Trouble, Vendor,
};

use super::documented;
use super::rig::{Rig, check_sentence, read, walk_thread};
use super::stage::{Known, Stage, actions, key};
use super::writes;

/// Whether the conversation and its thread, read again, show what was done.
fn shows(action: &Action, stage: &Stage, now: &Conversation, thread: &[Message]) -> bool {
    let ours = |text: &str, kind: MessageKind| {
        let fits = |message: &&Message| {
            message.author.side == Side::Agent && message.kind == kind && &*message.text == text
        };
        thread.iter().find(fits)
    };
    let draft = || thread.iter().find(|message| message.id.number() == Some(stage.draft));
    match action {
        Action::Reply(outgoing) if outgoing.attachments.is_empty() => {
            ours(&outgoing.text, MessageKind::Public).is_some_and(|message| {
                // Who it went to is shown where the vendor tells.
                outgoing.recipients.is_empty()
                    || message.recipients.is_empty()
                    || message.recipients == outgoing.recipients
            })
        }
        Action::Reply(outgoing) => thread.iter().any(|message| {
            let names = message.attachments.iter().map(|card| card.name.as_str());
            message.author.side == Side::Agent && names.eq([outgoing.attachments[0].name.as_str()])
        }),
        Action::Note(text) | Action::EditNote { text, .. } => {
            ours(text, MessageKind::Note).is_some()
        }
        Action::CreateDraft(outgoing) => {
            now.draft_waiting && ours(&outgoing.text, MessageKind::Draft).is_some()
        }
        Action::EditDraft { change, .. } => draft().is_some_and(|draft| {
            let files = change.attachments.as_ref().map(Vec::len);
            draft.kind == MessageKind::Draft
                && change.text.as_ref().is_none_or(|text| *text == *draft.text)
                && change.recipients.as_ref().is_none_or(|them| *them == draft.recipients)
                && files.is_none_or(|files| files == draft.attachments.len())
        }),
        Action::PublishDraft { .. } => {
            draft().is_some_and(|draft| draft.kind == MessageKind::Public)
        }
        Action::Store(stored) => thread.iter().any(|message| {
            let side = if stored.from_customer { Side::Customer } else { Side::Agent };
            *message.text == stored.text
                && message.author.side == side
                && Some(message.at) == stored.at
        }),
        Action::Retry { .. } => thread.iter().any(|message| {
            &*message.text == "It is on its way."
                && !matches!(message.delivery, Some(Delivery::Failed(_)))
        }),
        Action::SetStatus(status) => now.status == *status,
        Action::Snooze(until) => now.status == Status::Snoozed && now.snoozed_until == *until,
        Action::Assign(person) => {
            now.assignee.as_ref().map(|now| &now.id) == person.as_ref().map(|person| &person.id)
        }
        Action::AssignTeam(team) => {
            now.team.as_ref().map(|now| &now.id) == team.as_ref().map(|team| &team.id)
        }
        Action::SetPriority(priority) => now.priority == *priority,
        Action::SetLabels { to, .. } => now.labels == *to,
        // No row shows it.
        Action::SetSlaPolicy(_) => true,
        Action::MarkRead { .. } => now.unread == 0,
        Action::MarkUnread => now.unread > 0,
    }
}

#[tokio::test]
async fn an_allowed_action_is_one_documented_request_and_a_refused_one_is_none() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        let known = Known::ask(&*provider).await;
        let names = actions(&known, &Stage::set(&rig, Key { vendor, number: 1 }));
        for (number, name) in (1..).zip(names.iter().map(|(name, _)| *name)) {
            let place = format!("{vendor:?} {name}");
            let stage = Stage::set(&rig, Key { vendor, number });
            let (_, action) =
                actions(&known, &stage).into_iter().find(|(is, _)| *is == name).unwrap();
            stage.make_room(&rig, &action);
            let before = read(&*provider, &stage.id).await;
            rig.requests();
            let allowed = provider.capabilities().allows(&action, &before, Timestamp::now());
            let answer = provider.apply(stage.id.clone(), action.clone(), key()).await;
            let writes = rig.writes();
            match (&allowed, writes::expected(vendor, name, &known, &stage)) {
                (Ok(()), Some(write)) => {
                    assert_eq!(writes.len(), 1, "{place}: {answer:?} {writes:?}");
                    write.check(&writes[0]);
                }
                (Err(why), None) => {
                    assert!(writes.is_empty(), "{place}: {writes:?}");
                    let failure = answer.as_ref().unwrap_err();
                    assert_eq!(failure.outcome, Outcome::Refused, "{place}");
                    assert_eq!(&*failure.text, why, "{place}");
                    check_sentence(failure, rig.desk.token(vendor));
                    continue;
                }
                (allowed, write) => {
                    panic!("{place}: {allowed:?}, but in the table: {}", write.is_some());
                }
            }
            if matches!(action, Action::SetSlaPolicy(Some(_))) {
                // The desk is a community edition, which overlooks the field and says 200.
                let failure = answer.unwrap_err();
                assert_eq!(
                    (failure.outcome, failure.trouble),
                    (Outcome::Refused, Trouble::Rejected)
                );
                continue;
            }
            let news = answer.unwrap_or_else(|failure| panic!("{place}: {failure:?}"));
            super::faults::check_about(&news, &stage.id);
            let mut now = read(&*provider, &stage.id).await;
            let mut thread = Vec::new();
            for page in walk_thread(&*provider, &stage.id).await {
                thread.extend(page.messages);
                // Only the thread knows of enneo's drafts.
                now.draft_waiting |= page.conversations.iter().any(|news| news.draft_waiting);
            }
            assert!(shows(&action, &stage, &now, &thread), "{place}: {now:?} {thread:?}");
            // What the answer told has to be so: the screen shows it until the next reading.
            let mut told = before.clone();
            for delta in news {
                if let ttydesk::model::Delta::Conversation(news) = delta {
                    told.merge(*news);
                }
            }
            let claims_more = told != before;
            assert!(!claims_more || shows(&action, &stage, &told, &thread), "{place}: {told:?}");
            assert!(rig.requests().iter().all(|entry| !documented::is_write(entry)), "{place}");
        }
    }
}
