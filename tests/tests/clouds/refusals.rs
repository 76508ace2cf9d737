//! Stores that refuse: which kind it is, the cure, and that no secret is told.

use crate::http::{answer, error, serve};
use crate::world::{Cloud, Place, SECRET, Which, each, ok, refused};
use jcode_session_tests::homes;
use jcode_session_tests::program::{Run, finished};

fn place(cloud: &Cloud, url: &str) -> Place {
    let place = Place::new(cloud, url);
    place.put("a.jsonl", &homes::log("a", 4, 1_760_000_000_000, "apple"));
    place
}

/// What every command says of a store that refuses.
fn all_refuse(place: &Place, server: &str, words: &[&str]) {
    for args in [&["push"][..], &["pull", "--all"], &["list"]] {
        let run = place.through(server, args);
        refused(&run, words);
        quiet(place, &run);
        assert!(run.stderr.contains(&place.url), "it names the store: {run:?}");
    }
}

fn quiet(place: &Place, run: &Run) {
    let (_, secret) = place.cloud.secret();
    assert!(!run.stderr.contains(secret) && !run.text().contains(secret), "a secret is told: {run:?}");
    assert!(!run.stderr.contains("private_key"), "{run:?}");
}

#[test]
fn without_a_bucket() {
    each(|cloud| {
        let place = place(cloud, &cloud.of_bucket("nobody-made-it", "p"));
        let what = if cloud.which == Which::Azure { "there is no such container" } else { "there is no such bucket" };
        all_refuse(&place, &cloud.server, &[what, "make it"]);
    });
}

#[test]
fn without_credentials() {
    each(|cloud| {
        let place = place(cloud, &cloud.url());
        for args in [&["push"][..], &["list"]] {
            let args = [args, &["--store", &place.url]].concat();
            let mut command = place.command(&args, &cloud.server);
            let (secret, _) = cloud.secret();
            let run = finished(command.env_remove(secret).env_remove("AWS_ACCESS_KEY_ID").output().expect("runs"));
            refused(&run, &["there are no credentials for it", secret.split_once('_').expect("a prefix").0]);
            // Half of them: said before anything is asked.
            if cloud.which == Which::S3 {
                let mut command = place.command(&args, &cloud.server);
                let run = finished(command.env_remove("AWS_ACCESS_KEY_ID").output().expect("runs"));
                refused(&run, &["AWS_ACCESS_KEY_ID"]);
                quiet(&place, &run);
            }
        }
    });
}

#[test]
fn with_what_is_of_no_archive() {
    each(|cloud| {
        let place = place(cloud, &cloud.of_bucket("sessions", "foreign"));
        all_refuse(&place, &cloud.server, &["is not empty and holds no archive"]);
        // What begins with the same letters is another prefix.
        let beside = Place::new(cloud, &cloud.of_bucket("sessions", "fore"));
        refused(&beside.there(&["list"]), &["holds no archive; `push"]);
    });
}

/// Azurite looks at the key, and a second moto at who it is.
#[test]
fn with_the_wrong_key() {
    each(|cloud| match cloud.which {
        Which::Azure => {
            let place = place(cloud, &cloud.url());
            let mut command = place.command(&["push", "--store", &place.url], &cloud.server);
            let run = finished(command.env("AZURE_STORAGE_ACCOUNT_KEY", SECRET).output().expect("runs"));
            refused(&run, &["403", "the store refuses these credentials"]);
            assert!(!run.stderr.contains(SECRET), "{run:?}");
        }
        Which::S3 => {
            let server = std::env::var("CLOUDS_S3_STRICT").expect("a second server");
            all_refuse(&place(cloud, &cloud.url()), &server, &["403", "the store refuses these credentials"]);
        }
        Which::Gcs => {}
    });
}

/// Answers that no server here gives.
#[test]
fn with_words_of_the_real_ones() {
    each(|cloud| {
        let place = place(cloud, &cloud.url());
        let says = |bytes: Vec<u8>| serve(move |_| Some(bytes.clone()));
        let denied = says(error("403 Forbidden", "AccessDenied"));
        all_refuse(&place, &denied, &["403 AccessDenied", "the store refuses these credentials"]);
        all_refuse(&place, &says(error("429 Too Many Requests", "SlowDown")), &["asked less"]);
        if cloud.which == Which::S3 {
            for elsewhere in [
                answer("301 Moved Permanently", &[], b""),
                error("301 Moved Permanently", "PermanentRedirect"),
                error("400 Bad Request", "AuthorizationHeaderMalformed"),
            ] {
                all_refuse(&place, &says(elsewhere), &["set AWS_REGION"]);
            }
            let expired = says(error("400 Bad Request", "ExpiredToken"));
            all_refuse(&place, &expired, &["400 ExpiredToken", "the store refuses these credentials"]);
        }
    });
}

#[test]
fn where_nothing_answers() {
    each(|cloud| {
        let place = place(cloud, &cloud.url());
        refused(&place.through("http://127.0.0.1:9", &["push"]), &["nothing answers", "is the network there"]);
    });
}

/// An unencrypted address is used only where that is asked for.
#[test]
fn unencrypted() {
    each(|cloud| {
        let (variable, is_off) = match cloud.which {
            Which::S3 => ("AWS_ALLOW_HTTP", true),
            Which::Azure => ("AZURE_ALLOW_HTTP", true),
            Which::Gcs => ("GOOGLE_ALLOW_HTTP", false),
        };
        let place = place(cloud, &cloud.url());
        let mut command = place.command(&["push", "--store", &place.url], &cloud.server);
        if is_off {
            command.env_remove(variable);
        } else {
            command.env(variable, "false");
        }
        refused(&finished(command.output().expect("runs")), &["not encrypted", variable]);
    });
}

#[test]
fn a_url_with_a_secret_is_refused_and_not_repeated() {
    each(|cloud| {
        let place = place(cloud, &cloud.url());
        for url in [format!("{}?sig={SECRET}", place.url), place.url.replace("://", &format!("://me:{SECRET}@"))] {
            let run = place.run(&["push", "--store", &url]);
            refused(&run, &["credentials belong into the environment"]);
            assert!(!run.stderr.contains(SECRET), "{run:?}");
        }
        ok(&place.there(&["push"]));
    });
}
