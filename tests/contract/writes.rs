//! What each action sends to each vendor, out of the vendors' documents: method, path, body, and
//! the header that signs in. What stands here for no action, the vendor cannot do.

use serde_json::{Value, json};
use ttydesk::demo::Entry;
use ttydesk::model::Vendor;

use super::stage::{Known, Stage};

/// A request that changes something.
pub struct Write {
    pub line: String,
    pub body: Body,
}

/// What it carries.
pub enum Body {
    Nothing,
    Json(Value),
    /// A form with these texts in it.
    Form(Vec<String>),
}

/// The header that a vendor's token goes into.
pub fn auth_header(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Chatwoot => "api-access-token",
        Vendor::Enneo | Vendor::Voicebot => "authorization",
        Vendor::Partoo => "x-apikey",
    }
}

/// The one write that an action is; `None` where the vendor has no such thing.
pub fn expected(vendor: Vendor, name: &str, known: &Known, stage: &Stage) -> Option<Write> {
    match vendor {
        Vendor::Chatwoot => chatwoot(name, known, stage),
        Vendor::Enneo => enneo(name, known, stage),
        Vendor::Voicebot => voicebot(name, known, stage),
        Vendor::Partoo => partoo(name, known, stage),
    }
}

fn chatwoot(name: &str, known: &Known, stage: &Stage) -> Option<Write> {
    let root = format!("/api/v1/accounts/1/conversations/{}", stage.key.number);
    let post = |path: &str, body| Write { line: format!("POST {root}{path}"), body };
    let json = |path: &str, body| Some(post(path, Body::Json(body)));
    let bare = |path: &str| Some(post(path, Body::Nothing));
    let patch = |body| Some(Write { line: format!("PATCH {root}"), body: Body::Json(body) });
    let status = |word: &str| json("/toggle_status", json!({"status": word}));
    match name {
        "reply" => json(
            "/messages",
            json!({"content": "It is on the lorry.", "private": false, "echo_id": "ttydesk-7"}),
        ),
        "reply to recipients" => json(
            "/messages",
            json!({
                "content": "To all of you.", "private": false, "echo_id": "ttydesk-7",
                "to_emails": "to@mail.example", "cc_emails": "cc@mail.example",
                "bcc_emails": "bcc@mail.example",
            }),
        ),
        "reply that quotes" => json(
            "/messages",
            json!({
                "content": "To this.", "private": false, "echo_id": "ttydesk-7",
                "content_attributes": {"in_reply_to": stage.question},
            }),
        ),
        "reply with a file" => Some(post(
            "/messages",
            Body::Form(
                [
                    "name=\"content\"\r\n\r\nWith a file.\r\n",
                    "name=\"private\"\r\n\r\nfalse\r\n",
                    "name=\"echo_id\"\r\n\r\nttydesk-7\r\n",
                    "name=\"attachments[]\"; filename=\"hello.txt\"",
                    "Content-Type: text/plain\r\n\r\nhello\r\n",
                ]
                .map(str::to_owned)
                .to_vec(),
            ),
        )),
        "note" => json(
            "/messages",
            json!({"content": "For us <only>.", "private": true, "echo_id": "ttydesk-7"}),
        ),
        "retry" => bare(&format!("/messages/{}/retry", stage.failed)),
        "open" | "pending" | "snoozed" | "resolved" => status(name),
        "snooze" => status("snoozed"),
        // Whole epoch seconds; the moment itself is compared where the effect is.
        "snooze until" => {
            json("/toggle_status", json!({"status": "snoozed", "snoozed_until": stage.snooze_end}))
        }
        "assign" => json("/assignments", json!({"assignee_id": number(&known.colleague.id)})),
        "unassign" => json("/assignments", json!({"assignee_id": null})),
        "assign team" => json("/assignments", json!({"team_id": number(&known.team.id)})),
        "unassign team" => json("/assignments", json!({"team_id": 0})),
        "priority" => patch(json!({"priority": "urgent"})),
        // Never the documented "none", which breaks the server.
        "no priority" => patch(json!({"priority": null})),
        "labels" => json("/labels", json!({"labels": ["invoice"]})),
        "no labels" => json("/labels", json!({"labels": []})),
        "sla" => patch(json!({"sla_policy_id": 4})),
        "no sla" => patch(json!({"sla_policy_id": null})),
        "read" | "read, and tell" => bare("/update_last_seen"),
        "unread" => bare("/unread"),
        _ => None,
    }
}

