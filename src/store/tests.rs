use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::disk::FILE;
use super::*;
use crate::app::composer::{Draft, Letter, Mode};
use crate::app::keep::KeptDraft;
use crate::app::outbox::{Op, OpState};
use crate::model::*;
use crate::text::clean;

const LIMIT: Duration = Duration::from_secs(20);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn open(folder: &Path) -> (Disk, Kept) {
    Disk::open(folder, &names(&["acme", "shop"])).unwrap()
}

fn id(account: u16, number: u64) -> ConversationId {
    ConversationId { account: AccountId(account), remote: number.into() }
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).unwrap()
}

fn draft(text: &str) -> Draft {
    Draft { text: text.into(), cursor: (0, 3), letter: Letter::default(), saved: at(1_000) }
}

fn put_draft(number: u64, text: &str) -> Job {
    let (conversation, mode) = (id(0, number), Mode::Reply);
    Job::PutDraft { conversation, mode, draft: Box::new(draft(text)), op: None }
}

fn op(number: u64, action: Action) -> Op {
    Op {
        id: OpId(number),
        key: OpKey(format!("key-{number}").into()),
        conversation: id(0, number),
        action,
        state: OpState::Queued,
        decided: at(2_000),
        not_before: Duration::ZERO,
        tries: 0,
        needs: None,
    }
}

fn put_op(op: &Op) -> Job {
    Job::PutOp { op: Box::new(op.clone()), due: at(3_000) }
}

fn texts(kept: &Kept) -> Vec<&str> {
    kept.drafts.iter().map(|kept| kept.draft.text.as_str()).collect()
}

fn upload() -> Upload {
    let bytes: Arc<[u8]> = Arc::from(&b"\0\xffbytes"[..]);
    Upload { name: "a.png".into(), mime: "image/png".into(), source: UploadSource::Bytes(bytes) }
}

fn recipients() -> Recipients {
    Recipients { to: vec![clean("ana@example.com")], cc: vec![], bcc: vec![clean("b@c.de")] }
}

fn every_action() -> Vec<Action> {
    let outgoing = Outgoing {
        text: "Hello\n\tthere \u{1F6B2}".into(),
        format: Format::Markdown,
        recipients: recipients(),
        subject: Some("Chain".into()),
        in_reply_to: Some(RemoteId::new("65f0c0ffee")),
        attachments: vec![
            upload(),
            Upload {
                name: "b".into(),
                mime: "text/plain".into(),
                source: UploadSource::Url("https://example.com/b".into()),
            },
        ],
    };
    let change = DraftChange {
        text: Some("New".into()),
        format: Some(Format::Plain),
        recipients: Some(recipients()),
        intents: Some(vec![1, 2]),
        attachments: Some(vec![upload()]),
        subchannel: Some(7),
    };
    let stored = StoredMessage {
        from_customer: true,
        from: "Ana".into(),
        subject: String::new(),
        text: "By phone".into(),
        at: Some(at(5)),
    };
    let message = RemoteId::new("042");
    let person = Person { id: 3.into(), name: clean("Mia") };
    let label = |title: &str| Label { id: RemoteId::new(title), title: clean(title) };
    vec![
        Action::Reply(outgoing.clone()),
        Action::Note("careful".into()),
        Action::EditNote { message: message.clone(), text: "n".into() },
        Action::CreateDraft(outgoing),
        Action::EditDraft { message: message.clone(), change },
        Action::EditDraft { message: message.clone(), change: DraftChange::default() },
        Action::PublishDraft { message: message.clone() },
        Action::Store(stored),
        Action::Retry { message: 9.into() },
        Action::SetStatus(Status::Open),
        Action::SetStatus(Status::Pending),
        Action::SetStatus(Status::Snoozed),
        Action::SetStatus(Status::Resolved),
        Action::SetStatus(Status::Other(clean("parked"))),
        Action::Snooze(Some(at(9))),
        Action::Snooze(None),
        Action::Assign(Some(person.clone())),
        Action::Assign(None),
        Action::AssignTeam(Some(person)),
        Action::SetPriority(Some(Priority::Urgent)),
        Action::SetPriority(None),
        Action::SetLabels { from: vec![label("a")], to: vec![label("b"), label("7")] },
        Action::SetSlaPolicy(Some(message)),
        Action::MarkRead { tell_customer: true },
        Action::MarkUnread,
    ]
}

