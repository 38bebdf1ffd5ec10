//! Vendors that hang, answer garbage, or go away and come back.

use std::time::{Duration, Instant};

use ttydesk::app::accounts::Link;
use ttydesk::app::popup::Mark;
use ttydesk::demo::world;
use ttydesk::model::*;

use super::harness::{NO_UNDO, Stage, account, calm, on_desk};
use super::work::{work_at, write};

fn link(stage: &Stage, vendor: Vendor) -> Link {
    stage.look().links[usize::from(account(vendor).0)].clone()
}

/// A vendor that hangs and one that answers garbage, from the start.
async fn trouble_at(hanging: Vendor, garbage: (Vendor, &str), well: [Vendor; 2]) {
    let mut options = calm(240);
    let faults =
        [format!("{}:hang", hanging.word()), format!("{}:{}", garbage.0.word(), garbage.1)];
    options.faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    on_desk(&options, NO_UNDO, async |mut stage| {
        stage
            .until("the bar tells who is slow and who is down", || {
                stage.shows(&format!("◌ {} slow", hanging.word()))
                    && stage.shows(&format!("✗ {} down", garbage.0.word()))
            })
            .await;
        for vendor in well {
            work_at(&mut stage, vendor).await;
            assert_eq!(link(&stage, vendor), Link::Up);
        }
        let pressed = Instant::now();
        stage.press("?").await;
        assert!(stage.shows("Move down"));
        assert!(pressed.elapsed() < Duration::from_secs(2), "the key waited for a vendor");
        stage.press("Esc").await;

        stage.desk.faults().clear();
        stage.list_all(&Vendor::ALL).await;
        stage
            .until("all are up again", || {
                Vendor::ALL.iter().all(|vendor| link(&stage, *vendor) == Link::Up)
            })
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chatwoot_and_voicebot_work_while_partoo_hangs_and_enneo_answers_html() {
    let well = [Vendor::Chatwoot, Vendor::Voicebot];
    trouble_at(Vendor::Partoo, (Vendor::Enneo, "html=200"), well).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enneo_and_partoo_work_while_chatwoot_hangs_and_voicebot_answers_half_of_it() {
    let well = [Vendor::Enneo, Vendor::Partoo];
    trouble_at(Vendor::Chatwoot, (Vendor::Voicebot, "truncated"), well).await;
}

/// The server goes away in the middle of the work at a vendor, and comes back.
async fn outage_at(vendor: Vendor) {
    on_desk(&calm(240), NO_UNDO, async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        let key = stage.ordinary(vendor);
        stage.open(key).await;
        let (rows, messages) = {
            let look = stage.look();
            (look.rows.len(), look.messages.len())
        };
        stage.press("r").await;
        stage.type_in("First half").await;

        stage.desk.stop();
        // What the agent asks for now meets nobody.
        stage.press("Esc").await;
        stage.press("R").await;
        stage.until("the loss is told", || matches!(link(&stage, vendor), Link::Down { .. })).await;
        assert_eq!(stage.look().rows.len(), rows);
        assert_eq!(stage.look().messages.len(), messages);

        // Typing goes on, the reply is queued, and what is decided shows at once.
        write(&mut stage, "i", ", second half").await;
        stage.press("e").await;
        {
            let look = stage.look();
            assert_eq!(look.mark, Some(Mark::Pending));
            assert_eq!(look.opened.as_ref().unwrap().status, Status::Resolved);
        }
        let composing = if stage.can(vendor).notes.is_yes() { "c" } else { "r" };
        stage.press(composing).await;
        stage.type_in("To be continued").await;
        assert_eq!(stage.held(key).status, world::Status::Open);

        stage.desk.log().take();
        stage.desk.restart().unwrap();
        let words = "First half, second half";
        stage
            .until("all of it has gone out", || {
                let held = stage.held(key);
                held.status == world::Status::Resolved
                    && held.messages.iter().any(|message| message.text() == words)
            })
            .await;
        stage.until_look("all of it is confirmed", |look| look.mark.is_none()).await;
        let held = stage.held(key);
        let said = held.messages.iter().filter(|message| message.text() == words).count();
        assert_eq!(said, 1);
        let writes = stage.writes(vendor);
        let replies: Vec<bool> = writes.iter().map(|entry| entry.body.contains(words)).collect();
        assert_eq!(replies.iter().filter(|is_reply| **is_reply).count(), 1, "{writes:#?}");
        assert!(replies[0] && replies.len() > 1, "first the reply, then the rest: {writes:#?}");
        assert_eq!(stage.look().composer.as_ref().unwrap().2, "To be continued");
        assert!(stage.shows("To be continued"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_chatwoot_loses_nothing() {
    outage_at(Vendor::Chatwoot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_enneo_loses_nothing() {
    outage_at(Vendor::Enneo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_voicebot_loses_nothing() {
    outage_at(Vendor::Voicebot).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_partoo_loses_nothing() {
    outage_at(Vendor::Partoo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_paste_arrives_whole_while_nobody_answers() {
    on_desk(&calm(120), "", async |mut stage| {
        stage.list_all(&[Vendor::Chatwoot]).await;
        let key = stage.ordinary(Vendor::Chatwoot);
        stage.open(key).await;
        stage.desk.stop();
        stage.press("r").await;
        let text = "Zeile mit Umlauten äöü\n".repeat(4000);
        stage.paste(&text).await;
        assert_eq!(stage.look().composer.as_ref().unwrap().2, text);
    })
    .await;
}
