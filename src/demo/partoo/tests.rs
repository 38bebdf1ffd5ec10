use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::router;
use super::view::{IdKind, hex_id, is_expired, is_open};
use crate::demo::client::{Client, TOKEN, answer, find, keys};
use crate::demo::world::{At, Channel, Conversation, Delivery, World};
use crate::model::Vendor;

struct Desk {
    world: Arc<World>,
    client: Client,
}

async fn desk() -> Desk {
    let world = Arc::new(World::new(7, 800));
    let header = ("x-APIKey", TOKEN.to_owned());
    let client = Client::of(router, (world.clone(), Vendor::Partoo), "/v2", header).await;
    Desk { world, client }
}

impl Desk {
    fn find(&self, fits: impl Fn(&Conversation, At) -> bool) -> Conversation {
        let now = self.world.now();
        find(&self.world, Vendor::Partoo, |found| fits(found, now))
    }

    fn open(&self) -> Conversation {
        self.find(|found, now| is_open(found, now) && found.issues.is_empty())
    }

    async fn send(&self, number: u32, kind: &str, content: &str) -> (u16, Value) {
        let body = json!({"conversation_id": number, "content_type": kind, "content": content});
        self.client.post("/messages", body).await
    }

    /// The message as the list shows it.
    async fn message(&self, number: u32, id: &Value) -> Value {
        let list = self.client.read(&format!("/messages?conversation_id={number}")).await;
        let messages = list["messages"].as_array().unwrap();
        messages.iter().find(|message| message["id"] == *id).unwrap().clone()
    }
}

fn path(conversation: &Conversation) -> String {
    format!("/conversations/{}", conversation.key.number)
}

#[tokio::test]
async fn the_key_comes_first_then_the_content_type() {
    let desk = desk().await;
    let (status, body) = answer(desk.client.anonymous(Method::GET, "/user/me")).await;
    let refused = json!({"errors": {"authentication": "User not authenticated"}});
    assert_eq!((status, body), (401, refused));
    for request in [
        desk.client.request(Method::POST, "/messages").body("{}"),
        desk.client.request(Method::PATCH, "/conversations/1").header("content-type", "text/plain"),
        desk.client.request(Method::POST, "/conversations/1/read"),
    ] {
        assert_eq!(answer(request).await.0, 415);
    }
    let (status, body) = desk.client.get("/conversations/99999999").await;
    assert_eq!((status, body), (404, json!({"errors": {"json": "Resource not found"}})));
}