#[test]
fn every_action_comes_back_as_it_was() {
    let folder = folder();
    let ops: Vec<Op> = (1..).zip(every_action()).map(|(n, action)| op(n, action)).collect();
    let (mut disk, _) = open(folder.path());
    disk.keep(&ops.iter().map(put_op).collect::<Vec<_>>()).unwrap();
    drop(disk);
    let (_, kept) = open(folder.path());
    assert_eq!(kept.ops, ops.into_iter().map(|op| (op, at(3_000))).collect::<Vec<_>>());
}

#[test]
fn every_state_comes_back_as_what_another_run_has_to_know() {
    let zero = Duration::ZERO;
    let failure = Failure {
        status: Some(502),
        ..Failure::new(Outcome::MaybeSent, Trouble::Server, "It broke.")
    };
    let second = Duration::from_secs(1);
    let states = [
        (OpState::Saving, OpState::Queued),
        (OpState::Queued, OpState::Queued),
        (OpState::Leaving, OpState::Sending),
        (OpState::Sending, OpState::Sending),
        (OpState::Accepted { at: second }, OpState::Accepted { at: zero }),
        (
            OpState::Unconfirmed { since: second, asked: 2, looks: 1, failure: failure.clone() },
            OpState::Unconfirmed { since: zero, asked: 0, looks: 0, failure: failure.clone() },
        ),
        (OpState::Failed(failure.clone()), OpState::Failed(failure)),
    ];
    for (state, expected) in states {
        let folder = folder();
        let (mut disk, _) = open(folder.path());
        let op = Op { state, tries: 2, needs: Some(OpId(4)), ..op(5, Action::MarkUnread) };
        disk.keep(&[put_op(&op)]).unwrap();
        drop(disk);
        let (_, kept) = open(folder.path());
        assert_eq!(kept.ops, [(Op { state: expected, ..op }, at(3_000))]);
    }
}

#[test]
fn a_draft_comes_back_whole_in_every_mode() {
    let letter = Letter {
        recipients: recipients(),
        subject: Some("Chain".into()),
        in_reply_to: Some(4.into()),
        attachments: vec![upload()],
        intents: Some(vec![3]),
        subchannel: Some(1),
        format: Format::Markdown,
    };
    let modes = [
        Mode::Reply,
        Mode::Note,
        Mode::Draft,
        Mode::EditDraft(RemoteId::new("a:b")),
        Mode::EditNote(7.into()),
    ];
    for mode in modes {
        let folder = folder();
        let draft = Draft { letter: letter.clone(), cursor: (3, 14), ..draft("Hello\nAna") };
        let (mut disk, _) = open(folder.path());
        let conversation = id(1, 8);
        let kept = KeptDraft { conversation, mode, draft };
        let KeptDraft { conversation, mode, draft } = kept.clone();
        disk.keep(&[Job::PutDraft { conversation, mode, draft: draft.into(), op: None }]).unwrap();
        drop(disk);
        assert_eq!(open(folder.path()).1.drafts, [kept]);
    }
}

#[test]
fn text_of_others_that_was_tampered_with_is_clean_again() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    let person = Person { id: 3.into(), name: clean("Mia") };
    disk.keep(&[put_op(&op(1, Action::Assign(Some(person))))]).unwrap();
    let tampered = "UPDATE outbox SET body = replace(body, 'Mia', 'M\\u001b]0;x\\u0007\u{202e}ia')";
    disk.connection.execute(tampered, []).unwrap();
    drop(disk);
    let (_, kept) = open(folder.path());
    let Action::Assign(Some(person)) = &kept.ops[0].0.action else { panic!("{kept:?}") };
    assert_eq!(person.name.as_str(), "Mia");
}

