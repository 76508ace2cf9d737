//! Secrets of the forms that services document.
//!
//! Owns: a template for each rule of the redactor. Invariant: no file of this project holds a whole secret: what is
//! random of it is made when it is asked for.

use super::Random;
use rand::RngExt;

/// Rules, and the forms of their secrets: `{a36}` stands for 36 letters and digits, `{h…}` for hexadecimal digits, `{u…}`
/// for capitals and digits, `{l…}` for small letters and digits, `{d…}` for digits. Between `<` and `>` stands the
/// secret, if not all of it is one.
pub const SECRETS: &[(&str, &str)] = &[
    ("private-key", "-----BEGIN RSA PRIVATE KEY-----\n{a64}\n{a64}\n-----END RSA PRIVATE KEY-----"),
    ("age-secret-key", "AGE-SECRET-KEY-1{u58}"),
    ("url-password", "postgres://ann:<{a12}>@db.example.org/main"),
    ("authorization-header", "Authorization: Bearer <{a32}>"),
    ("json-web-token", "eyJ{a20}.eyJ{a30}.{a43}"),
    ("netrc-password", "machine example.org login ann password <{a14}>"),
    ("npmrc-auth", "//registry.example.org/:_authToken=<{a36}>"),
    ("aws-access-key", "AKIA{u16}"),
    ("aws-secret-key", "aws_secret_access_key = <{a40}>"),
    ("azure-client-secret", "secret: <{a3}8Q~{a34}> "),
    ("azure-storage-key", "AccountName=x;AccountKey=<{a86}==>;EndpointSuffix=core"),
    ("azure-shared-access", "https://x.example.net/c?sv=1&sig=<{a46}>"),
    ("alibaba-access-key", "LTAI{a20}"),
    ("digitalocean-token", "dop_v1_{h64}"),
    ("google-api-key", "AIza{a35}"),
    ("google-oauth", "GOCSPX-{a28}"),
    ("cloudflare-origin-key", "v1.0-{h24}-{h146}"),
    ("fly-token", "fo1_{a43}"),
    ("heroku-key", "HRKU-{a58}"),
    ("netlify-token", "nfp_{a36}"),
    ("planetscale-token", "pscale_tkn_{a43}"),
    ("supabase-token", "sbp_{h40}"),
    ("databricks-token", "dapi{h32}"),
    ("doppler-token", "dp.pt.{a43}"),
    ("vault-token", "hvs.{a90}"),
    ("terraform-token", "{a14}.atlasv1.{a67}"),
    ("pulumi-token", "pul-{h40}"),
    ("onepassword-token", "A3-{u6}-{u11}-{u5}-{u5}-{u5}"),
    ("github-token", "ghp_{a36}"),
    ("github-token", "github_pat_{a22}_{a59}"),
    ("gitlab-token", "glpat-{a20}"),
    ("bitbucket-token", "ATBB{a32}"),
    ("npm-token", "npm_{a36}"),
    ("pypi-token", "pypi-AgEIcHlwaS5vcmc{a70}"),
    ("crates-token", "cio{a32}"),
    ("rubygems-token", "rubygems_{h48}"),
    ("nuget-key", "oy2{l43}"),
    ("docker-token", "dckr_pat_{a27}"),
    ("postman-key", "PMAK-{h24}-{h34}"),
    ("sentry-token", "sntryu_{h64}"),
    ("grafana-token", "glsa_{a32}_{h8}"),
    ("new-relic-key", "NRAK-{u27}"),
    ("dynatrace-token", "dt0c01.{u24}.{u64}"),
    ("linear-key", "lin_api_{a40}"),
    ("notion-token", "ntn_{a46}"),
    ("figma-token", "figd_{a40}"),
    ("airtable-token", "pat{a14}.{h64}"),
    ("anthropic-key", "sk-ant-api03-{a93}AA"),
    ("openai-key", "sk-proj-{a48}"),
    ("openrouter-key", "sk-or-v1-{h64}"),
    ("deepseek-key", "sk-{h32}"),
    ("groq-key", "gsk_{a52}"),
    ("xai-key", "xai-{a80}"),
    ("perplexity-key", "pplx-{a48}"),
    ("huggingface-token", "hf_{a34}"),
    ("replicate-token", "r8_{a37}"),
    ("fireworks-key", "fw_{a24}"),
    ("tavily-key", "tvly-{a32}"),
    ("slack-token", "xoxb-{d12}-{d12}-{a24}"),
    ("slack-webhook", "https://<hooks.slack.com/services/T{u10}/B{u10}/{a24}>"),
    ("discord-webhook", "https://<discord.com/api/webhooks/{d18}/{a68}>"),
    ("discord-token", "discord login M{a24}.{a6}.{a38}"),
    ("telegram-token", "{d10}:AA{a33}"),
    ("teams-webhook", "https://<x.webhook.office.com/webhookb2/{h32}@{h32}>"),
    ("stripe-key", "sk_live_{a24}"),
    ("square-token", "sq0atp-{a22}"),
    ("shopify-token", "shpat_{h32}"),
    ("facebook-token", "EAAC{a80}"),
    ("sendgrid-key", "SG.{a22}.{a43}"),
    ("twilio-key", "SK{h32}"),
    ("twilio-token", "TWILIO_AUTH_TOKEN=<{h32}>"),
    ("mailgun-key", "key-{h32}"),
    ("mailchimp-key", "{h32}-us12"),
    ("easypost-key", "EZAK{a54}"),
];

/// A text with a secret of this form, and the secret.
#[must_use]
pub fn secret(template: &str, random: &mut Random) -> (String, String) {
    let (mut text, mut marks) = (String::new(), Vec::new());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '<', '>']) {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if rest.as_bytes()[at] != b'{' {
            marks.push(text.len());
            rest = behind;
            continue;
        }
        let (class, number) = behind[..behind.find('}').expect("a class")].split_at(1);
        let letters = match class {
            "h" => "0123456789abcdef",
            "u" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            "l" => "abcdefghijklmnopqrstuvwxyz0123456789",
            "d" => "0123456789",
            _ => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        };
        for _ in 0..number.parse::<usize>().expect("a number") {
            text.push(char::from(letters.as_bytes()[random.random_range(0..letters.len())]));
        }
        rest = &behind[behind.find('}').expect("a class") + 1..];
    }
    text.push_str(rest);
    let secret = match *marks {
        [from, to] => text[from..to].to_string(),
        _ => text.clone(),
    };
    (text, secret)
}
