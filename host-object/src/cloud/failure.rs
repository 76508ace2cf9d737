//! What a store means that gives no success.
//!
//! Owns: which kind of failure an answer is, and the words for it, with the cure.
//! Invariant: words are ours, but for the store's own code; of the client's own text only that is passed on which is said
//! before anything is asked.

use super::http::{Answer, Seen};
use crate::address::Provider;
use crate::objects::Failure;
use object_store::client::{HttpError, HttpErrorKind};

/// What a store told.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) failure: Failure,
    /// A put may have been done all the same.
    pub(super) may_be_done: bool,
    /// There is no such object, or not so much of it.
    pub(super) is_nothing: bool,
    words: String,
}

impl Told {
    /// What an error means, from the answer that was seen last. `client` is the one that asks the store itself.
    pub(super) fn of(error: &object_store::Error, seen: Seen, client: usize) -> Self {
        let told = |failure, words: String| Self { failure, may_be_done: false, is_nothing: false, words };
        let is_for_credentials = seen.client != client;
        match seen.answer {
            Answer::Plain => told(Failure::Other, "its endpoint is not encrypted (`http:`)".to_string()),
            Answer::Status(..) | Answer::Failed(_) if is_for_credentials => {
                told(Failure::NoCredentials, "there are no credentials for it".to_string())
            }
            Answer::Status(status, code) => {
                let failure = of_status(status, &code);
                let words = if code.is_empty() { status.to_string() } else { format!("{status} {code}") };
                let may_be_done = matches!(status, 408 | 500 | 502 | 504);
                let is_nothing = matches!(status, 404 | 416);
                Self { failure, may_be_done, is_nothing, words }
            }
            Answer::Failed(HttpErrorKind::Connect) => told(Failure::Unreachable, "nothing answers".to_string()),
            Answer::Failed(HttpErrorKind::Timeout) => {
                Self { may_be_done: true, ..told(Failure::Unreachable, "it gave no answer in time".to_string()) }
            }
            Answer::Failed(_) => {
                Self { may_be_done: true, ..told(Failure::Unreachable, "the connection broke".to_string()) }
            }
            Answer::None if seen.client == 0 => {
                told(Failure::NoCredentials, "there are no credentials for it".to_string())
            }
            Answer::None if broke(error) => told(Failure::Unreachable, "the connection broke".to_string()),
            Answer::None => {
                Self { may_be_done: true, ..told(Failure::Other, "its answer is not understood".to_string()) }
            }
        }
    }

    /// The words for it, with the cure.
    pub(super) fn message(&self, provider: Provider) -> String {
        match cure(self.failure, provider) {
            "" if self.words.contains("http:") => {
                format!("{}; set {}=true to use it all the same", self.words, plain(provider))
            }
            "" => self.words.clone(),
            cure => format!("{}: {cure}", self.words),
        }
    }
}

/// Whether an answer began and did not end.
fn broke(error: &object_store::Error) -> bool {
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = at {
        if error.is::<HttpError>() {
            return true;
        }
        at = error.source();
    }
    false
}

fn of_status(status: u16, code: &str) -> Failure {
    match (status, code) {
        (_, "NoSuchBucket" | "ContainerNotFound" | "FilesystemNotFound" | "ContainerBeingDeleted") => Failure::NoBucket,
        (_, "AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException") => {
            Failure::Elsewhere
        }
        (301 | 302 | 307 | 308, _) => Failure::Elsewhere,
        (401 | 403, _) => Failure::Denied,
        (_, "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => Failure::Denied,
        (429 | 503, _) => Failure::Throttled,
        _ => Failure::Other,
    }
}

/// What is to be done about it.
pub(super) const fn cure(failure: Failure, provider: Provider) -> &'static str {
    match (failure, provider) {
        (Failure::NoCredentials, Provider::S3) => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where the machine has a role"
        }
        (Failure::NoCredentials, Provider::Azure) => {
            "set AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or run where the \
             machine has an identity"
        }
        (Failure::NoCredentials, Provider::Gcs) => {
            "set GOOGLE_APPLICATION_CREDENTIALS to the file of an account, or run where the machine has one"
        }
        (Failure::NoBucket, Provider::Azure) => "there is no such container; make it, or mend the URL",
        (Failure::NoBucket, _) => "there is no such bucket; make it, or mend the URL",
        (Failure::Denied, Provider::S3) => {
            "the store refuses these credentials; they need s3:GetObject, s3:PutObject and s3:ListBucket here"
        }
        (Failure::Denied, _) => "the store refuses these credentials; they need to read, create and list objects here",
        (Failure::Elsewhere, Provider::S3) => "the bucket is in another region; set AWS_REGION to it",
        (Failure::Elsewhere, _) => "the store sends elsewhere; mend the URL",
        (Failure::Throttled, _) => "the store asks to be asked less; run again later",
        (Failure::Unreachable, _) => "is the network there, and the endpoint right? Run again",
        _ => "",
    }
}

const fn plain(provider: Provider) -> &'static str {
    match provider {
        Provider::S3 => "AWS_ALLOW_HTTP",
        Provider::Azure => "AZURE_ALLOW_HTTP",
        Provider::Gcs => "GOOGLE_ALLOW_HTTP",
    }
}
