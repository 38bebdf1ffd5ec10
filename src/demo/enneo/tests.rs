use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::router;
use crate::demo::client::{Client, TOKEN, answer, find, keys};
use crate::demo::world::company::ME;
use crate::demo::world::{Author, Channel, Conversation, Kind, World};
use crate::model::{Priority, Vendor};

struct Desk {
    world: Arc<World>,
    client: Client,
}

async fn desk() -> Desk {
    let world = Arc::new(World::new(7, 800));
    let header = ("authorization", format!("Bearer {TOKEN}"));
    let client = Client::of(router, (world.clone(), Vendor::Enneo), "/api/mind", header).await;
    Desk { world, client }
}

impl Desk {
    fn find(&self, fits: impl Fn(&Conversation) -> bool) -> Conversation {
        find(&self.world, Vendor::Enneo, fits)
    }

    fn draft(&self, is_vip: bool) -> (u32, u64) {
        let ticket = self.find(|ticket| {
            ticket.has_draft() && ticket.labels.iter().any(|title| title == "vip") == is_vip
        });
        let draft = ticket.messages.iter().find(|message| message.kind == Kind::Draft).unwrap();
        (ticket.key.number, draft.id)
    }

    async fn search(&self, body: Value) -> (u16, Value) {
        self.client.post("/ticket/search", body).await
    }
}

#[tokio::test]
async fn only_the_token_or_the_session_cookie_opens_the_door() {
    let desk = desk().await;
    let anonymous = || desk.client.anonymous(Method::GET, "/profile");
    let (status, body) = answer(anonymous()).await;
    assert_eq!(status, 401);
    assert!(body["error"].is_string());
    let (status, _) = answer(anonymous().header("authorization", "Bearer wrong")).await;
    assert_eq!(status, 401);
    let cookie = format!("theme=dark; connect.sid={TOKEN}");
    assert_eq!(answer(anonymous().header("cookie", cookie)).await.0, 200);
    assert_eq!(answer(desk.client.anonymous(Method::GET, "/version")).await.0, 200);
}

