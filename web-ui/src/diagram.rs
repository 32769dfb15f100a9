//! The steps of a pathway as a flow picture: values in, SVG out.
//!
//! The ordered list on the page is the document. The picture repeats it: it is one image with a title and a
//! description, and nothing in it can be focused. It has classes and no styles, so that the page's rules hold.

use std::fmt::Write as _;

use crate::pathway::Step;

/// Most steps drawn; protects the page. The list on the page still has all of them.
pub const STEPS_MAX: usize = 60;

const WIDTH: usize = 440;
const BOX_LEFT: usize = 10;
const BOX_WIDTH: usize = 340;
const LINE: usize = 22;
const GAP: usize = 34;
const LETTERS: usize = 36;

/// Returns the picture of these steps; empty if there are fewer than two.
#[must_use]
pub fn steps(title: &str, steps: &[Step]) -> String {
    let steps = steps.get(..steps.len().min(STEPS_MAX)).unwrap_or_default();
    if steps.len() < 2 {
        return String::new();
    }
    let boxes = place(steps);
    let height =
        boxes.last().map_or(0, |last| last.top.saturating_add(last.height).saturating_add(12));
    let mut svg = format!(
        "<svg class=\"fp-diagram\" role=\"img\" aria-labelledby=\"diagram-title diagram-description\" viewBox=\"0 0 {WIDTH} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\" focusable=\"false\">\
         <title id=\"diagram-title\">{}</title>\
         <desc id=\"diagram-description\">The same steps as in the list: {}.</desc>\
         <defs><marker id=\"diagram-arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto-start-reverse\"><path class=\"fp-diagram__head\" d=\"M0 0 10 5 0 10z\"/></marker></defs>",
        escape(&format!("{title}: {} steps", steps.len())),
        escape(&steps.iter().map(|step| step.heading.as_str()).collect::<Vec<_>>().join(", then ")),
    );
    for (from, to) in edges(steps) {
        draw_edge(&mut svg, &boxes, from, to);
    }
    for (index, drawn) in boxes.iter().enumerate() {
        draw_box(&mut svg, drawn, index == steps.len());
    }
    svg.push_str("</svg>");
    svg
}

/// A step, or the end, on the picture.
struct Drawn {
    top: usize,
    height: usize,
    lines: Vec<String>,
    /// How many of the lines are the heading.
    headings: usize,
}

fn place(steps: &[Step]) -> Vec<Drawn> {
    let mut top = 10;
    let mut boxes = Vec::with_capacity(steps.len().saturating_add(1));
    let ends = steps.iter().enumerate().map(|(index, step)| {
        let mut lines = wrap(&format!("{}. {}", index.saturating_add(1), step.heading));
        let headings = lines.len();
        let below: Vec<&str> = [step.who.as_str(), step.response_time.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        if !below.is_empty() {
            lines.extend(wrap(&below.join(", ")));
        }
        (lines, headings)
    });
    for (lines, headings) in ends.chain([(vec!["End".to_owned()], 1)]) {
        let height = lines.len().saturating_mul(LINE).saturating_add(18);
        boxes.push(Drawn { top, height, lines, headings });
        top = top.saturating_add(height).saturating_add(GAP);
    }
    boxes
}

/// Returns which step leads to which; the number of steps stands for the end.
fn edges(steps: &[Step]) -> Vec<(usize, usize)> {
    let mut edges = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let named = named_steps(&step.next, steps.len());
        let ends = step.next.split_whitespace().any(|word| {
            word.trim_matches(|c: char| !c.is_alphabetic()).eq_ignore_ascii_case("end")
        });
        edges.extend(named.iter().map(|to| (index, *to)));
        if ends {
            edges.push((index, steps.len()));
        }
        if named.is_empty() && !ends {
            edges.push((index, index.saturating_add(1)));
        }
    }
    edges
}

/// Returns the steps that a sentence names as "step 3", counted from 0.
fn named_steps(sentence: &str, count: usize) -> Vec<usize> {
    let words: Vec<String> = sentence
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .collect();
    let mut named: Vec<usize> = words
        .iter()
        .zip(words.iter().skip(1))
        .filter(|(word, _)| matches!(word.as_str(), "step" | "steps"))
        .filter_map(|(_, number)| number.parse::<usize>().ok())
        .filter(|number| (1..=count).contains(number))
        .map(|number| number.saturating_sub(1))
        .collect();
    named.sort_unstable();
    named.dedup();
    named
}

