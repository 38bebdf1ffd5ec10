//! Files: `data_url` redirects to where the bytes are; neither asks for a token.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;

use super::super::server::{self, Site, percent_encoded};
use super::super::world::files;

pub fn router() -> Router<Site> {
    Router::new()
        .route("/rails/active_storage/blobs/redirect/{id}/{name}", get(redirect))
        .route("/rails/active_storage/disk/{id}/{name}", get(disk))
}

/// An attachment's id in a form that does not invite counting upwards.
pub fn signed(id: u64) -> String {
    format!("blob-{id:012x}")
}

fn unsigned(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("blob-")?, 16).ok()
}

async fn redirect(State(site): State<Site>, Path((id, name)): Path<(String, String)>) -> Response {
    let exists = unsigned(&id).and_then(|id| site.world.attachment(site.vendor, id)).is_some();
    let name = percent_encoded(&name);
    let place = format!("{}/rails/active_storage/disk/{id}/{name}", site.origin);
    match HeaderValue::from_str(&place) {
        Ok(place) if exists => {
            let mut response = server::bare(StatusCode::FOUND);
            response.headers_mut().insert(header::LOCATION, place);
            response
        }
        _ => server::bare(StatusCode::NOT_FOUND),
    }
}

async fn disk(State(site): State<Site>, Path((id, _)): Path<(String, String)>) -> Response {
    match unsigned(&id).and_then(|id| site.world.attachment(site.vendor, id)) {
        Some(attachment) => server::file(&attachment.mime, files::bytes(&attachment).into_owned()),
        None => server::bare(StatusCode::NOT_FOUND),
    }
}
