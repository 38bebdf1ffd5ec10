//! `ttydesk check`: tries every account step by step, and says how to fix what fails.

mod report;

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use reqwest::header::{DATE, HeaderMap, LOCATION};

pub use report::{Grade, Report, Step, render, worst};

use crate::config::{Account, Credential, TokenSource};
use crate::model::{AccountId, Ask, Delta, Failure, Trouble, Vendor};
use crate::providers::Provider;
use crate::providers::http::{Http, Scheme, read_token};

/// A clock that is off by more than this is worth a warning: reply windows, snoozes and the order
/// of messages are counted in minutes.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Where Chatwoot tells who a token belongs to.
const CHATWOOT_PROFILE: &str = "/api/v1/profile";

/// Makes the adapter of an account; in the program that is `providers::connect`.
pub type Connect = dyn Fn(AccountId, &Account) -> Result<Arc<dyn Provider>, Failure> + Sync;

/// Tries all accounts at once. The reports come in the order of the accounts.
pub async fn run(accounts: &[Account], connect: &Connect) -> Vec<Report> {
    let numbered = (0..).map(AccountId).zip(accounts);
    join_all(numbered.map(|(id, account)| try_account(id, account, connect))).await
}

async fn try_account(id: AccountId, account: &Account, connect: &Connect) -> Report {
    let mut report = Report::new(account);
    let token = read_token(account.credential.source()).await;
    match &token {
        Ok(_) => report.step("token", Grade::Ok, origin(account.credential.source())),
        Err(why) => {
            let failure = Failure::new(crate::model::Outcome::NotSent, Trouble::Token, why);
            report.failed("token", &failure, token_advice(account));
        }
    }
    if !reach(account, &mut report).await {
        return report;
    }
    let Ok(token) = token else { return report };
    // The token was fetched once; a command that asks for a password is not run again.
    let source = TokenSource::Plain(token);
    let account = Account {
        credential: match account.credential {
            Credential::Token(_) => Credential::Token(source.clone()),
            Credential::Cookie(_) => Credential::Cookie(source.clone()),
        },
        ..account.clone()
    };
    sign_in(id, &account, connect, &mut report).await;
    if account.vendor == Vendor::Chatwoot {
        chatwoot_headers(&account, &source, &mut report).await;
    }
    report
}

fn origin(source: &TokenSource) -> String {
    match source {
        TokenSource::Env(name) => format!("from the environment variable {name}"),
        TokenSource::Command(_) => "from the token command".to_owned(),
        TokenSource::File(path) => format!("from {}", path.display()),
        TokenSource::Plain(_) => "from the configuration file".to_owned(),
    }
}

fn token_advice(account: &Account) -> String {
    match account.credential.source() {
        TokenSource::Env(name) => format!("Set {name} in the shell that starts ttydesk."),
        TokenSource::Command(_) => "Run the command in a shell; it has to print the token and end \
             with status 0, without asking anything."
            .to_owned(),
        TokenSource::File(path) => format!("Write the token into {}.", path.display()),
        TokenSource::Plain(_) => "Write the token into the configuration file.".to_owned(),
    }
}

/// Whether a server answers at all, and whether its clock agrees.
async fn reach(account: &Account, report: &mut Report) -> bool {
    let nothing = TokenSource::Plain(crate::config::Secret::new(""));
    let http = match Http::new(&account.url, Scheme::Bearer, nothing) {
        Ok(http) => http,
        Err(failure) => {
            report.failed("connection", &failure, base_url_advice(account.vendor));
            return false;
        }
    };
    let headers = match http.knock().await {
        Ok(headers) => headers,
        Err(failure) => {
            let advice = network_advice(http.base(), &failure).await;
            report.failed("connection", &failure, advice);
            return false;
        }
    };
    let how = match http.base().scheme() {
        "https" => "answers, encrypted, with a certificate that this computer trusts",
        _ => "answers, without encryption",
    };
    report.step("connection", Grade::Ok, how.to_owned());
    if let Some(elsewhere) = other_origin(http.base(), &headers) {
        let text = format!("the server sends visitors on to {elsewhere}");
        report.warn("address", text, format!("Try url = \"{elsewhere}\"."));
    }
    if let Some(skew) = clock_skew(&headers, Timestamp::now()) {
        report_skew(skew, report);
    }
    true
}

/// Where the server redirects to, when that is another origin (`http` to `https`, a new host).
fn other_origin(base: &Url, headers: &HeaderMap) -> Option<String> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    let target = base.join(location).ok().filter(|target| target.origin() != base.origin())?;
    Some(format!("{}{}", target.origin().ascii_serialization(), base.path().trim_end_matches('/')))
}

