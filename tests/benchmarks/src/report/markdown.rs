//! The document: one table per topic, missed targets with reasons, growth, the library, the machine.

use super::reasons::reason;
use crate::machine::LOAD;
use crate::record::{Chart, Figure, Micro, Other, Row, Run, Target, TopicResult, Unit};
use std::fmt::Write;

/// The text of `benchmarks.md`.
pub fn document(run: &Run) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_document(&mut out, run);
    out
}

/// One row on one line, for the console.
pub fn line(row: &Row) -> String {
    let cells = cells(row);
    cells.iter().filter(|cell| !cell.is_empty()).cloned().collect::<Vec<_>>().join("  ")
}

fn write_document(out: &mut String, run: &Run) -> std::fmt::Result {
    writeln!(out, "# Benchmarks\n")?;
    if run.quick {
        writeln!(out, "**A quick run on small data: it shows that the benchmarks work, and nothing else.**\n")?;
    }
    writeln!(out, "{INTRODUCTION}")?;
    if was_busy(run) {
        writeln!(out, "{BUSY}")?;
    }
    summary(out, run)?;
    run.topics.iter().try_for_each(|topic| table(out, topic))?;
    if !run.charts.is_empty() {
        writeln!(
            out,
            "## Growth\n\nEach main operation at four sizes, medians, both axes logarithmic. A log has a branch for each megabyte, which is what the tree costs; checkpoint and rollback include their syncs.\n"
        )?;
        run.charts.iter().try_for_each(|chart| growth(out, chart))?;
    }
    if !run.library.is_empty() {
        library(out, &run.library)?;
    }
    writeln!(out, "## Machine\n\n| | |\n|---|---|\n| date | {} |", run.date)?;
    run.machine.iter().try_for_each(|(name, value)| writeln!(out, "| {name} | {value} |"))
}

const INTRODUCTION: &str = "\
Made by `tests/bench`, which generates the data, measures and writes this file; `tests/bench --quick` only sees that it works.

`ours` is measured in turns with `floor`, the least that such work costs on the same data in the same run, and with `peer`, another program that answers the same question: ours, floor, peer, ours, floor, peer … Each figure is the median, with the quartiles in parentheses; a ratio is the median of the ratios of the turns, because absolute times of shared machines say little. All files are in the page cache. `process` means from before the program is started until it has ended; `library` a call in a process that runs.
";

const BUSY: &str = "\
This run shared its cores with other work. Turns make the ratios hold; a target in milliseconds that is missed here may be met on a quiet machine.
";

/// Whether more than one process was ready to run before the first measurement.
fn was_busy(run: &Run) -> bool {
    let load = run.machine.iter().find(|(name, _)| name == LOAD);
    load.and_then(|(_, load)| load.parse().ok()).is_some_and(|load: f64| load > 1.0)
}

fn summary(out: &mut String, run: &Run) -> std::fmt::Result {
    let rows = || run.topics.iter().flat_map(|topic| &topic.rows);
    let met = rows().filter(|row| row.met() == Some(true)).count();
    let unmet: Vec<&Row> = rows().filter(|row| row.met() == Some(false)).collect();
    writeln!(out, "{met} of {} targets are met.", met + unmet.len())?;
    if !unmet.is_empty() {
        writeln!(out, "\nNot met:\n")?;
    }
    for row in unmet {
        let reason = reason(&row.what).unwrap_or("the cause has not been found yet.");
        writeln!(out, "- {}, {}: {reason}", row.what, outcome(row))?;
    }
    writeln!(out)
}

/// The measured value beside its target.
fn outcome(row: &Row) -> String {
    let [_, ours, floor, ratio, .., target, _] = cells(row);
    match row.target {
        Some(Target::MostTimes(_) | Target::LeastTimes(_)) => format!("{ratio} of {floor} instead of {target}"),
        _ => format!("{ours} instead of {target}"),
    }
}

