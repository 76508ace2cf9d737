//! Targets that read jcode's v1 files.

use crate::jcode_model::{V1Files, load, normal_form};
use crate::v1_steps::{bytes_of, exported, grown, index, replay_of};
use jcode_session_core::dialect::jcode::present;
use jcode_session_core::finding::{Code, Finding};

/// The input is snapshot, journal and backup, separated by a byte that no JSON contains. The migrated log is sound, a
/// second migration adds nothing, and the export equals what jcode loads.
pub(super) fn v1(data: &[u8]) {
    let mut parts = data.splitn(3, |&byte| byte == 0xFF).map(|part| (!part.is_empty()).then(|| part.to_vec()));
    let mut next = || parts.next().flatten();
    let files = V1Files { snapshot: next(), journal: next(), bak: next() };
    let loaded = load(&files);
    let Ok(replayed) = replay_of(&files) else {
        assert!(loaded.is_err(), "jcode loads it");
        return;
    };
    let log = bytes_of(&present(replayed).expect("in memory"));
    let of_payload = |finding: &Finding| matches!(finding.code, Code::LoneSurrogate | Code::InvalidUtf8);
    let findings = index(&log).findings;
    assert!(findings.iter().all(of_payload), "{findings:?}");
    assert_eq!(grown(&log, &files).expect("not diverged"), log);
    if let (Ok(loaded), true) = (loaded, findings.is_empty()) {
        assert_eq!(normal_form(&exported(&log)), normal_form(&loaded));
    }
}
