//! Tests of the world.

use std::time::Duration;

use super::company::ME;
use super::*;

const START: At = At(1_780_000_000_000);

fn world(conversations: u32) -> World {
    World::starting(7, conversations, START)
}

fn key(vendor: Vendor, number: u32) -> Key {
    Key { vendor, number }
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_seed_another() {
    let everything = |seed: u64| {
        let world = World::starting(seed, 120, START);
        let mut all = String::new();
        for vendor in Vendor::ALL {
            for number in 1..=world.count(vendor) {
                all.push_str(&format!("{:?}", world.conversation(key(vendor, number))));
            }
        }
        all
    };
    assert_eq!(everything(7), everything(7));
    assert_ne!(everything(7), everything(8));
}

#[test]
fn the_conversations_are_split_over_the_vendors_without_loss() {
    for conversations in [0, 1, 4, 399, 400, 1_000_000] {
        let world = world(conversations);
        let counts = Vendor::ALL.map(|vendor| world.count(vendor));
        assert_eq!(counts.iter().sum::<u32>(), conversations);
        assert!(counts.iter().max() <= counts.iter().min().map(|least| least + 1).as_ref());
    }
}

#[test]
fn a_million_conversations_can_be_counted_filtered_and_paged() {
    let world = world(1_000_000);
    let everything = world.list(Vendor::Chatwoot, Order::Newest, 249_990, 25, |_| true);
    assert_eq!((everything.total, everything.rows.len()), (250_000, 10));
    let mine = |row: &Row<'_>| row.brief.assignee == Some(ME) && row.brief.status == Status::Open;
    let page = world.list(Vendor::Enneo, Order::Newest, 0, 25, mine);
    assert_eq!(page.rows.len(), 25);
    assert!(page.total > 1_000, "{}", page.total);
    let last = world.conversation(key(Vendor::Partoo, 1)).unwrap();
    assert!(last.last_activity() < START.plus(-150 * DAY), "{}", last.last_activity());
}

#[test]
fn a_list_holds_every_number_once_and_newest_first() {
    let world = world(400);
    for vendor in Vendor::ALL {
        let rows = world.list(vendor, Order::Newest, 0, 1_000, |_| true).rows;
        let mut numbers: Vec<u32> = rows.iter().map(|brief| brief.key.number).collect();
        assert!(rows.is_sorted_by_key(|brief| Reverse(brief.last_activity)));
        assert!(rows[0].last_activity > START.plus(-30 * MINUTE));
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=100).collect::<Vec<_>>());
    }
}

#[test]
fn a_conversation_says_the_same_as_its_row_in_the_list() {
    let world = world(800);
    for vendor in Vendor::ALL {
        for brief in world.list(vendor, Order::Newest, 0, 1_000, |_| true).rows {
            let conversation = world.conversation(brief.key).unwrap();
            assert_eq!(conversation.brief(), brief, "{:#?}", conversation.messages);
        }
    }
}

#[test]
fn ids_and_times_rise_within_a_thread() {
    let world = world(400);
    for number in 1..=100 {
        let conversation = world.conversation(key(Vendor::Chatwoot, number)).unwrap();
        assert!(conversation.messages.is_sorted_by_key(|message| message.id));
        assert!(conversation.messages.is_sorted_by_key(|message| message.at), "{number}");
        assert!(conversation.messages.len() < IDS_PER_CONVERSATION as usize);
    }
}

#[test]
fn every_oddity_is_found_near_the_top_of_some_vendor() {
    let world = world(400);
    let tops = Vendor::ALL.map(|vendor| world.newest(vendor, 30, |_| true));
    let all: Vec<Oddity> = tops.iter().flatten().map(|brief| brief.oddity).collect();
    for oddity in [
        Oddity::Long,
        Oddity::HostileName,
        Oddity::HostileText,
        Oddity::HtmlMail,
        Oddity::LongWord,
        Oddity::Emoji,
        Oddity::Draft,
        Oddity::FailedDelivery,
        Oddity::WindowNearlyOver,
        Oddity::WindowOver,
        Oddity::WaitingForCustomer,
        Oddity::BrokenChannel,
        Oddity::Files,
    ] {
        assert!(all.contains(&oddity), "{oddity:?}");
    }
    let long = tops.iter().flatten().find(|brief| brief.oddity == Oddity::Long).unwrap();
    assert!(world.conversation(long.key).unwrap().messages.len() >= 300);
}

