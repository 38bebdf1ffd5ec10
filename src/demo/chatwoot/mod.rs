//! Chatwoot's API in the words of a running 4.15.1: what was recorded from it counts, where the
//! vendor's description says otherwise. The agent who signs in has the role *agent* and belongs
//! to every inbox.
//!
//! Kept from the original because clients stumble over it: an envelope per endpoint; 401 for
//! "forbidden"; `priority:"none"` is a 500; an ISO snooze lands in 1970; an unknown assignee
//! unassigns; a labels POST without the key clears them; malformed JSON is a 400 without a body;
//! a route that does not exist is an HTML page.

mod catalogue;
mod conversation;
mod downloads;
mod filter;
mod list;
mod messages;
mod shapes;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use serde_json::json;

use super::desk::ACCOUNT_ID;
use super::server::{self, Site};
use super::world::company::ME;
use super::world::{Author, Key};

/// The agent who signs in, as an author.
const BY_ME: Author = Author::Colleague(ME);

pub(super) fn router(site: Site) -> Router {
    let account = Router::new()
        .route("/conversations", get(list::list))
        .route("/conversations/meta", get(list::meta))
        .route("/conversations/filter", post(filter::filter))
        .route(
            "/conversations/{id}",
            get(conversation::show)
                .patch(conversation::update)
                .put(conversation::update)
                .delete(forbidden),
        )
        .route("/conversations/{id}/toggle_status", post(conversation::toggle_status))
        .route("/conversations/{id}/toggle_priority", post(conversation::toggle_priority))
        .route("/conversations/{id}/toggle_typing_status", post(conversation::toggle_typing))
        .route("/conversations/{id}/assignments", post(conversation::assign))
        .route(
            "/conversations/{id}/labels",
            get(conversation::labels).post(conversation::set_labels),
        )
        .route("/conversations/{id}/update_last_seen", post(conversation::mark_seen))
        .route("/conversations/{id}/unread", post(conversation::mark_unread))
        .route("/conversations/{id}/mute", post(conversation::mute))
        .route("/conversations/{id}/unmute", post(conversation::unmute))
        .route("/conversations/{id}/messages", get(messages::list).post(messages::create))
        .route(
            "/conversations/{id}/messages/{message}",
            patch(messages::report).delete(messages::delete),
        )
        .route("/conversations/{id}/messages/{message}/retry", post(messages::retry))
        .route("/agents", get(catalogue::agents).post(forbidden))
        .route("/assignable_agents", get(catalogue::assignable))
        .route("/inboxes", get(catalogue::inboxes).post(forbidden))
        .route("/inboxes/{id}", get(catalogue::inbox))
        .route("/teams", get(catalogue::teams).post(forbidden))
        .route("/labels", get(catalogue::labels).post(forbidden))
        .route("/canned_responses", get(catalogue::canned).post(catalogue::create_canned))
        .route(
            "/canned_responses/{id}",
            patch(catalogue::change_canned)
                .put(catalogue::change_canned)
                .delete(catalogue::delete_canned),
        )
        .route("/contacts/{id}", get(catalogue::contact))
        .route("/contacts/{id}/conversations", get(catalogue::contact_conversations))
        .route_layer(from_fn_with_state(site.clone(), into_account));
    let signed_in = Router::new()
        .route("/api/v1/profile", get(catalogue::profile))
        .nest("/api/v1/accounts/{account}", account)
        .route_layer(from_fn_with_state(site.clone(), sign_in));
    Router::new()
        .route("/api", get(version))
        .merge(signed_in)
        .merge(downloads::router())
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .with_state(site)
}

/// Why a request is not carried out, and how this vendor says so.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Refusal {
    /// Nobody has signed in.
    SignIn,
    /// A token that nobody has.
    Token,
    /// An account of other people.
    Account,
    /// Not for this role. 401 as well, not 403.
    Forbidden,
    /// A status report on a channel that makes its own.
    ApiInboxOnly,
    /// No such record.
    NotFound,
    /// JSON that is none: an empty page.
    Malformed,
    /// What the server did not expect.
    Broken,
    /// Refused with a reason.
    Invalid(String),
    /// A record that cannot be saved: message and fields.
    Record(String, Vec<&'static str>),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::SignIn => {
                let body =
                    json!({ "errors": ["You need to sign in or sign up before continuing."] });
                return server::json(StatusCode::UNAUTHORIZED, &body);
            }
            Self::Malformed => {
                let mut page = server::html_page(StatusCode::BAD_REQUEST, "");
                *page.body_mut() = axum::body::Body::empty();
                return page;
            }
            Self::Broken => return server::server_error(crate::model::Vendor::Chatwoot),
            Self::Record(message, fields) => {
                let body = json!({ "message": message, "attributes": fields });
                return server::json(StatusCode::UNPROCESSABLE_ENTITY, &body);
            }
            Self::Token => (StatusCode::UNAUTHORIZED, "Invalid Access Token".to_owned()),
            Self::Account => (
                StatusCode::UNAUTHORIZED,
                "You are not authorized to access this account".to_owned(),
            ),
            Self::Forbidden => {
                (StatusCode::UNAUTHORIZED, "You are not authorized to do this action".to_owned())
            }
            Self::ApiInboxOnly => (
                StatusCode::FORBIDDEN,
                "Message status update is only allowed for API inboxes".to_owned(),
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "Resource could not be found".to_owned()),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
        };
        server::json(status, &json!({ "error": error }))
    }
}

impl From<server::BadBody> for Refusal {
    fn from(_: server::BadBody) -> Self {
        Self::Malformed
    }
}

/// What a handler comes to.
type Answer = Result<Response, Refusal>;

/// 200 with JSON.
fn ok(body: &serde_json::Value) -> Answer {
    Ok(server::json(StatusCode::OK, body))
}

/// The token may come in either spelling of the header: the server reads underscores, and
/// hyphens are the same to it.
async fn sign_in(
    State(site): State<Site>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    admit(&site, request.headers())?;
    Ok(next.run(request).await)
}

fn admit(site: &Site, headers: &HeaderMap) -> Result<(), Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = header("api_access_token").or_else(|| header("api-access-token"));
    match token.map(str::trim) {
        None | Some("") => Err(Refusal::SignIn),
        Some(token) if token == &*site.token => Ok(()),
        Some(_) => Err(Refusal::Token),
    }
}

/// Account 2 exists and is somebody else's.
async fn into_account(request: Request, next: Next) -> Result<Response, Refusal> {
    let path = request.uri().path();
    let number = path.split('/').nth(4).and_then(|number| number.parse::<u64>().ok());
    match number {
        Some(ACCOUNT_ID) => Ok(next.run(request).await),
        Some(2) => Err(Refusal::Account),
        _ => Err(Refusal::NotFound),
    }
}

async fn version(State(site): State<Site>) -> Response {
    let body = json!({
        "version": "4.15.1",
        "timestamp": site.world.now().naive(),
        "queue_services": "ok",
        "data_services": "ok",
    });
    server::json(StatusCode::OK, &body)
}

async fn no_route() -> Response {
    server::html_page(StatusCode::NOT_FOUND, "Page not found")
}

/// For administrators only.
async fn forbidden() -> Refusal {
    Refusal::Forbidden
}

/// The conversation of a path.
fn key(site: &Site, id: &str) -> Result<Key, Refusal> {
    let number = id.parse().map_err(|_| Refusal::NotFound)?;
    let key = Key { vendor: site.vendor, number };
    site.world.brief(key).map(|_| key).ok_or(Refusal::NotFound)
}
