//! Clouds that can be asked, and homes over them.

use crate::stub::serve_gcs;
use jcode_session_tests::files::contents;
use jcode_session_tests::homes;
use jcode_session_tests::program::{Run, command, finished};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// The account that Azurite knows. Its key is published.
const AZURITE: &str = "devstoreaccount1";
const AZURITE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// No account: what must never be seen in a message.
pub(crate) const SECRET: &str = "c2VjcmV0LXRoYXQtbXVzdC1ub3QtYmUtc2Vlbg==";
/// A service account that asks for no token.
const GOOGLE: &str = r#"{"private_key":"p","private_key_id":"i","client_email":"e","disable_oauth":true}"#;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    S3,
    Azure,
    Gcs,
}

/// A cloud with the bucket `sessions`, in which `foreign/notes.txt` is of no archive.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) which: Which,
    /// Where its server answers.
    pub(crate) server: String,
}

/// Runs a test with every cloud that can be asked.
pub(crate) fn each(test: impl Fn(&Cloud)) {
    let of = |which, variable| Some(Cloud { which, server: std::env::var(variable).ok()? });
    let gcs = Cloud { which: Which::Gcs, server: serve_gcs() };
    let clouds = [of(Which::S3, "CLOUDS_S3"), of(Which::Azure, "CLOUDS_AZURE"), Some(gcs)];
    for cloud in clouds.iter().flatten() {
        println!("{:?}", cloud.which);
        test(cloud);
    }
}

impl Cloud {
    /// A URL in its bucket that no other test has.
    pub(crate) fn url(&self) -> String {
        let unique = TempDir::new().expect("a folder");
        let unique = unique.path().file_name().expect("named").to_string_lossy().replace('.', "");
        self.of_bucket("sessions", &format!("team/{unique}"))
    }

    pub(crate) fn of_bucket(&self, bucket: &str, prefix: &str) -> String {
        let scheme = match self.which {
            Which::S3 => "s3",
            Which::Azure => "az",
            Which::Gcs => "gs",
        };
        format!("{scheme}://{bucket}/{prefix}")
    }

    /// The name of the variable that holds what is secret, and its value.
    pub(crate) const fn secret(&self) -> (&'static str, &'static str) {
        match self.which {
            Which::S3 => ("AWS_SECRET_ACCESS_KEY", SECRET),
            Which::Azure => ("AZURE_STORAGE_ACCOUNT_KEY", AZURITE_KEY),
            Which::Gcs => ("GOOGLE_SERVICE_ACCOUNT_KEY", GOOGLE),
        }
    }

    /// What the environment says of it. Where the machine would be asked who it is, nothing answers.
    pub(crate) fn set(&self, command: &mut Command, server: &str) {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_ascii_uppercase();
            let is_theirs = ["AWS_", "AZURE_", "GOOGLE_", "GCE_"].iter().any(|start| text.starts_with(start));
            if is_theirs || text.ends_with("_PROXY") {
                command.env_remove(name);
            }
        }
        let azure = format!("{server}/{AZURITE}");
        let said: &[(&str, &str)] = match self.which {
            Which::S3 => &[
                ("AWS_ENDPOINT_URL", server),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_ACCESS_KEY_ID", "tester"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9"),
            ],
            Which::Azure => &[
                ("AZURE_ENDPOINT", &azure),
                ("AZURE_ALLOW_HTTP", "true"),
                ("AZURE_STORAGE_ACCOUNT_NAME", AZURITE),
                ("AZURE_MSI_ENDPOINT", "http://127.0.0.1:9"),
            ],
            Which::Gcs => {
                &[("GOOGLE_BASE_URL", server), ("GCE_METADATA_HOST", "127.0.0.1:9"), ("GCE_METADATA_IP", "127.0.0.1:9")]
            }
        };
        let (name, secret) = self.secret();
        command.envs(said.iter().copied()).env(name, secret);
    }
}

/// A home over a store in a cloud.
pub(crate) struct Place {
    pub(crate) home: TempDir,
    pub(crate) cloud: Cloud,
    pub(crate) url: String,
}

impl Place {
    pub(crate) fn new(cloud: &Cloud, url: &str) -> Self {
        Self { home: homes::home(), cloud: cloud.clone(), url: url.to_string() }
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        homes::put(self.home.path(), name, bytes);
    }

    /// A command that is told of the cloud.
    pub(crate) fn command(&self, args: &[&str], server: &str) -> Command {
        let mut command = command(self.home.path());
        self.cloud.set(&mut command, server);
        command.env("HOME", self.home.path()).args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finished(self.command(args, &self.cloud.server).output().expect("the binary is built"))
    }

    /// A command with `--store`.
    pub(crate) fn there(&self, args: &[&str]) -> Run {
        self.run(&[args, &["--store", &self.url]].concat())
    }

    /// The same, through a proxy.
    pub(crate) fn through(&self, server: &str, args: &[&str]) -> Run {
        let args = [args, &["--store", &self.url]].concat();
        finished(self.command(&args, server).output().expect("the binary is built"))
    }

    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let sessions = self.home.path().join("sessions");
        let files = contents(&sessions).into_iter();
        files.map(|(path, bytes)| (path.strip_prefix(&sessions).expect("in it").into(), bytes)).collect()
    }
}

pub(crate) fn ok(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

pub(crate) fn refused(run: &Run, words: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    for words in words {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
}