#[test]
fn no_placeholder_is_left_in_any_text() {
    let world = world(2_000);
    for vendor in Vendor::ALL {
        for number in 1..=world.count(vendor) {
            let conversation = world.conversation(key(vendor, number)).unwrap();
            let texts = conversation.messages.iter().map(Message::text);
            for text in texts.chain([conversation.subject.as_str()]) {
                assert!(!text.contains(['{', '}']) && !text.contains("\\n"), "{text}");
            }
        }
    }
}

#[test]
fn a_changed_conversation_moves_in_the_list_and_keeps_its_change() {
    let world = world(400);
    let old = world.list(Vendor::Voicebot, Order::Newest, 90, 1, |_| true).rows[0].key;
    world.customer_says(old, "Hello again").unwrap();
    let rows = world.newest(Vendor::Voicebot, 1, |_| true);
    assert_eq!(rows[0].key, old);
    assert_eq!(world.list(Vendor::Voicebot, Order::Newest, 0, 1, |_| true).total, 100);
    assert_eq!(world.conversation(old).unwrap().latest().unwrap().text(), "Hello again");
}

#[test]
fn a_message_of_a_customer_reopens_and_opens_the_window_again() {
    let world = world(400);
    let window_over =
        world.newest(Vendor::Partoo, 1, |row| row.brief.oddity == Oddity::WindowOver).remove(0).key;
    let resolved = StatusChange { status: Status::Resolved, until: None };
    world.set_status(window_over, resolved, Author::Colleague(ME)).unwrap();
    assert!(!world.conversation(window_over).unwrap().can_reply(world.now()));
    world.customer_says(window_over, "one more thing").unwrap();
    let conversation = world.conversation(window_over).unwrap();
    assert!(conversation.can_reply(world.now()));
    assert_eq!(conversation.status, Status::Open);
    let lines: Vec<&str> = conversation.messages.iter().rev().take(3).map(Message::text).collect();
    assert!(lines[0].starts_with("System reopened"), "{lines:?}");
    assert_eq!(lines[1], "one more thing");
    assert!(lines[2].starts_with("Conversation was marked resolved by Mira Sandvoss"));
}

#[test]
fn a_reply_goes_through_its_delivery_states_by_itself() {
    let world = world(400);
    let whatsapp = world
        .newest(Vendor::Chatwoot, 1, |row| {
            row.brief.channel == Channel::WhatsApp && row.brief.waiting
        })
        .remove(0)
        .key;
    world.customer_says(whatsapp, "?").unwrap();
    let say = |text: &str| {
        let mut message = Message::new(0, At(0), Author::Colleague(ME), text);
        message.delivery = Delivery::Sending;
        world.post(whatsapp, message).unwrap().id
    };
    let state = |id| world.message(Vendor::Chatwoot, id).unwrap().1.delivery;
    let fine = say("Hello");
    world.skip(Duration::from_secs(60));
    assert_eq!(state(fine), Delivery::Read);
    let doomed = say("This is [undeliverable].");
    assert_eq!(state(doomed), Delivery::Sending);
    world.skip(Duration::from_secs(1));
    assert_eq!(state(doomed), Delivery::Sent);
    world.skip(Duration::from_secs(60));
    assert!(matches!(state(doomed), Delivery::Failed(_)));
}

