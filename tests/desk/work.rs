//! An agent's day at each of the four vendors: list, read, answer, decide, each change confirmed
//! by the desk.

use ttydesk::demo::world::{self, Author, Delivery, Key, Kind, Oddity, company};
use ttydesk::model::{self, MessageKind, Priority, Status, Support, Vendor};

use super::harness::{NO_UNDO, Stage, account, calm, id_of, on_desk};

/// What a vendor cannot do is refused on the same key with its reason; returns whether it can.
async fn can(stage: &mut Stage, key: Key, support: Support, command: &str) -> bool {
    let Support::No(why) = support else { return true };
    let before = stage.writes(key.vendor).len();
    stage.command(command).await;
    let start: String = why.chars().take(30).collect();
    assert!(stage.shows(&start), "{command} at {:?} does not say: {why}", key.vendor);
    assert_eq!(stage.look().mark, None, "{command} at {:?} is in the outbox", key.vendor);
    assert_eq!(stage.writes(key.vendor).len(), before);
    false
}

/// Writes in the composer that a key opens, and sends it.
pub async fn write(stage: &mut Stage, key: &str, words: &str) {
    stage.press(key).await;
    assert!(stage.look().composer.is_some(), "{key} opens no composer: {}", stage.look().notice);
    stage.type_in(words).await;
    stage.press("Alt-Enter").await;
    assert_eq!(stage.look().composer, None, "it is sent: {}", stage.look().notice);
}

fn saying<'a>(whole: &'a world::Conversation, kind: Kind, words: &str) -> Vec<&'a world::Message> {
    let says = |message: &&world::Message| message.kind == kind && message.text().contains(words);
    whole.messages.iter().filter(says).collect()
}

async fn write_everything(stage: &mut Stage, key: Key) {
    let can_do = stage.can(key.vendor).clone();
    let words = "Der Schlauch ist da, bis Montag!";
    write(stage, "r", words).await;
    stage.confirmed(key, "the reply", |whole| saying(whole, Kind::Public, words).len() == 1).await;
    stage.until_look("the reply is in the thread", |look| look.saying(words).len() == 1).await;

    let words = "Kunde wirkt verärgert";
    if can(stage, key, can_do.notes, "note").await {
        write(stage, "c", words).await;
        stage.confirmed(key, "the note", |whole| saying(whole, Kind::Note, words).len() == 1).await;
        stage
            .until_look("the note is in the thread", |look| {
                look.saying(words).len() == 1 && look.saying(words)[0].kind == MessageKind::Note
            })
            .await;
    }

    if can(stage, key, can_do.server_drafts, "draft").await {
        write(stage, "D", "We look into").await;
        stage
            .confirmed(key, "the draft", |whole| {
                saying(whole, Kind::Draft, "We look into").len() == 1
            })
            .await;
        stage
            .until_look("the draft is in the thread", |look| look.saying("We look into").len() == 1)
            .await;
        write(stage, "i", " it today").await;
        let words = "We look into it today";
        stage
            .confirmed(key, "the edit", |whole| saying(whole, Kind::Draft, words).len() == 1)
            .await;
        stage.until_look("the edit is shown", |look| look.saying(words).len() == 1).await;
        stage.press("gp").await;
        stage
            .confirmed(key, "publishing", |whole| {
                saying(whole, Kind::Public, words).len() == 1
                    && saying(whole, Kind::Draft, words).is_empty()
            })
            .await;
        stage
            .until_look("it is public in the thread", |look| {
                look.saying(words).len() == 1 && look.saying(words)[0].kind == MessageKind::Public
            })
            .await;
    }
}