#[tokio::test]
async fn cursors_walk_every_conversation_once_even_while_new_ones_move_up() {
    let desk = desk().await;
    let mut ids = Vec::new();
    let mut query = "?per_page=70".to_owned();
    loop {
        let page = desk.client.read(&format!("/conversations{query}")).await;
        assert_eq!(keys(&page), ["conversations", "count", "next_cursor"]);
        assert_eq!(page["count"], 200);
        ids.extend(
            page["conversations"].as_array().unwrap().iter().map(|c| c["id"].as_u64().unwrap()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?per_page=70&cursor={cursor}");
        // One that was already seen gets news: it must not push another one out of the next page.
        let number = u32::try_from(ids[1]).unwrap();
        let key = crate::demo::world::Key { vendor: Vendor::Partoo, number };
        desk.world.customer_says(key, "And one more thing");
    }
    assert_eq!(ids.len(), 200);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
    for bad in ["per_page=0", "per_page=101", "per_page=x", "cursor=nonsense"] {
        let (status, body) = desk.client.get(&format!("/conversations?{bad}")).await;
        assert_eq!(status, 400, "{bad}");
        assert!(body["errors"]["json"].is_object());
    }
}

#[tokio::test]
async fn the_list_is_filtered_by_shop() {
    let desk = desk().await;
    let shops = [hex_id(IdKind::Business, 31), hex_id(IdKind::Business, 37)].join(",");
    let page = desk.client.read(&format!("/conversations?per_page=100&business__in={shops}")).await;
    let shown = page["conversations"].as_array().unwrap();
    assert!(!shown.is_empty() && shown.len() < 200);
    assert!(shown.iter().all(|c| shops.contains(c["business"]["id"].as_str().unwrap())));
}

#[tokio::test]
async fn a_conversation_is_bare_with_every_documented_field() {
    let desk = desk().await;
    let shown = desk.client.read(&path(&desk.open())).await;
    assert_eq!(
        keys(&shown),
        [
            "assigned_user_id",
            "business",
            "consumer_img",
            "consumer_name",
            "consumer_phone_number",
            "created_at",
            "custom_channel",
            "first_message_date",
            "has_one_user_message",
            "id",
            "is_expired",
            "is_read",
            "is_solved",
            "issues",
            "last_message",
            "messaging_partner",
            "status",
        ]
    );
    assert_eq!(shown["status"], "Open");
    let created = shown["created_at"].as_str().unwrap();
    assert_eq!(created.len(), "2023-01-31 16:22:17.327878+00:00".len());
    assert!(created.ends_with("+00:00") && created.as_bytes()[10] == b' ', "{created}");
    assert_eq!(
        keys(&shown["last_message"]),
        [
            "content",
            "content_type",
            "conversation_id",
            "custom_channel",
            "date",
            "id",
            "is_deleted",
            "sender_label",
            "sender_type",
            "status",
            "user_id",
        ]
    );
}

#[tokio::test]
async fn a_patch_does_one_thing_and_says_only_success() {
    let desk = desk().await;
    let path = path(&desk.open());
    let success = (200, json!({"status": "success"}));
    let user = hex_id(IdKind::User, 3);
    assert_eq!(desk.client.patch(&path, json!({"assigned_user_id": user})).await, success);
    assert_eq!(desk.client.read(&path).await["assigned_user_id"], user);
    assert_eq!(desk.client.patch(&path, json!({"assigned_user_id": "unassigned"})).await, success);
    assert_eq!(desk.client.read(&path).await["assigned_user_id"], Value::Null);
    assert_eq!(desk.client.patch(&path, json!({"status": "closed"})).await, success);
    let closed = desk.client.read(&path).await;
    assert_eq!((&closed["status"], &closed["is_solved"]), (&json!("Closed"), &json!(true)));
    assert_eq!(desk.client.patch(&path, json!({"status": "open"})).await, success);
    let opened = desk.client.read(&path).await;
    assert_eq!((&opened["status"], &opened["is_solved"]), (&json!("Open"), &json!(false)));
    for bad in [
        json!({}),
        json!({"status": "closed", "assigned_user_id": user}),
        json!({"status": "Closed"}),
        json!({"status": null}),
        json!({"assigned_user_id": null}),
        json!({"assigned_user_id": "nobody"}),
        json!({"priority": "low"}),
        json!([]),
    ] {
        let (status, body) = desk.client.patch(&path, bad.clone()).await;
        assert_eq!(status, 400, "{bad}");
        assert!(body["errors"]["json"].is_object(), "{body}");
    }
    assert_eq!(desk.client.read(&path).await["status"], "Open");
}

#[tokio::test]
async fn somebody_who_was_only_invited_gets_nothing() {
    let desk = desk().await;
    let invited = desk.client.read("/user/search?status=invited").await;
    let id = invited["users"][0]["id"].clone();
    let (status, body) =
        desk.client.patch(&path(&desk.open()), json!({"assigned_user_id": id})).await;
    let refused = json!({"errors": {"authorization": "Operation not allowed"}});
    assert_eq!((status, body), (403, refused));
}

#[tokio::test]
async fn an_expired_conversation_neither_opens_nor_takes_messages() {
    let desk = desk().await;
    let expired = desk.find(is_expired);
    let path = path(&expired);
    let shown = desk.client.read(&path).await;
    assert_eq!((&shown["status"], &shown["is_expired"]), (&json!("Closed"), &json!(true)));
    assert_eq!(desk.client.patch(&path, json!({"status": "open"})).await.0, 400);
    assert_eq!(desk.client.patch(&path, json!({"status": "closed"})).await.0, 200);
    assert_eq!(desk.send(expired.key.number, "Text", "hello").await.0, 403);
}

#[tokio::test]
async fn an_issue_is_named_and_nothing_is_sent() {
    let desk = desk().await;
    let broken = desk.find(|found, _| !found.issues.is_empty());
    let shown = desk.client.read(&path(&broken)).await;
    let (status, body) = desk.send(broken.key.number, "Text", "hello").await;
    assert_eq!((status, &body["errors"]["json"]["issues"]), (400, &shown["issues"]));
}

#[tokio::test]
async fn reading_and_the_deprecated_unreading_are_seen() {
    let desk = desk().await;
    let unread = desk.find(|found, _| found.unread() > 0);
    let path = path(&unread);
    assert_eq!(desk.client.read(&path).await["is_read"], false);
    let (status, body) = desk.client.post(&format!("{path}/read"), json!({})).await;
    assert_eq!((status, body), (200, json!({"status": "success"})));
    assert_eq!(desk.client.read(&path).await["is_read"], true);
    assert_eq!(desk.client.post(&path, json!({"is_read": false})).await.0, 200);
    assert_eq!(desk.client.read(&path).await["is_read"], false);
    assert_eq!(desk.client.post(&path, json!({"is_read": "no"})).await.0, 400);
}

#[tokio::test]
async fn messages_walk_by_cursor_and_need_a_conversation() {
    let desk = desk().await;
    let long = desk.find(|found, _| found.messages.len() > 100);
    let number = long.key.number;
    let mut ids = Vec::new();
    let mut query = format!("?conversation_id={number}&per_page=40");
    let count = loop {
        let page = desk.client.read(&format!("/messages{query}")).await;
        ids.extend(page["messages"].as_array().unwrap().iter().map(|m| m["id"].as_u64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(cursor) => {
                query = format!("?conversation_id={number}&per_page=40&cursor={cursor}")
            }
            None => break page["count"].as_u64().unwrap(),
        }
    };
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), all as u64), (all, count));
    assert_eq!(desk.client.get("/messages").await.0, 400);
    assert_eq!(desk.client.get("/messages?conversation_id=99999999").await.0, 404);
}

