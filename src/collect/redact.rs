//! Finds literal secrets and replaces them, so that nothing downstream can leak what was never kept.
//!
//! A reference (`${VAR}`, `$(command)`, `op://…`) is no secret, nor is a placeholder (`<your-key>`, `changeme`). What has
//! a provider's own key format is always replaced, also when it says EXAMPLE: a replacement too many costs a reader
//! nothing. The replacement never holds a quote or a backslash, so JSON stays JSON.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::{Captures, Regex};

use crate::model::{Digest, SecretHit};

/// Text without its secrets, and where they were.
pub struct Redacted {
    pub text: String,
    /// Sorted by line.
    pub secrets: Vec<SecretHit>,
}

/// A value longer than this in the place of a secret is replaced unread: looking again at every part of it would take
/// time that grows with its square.
const LONG_VALUE: usize = 1024;

struct Pattern {
    class: &'static str,
    /// Without one of these in the text (in lower case) the pattern cannot match.
    needs: &'static [&'static str],
    regex: &'static str,
    /// Which matches are secrets.
    accept: fn(&Captures, &str) -> bool,
    compiled: OnceLock<Option<Regex>>,
}

const fn pattern(
    class: &'static str,
    needs: &'static [&'static str],
    regex: &'static str,
    accept: fn(&Captures, &str) -> bool,
) -> Pattern {
    Pattern { class, needs, regex, accept, compiled: OnceLock::new() }
}