fn enneo(name: &str, known: &Known, stage: &Stage) -> Option<Write> {
    let root = format!("/api/mind/ticket/{}", stage.key.number);
    let write = |method: &str, path: &str, body| {
        Some(Write { line: format!("{method} {root}{path}"), body: Body::Json(body) })
    };
    let reply = |body| write("POST", "/conversation/reply", body);
    let store = |body| write("POST", "/conversation/store", body);
    let ticket = |body| write("PATCH", "", body);
    let entry = |id: u64, body| write("PATCH", &format!("/conversation/{id}"), body);
    match name {
        "reply" => reply(json!({
            "content": {"message": "It is on the lorry."}, "type": "text", "direction": "out",
        })),
        "reply to recipients" => reply(json!({
            "content": {"message": "To all of you."}, "type": "text", "direction": "out",
            "subject": "Your bicycle", "to": ["to@mail.example"], "cc": ["cc@mail.example"],
            "bcc": ["bcc@mail.example"],
        })),
        // enneo's replies quote nothing.
        "reply that quotes" => reply(json!({
            "content": {"message": "To this."}, "type": "text", "direction": "out",
        })),
        "reply with a file" => reply(json!({
            "content": {"message": "With a file."}, "type": "text", "direction": "out",
            "attachments": [{"name": "hello.txt", "base64": "aGVsbG8="}],
        })),
        "note" => store(json!({
            "process": "false", "direction": "internal", "private": true,
            "body": "For us &lt;only&gt;.", "bodyPlain": "For us <only>.",
            "externalConversationId": "ttydesk-7",
        })),
        "edit note" => {
            entry(stage.note, json!({"content": {"message": "Asked & answered."}, "type": "text"}))
        }
        "create draft" => reply(json!({
            "content": {"message": "Perhaps on Tuesday."}, "type": "text", "direction": "out",
            "isDraft": true,
        })),
        "edit draft's text" => entry(stage.draft, json!({"content": {"message": "On Wednesday."}})),
        "edit draft's everything" => entry(
            stage.draft,
            json!({
                "content": {"message": "On Thursday <promised>."}, "type": "text",
                "to": ["to@mail.example"], "cc": ["cc@mail.example"], "bcc": ["bcc@mail.example"],
                "intentIds": [3, 5],
                "attachments": [
                    {"name": "hello.txt", "base64": "aGVsbG8="},
                    {"name": "plan.pdf", "url": "https://files.example/plan.pdf"},
                ],
                "subchannelId": 11,
            }),
        ),
        "publish draft" => entry(stage.draft, json!({"isDraft": false})),
        "store the customer's" => store(json!({
            "process": "false", "direction": "in", "from": "customer@mail.example",
            "subject": "On the phone", "body": "He called &amp; asked.<br>\nTwice.",
            "bodyPlain": "He called & asked.\nTwice.", "createdAt": "2023-11-14 22:13:20",
            "externalConversationId": "ttydesk-7",
        })),
        "store ours" => store(json!({
            "process": "false", "direction": "out", "fromName": "Front desk",
            "subject": "On the phone", "body": "He called &amp; asked.<br>\nTwice.",
            "bodyPlain": "He called & asked.\nTwice.", "createdAt": "2023-11-14 22:13:20",
            "externalConversationId": "ttydesk-7",
        })),
        "open" | "pending" => ticket(json!({"status": name})),
        "resolved" => ticket(json!({"status": "closed"})),
        "assign" => ticket(json!({"workedOnBy": number(&known.colleague.id)})),
        "unassign" => ticket(json!({"workedOnBy": null})),
        "priority" => ticket(json!({"priority": "urgent"})),
        "labels" => ticket(json!({
            "addTagIds": [number(&known.labels[1].id)],
            "removeTagIds": [number(&known.labels[0].id)],
        })),
        "no labels" => ticket(json!({"removeTagIds": [number(&known.labels[0].id)]})),
        _ => None,
    }
}

