//! What goes wrong, at every read and every kind of write of every vendor: what is said of it,
//! and that nothing is sent twice.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ttydesk::demo::world::Key;
use ttydesk::model::{
    Action, Ask, ConversationId, Delta, Failure, Folder, Outcome, ThreadPart, Trouble, Vendor,
};
use ttydesk::providers::Provider;

use super::documented;
use super::rig::{Rig, account_id, check_sentence};
use super::stage::{Known, Stage, actions, key};
use super::writes;

/// One way to go wrong, and what has to be said of a write and of a read.
struct Case {
    fault: &'static str,
    outcome: Outcome,
    trouble: Trouble,
    status: Option<u16>,
    retry_after: Option<u64>,
}

const fn case(fault: &'static str, outcome: Outcome, trouble: Trouble, status: u16) -> Case {
    let status = if status == 0 { None } else { Some(status) };
    Case { fault, outcome, trouble, status, retry_after: None }
}

use Outcome::{MaybeSent, NotSent, Refused};

const CASES: &[Case] = &[
    case("hang", MaybeSent, Trouble::NoAnswer, 0),
    case("close", MaybeSent, Trouble::NoAnswer, 0),
    case("reset", MaybeSent, Trouble::NoAnswer, 0),
    case("reset-after", MaybeSent, Trouble::NoAnswer, 0),
    case("429", NotSent, Trouble::RateLimited, 429),
    Case { retry_after: Some(7), ..case("429=7", NotSent, Trouble::RateLimited, 429) },
    case("500", MaybeSent, Trouble::Server, 500),
    case("html", MaybeSent, Trouble::Server, 502),
    case("html=200", MaybeSent, Trouble::Unreadable, 0),
    case("html=403", Refused, Trouble::Forbidden, 403),
    case("html=404", Refused, Trouble::NotFound, 404),
    case("truncated", MaybeSent, Trouble::Unreadable, 0),
    case("huge", MaybeSent, Trouble::Unreadable, 200),
    case("401", Refused, Trouble::SignedOut, 401),
];

/// The right answer with every value of another type: the one fault that can be read, more or
/// less. What is read then has to be about what was asked for.
const WRONG_TYPES: &str = "wrong-types";

type Result = std::result::Result<Vec<Delta>, Failure>;

/// The reads of a vendor, and the request that carries the answer.
fn reads(vendor: Vendor, stage: &Stage) -> Vec<(Ask, &'static str)> {
    let id = stage.id.clone();
    let list = Ask::List { folder: Folder::Recent, page: None, since: None };
    let thread = Ask::Thread { id: id.clone(), part: ThreadPart::Newest };
    let conversation = Ask::Conversation(id);
    match vendor {
        Vendor::Chatwoot => vec![
            (list, "GET /api/v1/accounts/*/conversations"),
            (thread, "GET /api/v1/accounts/*/conversations/*/messages"),
            (conversation, "GET /api/v1/accounts/*/conversations/*"),
            (Ask::Me, "GET /api/v1/profile"),
            (Ask::People, "GET /api/v1/accounts/*/agents"),
            (Ask::Teams, "GET /api/v1/accounts/*/teams"),
            (Ask::Labels, "GET /api/v1/accounts/*/labels"),
            (Ask::Canned, "GET /api/v1/accounts/*/canned_responses"),
        ],
        Vendor::Enneo => vec![
            (list, "POST /api/mind/ticket/search"),
            (thread, "GET /api/mind/ticket/*/conversation"),
            (conversation, "GET /api/mind/ticket/*"),
            (Ask::Me, "GET /api/mind/profile"),
            (Ask::People, "GET /api/mind/profiles"),
            (Ask::Labels, "GET /api/mind/tag"),
            (Ask::Canned, "GET /api/mind/template"),
        ],
        Vendor::Voicebot => vec![
            (list, "GET /third-party/v1/conversations"),
            (thread, "GET /third-party/v1/conversations/*/messages"),
            (conversation, "GET /third-party/v1/conversations/*"),
            (Ask::Me, "GET /third-party/v1/conversations"),
            (Ask::People, "GET /third-party/v1/users"),
        ],
        Vendor::Partoo => vec![
            (list, "GET /v2/conversations"),
            (thread, "GET /v2/messages"),
            (conversation, "GET /v2/conversations/*"),
            (Ask::Me, "GET /v2/user/me"),
            (Ask::People, "GET /v2/user/search"),
            (Ask::Canned, "GET /v2/messaging/templates"),
        ],
    }
}

