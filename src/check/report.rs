//! What `ttydesk check` found out, and how it is shown.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::Exit;
use crate::config::Account;
use crate::model::{Failure, Vendor};
use crate::text::{Clean, clean};

/// How a step went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grade {
    /// As it should.
    Ok,
    /// Good to know; nothing to do.
    Note,
    /// It works, but should be looked at.
    Warning,
    /// It does not work.
    Failed,
}

impl Grade {
    /// The word for it, also in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }

    /// SGR parameters: a colour of the terminal's own sixteen.
    fn colour(self) -> &'static str {
        match self {
            Self::Ok => "32",
            Self::Note => "36",
            Self::Warning => "33",
            Self::Failed => "1;31",
        }
    }
}

/// One thing that was tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Which: `token`, `connection`, `address`, `clock`, `sign-in` or `header`.
    pub check: &'static str,
    /// How it went.
    pub grade: Grade,
    /// What was found; never a token.
    pub text: Clean,
    /// How to fix it, where there is something to fix.
    pub fix: Option<Clean>,
    /// What it means for the exit code.
    pub exit: Exit,
}

/// One account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Its name.
    pub account: String,
    /// Whose API.
    pub vendor: Vendor,
    /// The base URL.
    pub url: String,
    /// What was tried, in order; what comes after a failure may be missing.
    pub steps: Vec<Step>,
}

impl Report {
    pub(super) fn new(account: &Account) -> Self {
        let Account { name, vendor, url, .. } = account.clone();
        Self { account: name, vendor, url, steps: Vec::new() }
    }

    pub(super) fn step(&mut self, check: &'static str, grade: Grade, text: String) {
        let text = clean(&text);
        self.steps.push(Step { check, grade, text, fix: None, exit: Exit::Ok });
    }

    pub(super) fn warn(&mut self, check: &'static str, text: String, fix: String) {
        let (text, fix) = (clean(&text), Some(clean(&fix)));
        self.steps.push(Step { check, grade: Grade::Warning, text, fix, exit: Exit::Ok });
    }

    pub(super) fn failed(&mut self, check: &'static str, failure: &Failure, fix: String) {
        let (text, fix) = (failure.text.clone(), Some(clean(&fix)));
        let exit = Exit::of(failure);
        self.steps.push(Step { check, grade: Grade::Failed, text, fix, exit });
    }

    /// The worst of its steps.
    pub fn grade(&self) -> Grade {
        self.steps.iter().map(|step| step.grade).max().unwrap_or(Grade::Ok)
    }

    /// The report as one JSON object; its form is documented in `ttydesk check --help`.
    pub fn json(&self) -> Value {
        let steps = self.steps.iter().map(|step| {
            json!({
                "check": step.check,
                "result": step.grade.word(),
                "text": step.text.as_str(),
                "fix": step.fix.as_ref().map(Clean::as_str),
            })
        });
        json!({
            "account": self.account,
            "vendor": self.vendor.word(),
            "url": self.url,
            "result": self.grade().word(),
            "exit_code": worst(std::slice::from_ref(self)).code(),
            "checks": steps.collect::<Vec<_>>(),
        })
    }
}

/// From the least to the worst: what passes by itself first, then what somebody else has to fix,
/// then what the user has to.
const BY_WEIGHT: [Exit; 8] = [
    Exit::Ok,
    Exit::Rate,
    Exit::Network,
    Exit::Server,
    Exit::Rejected,
    Exit::NotFound,
    Exit::Forbidden,
    Exit::Auth,
];

/// The exit code of the worst failure in all reports.
pub fn worst(reports: &[Report]) -> Exit {
    let exits = reports.iter().flat_map(|report| &report.steps).map(|step| step.exit);
    let weight = |exit: &Exit| BY_WEIGHT.iter().position(|known| known == exit);
    exits.max_by_key(weight).unwrap_or(Exit::Ok)
}

/// The reports as text for a person.
pub fn render(reports: &[Report], colours: bool) -> String {
    let mut text = String::new();
    for report in reports {
        let vendor = report.vendor.name();
        let _ = writeln!(text, "{}  {vendor}  {}", report.account, report.url);
        for step in &report.steps {
            let word = format!("{:<8}", step.grade.word());
            let word =
                if colours { format!("\x1b[{}m{word}\x1b[m", step.grade.colour()) } else { word };
            let _ = writeln!(text, "  {word}{:<12}{}", step.check, step.text);
            if let Some(fix) = &step.fix {
                let _ = writeln!(text, "  {:<20}→ {fix}", "");
            }
        }
        text.push('\n');
    }
    let failed = reports.iter().filter(|report| report.grade() == Grade::Failed).count();
    let _ = match (reports.len(), failed) {
        (0, _) => writeln!(text, "There is no account yet."),
        (1, 0) => writeln!(text, "The account works."),
        (all, 0) => writeln!(text, "All {all} accounts work."),
        (all, _) => writeln!(text, "{failed} of {all} accounts do not work."),
    };
    text
}
