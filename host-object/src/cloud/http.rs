//! The client of a store: TLS, time-outs, and what was answered last.
//!
//! Owns: how the store is reached, with the certificates of the system, and what is kept of an answer that is no success.
//! Invariant: a request is answered or fails within [`READ`]; unencrypted ones are made only where that was asked for. Of
//! an answer are kept its status and the code in its body, never a text that could name a secret.

use futures_util::future::BoxFuture;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::{ClientConfigKey, ClientOptions};
use rustls_platform_verifier::BuilderVerifierExt;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// The same where credentials are asked for: that is beside this machine, or not at all.
const CONNECT_NEAR: Duration = Duration::from_secs(1);
/// How long nothing may be heard of a request. Its own bytes go out in this time too: at most a piece.
const READ: Duration = Duration::from_secs(120);

/// What was answered last.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Number of the client that was asked.
    pub(super) client: usize,
    pub(super) answer: Answer,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub(super) enum Answer {
    /// None was asked for.
    #[default]
    None,
    /// A status, with the store's own code for it.
    Status(u16, String),
    /// The connection failed.
    Failed(HttpErrorKind),
    /// The address is unencrypted, and must not be.
    Plain,
}

tokio::task_local! {
    static SEEN: RefCell<Seen>;
}

/// Carries out a request, and gives what was answered last with its result.
pub(super) async fn watching<T>(request: impl Future<Output = T>) -> (T, Seen) {
    let watched = async {
        let result = request.await;
        (result, SEEN.with(RefCell::take))
    };
    SEEN.scope(RefCell::default(), watched).await
}

fn see(client: usize, answer: Answer) {
    // Nobody watches what is asked for outside of a request.
    let _ = SEEN.try_with(|seen| *seen.borrow_mut() = Seen { client, answer });
}

/// Makes clients, and counts them: the last one that a store has made is the one that asks it.
#[derive(Debug, Clone, Default)]
pub(super) struct Connector {
    made: Arc<AtomicUsize>,
}

impl Connector {
    /// Number of the client that was made last.
    pub(super) fn last(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let told = |key| options.get_config_value(&key);
        let is_near = told(ClientConfigKey::ConnectTimeout).is_some_and(|time| time == "1s");
        let plain = told(ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls().map_err(failed)?)
            .user_agent(concat!("jcode-session/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(if is_near { CONNECT_NEAR } else { CONNECT })
            .read_timeout(READ)
            .https_only(!plain)
            // Where a store sends elsewhere, what was signed for here is worth nothing.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(failed)?;
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(HttpClient::new(Watched { client, number, plain }))
    }
}

fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    // Not that of the process, which is its owner's.
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions()?;
    Ok(builder.with_platform_verifier()?.with_no_client_auth())
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "HTTPS client", source: Box::new(error) }
}

/// A client that notes what it is answered.
#[derive(Debug)]
struct Watched {
    client: reqwest::Client,
    number: usize,
    plain: bool,
}

impl HttpService for Watched {
    fn call<'c, 'f>(&'c self, request: HttpRequest) -> BoxFuture<'f, Result<HttpResponse, HttpError>>
    where
        'c: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            if !self.plain && request.uri().scheme_str() != Some("https") {
                see(self.number, Answer::Plain);
                return Err(HttpError::new(HttpErrorKind::Unknown, std::io::Error::other("unencrypted")));
            }
            match self.client.call(request).await {
                Ok(response) if response.status().is_success() => {
                    see(self.number, Answer::None);
                    Ok(response)
                }
                Ok(response) => {
                    let status = response.status().as_u16();
                    let (parts, body) = response.into_parts();
                    let header = parts.headers.get("x-ms-error-code").and_then(|code| code.to_str().ok());
                    let mut code = header.map(str::to_string);
                    see(self.number, Answer::Status(status, code.clone().unwrap_or_default()));
                    let body = body.bytes().await?;
                    code = code.or_else(|| code_in(&body));
                    see(self.number, Answer::Status(status, code.unwrap_or_default()));
                    Ok(HttpResponse::from_parts(parts, body.into()))
                }
                Err(error) => {
                    see(self.number, Answer::Failed(error.kind()));
                    Err(error)
                }
            }
        })
    }
}

/// The code in the body of an error: all three clouds write one of letters into the same element.
fn code_in(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0;
    let is_code = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_string())
}
