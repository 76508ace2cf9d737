//! Embeds the built inspector page, if it was built.
//!
//! Owns: the list of its files, as `page.rs` in the folder of build outputs. Invariant: without the page there is an
//! empty list, and the build succeeds. Does not: build the page; `host-wasm/inspector/build` does, and touches this
//! file so that it is run again.

#![allow(clippy::disallowed_methods, reason = "a build reads the tree that it builds")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let page = root.join("../host-wasm/inspector/dist");
    let mut files = Vec::new();
    if page.join("index.html").is_file() {
        println!("cargo:rerun-if-changed={}", page.display());
        collect(&page.canonicalize()?, "", &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for (name, path) in &files {
        let _ = writeln!(list, "    ({name:?}, include_bytes!({path:?}).as_slice()),");
    }
    list.push(']');
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("page.rs"), list)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, entry.path()));
        }
    }
    Ok(())
}
