//! Speaks to vendors: one folder each behind one trait. Nothing vendor-shaped leaves a folder,
//! and no folder knows about the screen or about the others.

pub mod chatwoot;
pub mod enneo;
pub mod http;
pub mod json;
mod kit;
pub mod partoo;
#[cfg(test)]
mod recorder;
pub mod voicebot;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::config::Account;
use crate::model::{
    AccountId, Action, Ask, Capabilities, ConversationId, Delta, Failure, OpKey, Vendor,
};

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

/// The adapter for a configured account. Nothing is sent yet.
///
/// # Errors
/// When the configuration cannot be used: a URL that is none, a missing account number.
pub fn connect(account: AccountId, config: &Account) -> Result<Arc<dyn Provider>, Failure> {
    match config.vendor {
        Vendor::Chatwoot => chatwoot::connect(account, config),
        Vendor::Enneo => enneo::connect(account, config),
        Vendor::Voicebot => voicebot::connect(account, config),
        Vendor::Partoo => partoo::connect(account, config),
    }
}