fn voicebot(name: &str, known: &Known, stage: &Stage) -> Option<Write> {
    let number_of = stage.key.number;
    let root = format!("/third-party/v1/conversations/{number_of}");
    let notes = format!("/third-party/v1/conversation/{number_of}/notes");
    let write = |line: String, body| Some(Write { line, body: Body::Json(body) });
    let patch = |body| write(format!("PATCH {root}"), body);
    let send = |body| write(format!("POST {root}/messages"), body);
    let text = |text: &str| send(json!({"type": "text", "text": {"content": text}}));
    let read = |tell: bool| write(format!("POST {root}/mark-read"), json!({"mark_external": tell}));
    match name {
        "reply" => text("It is on the lorry."),
        // A messenger has no recipients.
        "reply to recipients" => text("To all of you."),
        "reply that quotes" => send(json!({
            "type": "text", "text": {"content": "To this."}, "reference_id": stage.question,
        })),
        // The file is uploaded before; its answer goes into `file` as it is.
        "reply with a file" => send(json!({
            "type": "document",
            "document": {"filename": "hello.txt", "caption": "With a file."},
            "file": {"name": "hello.txt", "type": "document", "mime_type": "text/plain", "size": 5},
        })),
        "note" => write(format!("POST {notes}"), json!({"text": "For us <only>."})),
        "edit note" => {
            write(format!("PATCH {notes}/{}", stage.note), json!({"text": "Asked & answered."}))
        }
        "retry" => Some(Write {
            line: format!("POST {root}/messages/{}/duplicate", stage.failed),
            body: Body::Nothing,
        }),
        "open" => patch(json!({"status": "to-do"})),
        "pending" => patch(json!({"status": "in-progress"})),
        "resolved" => patch(json!({"status": "done"})),
        "assign" => patch(json!({"user_id": number(&known.colleague.id)})),
        "unassign" => patch(json!({"user_id": null})),
        "read" => read(false),
        "read, and tell" => read(true),
        _ => None,
    }
}

fn partoo(name: &str, known: &Known, stage: &Stage) -> Option<Write> {
    let id = stage.key.number;
    let write = |line: String, body| Some(Write { line, body: Body::Json(body) });
    let patch = |body| write(format!("PATCH /v2/conversations/{id}"), body);
    let send = |kind: &str, content: &str| {
        let body = json!({"conversation_id": id, "content_type": kind, "content": content});
        write("POST /v2/messages".into(), body)
    };
    match name {
        "reply" => send("Text", "It is on the lorry."),
        // A messenger has no recipients, and Partoo no quotes.
        "reply to recipients" => send("Text", "To all of you."),
        "reply that quotes" => send("Text", "To this."),
        "reply with a file" => send("Document", "https://files.example/plan.pdf"),
        "retry" => write(format!("POST /v2/messages/{}/retry", stage.failed), json!({})),
        "open" => patch(json!({"status": "open"})),
        "resolved" => patch(json!({"status": "closed"})),
        "assign" => patch(json!({"assigned_user_id": known.colleague.id.to_string()})),
        // A word, not null.
        "unassign" => patch(json!({"assigned_user_id": "unassigned"})),
        "read" | "read, and tell" => write(format!("POST /v2/conversations/{id}/read"), json!({})),
        "unread" => write(format!("POST /v2/conversations/{id}"), json!({"is_read": false})),
        _ => None,
    }
}

fn number(id: &ttydesk::model::RemoteId) -> u64 {
    id.number().unwrap()
}

impl Write {
    /// Fails unless a request is this one.
    pub fn check(&self, entry: &Entry) {
        let line = format!("{} {}", entry.method, entry.path);
        assert_eq!(line, self.line);
        assert_eq!(entry.query, "", "{line}");
        assert_eq!(entry.auth, [auth_header(entry.vendor)], "{line}");
        let header = |wanted: &str| {
            let found = entry.headers.iter().find(|(name, _)| name == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        assert_eq!(header("accept"), "application/json", "{line}");
        let kind = header("content-type");
        match &self.body {
            Body::Nothing => assert_eq!((kind, entry.body.as_str()), ("", ""), "{line}"),
            Body::Json(body) => {
                assert_eq!(kind, "application/json", "{line}");
                assert_eq!(&without_upload(entry.json()), body, "{line}");
            }
            Body::Form(parts) => {
                assert!(kind.starts_with("multipart/form-data; boundary="), "{line}: {kind}");
                for part in parts {
                    assert!(entry.body.contains(part.as_str()), "{line}: {part:?} {}", entry.body);
                }
            }
        }
    }
}

/// A body without the two fields of an upload that differ each time; they have to be there.
fn without_upload(mut body: Value) -> Value {
    if let Some(file) = body.get_mut("file").and_then(Value::as_object_mut) {
        for field in ["internal_uuid", "url"] {
            assert!(file.remove(field).is_some_and(|value| value.is_string()), "no {field}");
        }
    }
    body
}
