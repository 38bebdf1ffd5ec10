//! `ttydesk check` against servers that behave in all the ways that go wrong in real set-ups.

// Helpers outside of #[test] functions may fail a test, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Redirect, Response};
use jiff::tz::TimeZone;
use serde_json::json;
use tokio::net::TcpListener;
use ttydesk::check::{Grade, Report, Step, render, run, worst};
use ttydesk::cli::Exit;
use ttydesk::config::{Account, Credential, Secret, TokenSource};
use ttydesk::model::Vendor;
use ttydesk::providers::{connect, http};

const TOKEN: &str = "s3cret";

/// A server on loopback that answers every request with `answer`; gives its URL.
async fn serve(answer: fn(Request) -> Response) -> String {
    http::prepare_tls();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move |request: Request| answer(request));
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

fn account(vendor: Vendor, url: String) -> Account {
    Account {
        name: "acme".to_owned(),
        vendor,
        url,
        account_id: (vendor == Vendor::Chatwoot).then_some(1),
        credential: Credential::Token(TokenSource::Plain(Secret::new(TOKEN))),
        timezone: TimeZone::UTC,
    }
}

async fn report(vendor: Vendor, url: String) -> Report {
    http::prepare_tls();
    let account = account(vendor, url);
    let mut reports = run(std::slice::from_ref(&account), &connect).await;
    let shown = format!("{}{}", render(&reports, false), reports[0].json());
    assert!(!shown.contains(TOKEN), "{shown}");
    assert!(!shown.contains('\x1b'), "{shown}");
    reports.remove(0)
}

fn step<'r>(report: &'r Report, check: &str) -> &'r Step {
    let found = report.steps.iter().find(|step| step.check == check);
    found.unwrap_or_else(|| panic!("no {check} in {report:?}"))
}

fn fix<'r>(report: &'r Report, check: &str) -> &'r str {
    step(report, check).fix.as_ref().unwrap().as_str()
}

/// Chatwoot's answer to `GET /api/v1/profile` with an accepted token.
fn profile() -> Response {
    let accounts = json!([{"id": 1, "name": "Acme", "role": "agent"}]);
    Json(json!({"id": 7, "name": "Ana", "available_name": "Ana", "accounts": accounts}))
        .into_response()
}

fn refused() -> Response {
    let body = Json(json!({"error": "Invalid Access Token"}));
    (StatusCode::UNAUTHORIZED, body).into_response()
}

fn has(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value == TOKEN)
}

#[tokio::test]
async fn a_working_account_passes_every_step_under_its_name() {
    let url = serve(|request| {
        let headers = request.headers();
        let signed = has(headers, "api-access-token") || has(headers, "api_access_token");
        if signed { profile() } else { refused() }
    });
    let report = report(Vendor::Chatwoot, url.await).await;
    let steps: Vec<&str> = report.steps.iter().map(|step| step.check).collect();
    assert_eq!(steps, ["token", "connection", "clock", "sign-in", "header"]);
    assert_eq!(report.grade(), Grade::Ok, "{report:?}");
    assert_eq!(step(&report, "sign-in").text.as_str(), "as Ana");
    assert_eq!(worst(&[report]), Exit::Ok);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_says_where_to_get_a_new_one() {
    let report = report(Vendor::Chatwoot, serve(|_| refused()).await).await;
    assert_eq!(step(&report, "connection").grade, Grade::Ok);
    let text = step(&report, "sign-in").text.as_str();
    assert!(text.contains("401") && text.contains("Invalid Access Token"), "{text}");
    assert!(fix(&report, "sign-in").contains("Profile settings"), "{report:?}");
    assert_eq!(worst(&[report]), Exit::Auth);
}

#[tokio::test]
async fn a_web_page_in_place_of_an_answer_asks_for_the_base_url() {
    let url = serve(|_| Html("<!DOCTYPE html><title>Sign in</title>").into_response()).await;
    for vendor in Vendor::ALL {
        let report = report(vendor, url.clone()).await;
        let advice = fix(&report, "sign-in");
        assert!(advice.starts_with("Is `url` the base URL?"), "{vendor:?}: {advice}");
        assert_eq!(worst(&[report]), Exit::Server, "{vendor:?}");
    }
    let url = serve(|_| (StatusCode::NOT_FOUND, Html("<h1>404</h1>")).into_response()).await;
    let report = report(Vendor::Partoo, url).await;
    assert!(fix(&report, "sign-in").contains("https://api.partoo.co/v2"), "{report:?}");
    assert_eq!(worst(&[report]), Exit::NotFound);
}

#[tokio::test]
async fn a_clock_that_is_off_is_a_warning_and_no_failure() {
    let url = serve(|_| {
        let mut answer = profile();
        let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
        answer.headers_mut().insert("date", date);
        answer
    });
    let report = report(Vendor::Chatwoot, url.await).await;
    assert_eq!(step(&report, "clock").grade, Grade::Warning);
    let text = step(&report, "clock").text.as_str();
    assert!(text.ends_with("ahead of the server's"), "{text}");
    assert_eq!(worst(&[report]), Exit::Ok);
}

#[tokio::test]
async fn a_refused_connection_ends_the_check_of_that_account() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let report = report(Vendor::Enneo, format!("http://127.0.0.1:{port}")).await;
    let steps: Vec<&str> = report.steps.iter().map(|step| step.check).collect();
    assert_eq!(steps, ["token", "connection"]);
    assert!(fix(&report, "connection").contains(&format!("port {port}")), "{report:?}");
    assert_eq!(worst(&[report]), Exit::Network);
}