#[test]
fn a_batch_is_kept_whole_or_not_at_all() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    disk.keep(&[put_draft(1, "Hello")]).unwrap();
    disk.connection.execute_batch("DROP TABLE outbox").unwrap();
    let drop_draft = Job::DropDraft { conversation: id(0, 1), mode: Mode::Reply };
    disk.keep(&[drop_draft, put_op(&op(1, Action::MarkUnread))]).unwrap_err();
    let count = "SELECT count(*) FROM drafts";
    assert_eq!(disk.connection.query_row(count, [], |row| row.get(0)), Ok(1));
}

#[test]
fn operations_come_back_in_the_order_of_their_ids() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    for number in [3, 1, 2] {
        disk.keep(&[put_op(&op(number, Action::MarkUnread))]).unwrap();
    }
    let again = Op { state: OpState::Sending, ..op(1, Action::MarkUnread) };
    disk.keep(&[put_op(&again)]).unwrap();
    drop(disk);
    let ids: Vec<u64> = open(folder.path()).1.ops.iter().map(|(op, _)| op.id.0).collect();
    assert_eq!(ids, [1, 2, 3]);
}

#[test]
fn the_copy_of_a_draft_goes_with_its_operation() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    let sent = op(1, Action::Note("Hello".into()));
    let copy = Job::PutDraft {
        conversation: id(0, 1),
        mode: Mode::Reply,
        draft: Box::new(draft("Hello")),
        op: Some(sent.key.clone()),
    };
    disk.keep(&[copy, put_op(&sent), put_draft(1, "The next one")]).unwrap();
    drop(disk);
    let (mut disk, kept) = open(folder.path());
    assert_eq!(texts(&kept), ["The next one"]);
    disk.keep(&[Job::DropOp(sent.key)]).unwrap();
    drop(disk);
    let (_, kept) = open(folder.path());
    assert_eq!((texts(&kept), kept.ops.len()), (vec!["The next one"], 0));
}

#[test]
fn words_come_back_as_a_draft_when_their_operation_cannot_be_read() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    let sent = op(1, Action::Note("Hello".into()));
    let copy = Job::PutDraft {
        conversation: id(0, 1),
        mode: Mode::Note,
        draft: Box::new(draft("Hello")),
        op: Some(sent.key.clone()),
    };
    disk.keep(&[copy, put_op(&sent)]).unwrap();
    disk.connection.execute("UPDATE outbox SET body = '{\"action\":\"sing\"}'", []).unwrap();
    drop(disk);
    for _ in 0..2 {
        let (_, kept) = open(folder.path());
        assert_eq!((texts(&kept), kept.ops.len()), (vec!["Hello"], 0));
        assert!(kept.notes[0].contains("1 rows"), "{:?}", kept.notes);
    }
}

#[test]
fn rows_belong_to_the_name_of_an_account_and_not_to_its_place() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    disk.keep(&[put_draft(1, "Hello"), put_op(&op(1, Action::MarkUnread))]).unwrap();
    drop(disk);
    let (_, kept) = Disk::open(folder.path(), &names(&["shop"])).unwrap();
    assert_eq!(kept, Kept::default(), "not another account's");
    let (_, kept) = Disk::open(folder.path(), &names(&["new", "shop", "acme"])).unwrap();
    assert_eq!(kept.drafts[0].conversation, id(2, 1));
    assert_eq!(kept.ops[0].0.conversation, id(2, 1));
}

