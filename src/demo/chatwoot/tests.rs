//! Tests of the Chatwoot API over HTTP, and against the recordings where they are at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::tests::{Rig, answer};
use super::super::world::company::ME;
use super::super::world::{Channel, Key, Oddity, Row, Status};
use crate::model::Vendor;

const BASE: &str = "/api/v1/accounts/1";

impl Rig {
    async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::PATCH, &format!("{BASE}{path}")).json(&body)).await
    }

    async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(&format!("{BASE}{path}")).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn write(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.post(&format!("{BASE}{path}"), body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    fn some(&self, fits: impl Fn(&Row<'_>) -> bool) -> u32 {
        let rows = self.desk.world().newest(Vendor::Chatwoot, 1, fits);
        rows.first().expect("a conversation that fits").key.number
    }
}

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn either_spelling_of_the_header_signs_in_and_nothing_else_does() {
    let rig = Rig::calm();
    let url = format!("{}/api/v1/profile", rig.desk.url(Vendor::Chatwoot));
    let token = rig.desk.token(Vendor::Chatwoot);
    let with = |name: &str, value: &str| answer(rig.client.get(&url).header(name, value));
    assert_eq!(with("api_access_token", token).await.0, StatusCode::OK);
    assert_eq!(with("api-access-token", token).await.0, StatusCode::OK);
    let (status, body) = with("authorization", &format!("Bearer {token}")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body["errors"][0].as_str().unwrap().contains("sign in"));
    let (status, body) = with("api_access_token", "nonsense").await;
    assert_eq!(
        (status, &body),
        (StatusCode::UNAUTHORIZED, &json!({"error":"Invalid Access Token"}))
    );
    let (status, body) = rig.get("/api/v1/accounts/2/conversations").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body["error"], "You are not authorized to access this account");
    assert_eq!(rig.get("/api/v1/accounts/abc/conversations").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unknown_route_is_a_page_and_an_unknown_record_is_json() {
    let rig = Rig::calm();
    for path in ["/nope", "/api/v1/nope", "/api/v1/accounts/1/nope"] {
        let response = rig.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"), "{path}");
    }
    for path in ["/conversations/99999", "/conversations/abc", "/inboxes/99", "/contacts/99999"] {
        let (status, body) = rig.get(&format!("{BASE}{path}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(body, json!({ "error": "Resource could not be found" }), "{path}");
    }
}

#[tokio::test]
async fn what_only_administrators_may_do_is_a_401() {
    let rig = Rig::calm();
    let delete = rig.request(Method::DELETE, &format!("{BASE}/conversations/4"));
    let (status, body) = answer(delete).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body, json!({ "error": "You are not authorized to do this action" }));
    assert_eq!(rig.get("/api/v1/profile").await.0, StatusCode::OK);
}

#[tokio::test]
async fn json_that_breaks_off_is_a_400_without_a_body() {
    let rig = Rig::calm();
    let request = rig.request(Method::POST, &format!("{BASE}/conversations/4/messages"));
    let request = request.header("content-type", "application/json").body("{\"content\":");
    let (status, body) = answer(request).await;
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, Value::Null));
}

#[tokio::test]
async fn the_list_is_of_open_ones_25_to_a_page_and_counts_them_all() {
    let rig = Rig::calm();
    let first = rig.read("/conversations").await;
    let all = first["data"]["meta"]["all_count"].as_u64().unwrap();
    let counts = &first["data"]["meta"];
    assert_eq!(
        counts["assigned_count"].as_u64().unwrap() + counts["unassigned_count"].as_u64().unwrap(),
        all
    );
    let mut seen = ids(&first["data"]["payload"]);
    assert_eq!(seen.len(), 25);
    let mut page = 2;
    loop {
        let next = rig.read(&format!("/conversations?page={page}")).await;
        let rows = ids(&next["data"]["payload"]);
        if rows.is_empty() {
            break;
        }
        seen.extend(rows);
        page += 1;
    }
    assert_eq!(seen.len() as u64, all);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len());
    assert!(ids(&rig.read("/conversations?status=bogus").await["data"]["payload"]).is_empty());
    assert_eq!(rig.read("/conversations?page=0").await, rig.read("/conversations?page=abc").await);
    assert_eq!(rig.read("/conversations/meta").await["meta"], *counts);
}

#[tokio::test]
async fn every_filter_of_the_list_keeps_what_it_says() {
    let rig = Rig::calm();
    let rows = async |query: &str| {
        let list = rig.read(&format!("/conversations?status=all&{query}")).await;
        let rows = list["data"]["payload"].as_array().unwrap().clone();
        assert!(!rows.is_empty(), "{query}");
        rows
    };
    for row in rows("assignee_type=me").await {
        assert_eq!(row["meta"]["assignee"]["id"], ME);
    }
    for row in rows("assignee_type=unassigned").await {
        assert_eq!(row["meta"].get("assignee"), None);
    }
    for row in rows("assignee_type=assigned").await {
        assert!(row["meta"]["assignee"]["id"].is_u64());
    }
    for row in rows("inbox_id=3").await {
        assert_eq!(row["inbox_id"], 3);
    }
    for row in rows("team_id=2").await {
        assert_eq!(row["meta"]["team"]["id"], 2);
    }
    for row in rows("labels[]=meter&labels%5B%5D=invoice").await {
        let labels = row["labels"].as_array().unwrap();
        assert!(labels.contains(&json!("meter")) || labels.contains(&json!("invoice")));
    }
    for row in rows("status=snoozed").await {
        assert_eq!(row["status"], "snoozed");
    }
    assert_eq!(rig.get(&format!("{BASE}/conversations?team_id=99")).await.0, StatusCode::NOT_FOUND);
    let unknown = rig.read("/conversations?inbox_id=99").await;
    assert_eq!(unknown["data"]["meta"]["all_count"], 0);
}

#[tokio::test]
async fn words_are_found_in_messages_whatever_the_status() {
    let rig = Rig::calm();
    let resolved = rig.some(|row| row.brief.status == Status::Resolved);
    let text = json!({ "content": "the Quokka clause" });
    rig.write(&format!("/conversations/{resolved}/messages"), text).await;
    let found = rig.read("/conversations?q=quokka").await;
    assert_eq!(ids(&found["data"]["payload"]), [u64::from(resolved)]);
    assert_eq!(found["data"]["meta"]["all_count"], 1);
}

#[tokio::test]
async fn what_changed_lately_comes_without_pages() {
    let rig = Rig::calm();
    let recent = rig.read("/conversations?status=all&updated_within=2592000").await;
    let rows = recent["data"]["payload"].as_array().unwrap();
    assert!(rows.len() > 25, "{}", rows.len());
    let none = rig.read("/conversations?updated_within=abc").await;
    assert!(ids(&none["data"]["payload"]).is_empty());
    rig.write("/conversations/1/update_last_seen", json!({})).await;
    let just_now = rig.read("/conversations?status=all&updated_within=30").await;
    assert_eq!(ids(&just_now["data"]["payload"]), [1]);
}

#[tokio::test]
async fn every_sort_order_sorts() {
    let rig = Rig::calm();
    let column = async |order: &str, key: &str| -> Vec<i64> {
        let list = rig.read(&format!("/conversations?status=all&sort_by={order}")).await;
        let rows = list["data"]["payload"].as_array().unwrap().clone();
        rows.iter().map(|row| row[key].as_i64().unwrap_or(0)).collect()
    };
    assert!(column("latest", "last_activity_at").await.is_sorted_by(|a, b| a >= b));
    assert!(column("last_activity_at_asc", "last_activity_at").await.is_sorted());
    assert!(column("created_at_desc", "created_at").await.is_sorted_by(|a, b| a >= b));
    assert!(column("created_at_asc", "created_at").await.is_sorted());
    assert!(column("unread", "unread_count").await.is_sorted_by(|a, b| a >= b));
    assert!(column("waiting_since_asc", "waiting_since").await.iter().all(|since| *since > 0));
    for order in ["priority_desc", "priority_desc_created_at_asc"] {
        let list = rig.read(&format!("/conversations?status=all&sort_by={order}")).await;
        assert_eq!(list["data"]["payload"][0]["priority"], "urgent");
    }
    let list = rig.read("/conversations?status=all&sort_by=priority_asc").await;
    assert_eq!(list["data"]["payload"][0]["priority"], "low");
}

#[tokio::test]
async fn the_filter_builder_joins_and_before_or() {
    let rig = Rig::calm();
    let filter = async |rows: Value| {
        rig.post(&format!("{BASE}/conversations/filter"), json!({ "payload": rows })).await
    };
    let row = |key: &str, operator: &str, values: Value, joined: Value| {
        json!({ "attribute_key": key, "filter_operator": operator, "values": values,
                "query_operator": joined })
    };
    let all = async |rows: Value| {
        let (status, body) = filter(rows).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["meta"]["all_count"].as_u64().unwrap()
    };
    let everything = all(json!([])).await;
    assert_eq!(everything, 100);
    let open = all(json!([row("status", "equal_to", json!(["open"]), Value::Null)])).await;
    let rest = all(json!([row("status", "not_equal_to", json!(["open"]), Value::Null)])).await;
    assert_eq!(open + rest, everything);
    let urgent = || row("priority", "equal_to", json!(["urgent"]), Value::Null);
    let either =
        all(json!([row("status", "equal_to", json!(["open"]), json!("or")), urgent()])).await;
    let both =
        all(json!([row("status", "equal_to", json!(["open"]), json!("and")), urgent()])).await;
    let urgents = all(json!([urgent()])).await;
    assert_eq!(either + both, open + urgents);
    let mine = all(json!([row("assignee_id", "equal_to", json!([ME]), Value::Null)])).await;
    assert!(mine > 0 && mine < everything);
    let old = all(json!([row("created_at", "is_less_than", json!(["2000-01-01"]), Value::Null)]));
    assert_eq!(old.await, 0);
    for (rows, status) in [
        (json!([row("nokey", "equal_to", json!(["x"]), Value::Null)]), 422),
        (json!([row("status", "contains", json!(["open"]), Value::Null)]), 422),
        (json!([row("status", "equal_to", json!([]), Value::Null)]), 422),
        (json!([row("created_at", "is_less_than", json!(["soon"]), Value::Null)]), 422),
        (json!([row("status", "equal_to", json!(["open"]), json!("xor")), urgent()]), 422),
        (json!([row("status", "equal_to", json!(["open"]), Value::Null), urgent()]), 500),
        (json!([row("status", "equal_to", json!(["open"]), json!("and"))]), 500),
        (json!([row("display_id", "contains", json!(["1"]), Value::Null)]), 500),
        (json!([row("last_activity_at", "days_before", json!(["1"]), Value::Null)]), 500),
        (Value::Null, 500),
    ] {
        assert_eq!(filter(rows.clone()).await.0.as_u16(), status, "{rows}");
    }
}

#[tokio::test]
async fn a_priority_is_a_known_word_or_null() {
    let rig = Rig::calm();
    for (given, shown) in [
        (json!("urgent"), json!("urgent")),
        (Value::Null, Value::Null),
        (json!("low"), json!("low")),
        (json!(""), Value::Null),
        (json!(3), json!("urgent")),
    ] {
        let (status, body) = rig.patch("/conversations/9", json!({ "priority": given })).await;
        assert_eq!((status, &body["priority"]), (StatusCode::OK, &shown));
    }
    for word in ["none", "HIGH"] {
        let (status, _) = rig.patch("/conversations/9", json!({ "priority": word })).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let (status, body) = rig.patch("/conversations/9", json!({ "sla_policy_id": 1 })).await;
    assert_eq!((status, &body["priority"]), (StatusCode::OK, &json!("urgent")));
    let cleared = rig.write("/conversations/9/toggle_priority", json!({})).await;
    assert_eq!(cleared, Value::Null);
    assert_eq!(rig.read("/conversations/9").await["priority"], Value::Null);
}

#[tokio::test]
async fn a_snooze_wants_seconds_and_an_iso_date_lands_in_1970() {
    let rig = Rig::calm();
    let toggle = async |body: Value| {
        rig.write("/conversations/9/toggle_status", body).await["payload"].clone()
    };
    let until = json!({ "status": "snoozed", "snoozed_until": 4_000_000_000_u64 });
    assert_eq!(toggle(until).await["snoozed_until"], "2096-10-02T07:06:40.000Z");
    let again = json!({ "status": "snoozed", "snoozed_until": null });
    assert_eq!(toggle(again).await["snoozed_until"], "2096-10-02T07:06:40.000Z");
    let opened = toggle(json!({})).await;
    assert_eq!(
        (&opened["current_status"], &opened["snoozed_until"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(rig.read("/conversations/9").await["meta"]["assignee"]["id"], ME);
    let iso = json!({ "status": "snoozed", "snoozed_until": "2030-01-01T09:00:00Z" });
    assert_eq!(toggle(iso).await["snoozed_until"], "1970-01-01T00:33:50.000Z");
    assert_eq!(toggle(json!({ "status": "resolved" })).await["current_status"], "resolved");
    let path = format!("{BASE}/conversations/9/toggle_status");
    let closed = rig.post(&path, json!({ "status": "closed" }));
    assert_eq!(closed.await.0, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn an_unknown_assignee_unassigns_and_no_assignee_changes_nothing() {
    let rig = Rig::calm();
    let assign = async |body: Value| rig.write("/conversations/9/assignments", body).await;
    let assignee = async || rig.read("/conversations/9").await["meta"]["assignee"]["id"].clone();
    assert_eq!(assign(json!({ "assignee_id": 3 })).await["name"], "Aylin Demirtaş");
    assert_eq!(assign(json!({})).await, Value::Null);
    assert_eq!(assignee().await, 3);
    assert_eq!(assign(json!({ "assignee_id": 99_999 })).await, Value::Null);
    assert_eq!(assignee().await, Value::Null);
    assign(json!({ "assignee_id": "5", "team_id": 1 })).await;
    assert_eq!(assignee().await, 5);
    // A team that the assignee is not in takes the conversation from them.
    assert_eq!(assign(json!({ "team_id": 3 })).await["name"], "energy");
    assert_eq!(assignee().await, Value::Null);
    assert_eq!(assign(json!({ "team_id": 0 })).await, Value::Null);
    assert_eq!(rig.read("/conversations/9").await["meta"].get("team"), None);
    let thread = rig.read("/conversations/9/messages").await;
    let lines = thread["payload"].as_array().unwrap().iter();
    let lines: Vec<&str> = lines
        .filter(|message| message["message_type"] == 2)
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert!(lines.contains(&"Assigned to Aylin Demirtaş by Mira Sandvoss"), "{lines:?}");
}

#[tokio::test]
async fn labels_are_replaced_and_a_missing_key_clears_them() {
    let rig = Rig::calm();
    let set =
        async |body: Value| rig.write("/conversations/9/labels", body).await["payload"].clone();
    assert_eq!(
        set(json!({ "labels": ["vip", "never-defined"] })).await,
        json!(["vip", "never-defined"])
    );
    assert_eq!(set(json!({ "labels": ["a,b", "Vip"] })).await, json!(["a", "b", "Vip"]));
    let listed = rig.read("/conversations?status=all&labels[]=Vip").await;
    assert_eq!(ids(&listed["data"]["payload"]), [9]);
    assert_eq!(set(json!({ "labels": "vip" })).await, json!([]));
    set(json!({ "labels": ["vip"] })).await;
    assert_eq!(set(json!({})).await, json!([]));
}

#[tokio::test]
async fn messages_come_in_windows_of_20_100_and_1000() {
    let rig = Rig::calm();
    let long = rig.some(|row| row.brief.oddity == Oddity::Long);
    let window = async |query: &str| {
        let thread = rig.read(&format!("/conversations/{long}/messages?{query}")).await;
        ids(&thread["payload"])
    };
    let newest = window("").await;
    assert_eq!(newest.len(), 20);
    assert!(newest.is_sorted());
    let mut all = newest.clone();
    while let Some(first) = all.first().copied() {
        let before = window(&format!("before={first}")).await;
        if before.is_empty() {
            break;
        }
        all.splice(0..0, before);
    }
    assert!(all.len() >= 300 && all.is_sorted());
    assert_eq!(window(&format!("after={}", all[0])).await, all[1..101]);
    assert_eq!(window(&format!("after={}&before={}", all[2], all[200])).await, all[2..200]);
    assert!(window(&format!("after={}", all.last().unwrap())).await.is_empty());
    assert!(window("before=abc").await.is_empty());
    let thread =
        rig.read(&format!("/conversations/{long}/messages?filter_internal_messages=true")).await;
    let shown = thread["payload"].as_array().unwrap();
    assert!(shown.iter().all(|m| m["private"] == false && m["message_type"] != 2));
}

#[tokio::test]
async fn a_message_is_posted_with_its_echo_which_is_then_forgotten() {
    let rig = Rig::calm();
    let number = rig.some(|row| row.brief.channel == Channel::Api);
    let path = format!("/conversations/{number}/messages");
    let posted =
        rig.write(&path, json!({ "content": "Hello **there**", "echo_id": 17, "private": false }));
    let posted = posted.await;
    assert_eq!((&posted["echo_id"], &posted["message_type"]), (&json!(17), &json!(1)));
    assert_eq!(posted["sender"]["id"], ME);
    let note = rig.write(&path, json!({ "content": "among us", "private": "true" })).await;
    assert_eq!((&note["private"], note.get("echo_id")), (&json!(true), None));
    let quoted =
        json!({ "content": "see above", "content_attributes": { "in_reply_to": posted["id"] } });
    let quoted = rig.write(&path, quoted).await;
    assert_eq!(quoted["content_attributes"]["in_reply_to"], posted["id"]);
    let lost = json!({ "content": "?", "content_attributes": { "in_reply_to": 1 } });
    assert_eq!(rig.write(&path, lost).await["content_attributes"]["in_reply_to"], Value::Null);
    assert_eq!(rig.write(&path, json!({})).await["content"], Value::Null);
    assert_eq!(rig.write(&path, json!({ "content": "" })).await["content"], "");
    let incoming = json!({ "content": "from outside", "message_type": "incoming" });
    assert_eq!(rig.write(&path, incoming.clone()).await["message_type"], 0);
    let widget = rig.some(|row| row.brief.channel == Channel::Widget);
    for (number, body, error) in [
        (widget, incoming, "Incoming messages are only allowed in Api inboxes"),
        (number, json!({ "content": "\0" }), "string contains null byte"),
        (number, json!({ "message_type": "bogus" }), "'bogus' is not a valid message_type"),
        (number, json!({ "attachments": ["nonsense"] }), "mismatched digest"),
    ] {
        let path = format!("{BASE}/conversations/{number}/messages");
        let (status, body) = rig.post(&path, body).await;
        assert_eq!((status, &body["error"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(error)));
    }
}

#[tokio::test]
async fn placeholders_are_filled_in_except_between_backticks() {
    let rig = Rig::calm();
    let number = rig.some(|row| row.brief.oddity == Oddity::None);
    let key = Key { vendor: Vendor::Chatwoot, number };
    let customer = rig.desk.world().conversation(key).unwrap().customer;
    let text =
        "Hi {{contact.first_name}} {{ agent.name }} [{{contact.nope}}] `{{contact.name}}` {{ x";
    let path = format!("/conversations/{number}/messages");
    let posted = rig.write(&path, json!({ "content": text })).await;
    let filled = format!("Hi {} Mira Sandvoss [] `{{{{contact.name}}}}` {{{{ x", customer.first);
    assert_eq!(posted["content"], filled);
}

#[tokio::test]
async fn a_mail_gets_its_recipients_and_both_bodies() {
    let rig = Rig::calm();
    let mail = rig.some(|row| row.brief.oddity == Oddity::HtmlMail);
    let path = format!("/conversations/{mail}/messages");
    let thread = rig.read(&path).await;
    assert!(thread["meta"]["additional_attributes"]["mail_subject"].is_string());
    let messages = thread["payload"].as_array().unwrap();
    let incoming = messages.iter().find(|message| message["message_type"] == 0).unwrap();
    assert_eq!(incoming["content_type"], "incoming_email");
    let html = &incoming["content_attributes"]["email"]["html_content"]["full"];
    assert!(html.as_str().unwrap().contains("<table"));
    let reply = json!({ "content": "Done.", "to_emails": "a@x.example", "cc_emails": "b@x.example, c@x.example" });
    let reply = rig.write(&path, reply).await;
    assert_eq!(reply["content_attributes"]["cc_emails"], json!(["b@x.example", "c@x.example"]));
    assert_eq!(reply["content_attributes"]["email"]["text_content"]["full"], "Done.");
    let path = format!("{BASE}{path}");
    let bad = rig.post(&path, json!({ "content": "x", "cc_emails": "nobody" }));
    assert_eq!(bad.await.1["error"], "Invalid email address");
}

#[tokio::test]
async fn a_file_goes_up_with_its_message_and_comes_down_by_a_redirect() {
    let rig = Rig::calm();
    let bytes: Vec<u8> = (0..=255).collect();
    let part = reqwest::multipart::Part::bytes(bytes.clone())
        .file_name("naïve 文件.bin")
        .mime_str("application/octet-stream")
        .unwrap();
    let form = reqwest::multipart::Form::new()
        .text("content", "see file")
        .text("echo_id", "e-1")
        .text("content_attributes", "{\"in_reply_to\": null}")
        .part("attachments[]", part);
    let request = rig.request(Method::POST, &format!("{BASE}/conversations/9/messages"));
    let (status, message) = answer(request.multipart(form)).await;
    assert_eq!((status, &message["echo_id"]), (StatusCode::OK, &json!("e-1")));
    let file = &message["attachments"][0];
    assert_eq!((&file["file_type"], &file["file_size"]), (&json!("file"), &json!(256)));
    // reqwest follows the redirect; nobody asks for a token.
    let url = file["data_url"].as_str().unwrap();
    let down = rig.client.get(url).send().await.unwrap();
    assert!(down.url().path().contains("/disk/"));
    assert_eq!(down.bytes().await.unwrap(), bytes);
    let missing = url.replace("blob-", "blob-f");
    assert_eq!(rig.client.get(missing).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_deleted_message_keeps_its_place_and_a_retry_forgets_that_it_was_deleted() {
    let rig = Rig::calm();
    let posted = rig.write("/conversations/9/messages", json!({ "content": "oops" })).await;
    let path = format!("{BASE}/conversations/9/messages/{}", posted["id"]);
    let (_, deleted) = answer(rig.request(Method::DELETE, &path)).await;
    assert_eq!(deleted["content_attributes"], json!({ "deleted": true }));
    assert_ne!(deleted["content"], "oops");
    let (_, retried) = answer(rig.request(Method::POST, &format!("{path}/retry"))).await;
    assert_eq!((&retried["content_attributes"], &retried["status"]), (&json!({}), &json!("sent")));
    let unknown = rig.request(Method::POST, &format!("{BASE}/conversations/9/messages/1/retry"));
    assert_eq!(answer(unknown).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_failed_message_says_why_and_can_be_sent_again() {
    let rig = Rig::calm();
    let number = rig.some(|row| row.brief.channel == Channel::WhatsApp && row.brief.waiting);
    let key = Key { vendor: Vendor::Chatwoot, number };
    rig.desk.world().customer_says(key, "?").unwrap();
    let path = format!("/conversations/{number}/messages");
    let posted = rig.write(&path, json!({ "content": "no [undeliverable]" })).await;
    assert_eq!(posted["status"], "sent");
    rig.desk.world().skip(Duration::from_secs(60));
    let thread = rig.read(&path).await;
    let last = thread["payload"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["id"], &last["status"]), (&posted["id"], &json!("failed")));
    assert!(last["content_attributes"]["external_error"].is_string());
    let again = rig.write(&format!("{path}/{}/retry", posted["id"]), json!({})).await;
    assert_eq!((&again["status"], &again["content_attributes"]), (&json!("sent"), &json!({})));
}

#[tokio::test]
async fn reading_and_unreading_move_the_count() {
    let rig = Rig::calm();
    rig.desk.world().customer_says(Key { vendor: Vendor::Chatwoot, number: 9 }, "?").unwrap();
    let seen = rig.write("/conversations/9/update_last_seen", json!({})).await;
    assert_eq!(seen["unread_count"], 0);
    let unread = rig.write("/conversations/9/unread", json!({})).await;
    assert!(unread["unread_count"].as_u64().unwrap() >= 1);
    let many = rig.some(|row| row.brief.unread > 10);
    assert_eq!(rig.read(&format!("/conversations/{many}")).await["unread_count"], 10);
}

#[tokio::test]
async fn muting_resolves_and_keeps_the_customer_out() {
    let rig = Rig::calm();
    let key = Key { vendor: Vendor::Chatwoot, number: 9 };
    assert_eq!(rig.write("/conversations/9/mute", json!({})).await, Value::Null);
    rig.desk.world().customer_says(key, "let me in").unwrap();
    let muted = rig.read("/conversations/9").await;
    assert_eq!((&muted["muted"], &muted["status"]), (&json!(true), &json!("resolved")));
    rig.write("/conversations/9/unmute", json!({})).await;
    rig.desk.world().customer_says(key, "thank you").unwrap();
    assert_eq!(rig.read("/conversations/9").await["status"], "open");
}

#[tokio::test]
async fn canned_replies_are_made_found_changed_and_deleted() {
    let rig = Rig::calm();
    let path = format!("{BASE}/canned_responses");
    let made = json!({ "canned_response": { "short_code": "zz-hello", "content": "Hi tracking" } });
    let made = rig.post(&path, made).await.1;
    let found = rig.read("/canned_responses?search=track").await;
    let codes: Vec<&str> =
        found.as_array().unwrap().iter().map(|c| c["short_code"].as_str().unwrap()).collect();
    assert_eq!((codes[0], *codes.last().unwrap()), ("tracking", "zz-hello"));
    let one = format!("/canned_responses/{}", made["id"]);
    let change = json!({ "canned_response": { "content": "changed" } });
    assert_eq!(rig.patch(&one, change.clone()).await.1["content"], "changed");
    for (given, message) in [
        (
            json!({ "canned_response": { "short_code": "zz-hello", "content": "x" } }),
            "Short code has already been taken",
        ),
        (
            json!({ "canned_response": { "short_code": "", "content": "" } }),
            "Content can't be blank, Short code can't be blank",
        ),
    ] {
        let (status, body) = rig.post(&path, given).await;
        assert_eq!((status.as_u16(), &body["message"]), (422, &json!(message)));
    }
    let missing = rig.post(&path, json!({})).await.1;
    assert_eq!(missing["error"], "param is missing or the value is empty: canned_response");
    let delete = || answer(rig.request(Method::DELETE, &format!("{BASE}{one}")));
    assert_eq!(delete().await, (StatusCode::OK, Value::Null));
    assert_eq!(delete().await.0, StatusCode::NOT_FOUND);
    assert_eq!(rig.patch(&one, change).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_can_be_assigned_is_asked_by_inbox() {
    let rig = Rig::calm();
    let people = rig.read("/assignable_agents?inbox_ids[]=1&inbox_ids[]=2").await;
    assert_eq!(people["payload"].as_array().unwrap().len(), 9);
    for query in ["", "?inbox_ids[]=99"] {
        let path = format!("{BASE}/assignable_agents{query}");
        assert_eq!(rig.get(&path).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_contact_knows_its_conversations() {
    let rig = Rig::calm();
    let contact = rig.read("/conversations/9").await["meta"]["sender"]["id"].clone();
    let shown = rig.read(&format!("/contacts/{contact}")).await;
    assert_eq!(shown["payload"]["id"], contact);
    let conversations = rig.read(&format!("/contacts/{contact}/conversations")).await;
    assert!(ids(&conversations["payload"]).contains(&9));
}

/// A recorded answer; `None` where the recordings are not at hand.
fn recorded(name: &str) -> Option<Value> {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/vendors/recordings/chatwoot");
    let text = std::fs::read_to_string(folder.join(name)).ok()?;
    let exchange: Value = serde_json::from_str(&text).unwrap();
    Some(exchange["response"]["body"].clone())
}

/// The keys of every object in an answer, by where it stands; all entries of a list together.
/// Senders and files are told apart by their kind, since each kind has its own keys.
fn objects(value: &Value, at: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    // What stands beneath these is free, in the original too.
    const FREE: [&str; 6] = [
        "additional_attributes",
        "custom_attributes",
        "content_attributes",
        "ui_settings",
        "csat_config",
        "auto_assignment_config",
    ];
    match value {
        Value::Object(map) => {
            let kind = map.get("file_type").or_else(|| map.get("type")).and_then(Value::as_str);
            let at = format!("{at}<{}>", kind.unwrap_or_default());
            found.entry(at.clone()).or_default().extend(map.keys().cloned());
            for (key, value) in map.iter().filter(|(key, _)| !FREE.contains(&key.as_str())) {
                objects(value, &format!("{at}.{key}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, at, found)),
        _ => {}
    }
}

/// Compares the keys of each object that both an answer and a recorded one have.
fn assert_keys(name: &str, ours: &Value) {
    // There or not, depending on the conversation, the message or the kind of channel.
    const SOMETIMES: [&str; 12] = [
        "assignee",
        "assignee_type",
        "team",
        "sender",
        "attachments",
        "echo_id",
        "email",
        "forwarding_enabled",
        "forward_to_email",
        "webhook_url",
        "inbox_identifier",
        "hmac_token",
    ];
    let Some(theirs) = recorded(name) else {
        println!("skipped: the recording {name} is not at hand");
        return;
    };
    let read = |value: &Value| {
        let mut found = BTreeMap::new();
        objects(value, "", &mut found);
        found
    };
    let (ours, theirs) = (read(ours), read(&theirs));
    let mut compared = 0;
    for (at, keys) in &ours {
        let Some(recorded) = theirs.get(at) else { continue };
        let differing: Vec<&String> = keys
            .symmetric_difference(recorded)
            .filter(|key| !SOMETIMES.contains(&key.as_str()))
            .collect();
        assert!(differing.is_empty(), "{name}: only one side has {differing:?} in {at}");
        compared += 1;
    }
    assert!(compared > 0, "{name}: nothing in common");
}

#[tokio::test]
async fn every_answer_has_the_recorded_keys() {
    let rig = Rig::calm();
    let number = rig.some(|row| {
        row.brief.assignee == Some(ME)
            && row.brief.team.is_some()
            && row.brief.channel == Channel::Api
    });
    let one = format!("/conversations/{number}");
    let at = |path: &str| format!("{one}{path}");
    assert_keys("001-api-version.json", &rig.get("/api").await.1);
    assert_keys("038-profile-ok-agent.json", &rig.get("/api/v1/profile").await.1);
    let list = rig.read("/conversations?status=all&assignee_type=assigned").await;
    assert_keys("196-conv-index-default.json", &list);
    assert_keys("255-conv-meta.json", &rig.read("/conversations/meta").await);
    let open = json!({ "payload": [{ "attribute_key": "status", "filter_operator": "equal_to",
        "values": ["open"], "query_operator": null }] });
    assert_keys("263-filter-status-open.json", &rig.write("/conversations/filter", open).await);
    assert_keys("295-conv-show.json", &rig.read(&one).await);
    assert_keys("354-snoozed-conv-show.json", &rig.read(&one).await);
    let urgent = json!({ "priority": "urgent" });
    assert_keys("318-patch-priority-urgent.json", &rig.patch(&one, urgent).await.1);
    let resolved = json!({ "status": "resolved" });
    let toggled = rig.write(&at("/toggle_status"), resolved).await;
    assert_keys("341-toggle-status-resolved.json", &toggled);
    let seen = rig.write(&at("/update_last_seen"), json!({})).await;
    assert_keys("386-update-last-seen.json", &seen);
    assert_keys("389-mark-unread.json", &rig.write(&at("/unread"), json!({})).await);
    assert_keys("400-labels-get-empty.json", &rig.read(&at("/labels")).await);
    let agent = rig.write(&at("/assignments"), json!({ "assignee_id": 3 })).await;
    assert_keys("413-assign-agent.json", &agent);
    let team = rig.write(&at("/assignments"), json!({ "team_id": 2 })).await;
    assert_keys("426-assign-team.json", &team);
    assert_keys("468-messages-latest-20.json", &rig.read(&at("/messages")).await);
    let said = json!({ "content": "Hello", "echo_id": "e" });
    let public = rig.write(&at("/messages"), said).await;
    assert_keys("484-message-create-public.json", &public);
    let deleted = rig.request(Method::DELETE, &format!("{BASE}{one}/messages/{}", public["id"]));
    assert_keys("561-message-delete.json", &answer(deleted).await.1);
    let retried = rig.write(&at(&format!("/messages/{}/retry", public["id"])), json!({})).await;
    assert_keys("569-message-retry.json", &retried);
    assert_keys("642-agents-list.json", &rig.read("/agents").await);
    assert_keys("644-assignable-agents.json", &rig.read("/assignable_agents?inbox_ids[]=1").await);
    assert_keys("650-inboxes-list-agent.json", &rig.read("/inboxes").await);
    assert_keys("656-inbox-show-email.json", &rig.read("/inboxes/2").await);
    assert_keys("662-teams-list.json", &rig.read("/teams").await);
    assert_keys("667-labels-list.json", &rig.read("/labels").await);
    let canned = json!({ "canned_response": { "short_code": "k", "content": "c" } });
    let made = rig.write("/canned_responses", canned).await;
    assert_keys("675-canned-create-greet.json", &made);
    assert_keys("679-canned-list.json", &rig.read("/canned_responses").await);
    let contact = rig.read(&one).await["meta"]["sender"]["id"].clone();
    let shown = rig.read(&format!("/contacts/{contact}")).await;
    assert_keys("767-contact-show.json", &shown);
    let theirs = rig.read(&format!("/contacts/{contact}/conversations")).await;
    assert_keys("781-contact-conversations.json", &theirs);
    let (_, error) = rig.patch("/conversations/99999", json!({})).await;
    assert_keys("330-patch-not-found.json", &error);
}

#[tokio::test]
async fn files_and_mails_have_the_recorded_keys() {
    let rig = Rig::calm();
    let files = rig.some(|row| row.brief.oddity == Oddity::Files);
    let thread = rig.read(&format!("/conversations/{files}/messages")).await;
    let messages = thread["payload"].as_array().unwrap();
    let of_kind = |kind: &str| {
        let mut all =
            messages.iter().flat_map(|m| m["attachments"].as_array().into_iter().flatten());
        all.find(|file| file["file_type"] == kind).cloned().expect(kind)
    };
    let theirs = |name: &str| recorded(name).map(|body| body["attachments"][0].clone());
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    for (kind, name) in [
        ("file", "548-attach-several.json"),
        ("image", "548-attach-several.json"),
        ("audio", "549-attach-voice.json"),
    ] {
        match theirs(name) {
            Some(theirs) => assert_eq!(keys(&of_kind(kind)), keys(&theirs), "{kind}"),
            None => println!("skipped: the recording {name} is not at hand"),
        }
    }
    let Some(recorded) = recorded("884-email-messages-conv-73.json") else {
        println!("skipped: the recording of a mail is not at hand");
        return;
    };
    let mail = rig.some(|row| row.brief.oddity == Oddity::HtmlMail);
    let thread = rig.read(&format!("/conversations/{mail}/messages")).await;
    let first = |thread: &Value| {
        let messages = thread["payload"].as_array().unwrap().clone();
        messages.into_iter().find(|message| message["message_type"] == 0).unwrap()
    };
    let attributes = |thread: &Value| first(thread)["content_attributes"].clone();
    assert_eq!(keys(&attributes(&thread)), keys(&attributes(&recorded)));
    let email = |thread: &Value| attributes(thread)["email"].clone();
    assert_eq!(keys(&email(&thread)), keys(&email(&recorded)));
    let additional = |thread: &Value| thread["meta"]["additional_attributes"].clone();
    assert_eq!(keys(&additional(&thread)), keys(&additional(&recorded)));
}