async fn decide_everything(stage: &mut Stage, key: Key) {
    let can_do = stage.can(key.vendor).clone();

    // Somebody, from the picker; then nobody; then me, where the vendor tells who that is.
    stage.command("assign").await;
    stage.until_look("the colleagues are there", |look| look.picker.is_some()).await;
    stage.type_in("Jonas\n").await;
    stage.confirmed(key, "assigning", |whole| whole.assignee == Some(2)).await;
    stage.command("assign none").await;
    stage.confirmed(key, "unassigning", |whole| whole.assignee.is_none()).await;
    stage.press("aa").await;
    if key.vendor != Vendor::Voicebot {
        stage.confirmed(key, "assigning to me", |whole| whole.assignee == Some(company::ME)).await;
    } else {
        assert!(stage.shows("has not told which user"), "{}", stage.look().notice);
    }

    if can(stage, key, can_do.priority, "priority urgent").await {
        stage.command("priority urgent").await;
        stage
            .confirmed(key, "the priority", |whole| whole.priority == Some(Priority::Urgent))
            .await;
        assert_eq!(stage.look().opened.as_ref().unwrap().priority, Some(Priority::Urgent));
    }

    if can(stage, key, can_do.labels, "label").await {
        stage.command("label").await;
        stage.until_look("the labels are there", |look| look.picker.is_some()).await;
        let had = stage.held(key).labels.contains(&"vip".to_owned());
        stage.type_in("vip").await;
        stage.press("Tab").await;
        stage.press("Enter").await;
        stage
            .confirmed(key, "the label", |whole| whole.labels.contains(&"vip".to_owned()) != had)
            .await;
    }

    if can(stage, key, can_do.teams, "team none").await {
        stage.command("team").await;
        stage.until_look("the teams are there", |look| look.picker.is_some()).await;
        let team = company::TEAMS[1].name;
        stage.type_in(&format!("{team}\n")).await;
        stage.confirmed(key, "the team", |whole| whole.team == Some(2)).await;
    }

    stage.press("e").await;
    stage.confirmed(key, "resolving", |whole| whole.status == world::Status::Resolved).await;
    assert_eq!(stage.look().opened.as_ref().unwrap().status, Status::Resolved);
    stage.press("e").await;
    stage.confirmed(key, "reopening", |whole| whole.status == world::Status::Open).await;
    assert_eq!(stage.look().opened.as_ref().unwrap().status, Status::Open);

    if can(stage, key, can_do.snooze, "snooze tomorrow").await {
        stage.press("zt").await;
        stage
            .confirmed(key, "the snooze", |whole| {
                whole.status == world::Status::Snoozed && whole.snoozed_until.is_some()
            })
            .await;
        stage.press("u").await;
        stage
            .confirmed(key, "undoing the snooze", |whole| whole.status == world::Status::Open)
            .await;
    }

    let read = stage.held(key).unread() == 0;
    let (first, second) = if read {
        (can_do.mark_unread, can_do.mark_read)
    } else {
        (can_do.mark_read, can_do.mark_unread)
    };
    for (support, read) in [(first, read), (second, !read)] {
        if can(stage, key, support, "unread").await {
            stage.press("U").await;
            stage.confirmed(key, "the read mark", |whole| (whole.unread() == 0) != read).await;
        } else {
            break;
        }
    }

    for (support, command) in [
        (can_do.sla, "sla 1"),
        (can_do.retry, "retry"),
        (can_do.store, "store in hello"),
        (can_do.edit_notes, "edit-note"),
    ] {
        if !support.is_yes() {
            can(stage, key, support, command).await;
        }
    }
}

