//! Results as data: the measurements of a run, written as one JSON file and rendered from it.
//!
//! Owns: figures, their medians and spreads, targets and whether they are met.
//! Invariant: ratios are taken turn by turn, between values that were measured right after each other.

use serde::{Deserialize, Serialize};

/// Everything that one run measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Run {
    /// RFC 3339.
    pub date: String,
    /// True for a run that only checks that everything works.
    pub quick: bool,
    /// The environment of the run: names and values.
    pub machine: Vec<(String, String)>,
    pub topics: Vec<TopicResult>,
    pub charts: Vec<Chart>,
    /// Criterion's results.
    pub library: Vec<Micro>,
}

/// The rows of one topic.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TopicResult {
    pub title: String,
    pub about: String,
    pub rows: Vec<Row>,
    /// What was not measured, and why.
    pub skipped: Vec<String>,
}

/// One operation beside its floor and its peer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub what: String,
    pub unit: Unit,
    pub ours: Figure,
    pub floor: Option<Other>,
    pub peer: Option<Other>,
    pub target: Option<Target>,
}

/// A value to compare with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Other {
    pub name: String,
    pub figure: Figure,
}

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    Seconds,
    Bytes,
    /// Per second; more is better.
    PerSecond,
    /// A part of a whole.
    Share,
    /// A number of things.
    Number,
}

/// The target of a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Target {
    Most(f64),
    /// Ours divided by the floor is at most this.
    MostTimes(f64),
    /// Ours divided by the floor is at least this.
    LeastTimes(f64),
}

/// One value per turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figure(pub Vec<f64>);

/// Cost against size.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Chart {
    /// Also the name of the file.
    pub name: String,
    pub title: String,
    pub x: String,
    pub curves: Vec<Curve>,
    /// A size up to which the curves are extended, beyond what was measured.
    #[serde(default)]
    pub beyond: Option<f64>,
}

/// The cost of one operation: size and seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

impl Curve {
    /// The cost at a size that was not measured, on the line through the last two that were.
    pub fn extended(&self, size: f64) -> Option<(f64, f64)> {
        let [.., (x1, y1), (x2, y2)] = self.points[..] else { return None };
        Some((size, y2 + (size - x2) * (y2 - y1) / (x2 - x1)))
    }
}

/// A result of criterion.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Micro {
    pub name: String,
    pub seconds: f64,
    /// The confidence interval of the median.
    pub between: (f64, f64),
    /// Bytes that one iteration processes.
    pub bytes: Option<u64>,
}

impl Figure {
    /// The middle value.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// Half of all values lie between these two.
    pub fn quartiles(&self) -> (f64, f64) {
        (self.quantile(0.25), self.quantile(0.75))
    }

    /// Turn by turn, these values divided by the others.
    pub fn by(&self, other: &Self) -> Self {
        self.with(other, |ours, theirs| ours / theirs)
    }

    /// Turn by turn, these values minus the others.
    pub fn above(&self, other: &Self) -> Self {
        self.with(other, |ours, theirs| ours - theirs)
    }

    /// Values with different numbers of turns are compared by their medians.
    fn with(&self, other: &Self, what: fn(f64, f64) -> f64) -> Self {
        if self.0.len() == other.0.len() {
            Self(self.0.iter().zip(&other.0).map(|(&ours, &theirs)| what(ours, theirs)).collect())
        } else {
            Self(vec![what(self.median(), other.median())])
        }
    }

    fn quantile(&self, at: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = at * sorted.len().saturating_sub(1) as f64;
        let value = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
        let (low, high) = (value(place.floor()), value(place.ceil()));
        low + (high - low) * place.fract()
    }
}

impl Row {
    /// A row that was measured without floor and peer.
    pub fn new(what: impl Into<String>, unit: Unit, ours: Figure) -> Self {
        Self { what: what.into(), unit, ours, floor: None, peer: None, target: None }
    }

    pub fn floor(mut self, name: impl Into<String>, figure: Figure) -> Self {
        self.floor = Some(Other { name: name.into(), figure });
        self
    }

    pub fn peer(mut self, name: impl Into<String>, figure: Figure) -> Self {
        self.peer = Some(Other { name: name.into(), figure });
        self
    }

    pub fn target(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Whether the target is met, if there is one.
    pub fn met(&self) -> Option<bool> {
        let floor = || self.floor.as_ref().map(|floor| &floor.figure);
        Some(match self.target? {
            Target::Most(most) => self.ours.median() <= most,
            Target::MostTimes(most) => self.ours.by(floor()?).median() <= most,
            Target::LeastTimes(least) => self.ours.by(floor()?).median() >= least,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: &[f64], floor: &[f64], target: Target) -> Row {
        Row::new("x", Unit::Seconds, Figure(ours.to_vec())).floor("y", Figure(floor.to_vec())).target(target)
    }

    #[test]
    fn medians_and_quartiles() {
        let figure = Figure(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!((figure.median(), figure.quartiles()), (3.0, (2.0, 4.0)));
        assert_eq!(Figure(vec![1.0, 2.0]).median(), 1.5);
        assert!(Figure::default().median().is_nan());
    }

    #[test]
    fn ratios_are_taken_turn_by_turn() {
        // A machine that is three times slower in every other turn changes no ratio.
        let (ours, floor) = (Figure(vec![2.0, 6.0, 2.0, 6.0]), Figure(vec![1.0, 3.0, 1.0, 3.0]));
        assert_eq!(ours.by(&floor), Figure(vec![2.0; 4]));
        assert_eq!(ours.by(&Figure(vec![1.0, 2.0, 3.0])), Figure(vec![2.0]));
    }

    #[test]
    fn targets_are_met_up_to_and_at_their_limit() {
        assert_eq!(row(&[2.0], &[1.0], Target::Most(2.0)).met(), Some(true));
        assert_eq!(row(&[2.1], &[1.0], Target::Most(2.0)).met(), Some(false));
        assert_eq!(row(&[3.0], &[2.0], Target::MostTimes(1.5)).met(), Some(true));
        assert_eq!(row(&[3.2], &[2.0], Target::MostTimes(1.5)).met(), Some(false));
        assert_eq!(row(&[6.0], &[2.0], Target::LeastTimes(3.0)).met(), Some(true));
        assert_eq!(row(&[5.0], &[2.0], Target::LeastTimes(3.0)).met(), Some(false));
        assert_eq!(Row::new("x", Unit::Bytes, Figure(vec![1.0])).met(), None);
    }

    #[test]
    fn no_value_meets_no_target() {
        assert_eq!(row(&[], &[], Target::Most(2.0)).met(), Some(false));
        assert_eq!(row(&[], &[], Target::LeastTimes(0.0)).met(), Some(false));
    }
}