/// One action for every kind of write that a vendor has: name and request.
fn kinds_of_write(known: &Known, stage: &Stage) -> BTreeMap<(&'static str, bool), &'static str> {
    let vendor = stage.key.vendor;
    let mut kinds = BTreeMap::new();
    for (name, _) in actions(known, stage) {
        if let Some(write) = writes::expected(vendor, name, known, stage) {
            let (method, path) = write.line.split_once(' ').unwrap();
            let call = documented::call(vendor, method, path).unwrap();
            let is_form = matches!(write.body, writes::Body::Form(_));
            kinds.entry((call, is_form)).or_insert(name);
        }
    }
    kinds
}

fn action(known: &Known, stage: &Stage, name: &str) -> Action {
    actions(known, stage).into_iter().find(|(is, _)| *is == name).unwrap().1
}

/// A provider that has seen the conversations as they are staged, and has asked for the names that
/// it asks for once, so that a fault hits what it is meant for.
async fn warm(rig: &Rig, vendor: Vendor) -> Arc<dyn Provider> {
    let provider = rig.connect(vendor);
    for ask in [Ask::Me, Ask::List { folder: Folder::Recent, page: None, since: None }] {
        provider.ask(ask).await.unwrap();
    }
    rig.requests();
    provider
}

/// Lets a fault hit the next request of this kind. Where that one hangs, time passes at once as
/// soon as it has arrived.
async fn suffer(
    rig: &Rig,
    vendor: Vendor,
    call: &str,
    fault: &str,
    asked: impl Future<Output = Result>,
) -> Result {
    let faults = rig.desk.faults();
    faults.clear();
    faults.add(&format!("{}:{call}:{fault} next=1", vendor.word())).unwrap();
    let mut asked = pin!(asked);
    if fault == "hang" {
        while !faults.list().is_empty() {
            tokio::select! {
                biased;
                early = &mut asked => panic!("{call} was never asked for: {early:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    let result = asked.await;
    if fault == "hang" {
        tokio::time::resume();
        // The server notices a client that went away, and writes the request down only then.
        while rig.desk.log().entries().is_empty() {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(faults.list(), [""; 0], "{call} was never asked for: {result:?}");
    result
}

/// Fails unless news is about this conversation alone.
pub fn check_about(news: &[Delta], id: &ConversationId) {
    for delta in news {
        match delta {
            Delta::Conversation(news) => assert_eq!(&news.id, id),
            Delta::Message(message) => assert_eq!(&message.conversation, id),
            Delta::MessageGone { conversation, .. } => assert_eq!(conversation, id),
            Delta::Gone(gone) | Delta::Stale(gone) => assert_eq!(gone, id),
            Delta::More { .. } => {}
            other => panic!("{other:?} is no news of a conversation"),
        }
    }
}

/// What is wrong with how a failure is told; `None` if nothing is.
fn complaint(failure: &Failure, case: &Case, wanted: (Outcome, Trouble)) -> Option<String> {
    let retry_after = case.retry_after.map(Duration::from_secs);
    let is = (failure.outcome, failure.trouble);
    let is_right = is == wanted
        && failure.retry_after == retry_after
        && (case.status.is_none() || failure.status == case.status);
    (!is_right).then(|| format!("{failure:?}, wanted {wanted:?} {:?} {retry_after:?}", case.status))
}

/// 401 on a single call means only "forbidden" at Chatwoot, as long as the profile can be read.
fn trouble(vendor: Vendor, case: &Case, call: &str) -> Trouble {
    match (vendor, case.trouble) {
        (Vendor::Chatwoot, Trouble::SignedOut) if !call.ends_with("/profile") => Trouble::Forbidden,
        (_, trouble) => trouble,
    }
}

#[tokio::test]
async fn every_fault_of_every_write_has_the_right_outcome_and_is_sent_once() {
    let rig = Rig::new();
    let mut complaints = Vec::new();
    for vendor in Vendor::ALL {
        let stage = Stage::set(&rig, Key { vendor, number: 1 });
        let provider = warm(&rig, vendor).await;
        let known = Known::ask(&*provider).await;
        for ((call, _), name) in kinds_of_write(&known, &stage) {
            for case in CASES {
                let place = format!("{vendor:?} | {name} | {}", case.fault);
                let stage = Stage::set(&rig, Key { vendor, number: 1 });
                let action = action(&known, &stage, name);
                rig.requests();
                let asked = provider.apply(stage.id.clone(), action, key());
                let result = suffer(&rig, vendor, call, case.fault, asked).await;
                let writes = rig.writes();
                // Where to create a note is assumed; what was not found there was not created.
                let is_tried_twice = call.ends_with("/notes") && case.trouble == Trouble::NotFound;
                if writes.len() != if is_tried_twice { 2 } else { 1 } {
                    complaints.push(format!("{place}: {} writes", writes.len()));
                }
                match result {
                    Ok(news) => complaints.push(format!("{place}: taken for {news:?}")),
                    Err(failure) => {
                        check_sentence(&failure, rig.desk.token(vendor));
                        let wanted = (case.outcome, trouble(vendor, case, call));
                        let complaint = complaint(&failure, case, wanted);
                        complaints.extend(complaint.map(|what| format!("{place}: {what}")));
                    }
                }
            }
            let stage = Stage::set(&rig, Key { vendor, number: 1 });
            rig.requests();
            let asked = provider.apply(stage.id.clone(), action(&known, &stage, name), key());
            match suffer(&rig, vendor, call, WRONG_TYPES, asked).await {
                Ok(news) => check_about(&news, &stage.id),
                Err(failure) => {
                    check_sentence(&failure, rig.desk.token(vendor));
                    assert_ne!(failure.outcome, NotSent, "{vendor:?} {name}: it was sent");
                }
            }
            assert_eq!(rig.writes().len(), 1, "{vendor:?} | {name} | {WRONG_TYPES}");
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[tokio::test]
async fn every_fault_of_every_read_says_what_it_is() {
    let rig = Rig::new();
    let mut complaints = Vec::new();
    for vendor in Vendor::ALL {
        let stage = Stage::set(&rig, Key { vendor, number: 1 });
        let provider = warm(&rig, vendor).await;
        for (ask, call) in reads(vendor, &stage) {
            for case in CASES {
                let place = format!("{vendor:?} | {ask:?} | {}", case.fault);
                let result =
                    suffer(&rig, vendor, call, case.fault, provider.ask(ask.clone())).await;
                match (result, tolerated(vendor, &ask, case.fault)) {
                    (Ok(news), Some(is_fine)) if is_fine(&news) => {}
                    (Ok(news), _) => complaints.push(format!("{place}: taken for {news:?}")),
                    (Err(failure), _) => {
                        check_sentence(&failure, rig.desk.token(vendor));
                        // Whether a read took effect is nobody's question.
                        let wanted = (failure.outcome, trouble(vendor, case, call));
                        let complaint = complaint(&failure, case, wanted);
                        complaints.extend(complaint.map(|what| format!("{place}: {what}")));
                    }
                }
            }
            match suffer(&rig, vendor, call, WRONG_TYPES, provider.ask(ask.clone())).await {
                Ok(news) => check_known(&rig, vendor, &news),
                Err(failure) => {
                    check_sentence(&failure, rig.desk.token(vendor));
                    assert_eq!(failure.trouble, Trouble::Unreadable, "{vendor:?} {ask:?}");
                }
            }
            assert!(rig.writes().is_empty(), "{vendor:?} {ask:?}");
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Where a 404 is an answer: what is not there is gone, and nothing found is an empty list.
fn tolerated(vendor: Vendor, ask: &Ask, fault: &str) -> Option<fn(&[Delta]) -> bool> {
    match (vendor, ask) {
        _ if fault != "html=404" => None,
        (_, Ask::Conversation(_)) => Some(|news| matches!(news, [Delta::Gone(_)])),
        (Vendor::Enneo, Ask::Canned) => {
            Some(|news| matches!(news, [Delta::Canned(none)] if none.is_empty()))
        }
        // The call is only assumed; whoever was seen working on something is known all the same.
        (Vendor::Voicebot, Ask::People) => {
            Some(|news| matches!(news, [Delta::People(seen)] if !seen.is_empty()))
        }
        _ => None,
    }
}

/// Fails on a conversation that this vendor does not have.
fn check_known(rig: &Rig, vendor: Vendor, news: &[Delta]) {
    let count = u64::from(rig.desk.world().count(vendor));
    for delta in news {
        if let Delta::Conversation(news) = delta {
            assert_eq!(news.id.account, account_id(vendor));
            assert!((1..=count).contains(&news.id.remote.number().unwrap()), "{news:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_desk_that_is_away_and_all_goes_on_when_it_is_back() {
    let mut rig = Rig::new();
    let mut vendors = Vec::new();
    for vendor in Vendor::ALL {
        let stage = Stage::set(&rig, Key { vendor, number: 1 });
        let provider = warm(&rig, vendor).await;
        let known = Known::ask(&*provider).await;
        vendors.push((vendor, provider, known, stage));
    }
    rig.requests();
    rig.desk.stop();
    for (vendor, old, known, stage) in &vendors {
        // Over a connection from better days nobody can be sure; that nothing arrived is sure here.
        let reply = action(known, stage, "reply");
        let failure = old.apply(stage.id.clone(), reply, key()).await.unwrap_err();
        assert_ne!(failure.outcome, Refused, "{vendor:?}: {failure:?}");
        check_sentence(&failure, rig.desk.token(*vendor));
        let fresh = rig.connect(*vendor);
        let asks = reads(*vendor, stage);
        let mut answers = Vec::new();
        for (ask, _) in asks {
            answers.push((format!("{ask:?}"), fresh.ask(ask).await));
        }
        for name in kinds_of_write(known, stage).values() {
            let action = action(known, stage, name);
            answers.push(((*name).into(), fresh.apply(stage.id.clone(), action, key()).await));
        }
        for (what, answer) in answers {
            let failure = answer.unwrap_err();
            let is = (failure.outcome, failure.trouble);
            assert_eq!(is, (NotSent, Trouble::Unreachable), "{vendor:?} {what}: {failure:?}");
            check_sentence(&failure, rig.desk.token(*vendor));
        }
    }
    assert!(rig.requests().is_empty());
    rig.desk.restart().unwrap();
    for (vendor, provider, known, stage) in &vendors {
        let reply = action(known, stage, "reply");
        provider.apply(stage.id.clone(), reply, key()).await.unwrap();
        assert_eq!(rig.writes().len(), 1, "{vendor:?}");
    }
}

#[tokio::test]
async fn a_token_that_ends_signs_out_and_a_good_one_signs_in_again() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let stage = Stage::set(&rig, Key { vendor, number: 1 });
        let provider = warm(&rig, vendor).await;
        let spec = format!("{}:401 after=3", vendor.word());
        rig.desk.faults().add(&spec).unwrap();
        let ask = || provider.ask(Ask::Conversation(stage.id.clone()));
        for _ in 0..3 {
            ask().await.unwrap();
        }
        let resolve = Action::SetStatus(ttydesk::model::Status::Resolved);
        for failure in [
            ask().await.unwrap_err(),
            provider.apply(stage.id.clone(), resolve, key()).await.unwrap_err(),
        ] {
            let is = (failure.outcome, failure.trouble);
            assert_eq!(is, (Refused, Trouble::SignedOut), "{vendor:?}: {failure:?}");
            check_sentence(&failure, rig.desk.token(vendor));
        }
        rig.desk.faults().clear();
        ask().await.unwrap();
    }
}
