//! Criterion's results for the library, read from criterion's folder.

use crate::Outcome;
use crate::record::Micro;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// All results below criterion's folder, by name; none if there is no such folder.
pub fn collect(criterion: &Path) -> Outcome<Vec<Micro>> {
    let mut found = Vec::new();
    let mut folders = vec![criterion.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if let Some(micro) = result(&folder)? {
            found.push(micro);
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        folders.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn result(folder: &Path) -> Outcome<Option<Micro>> {
    let read = |name: &str| fs::read(folder.join("new").join(name)).ok();
    let (Some(about), Some(estimates)) = (read("benchmark.json"), read("estimates.json")) else { return Ok(None) };
    let (about, estimates): (Value, Value) = (serde_json::from_slice(&about)?, serde_json::from_slice(&estimates)?);
    let median = &estimates["median"];
    let seconds = |value: &Value| value.as_f64().unwrap_or(f64::NAN) / 1e9;
    let interval = &median["confidence_interval"];
    Ok(Some(Micro {
        name: about["full_id"].as_str().unwrap_or_default().to_owned(),
        seconds: seconds(&median["point_estimate"]),
        between: (seconds(&interval["lower_bound"]), seconds(&interval["upper_bound"])),
        bytes: about["throughput"]["Bytes"].as_u64(),
    }))
}
