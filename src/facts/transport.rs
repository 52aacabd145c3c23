//! Whether a program that carries a log on does so over TLS: by the scheme of the address, else by its own words.

use std::sync::LazyLock;

use regex::Regex;

/// What a program does where the address has no scheme: without a word, and by the words that change it.
struct Program {
    name: &'static str,
    /// With no word about TLS the records travel encrypted.
    tls_by_default: bool,
    /// Words that turn TLS on, or off where it is on by default.
    word: &'static str,
}

/// Defaults as each program documents them.
const PROGRAMS: [Program; 11] = [
    Program {
        name: "rsyslog",
        tls_by_default: false,
        word: r#"(?i)streamdriver\.?mode"?\s*=?\s*"?1|\btls\s*=\s*"on""#,
    },
    Program { name: "syslog-ng", tls_by_default: false, word: r#"(?i)transport\(\s*"?tls"?\s*\)|\btls\("# },
    Program { name: "syslogd", tls_by_default: false, word: r"(?i)@tls://" },
    Program { name: "journal-upload", tls_by_default: true, word: r"(?i)^\s*url\s*=\s*http://" },
    Program {
        name: "vector",
        tls_by_default: false,
        word: r"(?im)^\s*tls\.enabled\s*[:=]\s*true|^\s*\[sinks\.[^\]]*\.tls\]|^\s*tls:\s*$",
    },
    Program { name: "fluent-bit", tls_by_default: false, word: r"(?im)^\s*tls[:\s]\s*(?:on|true|yes)\b" },
    Program {
        name: "fluentd",
        tls_by_default: false,
        word: r"(?im)^\s*(?:transport|scheme)\s+(?:tls|https)\b|^\s*(?:tls|ssl)\s+true\b|<transport tls>",
    },
    Program {
        name: "filebeat",
        tls_by_default: false,
        word: r#"(?im)^\s*(?:[a-z.]*ssl\.(?:enabled\s*:\s*true|certificate|key|verification_mode\s*:\s*"?(?:full|strict|certificate))|ssl:\s*$|protocol\s*:\s*"?https|cloud\.id\s*:)"#,
    },
    Program {
        name: "splunk",
        tls_by_default: false,
        word: r"(?im)^\s*(?:usessl\s*=\s*(?:true|1)|sslrootcapath\s*=|clientcert\s*=)",
    },
    Program { name: "otelcol", tls_by_default: true, word: r"(?im)^\s*insecure\s*:\s*true\b" },
    Program { name: "alloy", tls_by_default: true, word: r"(?im)^\s*insecure\s*=\s*true\b" },
];

static WORDS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let compiled = PROGRAMS.iter().map(|program| Regex::new(program.word).expect("a fixed expression"));
    compiled.collect()
});

/// Whether everybody on the way to this address can read what is sent there, where its scheme says so.
pub(super) fn clear_by_scheme(address: &str) -> Option<bool> {
    let (scheme, _) = address.split_once("://")?;
    match scheme.trim().to_ascii_lowercase().as_str() {
        "https" | "tls" | "ssl" | "tcps" | "grpcs" | "wss" => Some(false),
        "http" | "udp" | "ws" => Some(true),
        _ => None,
    }
}

/// Whether everybody on the way from this program to this address can read the records.
/// A program that is not known here, and names no scheme, is taken for one that encrypts: nothing says it does not.
pub(super) fn in_clear(program: &str, configuration: &str, address: &str) -> bool {
    clear_by_scheme(address).unwrap_or_else(|| {
        let known = PROGRAMS.iter().zip(WORDS.iter()).find(|(known, _)| known.name == program);
        known.is_some_and(|(known, word)| word.is_match(configuration) == known.tls_by_default)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_decides() {
        assert!(in_clear("filebeat", "ssl.enabled: true", "http://siem.example:9200"));
        assert!(!in_clear("vector", "", "https://siem.example/in"));
        assert_eq!(clear_by_scheme("http://otel.example:4318"), Some(true));
        assert_eq!(clear_by_scheme("otel.example:4317"), None);
    }

    #[test]
    fn without_one_the_words_of_the_program_do() {
        for (program, clear, protected) in [
            (
                "rsyslog",
                "action(type=\"omfwd\" target=\"a.example\" StreamDriverMode=\"0\")",
                "action(type=\"omfwd\" target=\"a.example\"\n StreamDriver=\"gtls\" StreamDriverMode=\"1\")",
            ),
            ("rsyslog", "*.* @@a.example:6514", "$ActionSendStreamDriverMode 1\n*.* @@a.example:6514"),
            ("rsyslog", "action(type=\"omrelp\" tls=\"off\")", "action(type=\"omrelp\" tls=\"on\")"),
            (
                "syslog-ng",
                "network(\"a.example\" transport(\"tcp\"))",
                "network(\"a.example\" transport(\"tls\") tls(ca-dir(\"/c\")))",
            ),
            ("fluent-bit", "[OUTPUT]\n  Host a.example\n  tls Off", "[OUTPUT]\n  Host a.example\n  tls On"),
            (
                "vector",
                "[sinks.s]\naddress = \"a.example:1\"",
                "[sinks.s]\naddress = \"a.example:1\"\n[sinks.s.tls]\nenabled = true",
            ),
            (
                "filebeat",
                "output.logstash:\n  hosts: [\"a.example:5044\"]",
                "output.logstash:\n  hosts: [\"a.example:5044\"]\n  ssl.certificate_authorities: [\"/c\"]",
            ),
            (
                "splunk",
                "[tcpout:x]\nserver = a.example:9997",
                "[tcpout:x]\nserver = a.example:9997\nuseSSL = true",
            ),
            (
                "otelcol",
                "otlp:\n  endpoint: a.example:4317\n  tls:\n    insecure: true",
                "otlp:\n  endpoint: a.example:4317",
            ),
        ] {
            assert!(in_clear(program, clear, "a.example"), "{program}: {clear}");
            assert!(!in_clear(program, protected, "a.example"), "{program}: {protected}");
        }
    }
}
