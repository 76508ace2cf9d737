//! The reply to one request.
//!
//! Owns: the content at each path, and the headers of every reply. [`super::gate`] decides who is answered.
//! Invariant: replies cannot be cached, framed or sniffed, and the page cannot load anything from elsewhere. Other
//! sites get no access.

use super::Offer;
use super::body::Reply;
use super::files::{OpenFile, Served};
use super::gate::{Asked, Gate, Refusal};
use super::page;
use super::range::{Wanted, wanted};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::io;
use std::sync::Arc;

/// The headers of every reply.
const ALWAYS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         worker-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

const TEXT: &str = "text/plain; charset=utf-8";

/// Answers a request.
pub(super) fn answer(request: &Request<Incoming>, gate: &Gate, offer: &Offer) -> Response<Reply> {
    let mut response = match gate.admit(request.headers(), request.uri().path()) {
        Err(refusal) => refuse(StatusCode::FORBIDDEN, words(refusal)),
        Ok(_) if ![Method::GET, Method::HEAD].contains(request.method()) => {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        Ok(Asked::SendOn) => send_on(&gate.root()),
        Ok(Asked::Path(path)) => at(path, request, offer),
    };
    for (name, value) in ALWAYS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn at(path: &str, request: &Request<Incoming>, offer: &Offer) -> Response<Reply> {
    let offered = match offer {
        Offer::Session(session) => of_session(path, request, session),
        Offer::Sessions(sessions) if path == "sessions.json" => Some(listed(sessions.listing())),
        Offer::Sessions(sessions) => {
            let inner = path.strip_prefix("sessions/").and_then(|path| path.split_once('/'));
            inner.and_then(|(number, path)| {
                let answered = sessions.ask(number, |session| of_session(path, request, session));
                answered.map_or_else(
                    |_| Some(refuse(StatusCode::INTERNAL_SERVER_ERROR, "the session cannot be opened")),
                    Option::flatten,
                )
            })
        }
    };
    offered.unwrap_or_else(|| match page::file(path, offer.word()) {
        Some((bytes, media_type)) => whole(bytes, media_type),
        None => refuse(StatusCode::NOT_FOUND, "there is nothing here"),
    })
}

/// The list of a session's files, or one of them.
fn of_session(path: &str, request: &Request<Incoming>, session: &Served) -> Option<Response<Reply>> {
    if path == "session.json" {
        return Some(listed(session.listing()));
    }
    let file = session.file(path.strip_prefix("files/")?)?;
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    Some(part(wanted(range, file.len), file))
}

fn listed(listing: io::Result<Vec<u8>>) -> Response<Reply> {
    match listing {
        Ok(listing) => whole(listing.into(), "application/json"),
        Err(_) => refuse(StatusCode::INTERNAL_SERVER_ERROR, "the files cannot be listed"),
    }
}

fn part(wanted: Wanted, file: Arc<OpenFile>) -> Response<Reply> {
    let len = file.len;
    let (status, range) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0..len),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Outside => {
            let mut response = refuse(StatusCode::RANGE_NOT_SATISFIABLE, "the file ends before that");
            insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{len}"));
            return response;
        }
    };
    let content_range = format!("bytes {}-{}/{len}", range.start, range.end.saturating_sub(1));
    let mut response = Response::new(Reply::File(file, range));
    *response.status_mut() = status;
    insert(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    if status == StatusCode::PARTIAL_CONTENT {
        insert(&mut response, header::CONTENT_RANGE, &content_range);
    }
    response
}

fn whole(bytes: hyper::body::Bytes, media_type: &str) -> Response<Reply> {
    let mut response = Response::new(Reply::Bytes(bytes));
    insert(&mut response, header::CONTENT_TYPE, media_type);
    response
}

fn send_on(to: &str) -> Response<Reply> {
    let mut response = refuse(StatusCode::SEE_OTHER, "the page is elsewhere");
    insert(&mut response, header::LOCATION, to);
    response
}

fn refuse(status: StatusCode, words: &'static str) -> Response<Reply> {
    let mut response = whole(hyper::body::Bytes::from_static(words.as_bytes()), TEXT);
    *response.status_mut() = status;
    response
}

fn insert(response: &mut Response<Reply>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

const fn words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Host => "this server answers to 127.0.0.1 and localhost only",
        Refusal::Origin => "this server answers its own page only",
        Refusal::Token => "the address is not complete, or of an earlier run: open the one that `inspect` printed",
    }
}