#[tokio::test]
async fn search_pages_by_offset_and_leaves_the_bodies_out() {
    let desk = desk().await;
    let body = |offset: u32| {
        json!({"limit": 3, "offset": offset, "orderByField": "t.lastMessageAt",
               "orderByDirection": "desc", "filters": []})
    };
    let (_, first) = desk.search(body(0)).await;
    assert_eq!(keys(&first), ["limit", "offset", "success", "tickets", "total"]);
    assert_eq!(first["total"], 200);
    let tickets = first["tickets"].as_array().unwrap();
    assert_eq!(tickets.len(), 3);
    let times: Vec<&str> =
        tickets.iter().map(|ticket| ticket["lastMessageAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    for left_out in ["body", "bodyPlain", "bodyClean", "attachments", "template", "workitem"] {
        assert!(tickets[0].get(left_out).is_none(), "{left_out}");
    }
    assert_eq!(tickets[0]["customer"], json!({"tagIds": [], "tags": []}));
    let (_, second) = desk.search(body(3)).await;
    assert_ne!(first["tickets"][0]["id"], second["tickets"][0]["id"]);
    let (_, end) = desk.search(body(200)).await;
    assert_eq!(end["tickets"], json!([]));
}

#[tokio::test]
async fn filters_are_combined_with_and() {
    let desk = desk().await;
    let filters = json!([
        {"key": "t.status", "comparator": "in", "values": ["open", "pending"]},
        {"key": "t.channel", "comparator": "=", "value": "email"},
        {"key": "t.agentId", "comparator": "=", "value": null},
        {"key": "t.from", "comparator": "like", "value": "%@%"},
        {"key": "t.createdAt", "comparator": ">", "value": "2000-01-01"},
    ]);
    let (status, found) = desk.search(json!({"filters": filters, "limit": 500})).await;
    assert_eq!(status, 200, "{found}");
    let tickets = found["tickets"].as_array().unwrap();
    assert!(!tickets.is_empty() && tickets.len() < 200);
    for ticket in tickets {
        assert_ne!(ticket["status"], "closed");
        assert_eq!(ticket["channel"], "email");
        assert_eq!(ticket["agentId"], Value::Null);
    }
    assert_eq!(found["total"], tickets.len());
}

#[tokio::test]
async fn what_search_does_not_know_is_refused() {
    let desk = desk().await;
    for body in [
        json!({"orderByField": "t.subject"}),
        json!({"orderByDirection": "sideways"}),
        json!({"limit": 0}),
        json!({"limit": 5_000}),
        json!({"offset": -1}),
        json!({"filters": [{"key": "t.subject", "comparator": "like", "value": "%a%"}]}),
        json!({"filters": [{"key": "t.status", "comparator": "has", "value": "open"}]}),
    ] {
        let (status, answer) = desk.search(body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(keys(&answer), ["details", "error", "txId"]);
    }
}

#[tokio::test]
async fn the_first_message_is_on_the_ticket_and_nowhere_else() {
    let desk = desk().await;
    let made = desk.find(|ticket| {
        ticket.channel == Channel::Email && ticket.messages.iter().any(|m| m.kind == Kind::Note)
    });
    let number = made.key.number;
    let ticket = desk.client.read(&format!("/ticket/{number}")).await;
    assert_eq!(ticket["id"], number);
    assert_eq!(ticket["bodyPlain"], made.messages[0].text());
    assert!(ticket["body"].as_str().unwrap().contains('<'));
    assert_eq!(ticket["template"], json!([]));
    let created = ticket["createdAt"].as_str().unwrap();
    assert_eq!((created.len(), created.as_bytes()[10]), (19, b' '), "{created}");
    let list = desk.client.read(&format!("/ticket/{number}/conversation")).await;
    assert_eq!(keys(&list), ["conversations", "success"]);
    let entries = list["conversations"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["id"] != made.messages[0].id));
    let public = made.messages.iter().filter(|message| message.kind != Kind::Activity).count();
    assert_eq!(entries.len(), public - 1);
    let note = entries.iter().find(|entry| entry["private"] == true).unwrap();
    assert_eq!(note["direction"], "internal");
    assert_eq!(note["interface"], json!([]));
    assert!(note["createdAt"].is_i64());
    let path = format!("/ticket/{number}/conversation/{}", note["id"]);
    let one = desk.client.read(&path).await;
    assert_eq!(one, json!({"conversation": note, "success": true}));
    assert_eq!(desk.client.get("/ticket/99999999").await.0, 404);
    assert_eq!(desk.client.get("/ticket/abc").await.0, 404);
    assert_eq!(desk.client.get(&format!("/ticket/{number}/conversation/1")).await.0, 404);
}

#[tokio::test]
async fn a_patched_ticket_reads_as_patched() {
    let desk = desk().await;
    let number = desk.find(|ticket| !ticket.labels.iter().any(|t| t == "meter")).key.number;
    let path = format!("/ticket/{number}");
    let body = json!({"status": "pending", "priority": "urgent", "workedOnBy": 4,
                      "addTagIds": [6], "dueBy": 1_900_000_000, "contractId": "C-9"});
    let (status, answer) = desk.client.patch(&path, body).await;
    assert_eq!((status, keys(&answer)), (200, vec!["success", "ticket"]));
    let ticket = desk.client.read(&path).await;
    assert_eq!(ticket["status"], "pending");
    assert_eq!(ticket["priority"], "urgent");
    assert_eq!(ticket["agentId"], 4);
    assert!(ticket["tagIds"].as_array().unwrap().contains(&json!(6)));
    assert_eq!(ticket["dueBy"], "2030-03-17 17:46:40");
    assert_eq!(ticket["contractId"], "C-9");
    desk.client.patch(&path, json!({"workedOnBy": null, "removeTagIds": [6]})).await;
    let ticket = desk.client.read(&path).await;
    assert_eq!(ticket["agentId"], Value::Null);
    assert!(!ticket["tagIds"].as_array().unwrap().contains(&json!(6)));
    desk.client.patch(&path, json!({"tagIds": [1, 2]})).await;
    assert_eq!(desk.client.read(&path).await["tagIds"], json!([1, 2]));
}

#[tokio::test]
async fn tagging_a_ticket_vip_raises_its_priority() {
    let desk = desk().await;
    let is_low = |ticket: &Conversation| {
        ticket.priority < Some(Priority::High) && !ticket.labels.iter().any(|title| title == "vip")
    };
    let number = desk.find(is_low).key.number;
    let path = format!("/ticket/{number}");
    desk.client.patch(&path, json!({"addTagIds": [4]})).await;
    assert_eq!(desk.client.read(&path).await["priority"], "high");
}

#[tokio::test]
async fn a_bad_patch_changes_nothing() {
    let desk = desk().await;
    let number = desk.find(|_| true).key.number;
    let path = format!("/ticket/{number}");
    let before = desk.client.read(&path).await;
    for body in [
        json!({"status": "resolved", "priority": "low"}),
        json!({"priority": "none"}),
        json!({"workedOnBy": 77}),
        json!({"addTagIds": [1, 99]}),
        json!({"dueBy": "2030-01-01 00:00:00"}),
    ] {
        assert_eq!(desk.client.patch(&path, body.clone()).await.0, 400, "{body}");
    }
    assert_eq!(desk.client.read(&path).await, before);
}

#[tokio::test]
async fn bulk_patching_is_all_or_nothing() {
    let desk = desk().await;
    let bulk =
        |second: &str| json!([{"id": 1, "priority": "urgent"}, {"id": 2, "priority": second}]);
    assert_eq!(desk.client.patch("/ticket", bulk("burning")).await.0, 400);
    let (status, body) = desk.client.patch("/ticket", bulk("low")).await;
    assert_eq!((status, body), (200, json!({"success": true})));
    assert_eq!(desk.client.read("/ticket/1").await["priority"], "urgent");
    assert_eq!(desk.client.read("/ticket/2").await["priority"], "low");
}

#[tokio::test]
async fn a_ping_marks_the_caller_as_working_on_the_ticket() {
    let desk = desk().await;
    let ping = desk.client.read("/ticket/1/ping").await;
    assert_eq!(keys(&ping), ["success", "workedOnBy"]);
    let is_me = |ticket: &Value| {
        ticket["workedOnBy"].as_array().unwrap().iter().any(|profile| profile["id"] == ME)
    };
    assert!(is_me(&ping));
    assert!(is_me(&desk.client.read("/ticket/1").await));
    desk.world.skip(Duration::from_secs(61));
    assert!(!is_me(&desk.client.read("/ticket/1").await));
}

#[tokio::test]
async fn the_history_holds_the_ticket_with_a_unix_time() {
    let desk = desk().await;
    let history = desk.client.read("/ticket/1/history").await;
    assert_eq!(keys(&history), ["history", "success", "total", "totalOpenedTickets"]);
    let rows = history["history"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["id"] == 1 && row["createdAt"].is_i64()), "{history}");
    assert_eq!(desk.client.get("/ticket/1/history?limit=0").await.0, 400);
}

