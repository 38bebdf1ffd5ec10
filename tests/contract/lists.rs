//! Every folder of every vendor, page by page, holds what the desk's world holds.

use std::collections::{BTreeMap, BTreeSet};

use ttydesk::demo::world::{self, company};
use ttydesk::model::{Ask, Conversation, Delta, Folder, RemoteId, Status, Vendor};
use ttydesk::text::clean;

use super::rig::{Rig, account_id, conversation_id, read, walk_list};

/// Whether the world's conversation belongs into a folder.
fn belongs(conversation: &world::Conversation, folder: Folder) -> bool {
    let is_open = matches!(conversation.status, world::Status::Open | world::Status::Pending);
    match folder {
        Folder::Recent => true,
        Folder::Open => is_open,
        Folder::Mine => is_open && conversation.assignee == Some(company::ME),
        Folder::Unassigned => is_open && conversation.assignee.is_none(),
        Folder::Snoozed => conversation.status == world::Status::Snoozed,
        Folder::Resolved => conversation.status == world::Status::Resolved,
    }
}

#[tokio::test]
async fn every_folder_ends_and_holds_exactly_what_is_in_it() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        let all = rig.all(vendor);
        let folders = provider.capabilities().folders;
        assert!(folders.contains(&Folder::Recent), "{vendor:?}");
        for folder in folders {
            let expected: BTreeSet<RemoteId> = all
                .iter()
                .filter(|conversation| belongs(conversation, folder))
                .map(|conversation| u64::from(conversation.key.number).into())
                .collect();
            let pages = walk_list(&*provider, folder).await;
            for page in &pages {
                assert_eq!(page.messages, [], "{vendor:?} {folder:?}");
                if let Some(total) = page.total {
                    assert_eq!(total, expected.len() as u64, "{vendor:?} {folder:?}");
                }
            }
            let rows: Vec<&Conversation> =
                pages.iter().flat_map(|page| &page.conversations).collect();
            for row in &rows {
                assert_eq!(row.id.account, account_id(vendor), "{vendor:?} {folder:?}");
            }
            let found: BTreeSet<RemoteId> = rows.iter().map(|row| row.id.remote.clone()).collect();
            assert_eq!(found.len(), rows.len(), "doubles in {vendor:?} {folder:?}");
            assert_eq!(found, expected, "{vendor:?} {folder:?}");
            if folder == Folder::Recent {
                let is_newest_first = rows.is_sorted_by(|a, b| a.last_activity >= b.last_activity);
                assert!(is_newest_first, "{vendor:?}");
            }
        }
    }
}

/// What the vendor can say of the world's status.
fn status(vendor: Vendor, conversation: &world::Conversation) -> Status {
    match (vendor, conversation.status) {
        // Neither pending nor solved is told apart here.
        (Vendor::Partoo, world::Status::Pending) => Status::Open,
        // Put away until the next reply looks like a to-do here: there is no date.
        (Vendor::Voicebot, world::Status::Snoozed) if conversation.snoozed_until.is_none() => {
            Status::Open
        }
        (_, world::Status::Open) => Status::Open,
        (_, world::Status::Pending) => Status::Pending,
        (_, world::Status::Snoozed) => Status::Snoozed,
        (_, world::Status::Resolved) => Status::Resolved,
    }
}

/// How many unread messages the vendor can tell.
fn unread(vendor: Vendor, conversation: &world::Conversation) -> u32 {
    match vendor {
        Vendor::Chatwoot => conversation.unread().min(10),
        Vendor::Voicebot => conversation.unread(),
        Vendor::Partoo => conversation.unread().min(1),
        // enneo keeps no read marks.
        Vendor::Enneo => 0,
    }
}

#[tokio::test]
async fn a_row_says_what_the_vendor_knows_and_reading_it_by_itself_says_the_same() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        // Partoo names people by id alone; whoever asked for them before knows the names.
        provider.ask(Ask::People).await.unwrap();
        let rows: BTreeMap<RemoteId, Conversation> = walk_list(&*provider, Folder::Recent)
            .await
            .into_iter()
            .flat_map(|page| page.conversations)
            .map(|row| (row.id.remote.clone(), row))
            .collect();
        let knows_priority = provider.capabilities().priority.is_yes();
        let knows_labels = provider.capabilities().labels.is_yes();
        for (index, real) in rig.all(vendor).iter().enumerate() {
            let row = &rows[&RemoteId::from(u64::from(real.key.number))];
            let place = format!("{vendor:?} {}", real.key.number);
            assert_eq!(row.status, status(vendor, real), "{place}");
            assert_eq!(row.unread, unread(vendor, real), "{place}");
            let assignee = real.assignee.map(company::name_of);
            let shown = row.assignee.as_ref().map(|person| person.name.to_string());
            assert_eq!(shown, assignee, "{place}");
            let priority = real.priority.filter(|_| knows_priority);
            assert_eq!(row.priority, priority, "{place}");
            let labels: Vec<String> = row.labels.iter().map(|l| l.title.to_string()).collect();
            let titles = real.labels.iter().filter(|_| knows_labels);
            assert_eq!(labels, titles.cloned().collect::<Vec<_>>(), "{place}");
            // voicebot shows the profile's name, Instagram appends a handle.
            if vendor != Vendor::Voicebot {
                let name = clean(&real.customer.name);
                assert!(row.contact.name.trim().starts_with(name.trim()), "{place}");
            }
            // One in ten is enough, and keeps this fast.
            if index % 10 == 0 {
                let alone = read(&*provider, &row.id).await;
                assert_eq!(alone.status, row.status, "{place}");
                assert_eq!(alone.assignee, row.assignee, "{place}");
                assert_eq!(alone.priority, row.priority, "{place}");
                assert_eq!(alone.labels, row.labels, "{place}");
                assert_eq!(alone.contact, row.contact, "{place}");
                assert_eq!(alone.channel, row.channel, "{place}");
                assert_eq!(alone.reply_window, row.reply_window, "{place}");
            }
        }
    }
}

#[tokio::test]
async fn a_conversation_that_is_not_there_is_gone() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        let number = rig.desk.world().count(vendor) + 1;
        let id = conversation_id(world::Key { vendor, number });
        let answer = provider.ask(Ask::Conversation(id.clone())).await;
        assert_eq!(answer, Ok(vec![Delta::Gone(id)]), "{vendor:?}");
    }
}

#[tokio::test]
async fn what_changed_of_late_is_in_the_answer_to_what_changed() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        let before = jiff::Timestamp::now();
        let key = world::Key { vendor, number: 1 };
        rig.desk.world().customer_says(key, "Any news?").unwrap();
        let ask = Ask::List { folder: Folder::Recent, page: None, since: Some(before) };
        let news = provider.ask(ask).await.unwrap();
        let is_told = |delta: &Delta| matches!(delta, Delta::Conversation(news) if news.id == conversation_id(key));
        assert_eq!(news.iter().filter(|delta| is_told(delta)).count(), 1, "{vendor:?}");
        let ends = news.iter().filter(|delta| matches!(delta, Delta::More { .. })).count();
        assert_eq!(ends, 1, "{vendor:?}");
    }
}
