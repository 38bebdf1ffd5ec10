//! Uploads and downloads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::messages::blank;
use super::{Chat, Faults, base, missing, view};
use crate::demo::answer::{self, Answer, Refusal};
use crate::demo::world::{At, Attachment, DAY, FileKind};
use crate::model::Vendor;

/// Files that wait to be sent, at most for a day.
#[derive(Clone, Default)]
pub(super) struct Uploads(Arc<Mutex<HashMap<String, (At, Attachment)>>>);

impl Uploads {
    fn add(&self, file: Attachment, now: At) -> String {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let uuid = format!("7e300000-0000-4000-9000-{:012x}", all.len() + 1);
        all.insert(uuid.clone(), (now, file));
        uuid
    }

    /// An upload that has not run out.
    pub(super) fn find(&self, uuid: &str, now: At) -> Option<Attachment> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(uuid).filter(|(at, _)| at.plus(DAY) > now).map(|(_, file)| file.clone())
    }
}

/// Reads the `type` of a media message.
pub(super) fn kind_of(word: &str) -> Option<FileKind> {
    match word {
        "image" => Some(FileKind::Image),
        "video" => Some(FileKind::Video),
        "audio" => Some(FileKind::Audio),
        "document" => Some(FileKind::File),
        _ => None,
    }
}

/// `POST /files/temporary-upload`: answers with the bare object.
pub(super) async fn upload(
    State(chat): State<Chat>,
    headers: HeaderMap,
    mut form: Multipart,
) -> Answer {
    let broken = |_| Faults::one("file", "The file failed to upload.");
    let mut word = String::new();
    let mut file = None;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("type") => word = field.text().await.map_err(broken)?,
            Some("file") => {
                let name = field.file_name().unwrap_or("file").to_owned();
                let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
                file = Some((name, mime, field.bytes().await.map_err(broken)?));
            }
            _ => {}
        }
    }
    let kind =
        kind_of(&word).ok_or_else(|| Faults::one("type", "The selected type is invalid."))?;
    let (name, mime, bytes) =
        file.ok_or_else(|| Faults::one("file", "The file field is required."))?;
    if kind != FileKind::File && mime.split('/').next() != Some(word.as_str()) {
        return Err(Faults::one("file", format!("The file field must be of type {word}.")));
    }
    let size = bytes.len() as u64;
    let file = Attachment {
        mime: mime.clone(),
        size,
        bytes: Some(bytes.to_vec().into()),
        ..blank(kind, name.clone())
    };
    let uuid = chat.uploads.add(file, chat.api.now());
    Ok(Json(json!({
        "internal_uuid": uuid,
        "url": format!("{}/files/public/{uuid}", base(&headers)),
        "name": name,
        "type": word,
        "mime_type": mime,
        "size": size,
    })))
}

/// `GET /files/{uuid}`: with the token.
pub(super) async fn download(
    State(chat): State<Chat>,
    Path(uuid): Path<String>,
) -> Result<Response, Refusal> {
    let sent =
        || view::file_id(&uuid).and_then(|id| chat.api.world.attachment(Vendor::Voicebot, id));
    let found = chat.uploads.find(&uuid, chat.api.now()).or_else(sent);
    found.map(|found| answer::file(&found)).ok_or_else(|| missing("File"))
}

/// `GET /files/public/{uuid}`: the same, without.
pub(super) async fn public(chat: State<Chat>, uuid: Path<String>) -> Result<Response, Refusal> {
    download(chat, uuid).await
}
