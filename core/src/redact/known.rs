//! The built-in rules.
//!
//! Owns: the forms of secrets that services document, and, for the strict level, what secrets look like in general.
//! Invariant: a rule of the first level knows its secrets by a prefix, a frame or a name beside them, so that words are
//! not taken for secrets.
//! Source: the services' own documentation of their keys.

use super::Level;
use super::rule::Rule;
use alloc::string::ToString;

/// A rule: its name, its keywords, its expression.
type Known = (&'static str, &'static [&'static str], &'static str);

/// Secrets that are known by their form.
const RULES: &[Known] = &[
    (
        "private-key",
        &["-----begin"],
        r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY[ A-Z]{0,20}-----[\s\S]*?(?:-----END[ A-Z0-9]{0,40}PRIVATE KEY[ A-Z]{0,20}-----|\z)",
    ),
    ("age-secret-key", &["age-secret-key-1"], r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("url-password", &["://"], r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@'\x22<>]{0,200}:([^\s:/@'\x22<>]{3,200})@"),
    ("authorization-header", &["bearer ", "basic "], r"(?i)\b(?:bearer|basic)\s+([A-Za-z0-9._~+/-]{20,}={0,2})"),
    ("json-web-token", &["eyj"], r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"),
    ("netrc-password", &["password "], r"(?m)^\s*machine\s+\S+\s+login\s+\S+\s+password\s+(\S+)"),
    (
        "npmrc-auth",
        &["_authtoken", "_password", "_auth"],
        r"(?i)_(?:authToken|password|auth)\s*=\s*([A-Za-z0-9+/=_.-]{8,})",
    ),
    // Clouds.
    ("aws-access-key", &["akia", "asia", "abia", "acca"], r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    (
        "aws-secret-key",
        &["aws_secret", "secretaccesskey", "secret_access_key", "aws_session"],
        r"(?i)(?:aws_secret_access_key|aws_secret_key|secret_?access_?key|aws_session_token)['\x22]?\s{0,5}(?:=|:|=>|,)\s{0,5}['\x22]?([A-Za-z0-9/+=]{40,})",
    ),
    (
        "azure-client-secret",
        &["q~"],
        r"(?:^|[^A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?:$|[^A-Za-z0-9_~.-])",
    ),
    ("azure-storage-key", &["accountkey="], r"(?i)AccountKey=([A-Za-z0-9+/]{86}==)"),
    (
        "azure-shared-access",
        &["sharedaccesskey=", "sig="],
        r"(?i)(?:SharedAccessKey=([A-Za-z0-9+/=]{40,})|[?&]sig=([A-Za-z0-9%+/=]{40,}))",
    ),
    ("alibaba-access-key", &["ltai"], r"\bLTAI[A-Za-z0-9]{16,24}\b"),
    ("digitalocean-token", &["doo_v1_", "dop_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    ("google-api-key", &["aiza"], r"\bAIza[A-Za-z0-9_-]{35}"),
    ("google-oauth", &["ya29.", "gocspx-"], r"\b(?:ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,})"),
    ("cloudflare-origin-key", &["v1.0-"], r"\bv1\.0-[a-f0-9]{24}-[a-f0-9]{146}\b"),
    ("fly-token", &["flyv1", "fo1_"], r"(?:\bfo1_[A-Za-z0-9_-]{43}|\bFlyV1 fm[12][ar]?_[A-Za-z0-9+/=,_-]{50,})"),
    ("heroku-key", &["hrku-"], r"\bHRKU-[A-Za-z0-9_-]{36,}"),
    ("netlify-token", &["nfp_"], r"\bnfp_[A-Za-z0-9]{36,}"),
    ("planetscale-token", &["pscale_"], r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,}"),
    ("supabase-token", &["sbp_", "sb_secret_"], r"\b(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,})"),
    ("databricks-token", &["dapi"], r"\bdapi[a-f0-9]{32}(?:-\d)?\b"),
    ("doppler-token", &["dp."], r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}"),
    ("vault-token", &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    ("terraform-token", &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    ("pulumi-token", &["pul-"], r"\bpul-[a-f0-9]{40}\b"),
    (
        "onepassword-token",
        &["ops_eyj", "a3-"],
        r"\b(?:ops_eyJ[A-Za-z0-9+/]{100,}={0,3}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5})",
    ),
    // Code and packages.
    (
        "github-token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{82,})",
    ),
    (
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "gloas-", "glagent-", "glimt-"],
        r"\b(?:glpat|gldt|glrt|glcbt|glptt|glft|glsoat|gloas|glagent|glimt)-[A-Za-z0-9_.-]{20,}",
    ),
    ("bitbucket-token", &["atbb", "atctt3", "atatt3"], r"\b(?:ATBB[A-Za-z0-9]{32}|AT[AC]TT3[A-Za-z0-9_=-]{50,})"),
    ("npm-token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("pypi-token", &["pypi-ageichlwas5vcmc"], r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ("crates-token", &["cio"], r"\bcio[A-Za-z0-9]{32}\b"),
    ("rubygems-token", &["rubygems_"], r"\brubygems_[a-f0-9]{48}\b"),
    ("nuget-key", &["oy2"], r"\boy2[a-z0-9]{43}\b"),
    ("docker-token", &["dckr_"], r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    ("postman-key", &["pmak-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    ("sentry-token", &["sntrys_", "sntryu_"], r"\b(?:sntrys_[A-Za-z0-9+/=_]{40,}|sntryu_[a-f0-9]{64})"),
    ("grafana-token", &["glsa_", "glc_"], r"\b(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{32,}={0,3})"),
    ("new-relic-key", &["nrak-", "nraa-", "nrii-", "nrjs-"], r"\bNR(?:AK|AA|II|JS)-[A-Za-z0-9_-]{19,}"),
    ("dynatrace-token", &["dt0c01."], r"\bdt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}\b"),
    ("linear-key", &["lin_api_", "lin_oauth_"], r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("notion-token", &["ntn_", "secret_"], r"\b(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})\b"),
    ("figma-token", &["figd_", "figo_"], r"\bfig[do]_[A-Za-z0-9_-]{40,}"),
    ("airtable-token", &["pat"], r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b"),
    // Models.
    ("anthropic-key", &["sk-ant-"], r"\bsk-ant-[a-z0-9]{3,10}-[A-Za-z0-9_-]{20,}"),
    (
        "openai-key",
        &["sk-"],
        r"\bsk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48}\b)",
    ),
    ("openrouter-key", &["sk-or-"], r"\bsk-or-(?:v1-)?[a-f0-9]{64}\b"),
    ("deepseek-key", &["sk-"], r"\bsk-[a-f0-9]{32}\b"),
    ("groq-key", &["gsk_"], r"\bgsk_[A-Za-z0-9]{40,}"),
    ("xai-key", &["xai-"], r"\bxai-[A-Za-z0-9]{60,}"),
    ("perplexity-key", &["pplx-"], r"\bpplx-[A-Za-z0-9]{40,}"),
    ("huggingface-token", &["hf_", "api_org_"], r"\b(?:hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{34})"),
    ("replicate-token", &["r8_"], r"\br8_[A-Za-z0-9]{37}\b"),
    ("fireworks-key", &["fw_"], r"\bfw_[A-Za-z0-9]{22,}"),
    ("tavily-key", &["tvly-"], r"\btvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}"),
    // Messages and money.
    (
        "slack-token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe", "xapp-", "xoxd-", "xoxc-"],
        r"\b(?:xox[abcdeprs](?:\.xox[bp])?-[A-Za-z0-9%/+-]{10,}|xapp-\d-[A-Za-z0-9-]{20,})",
    ),
    ("slack-webhook", &["hooks.slack.com"], r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}"),
    ("discord-webhook", &["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_-]{50,}"),
    ("discord-token", &["discord"], r"\b([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,})"),
    ("telegram-token", &[":aa"], r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    ("teams-webhook", &["webhook.office.com"], r"[a-z0-9.-]+\.webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{60,}"),
    (
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"\b(?:[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{24,})",
    ),
    ("square-token", &["sq0", "eaaa"], r"\b(?:sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60,})"),
    ("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    ("facebook-token", &["eaac", "eaab"], r"\bEAA[BC][A-Za-z0-9]{60,}"),
    ("sendgrid-key", &["sg."], r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}"),
    ("twilio-key", &["twilio", "sk"], r"\bSK[a-f0-9]{32}\b"),
    ("twilio-token", &["twilio"], r"(?i)twilio[\w.-]{0,30}['\x22]?\s{0,5}(?:=|:|=>)\s{0,5}['\x22]?([a-f0-9]{32})\b"),
    ("mailgun-key", &["key-"], r"\bkey-[a-f0-9]{32}\b"),
    ("mailchimp-key", &["-us"], r"\b[a-f0-9]{32}-us\d{1,2}\b"),
    ("easypost-key", &["ezak", "eztk"], r"\bEZ[AT]K[A-Za-z0-9]{54}\b"),
];

/// What secrets look like in general.
const STRICT: &[(Known, f64)] = &[
    (
        (
            "assigned-secret",
            &["key", "token", "secret", "passw", "pwd", "credential", "auth"],
            r"(?i)[\w.-]{0,40}(?:key|token|secret|passw(?:or)?d|pwd|credentials?|auth)[\w.-]{0,20}['\x22]?\s{0,5}(?::=|=>|=|:)\s{0,5}['\x22]?([A-Za-z0-9!#$%&*+/=?@^_.~-]{8,150})",
        ),
        3.0,
    ),
    (("random-text", &[], r"[A-Za-z0-9/+_=-]{20,}"), 4.5),
];

/// The rules of a level.
pub(super) fn rules(level: Level) -> impl Iterator<Item = Rule> {
    let strict = if level == Level::Strict { STRICT } else { &[] };
    let strict = strict.iter().map(|&(known, entropy)| (known, entropy));
    RULES.iter().map(|&known| (known, 0.0)).chain(strict).map(|((id, keywords, regex), entropy)| Rule {
        id: id.to_string(),
        regex: regex.to_string(),
        keywords: keywords.iter().map(ToString::to_string).collect(),
        entropy,
        ..Rule::default()
    })
}
