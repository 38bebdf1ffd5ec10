//! What is sent to voicebot: the bodies of messages and uploads.

use serde_json::{Map, Value, json};

use crate::model::{Failure, Outcome, Outgoing, RemoteId, Status, Trouble, Upload, UploadSource};
use crate::providers::{json as read, kit};

use super::read::STATUSES;

/// The word for a status. `None` for one that cannot be written.
pub(super) fn status_word(status: &Status) -> Option<&'static str> {
    STATUSES.into_iter().find(|(ours, _)| ours == status).map(|(_, word)| word)
}

/// The content type for a file, which is also the type of its upload.
pub(super) fn media_type(mime: &str) -> &'static str {
    match mime.split('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "image" => "image",
        "video" => "video",
        "audio" => "audio",
        _ => "document",
    }
}

/// The one file of a reply, if it has one. A message carries exactly one content, and audio has no
/// caption, so what does not fit is refused before anything leaves.
///
/// # Errors
/// What does not fit, in one sentence.
pub(super) fn only_file(outgoing: &Outgoing) -> Result<Option<&Upload>, Failure> {
    let [file] = outgoing.attachments.as_slice() else {
        return if outgoing.attachments.is_empty() {
            Ok(None)
        } else {
            Err(Failure::unsupported("voicebot chat sends one file per message."))
        };
    };
    if media_type(&file.mime) == "audio" && !outgoing.text.trim().is_empty() {
        return Err(Failure::unsupported(
            "voicebot chat sends audio without a text; send the text as a message of its own.",
        ));
    }
    Ok(Some(file))
}

/// The `reference_id` of a reply that quotes.
///
/// # Errors
/// When the quoted entry is a note: only messages can be quoted.
pub(super) fn reference(outgoing: &Outgoing) -> Result<Option<&RemoteId>, Failure> {
    match &outgoing.in_reply_to {
        Some(id) if super::read::note_id(id).is_some() => {
            Err(Failure::unsupported("A note cannot be quoted to the customer."))
        }
        id => Ok(id.as_ref()),
    }
}

/// The body of a text message.
pub(super) fn text_message(text: &str, reference: Option<&RemoteId>) -> Value {
    message("text", json!({"content": text}), reference)
}

/// The body of a message with a file; the text goes along as its caption. `stored` is the object
/// that the upload answered, or `url` and `mime_type` of a public file.
pub(super) fn file_message(
    file: &Upload,
    caption: &str,
    stored: &Value,
    reference: Option<&RemoteId>,
) -> Value {
    let kind = media_type(&file.mime);
    let mut about = Map::new();
    if kind == "audio" {
        about.insert("voice".into(), false.into());
    }
    if kind == "document" {
        about.insert("filename".into(), file.name.as_str().into());
    }
    if !caption.trim().is_empty() {
        about.insert("caption".into(), caption.into());
    }
    let mut body = message(kind, about.into(), reference);
    if let Some(body) = body.as_object_mut() {
        body.insert("file".into(), stored.clone());
    }
    body
}

fn message(kind: &str, content: Value, reference: Option<&RemoteId>) -> Value {
    let mut body = Map::new();
    body.insert("type".into(), kind.into());
    body.insert(kind.into(), content);
    if let Some(id) = reference {
        body.insert("reference_id".into(), kit::id_value(id));
    }
    body.into()
}

/// A file where it lies: the form for the upload, or what a message says about a public file.
pub(super) enum Source {
    /// To be uploaded first.
    Form(reqwest::multipart::Form),
    /// To be named in the message.
    Public(Value),
}

/// Prepares a file for sending.
///
/// # Errors
/// When its media type is not one.
pub(super) fn source(file: &Upload) -> Result<Source, Failure> {
    match &file.source {
        UploadSource::Url(url) => Ok(Source::Public(json!({"url": url, "mime_type": file.mime}))),
        UploadSource::Bytes(bytes) => {
            let part = reqwest::multipart::Part::bytes(bytes.to_vec())
                .file_name(file.name.clone())
                .mime_str(&file.mime)
                .map_err(|_| {
                    let text = format!("“{}” is not a media type.", file.mime);
                    Failure::new(Outcome::Refused, Trouble::Rejected, text)
                })?;
            let form = reqwest::multipart::Form::new().text("type", media_type(&file.mime));
            Ok(Source::Form(form.part("file", part)))
        }
    }
}

/// What an upload answered, to be put into the message as it is.
///
/// # Errors
/// When it names no file: nothing was said to the customer then.
pub(super) fn stored(answer: &Value) -> Result<&Value, Failure> {
    let stored = read::unwrap(answer, &["data"]);
    if read::text(stored, "internal_uuid").is_some() {
        return Ok(stored);
    }
    Err(kit::unreadable("The upload was answered without a file id; the message was not sent."))
}

/// What went wrong with an upload, for the message that it was meant for: that one never left.
pub(super) fn upload_failure(failure: Failure) -> Failure {
    let outcome = match (failure.outcome, failure.trouble) {
        // The same bytes would most likely be answered the same way again.
        (Outcome::MaybeSent, Trouble::Unreadable) => Outcome::Refused,
        (Outcome::MaybeSent, _) => Outcome::NotSent,
        (outcome, _) => outcome,
    };
    Failure { outcome, ..failure }
}
