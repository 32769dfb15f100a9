//! Plots of several runs over their size, as SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::Figures;

/// The files, and what each shows.
pub(super) const ALL: &[(&str, &str)] = &[
    ("convergence.svg", "Seconds until every node that is on has an edit"),
    ("bytes.svg", "Bytes sent per edit and node"),
    ("memory.svg", "Memory per node, MiB"),
    ("hops.svg", "Links that an edit came over"),
];

/// One line of a plot: what it is, and its value at each run.
type Line = (&'static str, fn(&Figures) -> f64);

const LINES: &[&[Line]] = &[
    &[
        ("half of the edits", |run| f64::from(run.everyone.half) / 1_000.0),
        ("99 in 100", |run| f64::from(run.everyone.most) / 1_000.0),
    ],
    &[
        ("everything", Figures::bytes_per_edit_and_node),
        ("what was written, and its announcements", Figures::spreading_per_edit_and_node),
    ],
    &[("at the peak", |run| run.memory_per_node() / 1_024.0)],
    &[("on average", |run| run.hops().0), ("at most", |run| f64::from(run.hops().1))],
];

pub(super) fn draw(folder: &Path, runs: &[Figures]) -> Result<()> {
    for ((file, title), lines) in ALL.iter().zip(LINES) {
        plot(&folder.join(file), title, runs, lines)
            .map_err(|error| anyhow!("cannot draw {file}: {error}"))?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people to see")]
fn plot(
    file: &Path,
    title: &str,
    runs: &[Figures],
    lines: &[Line],
) -> Result<(), Box<dyn std::error::Error>> {
    let mut runs: Vec<&Figures> = runs.iter().collect();
    runs.sort_by_key(|run| run.organizations);
    let sizes = |run: &&&Figures| run.organizations as f64;
    let widest = runs.iter().map(|run| run.organizations as f64).fold(1.0, f64::max) * 1.05;
    let values = lines.iter().flat_map(|(_, value)| runs.iter().map(|run| value(run)));
    let highest = values.fold(0.001, f64::max) * 1.15;
    let root = SVGBackend::new(file, (720, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..widest, 0.0..highest)?;
    chart
        .configure_mesh()
        .x_desc("organisations")
        .max_light_lines(0)
        .x_label_formatter(&|size| format!("{size:.0}"))
        .label_style(("sans-serif", 13))
        .draw()?;
    // Blue and orange: told apart by those who do not tell red from green.
    let colors = [RGBColor(0, 90, 160), RGBColor(200, 100, 0)];
    for ((name, value), color) in lines.iter().zip(colors) {
        let points: Vec<(f64, f64)> = runs.iter().map(|run| (sizes(&run), value(run))).collect();
        chart
            .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, 4, color.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 13))
        .draw()?;
    root.present()?;
    Ok(())
}
