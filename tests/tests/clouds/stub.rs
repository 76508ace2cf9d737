//! A stub of Google's store: as much of its XML interface as the client asks for. No emulator has that.
//!
//! Lists come in pages of three, so that each test meets some.

use crate::http::{Request, answer, error, serve};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

const PAGE: usize = 3;
/// Begins the names of parts.
const PARTS: &str = "\u{0}parts/";
const DATE: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

/// The one bucket; `foreign/` holds what is of no archive.
pub(crate) fn serve_gcs() -> String {
    let objects = Mutex::new(BTreeMap::from([("foreign/notes.txt".to_string(), b"mine".to_vec())]));
    serve(move |request| {
        let mut objects = objects.lock().unwrap_or_else(PoisonError::into_inner);
        Some(answered(&mut objects, &request))
    })
}

fn answered(objects: &mut BTreeMap<String, Vec<u8>>, request: &Request) -> Vec<u8> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let path = decoded(path);
    let Some(rest) = path.strip_prefix("/sessions") else { return error("404 Not Found", "NoSuchBucket") };
    let key = rest.trim_start_matches('/').to_string();
    match (request.method.as_str(), key.as_str()) {
        ("GET", "") => list(objects, query),
        ("PUT", _) if query.contains("partNumber=") => {
            objects.insert(part(&key, query), request.body.clone());
            answer("200 OK", &[("etag", "\"1\"")], b"")
        }
        ("POST", _) if query.starts_with("uploads") => {
            let body =
                format!("<InitiateMultipartUploadResult><UploadId>{key}</UploadId></InitiateMultipartUploadResult>");
            answer("200 OK", &[("content-type", "application/xml")], body.as_bytes())
        }
        ("POST", _) => {
            let parts = parts(objects, &key);
            let whole = parts.iter().filter_map(|part| objects.remove(part)).collect::<Vec<_>>().concat();
            objects.insert(key, whole);
            let body = "<CompleteMultipartUploadResult><ETag>\"1\"</ETag></CompleteMultipartUploadResult>";
            answer("200 OK", &[("content-type", "application/xml"), ("x-goog-generation", "1")], body.as_bytes())
        }
        ("DELETE", _) if query.contains("uploadId=") => {
            for part in parts(objects, &key) {
                objects.remove(&part);
            }
            answer("204 No Content", &[], b"")
        }
        ("PUT", _) => {
            let is_new = request.header("x-goog-if-generation-match") == Some("0");
            if is_new && objects.contains_key(&key) {
                return error("412 Precondition Failed", "PreconditionFailed");
            }
            objects.insert(key, request.body.clone());
            answer("200 OK", &[("etag", "\"1\""), ("x-goog-generation", "1")], b"")
        }
        ("GET", _) => match objects.get(&key) {
            Some(bytes) => ranged(bytes, request.header("range")),
            None => error("404 Not Found", "NoSuchKey"),
        },
        _ => error("405 Method Not Allowed", "MethodNotAllowed"),
    }
}

/// Where a part is until its object is whole: no list shows it.
fn part(key: &str, query: &str) -> String {
    let number = query.split('&').find_map(|pair| pair.strip_prefix("partNumber="));
    format!("{PARTS}{key}/{:0>5}", number.unwrap_or_default())
}

fn parts(objects: &BTreeMap<String, Vec<u8>>, key: &str) -> Vec<String> {
    let folder = format!("{PARTS}{key}/");
    objects.keys().filter(|name| name.starts_with(&folder)).cloned().collect()
}

fn ranged(bytes: &[u8], range: Option<&str>) -> Vec<u8> {
    let headers = [("etag", "\"1\""), ("x-goog-generation", "1"), ("last-modified", DATE)];
    let Some((from, to)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return answer("200 OK", &headers, bytes);
    };
    let (from, end) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), to) => (from, to.map_or(bytes.len(), |to| (to + 1).min(bytes.len()))),
        // So many from the end.
        (Err(_), last) => (bytes.len().saturating_sub(last.expect("a number")), bytes.len()),
    };
    if from >= bytes.len() {
        return error("416 Range Not Satisfiable", "InvalidRange");
    }
    let told = format!("bytes {from}-{}/{}", end - 1, bytes.len());
    answer("206 Partial Content", &[&headers[..], &[("content-range", &*told)]].concat(), &bytes[from..end])
}

fn list(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Vec<u8> {
    let query: BTreeMap<String, String> =
        query.split('&').filter_map(|pair| pair.split_once('=')).map(|(k, v)| (decoded(k), decoded(v))).collect();
    let of = |name: &str| query.get(name).map_or("", String::as_str);
    let (prefix, delimiter) = (of("prefix"), of("delimiter"));
    let after = of("start-after").max(of("continuation-token"));
    let (mut items, mut last, mut more) = (Vec::new(), String::new(), false);
    for (key, bytes) in objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let folder = key[prefix.len()..].split_once('/').filter(|_| !delimiter.is_empty());
        let folder = folder.map(|(folder, _)| format!("{prefix}{folder}/"));
        let name = folder.as_ref().unwrap_or(key);
        if name.as_str() <= after || *name == last {
            continue;
        }
        if items.len() == PAGE {
            more = true;
            break;
        }
        items.push(match &folder {
            Some(folder) => format!("<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"),
            None => format!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"1\"</ETag>\
                 <Size>{}</Size></Contents>",
                bytes.len()
            ),
        });
        last.clone_from(name);
    }
    let next = if more { format!("<NextContinuationToken>{last}</NextContinuationToken>") } else { String::new() };
    let body = format!("<?xml version=\"1.0\"?><ListBucketResult>{next}{}</ListBucketResult>", items.concat());
    answer("200 OK", &[("content-type", "application/xml")], body.as_bytes())
}

pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, later)) = rest.split_first() {
        let hex = later.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &later[2..];
            }
            None => {
                bytes.push(if first == b'+' { b' ' } else { first });
                rest = later;
            }
        }
    }
    String::from_utf8(bytes).expect("text")
}