/// How far this computer's clock is ahead of the server's.
fn clock_skew(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let date = rfc2822::parse(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(now.duration_since(date.timestamp()))
}

fn report_skew(skew: SignedDuration, report: &mut Report) {
    if skew.abs() <= MOST_SKEW {
        report.step("clock", Grade::Ok, "agrees with the server's".to_owned());
        return;
    }
    let amount = SignedDuration::from_secs(skew.abs().as_secs());
    let side = if skew.is_negative() { "behind" } else { "ahead of" };
    let text = format!("this computer's clock is {amount:#} {side} the server's");
    report.warn("clock", text, "Set the clock, or have it set over the network (NTP).".to_owned());
}

async fn network_advice(base: &Url, failure: &Failure) -> String {
    let host = base.host_str().unwrap_or_default();
    let port = base.port_or_known_default().unwrap_or_default();
    if failure.trouble == Trouble::Tls {
        return "Check the host name in `url`. If your company signs its own certificates, add its \
             authority to those that this computer trusts."
            .to_owned();
    }
    if failure.trouble == Trouble::NoAnswer {
        return "Check whether the server is up, and whether a VPN or proxy is needed.".to_owned();
    }
    if tokio::net::lookup_host((host, port)).await.is_err() {
        return format!("Nobody knows the name {host}: check `url` and the network.");
    }
    format!(
        "The name {host} is known, but port {port} is closed to us: check the port in `url`, \
         whether the server is up, and whether a VPN or proxy is needed."
    )
}

async fn sign_in(id: AccountId, account: &Account, connect: &Connect, report: &mut Report) {
    let answer = match connect(id, account) {
        Ok(provider) => provider.ask(Ask::Me).await,
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(news) => {
            let me = news.iter().find_map(|delta| match delta {
                Delta::Me(person) => Some(format!("as {}", person.name.trim())),
                _ => None,
            });
            let text = me.filter(|me| me != "as ");
            let text = text.unwrap_or_else(|| "the token is accepted".to_owned());
            report.step("sign-in", Grade::Ok, text);
        }
        Err(failure) => {
            report.failed("sign-in", &failure, sign_in_advice(account.vendor, &failure))
        }
    }
}

fn sign_in_advice(vendor: Vendor, failure: &Failure) -> String {
    match failure.trouble {
        Trouble::Token | Trouble::SignedOut => token_place(vendor).to_owned(),
        Trouble::Forbidden => {
            "The token is known, but may not do this: ask an administrator for the role.".to_owned()
        }
        Trouble::NotFound | Trouble::Unreadable | Trouble::Rejected | Trouble::Unsupported => {
            base_url_advice(vendor)
        }
        Trouble::RateLimited => "Wait a minute and try again.".to_owned(),
        Trouble::Server => {
            "The server is at fault: try again later, or tell its people.".to_owned()
        }
        Trouble::Unreachable | Trouble::Tls | Trouble::NoAnswer => {
            "The network is not steady: try again.".to_owned()
        }
    }
}

fn token_place(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Chatwoot => "Copy the access token from Profile settings in Chatwoot again.",
        Vendor::Enneo => {
            "Make a new API key on the profile page (Login, API key), or copy the cookie \
             connect.sid of a browser that is signed in again."
        }
        Vendor::Voicebot => "Ask voicebot chat for a new API token of this tenant.",
        Vendor::Partoo => "Ask Partoo for a new API key of your user.",
    }
}

fn base_url_advice(vendor: Vendor) -> String {
    let form = match vendor {
        Vendor::Chatwoot => {
            "https://chat.example.com, without /app or /api, and account_id the number after \
             /app/accounts/"
        }
        Vendor::Enneo => "https://INSTANCE.enneo.ai/api/mind",
        Vendor::Voicebot => "https://1-CLIENT.SERVER/third-party/v1",
        Vendor::Partoo => "https://api.partoo.co/v2",
    };
    format!("Is `url` the base URL? For {} it is like {form}.", vendor.name())
}

/// Which of Chatwoot's two header names gets through. Some proxies drop names with an underscore
/// (nginx does by default); ttydesk sends hyphens, so that is only worth knowing. A proxy that
/// lets only the underscores through is trouble.
async fn chatwoot_headers(account: &Account, source: &TokenSource, report: &mut Report) {
    let hyphens = profile_answers(account, source, "api-access-token");
    let underscores = profile_answers(account, source, "api_access_token");
    let (Some(hyphens), Some(underscores)) = tokio::join!(hyphens, underscores) else { return };
    match (hyphens, underscores) {
        (true, true) => {
            let text = "api-access-token and api_access_token both get through";
            report.step("header", Grade::Ok, text.to_owned());
        }
        (true, false) => {
            let text = "a proxy drops api_access_token; ttydesk sends api-access-token, which \
                 gets through";
            report.step("header", Grade::Note, text.to_owned());
        }
        (false, true) => {
            let text = "a proxy drops api-access-token, the header that ttydesk sends; \
                 api_access_token gets through";
            let fix = "Have the proxy in front of Chatwoot pass the header api-access-token.";
            report.warn("header", text.to_owned(), fix.to_owned());
        }
        // The token itself is refused; `sign-in` says so.
        (false, false) => {}
    }
}

/// Whether the token is accepted in this header; `None` when the answer says nothing about that.
async fn profile_answers(
    account: &Account,
    source: &TokenSource,
    header: &'static str,
) -> Option<bool> {
    let http = Http::new(&account.url, Scheme::Header(header), source.clone()).ok()?;
    match http.get(CHATWOOT_PROFILE, &[]).await {
        Ok(_) => Some(true),
        Err(failure) if failure.status == Some(401) => Some(false),
        Err(_) => None,
    }
}