#[tokio::test]
async fn a_redirect_to_another_origin_suggests_the_other_url() {
    let url = serve(|_| Redirect::permanent("https://chat.example.com/app").into_response()).await;
    let report = report(Vendor::Chatwoot, url).await;
    assert_eq!(step(&report, "address").grade, Grade::Warning);
    assert_eq!(fix(&report, "address"), "Try url = \"https://chat.example.com\".");
    assert_eq!(step(&report, "sign-in").grade, Grade::Failed);
}

#[tokio::test]
async fn a_proxy_that_drops_the_underscore_header_is_only_a_note() {
    let url = serve(
        |request| {
            if has(request.headers(), "api-access-token") { profile() } else { refused() }
        },
    );
    let report = report(Vendor::Chatwoot, url.await).await;
    assert_eq!(step(&report, "header").grade, Grade::Note);
    assert_eq!(report.grade(), Grade::Note);
    assert_eq!(worst(&[report]), Exit::Ok);
}

#[tokio::test]
async fn a_proxy_that_drops_the_hyphen_header_explains_the_refused_token() {
    let url = serve(
        |request| {
            if has(request.headers(), "api_access_token") { profile() } else { refused() }
        },
    );
    let report = report(Vendor::Chatwoot, url.await).await;
    assert!(fix(&report, "header").contains("api-access-token"), "{report:?}");
    assert_eq!(worst(&[report]), Exit::Auth);
}

#[tokio::test]
async fn accounts_are_tried_at_once_and_the_worst_failure_decides() {
    let good = account(Vendor::Chatwoot, serve(|_| profile()).await);
    let busy =
        account(Vendor::Partoo, serve(|_| StatusCode::TOO_MANY_REQUESTS.into_response()).await);
    let barred = account(Vendor::Enneo, serve(|_| StatusCode::FORBIDDEN.into_response()).await);
    let reports = run(&[good, busy, barred], &connect).await;
    let grades: Vec<Grade> = reports.iter().map(Report::grade).collect();
    assert_eq!(grades, [Grade::Ok, Grade::Failed, Grade::Failed]);
    assert_eq!(worst(&reports), Exit::Forbidden);
    let shown = render(&reports, true);
    assert!(shown.ends_with("2 of 3 accounts do not work.\n"), "{shown}");
    assert!(shown.contains("\x1b[1;31mfailed  \x1b[m"), "{shown}");
}

#[tokio::test]
async fn a_token_that_cannot_be_had_still_lets_the_server_be_tried() {
    let mut account = account(Vendor::Chatwoot, serve(|_| refused()).await);
    account.credential = Credential::Token(TokenSource::Command("echo s3cret >&2; false".into()));
    let reports = run(&[account], &connect).await;
    let shown = render(&reports, false);
    assert!(!shown.contains(TOKEN), "{shown}");
    let steps: Vec<(&str, Grade)> =
        reports[0].steps.iter().map(|step| (step.check, step.grade)).collect();
    assert_eq!(steps, [("token", Grade::Failed), ("connection", Grade::Ok), ("clock", Grade::Ok)]);
    assert_eq!(worst(&reports), Exit::Auth);
}
