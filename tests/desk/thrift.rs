//! No request without a reason.

use std::time::Duration;

use ttydesk::model::Vendor;

use super::harness::{Stage, calm, on_desk};

/// Real time enough for an exchange on loopback.
const EXCHANGE: Duration = Duration::from_millis(20);

/// Lets the program's time pass second by second. The vendors' answers take real time, in which
/// no timer of the program may run out.
async fn pass(seconds: u64) {
    for _ in 0..seconds {
        tokio::time::advance(Duration::from_secs(1)).await;
        wait().await;
    }
}

async fn wait() {
    tokio::task::spawn_blocking(|| std::thread::sleep(EXCHANGE)).await.unwrap();
}

/// The program's time, when nobody hurries it: as fast as real time.
async fn tick() {
    loop {
        wait().await;
        tokio::time::advance(EXCHANGE).await;
    }
}

/// What a vendor was asked since the log was taken: method and path.
fn requests(stage: &Stage, vendor: Vendor) -> Vec<String> {
    let entries = stage.desk.log().entries();
    let of_vendor = entries.iter().filter(|entry| entry.vendor == vendor);
    of_vendor.map(|entry| format!("{} {}", entry.method, entry.path)).collect()
}

#[tokio::test(start_paused = true)]
async fn an_idle_minute_asks_only_for_the_polls_that_are_due() {
    // A runtime whose clock stands still runs ahead when nothing is to be done; this holds it.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let holder = tokio::task::spawn_blocking(move || {
        // Ends with an error, when the other end is dropped.
        let _ = held.recv();
    });
    let options = calm(240);
    let play = on_desk(&options, "", async |mut stage| {
        stage.list_all(&Vendor::ALL).await;
        pass(30).await;
        stage.desk.log().take();
        pass(60).await;
        for vendor in Vendor::ALL {
            let requests = requests(&stage, vendor);
            // Up to a quarter sooner, so that many clients do not ask at once; enneo is asked for
            // changed and for new tickets.
            let polls = 60 * 4 / 3 / stage.can(vendor).poll.list as usize + 1;
            let each = if vendor == Vendor::Enneo { 2 } else { 1 };
            assert!((1..=polls * each).contains(&requests.len()), "{vendor:?} {requests:#?}");
            assert!(stage.writes(vendor).is_empty(), "{vendor:?}");
        }

        for vendor in Vendor::ALL {
            let key = stage.ordinary(vendor);
            stage.desk.log().take();
            stage.open(key).await;
            wait().await;
            let asked = requests(&stage, vendor);
            assert!((1..=5).contains(&asked.len()), "{vendor:?} {asked:#?}");
        }
    });
    tokio::select! {
        () = play => {}
        () = tick() => {}
    }
    drop(release);
    holder.await.unwrap();
}
