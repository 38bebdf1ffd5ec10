use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::router;
use crate::demo::client::{Client, TOKEN, answer, find, keys};
use crate::demo::world::{Channel, Conversation, World};
use crate::model::Vendor;

struct Desk {
    world: Arc<World>,
    client: Client,
}

async fn desk() -> Desk {
    let world = Arc::new(World::new(7, 800));
    let header = ("authorization", format!("Bearer {TOKEN}"));
    let client =
        Client::of(router, (world.clone(), Vendor::Voicebot), "/third-party/v1", header).await;
    Desk { world, client }
}

impl Desk {
    fn find(&self, fits: impl Fn(&Conversation) -> bool) -> String {
        let found = find(&self.world, Vendor::Voicebot, fits);
        format!("/conversations/{}", found.key.number)
    }

    fn open(&self) -> String {
        let now = self.world.now();
        self.find(|found| found.channel == Channel::WhatsApp && found.can_reply(now))
    }

    fn expired(&self) -> String {
        let now = self.world.now();
        self.find(|found| {
            found.issues.is_empty()
                && !found.waiting_for_customer
                && found.reply_until.is_some_and(|end| end <= now)
        })
    }
}

#[tokio::test]
async fn without_the_token_laravel_says_unauthenticated() {
    let desk = desk().await;
    let (status, body) = answer(desk.client.anonymous(Method::GET, "/conversations")).await;
    assert_eq!((status, body), (401, json!({"message": "Unauthenticated."})));
    let (status, body) = desk.client.get("/conversations/99999999").await;
    assert_eq!((status, keys(&body)), (404, vec!["message"]));
}

