//! The time of generated entries: a clock that is moved by hand, and its RFC 3339 form.

use rand::RngExt;

use crate::generate::Random;

/// Unix milliseconds; they never go back.
#[derive(Debug, Clone, Copy)]
pub struct Clock(pub u64);

impl Clock {
    /// Some time in late 2025.
    pub fn start(rng: &mut Random) -> Self {
        Self(1_760_000_000_000 + rng.random_range(0..5_000_000_000))
    }

    /// Moves on by up to a minute; now and then not at all, as entries written together do.
    pub fn tick(&mut self, rng: &mut Random) {
        if !rng.random_ratio(1, 8) {
            self.0 += rng.random_range(1..60_000);
        }
    }

    /// As pi writes it.
    pub fn rfc3339(self) -> String {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        let (year, month, day) = civil(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// Year, month and day of a number of days since 1970, in years that start in March so that the
/// leap day comes last.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}