/// The whole day at one vendor; the others may be in any trouble.
pub async fn work_at(stage: &mut Stage, vendor: Vendor) {
    stage.list_all(&[vendor]).await;
    let key = stage.ordinary(vendor);
    stage.open(key).await;
    write_everything(stage, key).await;
    decide_everything(stage, key).await;
    assert_eq!(stage.look().outbox, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_at_chatwoot_is_confirmed_by_the_desk() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| work_at(&mut stage, Vendor::Chatwoot).await)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_at_enneo_is_confirmed_by_the_desk() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| work_at(&mut stage, Vendor::Enneo).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_at_voicebot_is_confirmed_by_the_desk() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| work_at(&mut stage, Vendor::Voicebot).await)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_at_partoo_is_confirmed_by_the_desk() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| work_at(&mut stage, Vendor::Partoo).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_holds_every_conversation_of_the_desk() {
    on_desk(&calm(600), "", async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        let mut rows = stage.look().rows.clone();
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), 600);
        for vendor in Vendor::ALL {
            for brief in stage.desk.world().newest(vendor, 150, |_| true) {
                assert!(rows.contains(&id_of(brief.key)), "{:?}", brief.key);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_of_300_messages_is_read_back_to_its_first() {
    on_desk(&calm(240), "", async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        for vendor in Vendor::ALL {
            let key = stage.pick(vendor, |whole| whole.oddity == Oddity::Long);
            stage.open(key).await;
            let held = stage.held(key);
            while !stage.look().is_complete {
                stage.press("gg").await;
            }
            let said: Vec<_> =
                held.messages.iter().filter(|message| message.kind != Kind::Activity).collect();
            assert!(said.len() >= 250, "{}", said.len());
            let look = stage.look();
            let shown: Vec<_> = look
                .messages
                .iter()
                .filter(|message| message.kind != MessageKind::Activity)
                .collect();
            // Partoo has a message of its own for each file.
            assert!(shown.len() >= said.len(), "{vendor:?}: {} of {}", shown.len(), said.len());
            for said in [said[0], said[said.len() - 1]] {
                let word = said.text().split_whitespace().next().unwrap_or_default();
                assert!(shown.iter().any(|shown| shown.text.contains(word)), "{vendor:?}: {word}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_message_is_sent_again_where_the_vendor_can() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        for vendor in Vendor::ALL {
            if !stage.can(vendor).retry.is_yes() {
                continue;
            }
            let key = stage.ordinary(vendor);
            stage.open(key).await;
            let words = "Morgen ab neun";
            write(&mut stage, "r", words).await;
            stage
                .until_look("the reply is in the thread", |look| !look.saying(words).is_empty())
                .await;
            stage.until_look("the reply is confirmed", |look| look.mark.is_none()).await;
            let sent = saying(&stage.held(key), Kind::Public, words)[0].id;
            let fail = |message: &mut world::Message| {
                message.delivery = Delivery::Failed("131026: Message undeliverable".to_owned());
            };
            stage.desk.world().edit(key, sent, fail).unwrap();
            stage.press("R").await;
            stage
                .until_look("the failure is shown", |look| {
                    let said = look.saying(words);
                    said.iter()
                        .any(|said| matches!(said.delivery, Some(model::Delivery::Failed(_))))
                })
                .await;
            stage.command("retry").await;
            // At voicebot the words are sent as a new message; the failed one stays.
            stage
                .confirmed(key, "the retry", |whole| {
                    let said = saying(whole, Kind::Public, words);
                    !matches!(said[said.len() - 1].delivery, Delivery::Failed(_))
                })
                .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_waits_for_its_countdown_and_u_brings_its_words_back() {
    let undo = NO_UNDO.replace("= 0", "= 1");
    on_desk(&calm(240), &undo, async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        for vendor in Vendor::ALL {
            let key = stage.ordinary(vendor);
            stage.open(key).await;
            write(&mut stage, "r", "Not yet").await;
            assert!(stage.shows("Sending to"), "{vendor:?}");
            stage.press("u").await;
            let composer = stage.look().composer.clone();
            assert_eq!(composer.unwrap().2, "Not yet");
            assert!(stage.writes(vendor).is_empty(), "{vendor:?}");
            stage.type_in(", but now").await;
            stage.press("Alt-Enter").await;
            stage
                .confirmed(key, "the reply", |whole| {
                    saying(whole, Kind::Public, "Not yet, but now").len() == 1
                })
                .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_marked_until_the_server_has_it() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        for vendor in Vendor::ALL {
            let key = stage.ordinary(vendor);
            stage.open(key).await;
            stage.desk.faults().add("*:latency=400").unwrap();
            stage.press("e").await;
            {
                let look = stage.look();
                assert!(look.mark.is_some(), "{vendor:?}");
                assert_eq!(look.opened.as_ref().unwrap().status, Status::Resolved, "{vendor:?}");
                assert_eq!(stage.held(key).status, world::Status::Open);
            }
            stage
                .confirmed(key, "resolving", |whole| whole.status == world::Status::Resolved)
                .await;
            stage.desk.faults().clear();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_vendor_refuses_rolls_back_with_its_reason() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        for vendor in Vendor::ALL {
            let key = stage.ordinary(vendor);
            stage.open(key).await;
            // Chatwoot says 401 where others say 403: it is a refusal, not a dead token.
            stage.desk.faults().add(&format!("{}:401 next=1", vendor.word())).unwrap();
            stage.press("e").await;
            stage
                .until_look("the refusal is told", |look| look.notice.contains("could not resolve"))
                .await;
            let look = stage.look();
            assert_eq!(look.opened.as_ref().unwrap().status, Status::Open, "{vendor:?}");
            assert_eq!(look.opened.as_ref().unwrap().id.account, account(vendor));
            assert_eq!(stage.held(key).status, world::Status::Open);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_whose_answer_was_lost_is_found_and_not_sent_twice() {
    on_desk(&calm(240), NO_UNDO, async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        for vendor in Vendor::ALL {
            let key = stage.ordinary(vendor);
            stage.open(key).await;
            stage
                .desk
                .faults()
                .add(&format!("{}:POST /**:reset-after next=1", vendor.word()))
                .unwrap();
            write(&mut stage, "r", "Once and only once").await;
            stage
                .confirmed(key, "the reply", |whole| {
                    saying(whole, Kind::Public, "Once and only once").len() == 1
                })
                .await;
            let by_me =
                |message: &&world::Message| message.author == Author::Colleague(company::ME);
            let held = stage.held(key);
            let said = saying(&held, Kind::Public, "Once and only once");
            assert_eq!(said.iter().copied().filter(by_me).count(), 1, "{vendor:?}");
        }
    })
    .await;
}
