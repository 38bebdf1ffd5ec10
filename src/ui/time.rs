//! Times in words. They are absolute, so that a screen on which nothing happens never lies and
//! never needs to be painted again.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Cells that [`stamp`] takes at most.
pub(super) const STAMP: usize = 7;

/// A moment in a narrow column: `14:32` today, `Tue` within a week, `12 Nov` this year, `2024-11`
/// before that.
pub(super) fn stamp(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (zone.to_datetime(at), zone.to_datetime(now));
    let days = (at.date() - now.date()).get_days();
    match days {
        0 => clock_of(at),
        -6..=6 => at.strftime("%a").to_string(),
        _ if at.year() == now.year() => at.strftime("%-d %b").to_string(),
        _ => at.strftime("%Y-%m").to_string(),
    }
}

/// The time of day: `14:32`.
pub(super) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    clock_of(zone.to_datetime(at))
}

fn clock_of(at: DateTime) -> String {
    at.strftime("%H:%M").to_string()
}

/// A day as a heading: `Thu 21 Nov`, with its year where that is not this one.
pub(super) fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (zone.to_datetime(at), zone.to_datetime(now));
    let form = if at.year() == now.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    at.strftime(form).to_string()
}

/// Day and time of something to come or long past: `14:32`, `Thu 21 Nov 14:32`.
pub(super) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    if same_day(at, now, zone) {
        clock(at, zone)
    } else {
        format!("{} {}", day(at, now, zone), clock(at, zone))
    }
}

/// Whether two moments are on the same day.
pub(super) fn same_day(a: Timestamp, b: Timestamp, zone: &TimeZone) -> bool {
    zone.to_datetime(a).date() == zone.to_datetime(b).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_a_moment_the_more_exactly_it_is_told() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let now: Timestamp = "2025-11-21T13:30:00Z".parse().unwrap();
        for (at, stamped, heading, whole) in [
            ("2025-11-21T13:02:00Z", "14:02", "Fri 21 Nov", "14:02"),
            ("2025-11-20T23:30:00Z", "00:30", "Fri 21 Nov", "00:30"),
            ("2025-11-18T08:00:00Z", "Tue", "Tue 18 Nov", "Tue 18 Nov 09:00"),
            ("2025-11-25T08:00:00Z", "Tue", "Tue 25 Nov", "Tue 25 Nov 09:00"),
            ("2025-11-12T08:00:00Z", "12 Nov", "Wed 12 Nov", "Wed 12 Nov 09:00"),
            ("2024-12-24T08:00:00Z", "2024-12", "Tue 24 Dec 2024", "Tue 24 Dec 2024 09:00"),
        ] {
            let at = at.parse().unwrap();
            assert_eq!(stamp(at, now, &zone), stamped);
            assert_eq!(day(at, now, &zone), heading);
            assert_eq!(moment(at, now, &zone), whole);
            assert!(stamped.len() <= STAMP);
        }
    }
}