#[test]
fn a_reply_outside_the_window_fails_later() {
    let world = world(400);
    let over = world
        .newest(Vendor::Voicebot, 1, |row| row.brief.oddity == Oddity::WindowOver)
        .remove(0)
        .key;
    let mut message = Message::new(0, At(0), Author::Colleague(ME), "Hello");
    message.delivery = Delivery::Sending;
    let id = world.post(over, message).unwrap().id;
    world.skip(Duration::from_secs(5));
    let (_, message) = world.message(Vendor::Voicebot, id).unwrap();
    assert!(matches!(message.delivery, Delivery::Failed(_)));
}

#[test]
fn a_snooze_ends_by_itself() {
    let world = world(400);
    let key = key(Vendor::Chatwoot, 5);
    let until = world.now().plus(HOUR);
    let change = StatusChange { status: Status::Snoozed, until: Some(until) };
    world.set_status(key, change, Author::Colleague(ME)).unwrap();
    world.skip(Duration::from_secs(1_800));
    assert_eq!(world.brief(key).unwrap().status, Status::Snoozed);
    world.skip(Duration::from_secs(1_900));
    assert_eq!(world.brief(key).unwrap().status, Status::Open);
}

#[test]
fn files_are_what_they_say_and_can_be_found_again() {
    let world = world(400);
    let files =
        world.newest(Vendor::Chatwoot, 1, |row| row.brief.oddity == Oddity::Files).remove(0).key;
    let conversation = world.conversation(files).unwrap();
    let attachments: Vec<Attachment> =
        conversation.messages.iter().flat_map(|message| message.attachments.clone()).collect();
    assert!(attachments.len() >= 6);
    for attachment in attachments {
        let bytes = files::bytes(&attachment).into_owned();
        assert_eq!(bytes.len() as u64, attachment.size);
        let magic: &[u8] = match attachment.kind {
            FileKind::Image => b"\x89PNG",
            FileKind::Audio => b"RIFF",
            FileKind::File => b"%PDF",
            FileKind::Video => b"\0\0\0\x14ftyp",
            FileKind::Location | FileKind::Contact => b"",
        };
        assert!(bytes.starts_with(magic));
        assert_eq!(world.attachment(Vendor::Chatwoot, attachment.id), Some(attachment));
    }
}

#[test]
fn a_returning_customer_has_more_than_one_conversation() {
    let world = world(400);
    let several = (1..=100).filter(|id| {
        world.customer(Vendor::Chatwoot, *id).is_some_and(|(_, numbers)| numbers.len() > 1)
    });
    assert!(several.count() > 3);
    for number in 1..=100 {
        let owner = world.conversation(key(Vendor::Chatwoot, number)).unwrap().customer;
        let (same, numbers) = world.customer(Vendor::Chatwoot, owner.id).unwrap();
        assert_eq!(same, owner);
        assert!(numbers.contains(&number));
    }
}

#[test]
fn life_changes_the_world_and_never_takes_what_is_mine() {
    let world = world(400);
    let mut events = world.events();
    let mine = world.newest(Vendor::Chatwoot, 50, |row| row.brief.assignee == Some(ME));
    let mut dice = dice::Dice::at(1, &[]);
    for _ in 0..300 {
        world.live_once(&mut dice);
    }
    for brief in mine {
        assert_eq!(world.brief(brief.key).unwrap().assignee, Some(ME));
    }
    let mut seen = Vec::new();
    while let Ok(event) = events.try_recv() {
        seen.push(event.what);
    }
    assert!(seen.iter().any(|what| matches!(what, Happening::Added(_))));
    assert!(seen.iter().any(|what| matches!(what, Happening::Typing(..))));
    assert!(Vendor::ALL.iter().any(|vendor| world.count(*vendor) > 100));
    for vendor in Vendor::ALL {
        let newest = world.count(vendor);
        let (_, numbers) = world
            .customer(vendor, world.conversation(key(vendor, newest)).unwrap().customer.id)
            .unwrap();
        assert!(numbers.contains(&newest));
    }
}
