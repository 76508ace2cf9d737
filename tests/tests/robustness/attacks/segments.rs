//! Segments from outside that claim more than they hold.

use super::Home;
use jcode_session_core::segment::{MANIFEST, Manifest, Segment, State};
use jcode_session_core::source::SliceSource;
use jcode_session_core::store::LogState;
use jcode_session_tests::sessions::{header, lines};
use std::fs;

/// More than any disk holds.
const ENDLESS: u64 = 1 << 60;

/// A home whose log's own file is the header and the last line, and what its segments claim to hold.
fn claiming(files: &[(String, Vec<u8>)], manifest: Option<&[(u64, &str)]>) -> Home {
    claiming_behind(header(), &lines(3..4), files, manifest)
}

fn claiming_behind(head: &[u8], rest: &[u8], files: &[(String, Vec<u8>)], manifest: Option<&[(u64, &str)]>) -> Home {
    let home = Home::new();
    let own = [head, rest].concat();
    home.log("s", &own);
    let folder = home.file("s.store/segments");
    fs::create_dir_all(&folder).expect("made");
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("written");
    }
    if let Some(lens) = manifest {
        let mut from = head.len() as u64;
        let mut segments = Vec::new();
        for (len, digest) in lens {
            segments.push(Segment { from, len: *len, digest: (*digest).to_string() });
            from += len;
        }
        let state = |segments| State {
            segments,
            witness: LogState::of(&SliceSource(&own), own.len() as u64).expect("in memory"),
        };
        let manifest = Manifest::new(segments.clone(), state(0), state(segments.len()));
        fs::write(folder.join(MANIFEST), manifest.to_bytes()).expect("written");
    }
    home
}

/// A segment that is not there, and is longer than any disk: what is lost is not gone over byte by byte.
#[test]
fn what_is_lost_may_be_of_any_length() {
    let home = claiming(&[], Some(&[(ENDLESS, ""), (ENDLESS, "ab")]));
    let said = home.run(&["verify", "s"]).text();
    assert!(said.contains("segment-damaged"), "{said}");
    home.run_all();
    // Nothing else is there: not in front of it, or not behind.
    claiming_behind(b"\n", b"", &[], Some(&[(ENDLESS, ""), (ENDLESS, "")])).run_all();
    claiming_behind(header(), b"", &[], Some(&[(ENDLESS, "")])).run_all();
}

/// The same without a manifest, by the name of a file: it does not count, and a repair, which would take it, does not
/// write so much.
#[test]
fn the_name_of_a_segment_may_claim_any_length() {
    let name = format!("{}-{ENDLESS}.jsonl", header().len());
    let home = claiming(&[(name, lines(1..3))], None);
    assert_eq!(home.run(&["show", "s", "--entry", "e2", "--json"]).code, 2, "no manifest names it");
    let said = home.run(&["repair", "s"]);
    assert!(said.code == 2 && said.stderr.contains("are lost"), "{said:?}");
    home.run_all();
}

/// A compressed segment of blocks that all are the same byte, as a table allows them.
fn pressed(blocks: usize, block: &[u8]) -> Vec<u8> {
    let frame = zstd::bulk::compress(block, 19).expect("compressed");
    let mut file = frame.repeat(blocks);
    let table_len = u32::try_from(blocks * 8 + 9).expect("small");
    file.extend([0x184D_2A5E_u32.to_le_bytes(), table_len.to_le_bytes()].concat());
    for _ in 0..blocks {
        file.extend(u32::try_from(frame.len()).expect("small").to_le_bytes());
        file.extend(u32::try_from(block.len()).expect("small").to_le_bytes());
    }
    file.extend(u32::try_from(blocks).expect("small").to_le_bytes());
    file.push(0);
    file.extend(0x8F92_EAB1_u32.to_le_bytes());
    file
}

/// A file of some kilobytes that holds a line of gigabytes: it is told, and not held in memory.
#[test]
fn a_decompression_bomb_is_not_held() {
    let block = vec![b'a'; 1 << 20];
    let file = pressed(1100, &block);
    assert!(file.len() < 200_000);
    let len = 1100 << 20;
    let name = format!("{}-{len}.jsonl.zst", header().len());
    let home = claiming(&[(name, file)], Some(&[(len, "")]));
    let ran = home.run(&["verify", "s"]);
    assert!(ran.stderr.contains("longer than 1024 MiB"), "{ran:?}");
    for args in [&["list"][..], &["show", "s"], &["doctor"]] {
        home.run(args);
    }
}

/// A frame that holds, or claims to hold, more than its table says.
#[test]
fn a_frame_gives_no_more_than_its_table_says() {
    for lie in 0..2 {
        let mut file = pressed(4, &vec![b'\n'; 1 << 20]);
        let table = file.len() - 9 - 4 * 8;
        for block in 0..4 {
            let at = table + block * 8 + 4;
            file[at..at + 4].copy_from_slice(&4096_u32.to_le_bytes());
        }
        if lie == 1 {
            // The frame's own header: eight bytes of content size.
            file[4] = 0xE0;
            file[5..13].copy_from_slice(&ENDLESS.to_le_bytes());
        }
        let name = format!("{}-{}.jsonl.zst", header().len(), 4 * 4096);
        let home = claiming(&[(name, file)], Some(&[(4 * 4096, "")]));
        let said = home.run(&["verify", "s"]).text();
        assert!(said.contains("segment-damaged"), "{said}");
        home.run_all();
    }
}
