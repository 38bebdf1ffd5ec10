//! Chatwoot's API, as recorded from a running 4.15.1.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use super::server::{Site, html_page, json};
use super::world::At;

pub(super) fn router(_site: Site) -> Router {
    Router::new()
        .route("/api", get(version))
        .fallback(|| async { html_page(StatusCode::NOT_FOUND, "Page not found") })
}

async fn version() -> Response {
    let body = json!({
        "version": "4.15.1",
        "timestamp": At::real_now().naive(),
        "queue_services": "ok",
        "data_services": "ok",
    });
    json(StatusCode::OK, &body)
}
