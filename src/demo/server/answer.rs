//! Answers, and the shapes in which each vendor refuses.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json as value};

use crate::model::Vendor;

/// JSON with a status.
pub fn json(status: StatusCode, body: &Value) -> Response {
    typed(status, "application/json; charset=utf-8", body.to_string())
}

/// A status and nothing else.
pub fn bare(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// 200 with an empty body that claims to be JSON.
pub fn empty() -> Response {
    typed(StatusCode::OK, "application/json", String::new())
}

/// A file as it is.
pub fn file(mime: &str, bytes: Vec<u8>) -> Response {
    let mime = if mime.is_empty() { "application/octet-stream" } else { mime };
    typed(StatusCode::OK, mime, bytes)
}

/// An error page for people, as proxies and frameworks make them.
pub fn html_page(status: StatusCode, title: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body {{ font-family: sans-serif }}</style></head>\n<body>\n<h1>{code}</h1>\n\
         <p>{title}</p>\n</body>\n</html>\n",
        code = status.as_u16()
    );
    typed(status, "text/html; charset=UTF-8", page)
}

/// What a vendor says to a wrong or missing token.
pub fn unauthorized(vendor: Vendor) -> Response {
    let body = match vendor {
        Vendor::Chatwoot => value!({ "error": "Invalid Access Token" }),
        Vendor::Enneo => value!({ "error": "Unauthorized", "details": "jwt malformed" }),
        Vendor::Voicebot => value!({ "message": "Unauthenticated." }),
        Vendor::Partoo => {
            value!({ "errors": { "authentication": "User not authenticated" } })
        }
    };
    json(StatusCode::UNAUTHORIZED, &body)
}

/// What a vendor says when it will not do something, with its reason.
pub fn refused(vendor: Vendor, status: StatusCode, reason: &str) -> Response {
    let body = match vendor {
        Vendor::Chatwoot | Vendor::Enneo => value!({ "error": reason }),
        Vendor::Voicebot => value!({ "message": reason }),
        Vendor::Partoo => value!({ "errors": { "json": reason } }),
    };
    json(status, &body)
}

/// What a vendor says when it broke.
pub fn server_error(vendor: Vendor) -> Response {
    let body = match vendor {
        Vendor::Chatwoot => value!({ "status": 500, "error": "Internal Server Error" }),
        Vendor::Enneo => value!({
            "error": "Something went wrong.",
            "details": "TypeError at /app/src/ticket.ts:211",
            "txId": "d1c0ffee-0000-4000-8000-00000000desk",
        }),
        Vendor::Voicebot => value!({ "message": "Server Error" }),
        Vendor::Partoo => value!({ "errors": { "server": "Internal error" } }),
    };
    json(StatusCode::INTERNAL_SERVER_ERROR, &body)
}

/// What a vendor says to too many requests; Chatwoot never says for how long.
pub fn too_many(vendor: Vendor, retry_after: Option<u64>) -> Response {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let mut response = match vendor {
        Vendor::Chatwoot => typed(status, "text/plain", "Retry later\n"),
        Vendor::Voicebot => json(status, &value!({ "message": "Too Many Attempts." })),
        Vendor::Enneo | Vendor::Partoo => bare(status),
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn typed(status: StatusCode, mime: &str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    if let Ok(mime) = HeaderValue::from_str(mime) {
        response.headers_mut().insert(header::CONTENT_TYPE, mime);
    }
    response
}