#[tokio::test]
async fn a_message_is_sending_first_and_success_later() {
    let desk = desk().await;
    let open = desk.open();
    let number = open.key.number;
    let (status, sent) = desk.send(number, "Text", "On its way").await;
    assert_eq!((status, keys(&sent)), (200, vec!["message_id", "status"]));
    let shown = desk.message(number, &sent["message_id"]).await;
    assert_eq!((&shown["status"], &shown["sender_type"]), (&json!("Sending"), &json!("User")));
    assert_eq!(shown["content"], "On its way");
    desk.world.skip(Duration::from_secs(60));
    let shown = desk.message(number, &sent["message_id"]).await;
    assert_eq!(shown["status"], "Success");
    assert_eq!(desk.client.read(&path(&open)).await["last_message"], shown);
}

#[tokio::test]
async fn a_failed_message_is_sent_again_on_request() {
    let desk = desk().await;
    let number = desk.open().key.number;
    let (_, sent) = desk.send(number, "Text", "[undeliverable]").await;
    let retry = format!("/messages/{}/retry", sent["message_id"]);
    assert_eq!(desk.client.post(&retry, json!({})).await.0, 400);
    desk.world.skip(Duration::from_secs(60));
    assert_eq!(desk.message(number, &sent["message_id"]).await["status"], "Failed");
    let (status, body) = desk.client.post(&retry, json!({})).await;
    assert_eq!((status, body), (200, json!({"status": "success"})));
    assert_eq!(desk.message(number, &sent["message_id"]).await["status"], "Sending");
    assert_eq!(desk.client.post("/messages/1/retry", json!({})).await.0, 404);
}

#[tokio::test]
async fn media_go_out_by_address_where_the_messenger_takes_them() {
    let desk = desk().await;
    let of = |channel: Channel| {
        desk.find(|found, now| {
            found.channel == channel && is_open(found, now) && found.issues.is_empty()
        })
        .key
        .number
    };
    let url = "https://example.org/photo.png";
    let facebook = of(Channel::Facebook);
    let (status, sent) = desk.send(facebook, "Image", url).await;
    assert_eq!(status, 200, "{sent}");
    let shown = desk.message(facebook, &sent["message_id"]).await;
    assert_eq!((&shown["content_type"], &shown["content"]), (&json!("Image"), &json!(url)));
    assert_eq!(desk.send(facebook, "Image", "photo.png").await.0, 400);
    assert_eq!(desk.send(of(Channel::Sms), "Image", url).await.0, 400);
    assert_eq!(desk.send(of(Channel::Instagram), "Document", url).await.0, 400);
    assert_eq!(desk.send(facebook, "Sticker", url).await.0, 400);
    assert_eq!(desk.send(facebook, "Text", " ").await.0, 400);
    assert_eq!(desk.send(99_999_999, "Text", "a").await.0, 404);
}

