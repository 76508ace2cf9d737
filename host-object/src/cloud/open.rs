//! The client of the store that a URL names.
//!
//! Owns: what of a URL is the bucket and what the prefix, what the environment adds, and how often a request is repeated.
//! Invariant: credentials come from the environment of the store's own tools, never from a URL. Nothing is asked yet.

use super::failure::cure;
use super::http::Connector;
use crate::address::{Provider, without_query};
use crate::objects::{Failure, ObjectError};
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreScheme, RetryConfig};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A store that can be asked.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: Path,
    /// Number of the client that asks it.
    pub(super) client: usize,
}

/// How often a request is repeated that is refused for the time being, and for how long.
fn retries() -> RetryConfig {
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(5),
        ..BackoffConfig::default()
    };
    RetryConfig { backoff, max_retries: 5, retry_timeout: Duration::from_secs(60) }
}

/// The store that a URL names; `None` if its kind is not built in.
pub(super) fn open(url: &str, provider: Provider) -> Result<Option<Opened>, ObjectError> {
    let failed = |message: &str| ObjectError::new("use", without_query(url), message);
    let parsed = Url::parse(url).map_err(|error| failed(&error.to_string()))?;
    if parsed.password().is_some() || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(failed("a store is named by bucket and prefix alone; credentials belong into the environment"));
    }
    let not_understood = || failed("it names no bucket, or its prefix cannot be one");
    let (_, prefix) = ObjectStoreScheme::parse(&parsed).map_err(|_| not_understood())?;
    let connector = Connector::default();
    let store = match built(url, provider, &connector) {
        Some(Ok(store)) => store,
        Some(Err(error)) => {
            // Said before anything is asked: a variable that is missing or cannot be read.
            let cure = cure(Failure::NoCredentials, provider);
            return Err(failed(&format!("{error}; {cure}")).because(Failure::NoCredentials));
        }
        None => return Ok(None),
    };
    Ok(Some(Opened { store, prefix, client: connector.last() }))
}

type Built = Option<object_store::Result<Arc<dyn ObjectStore>>>;

fn built(url: &str, provider: Provider, connector: &Connector) -> Built {
    match provider {
        Provider::S3 => s3(url, connector),
        Provider::Azure => azure(url, connector),
        Provider::Gcs => gcs(url, connector),
    }
}

/// The client of one kind of store.
macro_rules! kind {
    ($name:ident, $feature:literal, $builder:path) => {
        #[cfg(feature = $feature)]
        fn $name(url: &str, connector: &Connector) -> Built {
            use $builder as Builder;
            let builder = Builder::from_env().with_url(url).with_retry(retries());
            let built = builder.with_http_connector(connector.clone()).build();
            Some(built.map(|store| Arc::new(store) as Arc<dyn ObjectStore>))
        }

        #[cfg(not(feature = $feature))]
        const fn $name(_: &str, _: &Connector) -> Built {
            None
        }
    };
}

kind!(s3, "s3", object_store::aws::AmazonS3Builder);
kind!(azure, "azure", object_store::azure::MicrosoftAzureBuilder);
kind!(gcs, "gcs", object_store::gcp::GoogleCloudStorageBuilder);
