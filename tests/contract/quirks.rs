//! What is peculiar to one vendor and easy to get wrong.

use ttydesk::config::Account;
use ttydesk::demo::world::Key;
use ttydesk::model::{
    Action, Ask, Folder, OpKey, Outcome, Outgoing, RemoteId, Status, Trouble, Upload, UploadSource,
    Vendor,
};
use ttydesk::providers;

use super::rig::{Rig, account_id, check_sentence, read};
use super::stage::{Known, Stage, key, linked_file};

#[tokio::test]
async fn chatwoots_401_for_what_is_merely_forbidden_does_not_sign_out() {
    let rig = Rig::new();
    // Another company's account: the token is good, the account is not the agent's.
    let elsewhere = Account { account_id: Some(2), ..rig.account(Vendor::Chatwoot) };
    let provider = providers::connect(account_id(Vendor::Chatwoot), &elsewhere).unwrap();
    let list = Ask::List { folder: Folder::Recent, page: None, since: None };
    let stage = Stage::set(&rig, Key { vendor: Vendor::Chatwoot, number: 1 });
    let note = Action::Note("Not for you.".into());
    for failure in [
        provider.ask(list).await.unwrap_err(),
        provider.apply(stage.id, note, key()).await.unwrap_err(),
    ] {
        let is = (failure.outcome, failure.trouble, failure.status);
        assert_eq!(is, (Outcome::Refused, Trouble::Forbidden, Some(401)), "{failure:?}");
        check_sentence(&failure, rig.desk.token(Vendor::Chatwoot));
    }
}

#[tokio::test]
async fn a_wrong_token_signs_out_at_every_vendor() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        // Each vendor's token is nonsense to another one.
        let other = Vendor::ALL[(vendor as usize + 1) % 4];
        let credential = rig.account(other).credential;
        let stranger = Account { credential, ..rig.account(vendor) };
        let provider = providers::connect(account_id(vendor), &stranger).unwrap();
        for ask in [Ask::Me, Ask::List { folder: Folder::Recent, page: None, since: None }] {
            let failure = provider.ask(ask).await.unwrap_err();
            assert_eq!(failure.trouble, Trouble::SignedOut, "{vendor:?}: {failure:?}");
            check_sentence(&failure, rig.desk.token(other));
        }
    }
}

#[tokio::test]
async fn partoo_assigns_and_closes_with_two_requests_of_one_change_each() {
    let rig = Rig::new();
    let provider = rig.connect(Vendor::Partoo);
    let known = Known::ask(&*provider).await;
    let stage = Stage::set(&rig, Key { vendor: Vendor::Partoo, number: 2 });
    rig.requests();
    let assign = Action::Assign(Some(known.colleague.clone()));
    for action in [assign, Action::SetStatus(Status::Resolved)] {
        provider.apply(stage.id.clone(), action, key()).await.unwrap();
    }
    let writes = rig.writes();
    let bodies: Vec<_> = writes.iter().map(|write| (&*write.method, write.json())).collect();
    let user = known.colleague.id.to_string();
    assert_eq!(
        bodies,
        [
            ("PATCH", serde_json::json!({"assigned_user_id": user})),
            ("PATCH", serde_json::json!({"status": "closed"})),
        ]
    );
    let now = read(&*provider, &stage.id).await;
    assert_eq!(now.status, Status::Resolved);
    assert_eq!(now.assignee.map(|person| person.id), Some(known.colleague.id));
}

#[tokio::test]
async fn what_a_vendor_cannot_carry_is_refused_before_anything_leaves() {
    let rig = Rig::new();
    let file = |mime: &str| Upload {
        name: "file".into(),
        mime: mime.into(),
        source: UploadSource::Bytes((*b"x").into()),
    };
    let reply = |text: &str, attachments: Vec<Upload>| {
        Action::Reply(Outgoing { text: text.into(), attachments, ..Outgoing::default() })
    };
    let edit = |id: &str| Action::EditNote { message: RemoteId::new(id), text: "x".into() };
    for (vendor, action) in [
        (Vendor::Chatwoot, reply("A link is no file.", vec![linked_file()])),
        (Vendor::Enneo, edit("ticket")),
        (Vendor::Voicebot, reply("Two.", vec![file("image/png"), file("image/png")])),
        (Vendor::Voicebot, reply("A sound has no caption.", vec![file("audio/aac")])),
        (Vendor::Voicebot, edit("17")),
        (Vendor::Partoo, reply("", vec![file("image/png")])),
        (Vendor::Partoo, reply("Text and file.", vec![linked_file()])),
        (Vendor::Partoo, reply("", vec![linked_file(), linked_file()])),
    ] {
        let provider = rig.connect(vendor);
        let stage = Stage::set(&rig, Key { vendor, number: 3 });
        let failure = provider.apply(stage.id, action.clone(), key()).await.unwrap_err();
        assert_eq!(failure.outcome, Outcome::Refused, "{vendor:?} {action:?}");
        check_sentence(&failure, rig.desk.token(vendor));
        assert!(rig.requests().is_empty(), "{vendor:?} {action:?}");
    }
}

#[tokio::test]
async fn a_failed_upload_never_says_that_the_message_may_have_been_sent() {
    let rig = Rig::new();
    let provider = rig.connect(Vendor::Voicebot);
    for fault in ["close", "reset-after", "429", "500", "html=200", "truncated", "huge", "401"] {
        let stage = Stage::set(&rig, Key { vendor: Vendor::Voicebot, number: 4 });
        rig.desk.faults().add(&format!("voicebot:POST /temporary-upload:{fault} next=1")).unwrap();
        let source = UploadSource::Bytes((*b"x").into());
        let file = Upload { name: "a.png".into(), mime: "image/png".into(), source };
        let outgoing = Outgoing { attachments: vec![file], ..Outgoing::default() };
        let failure =
            provider.apply(stage.id, Action::Reply(outgoing), OpKey("k".into())).await.unwrap_err();
        assert_ne!(failure.outcome, Outcome::MaybeSent, "{fault}: {failure:?}");
        check_sentence(&failure, rig.desk.token(Vendor::Voicebot));
        assert!(rig.writes().is_empty(), "{fault}");
    }
}