#[tokio::test]
async fn the_list_follows_its_links_to_the_end() {
    let desk = desk().await;
    let first = desk.client.read("/conversations?per_page=90&status=done&nonsense=1").await;
    assert_eq!(keys(&first), ["data", "links", "meta"]);
    assert_eq!(first["meta"]["total"], 200);
    let mut ids = Vec::new();
    let mut page = first;
    loop {
        ids.extend(page["data"].as_array().unwrap().iter().map(|c| c["id"].as_u64().unwrap()));
        match page["links"]["next"].as_str() {
            Some(next) => page = desk.client.read(next).await,
            None => break,
        }
    }
    assert_eq!(page["meta"]["current_page"], 3);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

#[tokio::test]
async fn a_conversation_has_every_documented_field() {
    let desk = desk().await;
    let shown = desk.client.read(&desk.open()).await["data"].clone();
    assert_eq!(
        keys(&shown),
        [
            "agent",
            "channel",
            "created_at",
            "customer",
            "customer_interaction_required",
            "id",
            "last_customer_reply_from",
            "latest_customer_message",
            "latest_message",
            "latest_note",
            "reply_possible",
            "reply_until",
            "snooze_until",
            "status",
            "unread_customer_messages_count",
            "user",
        ]
    );
    assert_eq!(shown["reply_possible"], true);
    assert!(shown["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        keys(&shown["latest_message"]),
        [
            "agent_reaction",
            "contents",
            "conversation_id",
            "customer_reaction",
            "from",
            "id",
            "latest_error",
            "reference",
            "sent_at",
            "source",
            "status",
            "user_id",
            "whatsapp_campaign",
        ]
    );
}

#[tokio::test]
async fn a_patch_answers_with_the_bare_conversation() {
    let desk = desk().await;
    let path = desk.open();
    let (status, bare) =
        desk.client.patch(&path, json!({"status": "in-progress", "user_id": 5})).await;
    assert_eq!(
        (status, &bare["status"], &bare["user"]["id"]),
        (200, &json!("in-progress"), &json!(5))
    );
    assert!(bare.get("data").is_none());
    let (_, bare) = desk.client.patch(&path, json!({"user_id": null})).await;
    assert_eq!((&bare["status"], &bare["user"]), (&json!("in-progress"), &Value::Null));
    assert_eq!(desk.client.read(&path).await["data"], bare);
}

#[tokio::test]
async fn validation_names_every_field_that_is_wrong() {
    let desk = desk().await;
    let path = desk.open();
    let (status, body) = desk.client.patch(&path, json!({"status": "closed", "user_id": 99})).await;
    assert_eq!((status, keys(&body)), (422, vec!["errors", "message"]));
    assert_eq!(keys(&body["errors"]), ["status", "user_id"]);
    assert_eq!(body["message"], "The selected status is invalid. (and 1 more error)");
    for bad in [
        json!({}),
        json!({"type": "sticker"}),
        json!({"type": "text"}),
        json!({"type": "text", "text": {"content": ""}}),
        json!({"type": "text", "text": {"content": "a"}, "reference_id": 1}),
        json!({"type": "image"}),
        json!({"type": "image", "file": {"internal_uuid": "gone"}}),
        json!({"type": "document", "file": {"url": "ftp://example.org/a"}}),
        json!({"type": "location", "location": {"latitude": "1"}}),
        json!({"type": "contact", "contact": {}}),
    ] {
        let (status, body) = desk.client.post(&format!("{path}/messages"), bad.clone()).await;
        assert_eq!(status, 422, "{bad} {body}");
        assert!(!keys(&body["errors"]).is_empty());
    }
}

#[tokio::test]
async fn marking_read_counts_nothing_unread_any_more() {
    let desk = desk().await;
    let path = desk.find(|found| found.unread() > 0);
    assert!(desk.client.read(&path).await["data"]["unread_customer_messages_count"] != 0);
    let mark = format!("{path}/mark-read");
    assert_eq!(desk.client.post(&mark, json!({"mark_external": "maybe"})).await.0, 422);
    let (_, body) = desk.client.post(&mark, json!({"mark_external": false})).await;
    assert_eq!(body["data"]["unread_customer_messages_count"], 0);
    assert_eq!(body["data"]["latest_customer_message"]["status"], "read");
}

#[tokio::test]
async fn messages_come_newest_first_and_a_sent_one_advances() {
    let desk = desk().await;
    let path = desk.open();
    let quoted = desk.client.read(&format!("{path}/messages")).await["data"][0]["id"].clone();
    let body = json!({"type": "text", "text": {"content": "On its way"}, "reference_id": quoted});
    let (status, sent) = desk.client.post(&format!("{path}/messages"), body).await;
    assert_eq!(status, 200, "{sent}");
    assert_eq!(sent["data"]["status"], "created");
    assert_eq!(sent["data"]["sent_at"], Value::Null);
    assert_eq!(sent["data"]["reference"]["id"], quoted);
    let list = desk.client.read(&format!("{path}/messages")).await;
    assert_eq!(list["meta"]["per_page"], 100);
    assert_eq!(list["data"][0]["id"], sent["data"]["id"]);
    let ids: Vec<u64> =
        list["data"].as_array().unwrap().iter().map(|m| m["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    desk.world.skip(Duration::from_secs(60));
    let one = desk.client.read(&format!("{path}/messages/{}", sent["data"]["id"])).await;
    assert_eq!(one["data"]["status"], "read");
    assert_eq!(desk.client.read(&path).await["data"]["latest_message"], one["data"]);
}

#[tokio::test]
async fn outside_the_window_a_message_is_accepted_and_fails_later() {
    let desk = desk().await;
    let path = desk.expired();
    assert_eq!(desk.client.read(&path).await["data"]["reply_possible"], false);
    let body = json!({"type": "text", "text": {"content": "Too late"}});
    let (status, sent) = desk.client.post(&format!("{path}/messages"), body).await;
    assert_eq!((status, &sent["data"]["status"]), (200, &json!("created")));
    desk.world.skip(Duration::from_secs(10));
    let message = format!("{path}/messages/{}", sent["data"]["id"]);
    let failed = desk.client.read(&message).await["data"].clone();
    assert_eq!(failed["status"], "error");
    let error = &failed["latest_error"];
    assert_eq!(keys(error), ["created_at", "id", "message_id", "original_message", "type"]);
    let read = desk.client.read(&format!("{message}/errors/{}", error["id"])).await;
    assert_eq!(&read["data"], error);
    assert_eq!(desk.client.read(&format!("{message}/errors")).await["data"][0], *error);
    // Once more: a new message, and the old one keeps its error.
    let (status, copy) = desk.client.post(&format!("{message}/duplicate"), json!({})).await;
    assert_eq!(status, 200);
    assert_ne!(copy["data"]["id"], failed["id"]);
    assert_eq!(desk.client.read(&message).await["data"]["status"], "error");
}

#[tokio::test]
async fn the_widgets_session_ends_after_a_month_and_then_sending_fails() {
    let desk = desk().await;
    let path =
        desk.find(|found| found.channel == Channel::Widget && found.can_reply(found.created_at));
    assert_eq!(desk.client.read(&path).await["data"]["reply_possible"], true);
    desk.world.skip(Duration::from_secs(31 * 24 * 3600));
    let late = desk.client.read(&path).await["data"].clone();
    assert_eq!((&late["reply_possible"], &late["reply_until"]), (&json!(false), &Value::Null));
    let body = json!({"type": "text", "text": {"content": "Still there?"}});
    let (_, sent) = desk.client.post(&format!("{path}/messages"), body).await;
    desk.world.skip(Duration::from_secs(10));
    let shown = desk.client.read(&format!("{path}/messages/{}", sent["data"]["id"])).await;
    assert_eq!(shown["data"]["status"], "error");
}

#[tokio::test]
async fn a_restart_reaches_the_customer_but_opens_nothing_until_they_answer() {
    let desk = desk().await;
    let path = desk.expired();
    let (status, sent) = desk.client.post(&format!("{path}/restart"), json!({})).await;
    assert_eq!((status, &sent["data"]["from"]), (200, &json!("agent")), "{sent}");
    let waiting = desk.client.read(&path).await["data"].clone();
    assert_eq!(waiting["customer_interaction_required"], true);
    assert_eq!(waiting["reply_possible"], false);
    assert!(waiting["reply_until"].is_string());
    desk.world.skip(Duration::from_secs(60));
    let id = &sent["data"]["id"];
    let template = desk.client.read(&format!("{path}/messages/{id}")).await;
    assert_ne!(template["data"]["status"], "error", "{template}");
    assert_eq!(desk.client.post(&format!("{path}/restart"), json!({})).await.0, 422);
    let number = path.rsplit('/').next().unwrap().parse().unwrap();
    let key = crate::demo::world::Key { vendor: Vendor::Voicebot, number };
    desk.world.customer_says(key, "Yes please");
    let open = desk.client.read(&path).await["data"].clone();
    assert_eq!(open["reply_possible"], true);
    assert_eq!(open["customer_interaction_required"], false);
}

#[tokio::test]
async fn only_an_expired_whatsapp_conversation_can_be_restarted() {
    let desk = desk().await;
    for path in [desk.open(), desk.find(|found| found.channel == Channel::Widget)] {
        let (status, body) = desk.client.post(&format!("{path}/restart"), json!({})).await;
        assert_eq!((status, keys(&body)), (422, vec!["errors", "message"]));
    }
}

#[tokio::test]
async fn notes_live_under_the_singular_path_and_are_patched_bare() {
    let desk = desk().await;
    let path = desk.open();
    let notes = format!("{}/notes", path.replace("conversations", "conversation"));
    assert_eq!(desk.client.post(&notes, json!({"text": " "})).await.0, 422);
    let (_, made) = desk.client.post(&notes, json!({"text": "Prefers mornings"})).await;
    assert_eq!(keys(&made["data"]), ["conversation_id", "created_at", "id", "text", "updated_at"]);
    let note = format!("{notes}/{}", made["data"]["id"]);
    assert_eq!(desk.client.read(&note).await, made);
    let (_, changed) = desk.client.patch(&note, json!({"text": "Evenings"})).await;
    assert_eq!(changed["text"], "Evenings");
    assert_eq!(desk.client.read(&notes).await["data"][0]["text"], "Evenings");
    assert_eq!(desk.client.read(&path).await["data"]["latest_note"], changed);
    let messages = desk.client.read(&format!("{path}/messages")).await;
    assert!(messages["data"].as_array().unwrap().iter().all(|m| m["id"] != changed["id"]));
    assert_eq!(desk.client.delete(&note).await, (200, Value::Null));
    assert_eq!(desk.client.get(&note).await.0, 404);
    assert_eq!(desk.client.get(&format!("{path}/notes")).await.0, 404);
}

#[tokio::test]
async fn an_upload_is_sent_and_downloaded_with_the_token_or_publicly() {
    let desk = desk().await;
    let path = desk.open();
    let upload = |kind: &'static str| {
        let part = Part::bytes(b"hello".to_vec()).file_name("a.png").mime_str("image/png").unwrap();
        let form = Form::new().text("type", kind).part("file", part);
        answer(desk.client.request(Method::POST, "/files/temporary-upload").multipart(form))
    };
    assert_eq!(upload("sticker").await.0, 422);
    assert_eq!(upload("video").await.0, 422);
    let (status, file) = upload("image").await;
    assert_eq!(status, 200, "{file}");
    assert_eq!(keys(&file), ["internal_uuid", "mime_type", "name", "size", "type", "url"]);
    let body = json!({"type": "image", "image": {"caption": "See"}, "file": file});
    let (_, sent) = desk.client.post(&format!("{path}/messages"), body.clone()).await;
    let content = &sent["data"]["contents"][0];
    assert_eq!((&content["type"], &content["caption"]), (&json!("image"), &json!("See")));
    assert_eq!((&content["has_file"], &content["size"]), (&json!(true), &json!(5)));
    let private = content["download_url"].as_str().unwrap();
    let public = content["public_download_url"].as_str().unwrap();
    assert_eq!(answer(desk.client.anonymous(Method::GET, private)).await.0, 401);
    for request in
        [desk.client.request(Method::GET, private), desk.client.anonymous(Method::GET, public)]
    {
        assert_eq!(request.send().await.unwrap().text().await.unwrap(), "hello");
    }
    desk.world.skip(Duration::from_secs(25 * 3600));
    assert_eq!(desk.client.post(&format!("{path}/messages"), body).await.0, 422);
}

#[tokio::test]
async fn every_content_type_can_be_sent_and_read() {
    let desk = desk().await;
    let path = desk.open();
    let file = json!({"url": "https://example.org/a.bin", "mime_type": "x/y", "size": 3});
    for body in [
        json!({"type": "text", "text": {"content": "Hello"}}),
        json!({"type": "image", "image": {"caption": "c"}, "file": file}),
        json!({"type": "video", "video": {"caption": "c"}, "file": file}),
        json!({"type": "audio", "audio": {"voice": true}, "file": file}),
        json!({"type": "document", "document": {"filename": "a.pdf"}, "file": file}),
        json!({"type": "location", "location": {"latitude": "47.5", "longitude": "9.6"}}),
        json!({"type": "contact", "contact": {"name": {"formatted_name": "Mira S", "first_name": "Mira"},
               "phones": [{"phone": "+491", "type": "CELL"}]}}),
    ] {
        let (status, sent) = desk.client.post(&format!("{path}/messages"), body.clone()).await;
        assert_eq!(status, 200, "{body} {sent}");
        let read = desk.client.read(&format!("{path}/messages/{}", sent["data"]["id"])).await;
        assert_eq!(read["data"]["contents"].as_array().unwrap().len(), 1);
        assert_eq!(read["data"]["contents"][0]["type"], body["type"]);
    }
}

#[tokio::test]
async fn a_reaction_is_one_emoji_or_null() {
    let desk = desk().await;
    let path = desk.open();
    let id = desk.client.read(&path).await["data"]["latest_customer_message"]["id"].clone();
    let react = format!("{path}/messages/{id}/set-reaction");
    for bad in [json!({}), json!({"reaction": "ab"}), json!({"reaction": "👍👍"})] {
        assert_eq!(desk.client.post(&react, bad).await.0, 422);
    }
    let (_, set) = desk.client.post(&react, json!({"reaction": "👨‍👩‍👧‍👦"})).await;
    assert_eq!(set["data"]["agent_reaction"], "👨‍👩‍👧‍👦");
    let (_, taken) = desk.client.post(&react, json!({"reaction": null})).await;
    assert_eq!(taken["data"]["agent_reaction"], Value::Null);
}

#[tokio::test]
async fn people_are_listed_in_data() {
    let desk = desk().await;
    let agents = desk.client.read("/agents").await;
    let broken = agents["data"].as_array().unwrap().iter().find(|a| a["in_sync"] == false).unwrap();
    let path = format!("/agents/{}", broken["id"]);
    assert_eq!(&desk.client.read(&path).await["data"], broken);
    let cut_off = desk.find(|found| !found.issues.is_empty());
    assert_eq!(desk.client.read(&cut_off).await["data"]["agent"]["in_sync"], false);
    assert_eq!(desk.client.read("/users").await["data"].as_array().unwrap().len(), 9);
    let customers = desk.client.read("/customers?per_page=5").await;
    assert_eq!(customers["meta"]["per_page"], 5);
    let id = &customers["data"][0]["id"];
    assert_eq!(desk.client.read(&format!("/customers/{id}")).await["data"]["id"], *id);
    assert_eq!(desk.client.read(&format!("/profiles/{id}")).await["data"]["id"], *id);
    assert_eq!(desk.client.get("/profiles/99999999").await.0, 404);
}

#[tokio::test]
async fn a_template_begins_a_conversation_with_a_new_number() {
    let desk = desk().await;
    assert_eq!(desk.client.read("/whatsapp/templates").await["data"][0]["name"], "restart");
    let workshop = desk.client.read("/whatsapp/templates?group=workshop").await;
    assert_eq!(workshop["data"].as_array().unwrap().len(), 1);
    let (status, _) = desk.client.post("/whatsapp/send-template", json!({})).await;
    assert_eq!(status, 422);
    let body = json!({"phone_number": "4915799999999", "customer_name": "New One",
                      "template_name": "parcel_sent", "template_components": [
                          {"type": "body", "parameters": [
                              {"type": "text", "text": "New"}, {"type": "text", "text": "H-1"}]}]});
    let (_, sent) = desk.client.post("/whatsapp/send-template", body).await;
    let text = &sent["data"]["contents"][0]["content"];
    assert_eq!(text, "Hello New, your parcel H-1 is on its way.");
    let path = format!("/conversations/{}", sent["data"]["conversation_id"]);
    let begun = desk.client.read(&path).await["data"].clone();
    assert_eq!(begun["customer"]["display_id"], "4915799999999");
    assert_eq!(begun["customer_interaction_required"], true);
}
