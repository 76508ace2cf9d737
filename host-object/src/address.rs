//! What a URL of a store means.
//!
//! Owns: which kind of store a URL names, by its scheme and, of `https:`, its host.
//! Invariant: nothing is asked or opened. What a kind is does not depend on what is built in.

use std::path::Path;

/// Where a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address<'u> {
    /// In a folder.
    Folder(&'u Path),
    /// In a cloud.
    Cloud(Provider),
    /// No store has such a URL.
    Unknown(&'u str),
}

/// Whose cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    S3,
    Azure,
    Gcs,
}

impl Provider {
    /// The feature that builds it in.
    pub(crate) const fn feature(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Azure => "azure",
            Self::Gcs => "gcs",
        }
    }
}

impl<'u> Address<'u> {
    /// What a URL or path means.
    pub(crate) fn of(url: &'u str) -> Self {
        let Some((scheme, rest)) = url.split_once("://") else { return Self::Folder(Path::new(url)) };
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Self::Folder(Path::new(rest)),
            "s3" | "s3a" => Self::Cloud(Provider::S3),
            "az" | "azure" | "adl" | "abfs" | "abfss" => Self::Cloud(Provider::Azure),
            "gs" => Self::Cloud(Provider::Gcs),
            "https" => of_host(rest).map_or(Self::Unknown(scheme), Self::Cloud),
            _ => Self::Unknown(scheme),
        }
    }
}

fn of_host(rest: &str) -> Option<Provider> {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_in = |domains: &[&str]| domains.iter().any(|domain| host.ends_with(domain));
    if is_in(&[".amazonaws.com", ".r2.cloudflarestorage.com"]) {
        return Some(Provider::S3);
    }
    let azure = [".blob.core.windows.net", ".dfs.core.windows.net", ".fabric.microsoft.com"];
    is_in(&azure).then_some(Provider::Azure)
}

/// A URL for messages: a signature that somebody put behind it is no part of it.
pub(crate) fn without_query(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        // `user:password@`; Azure's `container@account` is none.
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((user, rest)) if user.contains(':') && !user.contains('/') => format!("{scheme}://{rest}"),
            _ => url.to_string(),
        },
        None => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_their_kind() {
        let cloud = Address::Cloud;
        for (url, kind) in [
            ("/mnt/team", Address::Folder(Path::new("/mnt/team"))),
            (r"C:\team", Address::Folder(Path::new(r"C:\team"))),
            ("file:///mnt/team", Address::Folder(Path::new("/mnt/team"))),
            ("s3://bucket/a", cloud(Provider::S3)),
            ("S3A://bucket", cloud(Provider::S3)),
            ("https://bucket.s3.eu-west-1.amazonaws.com/a", cloud(Provider::S3)),
            ("https://id.r2.cloudflarestorage.com/bucket", cloud(Provider::S3)),
            ("az://container/a", cloud(Provider::Azure)),
            ("abfss://container@account.dfs.core.windows.net/a", cloud(Provider::Azure)),
            ("https://account.blob.core.windows.net/container/a", cloud(Provider::Azure)),
            ("gs://bucket", cloud(Provider::Gcs)),
            ("https://example.com/amazonaws.com", Address::Unknown("https")),
            ("https://notamazonaws.com/a", Address::Unknown("https")),
            ("ftp://host/a", Address::Unknown("ftp")),
        ] {
            assert_eq!(Address::of(url), kind, "{url}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        assert_eq!(
            without_query("https://a.blob.core.windows.net/c/p?sig=secret#x"),
            "https://a.blob.core.windows.net/c/p"
        );
        assert_eq!(without_query("s3://key:secret@bucket/p"), "s3://bucket/p");
        assert_eq!(without_query("abfss://c@a.dfs.core.windows.net/p"), "abfss://c@a.dfs.core.windows.net/p");
        assert_eq!(without_query("/a/b"), "/a/b");
    }
}
