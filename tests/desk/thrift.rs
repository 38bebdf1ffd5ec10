//! No request without a reason.

use std::time::Duration;

use ttydesk::demo::Entry;
use ttydesk::model::Vendor;

use super::harness::{Stage, calm, is_write, on_desk};

/// Lets time pass second by second while it stands still for the program. The vendors' answers
/// are real and take real time, in which no timer may run out: as long as a blocking task is
/// there, the clock does not run ahead.
async fn pass(seconds: u64) {
    for _ in 0..seconds {
        tokio::time::advance(Duration::from_secs(1)).await;
        answered().await;
    }
}

/// Real time enough for an exchange on loopback.
async fn answered() {
    tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(25))).await.unwrap();
}

/// What arrived since the last look, without those that fill the list.
fn requests(stage: &Stage, vendor: Vendor) -> Vec<Entry> {
    let mut entries = stage.desk.log().entries();
    entries.retain(|entry| entry.vendor == vendor);
    entries
}

#[tokio::test(start_paused = true)]
async fn an_idle_minute_asks_only_for_the_polls_that_are_due() {
    // A runtime whose clock stands still runs ahead when nothing is to be done; this holds it.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let holder = tokio::task::spawn_blocking(move || drop(held.recv()));
    on_desk(&calm(240), "", async |mut stage| {
        pass(30).await;
        stage.desk.log().take();
        let frames = stage.seen.borrow().frames.len();
        pass(60).await;
        for vendor in Vendor::ALL {
            let requests = requests(&stage, vendor);
            let due = 60 / stage.can(vendor).poll.list as usize;
            assert!(requests.len() <= due * 4 / 3 + 1, "{vendor:?} {requests:#?}");
            assert!(!requests.iter().any(is_write), "{vendor:?}");
        }
        assert_eq!(stage.seen.borrow().frames.len(), frames, "nothing changed");

        for vendor in Vendor::ALL {
            let key = stage.ordinary(vendor);
            stage.list_all(&[vendor]).await;
            pass(1).await;
            stage.desk.log().take();
            stage.open(key).await;
            answered().await;
            let asked = requests(&stage, vendor);
            let asked: Vec<_> = asked.iter().map(|entry| (&entry.method, &entry.path)).collect();
            assert!((1..=5).contains(&asked.len()), "{vendor:?} {asked:#?}");
        }
    })
    .await;
    drop(release);
    holder.await.unwrap();
}