#[tokio::test]
async fn a_reply_leaves_at_once_and_is_read_back() {
    let desk = desk().await;
    let ticket = desk.find(|ticket| ticket.channel == Channel::Email);
    let path = format!("/ticket/{}/conversation", ticket.key.number);
    let body = json!({"content": {"message": "<p>Hello &amp; thanks</p>"}, "type": "html",
                      "direction": "out", "cc": ["boss@example.org"], "intentIds": [7],
                      "attachments": [{"name": "a.txt", "base64": "aGk="}]});
    let (status, sent) = desk.client.post(&format!("{path}/reply"), body).await;
    assert_eq!((status, keys(&sent)), (200, vec!["conversation", "id", "success"]), "{sent}");
    let shown = desk.client.read(&format!("{path}/{}", sent["id"])).await["conversation"].clone();
    assert_eq!(shown["content"]["message"], "<p>Hello &amp; thanks</p>");
    assert_eq!(shown["direction"], "out");
    assert_eq!((&shown["private"], &shown["isDraft"]), (&json!(false), &json!(false)));
    assert_eq!(shown["to"], json!([ticket.customer.email]));
    assert_eq!(shown["ccEmails"], json!(["boss@example.org"]));
    assert_eq!(shown["intentIds"], json!(["7"]));
    assert_eq!(shown["sender"]["id"], ME);
    let url = shown["attachments"][0]["url"].as_str().unwrap();
    let file = desk.client.request(Method::GET, url).send().await.unwrap();
    assert_eq!(file.text().await.unwrap(), "hi");
}

#[tokio::test]
async fn a_reply_without_words_or_with_wrong_fields_is_refused() {
    let desk = desk().await;
    for body in [
        json!({}),
        json!({"content": {"message": "  "}}),
        json!({"content": "hello"}),
        json!({"content": {"message": "a"}, "type": "markdown"}),
        json!({"content": {"message": "a"}, "direction": "in"}),
        json!({"content": {"message": "a"}, "to": "x@example.org"}),
        json!({"content": {"message": "a"}, "subchannelId": 999}),
        json!({"content": {"message": "a"}, "attachments": [{"name": "a.txt"}]}),
        json!({"content": {"message": "a"}, "attachments": [{"name": "a.txt", "base64": "%%"}]}),
    ] {
        let (status, answer) = desk.client.post("/ticket/1/conversation/reply", body.clone()).await;
        assert_eq!(status, 400, "{body} {answer}");
    }
}

