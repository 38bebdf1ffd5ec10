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

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use self::files::Uploads;
use self::view::Scene;
use super::answer::{Refusal, has_bearer, object};
use super::server::{Site, unauthorized};
use super::world::{Conversation, Key};
use crate::model::Vendor;

/// What the handlers work with.
#[derive(Clone)]
struct Chat {
    site: Site,
    uploads: Uploads,
}

impl Chat {
    fn scene(&self) -> Scene {
        let mut unread = HashMap::new();
        self.site.world.each(Vendor::Voicebot, |row| {
            if row.brief.unread > 0 {
                *unread.entry(row.brief.inbox).or_insert(0) += 1;
            }
            ControlFlow::Continue(())
        });
        Scene { now: self.site.world.now(), base: self.base(), unread }
    }

    /// The address of the API.
    fn base(&self) -> String {
        format!("{}/third-party/v1", self.site.origin)
    }

    /// The conversation that a path names.
    fn conversation(&self, number: &str) -> Result<Conversation, Refusal> {
        let key = number.parse().ok().map(|number| Key { vendor: Vendor::Voicebot, number });
        key.and_then(|key| self.site.world.conversation(key)).ok_or_else(|| missing("Conversation"))
    }
}

/// The whole API.
pub(super) fn router(site: Site) -> Router {
    let chat = Chat { site, uploads: Uploads::default() };
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
        .route("/files/temporary-upload", post(files::upload))
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
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(chat.clone(), authenticate))
        .route("/files/public/{uuid}", get(files::public))
        .with_state(chat);
    Router::new().nest("/third-party/v1", inside)
}

async fn authenticate(State(chat): State<Chat>, request: Request, next: Next) -> Response {
    if has_bearer(request.headers(), &chat.site.token) {
        next.run(request).await
    } else {
        unauthorized(Vendor::Voicebot)
    }
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
