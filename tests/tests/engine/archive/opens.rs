//! Opening an archive while another home makes it.

use jcode_session_core::archive::Answer;
use jcode_session_object::{Archive, Listed, ObjectError, Objects, OpenError};
use jcode_session_tests::stores::Store;
use std::ops::Range;
use std::sync::Arc;

/// A store in which, once it was asked for a marker, another home makes the archive, or puts something else.
#[derive(Debug)]
struct Meanwhile {
    store: Arc<Store>,
    other: &'static str,
}

impl Objects for Meanwhile {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<Answer, ObjectError> {
        self.store.put(name, bytes)
    }

    fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ObjectError> {
        self.store.get(name, most)
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Vec<u8>>, ObjectError> {
        self.store.get_range(name, range)
    }

    fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<Listed>, ObjectError> {
        self.store.list(folder, after)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        self.store.folders(folder)
    }

    fn is_empty(&self) -> Result<bool, ObjectError> {
        if self.other.is_empty() {
            let mut archive = Archive::over(Arc::clone(&self.store) as Arc<_>, "store:").expect("opens");
            archive.make().expect("made");
        } else {
            self.store.put(self.other, b"mine")?;
        }
        self.store.is_empty()
    }

    fn shown(&self, name: &str) -> String {
        self.store.shown(name)
    }
}

#[test]
fn an_archive_that_is_made_meanwhile_is_one() {
    let store: Arc<Store> = Arc::default();
    let opened = Archive::over(Arc::new(Meanwhile { store: Arc::clone(&store), other: "" }), "store:");
    let made = Archive::over(store, "store:").expect("opens");
    assert_eq!(opened.expect("opens").id(), made.id());
    let store: Arc<Store> = Arc::default();
    let opened = Archive::over(Arc::new(Meanwhile { store, other: "notes.txt" }), "store:");
    assert!(matches!(opened, Err(OpenError::Other(_))), "{opened:?}");
}
