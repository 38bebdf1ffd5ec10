//! Every request that the vendors document and this program makes. What is not here may not leave.
//! `*` is one segment. The marks are those of the vendors' fact sheets: all are documented but the
//! few that say otherwise.

use ttydesk::demo::Entry;
use ttydesk::model::Vendor;

const CHATWOOT: &[&str] = &[
    "GET /api/v1/profile",
    "GET /api/v1/accounts/*/conversations",
    "GET /api/v1/accounts/*/conversations/*",
    "PATCH /api/v1/accounts/*/conversations/*",
    "GET /api/v1/accounts/*/conversations/*/messages",
    "POST /api/v1/accounts/*/conversations/*/messages",
    "POST /api/v1/accounts/*/conversations/*/messages/*/retry", // seen in the server's source
    "POST /api/v1/accounts/*/conversations/*/toggle_status",
    "POST /api/v1/accounts/*/conversations/*/assignments",
    "POST /api/v1/accounts/*/conversations/*/labels",
    "POST /api/v1/accounts/*/conversations/*/update_last_seen", // seen in the server's source
    "POST /api/v1/accounts/*/conversations/*/unread",           // seen in the server's source
    "GET /api/v1/accounts/*/inboxes",
    "GET /api/v1/accounts/*/agents",
    "GET /api/v1/accounts/*/teams",
    "GET /api/v1/accounts/*/labels",
    "GET /api/v1/accounts/*/canned_responses",
];

const ENNEO: &[&str] = &[
    "POST /api/mind/ticket/search",
    "GET /api/mind/ticket/*",
    "PATCH /api/mind/ticket/*",
    "GET /api/mind/ticket/*/conversation",
    "POST /api/mind/ticket/*/conversation/reply",
    "POST /api/mind/ticket/*/conversation/store",
    "PATCH /api/mind/ticket/*/conversation/*",
    "GET /api/mind/tag",
    "GET /api/mind/template",
    "GET /api/mind/settings/subchannel",
    "GET /api/mind/profile",
    "GET /api/mind/profile/*",
    "GET /api/mind/profiles",
];

const VOICEBOT: &[&str] = &[
    "GET /third-party/v1/conversations",
    "GET /third-party/v1/conversations/*",
    "PATCH /third-party/v1/conversations/*",
    "POST /third-party/v1/conversations/*/mark-read",
    "GET /third-party/v1/conversations/*/messages",
    "POST /third-party/v1/conversations/*/messages",
    "POST /third-party/v1/conversations/*/messages/*/duplicate",
    "GET /third-party/v1/conversation/*/notes", // listed only
    "POST /third-party/v1/conversation/*/notes", // assumed
    "POST /third-party/v1/conversations/*/notes", // assumed, where the singular is not found
    "PATCH /third-party/v1/conversation/*/notes/*",
    "POST /third-party/v1/files/temporary-upload",
    "GET /third-party/v1/users", // assumed
];

const PARTOO: &[&str] = &[
    "GET /v2/conversations",
    "GET /v2/conversations/*",
    "PATCH /v2/conversations/*",
    "POST /v2/conversations/*", // deprecated; nothing else marks unread
    "POST /v2/conversations/*/read",
    "GET /v2/messages",
    "POST /v2/messages",
    "POST /v2/messages/*/retry",
    "GET /v2/messaging/templates",
    "GET /v2/user/me",
    "GET /v2/user/search",
];

/// The documented call that a request is.
pub fn call(vendor: Vendor, method: &str, path: &str) -> Option<&'static str> {
    let calls = match vendor {
        Vendor::Chatwoot => CHATWOOT,
        Vendor::Enneo => ENNEO,
        Vendor::Voicebot => VOICEBOT,
        Vendor::Partoo => PARTOO,
    };
    let is_like = |pattern: &str| {
        pattern.split('/').count() == path.split('/').count()
            && pattern.split('/').zip(path.split('/')).all(|(want, is)| want == "*" || want == is)
    };
    // The exact path first: `/ticket/search` is no ticket.
    let is_it = |call: &&&str| {
        call.split_once(' ').is_some_and(|(word, pattern)| word == method && is_like(pattern))
    };
    calls.iter().filter(is_it).min_by_key(|call| call.matches('*').count()).copied()
}

/// Fails on a request that no vendor documents, or that changes something although it reads.
pub fn check(entry: &Entry) {
    let Entry { vendor, method, path, query, .. } = entry;
    let known = call(*vendor, method, path);
    assert!(known.is_some(), "{} documents no {method} {path}", vendor.name());
    // The two parameters with which a GET of enneo has side effects or gives secrets away.
    for dangerous in ["refresh", "showSecrets"] {
        assert!(!query.contains(dangerous), "{method} {path}?{query}");
    }
}

/// Whether a request changes something that the customer or a colleague can see.
pub fn is_write(entry: &Entry) -> bool {
    let reads_by_post = entry.path.ends_with("/ticket/search");
    let uploads = entry.path.ends_with("/files/temporary-upload");
    entry.method != "GET" && !reads_by_post && !uploads
}
