//! One `[[account]]` of the configuration.

use super::secret::TokenSource;
use crate::model::Vendor;

/// One account, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The badge shown, unique.
    pub name: String,
    /// Whose API it is.
    pub vendor: Vendor,
    /// Base URL as the vendor documents it.
    pub url: String,
    /// Chatwoot's account number.
    pub account_id: Option<u64>,
    /// How to sign in.
    pub credential: Credential,
    /// enneo: the zone that naive times are in; an IANA name, default UTC.
    pub timezone: jiff::tz::TimeZone,
}

/// How an account signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// An API token in the vendor's header.
    Token(TokenSource),
    /// enneo: a `connect.sid` session cookie.
    Cookie(TokenSource),
}
