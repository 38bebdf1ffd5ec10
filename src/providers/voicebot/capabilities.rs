//! What can be done at voicebot chat, and in which words the rest is refused.

use super::read::STATUSES;
use crate::model::{Capabilities, Folder, PollEvery, Support, Vendor};

const NO_PRIORITY: &str = "voicebot chat has no priorities.";

/// The same for every account: the API tells nothing about roles.
pub(super) fn capabilities() -> Capabilities {
    Capabilities {
        vendor: Vendor::Voicebot,
        // Which filters the server knows is not documented.
        folders: vec![Folder::Recent],
        statuses: STATUSES.to_vec(),
        reply: Support::Yes,
        server_drafts: Support::no("voicebot chat keeps no drafts; yours stay on this machine."),
        notes: Support::Yes,
        edit_notes: Support::Yes,
        snooze: Support::no("voicebot chat shows when it snoozes, but cannot be told to."),
        assign: Support::Yes,
        teams: Support::no("voicebot chat has no teams."),
        priority: Support::no(NO_PRIORITY),
        clear_priority: Support::no(NO_PRIORITY),
        labels: Support::no("voicebot chat has no labels."),
        sla: Support::no("voicebot chat has no SLA policies."),
        mark_read: Support::Yes,
        mark_unread: Support::no("voicebot chat cannot mark a conversation unread."),
        retry: Support::Yes,
        store: Support::no("voicebot chat cannot store a message without sending it."),
        attachments: Support::Yes,
        canned: Support::no("voicebot chat has WhatsApp templates only; they are not offered yet."),
        max_text: None,
        // No limit is documented; the usual one of such servers is 60 requests a minute.
        poll: PollEvery { list: 20, thread: 4 },
    }
}
