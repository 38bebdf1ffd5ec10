//! What is sent to Partoo: the bodies of messages and changes.

use serde_json::{Value, json};

use crate::model::{ConversationId, Failure, Outgoing, Person, Status, UploadSource};
use crate::providers::kit;

/// The statuses that can be set and the word to *write* for each; what is read has a capital, and
/// means something else (see `read::reply_window`).
pub(super) const STATUSES: [(Status, &str); 2] =
    [(Status::Open, "open"), (Status::Resolved, "closed")];

/// The body that sets the state of work.
pub(super) fn status(status: &Status) -> Value {
    let word = STATUSES.into_iter().find(|(ours, _)| ours == status).map(|(_, word)| word);
    json!({"status": word})
}

/// The body that gives a conversation to somebody. Nobody is a word of its own, not `null`.
pub(super) fn assignee(person: Option<&Person>) -> Value {
    let id = person.map_or_else(|| "unassigned".to_owned(), |person| person.id.to_string());
    json!({"assigned_user_id": id})
}

/// The body of a message. For media the field that carries the address is not documented; `content`
/// is assumed, because it is the only one that a message has when it is read. The vendor knows no
/// quotes: `in_reply_to` stays here.
///
/// # Errors
/// What cannot be sent, in one sentence.
pub(super) fn message(
    conversation: &ConversationId,
    outgoing: &Outgoing,
) -> Result<Value, Failure> {
    let (content_type, content) = match outgoing.attachments.as_slice() {
        [] => ("Text", outgoing.text.as_str()),
        [_, _, ..] => return Err(Failure::unsupported("Partoo sends one file per message.")),
        [_] if !outgoing.text.trim().is_empty() => {
            return Err(Failure::unsupported(
                "Partoo sends a file without a text; send the text as a message of its own.",
            ));
        }
        [file] => match &file.source {
            UploadSource::Url(url) => (content_type(&file.mime), url.as_str()),
            UploadSource::Bytes(_) => {
                return Err(Failure::unsupported("Partoo takes media only by a public URL."));
            }
        },
    };
    Ok(json!({
        "conversation_id": kit::id_value(&conversation.remote),
        "content_type": content_type,
        "content": content,
    }))
}

fn content_type(mime: &str) -> &'static str {
    match mime.split('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "image" => "Image",
        "video" => "Video",
        "audio" => "Audio",
        _ => "Document",
    }
}
