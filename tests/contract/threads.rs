//! Every thread of every vendor, whole and clean.

use std::collections::BTreeMap;

use ttydesk::demo::world::{self, Kind};
use ttydesk::model::{
    Attachment, Author, Channel, Contact, Conversation, ConversationId, Delivery, Folder, Label,
    Message, MessageKind, Person, Quoted, Recipients, RemoteId, ReplyWindow, Side, Status, Vendor,
};
use ttydesk::text::{clean, html_to_text};

use super::rig::{Rig, conversation_id, newer_than, walk_list, walk_thread};

/// What an entry of a thread has to be like.
#[derive(PartialEq, Debug)]
struct Expected {
    seconds: i64,
    side: Side,
    kind: MessageKind,
    /// Its words; `None` where they stand on a card.
    words: Option<String>,
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The thread that a vendor can show of a conversation, by the ids it gives.
fn expected(vendor: Vendor, real: &world::Conversation) -> BTreeMap<RemoteId, Expected> {
    let mut thread = BTreeMap::new();
    let mut is_first = true;
    for message in &real.messages {
        let id = RemoteId::from(message.id);
        let plain = || words(&clean(message.text()));
        let html = |html: &String| words(&html_to_text(html));
        let (id, said) = match (vendor, message.kind) {
            (Vendor::Chatwoot, Kind::Public) if message.is_incoming() => {
                (id, Some(message.html.as_ref().map_or_else(plain, html)))
            }
            (Vendor::Chatwoot, Kind::Public | Kind::Note | Kind::Activity) => (id, Some(plain())),
            (Vendor::Enneo, Kind::Public | Kind::Note | Kind::Draft) => {
                // The ticket itself is the first message and has no id of its own.
                let id = if is_first { RemoteId::new("ticket") } else { id };
                is_first = false;
                (id, Some(message.html.as_ref().map_or_else(plain, html)))
            }
            (Vendor::Voicebot, Kind::Note) => {
                (RemoteId::new(&format!("note-{}", message.id)), Some(plain()))
            }
            (Vendor::Voicebot, Kind::Public | Kind::Activity) => {
                (id, message.attachments.is_empty().then(plain))
            }
            (Vendor::Partoo, Kind::Public | Kind::Activity) => {
                // A file beside words is a message of its own, with an id far above.
                let files = message.attachments.iter().skip(usize::from(message.text().is_empty()));
                for file in files {
                    let id = RemoteId::from(1_000_000_000_000 + file.id);
                    thread.insert(id, shown(message, None));
                }
                // On Instagram a thread can begin as an answer to a story, which is a card.
                let is_card =
                    message.text().is_empty() || real.channel == world::Channel::Instagram;
                (id, (!is_card).then(plain))
            }
            (Vendor::Chatwoot | Vendor::Voicebot | Vendor::Partoo, Kind::Draft)
            | (Vendor::Partoo, Kind::Note)
            | (Vendor::Enneo, Kind::Activity) => continue,
        };
        thread.insert(id, shown(message, said));
    }
    thread
}

fn shown(message: &world::Message, words: Option<String>) -> Expected {
    let (side, kind) = match (message.kind, message.author) {
        (Kind::Activity, _) => (Side::System, MessageKind::Activity),
        (Kind::Note, _) => (Side::Agent, MessageKind::Note),
        (Kind::Draft, _) => (Side::Agent, MessageKind::Draft),
        (Kind::Public, world::Author::Customer) => (Side::Customer, MessageKind::Public),
        (Kind::Public, _) => (Side::Agent, MessageKind::Public),
    };
    Expected { seconds: message.at.seconds(), side, kind, words }
}

#[tokio::test]
async fn every_thread_is_whole_in_order_and_clean() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        let mut longest = 0;
        for real in rig.all(vendor) {
            let place = format!("{vendor:?} {}", real.key.number);
            let id = conversation_id(real.key);
            let expected = expected(vendor, &real);
            let mut found: BTreeMap<RemoteId, Message> = BTreeMap::new();
            let pages = walk_thread(&*provider, &id).await;
            longest = longest.max(pages.len());
            for page in pages {
                let is_in_order = page.messages.is_sorted_by_key(|message| message.at);
                assert!(is_in_order, "{place}: {:?}", page.messages);
                page.conversations.iter().for_each(check_conversation);
                for message in page.messages {
                    check_message(&message);
                    assert_eq!(message.conversation, id);
                    let before = found.insert(message.id.clone(), message);
                    assert_eq!(before, None, "{place}: twice the same message");
                }
            }
            assert!(found.keys().eq(expected.keys()), "{place}: {found:?} {expected:?}");
            for (message, expected) in found.values().zip(expected.values()) {
                let shown = Expected {
                    seconds: message.at.as_second(),
                    side: message.author.side,
                    kind: message.kind,
                    words: expected.words.is_some().then(|| words(&message.text)),
                };
                assert_eq!(&shown, expected, "{place}: {message:?}");
            }
            let mut whole: Vec<&Message> = found.values().collect();
            whole.sort_by_key(|message| (message.at, message.id.clone()));
            let at = whole.len().saturating_sub(4);
            let newer = newer_than(&*provider, &id, whole[at].id.clone()).await;
            for message in &whole[at + 1..] {
                assert!(newer.contains(message), "{place}: {message:?} is newer");
            }
        }
        // Otherwise nothing was said about older pages. An enneo thread comes in one piece.
        assert!(longest > 2 || vendor == Vendor::Enneo, "{vendor:?}: {longest}");
    }
}

