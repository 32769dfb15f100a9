//! Times as people read them.

use crdt_schema::identity::Timestamp;
use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Writes times as a person sees them in one place at one moment.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    now: Timestamp,
}

impl Calendar {
    /// Returns a calendar for people in `zone` at `now`.
    #[must_use]
    pub const fn new(zone: TimeZone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    /// Returns the date of today.
    #[must_use]
    pub fn today(&self) -> Option<Date> {
        self.zoned(self.now).map(|now| now.date())
    }

    /// Returns "22 November 2026 at 3:05pm".
    #[must_use]
    pub fn full(&self, when: Timestamp) -> String {
        self.zoned(when)
            .map_or_else(unknown, |when| format!("{} at {}", date(when.date()), time(&when)))
    }

    /// Returns "22 November 2026".
    #[must_use]
    pub fn day(&self, when: Timestamp) -> String {
        self.zoned(when).map_or_else(unknown, |when| date(when.date()))
    }

    /// Returns "3:05pm".
    #[must_use]
    pub fn time(&self, when: Timestamp) -> String {
        self.zoned(when).map_or_else(unknown, |when| time(&when))
    }

    /// Returns "today at 3:05pm", "yesterday at 3:05pm", or the full form.
    #[must_use]
    pub fn near(&self, when: Timestamp) -> String {
        let (Some(zoned), Some(today)) = (self.zoned(when), self.today()) else { return unknown() };
        if zoned.date() == today {
            format!("today at {}", time(&zoned))
        } else if today.yesterday().is_ok_and(|yesterday| zoned.date() == yesterday) {
            format!("yesterday at {}", time(&zoned))
        } else {
            self.full(when)
        }
    }

    fn zoned(&self, when: Timestamp) -> Option<Zoned> {
        // Times are claims of other organisations: one far out of range has no date, and that is no error.
        let milliseconds = i64::try_from(when.0).ok()?;
        Some(jiff::Timestamp::from_millisecond(milliseconds).ok()?.to_zoned(self.zone.clone()))
    }
}

/// Returns an ISO date as "22 November 2026"; any other text as it is.
#[must_use]
pub fn iso_date(text: &str) -> String {
    parse(text).map_or_else(|| text.to_owned(), date)
}

/// Returns "22 November 2026".
#[must_use]
pub fn day(day: Date) -> String {
    date(day)
}

/// Has this ISO date passed?
#[must_use]
pub fn is_past(text: &str, today: Option<Date>) -> bool {
    parse(text).zip(today).is_some_and(|(date, today)| date < today)
}

/// Returns the date at the start of an ISO date or time.
#[must_use]
pub fn parse(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn date(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

fn time(when: &Zoned) -> String {
    when.strftime("%-I:%M%P").to_string()
}

fn unknown() -> String {
    "at an unknown time".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let calendar = Calendar::new(TimeZone::UTC, Timestamp(1_795_359_900_000));
        assert_eq!(calendar.full(Timestamp(1_795_359_900_000)), "22 November 2026 at 3:05pm");
        assert_eq!(calendar.near(Timestamp(1_795_359_900_000 - 60_000)), "today at 3:04pm");
        assert_eq!(calendar.near(Timestamp(1_795_359_900_000 - 86_400_000)), "yesterday at 3:05pm");
        assert_eq!(calendar.near(Timestamp(0)), "1 January 1970 at 12:00am");
        assert_eq!(calendar.full(Timestamp(u64::MAX)), "at an unknown time");
    }

    #[test]
    fn a_review_date_is_overdue_from_the_day_after() {
        let today = parse("2026-11-22");
        assert!(is_past("2026-11-21", today));
        assert!(!is_past("2026-11-22", today));
        assert!(!is_past("soon", today));
        assert_eq!(iso_date("2026-10-02T09:00:00Z"), "2 October 2026");
    }
}