fn table(out: &mut String, topic: &TopicResult) -> std::fmt::Result {
    writeln!(out, "## {}\n\n{}\n", topic.title, topic.about)?;
    if !topic.rows.is_empty() {
        writeln!(out, "| what | ours | floor | ratio | peer | ratio | target | met |")?;
        writeln!(out, "|---|---|---|---|---|---|---|---|")?;
        topic.rows.iter().try_for_each(|row| writeln!(out, "| {} |", cells(row).join(" | ")))?;
        writeln!(out)?;
    }
    topic.skipped.iter().try_for_each(|why| writeln!(out, "Not measured: {why}.\n"))
}

fn cells(row: &Row) -> [String; 8] {
    let other = |other: &Option<Other>| {
        other.as_ref().map_or_else(Default::default, |other| {
            let ratio = ratio(&row.ours.by(&other.figure));
            (format!("{}: {}", other.name, figure(&other.figure, row.unit)), ratio)
        })
    };
    let ((floor, to_floor), (peer, to_peer)) = (other(&row.floor), other(&row.peer));
    let met = row.met().map_or("", |met| if met { "yes" } else { "**no**" });
    let target = row.target.map(|target| wanted(target, row.unit)).unwrap_or_default();
    [row.what.clone(), figure(&row.ours, row.unit), floor, to_floor, peer, to_peer, target, met.to_owned()]
}

fn wanted(target: Target, unit: Unit) -> String {
    match target {
        Target::Most(most) => format!("≤ {}", value(most, unit)),
        Target::MostTimes(most) => format!("≤ {most}×"),
        Target::LeastTimes(least) => format!("≥ {least}×"),
    }
}

fn figure(figure: &Figure, unit: Unit) -> String {
    let median = figure.median();
    if figure.0.len() < 3 {
        return value(median, unit);
    }
    let (scale, _) = scale(median, unit);
    let (low, high) = figure.quartiles();
    format!("{} ({}–{})", value(median, unit), three_digits(low / scale), three_digits(high / scale))
}

fn ratio(figure: &Figure) -> String {
    let number = |ratio: f64| match ratio {
        ..0.1 => format!("1/{:.0}", 1.0 / ratio),
        ..10.0 => format!("{ratio:.2}"),
        _ => format!("{ratio:.0}"),
    };
    let median = number(figure.median());
    if figure.0.len() < 3 {
        return format!("{median}×");
    }
    let (low, high) = figure.quartiles();
    format!("{median}× ({}–{})", number(low), number(high))
}

/// Three digits and a suitable unit.
fn value(value: f64, unit: Unit) -> String {
    let (scale, name) = scale(value, unit);
    format!("{} {name}", three_digits(value / scale)).trim_end().to_owned()
}