#[tokio::test]
async fn no_row_of_a_list_holds_what_could_drive_a_terminal() {
    let rig = Rig::new();
    for vendor in Vendor::ALL {
        let provider = rig.connect(vendor);
        for page in walk_list(&*provider, Folder::Recent).await {
            page.conversations.iter().for_each(check_conversation);
        }
    }
}

/// Fails on controls but the newline, bidi overrides and isolates, invisible and tag characters.
fn check(text: &str) {
    let is_bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}' | '\u{feff}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
    };
    assert!(!text.contains(is_bad), "{text:?}");
}

fn check_all<'a>(texts: impl IntoIterator<Item = &'a ttydesk::text::Clean>) {
    texts.into_iter().for_each(|text| check(text));
}

fn check_id(id: &RemoteId) {
    check(&id.to_string());
}

fn check_person(Person { id, name }: &Person) {
    check_id(id);
    check(name);
}

fn check_recipients(Recipients { to, cc, bcc }: &Recipients) {
    check_all(to.iter().chain(cc).chain(bcc));
}

/// Every text of a conversation. Taken apart whole, so that a new field has to be looked at.
fn check_conversation(conversation: &Conversation) {
    let Conversation {
        id: ConversationId { account: _, remote },
        contact: Contact { id, name, handle },
        subject,
        channel,
        inbox,
        status,
        priority: _,
        assignee,
        team,
        labels,
        unread: _,
        last_activity: _,
        created_at: _,
        waiting_since: _,
        snoozed_until: _,
        due: _,
        snippet,
        snippet_is_ours: _,
        reply_window,
        draft_waiting: _,
        recipients,
        web_url,
        viewers,
    } = conversation;
    check_id(remote);
    id.iter().for_each(check_id);
    check_all([name, handle, snippet]);
    check_all(subject.iter().chain(inbox).chain(web_url).chain(viewers));
    assignee.iter().chain(team).for_each(check_person);
    for Label { id, title } in labels {
        check_id(id);
        check(title);
    }
    if let Channel::Other(word) = channel {
        check(word);
    }
    if let Status::Other(word) = status {
        check(word);
    }
    if let ReplyWindow::Closed(why) = reply_window {
        check(why);
    }
    check_recipients(recipients);
}

/// Every text of a message, taken apart as above.
fn check_message(message: &Message) {
    let Message {
        id,
        conversation: ConversationId { account: _, remote },
        at: _,
        author: Author { side: _, id: author, name },
        kind: _,
        text,
        format: _,
        subject,
        recipients,
        attachments,
        quoted,
        delivery,
        echo,
        reactions,
        deleted: _,
    } = message;
    [id, remote].into_iter().chain(author).for_each(check_id);
    check_all([name, text]);
    check_all(subject.iter().chain(echo).chain(reactions));
    check_recipients(recipients);
    for Attachment { kind: _, name, size: _, mime, url, detail } in attachments {
        check_all([name, detail]);
        check_all(mime.iter().chain(url));
    }
    if let Some(Quoted { id, text }) = quoted {
        check_id(id);
        check(text);
    }
    if let Some(Delivery::Failed(why)) = delivery {
        check(why);
    }
}
