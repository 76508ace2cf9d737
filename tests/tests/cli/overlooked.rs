//! A stub as active leaf: who opens the session is told of the longer, younger branch.

use jcode_session_tests::homes::{home, log, put};
use jcode_session_tests::program::run;

const MS: u64 = 1_770_000_000_000;

fn with_a_stub(at: u64) -> Vec<u8> {
    let mut log = log("it", 8, MS, "word");
    let stub = format!(
        "{{\"type\":\"message\",\"id\":\"stub\",\"parentId\":\"e0\",\"timestamp\":{at},\"message\":{{\"role\":\"user\",\
         \"content\":\"stub\"}}}}\n"
    );
    log.extend_from_slice(stub.as_bytes());
    log
}

#[test]
fn a_stub_beside_a_longer_and_younger_branch_is_pointed_out() {
    let home = home();
    let path = put(home.path(), "it.jsonl", &with_a_stub(MS - 60_000));
    for indexed in [false, true] {
        if indexed {
            assert_eq!(run(home.path(), [std::ffi::OsStr::new("migrate"), path.as_os_str()]).code, 0);
        }
        for command in ["tree", "show"] {
            let told = run(home.path(), [command, "it"]);
            assert!(told.code == 0 && told.stderr.contains("`show --path e7`"), "{command}: {told:?}");
        }
        let followed = run(home.path(), ["show", "it", "--path", "e7"]);
        assert!(followed.text().contains("word 7") && !followed.stderr.contains("e7"), "{followed:?}");
    }
    assert!(run(home.path(), ["show", "it", "--json"]).stderr.is_empty());
}

#[test]
fn who_went_back_on_purpose_is_not_told() {
    let home = home();
    put(home.path(), "it.jsonl", &with_a_stub(MS + 60_000));
    for command in ["tree", "show"] {
        let told = run(home.path(), [command, "it"]);
        assert!(!told.stderr.contains("--path e7"), "{command}: {told:?}");
    }
}
