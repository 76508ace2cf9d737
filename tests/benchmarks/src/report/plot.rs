//! Plots: cost against size on two logarithmic axes, as SVG. What was not measured is a thin line to an open circle.
//!
//! Invariant: a plot is readable on light and dark pages. Nothing is drawn behind the curves, and every colour has a
//! contrast of about 4 to 1 against both.

use crate::Outcome;
use crate::record::{Chart, Curve};
use anyhow::anyhow;
use plotters::prelude::*;
use std::fmt::Display;

const SIZE: (u32, u32) = (860, 480);
const INK: RGBColor = RGBColor(0x80, 0x80, 0x80);
const COLOURS: [RGBColor; 7] = [
    RGBColor(0x2f, 0x81, 0xd7),
    RGBColor(0xc9, 0x63, 0x1a),
    RGBColor(0x2e, 0x94, 0x4a),
    RGBColor(0xa8, 0x5f, 0xd0),
    RGBColor(0xd6, 0x4b, 0x5f),
    RGBColor(0x1f, 0x93, 0x94),
    RGBColor(0x96, 0x7f, 0x1c),
];

/// The chart as SVG text.
pub fn svg(chart: &Chart) -> Outcome<String> {
    let mut text = String::new();
    draw(chart, &mut text).map_err(|error| anyhow!("{}: {error}", chart.name))?;
    Ok(text)
}

fn draw(chart: &Chart, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let beyond = |curve: &Curve| chart.beyond.and_then(|size| curve.extended(size));
    let all = || chart.curves.iter().flat_map(|curve| curve.points.iter().copied().chain(beyond(curve)));
    let points = || all().filter(|(x, y)| *x > 0.0 && *y > 0.0);
    let range = |values: &dyn Fn(&(f64, f64)) -> f64| {
        let (low, high) =
            points().map(|point| values(&point)).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        if low <= high { (low, high) } else { (1.0, 10.0) }
    };
    let ((left, right), (bottom, top)) = (range(&|point| point.0), range(&|point| point.1));
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    let font = |size: i32| ("sans-serif", size).into_font().color(&INK);
    // Room at the right for the names of the curves.
    let room = (right / left).powf(0.32);
    let mut plot = ChartBuilder::on(&root)
        .caption(&chart.title, font(17))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d((left * 0.9..right * room).log_scale(), (bottom / 2.0..top * 2.0).log_scale())?;
    plot.configure_mesh()
        .axis_style(INK)
        .bold_line_style(INK.mix(0.35))
        .light_line_style(TRANSPARENT)
        .label_style(font(13))
        .x_desc(&chart.x)
        .x_label_formatter(&|size| short(*size, ""))
        .y_label_formatter(&|seconds| short(*seconds, "s"))
        .draw()?;
    let mut names = Names::default();
    for (curve, colour) in chart.curves.iter().zip(COLOURS.iter().cycle()) {
        let points: Vec<(f64, f64)> = curve.points.iter().copied().filter(|(x, y)| *x > 0.0 && *y > 0.0).collect();
        plot.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
        if let (Some(last), Some(beyond)) = (points.last(), beyond(curve)) {
            plot.draw_series(LineSeries::new([*last, beyond], colour.mix(0.6).stroke_width(1)))?;
            plot.draw_series(std::iter::once(Circle::new(beyond, 3, colour.stroke_width(1))))?;
        }
        plot.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
        names.add(curve, *colour, beyond(curve));
    }
    let step = (top * 4.0 / bottom).powf(16.0 / 400.0);
    for (name, colour, y) in names.placed(step) {
        let style = ("sans-serif", 13).into_font().color(&colour);
        plot.draw_series(std::iter::once(Text::new(name, (right * (right / left).powf(0.015), y), style)))?;
    }
    drop(plot);
    root.present()?;
    drop(root);
    Ok(())
}

/// The names of curves at their ends, moved apart if they would overlap.
#[derive(Default)]
struct Names(Vec<(String, RGBColor, f64)>);

impl Names {
    fn add(&mut self, curve: &Curve, colour: RGBColor, beyond: Option<(f64, f64)>) {
        if let Some((_, y)) = beyond.or(curve.points.last().copied()) {
            self.0.push((curve.name.clone(), colour, y));
        }
    }

    fn placed(mut self, step: f64) -> Vec<(String, RGBColor, f64)> {
        self.0.sort_by(|a, b| a.2.total_cmp(&b.2));
        let mut lowest = 0.0_f64;
        for (_, _, y) in &mut self.0 {
            // A text hangs down from its position.
            *y = (*y * step.sqrt()).max(lowest);
            lowest = *y * step;
        }
        self.0
    }
}

/// `1k`, `10 M`, `100 µs`.
fn short(value: f64, unit: impl Display) -> String {
    const SCALES: [(f64, &str); 7] =
        [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")];
    let (scale, prefix) = SCALES.into_iter().find(|(scale, _)| value >= scale * 0.999).unwrap_or((1.0, ""));
    format!("{} {prefix}{unit}", (value / scale * 100.0).round() / 100.0).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_apart() {
        let mut names = Names::default();
        for y in [1.0, 1.0, 1.01, 50.0] {
            names.add(&Curve { name: y.to_string(), points: vec![(1.0, y)] }, INK, None);
        }
        let placed = names.placed(1.5);
        assert!(placed.windows(2).all(|pair| pair[1].2 >= pair[0].2 * 1.499), "{placed:?}");
    }

    #[test]
    fn a_plot_has_every_name_and_no_background() {
        let curve = |name: &str, factor: f64| Curve {
            name: name.into(),
            points: (0..4).map(|n| (10f64.powi(n), factor * 10f64.powi(n))).collect(),
        };
        let curves = vec![curve("verify", 1e-6), curve("tree", 1e-4)];
        let svg = svg(&Chart { name: "x".into(), title: "Both".into(), x: "bytes".into(), curves, beyond: Some(1e5) })
            .expect("drawn");
        for text in ["verify", "tree", "Both", "bytes", "1 ms"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        assert!(!svg.to_lowercase().contains("#ffffff") && !svg.contains("#000000"), "{svg}");
    }
}
