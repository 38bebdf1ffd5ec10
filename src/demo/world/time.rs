//! Moments of the made-up world, and every spelling in which the vendors write them.

use std::fmt;

use jiff::Timestamp;

/// One second, in the world's milliseconds.
pub const SECOND: i64 = 1_000;
/// One minute, in the world's milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in the world's milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day, in the world's milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// A moment: milliseconds since 1970 in UTC. Plain arithmetic, because a world of a million
/// conversations computes a great many of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct At(pub i64);

impl At {
    /// The real present.
    pub fn real_now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// So many milliseconds later; earlier with a negative number.
    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// Seconds since 1970 with a fraction.
    pub fn float_seconds(self) -> f64 {
        self.seconds() as f64 + self.0.rem_euclid(SECOND) as f64 / 1_000.0
    }

    /// `2023-01-01T12:00:00Z`
    pub fn iso(self) -> String {
        self.written("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `2023-01-01T12:00:00.123Z`
    pub fn iso_millis(self) -> String {
        self.written("%Y-%m-%dT%H:%M:%S.%3fZ")
    }

    /// `2023-01-01 12:00:00`, without a zone (UTC is meant).
    pub fn naive(self) -> String {
        self.written("%Y-%m-%d %H:%M:%S")
    }

    /// `2023-01-31 16:22:17.327000+00:00`, with a space and six digits.
    pub fn spaced(self) -> String {
        self.written("%Y-%m-%d %H:%M:%S.%6f+00:00")
    }

    /// Written with a `strftime` pattern, in UTC.
    pub fn written(self, pattern: &str) -> String {
        let moment = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        moment.strftime(pattern).to_string()
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso_millis())
    }
}
