//! The parameters of the checks: what is accepted here, each with a default and bounds.

use std::collections::BTreeSet;

use super::table::Table;

/// Values that the checks read. The defaults are the guide's where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Days that audit logs are kept (the guide: 90). From 1 to 3,660.
    pub retention_days: u32,
    /// Permission modes that a session may start in. Never `bypassPermissions`.
    pub accepted_modes: BTreeSet<String>,
    /// Whether a session may start in `acceptEdits`.
    pub accept_edits: bool,
    /// Whether the classifier-decided mode `auto` was accepted by the organisation.
    pub auto_mode_accepted: bool,
    /// The oldest client version that may be installed: three numbers.
    pub minimum_client_version: String,
    /// A regular expression that finds a ticket at the start of a subject or a pull request's title, or in a trailer.
    pub ticket_pattern: String,
    /// Length of the SOC 2 observation period, where the organisation has set one. From 1 to 1,830 days.
    pub soc2_observation_days: Option<u32>,
    pub hipaa: EphiScope,
    pub gdpr: PersonalDataScope,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            retention_days: 90,
            accepted_modes: ["default", "manual", "plan", "dontAsk"].map(str::to_owned).into(),
            accept_edits: false,
            auto_mode_accepted: false,
            minimum_client_version: "2.1.163".to_owned(),
            ticket_pattern: r"^(?:[A-Z][A-Z0-9]+-\d+|#\d+)\b".to_owned(),
            soc2_observation_days: None,
            hipaa: EphiScope::default(),
            gdpr: PersonalDataScope::default(),
        }
    }
}

/// Whether sessions may meet electronic protected health information (45 CFR 160.103).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EphiScope {
    OutOfScope,
    /// Nobody ruled it out: the cautious reading, and so the default.
    #[default]
    EphiPossible,
    InScope,
}

/// Whether sessions or their logs hold personal data (GDPR Art. 4(1)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonalDataScope {
    OutOfScope,
    /// Nobody ruled it out: the cautious reading, and so the default.
    #[default]
    PersonalDataPossible,
    InScope,
}

const MODES: &[(&str, Mode)] = &[
    ("default", Mode::Listed("default")),
    ("manual", Mode::Listed("manual")),
    ("plan", Mode::Listed("plan")),
    ("dontAsk", Mode::Listed("dontAsk")),
    ("acceptEdits", Mode::Own("write accept_edits: true")),
    ("auto", Mode::Own("write auto_mode_accepted: true")),
    ("bypassPermissions", Mode::Never),
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    Listed(&'static str),
    /// Accepted by a parameter of its own, so that the decision is visible.
    Own(&'static str),
    Never,
}

pub(super) fn read(table: Table<'_>) -> Parameters {
    let standard = Parameters::default();
    let days = |key, most| table.integer(key, 1..=most).and_then(|number| u32::try_from(number).ok());
    let hipaa = [
        ("out_of_scope", EphiScope::OutOfScope),
        ("ephi_possible", EphiScope::EphiPossible),
        ("in_scope", EphiScope::InScope),
    ];
    let gdpr = [
        ("out_of_scope", PersonalDataScope::OutOfScope),
        ("personal_data_possible", PersonalDataScope::PersonalDataPossible),
        ("in_scope", PersonalDataScope::InScope),
    ];
    let parameters = Parameters {
        retention_days: days("retention_days", 3_660).unwrap_or(standard.retention_days),
        accepted_modes: modes(&table).unwrap_or(standard.accepted_modes),
        accept_edits: table.boolean("accept_edits").unwrap_or(standard.accept_edits),
        auto_mode_accepted: table.boolean("auto_mode_accepted").unwrap_or(standard.auto_mode_accepted),
        minimum_client_version: table
            .parsed("minimum_client_version", version)
            .unwrap_or(standard.minimum_client_version),
        ticket_pattern: table.parsed("ticket_pattern", pattern).unwrap_or(standard.ticket_pattern),
        soc2_observation_days: days("soc2_observation_days", 1_830),
        hipaa: table.choice("hipaa", &hipaa).unwrap_or_default(),
        gdpr: table.choice("gdpr", &gdpr).unwrap_or_default(),
    };
    table.finish();
    parameters
}

fn modes(table: &Table<'_>) -> Option<BTreeSet<String>> {
    let chosen = table.choices("accepted_modes", MODES)?;
    let mut accepted = BTreeSet::new();
    for mode in chosen {
        match mode {
            Mode::Listed(word) => drop(accepted.insert(word.to_owned())),
            Mode::Own(hint) => table.wrong("accepted_modes", "cannot hold this mode", Some(hint)),
            Mode::Never => {
                let hint = "no policy can accept a mode without permissions; waive the finding instead";
                table.wrong("accepted_modes", "cannot hold bypassPermissions", Some(hint));
            }
        }
    }
    if accepted.is_empty() {
        table.wrong("accepted_modes", "accepts no mode", Some("leave the key out for the defaults"));
    }
    Some(accepted)
}

fn version(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('.').collect();
    let numeric =
        |part: &&str| (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(numeric) {
        Ok(text.to_owned())
    } else {
        Err("a version is three numbers, such as \"2.1.163\"".to_owned())
    }
}

pub(super) fn pattern(text: &str) -> Result<String, String> {
    match regex::RegexBuilder::new(text).size_limit(1 << 20).build() {
        Ok(pattern) if pattern.is_match("") => Err("it matches every commit message".to_owned()),
        Ok(_) => Ok(text.to_owned()),
        // The last line says what is wrong; those before it draw the place.
        Err(error) => Err(error.to_string().lines().last().unwrap_or("not a regular expression").to_owned()),
    }
}
