//! Embeds the inspector page: the one that was built in this tree, else the one that the package has in `page`.
//!
//! Owns: the list of its files, as `page.rs` in the folder of build outputs.
//! Invariant: a program that is installed with cargo alone has a page. Without any there is an empty list, and the build
//! succeeds.
//! Does not: build the page; `host-wasm/inspector/build` does, and touches this file so that it is run again.
//! `host-wasm/inspector/pack` puts it into the package.

#![allow(clippy::disallowed_methods, reason = "a build reads the tree that it builds")]

use flate2::read::GzDecoder;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let (built, packed) = (root.join("../host-wasm/inspector/dist"), root.join("page"));
    let outputs = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = Vec::new();
    if built.join("index.html").is_file() {
        println!("cargo:rerun-if-changed={}", built.display());
        collect(&built.canonicalize()?, "", &mut files)?;
    } else if packed.is_dir() {
        println!("cargo:rerun-if-changed={}", packed.display());
        collect(&packed.canonicalize()?, "", &mut files)?;
        files = unpacked(files, &outputs.join("page"))?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for (name, path) in &files {
        let _ = writeln!(list, "    ({name:?}, include_bytes!({path:?}).as_slice()),");
    }
    list.push(']');
    fs::write(outputs.join("page.rs"), list)
}

/// Unpacks the files that end in `.gz` into a folder.
fn unpacked(files: Vec<(String, PathBuf)>, folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut unpacked = Vec::new();
    for (name, path) in files {
        let Some(name) = name.strip_suffix(".gz") else { continue };
        let target = folder.join(name);
        fs::create_dir_all(target.parent().unwrap_or(folder))?;
        let mut bytes = Vec::new();
        GzDecoder::new(fs::File::open(path)?).read_to_end(&mut bytes)?;
        fs::write(&target, bytes)?;
        unpacked.push((name.to_string(), target));
    }
    Ok(unpacked)
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