#[test]
fn an_attached_file_is_written_once_and_goes_when_nobody_names_it() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    let letter = Letter { attachments: vec![upload()], ..Letter::default() };
    let put = |text: &str| Job::PutDraft {
        conversation: id(0, 1),
        mode: Mode::Reply,
        draft: Box::new(Draft { letter: letter.clone(), ..draft(text) }),
        op: None,
    };
    for text in ["a", "ab", "abc"] {
        disk.keep(&[put(text)]).unwrap();
    }
    let files = |disk: &Disk| -> i64 {
        disk.connection.query_row("SELECT count(*) FROM files", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(files(&disk), 1);
    disk.keep(&[Job::DropDraft { conversation: id(0, 1), mode: Mode::Reply }]).unwrap();
    drop(disk);
    assert_eq!(files(&open(folder.path()).0), 0);
}

#[test]
fn only_its_owner_can_read_it() {
    let folder = folder();
    let place = folder.path().join("data/ttydesk");
    let (mut disk, _) = open(&place);
    disk.keep(&[put_draft(1, "Hello")]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    let mut count = 0;
    for entry in fs::read_dir(&place).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 4, "the file, its journal and its index, the lock");
}

#[test]
fn two_programs_cannot_have_it_and_the_lock_goes_with_its_owner() {
    let folder = folder();
    let (disk, _) = open(folder.path());
    let second = Store::open(folder.path(), names(&["acme"]), |_| {});
    assert!(second.unwrap_err().to_string().contains("already running"));
    drop(disk);
    open(folder.path());
}

#[test]
fn every_old_version_is_brought_up_to_date() {
    for version in 0..=schema::STEPS.len() {
        let folder = folder();
        let old = Connection::open(folder.path().join(FILE)).unwrap();
        for step in &schema::STEPS[..version] {
            old.execute_batch(step).unwrap();
        }
        old.pragma_update(None, "user_version", i32::try_from(version).unwrap()).unwrap();
        if version > 0 {
            let body = r#"{"text":"Hello","cursor":[0,5],"saved":"2026-03-25T10:00:00Z",
                "recipients":{"to":[],"cc":[],"bcc":[]},"subject":null,"in_reply_to":null,
                "attachments":[],"intents":null,"subchannel":null,"format":"plain"}"#;
            old.execute("INSERT INTO drafts VALUES ('acme', '1', 'reply', '', ?)", [body]).unwrap();
        }
        drop(old);
        let (disk, kept) = open(folder.path());
        let newest = i32::try_from(schema::STEPS.len()).unwrap();
        assert_eq!(schema::version(&disk.connection), Ok(newest));
        assert_eq!(texts(&kept), if version > 0 { vec!["Hello"] } else { vec![] });
        assert_eq!(kept.notes, [""; 0]);
    }
}

/// The files that were moved aside.
fn aside(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("store-") && name.ends_with(".db")).collect()
}

#[test]
fn a_newer_file_is_moved_aside_and_its_drafts_and_outbox_are_read_over() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    disk.keep(&[put_draft(1, "Hello"), put_op(&op(1, Action::MarkUnread))]).unwrap();
    disk.connection.execute_batch("CREATE TABLE future (x); PRAGMA user_version = 99").unwrap();
    drop(disk);
    let (_, kept) = open(folder.path());
    assert_eq!((texts(&kept), kept.ops.len()), (vec!["Hello"], 1));
    assert!(kept.notes[0].contains("newer ttydesk"), "{:?}", kept.notes);
    assert!(kept.notes[0].contains("1 drafts and 1 operations"), "{:?}", kept.notes);
    assert_eq!(aside(folder.path()).len(), 1);
    assert!(aside(folder.path())[0].contains("newer"));
}

#[test]
fn a_damaged_page_costs_only_what_was_on_it() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    let drafts: Vec<Job> = (1..=400).map(|n| put_draft(n, &format!("Hello {n}"))).collect();
    disk.keep(&drafts).unwrap();
    disk.keep(&[put_op(&op(1, Action::MarkUnread))]).unwrap();
    disk.connection.pragma_update(None, "wal_checkpoint", "truncate").unwrap();
    // A leaf in the middle of the table of drafts.
    let page: i64 = disk
        .connection
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = 'drafts' AND pagetype = 'leaf'
             ORDER BY path LIMIT 1 OFFSET 5",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(disk);
    let file = folder.path().join(FILE);
    let mut bytes = fs::read(&file).unwrap();
    let start = usize::try_from((page - 1) * 4096).unwrap();
    bytes[start..start + 4096].fill(0xAA);
    fs::write(&file, bytes).unwrap();
    let (_, kept) = open(folder.path());
    let count = kept.drafts.len();
    assert!((300..400).contains(&count), "{count} of 400");
    assert_eq!(kept.ops.len(), 1);
    assert!(kept.notes[0].contains("was damaged"), "{:?}", kept.notes);
    assert_eq!(aside(folder.path()).len(), 1);
}

