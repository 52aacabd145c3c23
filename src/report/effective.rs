//! The table of effective settings.

use super::{Report, Table};
use crate::model::{EffectiveSetting, Seen, Snapshot};

const COLUMNS: [&str; 12] = [
    "host_id",
    "user_id",
    "key",
    "effective_value",
    "source_scope",
    "source_path",
    "source_sha256",
    "overridden_values",
    "managed",
    "dialect",
    "known_key",
    "docs_version",
];

impl Report {
    /// Adds `settings_effective`: one row a session and key, after the tables that are there.
    #[must_use]
    pub fn with_settings(mut self, settings: &[EffectiveSetting], snapshot: &Snapshot) -> Self {
        let host = snapshot.observations.iter().find_map(|observation| match &observation.seen {
            Seen::Host(host) => host.hostname.clone(),
            _ => None,
        });
        let host = host.unwrap_or_else(|| "UNKNOWN".to_owned());
        let digest = |source: &str| {
            let seen = snapshot.observations.iter().find(|observation| observation.source == source);
            match seen.map(|observation| &observation.seen) {
                Some(Seen::File(file)) => {
                    file.sha256.as_ref().map_or_else(String::new, |digest| digest.hex().to_owned())
                }
                _ => String::new(),
            }
        };
        let rows = settings
            .iter()
            .map(|setting| {
                vec![
                    host.clone(),
                    setting.subject.clone(),
                    setting.key.clone(),
                    setting.value.clone(),
                    setting.scope.clone(),
                    setting.source.clone(),
                    digest(&setting.source),
                    setting.overridden.join("; "),
                    (setting.scope == "managed").to_string(),
                    "product".to_owned(),
                    setting.known.to_string(),
                    self.cover.client_contract.clone(),
                ]
            })
            .collect();
        self.tables.push(Table {
            name: "settings_effective".to_owned(),
            columns: COLUMNS.map(str::to_owned).to_vec(),
            rows,
        });
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }
}
