//! Tests of the desk over real HTTP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::model::Vendor;

/// A desk and an HTTP client that holds its Chatwoot token.
pub struct Rig {
    pub desk: Desk,
    pub client: Client,
}

impl Rig {
    pub fn new(options: &Options) -> Self {
        // Somebody else in this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { desk: Desk::start(options).unwrap(), client: Client::new() }
    }

    pub fn calm() -> Self {
        Self::new(&Options::calm())
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.desk.url(Vendor::Chatwoot));
        self.client
            .request(method, url)
            .header("api_access_token", self.desk.token(Vendor::Chatwoot))
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }
}

/// Status and JSON of an answer; `Null` for an empty body.
pub async fn answer(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    let json = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    (status, json)
}

const LIST: &str = "/api/v1/accounts/1/conversations";

#[tokio::test]
async fn a_late_answer_is_the_right_answer() {
    let rig = Rig::calm();
    let before = rig.get("/api/v1/profile").await;
    rig.desk.faults().add("chatwoot:latency=50").unwrap();
    assert_eq!(rig.get("/api/v1/profile").await, before);
    let slow = rig.desk.log().entries().pop().unwrap();
    assert!(slow.milliseconds >= 50, "{}", slow.milliseconds);
}

#[tokio::test]
async fn a_hanging_vendor_answers_nothing_and_the_others_go_on() {
    let rig = Rig::calm();
    rig.desk.faults().add("partoo:hang").unwrap();
    let hanging = rig.client.get(rig.desk.url(Vendor::Partoo));
    let hanging = hanging.timeout(Duration::from_millis(100)).send();
    assert!(hanging.await.unwrap_err().is_timeout());
    assert_eq!(rig.get("/api").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_closed_connection_says_nothing_at_all() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:close").unwrap();
    let address = rig.desk.origin(Vendor::Chatwoot).replace("http://", "");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /api HTTP/1.1\r\nhost: desk\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    // The connection may end politely or not; either way nothing was said.
    let _ = stream.read_to_end(&mut bytes);
    assert_eq!(bytes, b"");
    assert!(rig.request(Method::GET, "/api").send().await.is_err());
    assert_eq!(rig.desk.log().entries().pop().unwrap().status, None);
}

#[tokio::test]
async fn a_reset_comes_in_the_middle_of_the_body() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:reset").unwrap();
    let response = rig.request(Method::GET, LIST).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn a_reset_after_applying_leaves_the_change_behind() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:POST /conversations/*/messages:reset-after next=1").unwrap();
    let path = format!("{LIST}/7/messages");
    let body = json!({ "content": "said once" });
    assert!(rig.request(Method::POST, &path).json(&body).send().await.is_err());
    let (_, thread) = rig.get(&path).await;
    let last = thread["payload"].as_array().unwrap().last().unwrap();
    assert_eq!(last["content"], "said once");
}

#[tokio::test]
async fn too_many_requests_come_with_and_without_a_time() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:429 next=1, chatwoot:429=7 next=1").unwrap();
    let first = rig.request(Method::GET, LIST).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(first.headers().get("retry-after"), None);
    assert_eq!(first.text().await.unwrap(), "Retry later\n");
    let second = rig.request(Method::GET, LIST).send().await.unwrap();
    assert_eq!(second.headers()["retry-after"], "7");
    assert_eq!(rig.get(LIST).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_broken_server_says_so_in_json_or_in_html() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:500 next=1, chatwoot:html next=1").unwrap();
    let (status, body) = rig.get(LIST).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body["error"], "Internal Server Error");
    let page = rig.request(Method::GET, LIST).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::BAD_GATEWAY);
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn an_answer_can_be_cut_or_twisted() {
    let rig = Rig::calm();
    let (_, right) = rig.get(LIST).await;
    rig.desk.faults().add("chatwoot:truncated next=1, chatwoot:wrong-types next=1").unwrap();
    let cut = rig.request(Method::GET, LIST).send().await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&cut).is_err());
    let (_, twisted) = rig.get(LIST).await;
    let of = |list: &Value, key: &str| list["data"]["payload"][0][key].clone();
    assert_eq!(of(&twisted, "id"), json!(of(&right, "id").to_string()));
    assert!(of(&twisted, "status").is_number());
}

#[tokio::test]
async fn a_huge_body_keeps_coming() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:huge").unwrap();
    let mut response = rig.request(Method::GET, LIST).send().await.unwrap();
    let mut read = 0;
    // A fifth of it is proof enough.
    while read < 20_000_000 {
        read += response.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn a_token_can_stop_working_after_a_while() {
    let rig = Rig::calm();
    rig.desk.faults().add("chatwoot:401 after=2").unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(rig.get("/api/v1/profile").await.0.as_u16());
    }
    assert_eq!(seen, [200, 200, 401, 401]);
}

#[tokio::test]
async fn faults_and_customers_are_at_hand_over_http() {
    let rig = Rig::calm();
    let desk = |path: &str| format!("{}/_desk/{path}", rig.desk.origin(Vendor::Chatwoot));
    let faults = desk("faults");
    let bad = answer(rig.client.post(&faults).body("chatwoot:burn")).await;
    assert_eq!(bad.0, StatusCode::BAD_REQUEST);
    assert!(bad.1["error"].as_str().unwrap().contains("no fault"));
    let set = answer(rig.client.post(&faults).body("chatwoot:GET /profile:500")).await;
    assert_eq!(set.1, json!({ "faults": ["chatwoot:GET /profile:500"] }));
    assert_eq!(answer(rig.client.get(&faults)).await, set);
    assert_eq!(rig.get("/api/v1/profile").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    answer(rig.client.delete(&faults)).await;
    assert_eq!(rig.get("/api/v1/profile").await.0, StatusCode::OK);

    let said = json!({ "conversation": 3, "text": "Hello there" });
    let (status, _) = answer(rig.client.post(desk("say")).json(&said)).await;
    assert_eq!(status, StatusCode::OK);
    let (_, list) = rig.get(&format!("{LIST}?status=all")).await;
    assert_eq!(list["data"]["payload"][0]["id"], 3);
    let nobody = json!({ "conversation": 9_999, "text": "Hello there" });
    let (status, _) = answer(rig.client.post(desk("say")).json(&nobody)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_log_names_the_credential_and_keeps_it_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.ndjson");
    let rig = Rig::new(&Options { request_log: Some(path.clone()), ..Options::calm() });
    let sent = json!({ "labels": ["vip"] });
    rig.post(&format!("{LIST}/4/labels?x=1"), sent.clone()).await;
    let entry = rig.desk.log().take().pop().unwrap();
    assert_eq!(entry.method, "POST");
    assert_eq!(entry.path, format!("{LIST}/4/labels"));
    assert_eq!(entry.query, "x=1");
    assert_eq!(entry.auth, ["api_access_token"]);
    assert_eq!(entry.json(), sent);
    assert_eq!(entry.status, Some(200));
    assert!(rig.desk.log().entries().is_empty());
    let file = std::fs::read_to_string(path).unwrap();
    let line: Value = serde_json::from_str(file.lines().next().unwrap()).unwrap();
    assert_eq!(line["body"], sent);
    assert_eq!(line["vendor"], "chatwoot");
    assert!(!file.contains(rig.desk.token(Vendor::Chatwoot)));
}

#[tokio::test]
async fn a_desk_can_be_killed_and_revived_with_its_world() {
    let mut rig = Rig::calm();
    rig.post(&format!("{LIST}/4/labels"), json!({ "labels": ["vip"] })).await;
    let url = rig.desk.url(Vendor::Chatwoot);
    rig.desk.stop();
    assert!(rig.request(Method::GET, LIST).send().await.is_err());
    rig.desk.restart().unwrap();
    assert_eq!(rig.desk.url(Vendor::Chatwoot), url);
    let (_, labels) = rig.get(&format!("{LIST}/4/labels")).await;
    assert_eq!(labels, json!({ "payload": ["vip"] }));
}

#[test]
fn the_line_and_the_configuration_say_where_the_vendors_are() {
    let desk = Desk::start(&Options::calm()).unwrap();
    let line: Value = serde_json::from_str(&desk.json_line()).unwrap();
    let config: toml::Table = desk.config().parse().unwrap();
    let accounts = config["account"].as_array().unwrap();
    for (vendor, account) in Vendor::ALL.into_iter().zip(accounts) {
        let entry = &line["vendors"][vendor.word()];
        assert_eq!(entry["url"], desk.url(vendor));
        assert_eq!(entry["token"], desk.token(vendor));
        assert_eq!(account["vendor"].as_str(), Some(vendor.word()));
        assert_eq!(account["url"].as_str(), entry["url"].as_str());
        assert_eq!(account["token"].as_str(), entry["token"].as_str());
    }
    assert_eq!(line["vendors"]["chatwoot"]["account_id"], 1);
    assert_eq!(accounts[0]["account_id"].as_integer(), Some(1));
    assert_eq!(desk.json_line().lines().count(), 1);
}

#[test]
fn the_configuration_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "old").unwrap();
    let desk = Desk::start(&Options::calm()).unwrap();
    desk.write_config(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), desk.config());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn four_ports_in_a_row_are_used_when_asked_for() {
    // Ports that were free a moment ago; another program may still be faster, so several tries.
    let desk = (0..20).find_map(|_| {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listen = Some(free).filter(|address| address.port() < 65_000)?;
        Desk::start(&Options { listen, ..Options::calm() }).ok()
    });
    let desk = desk.unwrap();
    let port = |vendor| desk.origin(vendor).rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    let first = port(Vendor::Chatwoot);
    let ports = Vendor::ALL.map(port);
    assert_eq!(ports, [first, first + 1, first + 2, first + 3]);
}
