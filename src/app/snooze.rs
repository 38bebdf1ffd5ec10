//! Reading the times that agents type: `2h`, `tomorrow`, `fri 9am`, `jan 15 14:00`, `week`.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};

/// When a day has no time of its own, the agent means the morning.
const MORNING: Time = Time::constant(9, 0, 0, 0);

/// Until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Until this moment.
    At(Timestamp),
    /// Until the customer writes again.
    Reply,
}

/// Reads a time in the agent's zone.
///
/// # Errors
/// One sentence with examples, or that the time is over.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Until, String> {
    let text = text.trim().to_lowercase();
    if matches!(text.as_str(), "reply" | "until reply" | "next reply") {
        return Ok(Until::Reply);
    }
    let here = now.to_zoned(zone.clone());
    let at = moment(&text, &here).ok_or_else(|| {
        format!("“{text}” is no time; try 2h, tomorrow, fri 9am, week, jan 15 14:00, or reply")
    })?;
    if at <= now { Err("That moment is over already.".into()) } else { Ok(Until::At(at)) }
}

fn moment(text: &str, here: &Zoned) -> Option<Timestamp> {
    if let Some(span) = span(text.strip_prefix("in ").unwrap_or(text)) {
        return here.checked_add(span).ok().map(|zoned| zoned.timestamp());
    }
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| !matches!(*word, "at" | "on" | "next" | "um"))
        .collect();
    let (date, rest) = day(&words, here)?;
    let time = match rest {
        [] => MORNING,
        rest => clock(&rest.concat())?,
    };
    let mut at = date.to_datetime(time).to_zoned(here.time_zone().clone()).ok()?;
    // "9am" said in the afternoon means tomorrow; "fri" said on a Friday means the next one.
    if at <= *here {
        let step = match words.first() {
            Some(word) if weekday(word).is_some() => 7.days(),
            Some(word) if clock(word).is_some() => 1.day(),
            _ => return Some(at.timestamp()),
        };
        at = at.checked_add(step).ok()?;
    }
    Some(at.timestamp())
}

/// `2h`, `90 min`, `3 days` …
fn span(text: &str) -> Option<Span> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(split)?;
    let number: i32 = number.parse().ok().filter(|number| *number < 10_000)?;
    match unit.trim() {
        "m" | "min" | "mins" | "minute" | "minutes" => Some(number.minutes()),
        "h" | "hour" | "hours" => Some(number.hours()),
        "d" | "day" | "days" => Some(number.days()),
        "w" | "week" | "weeks" => Some(number.weeks()),
        _ => None,
    }
}

fn day<'a, 'b>(words: &'a [&'b str], here: &Zoned) -> Option<(Date, &'a [&'b str])> {
    let today = here.date();
    let (first, rest) = words.split_first()?;
    let date = match *first {
        "today" => today,
        "tomorrow" | "tom" => today.tomorrow().ok()?,
        "week" => next(today, Weekday::Monday)?,
        "month" => {
            let first = today.last_of_month().tomorrow().ok()?;
            if first.weekday() == Weekday::Monday { first } else { next(first, Weekday::Monday)? }
        }
        word => {
            if let Some(weekday) = weekday(word) {
                if today.weekday() == weekday { today } else { next(today, weekday)? }
            } else if let Some(month) = month(word) {
                let (number, rest) = rest.split_first()?;
                let number: i8 = number.trim_end_matches('.').parse().ok()?;
                let date = Date::new(today.year(), month, number).ok()?;
                let date = if date < today {
                    Date::new(today.year() + 1, month, number).ok()?
                } else {
                    date
                };
                return Some((date, rest));
            } else if let Ok(date) = word.parse::<Date>() {
                date
            } else if clock(&words.concat()).is_some() {
                return Some((today, words));
            } else {
                return None;
            }
        }
    };
    Some((date, rest))
}

fn next(from: Date, weekday: Weekday) -> Option<Date> {
    from.nth_weekday(1, weekday).ok()
}

fn weekday(word: &str) -> Option<Weekday> {
    let days = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    days.into_iter().find(|(start, _)| word.starts_with(start)).map(|(_, day)| day)
}

fn month(word: &str) -> Option<i8> {
    let months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    (1_i8..).zip(months).find(|(_, start)| word.starts_with(start)).map(|(number, _)| number)
}

/// `9`, `9am`, `14:30`, `2:15pm`, `noon`.
fn clock(word: &str) -> Option<Time> {
    if word == "noon" {
        return Some(Time::constant(12, 0, 0, 0));
    }
    let (digits, shift) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = digits.split_once([':', '.']).unwrap_or((digits, "0"));
    let hour: i8 = hour.parse().ok()?;
    let minute: i8 = minute.parse().ok()?;
    let hour = match shift {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(shift) => hour % 12 + shift,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        // A Wednesday afternoon.
        let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
        let now: Timestamp = "2026-03-25T14:00:00Z".parse().unwrap();
        match parse(text, now, &zone) {
            Ok(Until::Reply) => "reply".into(),
            Ok(Until::At(at)) => at.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M").to_string(),
            Err(why) => why,
        }
    }

    #[test]
    fn times_that_agents_type_are_understood() {
        for (text, expected) in [
            ("2h", "Wed 2026-03-25 17:00"),
            ("in 90 min", "Wed 2026-03-25 16:30"),
            ("tomorrow", "Thu 2026-03-26 09:00"),
            ("tomorrow 3pm", "Thu 2026-03-26 15:00"),
            ("fri 9am", "Fri 2026-03-27 09:00"),
            ("next friday", "Fri 2026-03-27 09:00"),
            ("wed 9am", "Wed 2026-04-01 09:00"),
            ("wed 18:30", "Wed 2026-03-25 18:30"),
            ("9am", "Thu 2026-03-26 09:00"),
            ("week", "Mon 2026-03-30 09:00"),
            ("next month", "Mon 2026-04-06 09:00"),
            ("jan 15", "Fri 2027-01-15 09:00"),
            ("2026-12-24 8:00", "Thu 2026-12-24 08:00"),
            ("3 days", "Sat 2026-03-28 15:00"),
            ("reply", "reply"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn the_clock_change_does_not_move_nine_in_the_morning() {
        assert_eq!(read("sun"), "Sun 2026-03-29 09:00");
        assert_eq!(read("mon 9am"), "Mon 2026-03-30 09:00");
    }

    #[test]
    fn nonsense_and_the_past_are_refused_in_words() {
        assert!(read("soonish").contains("is no time"));
        assert!(read("").contains("is no time"));
        assert!(read("today 8am").contains("over already"));
        assert!(read("13pm").contains("is no time"));
        assert!(read("99999999999h").contains("is no time"));
    }
}
