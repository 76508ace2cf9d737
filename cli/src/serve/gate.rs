//! Access control: which requests get an answer.
//!
//! Owns: the token of a run, the single-use ticket, and the checks of `Host` and `Origin`.
//! Invariant: a page of another site gets nothing, even under a name that resolves to this machine. Another user of
//! this machine gets nothing without the token.

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use std::cell::Cell;
use std::io;

/// Decides whether a request comes from the page that was opened.
#[derive(Debug)]
pub(super) struct Gate {
    port: u16,
    token: String,
    /// Leads to the page, once.
    ticket: String,
    used: Cell<bool>,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The `Host` header names another host.
    Host,
    /// The `Origin` header names another site.
    Origin,
    /// The path does not begin with the token.
    Token,
}

/// The target of an admitted request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked<'p> {
    /// A path behind the token.
    Path(&'p str),
    /// A redirect to the page, by the ticket.
    SendOn,
}

impl Gate {
    pub(super) fn new(port: u16) -> io::Result<Self> {
        Ok(Self { port, token: secret()?, ticket: secret()?, used: Cell::new(false) })
    }

    /// The address of the page.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.root())
    }

    /// An address that redirects to the page once.
    pub(super) fn single_use_address(&self) -> String {
        format!("http://127.0.0.1:{}/{}", self.port, self.ticket)
    }

    /// The path below which everything is served.
    pub(super) fn root(&self) -> String {
        format!("/{}/", self.token)
    }

    /// Admits or refuses a request.
    pub(super) fn admit<'p>(&self, headers: &HeaderMap, path: &'p str) -> Result<Asked<'p>, Refusal> {
        let names = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        let value = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        if !value(&HOST).is_some_and(|host| names.iter().any(|name| name == host)) {
            return Err(Refusal::Host);
        }
        let own = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| names.iter().any(|n| n == host));
        if value(&ORIGIN).is_some_and(|origin| !own(origin)) {
            return Err(Refusal::Origin);
        }
        let path = path.strip_prefix('/').ok_or(Refusal::Token)?;
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        if same(first, &self.token) && path.len() > self.token.len() {
            return Ok(Asked::Path(rest));
        }
        if same(path, &self.ticket) && !self.used.replace(true) {
            return Ok(Asked::SendOn);
        }
        Err(Refusal::Token)
    }
}

/// 128 random bits, as hex digits.
fn secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Compares in constant time, so that the time reveals nothing about the secret.
fn same(given: &str, secret: &str) -> bool {
    let differs = given.bytes().zip(secret.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b));
    given.len() == secret.len() && differs == 0
}
