//! Labels. Owns which label holds for an entry, and the name that a branch takes from the labels on its own segment.

use std::collections::{BTreeMap, HashMap};

use crate::oracle::fields;
use crate::oracle::json::Object;
use crate::oracle::lookup::Lookup;
use crate::oracle::model::{OracleEntry, OracleLabel, OracleLeaf};
use crate::oracle::scan::Record;
use crate::oracle::text::Text;

/// A label that holds, and the entry that set it.
#[derive(Debug)]
pub struct Held {
    pub label: OracleLabel,
    set_by: usize,
}

/// The labels that hold, by labelled entry in file order: the last one set on each entry, unless it was cleared later.
pub fn holding(entries: &[OracleEntry], sources: &[&Record]) -> Vec<Held> {
    let lookup = Lookup::new(entries);
    let mut last = BTreeMap::new();
    for (at, source) in sources.iter().enumerate() {
        let Some(target) = target(&source.object).and_then(|id| lookup.resolve(&id, at)) else {
            continue;
        };
        last.insert(target, (at, name(&source.object)));
    }
    let held = last.into_iter().filter_map(|(entry, (set_by, name))| {
        let label = OracleLabel { entry, name: name?, labeled_at: entries[set_by].ts };
        Some(Held { label, set_by })
    });
    held.collect()
}

/// The leaves in file order, each with the name of its branch: the label set last among those that hold on the leaf and
/// its ancestors before the nearest branch point.
pub fn leaves(entries: &[OracleEntry], labels: &[Held]) -> Vec<OracleLeaf> {
    let held_on: HashMap<usize, &Held> = labels.iter().map(|held| (held.label.entry, held)).collect();
    let leaves = (0..entries.len()).filter(|&at| entries[at].leaf);
    let named = leaves.map(|leaf| {
        let segment =
            std::iter::successors(Some(leaf), |&at| entries[at].parent).take_while(|&at| !entries[at].branch_point);
        let on_segment = segment.filter_map(|at| held_on.get(&at));
        let name = on_segment.max_by_key(|held| held.set_by).map(|held| &held.label);
        OracleLeaf {
            entry: leaf,
            name: name.map(|label| label.name.clone()),
            labeled_at: name.and_then(|label| label.labeled_at),
        }
    });
    named.collect()
}

/// The id of the entry that a label entry labels.
fn target(object: &Object) -> Option<String> {
    let is_label = fields::text(object, "type").and_then(Text::sound) == Some("label");
    fields::target(object).id().filter(|_| is_label)
}

/// The name that a label entry sets. A label entry without a name clears the label.
fn name(object: &Object) -> Option<String> {
    let name = fields::text(object, "label")?;
    (!name.lossy.is_empty()).then(|| name.lossy.clone())
}
