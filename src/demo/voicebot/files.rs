//! Uploads and downloads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

use super::messages::blank;
use super::{Chat, Faults, missing, view};
use crate::demo::answer::{self, Answer, Refusal};
use crate::demo::server::parts;
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
pub(super) async fn upload(State(chat): State<Chat>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = parts(&headers, body)
        .await
        .map_err(|_| Faults::one("file", "The file failed to upload."))?;
    let part = |name: &str| form.iter().find(|part| part.name == name);
    let word = part("type").map(|part| String::from_utf8_lossy(&part.bytes)).unwrap_or_default();
    let kind =
        kind_of(&word).ok_or_else(|| Faults::one("type", "The selected type is invalid."))?;
    let given = part("file").ok_or_else(|| Faults::one("file", "The file field is required."))?;
    let name = given.file_name.clone().unwrap_or_else(|| "file".to_owned());
    let mime = given.mime.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    if kind != FileKind::File && mime.split('/').next() != Some(&word) {
        return Err(Faults::one("file", format!("The file field must be of type {word}.")));
    }
    let size = given.bytes.len() as u64;
    let file = Attachment {
        mime: mime.clone(),
        size,
        bytes: Some(given.bytes.to_vec().into()),
        ..blank(kind, name.clone())
    };
    let uuid = chat.uploads.add(file, chat.site.world.now());
    Ok(Json(json!({
        "internal_uuid": uuid,
        "url": format!("{}/files/public/{uuid}", chat.base()),
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
        || view::file_id(&uuid).and_then(|id| chat.site.world.attachment(Vendor::Voicebot, id));
    let found = chat.uploads.find(&uuid, chat.site.world.now()).or_else(sent);
    found.map(|found| answer::file(&found)).ok_or_else(|| missing("File"))
}

/// `GET /files/public/{uuid}`: the same, without.
pub(super) async fn public(chat: State<Chat>, uuid: Path<String>) -> Result<Response, Refusal> {
    download(chat, uuid).await
}
