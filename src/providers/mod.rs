//! Speaks to vendors: one folder each behind one trait. Nothing vendor-shaped leaves a folder,
//! and no folder knows about the screen or about the others.

pub mod http;
pub mod json;
mod kit;
pub mod partoo;
#[cfg(test)]
mod recorder;
pub mod voicebot;

use futures_util::future::BoxFuture;

use crate::model::{Action, Ask, Capabilities, ConversationId, Delta, Failure, OpKey};

/// What every vendor's adapter does.
pub trait Provider: Send + Sync + 'static {
    /// What this account can do now. May change after connecting (roles, a learnt refusal).
    fn capabilities(&self) -> Capabilities;

    /// Answers a question.
    ///
    /// # Errors
    /// What went wrong; the outcome of a read never matters.
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<Vec<Delta>, Failure>>;

    /// Carries out one action. The news that comes back is what the answer told; it may be empty
    /// (many vendors acknowledge with nothing), and then the conversation has to be read again.
    /// A written message that the answer describes comes back as [`Delta::Message`].
    ///
    /// # Errors
    /// What went wrong, and whether it may have taken effect.
    fn apply(
        &self,
        conversation: ConversationId,
        action: Action,
        key: OpKey,
    ) -> BoxFuture<'_, Result<Vec<Delta>, Failure>>;
}