#[tokio::test]
async fn words_and_files_of_one_message_are_shown_one_by_one() {
    let desk = desk().await;
    let with_files = desk.find(|found, _| {
        found.messages.iter().any(|m| m.attachments.len() > 1 && !m.text().is_empty())
    });
    let number = with_files.key.number;
    let page = desk.client.read(&format!("/messages?conversation_id={number}&per_page=100")).await;
    let shown = page["messages"].as_array().unwrap();
    let kinds: Vec<&str> = shown.iter().map(|m| m["content_type"].as_str().unwrap()).collect();
    for kind in ["Text", "Image", "Audio", "Video", "Document", "Unsupported"] {
        assert!(kinds.contains(&kind), "{kind} is missing in {kinds:?}");
    }
    let image = shown.iter().find(|m| m["content_type"] == "Image").unwrap();
    let url = image["content"].as_str().unwrap();
    let bytes = desk.client.anonymous(Method::GET, url).send().await.unwrap();
    assert_eq!(bytes.headers()["content-type"], "image/png");
}

#[tokio::test]
async fn retrying_works_only_on_ones_own_failed_messages() {
    let desk = desk().await;
    let failed = desk.find(|found, now| {
        is_open(found, now)
            && found.issues.is_empty()
            && found.messages.iter().any(|m| matches!(m.delivery, Delivery::Failed(_)))
    });
    let message =
        failed.messages.iter().find(|m| matches!(m.delivery, Delivery::Failed(_))).unwrap();
    let (status, _) = desk.client.post(&format!("/messages/{}/retry", message.id), json!({})).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn templates_are_a_bare_array_with_json_inside_a_text() {
    let desk = desk().await;
    let templates = desk.client.read("/messaging/templates").await;
    let first = &templates.as_array().unwrap()[0];
    let content: Value = serde_json::from_str(first["content"].as_str().unwrap()).unwrap();
    assert!(content["text"].as_str().unwrap().contains("{{client_first_name}}"));
    assert_eq!(content["_version"], "0.1");
    let content = json!({"text": "Bye", "_version": "0.1"}).to_string();
    let body = json!({"title": "Goodbye 2", "content": content, "icon": "👋"});
    let (status, made) = desk.client.post("/messaging/templates", body).await;
    assert_eq!((status, &made["title"]), (200, &json!("Goodbye 2")));
    let path = format!("/messaging/templates/{}", made["id"].as_str().unwrap());
    let (_, changed) = desk.client.put(&path, json!({"title": "Farewell"})).await;
    assert_eq!((&changed["title"], &changed["content"]), (&json!("Farewell"), &made["content"]));
    let all = desk.client.read("/messaging/templates").await;
    assert!(all.as_array().unwrap().contains(&changed));
    assert_eq!(desk.client.post("/messaging/templates", json!({"title": "x"})).await.0, 400);
}

#[tokio::test]
async fn users_and_shops_are_paged_by_number() {
    let desk = desk().await;
    let me = desk.client.read("/user/me").await;
    assert_eq!((me["id"].as_str().unwrap().len(), &me["first_name"]), (24, &json!("Mira")));
    let users = desk.client.read("/user/search?per_page=4&page=3").await;
    assert_eq!(keys(&users), ["count", "max_page", "page", "users"]);
    assert_eq!((&users["count"], &users["max_page"]), (&json!(10), &json!(3)));
    assert_eq!(users["users"].as_array().unwrap().len(), 2);
    let found = desk.client.read("/user/search?query=MORIKAWA").await;
    assert_eq!(found["count"], 1);
    let shops = desk.client.read("/business/search?query=haifa").await;
    let shop = &shops["businesses"][0];
    assert_eq!(shop["city"], "Haifa");
    for id in [shop["id"].as_str().unwrap(), &format!("c-{}", shop["code"].as_str().unwrap())] {
        assert_eq!(&desk.client.read(&format!("/business/{id}")).await, shop);
    }
    assert_eq!(desk.client.get("/business/c-none").await.0, 404);
}