#[test]
fn a_file_that_is_no_database_is_moved_aside_and_never_deleted() {
    let folder = folder();
    fs::write(folder.path().join(FILE), "my shopping list ".repeat(100)).unwrap();
    let (mut disk, kept) = open(folder.path());
    assert!(kept.notes[0].contains("was damaged"), "{:?}", kept.notes);
    disk.keep(&[put_draft(1, "Hello")]).unwrap();
    let aside = folder.path().join(&aside(folder.path())[0]);
    assert!(fs::read_to_string(aside).unwrap().starts_with("my shopping list"));
}

/// A store whose reports can be waited for.
fn start(folder: &Path) -> (Store, Kept, Receiver<Report>) {
    let (sender, reports) = channel();
    let report = move |report| drop(sender.send(report));
    let (store, kept) = Store::open(folder, names(&["acme"]), report).unwrap();
    (store, kept, reports)
}

fn result(reports: &Receiver<Report>) -> (u64, Result<(), String>) {
    match reports.recv_timeout(LIMIT).unwrap() {
        Report::Stored(batch, result) => (batch, result),
        Report::Restored(kept) => panic!("not a result: {kept:?}"),
    }
}

#[test]
fn batches_are_kept_and_reported_in_order() {
    let folder = folder();
    let (store, _, reports) = start(folder.path());
    for batch in 1..=50 {
        assert!(store.keep(batch, vec![put_draft(1, &format!("Hello {batch}"))]));
    }
    for batch in 1..=50 {
        assert_eq!(result(&reports), (batch, Ok(())));
    }
    drop(store);
    assert!(reports.recv_timeout(LIMIT).is_err(), "the thread has ended");
    assert_eq!(texts(&open(folder.path()).1), ["Hello 50"]);
}

#[tokio::test]
async fn settling_waits_for_what_was_handed_over() {
    let folder = folder();
    let (store, _, reports) = start(folder.path());
    store.keep(1, vec![put_draft(1, "Hello")]);
    store.settle().await;
    assert!(matches!(reports.try_recv(), Ok(Report::Stored(1, Ok(())))));
}

#[test]
fn a_place_that_cannot_be_written_is_said_and_tried_again() {
    let folder = folder();
    let place = folder.path().join("data");
    fs::write(&place, "a file where the folder should be").unwrap();
    let (store, kept, reports) = start(&place);
    assert!(kept.notes[0].starts_with("Nothing is being saved"), "{:?}", kept.notes);
    store.keep(1, vec![put_draft(1, "Hello")]);
    assert!(matches!(result(&reports), (1, Err(_))));
    fs::remove_file(&place).unwrap();
    store.keep(2, vec![put_draft(1, "Hello")]);
    let Report::Restored(kept) = reports.recv_timeout(LIMIT).unwrap() else { panic!() };
    assert_eq!(kept, Kept::default());
    assert_eq!(result(&reports), (2, Ok(())));
}

#[test]
fn a_full_disk_keeps_what_it_had_and_takes_more_when_there_is_room() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    disk.keep(&[put_draft(1, "Hello")]).unwrap();
    let pages: i64 =
        disk.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    disk.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let long = put_draft(2, &"long ".repeat(10_000));
    let error = disk.keep(std::slice::from_ref(&long)).unwrap_err();
    assert_eq!(disk::words(&error), "the disk is full.");
    disk.connection.pragma_update_and_check(None, "max_page_count", 10_000, |_| Ok(())).unwrap();
    disk.keep(&[long]).unwrap();
    drop(disk);
    assert_eq!(open(folder.path()).1.drafts.len(), 2);
}

#[test]
fn a_file_that_can_only_be_read_is_still_shown() {
    let folder = folder();
    let (mut disk, _) = open(folder.path());
    disk.keep(&[put_draft(1, "Hello"), put_op(&op(1, Action::MarkUnread))]).unwrap();
    drop(disk);
    let kept = disk::read_only(folder.path(), &names(&["acme"]));
    assert_eq!((texts(&kept), kept.ops.len()), (vec!["Hello"], 1));
}
