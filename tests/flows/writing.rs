use ttydesk::app::commands::Pane;
use ttydesk::app::composer::Mode;
use ttydesk::app::msg::{Effect, Msg};
use ttydesk::model::*;
use ttydesk::text::clean;

use super::harness::*;

fn two() -> Story {
    Story::with(vec![conversation(CHATWOOT, 1, "Ana", 30), conversation(CHATWOOT, 2, "Ben", 20)])
}

#[test]
fn the_composer_stays_with_its_conversation_whatever_the_list_does() {
    let mut story = two();
    story.keys("rHello Ana");
    story.news(vec![Delta::Conversation(Box::new(conversation(CHATWOOT, 2, "Ben", 59)))]);
    story.keys("<Alt-Enter>");
    story.pass(seconds(4));
    assert_eq!(story.sends[0].1, id(CHATWOOT, 1));
}

#[test]
fn leaving_keeps_the_draft_and_coming_back_finds_it() {
    let mut story = two();
    story.keys("rHalf a sent<Esc>qj");
    assert_eq!(story.selected(), "Ben");
    story.keys("rFor Ben<Esc>qki");
    let composer = story.app.composer().unwrap();
    assert_eq!(composer.conversation, id(CHATWOOT, 1));
    assert_eq!(composer.text(), "Half a sent");
    story.keys("<Esc>gd");
    assert_eq!(story.names().len(), 2);
}

#[test]
fn opening_another_composer_keeps_the_words_of_the_first() {
    let mut story = two();
    story.keys("rFor Ana<Esc>");
    story.keys("qjrFor Ben");
    story.keys("<Esc>qkr");
    assert_eq!(story.app.composer().unwrap().text(), "For Ana");
}

#[test]
fn letters_type_and_never_act_while_writing() {
    let mut story = two();
    story.keys("reeeaaZZ:q");
    assert_eq!(story.app.composer().unwrap().text(), "eeeaaZZ:q");
    assert!(story.sends.is_empty() && story.others.is_empty());
}

#[test]
fn enter_is_a_new_line_and_only_alt_enter_sends() {
    let mut story = two();
    story.keys("rHi<Enter>there<Ctrl-j>you");
    assert_eq!(story.app.composer().unwrap().text(), "Hi\nthere\nyou");
    story.keys("<Alt-Enter>");
    assert!(story.app.composer().is_none());
}

#[test]
fn a_paste_into_the_composer_is_text_and_cleaned() {
    let mut story = two();
    story.keys("r");
    story.tell(Msg::Paste("a\u{1b}[31mb\n:q\nx".into()));
    assert_eq!(story.app.composer().unwrap().text(), "ab\n:q\nx");
    assert!(story.others.is_empty());
}

#[test]
fn a_paste_of_100_kb_arrives_whole_and_a_larger_one_says_what_was_cut() {
    let mut story = two();
    story.keys("r");
    story.tell(Msg::Paste("word ".repeat(20_000)));
    assert_eq!(story.app.composer().unwrap().text().len(), 100_000);
    story.tell(Msg::Paste("ü".repeat(200_000)));
    assert!(story.notice().contains("256 kB"));
}

#[test]
fn a_note_does_not_become_a_reply_by_one_key() {
    let mut story = two();
    story.keys("ccareful, angry<Ctrl-t>");
    assert_eq!(story.app.composer().unwrap().mode, Mode::Note);
    story.keys("x");
    assert_eq!(story.app.composer().unwrap().mode, Mode::Note);
    story.keys("<Ctrl-t>y");
    let composer = story.app.composer().unwrap();
    assert_eq!((composer.mode.clone(), composer.text().as_str()), (Mode::Reply, "careful, angry"));
}

#[test]
fn a_discarded_draft_can_be_had_back() {
    let mut story = two();
    story.keys("rPrecious");
    story.command("discard");
    assert!(story.app.composer().is_none());
    story.command("undiscard");
    assert_eq!(story.app.composer().unwrap().text(), "Precious");
}

#[test]
fn a_note_leaves_at_once_and_a_reply_waits() {
    let mut story = two();
    story.keys("cFor us<Alt-Enter>");
    assert_eq!(story.sends[0].2, Action::Note("For us".into()));
}

#[test]
fn an_empty_reply_is_not_sent_and_the_composer_stays() {
    let mut story = two();
    story.keys("r  <Alt-Enter>");
    assert!(story.app.composer().is_some());
    assert_eq!(story.notice(), "There is nothing to send yet.");
}

#[test]
fn send_and_resolve_resolves_only_after_the_reply_was_accepted() {
    let mut story = two();
    story.keys("rBye<Ctrl-x><Ctrl-s>");
    story.pass(seconds(4));
    assert_eq!(story.sends.len(), 1);
    story.done(Ok(vec![Delta::Message(Box::new(message(id(CHATWOOT, 1), 9, Side::Agent, "Bye")))]));
    assert_eq!(story.sends[0].2, Action::SetStatus(Status::Resolved));
}