#[tokio::test]
async fn a_draft_is_made_edited_published_and_sent_once() {
    let desk = desk().await;
    let ticket = desk.find(|ticket| ticket.labels.is_empty() && ticket.channel == Channel::Email);
    let path = format!("/ticket/{}/conversation", ticket.key.number);
    let body = json!({"content": {"message": "first"}, "type": "text", "isDraft": true});
    let (_, made) = desk.client.post(&format!("{path}/reply"), body).await;
    assert_eq!(made["conversation"]["isDraft"], true);
    let draft = format!("{path}/{}", made["id"]);
    let change = json!({"content": {"message": "second"}, "to": ["a@example.org"],
                        "cc": ["b@example.org"], "bcc": ["c@example.org"], "intentIds": [3],
                        "subchannelId": 11, "attachments": [{"name": "b.txt", "base64": "aG8="}]});
    let (status, answer) = desk.client.patch(&draft, change).await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    let shown = desk.client.read(&draft).await["conversation"].clone();
    assert_eq!(shown["content"]["message"], "second");
    assert_eq!(shown["to"], json!(["a@example.org"]));
    assert_eq!(shown["bccEmails"], json!(["c@example.org"]));
    assert_eq!(shown["isDraft"], true);
    assert_eq!(shown["attachments"][0]["name"], "b.txt");
    // The file that is there already is kept by its id; another joins it.
    let files = json!([{"id": shown["attachments"][0]["id"]}, {"name": "c.pdf", "url": "https://example.org/c.pdf"}]);
    desk.client.patch(&draft, json!({"attachments": files})).await;
    let shown = desk.client.read(&draft).await["conversation"].clone();
    let files = shown["attachments"].as_array().unwrap();
    assert_eq!((&files[0]["name"], &files[1]["name"]), (&json!("b.txt"), &json!("c.pdf")));
    assert_ne!(files[0]["id"], files[1]["id"]);
    assert_eq!(desk.client.patch(&draft, json!({"isDraft": false})).await.0, 200);
    let shown = desk.client.read(&draft).await["conversation"].clone();
    assert_eq!(shown["isDraft"], false);
    assert_eq!(desk.client.patch(&draft, json!({"content": {"message": "late"}})).await.0, 400);
}

#[tokio::test]
async fn only_a_supervisor_publishes_on_a_vip_ticket() {
    let desk = desk().await;
    let (number, draft) = desk.draft(false);
    let path = format!("/ticket/{number}/conversation/{draft}");
    desk.client.patch(&format!("/ticket/{number}"), json!({"addTagIds": [4]})).await;
    let (status, body) = desk.client.patch(&path, json!({"isDraft": false})).await;
    assert_eq!((status, keys(&body)), (403, vec!["details", "error", "txId"]));
    assert_eq!(desk.client.read(&path).await["conversation"]["isDraft"], true);
    desk.client.patch(&format!("/ticket/{number}"), json!({"removeTagIds": [4]})).await;
    assert_eq!(desk.client.patch(&path, json!({"isDraft": false})).await.0, 200);
}

#[tokio::test]
async fn store_never_sends_and_answers_created() {
    let desk = desk().await;
    let path = "/ticket/1/conversation";
    let body = json!({"process": "false", "direction": "internal", "private": true,
                      "content": {"message": "Call back on Monday"}, "type": "text",
                      "status": "pending", "priority": "low", "dueBy": "2031-05-06 07:08:09"});
    let (status, stored) = desk.client.post(&format!("{path}/store"), body).await;
    assert_eq!(status, 201, "{stored}");
    assert_eq!(keys(&stored), ["conversation", "conversationId", "eventId", "success", "ticketId"]);
    let note = format!("{path}/{}", stored["conversationId"]);
    let shown = desk.client.read(&note).await["conversation"].clone();
    assert_eq!(shown["private"], true);
    assert_eq!(shown["content"]["message"], "Call back on Monday");
    let ticket = desk.client.read("/ticket/1").await;
    assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("pending"), &json!("low")));
    assert_eq!(ticket["dueBy"], "2031-05-06 07:08:09");
    desk.client.patch(&note, json!({"content": {"message": "Tuesday"}, "type": "text"})).await;
    let shown = desk.client.read(&note).await["conversation"].clone();
    assert_eq!(shown["content"]["message"], "Tuesday");
    // Drafts have more to change than notes.
    assert_eq!(desk.client.patch(&note, json!({"to": ["a@example.org"]})).await.0, 400);
    assert_eq!(desk.client.delete(&note).await, (200, json!({"success": true})));
    assert_eq!(desk.client.get(&note).await.0, 404);
}