fn draw_edge(svg: &mut String, boxes: &[Drawn], from: usize, to: usize) {
    let (Some(start), Some(end)) = (boxes.get(from), boxes.get(to)) else { return };
    let path = if to == from.saturating_add(1) {
        let middle = BOX_LEFT + BOX_WIDTH / 2;
        format!("M{middle} {} V{}", start.top.saturating_add(start.height), end.top)
    } else {
        // A jump runs down or up beside the boxes; each has its own lane, so that two do not lie on one another.
        let right = BOX_LEFT + BOX_WIDTH;
        let lane = right + 22 + (from % 5) * 13;
        let leave = start.top.saturating_add(start.height / 2);
        let arrive =
            end.top.saturating_add(end.height / 2).saturating_add(if from < to { 0 } else { 6 });
        format!("M{right} {leave} H{lane} V{arrive} H{right}")
    };
    let _infallible = write!(
        svg,
        "<path class=\"fp-diagram__line\" marker-end=\"url(#diagram-arrow)\" d=\"{path}\"/>"
    );
}

fn draw_box(svg: &mut String, drawn: &Drawn, is_end: bool) {
    let (class, radius) =
        if is_end { ("fp-diagram__box fp-diagram__box--end", 20) } else { ("fp-diagram__box", 4) };
    let _infallible = write!(
        svg,
        "<rect class=\"{class}\" x=\"{BOX_LEFT}\" y=\"{}\" width=\"{BOX_WIDTH}\" height=\"{}\" rx=\"{radius}\"/>",
        drawn.top, drawn.height
    );
    for (index, line) in drawn.lines.iter().enumerate() {
        let class = if index < drawn.headings { "fp-diagram__heading" } else { "fp-diagram__text" };
        let y = drawn.top.saturating_add(index.saturating_mul(LINE)).saturating_add(25);
        let _infallible = write!(
            svg,
            "<text class=\"{class}\" x=\"{}\" y=\"{y}\">{}</text>",
            BOX_LEFT + 12,
            escape(line)
        );
    }
}

/// Returns the text in lines that fit into a box; a word that is too long for one is cut.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word: String = if word.chars().count() > LETTERS {
            word.chars().take(LETTERS - 1).chain(['…']).collect()
        } else {
            word.to_owned()
        };
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LETTERS => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines.truncate(4);
    lines
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no other control characters, not even escaped.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(heading: &str, next: &str) -> Step {
        Step { heading: heading.to_owned(), next: next.to_owned(), ..Step::default() }
    }

    #[test]
    fn a_step_leads_where_its_sentence_says() {
        let all = [
            step("Ask", "If no food today go to step 2, else step 3"),
            step("Refer", ""),
            step("Assess", "End"),
        ];
        assert_eq!(edges(&all), [(0, 1), (0, 2), (1, 2), (2, 3)]);
    }

    #[test]
    fn steps_that_do_not_exist_are_not_drawn() {
        assert_eq!(edges(&[step("Ask", "step 9"), step("Tell", "step 0")]), [(0, 1), (1, 2)]);
    }

    #[test]
    fn hostile_text_stays_text() {
        let svg = steps(
            "a<b>",
            &[step("<script>alert(1)</script>", ""), step("\"' onload=\"x\u{1}", "")],
        );
        assert!(!svg.contains("<script"), "{svg}");
        assert!(!svg.contains("\"' onload"), "{svg}");
        assert!(svg.contains("role=\"img\"") && !svg.contains("style="));
    }

    #[test]
    fn a_long_pathway_is_drawn_up_to_its_limit() {
        let many: Vec<Step> = (0..500).map(|_| step("Ask", "")).collect();
        assert_eq!(steps("Long", &many).matches("<rect").count(), STEPS_MAX + 1);
        assert_eq!(steps("One", &[step("Ask", "")]), "");
    }
}