fn scale(value: f64, unit: Unit) -> (f64, &'static str) {
    let scales: &[(f64, &str)] = match unit {
        Unit::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")],
        Unit::Bytes => &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB")],
        Unit::PerSecond | Unit::Share | Unit::Number => &[],
    };
    let smallest = match unit {
        Unit::Seconds => (1e-9, "ns"),
        Unit::Bytes => (1.0, "B"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Share => (0.01, "%"),
        Unit::Number => (1.0, ""),
    };
    scales.iter().copied().find(|(scale, _)| value.abs() >= *scale).unwrap_or(smallest)
}

fn three_digits(value: f64) -> String {
    let decimals = match value.abs() {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

fn growth(out: &mut String, chart: &Chart) -> std::fmt::Result {
    writeln!(out, "![{}]({}.svg)\n", chart.title, chart.name)?;
    let sizes = chart.curves.first().map_or(&[][..], |curve| &curve.points);
    let unit = if chart.x == "bytes" { Unit::Bytes } else { Unit::PerSecond };
    let head = |size: f64| if unit == Unit::Bytes { value(size, unit) } else { format!("{size}") };
    let mut heads: Vec<String> = sizes.iter().map(|(size, _)| head(*size)).collect();
    heads.extend(chart.beyond.map(|size| format!("{}, by extension", head(size))));
    writeln!(out, "| {} | {} |", chart.x, heads.join(" | "))?;
    writeln!(out, "|---{}|", "|---".repeat(heads.len()))?;
    for curve in &chart.curves {
        let beyond = chart.beyond.and_then(|size| curve.extended(size));
        let points = curve.points.iter().copied().chain(beyond);
        let costs: Vec<String> = points.map(|(_, cost)| value(cost, Unit::Seconds)).collect();
        writeln!(out, "| {} | {} |", curve.name, costs.join(" | "))?;
    }
    writeln!(out)
}

fn library(out: &mut String, micros: &[Micro]) -> std::fmt::Result {
    writeln!(out, "## Library, piece by piece\n")?;
    writeln!(out, "Measured by criterion: the median and its 95% confidence interval.\n")?;
    writeln!(out, "| what | time | between | rate |\n|---|---|---|---|")?;
    for micro in micros {
        let seconds = |seconds| value(seconds, Unit::Seconds);
        let (low, high) = micro.between;
        let rate = micro.bytes.map(|bytes| format!("{}/s", value(bytes as f64 / micro.seconds, Unit::Bytes)));
        let (name, rate) = (&micro.name, rate.unwrap_or_default());
        writeln!(out, "| {name} | {} | {}–{} | {rate} |", seconds(micro.seconds), seconds(low), seconds(high))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_three_digits_and_a_unit() {
        let cases = [
            (0.001_234, Unit::Seconds, "1.23 ms"),
            (12.0, Unit::Seconds, "12 s"),
            (0.000_000_5, Unit::Seconds, "500 ns"),
            (0.1, Unit::Seconds, "100 ms"),
            (8192.0, Unit::Bytes, "8.19 kB"),
            (0.5, Unit::Bytes, "0.5 B"),
            (1_174_000_000.0, Unit::Bytes, "1.17 GB"),
            (12_345.6, Unit::PerSecond, "12346 /s"),
            (0.256, Unit::Share, "25.6 %"),
            (3.0, Unit::Number, "3"),
        ];
        for (number, unit, text) in cases {
            assert_eq!(value(number, unit), text);
        }
    }

    #[test]
    fn spreads_stand_in_the_unit_of_the_median() {
        assert_eq!(figure(&Figure(vec![0.9e-3, 1.0e-3, 1.2e-3]), Unit::Seconds), "1 ms (0.95–1.1)");
        assert_eq!(figure(&Figure(vec![1.0, 2.0]), Unit::Seconds), "1.5 s");
    }

    #[test]
    fn a_run_on_a_busy_machine_says_so() {
        let run = |load: &str| Run { machine: vec![(LOAD.into(), load.into())], ..Run::default() };
        assert!(document(&run("1.2")).contains(BUSY));
        assert!(!document(&run("0.7")).contains(BUSY) && !document(&Run::default()).contains(BUSY));
    }

    #[test]
    fn a_document_names_what_is_not_met_and_why() {
        let row = |ours: f64| {
            Row::new("cold index", Unit::Seconds, Figure(vec![ours]))
                .floor("insert", Figure(vec![1.0]))
                .peer("pi", Figure(vec![400.0]))
                .target(Target::MostTimes(1.5))
        };
        let topic =
            |rows| TopicResult { title: "Index".into(), about: "About.".into(), rows, skipped: vec!["pi".into()] };
        let document = document(&Run { topics: vec![topic(vec![row(1.0), row(2.0)])], ..Run::default() });
        assert!(document.contains("1 of 2 targets are met."), "{document}");
        assert!(document.contains("2.00× of insert: 1 s instead of ≤ 1.5×: "), "{document}");
        assert!(
            document.contains("| cold index | 1 s | insert: 1 s | 1.00× | pi: 400 s | 1/400× | ≤ 1.5× | yes |"),
            "{document}"
        );
        assert!(document.contains("Not measured: pi."), "{document}");
    }
}