#[tokio::test]
async fn a_stored_mail_of_the_customer_keeps_its_sender_and_time() {
    let desk = desk().await;
    let body = json!({"direction": "in", "from": "other@example.org", "fromName": "Other",
                      "body": "<p>One<br>two</p>", "createdAt": "2024-03-01 00:00:00",
                      "externalConversationId": "abc-123"});
    let (_, stored) = desk.client.post("/ticket/1/conversation/store", body).await;
    let shown = &stored["conversation"];
    assert_eq!(shown["direction"], "in");
    assert_eq!(shown["createdAt"], 1_709_251_200);
    assert_eq!(shown["sender"]["email"], "other@example.org");
    assert_eq!(shown["externalConversationId"], "abc-123");
    for bad in [
        json!({"process": false}),
        json!({"direction": "sideways"}),
        json!({"status": "resolved"}),
        json!({"createdAt": "2024-03-01T00:00:00Z"}),
        json!({"agentId": 1_000}),
        json!({"private": "yes"}),
    ] {
        let (status, answer) = desk.client.post("/ticket/1/conversation/store", bad.clone()).await;
        assert_eq!(status, 400, "{bad} {answer}");
    }
    assert_eq!(desk.client.post("/ticket/99999999/conversation/store", json!({})).await.0, 404);
}

#[tokio::test]
async fn a_colleagues_note_and_a_sent_message_cannot_be_changed() {
    let desk = desk().await;
    let is_foreign = |message: &crate::demo::world::Message| {
        message.kind == Kind::Note && message.author != Author::Colleague(ME)
    };
    let ticket = desk.find(|ticket| ticket.messages.iter().any(is_foreign));
    let path = format!("/ticket/{}/conversation", ticket.key.number);
    let note = ticket.messages.iter().find(|message| is_foreign(message)).unwrap().id;
    let list = desk.client.read(&path).await;
    let entries = list["conversations"].as_array().unwrap();
    let public = entries.iter().find(|entry| entry["private"] == false).unwrap();
    for id in [json!(note), public["id"].clone()] {
        let path = format!("{path}/{id}");
        assert_eq!(desk.client.patch(&path, json!({"content": {"message": "x"}})).await.0, 400);
        assert_eq!(desk.client.delete(&path).await.0, 400);
    }
}

#[tokio::test]
async fn who_am_i_says_little_and_the_profile_says_the_rest() {
    let desk = desk().await;
    let me = desk.client.read("/profile").await;
    assert_eq!(me["id"], ME);
    assert!(me.get("firstName").is_none() && me.get("email").is_none());
    let profile = desk.client.read(&format!("/profile/{ME}")).await;
    assert_eq!(profile["firstName"], "Mira");
    assert_eq!(profile["isSsoOnly"], 0);
    assert_eq!(desk.client.get("/profile/77").await.0, 404);
    let found = desk.client.read("/profiles?q=kenji").await;
    assert_eq!(found["profiles"].as_array().unwrap().len(), 1);
    let two = desk.client.read("/profiles?userIds[]=2&userIds[]=3").await;
    assert_eq!(two["profiles"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn tags_mailboxes_templates_and_intents_come_in_their_own_envelopes() {
    let desk = desk().await;
    let tags = desk.client.read("/tag").await;
    assert_eq!(keys(&tags), ["success", "tags"]);
    assert!(desk.client.read("/tag/tree").await.is_array());
    assert_eq!(desk.client.read("/tag/6").await["name"], "meter");
    assert_eq!(desk.client.get("/tag/66").await.0, 404);
    let mail = desk.client.read("/settings/subchannel?channels[]=email&channels[]=phone").await;
    assert_eq!(mail["subchannels"].as_array().unwrap().len(), 2);
    let templates = desk.client.read("/template?q=greeting").await;
    assert_eq!(templates["templates"][0]["description"], "Greeting");
    assert_eq!(desk.client.get("/template?q=nothing-like-it").await.0, 404);
    let template = desk.client.read("/template/1").await;
    assert_eq!(template["template"]["id"], template["id"]);
    let body = json!({"templateText": "Hi {{contact.first_name}},\nbye", "ticketId": 1});
    let (_, preview) = desk.client.post("/template/preview", body).await;
    assert!(preview["preview"].as_str().unwrap().ends_with(",<br>bye"), "{preview}");
    let ticket = desk.find(|ticket| ticket.labels.iter().any(|title| title == "meter"));
    let path = format!("/intent/byTicketId/{}", ticket.key.number);
    let intents = desk.client.read(&path).await;
    assert_eq!(keys(&intents), ["aiOutcome", "intents", "intentsFound", "ticketId"]);
    assert!(intents["intentsFound"].as_u64().unwrap() >= 1);
}