#[test]
fn a_recalled_send_takes_back_what_was_to_follow() {
    let mut story = two();
    story.keys("rBye<Ctrl-x><Ctrl-s>");
    // The resolve is the newer decision; the send is called back by the second u.
    story.keys("uu");
    story.pass(seconds(20));
    assert!(story.sends.iter().all(|(_, _, action, _)| !action.is_customer_visible()));
    assert_eq!(story.app.composer().unwrap().text(), "Bye");
}

fn ticket_with_draft() -> Story {
    let mut story = Story::with(vec![conversation(ENNEO, 7, "Dora", 30)]);
    story.keys("<Enter>");
    let mut draft = message(id(ENNEO, 7), 70, Side::Bot, "Dear Dora, …");
    draft.kind = MessageKind::Draft;
    draft.recipients.to = vec![clean("dora@example.com")];
    story.answer(
        is_thread,
        Ok(vec![Delta::Message(Box::new(draft)), Delta::More { next: None, total: None }]),
    );
    story
}

#[test]
fn a_draft_that_waits_for_approval_is_edited_saved_and_published() {
    let mut story = ticket_with_draft();
    story.keys("i");
    let composer = story.app.composer().unwrap();
    assert_eq!(composer.mode, Mode::EditDraft(70.into()));
    assert_eq!(composer.text(), "Dear Dora, …");
    story.keys("!<Alt-Enter>");
    let Action::EditDraft { message, change } = story.sends[0].2.clone() else { panic!() };
    assert_eq!(message, 70.into());
    assert_eq!(change.text.as_deref(), Some("Dear Dora, …!"));
    assert_eq!(change.recipients, None, "what nobody touched is not overwritten");
    story.done(Ok(vec![]));
    story.keys("gp");
    assert!(story.sends.is_empty(), "publishing waits for its undo window");
    story.pass(seconds(9));
    assert_eq!(story.sends[0].2, Action::PublishDraft { message: 70.into() });
}

#[test]
fn publishing_unsaved_changes_is_refused() {
    let mut story = ticket_with_draft();
    story.keys("ix");
    story.command("publish");
    story.pass(seconds(20));
    assert!(story.sends.is_empty());
}

#[test]
fn every_field_of_a_draft_can_be_changed() {
    let mut story = ticket_with_draft();
    story.keys("i");
    story.command("cc a@example.com, b@example.com");
    story.command("bcc c@example.com");
    story.command("intents 12, 34");
    story.command("subchannel 5");
    story.command("format html");
    story.command("attach https://example.com/price.pdf");
    story.keys("<Alt-Enter>");
    let Action::EditDraft { change, .. } = story.sends[0].2.clone() else { panic!() };
    let recipients = change.recipients.unwrap();
    assert_eq!(recipients.to, [clean("dora@example.com")]);
    assert_eq!(recipients.cc, [clean("a@example.com"), clean("b@example.com")]);
    assert_eq!(recipients.bcc, [clean("c@example.com")]);
    assert_eq!(change.intents, Some(vec![12, 34]));
    assert_eq!(change.subchannel, Some(5));
    assert_eq!(change.format, Some(Format::Markdown));
    assert_eq!(change.attachments.unwrap()[0].name, "price.pdf");
    assert_eq!(change.text, None);
}

#[test]
fn a_file_is_read_in_the_background_and_attached_to_its_composer_only() {
    let mut story = two();
    story.keys("rSee attached");
    story.command("attach ~/price.pdf");
    assert_eq!(
        story.others,
        [Effect::ReadFile { conversation: id(CHATWOOT, 1), path: "~/price.pdf".into() }]
    );
    let read = |to| Msg::FileRead {
        conversation: to,
        name: "price.pdf".into(),
        mime: "application/pdf".into(),
        result: Ok(vec![1, 2, 3].into()),
    };
    story.tell(read(id(CHATWOOT, 2)));
    assert!(story.app.composer().unwrap().letter.attachments.is_empty());
    story.tell(read(id(CHATWOOT, 1)));
    assert_eq!(story.app.composer().unwrap().letter.attachments.len(), 1);
}

#[test]
fn a_canned_reply_is_completed_in_the_text() {
    let mut story = two();
    story.keys("rHello /gr<Tab>");
    story.answer(
        |account, ask| account == CHATWOOT && *ask == Ask::Canned,
        Ok(vec![Delta::Canned(vec![Canned {
            id: 1.into(),
            title: clean("greeting"),
            text: clean("How can I help?"),
        }])]),
    );
    story.keys("<Enter>");
    assert_eq!(story.app.composer().unwrap().text(), "Hello How can I help?");
    story.keys(" /gree<Tab>");
    assert_eq!(story.app.composer().unwrap().text(), "Hello How can I help? How can I help?");
    assert_eq!(story.app.focus(), Pane::Composer);
}
