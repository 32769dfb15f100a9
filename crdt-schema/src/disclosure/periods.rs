//! Which days a period stands for, so that no two periods of one table share a day: the larger less the smaller would be
//! the rest, which may be small.

/// A period from a day until a day, both numbered so that later days are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: u32,
    last: u32,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Returns the first two periods that are not one and the same and share a day, as far as periods can be read.
pub(super) fn overlap<'a>(periods: &[&'a str]) -> Option<(&'a str, &'a str)> {
    let read: Vec<(&str, Span)> =
        periods.iter().filter_map(|period| Some((*period, span(period)?))).collect();
    read.iter().enumerate().find_map(|(index, (one, span))| {
        let later = read.iter().skip(index.saturating_add(1));
        let mut same =
            later.filter(|(_, other)| span.first <= other.last && other.first <= span.last);
        same.next().map(|(other, _)| (*one, *other))
    })
}

/// Do two periods, as they are written, share a day without being the same?
#[must_use]
pub fn periods_overlap(one: &str, other: &str) -> bool {
    one != other && overlap(&[one, other]).is_some()
}

/// Reads a period: a year, half, quarter, month or day, a financial year, or a range of these.
fn span(text: &str) -> Option<Span> {
    let text = text.trim().to_lowercase().replace(['–', '—'], "-");
    for between in [" to ", " until ", " - ", "..", "/"] {
        let Some((from, until)) = text.split_once(between) else { continue };
        if let Some(last) = single(until) {
            // "April to June 2026" says the year once.
            let year = year_of(until);
            let first = single(from).filter(|_| year.is_none() || year_of(from).is_some());
            let first = first.or_else(|| single(&format!("{from} {}", year?)))?;
            return Some(Span { first: first.first, last: last.last });
        }
    }
    single(&text)
}

fn year_of(text: &str) -> Option<&str> {
    words(text).find(|word| word.len() == 4 && word.parse::<u32>().is_ok())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn single(text: &str) -> Option<Span> {
    let words: Vec<&str> = words(text).collect();
    if let Some(month) = words.iter().find_map(|word| month(word)) {
        let year = year_of(text).map_or(Some(0), |year| year.parse().ok())?;
        let day = words.iter().filter(|word| word.len() <= 2).find_map(|word| word.parse().ok());
        return Some(day.map_or_else(|| months(year, month, 1), |day| one_day(year, month, day)));
    }
    match words.as_slice() {
        [year] => Some(months(number(year, 1000, 9999)?, 1, 12)),
        [one, other] => {
            let (year, part) = if one.len() == 4 { (one, other) } else { (other, one) };
            part_of(number(year, 1000, 9999)?, part)
        }
        [year, month, day] => {
            Some(one_day(number(year, 1000, 9999)?, number(month, 1, 12)?, number(day, 1, 31)?))
        }
        _ => None,
    }
}

/// Reads what stands beside a year: a month, quarter or half, or the end of a financial year.
fn part_of(year: u32, part: &str) -> Option<Span> {
    let at = |text: &str, most: u32| number(text, 1, most);
    if let Some(quarter) = part.strip_prefix('q') {
        let first = at(quarter, 4)?.saturating_sub(1).saturating_mul(3).saturating_add(1);
        return Some(months(year, first, 3));
    }
    if let Some(half) = part.strip_prefix('h') {
        let first = at(half, 2)?.saturating_sub(1).saturating_mul(6).saturating_add(1);
        return Some(months(year, first, 6));
    }
    if let Some(month) = at(part, 12) {
        return Some(months(year, month, 1));
    }
    let end = number(part, 0, 9999)?;
    let next = year.saturating_add(1);
    (end == next || next.checked_rem(100) == Some(end)).then(|| months(year, 4, 12))
}

fn month(word: &str) -> Option<u32> {
    let is_it = |name: &&str| word.len() >= 3 && word.starts_with(*name);
    let place = MONTHS.iter().position(is_it)?;
    u32::try_from(place).ok()?.checked_add(1)
}

fn number(text: &str, least: u32, most: u32) -> Option<u32> {
    text.parse::<u32>().ok().filter(|number| (least..=most).contains(number))
}

/// Every month has 31 days here: only their order counts.
const DAYS: u32 = 31;

fn months(year: u32, first: u32, many: u32) -> Span {
    let month = year.saturating_mul(12).saturating_add(first.saturating_sub(1));
    let start = month.saturating_mul(DAYS);
    let last = start.saturating_add(many.saturating_mul(DAYS)).saturating_sub(1);
    Span { first: start, last }
}

fn one_day(year: u32, month: u32, day: u32) -> Span {
    let first = months(year, month, 1).first.saturating_add(day.saturating_sub(1));
    Span { first, last: first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_that_share_a_day_are_found() {
        for (one, other) in [
            ("2026-07", "2026-Q3"),
            ("2026-08", "2026"),
            ("July 2026", "2026-07"),
            ("2026-H2", "2026-12"),
            ("2026-04 to 2026-06", "2026-05"),
            ("April to June", "April to July"),
            ("April to June 2026", "Q2 2026"),
            ("2026/27", "2027-03"),
            ("2026-27", "2026-11"),
            ("2026-07-14", "2026-07"),
            ("14 July 2026", "2026-07"),
            ("2026-04 – 2027-03", "Jan 2027"),
        ] {
            assert!(periods_overlap(one, other) && periods_overlap(other, one), "{one}, {other}");
        }
        for (one, other) in [
            ("2026-07", "2026-08"),
            ("2026-Q2", "2026-07"),
            ("2025", "2026"),
            ("2026/27", "2027/28"),
            ("2026/27", "2026-03"),
            ("2026-07-14", "2026-07-15"),
            ("June", "July"),
            ("before", "after"),
            ("2026-07", "2026-07"),
            ("", "2026"),
            ("week 3", "week 4"),
        ] {
            assert!(!periods_overlap(one, other), "{one}, {other}");
        }
    }
}
