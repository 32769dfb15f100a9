//! [`Lasts`]: how long something holds, as programs write it.

use std::time::Duration;

use serde::Deserialize;

const DAY: u64 = 24 * 60 * 60;
const DEFAULT_DAYS: u64 = 14;
const MOST_DAYS: u64 = 366;

/// How long an invite lasts: seconds, or a number with one of `m`, `h`, `d`, `w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lasts(pub(crate) Duration);

impl Default for Lasts {
    fn default() -> Self {
        Self(Duration::from_secs(DEFAULT_DAYS * DAY))
    }
}

impl std::str::FromStr for Lasts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
        let unit = match unit {
            "" | "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => 0,
        };
        let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        match seconds {
            Some(seconds) if (1..=MOST_DAYS * DAY).contains(&seconds) => {
                Ok(Self(Duration::from_secs(seconds)))
            }
            Some(_) | None => {
                Err(format!("expected a time such as 14d, 12h or 30m, at most {MOST_DAYS} days"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Lasts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Seconds(u64),
            Text(String),
        }
        let text = match Either::deserialize(deserializer)? {
            Either::Seconds(seconds) => seconds.to_string(),
            Either::Text(text) => text,
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_lasts_as_long_as_was_written() {
        for (text, seconds) in
            [("14d", 14 * DAY), ("12h", 43_200), ("30m", 1_800), ("2w", 14 * DAY), ("90", 90)]
        {
            assert_eq!(text.parse(), Ok(Lasts(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "d", "0d", "-1d", "1y", "367d", "99999999999999999999d", "1.5d", "14 days"]
        {
            assert!(text.parse::<Lasts>().is_err(), "{text:?}");
        }
    }
}
