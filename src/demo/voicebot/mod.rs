//! voicebot chat's Client API over the made-up world, under `/third-party/v1`.

mod conversations;
mod files;
mod messages;
mod page;
mod people;
mod view;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use self::files::Uploads;
use self::view::Scene;
use super::answer::{Api, Refusal, has_bearer, object, origin};
use super::world::{Conversation, Key, World};
use crate::model::Vendor;

/// The largest upload, in bytes.
const LARGEST_UPLOAD: usize = 100 * 1024 * 1024;

/// What the handlers work with.
#[derive(Clone)]
struct Chat {
    api: Api,
    uploads: Uploads,
}

impl Chat {
    fn scene(&self, headers: &HeaderMap) -> Scene {
        let mut unread = HashMap::new();
        self.api.world.each(Vendor::Voicebot, |row| {
            if row.brief.unread > 0 {
                *unread.entry(row.brief.inbox).or_insert(0) += 1;
            }
            ControlFlow::Continue(())
        });
        Scene { now: self.api.now(), base: base(headers), unread }
    }

    /// The conversation that a path names.
    fn conversation(&self, number: &str) -> Result<Conversation, Refusal> {
        let key = number.parse().ok().map(|number| Key { vendor: Vendor::Voicebot, number });
        key.and_then(|key| self.api.world.conversation(key)).ok_or_else(|| missing("Conversation"))
    }
}

/// The whole API.
pub fn router(world: Arc<World>, token: &str) -> Router {
    let chat = Chat { api: Api::new(world, token), uploads: Uploads::default() };
    let note = get(conversations::note)
        .patch(conversations::change_note)
        .delete(conversations::delete_note);
    let inside = Router::new()
        .route("/conversations", get(conversations::list))
        .route("/conversations/{id}", get(conversations::one).patch(conversations::patch))
        .route("/conversations/{id}/mark-read", post(conversations::mark_read))
        .route("/conversations/{id}/restart", post(conversations::restart))
        .route(
            "/conversation/{id}/notes",
            get(conversations::notes).post(conversations::create_note),
        )
        .route("/conversation/{id}/notes/{note}", note)
        .route("/conversations/{id}/messages", get(messages::list).post(messages::send))
        .route("/conversations/{id}/messages/{message}", get(messages::one))
        .route("/conversations/{id}/messages/{message}/duplicate", post(messages::duplicate))
        .route("/conversations/{id}/messages/{message}/set-reaction", post(messages::react))
        .route("/conversations/{id}/messages/{message}/errors", get(messages::errors))
        .route("/conversations/{id}/messages/{message}/errors/{error}", get(messages::error))
        .route(
            "/files/temporary-upload",
            post(files::upload).layer(DefaultBodyLimit::max(LARGEST_UPLOAD)),
        )
        .route("/files/{uuid}", get(files::download))
        .route("/agents", get(people::agents))
        .route("/agents/{id}", get(people::agent))
        .route("/users", get(people::users))
        .route("/customers", get(people::customers))
        .route("/customers/{id}", get(people::customer))
        .route("/profiles/{id}", get(people::profile))
        .route("/whatsapp/templates", get(people::templates))
        .route("/whatsapp/send-template", post(people::send_template))
        .fallback(async || missing("Route"))
        .layer(middleware::from_fn_with_state(chat.clone(), authenticate))
        .route("/files/public/{uuid}", get(files::public))
        .with_state(chat);
    Router::new().nest("/third-party/v1", inside)
}

async fn authenticate(State(chat): State<Chat>, request: Request, next: Next) -> Response {
    if has_bearer(request.headers(), &chat.api.token) {
        next.run(request).await
    } else {
        let body = json!({"message": "Unauthenticated."});
        Refusal { status: StatusCode::UNAUTHORIZED, body }.into_response()
    }
}

/// The address of the API as the client reached it.
fn base(headers: &HeaderMap) -> String {
    format!("{}/third-party/v1", origin(headers))
}

fn missing(what: &str) -> Refusal {
    Refusal {
        status: StatusCode::NOT_FOUND,
        body: json!({"message": format!("{what} not found.")}),
    }
}

/// The body as Laravel takes it: what is no JSON object holds no fields, which validation then
/// finds missing.
fn fields(body: &Bytes) -> Value {
    object(body).unwrap_or_else(|| json!({}))
}

/// What validation finds wrong, by field.
#[derive(Default)]
struct Faults(Map<String, Value>);

impl Faults {
    fn add(&mut self, field: &str, message: impl Into<String>) {
        let messages = self.0.entry(field).or_insert_with(|| json!([]));
        if let Some(messages) = messages.as_array_mut() {
            messages.push(Value::String(message.into()));
        }
    }

    /// A single fault.
    fn one(field: &str, message: impl Into<String>) -> Refusal {
        let mut faults = Self::default();
        faults.add(field, message);
        faults.refusal()
    }

    /// Goes on only if nothing was found.
    fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    /// Laravel's 422: the first message, how many more, and all of them by field.
    fn refusal(self) -> Refusal {
        let all: Vec<&Value> = self.0.values().filter_map(Value::as_array).flatten().collect();
        let first = all.first().and_then(|first| first.as_str()).unwrap_or_default();
        let message = match all.len() {
            0 | 1 => first.to_owned(),
            2 => format!("{first} (and 1 more error)"),
            many => format!("{first} (and {} more errors)", many - 1),
        };
        Refusal {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            body: json!({"message": message, "errors": self.0}),
        }
    }
}
