//! The form of a table's file.
//!
//! Owns: types of columns in Parquet, the properties of a file, and the digest in its footer.
//! Invariant: a footer is found from the end of a file alone.
//! Source: the Apache Parquet format, as crate `parquet` writes it.

use jcode_session_core::fleet::Kind;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::{FooterTail, KeyValue, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;
use std::sync::Arc;

/// Name and columns of a table.
pub(super) type Shape = (&'static str, &'static [(&'static str, Kind)]);

/// The name of the digest in the footer.
const DIGEST: &str = "jcode-session.digest";
/// Bytes at the end of every file: the length of the footer, and a word.
const TAIL: usize = 8;

const fn type_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text => ("binary", " (STRING)"),
        Kind::Int => ("int64", ""),
        Kind::Time => ("int64", " (TIMESTAMP(MILLIS,false))"),
        Kind::Day => ("int32", " (DATE)"),
        Kind::Real => ("double", ""),
        Kind::Flag => ("boolean", ""),
    }
}

/// The schema of a table.
pub(super) fn schema((name, columns): Shape) -> Result<Arc<Type>> {
    let fields = columns.iter().map(|(column, kind)| {
        let (physical, logical) = type_of(*kind);
        format!("optional {physical} {column}{logical};")
    });
    Ok(Arc::new(parse_message_type(&format!("message {name} {{ {} }}", fields.collect::<String>()))?))
}

/// The properties of a file; `digest` tells what it was made of.
pub(super) fn properties(digest: &str) -> Result<Arc<WriterProperties>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("jcode-session ", env!("CARGO_PKG_VERSION")).to_string())
        .set_key_value_metadata(Some(vec![KeyValue::new(DIGEST.to_string(), digest.to_string())]))
        .build();
    Ok(Arc::new(properties))
}

/// What the end of a file tells.
pub(super) enum Footer {
    /// What it was made of; `None` if it does not say so.
    Digest(Option<String>),
    /// The footer has so many bytes, counted from the end of the file.
    Longer(u64),
}

/// The digest in the footer, by the last bytes of a file.
pub(super) fn digest(end: &[u8]) -> Footer {
    let tail = end.last_chunk::<TAIL>().and_then(|tail| FooterTail::try_new(tail).ok());
    let Some(len) = tail.map(|tail| tail.metadata_length() + TAIL) else { return Footer::Digest(None) };
    let Some(from) = end.len().checked_sub(len) else { return Footer::Longer(len as u64) };
    let footer = end.get(from..end.len() - TAIL).unwrap_or_default();
    let metadata = ParquetMetaDataReader::decode_metadata(footer).ok();
    Footer::Digest(metadata.and_then(|metadata| digest_in(&metadata)))
}

fn digest_in(metadata: &ParquetMetaData) -> Option<String> {
    let pairs = metadata.file_metadata().key_value_metadata();
    pairs.into_iter().flatten().find(|pair| pair.key == DIGEST)?.value.clone()
}
