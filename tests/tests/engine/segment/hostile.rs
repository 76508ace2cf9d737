//! Manifests and tables that lie.

use super::{PLAIN, PRESSED, codes, files, sealed};
use jcode_session_core::finding::Code;
use jcode_session_core::segment::{MANIFEST, Table, TableError};
use jcode_session_core::source::SliceSource;
use jcode_session_native::os::paths;
use jcode_session_tests::written::whole;
use std::fs;

/// Claims of a table are not believed further than they fit.
#[test]
fn hostile_tables_cost_no_memory_and_no_crash() {
    let table = |entries: &[(u32, u32)], claimed: u32, flags: u8| {
        let mut file = vec![0xAA; 1000];
        file.extend_from_slice(&0x184D_2A5E_u32.to_le_bytes());
        file.extend_from_slice(&claimed.wrapping_mul(8).wrapping_add(9).to_le_bytes());
        for (stored, plain) in entries {
            file.extend_from_slice(&stored.to_le_bytes());
            file.extend_from_slice(&plain.to_le_bytes());
        }
        file.extend_from_slice(&claimed.to_le_bytes());
        file.push(flags);
        file.extend_from_slice(&0x8F92_EAB1_u32.to_le_bytes());
        file
    };
    let read = |file: &[u8], len: u64| Table::read(&SliceSource(file), len);
    assert!(read(&table(&[(600, 5000), (400, 5000)], 2, 0), 10_000).is_ok());
    assert!(matches!(read(&table(&[(600, 5000), (400, 5000)], 2, 0), 10_001), Err(TableError::Sum { .. })));
    assert!(matches!(read(&table(&[(600, 5000), (900, 5000)], 2, 0), 10_000), Err(TableError::Sum { .. })));
    assert_eq!(read(&table(&[(1000, u32::MAX)], 1, 0), u64::from(u32::MAX)), Err(TableError::Frame(0)));
    assert_eq!(read(&table(&[(1000, 0)], 1, 0), 0), Err(TableError::Frame(0)));
    assert_eq!(read(&table(&[], u32::MAX, 0), 10), Err(TableError::TooMany(u32::MAX)));
    assert_eq!(read(&table(&[], 1 << 20, 0), 10), Err(TableError::NoTable));
    assert_eq!(read(&table(&[(1000, 10)], 1, 0x7C), 10), Err(TableError::NoTable));
    assert_eq!(read(b"", 0), Err(TableError::NoTable));
    // A frame that holds more than its block, and one that holds garbage: the block is lost, nothing else.
    let (_home, log, bytes) = sealed(PRESSED);
    let file = files(&log).remove(1);
    let mut bomb = zstd::bulk::compress(&vec![b'x'; 50 << 20], 1).expect("compressed");
    let stored = u32::try_from(bomb.len()).expect("small");
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let len: u32 = name.split(['-', '.']).nth(1).expect("a length").parse().expect("a number");
    let behind = table(&[(stored, len)], 1, 0);
    bomb.extend_from_slice(&behind[1000..]);
    fs::write(&file, bomb).expect("written");
    assert_eq!(whole(&log).len(), bytes.len());
    assert!(codes(&log).contains(&Code::SegmentDamaged));
}

/// Hostile manifests are not believed; segments that overlap or leave gaps are none.
#[test]
fn hostile_manifests_describe_no_log() {
    let (_home, log, _) = sealed(PLAIN);
    let own = fs::read(&log).expect("there");
    let manifest = paths::store(&log).join("segments").join(MANIFEST);
    let good: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).expect("there")).expect("json");
    let changes: [fn(&mut serde_json::Value); 5] = [
        |m| m["segments"][1]["from"] = 7.into(),
        |m| m["segments"][1]["len"] = u64::MAX.into(),
        |m| m["segments"][0]["len"] = 0.into(),
        |m| m["after"]["segments"] = 1000.into(),
        |m| m["version"] = 2.into(),
    ];
    for change in changes {
        let mut hostile = good.clone();
        change(&mut hostile);
        fs::write(&manifest, hostile.to_string()).expect("written");
        assert_eq!(whole(&log), own, "{hostile}");
        assert!(codes(&log).contains(&Code::SegmentDamaged), "{hostile}");
    }
}