/// In order: where two overlap, the first wins. The secret is the group `v`.
static PATTERNS: [Pattern; 23] = [
    pattern(
        "private_key",
        &["private key"],
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?P<v>[A-Za-z0-9+/=\s\\:,.()-]*?)(?:-----END|[^A-Za-z0-9+/=\s\\:,.()-]|$)",
        |found, _| value(found).bytes().filter(u8::is_ascii_alphanumeric).count() >= 24,
    ),
    pattern(
        "private_key",
        &["private key"],
        r"(?:^|[^A-Za-z0-9+/=])(?P<v>[A-Za-z0-9+/]{40,}={0,2})",
        |found, text| {
            text.contains("-----BEGIN") && value(found).bytes().any(|byte| byte.is_ascii_uppercase())
        },
    ),
    pattern("anthropic_key", &["sk-ant-"], r"(?P<v>sk-ant-[A-Za-z0-9_\-]{6,})", provider),
    pattern(
        "jwt",
        &["eyj"],
        r"(?P<v>eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)",
        provider,
    ),
    pattern(
        "aws_access_key",
        &["akia", "asia", "abia", "acca"],
        r"\b(?P<v>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\b",
        any,
    ),
    pattern(
        "aws_secret_key",
        &["secret"],
        r#"(?i)aws_?(?:secret_?)?(?:access_?)?(?:secret|key)(?:_?access)?(?:_?key)?\\?["']?[ \t]*[:=][ \t]*\\?["']?(?P<v>[A-Za-z0-9/+=]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        any,
    ),
    pattern(
        "github_token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"(?P<v>(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}))",
        provider,
    ),
    pattern(
        "slack_token",
        &["xox", "xapp-"],
        r"(?P<v>(?:xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{16,}))",
        provider,
    ),
    pattern(
        "slack_webhook",
        &["hooks.slack.com"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<v>[A-Za-z0-9/_-]{16,})",
        provider,
    ),
    pattern(
        "gitlab_token",
        &["gl"],
        r"\b(?P<v>gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_.\-]{12,})",
        provider,
    ),
    pattern(
        "google_api_key",
        &["aiza", "gocspx-", "ya29."],
        r"(?P<v>(?:AIza[A-Za-z0-9_\-]{30,}|GOCSPX-[A-Za-z0-9_\-]{16,}|ya29\.[A-Za-z0-9_\-]{16,}))",
        provider,
    ),
    pattern(
        "vault_token",
        &["hvs.", "hvb.", "hvr.", "s."],
        r"\b(?P<v>(?:hv[sbr]\.[A-Za-z0-9_-]{16,}|s\.[A-Za-z0-9]{24}))\b",
        provider,
    ),
    pattern(
        "stripe_key",
        &["k_live_", "k_test_", "whsec_"],
        r"(?P<v>(?:[sr]k_(?:live|test)_[A-Za-z0-9]{12,}|whsec_[A-Za-z0-9]{16,}))",
        provider,
    ),
    pattern(
        "package_token",
        &["npm_", "pypi-", "hf_", "dop_v1", "doo_v1", "dapi", "shpat_", "atatt3"],
        r"(?P<v>(?:npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|hf_[A-Za-z0-9]{24,}|do[opr]_v1_[a-f0-9]{40,}|dapi[a-f0-9]{32}|shpat_[a-fA-F0-9]{32}|ATATT3[A-Za-z0-9_=-]{30,}))",
        provider,
    ),
    pattern("sendgrid_key", &["sg."], r"(?P<v>SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})", provider),
    pattern(
        "api_key",
        &[
            "sk-",
            "fc-",
            "tvly-",
            "ctx7sk-",
            "lin_api_",
            "ntn_",
            "pplx-",
            "gsk_",
            "xai-",
            "sbp_",
            "figd_",
            "apify_api_",
        ],
        r"\b(?P<v>(?:sk-(?:proj-|svcacct-|or-v1-|or-|admin-)?[A-Za-z0-9_\-]{20,}|(?:fc|tvly|ctx7sk|pplx|xai)-[A-Za-z0-9_-]{20,}|(?:lin_api|ntn|gsk|sbp|figd|apify_api)_[A-Za-z0-9_-]{20,}))",
        |found, text| provider(found, text) && value(found).bytes().any(|byte| byte.is_ascii_digit()),
    ),
    pattern(
        "azure_key",
        &["accountkey=", "sharedaccesskey=", "sig="],
        r"(?i)(?:AccountKey|SharedAccessKey|[?&]sig)=(?P<v>[A-Za-z0-9+/%]{32,}={0,2})",
        provider,
    ),
    pattern(
        "url_credentials",
        &["://"],
        r#"[A-Za-z][A-Za-z0-9+.\-]*://[^\s/:@"'<>`]*:(?P<v>[^\s/"'<>`\\]+)@"#,
        |found, _| literal(value(found)) && !value(found).starts_with('$'),
    ),
    pattern(
        "url_credentials",
        &["://"],
        r#"[A-Za-z][A-Za-z0-9+.\-]*://(?P<v>[A-Za-z0-9_\-]{16,})@"#,
        |found, _| literal(value(found)) && value(found).bytes().any(|byte| byte.is_ascii_digit()),
    ),
    pattern(
        "basic_auth",
        &["basic"],
        r#"(?i)authorization\\?["']?[ \t]*[:=,][ \t]*\\?["']?basic[ \t]+(?P<v>[A-Za-z0-9+/=_-]{6,})"#,
        |found, _| literal(value(found)),
    ),
    pattern(
        "bearer_token",
        &["bearer", "authorization"],
        r#"(?i)(?:authorization\\?["']?[ \t]*[:=,][ \t]*\\?["']?(?:bearer|token)[ \t]+(?P<v>[A-Za-z0-9._~+/=:-]{6,})|bearer[ \t]+(?P<w>[A-Za-z0-9._~+/=:-]{12,}))"#,
        |found, _| {
            literal(value(found))
                && (found.name("v").is_some() || value(found).bytes().any(|byte| byte.is_ascii_digit()))
        },
    ),
    pattern(
        "secret_argument",
        &["-"],
        r#"(?i)(?:^|[\s"'])--?[a-z0-9-]*(?:password|passwd|token|secret|api-?key|access-?key)\\?["']?(?:[ \t]*,[ \t\r\n]*\\?["']|[ \t=]+\\?["']?)(?P<v>[^\s"'\\,)(;|&<>]{6,})"#,
        |found, _| {
            literal(value(found))
                && (value(found).len() >= 16 || value(found).bytes().any(|byte| byte.is_ascii_digit()))
        },
    ),
    pattern(
        "secret_assignment",
        MARKERS,
        r#"(?i)(?P<k>[A-Za-z0-9_.\-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|signing[_-]?key|encryption[_-]?key|auth[_-]?key|credential|_pwd|_pass)[A-Za-z0-9_\-]*)(?P<c>\\?["']?[ \t]*(?::=|=>|[:=])[ \t]*)(?:\\?"(?P<v>(?:[^"\\\r\n]|\\[^"\r\n])*)\\?"|'(?P<w>[^'\r\n]*)'|(?P<u>[^\s"'`,;#(){}\[\]<>|&\\]+)(?P<n>[(\[]?))"#,
        assigned,
    ),
];

