//! What people say: scripts per language, read from the text files beside this one.
//!
//! A script begins with `= topic field | subject`, where the field is `energy`, `bike` or `any`.
//! Its lines begin with `<` (customer), `>` (colleague) or `!` (note); `\n` is a line break.
//! `= more any |` holds pairs of question and answer that lengthen a conversation, and
//! `= nudge any |` what customers write while they wait. Names in braces are filled in.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::words::Language;
use crate::model::Vendor;

/// What a script is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// Electricity contracts.
    Energy,
    /// Bicycles and shops.
    Bike,
    /// Either.
    Any,
}

impl Field {
    /// What customers of a vendor's desk write about.
    pub fn of(vendor: Vendor) -> Self {
        if vendor == Vendor::Enneo { Self::Energy } else { Self::Bike }
    }
}

/// Who says a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaker {
    /// The customer.
    Customer,
    /// A colleague, to the customer.
    Colleague,
    /// A colleague, to colleagues.
    Note,
}

/// One exchange.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// One word for what it is about.
    pub topic: &'static str,
    /// Where it can happen.
    pub field: Field,
    /// Subject line.
    pub subject: &'static str,
    /// What is said, in order; a customer begins.
    pub lines: Vec<(Speaker, &'static str)>,
}

/// Everything that is said in one language.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Talk {
    /// Whole exchanges.
    pub scripts: Vec<Script>,
    /// Questions with their answers.
    pub more: Vec<(&'static str, &'static str)>,
    /// What customers write while they wait.
    pub nudges: Vec<&'static str>,
}

impl Talk {
    /// The scripts that fit a field of business.
    pub fn for_field(&self, field: Field) -> Vec<&Script> {
        let fits = |script: &&Script| script.field == Field::Any || script.field == field;
        self.scripts.iter().filter(fits).collect()
    }
}

/// What is said in a language.
pub fn talk(language: Language) -> &'static Talk {
    static ALL: OnceLock<HashMap<&'static str, Talk>> = OnceLock::new();
    static NOTHING: OnceLock<Talk> = OnceLock::new();
    let read = || Language::ALL.map(|language| (language.code(), read(source(language)))).into();
    ALL.get_or_init(read).get(language.code()).unwrap_or_else(|| NOTHING.get_or_init(Talk::default))
}

fn source(language: Language) -> &'static str {
    match language {
        Language::De => include_str!("talk/de.txt"),
        Language::En => include_str!("talk/en.txt"),
        Language::Es => include_str!("talk/es.txt"),
        Language::Fr => include_str!("talk/fr.txt"),
        Language::Ja => include_str!("talk/ja.txt"),
        Language::Ar => include_str!("talk/ar.txt"),
        Language::He => include_str!("talk/he.txt"),
        Language::Hi => include_str!("talk/hi.txt"),
        Language::El => include_str!("talk/el.txt"),
    }
}

fn read(source: &'static str) -> Talk {
    let mut talk = Talk::default();
    for script in source.lines().fold(Vec::new(), read_line) {
        match script.topic {
            "more" => {
                for pair in script.lines.chunks(2) {
                    if let [(_, question), (_, answer)] = pair {
                        talk.more.push((question, answer));
                    }
                }
            }
            "nudge" => talk.nudges.extend(script.lines.iter().map(|(_, line)| line)),
            _ => talk.scripts.push(script),
        }
    }
    talk
}

fn read_line(mut scripts: Vec<Script>, line: &'static str) -> Vec<Script> {
    let Some((mark, rest)) = line.split_once(' ') else { return scripts };
    let speaker = match mark {
        "=" => {
            let (head, subject) = rest.split_once(" |").unwrap_or((rest, ""));
            let (topic, field) = head.split_once(' ').unwrap_or((head, "any"));
            let field = match field {
                "energy" => Field::Energy,
                "bike" => Field::Bike,
                _ => Field::Any,
            };
            scripts.push(Script { topic, field, subject: subject.trim(), lines: Vec::new() });
            return scripts;
        }
        "<" => Speaker::Customer,
        ">" => Speaker::Colleague,
        "!" => Speaker::Note,
        _ => return scripts,
    };
    if let Some(script) = scripts.last_mut() {
        script.lines.push((speaker, rest));
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_something_to_say_in_both_fields() {
        for language in Language::ALL {
            let talk = talk(language);
            for field in [Field::Energy, Field::Bike] {
                assert!(!talk.for_field(field).is_empty(), "{language:?} {field:?}");
            }
            assert!(!talk.more.is_empty() && !talk.nudges.is_empty(), "{language:?}");
        }
    }

    #[test]
    fn every_script_begins_with_the_customer_and_gets_an_answer() {
        for language in Language::ALL {
            for script in &talk(language).scripts {
                let first = script.lines.first().map(|(speaker, _)| *speaker);
                assert_eq!(first, Some(Speaker::Customer), "{language:?} {script:?}");
                let is_answered = script.lines.iter().any(|line| line.0 == Speaker::Colleague);
                assert!(is_answered, "{language:?} {script:?}");
            }
        }
    }
}
