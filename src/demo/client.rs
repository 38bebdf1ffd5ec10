//! A client for tests: serves a router on loopback and talks to it over real HTTP.

use std::sync::Arc;

use axum::Router;
use reqwest::Method;
use serde_json::Value;
use tokio::net::TcpListener;

use super::server::Site;
use super::world::{Conversation, World};
use crate::model::Vendor;
use crate::providers::http::prepare_tls;

/// A vendor's API, served for one test, and a client that is signed in to it.
pub(super) struct Client {
    pub base: String,
    header: (&'static str, String),
    client: reqwest::Client,
}

/// The credential that the tests' servers accept.
pub(super) const TOKEN: &str = "secret-of-the-test";

impl Client {
    /// Serves a vendor's router until the test ends. `prefix` is the API's own, `header` the
    /// credential.
    pub async fn of(
        router: fn(Site) -> Router,
        (world, vendor): (Arc<World>, Vendor),
        prefix: &str,
        header: (&'static str, String),
    ) -> Self {
        prepare_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let base = format!("{origin}{prefix}");
        let site = Site { world, vendor, token: TOKEN.into(), origin: origin.into() };
        tokio::spawn(async move { axum::serve(listener, router(site)).await });
        Self { base, header, client: reqwest::Client::new() }
    }

    /// A request to a path, or to an absolute address.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.anonymous(method, path).header(self.header.0, &self.header.1)
    }

    /// The same without the credential.
    pub fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        self.client.request(method, url)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::DELETE, path)).await
    }

    /// The body of an answer that has to be a success.
    pub async fn read(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
}

/// Sends it; an empty or unreadable body is null.
pub(super) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// The keys of an object, sorted.
pub(super) fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The newest conversation of a vendor that fits.
pub(super) fn find(
    world: &World,
    vendor: Vendor,
    fits: impl Fn(&Conversation) -> bool,
) -> Conversation {
    let rows = world.newest(vendor, usize::MAX, |_| true);
    let mut whole = rows.iter().filter_map(|brief| world.conversation(brief.key));
    whole.find(fits).expect("the world has no such conversation")
}