const MARKERS: &[&str] = &[
    "passw",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "key",
    "credential",
    "_pwd",
    "_pass",
];

/// Spans to replace, by their start, none overlapping another: end and class.
#[derive(Default)]
struct Spans(BTreeMap<usize, (usize, &'static str)>);

impl Spans {
    fn overlaps(&self, start: usize, end: usize) -> bool {
        self.0.range(..end).next_back().is_some_and(|(_, &(to, _))| to > start)
    }

    fn add(&mut self, start: usize, end: usize, class: &'static str) {
        self.0.insert(start, (end, class));
    }

    fn remove_within(&mut self, start: usize, end: usize) {
        let within: Vec<usize> = self.0.range(start..end).map(|(&from, _)| from).collect();
        for from in within {
            self.0.remove(&from);
        }
    }
}

/// Replaces every secret of the text.
pub fn redact(text: &str) -> Redacted {
    let mut spans = Spans::default();
    spans_of(text, &mut spans);
    escaped_spans(text, &mut spans);
    let mut out = String::with_capacity(text.len());
    let (mut at, mut line, mut secrets) = (0, 1, Vec::new());
    for (start, (end, class)) in spans.0 {
        line += newlines(&text[at..start]);
        let secret = &text[start..end];
        let fingerprint =
            format!("{}:{}", &Digest::of_bytes(secret.as_bytes()).hex()[..4], secret.chars().count());
        out.push_str(&text[at..start]);
        out.push_str(&format!("[redacted:{class}:{fingerprint}]"));
        secrets.push(SecretHit { class: class.to_owned(), line, fingerprint });
        // A key over several lines keeps its line breaks, so that later lines keep their numbers.
        for _ in 0..newlines(secret) {
            out.push('\n');
        }
        line += newlines(secret);
        at = end;
    }
    out.push_str(&text[at..]);
    Redacted { text: out, secrets }
}

fn spans_of(text: &str, spans: &mut Spans) {
    let lower = text.to_ascii_lowercase();
    for pattern in &PATTERNS {
        if !pattern.needs.iter().any(|need| lower.contains(need)) {
            continue;
        }
        let Some(regex) = pattern.compiled.get_or_init(|| Regex::new(pattern.regex).ok()) else { continue };
        let mut from = 0;
        while let Some(found) = regex.captures_at(text, from) {
            let whole = found.get(0).expect("group 0 always takes part");
            let Some(secret) = ["v", "w", "u"].iter().find_map(|name| found.name(name)) else { break };
            let known = spans.overlaps(secret.start(), secret.end());
            let accepted = secret.len() > LONG_VALUE || (pattern.accept)(&found, text);
            if !secret.is_empty() && accepted && !known {
                spans.add(secret.start(), secret.end(), pattern.class);
            }
            // What ends one match can begin the next one; a refused value can hold another key with its value.
            let next = if accepted { secret.end() } else { secret.start() };
            from = if next > from { next } else { whole.end().max(from + 1) };
            while from < text.len() && !text.is_char_boundary(from) {
                from += 1;
            }
            if from > text.len() {
                break;
            }
        }
    }
}

/// Secrets that a JSON string hides behind `\uXXXX`: the whole string is replaced.
fn escaped_spans(text: &str, spans: &mut Spans) {
    if !text.contains("\\u") {
        return;
    }
    static STRING: OnceLock<Option<Regex>> = OnceLock::new();
    let Some(regex) = STRING.get_or_init(|| Regex::new(r#""(?:[^"\\\n]|\\.)*\\u(?:[^"\\\n]|\\.)*""#).ok())
    else {
        return;
    };
    for found in regex.find_iter(text) {
        let Ok(plain) = serde_json::from_str::<String>(found.as_str()) else { continue };
        let mut inner = Spans::default();
        spans_of(&plain, &mut inner);
        if let Some((_, &(_, class))) = inner.0.first_key_value() {
            let (start, end) = (found.start() + 1, found.end() - 1);
            spans.remove_within(start, end);
            if !spans.overlaps(start, end) {
                spans.add(start, end, class);
            }
        }
    }
}

fn newlines(text: &str) -> u64 {
    text.bytes().filter(|&byte| byte == b'\n').count() as u64
}

fn value<'a>(found: &Captures<'a>) -> &'a str {
    ["v", "w", "u"].iter().find_map(|name| found.name(name)).map_or("", |group| group.as_str())
}

fn any(_: &Captures, _: &str) -> bool {
    true
}

/// A provider's format, unless the part that should be random plainly is not.
fn provider(found: &Captures, _: &str) -> bool {
    let value = value(found);
    let lower = value.to_ascii_lowercase();
    let mut distinct: Vec<u8> = value.bytes().skip(4).collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() > 3
        && !["your", "-here", "_here", "xxxx", "placeholder", "redacted"]
            .iter()
            .any(|word| lower.contains(word))
}

/// Whether a value is written out, not a reference, a pattern or a placeholder.
fn literal(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let reference = [
        "${",
        "$(",
        "%{",
        "{{",
        "`",
        "op://",
        "vault:",
        "env:",
        "arn:aws",
        "file:",
        "keychain:",
        "ssm:",
        "process.env",
        "os.environ",
        "[redacted:",
        "<",
    ]
    .iter()
    .any(|start| lower.starts_with(start))
        || lower.contains("${")
        || lower.contains("$(")
        || (lower.starts_with('$')
            && lower[1..].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        || (lower.len() > 2 && lower.starts_with('%') && lower.ends_with('%'));
    let expression = [".*", "\\s", "\\w", "\\b", "\\d", "[^", "[a-z", "[0-9", "(?", ".+", "*)", "=*"]
        .iter()
        .any(|part| lower.contains(part));
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let stand_in = [
        "your",
        "changeme",
        "change_me",
        "change-me",
        "placeholder",
        "replace_me",
        "replace-me",
        "replaceme",
        "xxxx",
        "dummy",
        "todo",
        "insert",
    ]
    .iter()
    .any(|word| lower.contains(word))
        || distinct.len() <= 2
        || lower.ends_with("...")
        || lower.ends_with('…');
    !reference && !expression && !stand_in
}

/// Whether an assignment to a name that sounds secret holds a secret.
fn assigned(found: &Captures, _: &str) -> bool {
    let key = &found["k"];
    let lower = key.to_ascii_lowercase().replace('-', "_");
    const TAILS: &[&str] = &[
        "file",
        "path",
        "dir",
        "url",
        "uri",
        "endpoint",
        "name",
        "arn",
        "_id",
        "ttl",
        "_ms",
        "type",
        "command",
        "helper",
        "region",
        "limit",
        "count",
        "tokens",
        "expiry",
        "length",
        "header",
        "field",
        "pattern",
        "patterns",
        "regex",
        "enabled",
        "export",
        "refresh",
        "provider",
        "manager",
        "manager_region",
        "version",
        "policy",
        "required",
        "scanner",
        "scan",
        "store",
        "backend",
        "budget",
        "usage",
        "env",
        "envvar",
        "env_var",
        "source",
        "format",
        "prefix",
        "rotation",
        "days",
        "status",
        "mode",
        "role",
        "mount",
        "action",
        "description",
        "credential_sources",
        "engine",
        "period",
        "interval",
        "sha256",
        "issuer",
        "audience",
        "scope",
    ];
    if TAILS.iter().any(|tail| lower.ends_with(tail)) {
        return false;
    }
    let text = value(found);
    let words = [
        "true",
        "false",
        "null",
        "none",
        "string",
        "required",
        "optional",
        "deny",
        "allow",
        "ask",
        "mask",
        "block",
        "disable",
        "disabled",
        "enable",
        "enabled",
        "undefined",
        "example",
        "secret",
        "password",
        "token",
        "number",
        "boolean",
        "auto",
        "default",
        "basic",
        "bearer",
    ];
    if text.len() < 4 || !literal(text) || words.contains(&text.to_ascii_lowercase().as_str()) {
        return false;
    }
    let path = text.starts_with('/') && text[1..].contains('/') && !text.contains(['=', '+'])
        || text.starts_with("~/")
        || text.starts_with("./");
    let address = text.contains("://");
    if path || address {
        return false;
    }
    let shouted = key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let equals = found["c"].trim() == "=";
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let quoted = found.name("u").is_none();
    if quoted {
        return shouted || !text.contains(char::is_whitespace);
    }
    if found.name("n").is_some_and(|next| !next.is_empty()) {
        return false; // a call or an index
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return lower.contains("passw");
    }
    if shouted && equals {
        return text.len() >= 4;
    }
    let sounds = lower.contains("passw") || lower.contains("passphrase");
    (digit && text.len() >= 8 && !text.contains("()")) || (sounds && equals && text.len() >= 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(text: &str) -> Vec<String> {
        redact(text).secrets.into_iter().map(|hit| hit.class).collect()
    }

    #[test]
    fn every_pattern_compiles() {
        for pattern in &PATTERNS {
            assert!(
                Regex::new(pattern.regex).is_ok(),
                "{}: {:?}",
                pattern.class,
                Regex::new(pattern.regex).err()
            );
        }
    }

    #[test]
    fn finds_secrets_and_keeps_json() {
        let canaries = [
            ("sk-ant-api03-AbCdEf0123456789AbCdEf0123456789", r#"{"env":{"ANTHROPIC_API_KEY":"@"}}"#),
            ("AKIAIOSFODNN7EXAMPLE", r#"{"env":{"AWS_ACCESS_KEY_ID":"@"}}"#),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", r#"{"AWS_SECRET_ACCESS_KEY": "@"}"#),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", r#"{"args":["--x","@"]}"#),
            ("github_pat_11ABCDEFG0abcdefghij_klmnop", r#"{"a":"curl -H \"Authorization: token @\""}"#),
            ("xoxb-123456789012-abcdefABCDEF", r#"{"SLACK":"@"}"#),
            ("glpat-ABCDEF0123456789abcd", r#"["@"]"#),
            ("AIzaSyA0123456789abcdefghijklmnopqrstuv", r#"["@"]"#),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", r#"["@"]"#),
            ("hunter2secret", r#"{"allow":["Bash(PGPASSWORD=@ psql *)"]}"#),
            ("hunter2secret", r#"{"allow":["Bash(PGPASSWORD=\"@\" psql *)"]}"#),
            ("p%40ssW0rd", r#"{"url":"postgresql://app:@@db.internal/x"}"#),
            ("correcthorse", r#"{"db_password": "@"}"#),
            ("abcd1234efgh5678", r#"{"args":["--api-key","@"]}"#),
            ("abcd1234efgh", r#"{"headers":{"X-Vault-Token":"@"}}"#),
            ("QWxhZGRpbjpvcGVuIHNlc2FtZQ==", r#"{"h":"Authorization: Basic @"}"#),
            ("abcdef0123456789", r#"{"Authorization":"Bearer @"}"#),
            ("hvs.CAESIJ0123456789abcdefghij", r#"{"VAULT_TOKEN":"@"}"#),
        ];
        for (secret, form) in canaries {
            let text = form.replacen('@', secret, 1);
            let out = redact(&text);
            assert!(!out.text.contains(secret), "{text} became {}", out.text);
            assert!(!out.secrets.is_empty(), "{text}");
            assert!(
                serde_json::from_str::<serde_json::Value>(&out.text).is_ok(),
                "{text} became {}",
                out.text
            );
        }
    }

    #[test]
    fn finds_keys_over_lines_and_behind_escapes() {
        let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL\nabc0123456789abcdefghijklmnop=\n-----END RSA PRIVATE KEY-----\n";
        let out = redact(&format!("a\n{pem}TOKEN=abcd1234\n"));
        assert!(!out.text.contains("MIIE") && !out.text.contains("abc0123"), "{}", out.text);
        assert_eq!(out.text.lines().count(), 6, "{}", out.text);
        assert_eq!(out.secrets.last().map(|hit| hit.line), Some(6));
        let json = serde_json::json!({"key": pem}).to_string();
        let out = redact(&json);
        assert!(!out.text.contains("MIIE"), "{}", out.text);
        assert!(serde_json::from_str::<serde_json::Value>(&out.text).is_ok());
        let hidden = r#"{"k":"\u0073k-ant-api03-AbCdEf0123456789"}"#;
        assert!(!redact(hidden).text.contains("AbCdEf"), "{}", redact(hidden).text);
    }

    #[test]
    fn hostile_texts_end() {
        let begun = std::time::Instant::now();
        for part in [
            "token=",
            "TOKEN=abcd1234 ",
            "\"\\u0073k-ant-abcdef\",",
            "-----BEGIN PRIVATE KEY-----\n",
            "a://b:c@",
            "bearer ",
            "password: ghp_",
            "\\u",
        ] {
            redact(&part.repeat(50_000 / part.len()));
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_reference_or_a_placeholder_is_no_secret() {
        for text in [
            r#"{"env":{"ANTHROPIC_API_KEY":"${ANTHROPIC_API_KEY}"}}"#,
            r#"{"API_KEY":"<your-key>"}"#,
            "API_KEY=your-api-key-here",
            "password: changeme",
            r#"{"Authorization":"Bearer ${TOKEN}"}"#,
            "VAULT_TOKEN=${VAULT_TOKEN:-}",
            "TOKEN=$(cat /run/secrets/x)",
            r#"-H "X-Vault-Token: $VAULT_TOKEN""#,
            "'postgresql://.*:.*@'",
            "'PASSWORD.*='",
            "'aws_secret'",
            r#"{"apiKeyHelper":"/usr/local/bin/get-key.sh"}"#,
            r#"{"CLAUDE_CODE_API_KEY_HELPER_TTL_MS":"3600000"}"#,
            r#"{"MAX_THINKING_TOKENS":"31999"}"#,
            r#"{"deny":["Read(**/*secret*)","Read(~/.aws/credentials)","Read(//**/*.key)"]}"#,
            r#"{"description":"Blocks a token: see the manual"}"#,
            "aws secretsmanager get-secret-value --secret-id \"$SECRET_NAME\"",
            "SECRET_NAME=$1",
            "http://host:8080/a@b",
            "const token = getToken()",
            r#"{"awsCredentialExport":"aws-export"}"#,
            "sk-ant-[A-Za-z0-9]{20}",
            "AKIA[0-9A-Z]{16}",
        ] {
            assert_eq!(classes(text), Vec::<String>::new(), "{text} became {}", redact(text).text);
        }
    }
}
