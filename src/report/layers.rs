//! What stops each test call, layer by layer: figures for each battery, the calls that nothing stops, and the table.

use std::collections::BTreeMap;

use super::tables::table;
use super::{OpenCall, Report, Stops, StopsRow};
use crate::model::{Aim, LayeredCall, Stand};

const COLUMNS: &str = "battery,canary_id,aim,baseline,tool_call,host_id,user_id,project,modes,rule_layer,hook_layer,sandbox_layer,\
                       file_rights,answer,answer_without_hooks,why";

/// Open calls that a page shows; the table has them all.
const ON_PAPER: usize = 30;

/// Subjects named in one cell before the rest is counted.
const NAMED: usize = 3;

impl Report {
    /// Adds the section on what stops each test call, and the table `canaries`.
    #[must_use]
    pub fn with_layers(mut self, calls: &[LayeredCall], host: &str) -> Self {
        self.tables.push(table("canaries", COLUMNS, calls.iter().map(|call| cells(call, host)).collect()));
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.stops = Some(Stops::of(calls));
        self
    }
}

fn cells(call: &LayeredCall, host: &str) -> Vec<String> {
    let aim = if call.aim == Aim::Stop { "stop" } else { "pass" };
    let modes = if call.every_mode { "every mode".to_owned() } else { call.modes.join("; ") };
    vec![
        call.battery.clone(),
        call.canary.clone(),
        aim.to_owned(),
        call.baseline.to_string(),
        call.tries.clone(),
        host.to_owned(),
        call.user.clone(),
        call.repository.clone(),
        modes,
        call.rules.cell(),
        call.hooks.cell(),
        call.sandbox.cell(),
        call.files.cell(),
        call.answer.words().to_owned(),
        call.without_hooks.words().to_owned(),
        call.why.clone(),
    ]
}

/// One call of one user over all modes: its worst row.
type Worst<'c> = BTreeMap<(&'c str, &'c str, &'c str), &'c LayeredCall>;

impl Stops {
    /// Counts the rows of the table.
    pub fn of(calls: &[LayeredCall]) -> Self {
        let mut worst: Worst = BTreeMap::new();
        for call in calls {
            let key = (call.battery.as_str(), call.subject.as_str(), call.canary.as_str());
            let known = worst.entry(key).or_insert(call);
            if call.answer > known.answer {
                *known = call;
            }
        }
        let open = open(&worst);
        let more = open.len().saturating_sub(ON_PAPER);
        let left_out = (more > 0).then(|| format!("{more} more calls are in canaries.csv"));
        Self { rows: rows(&worst), on_paper: open.iter().take(ON_PAPER).cloned().collect(), open, left_out }
    }
}

/// One row a battery and group of users with the same figures.
fn rows(worst: &Worst<'_>) -> Vec<StopsRow> {
    let mut of_subject: BTreeMap<(&str, &str), Vec<&LayeredCall>> = BTreeMap::new();
    for ((battery, subject, _), call) in worst {
        of_subject.entry((battery, subject)).or_default().push(call);
    }
    let mut groups: BTreeMap<(&str, Vec<String>), Vec<&str>> = BTreeMap::new();
    for ((battery, subject), calls) in of_subject {
        groups.entry((battery, figures(&calls))).or_default().push(subject);
    }
    let rows = groups.into_iter().map(|((battery, figures), subjects)| StopsRow {
        battery: battery.replace('_', " "),
        subjects: named(&subjects),
        figures,
    });
    rows.collect()
}

/// The cells under [`Stops::FIGURES`].
fn figures(calls: &[&LayeredCall]) -> Vec<String> {
    let tried: Vec<&&LayeredCall> = calls.iter().filter(|call| call.aim == Aim::Stop).collect();
    let baseline: Vec<&&LayeredCall> = tried.iter().copied().filter(|call| call.baseline).collect();
    let harmless: Vec<&&LayeredCall> = calls.iter().filter(|call| call.aim == Aim::Pass).collect();
    let n = |list: &[&&LayeredCall], holds: &dyn Fn(&LayeredCall) -> bool| {
        list.iter().filter(|call| holds(call)).count()
    };
    let answer = |stand: Stand| n(&tried, &|call| call.answer == stand).to_string();
    let stops =
        |layer: &dyn Fn(&LayeredCall) -> Stand| n(&tried, &|call| layer(call) == Stand::Stops).to_string();
    let part = |list: &[&&LayeredCall]| {
        format!("{} of {}", n(list, &|call| call.answer == Stand::Stops), list.len())
    };
    let alone = |call: &LayeredCall| call.answer == Stand::Stops && call.without_hooks != Stand::Stops;
    vec![
        part(&baseline),
        part(&tried),
        answer(Stand::Asks),
        answer(Stand::NotKnown),
        answer(Stand::Open),
        stops(&|call| call.rules.stand),
        stops(&|call| call.hooks.stand),
        stops(&|call| call.sandbox.stand),
        n(&tried, &alone).to_string(),
        part(&harmless),
    ]
}

/// The calls that some user can make, worst first, those of the baseline before the others.
fn open(worst: &Worst<'_>) -> Vec<OpenCall> {
    let mut found: BTreeMap<(bool, &str, &str), Vec<&LayeredCall>> = BTreeMap::new();
    for ((battery, _, canary), call) in worst {
        if call.aim == Aim::Stop && matches!(call.answer, Stand::Open | Stand::Asks) {
            found.entry((!call.baseline, battery, canary)).or_default().push(call);
        }
    }
    let rows = found.into_iter().filter_map(|((_, battery, _), calls)| {
        let first = calls.iter().max_by_key(|call| call.answer)?;
        let subjects: Vec<&str> = calls.iter().map(|call| call.subject.as_str()).collect();
        let modes = if first.every_mode { "every mode".to_owned() } else { first.modes.join(", ") };
        Some(OpenCall {
            battery: battery.replace('_', " "),
            tries: first.tries.clone(),
            baseline: first.baseline,
            answer: first.answer.words().to_owned(),
            modes,
            why: first.why.clone(),
            subjects: named(&subjects),
        })
    });
    rows.collect()
}

fn named(subjects: &[&str]) -> String {
    match subjects.len().saturating_sub(NAMED) {
        0 => subjects.join(", "),
        more => format!("{} and {more} more", subjects[..NAMED].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Layer;

    fn call(canary: &str, subject: &str, answer: Stand, without_hooks: Stand) -> LayeredCall {
        let layer = |stand| Layer::new(stand, "x");
        LayeredCall {
            battery: "credential_files".into(),
            canary: canary.into(),
            aim: if canary.starts_with("ok") { Aim::Pass } else { Aim::Stop },
            baseline: canary == "read-env",
            tries: format!("Read {canary}"),
            subject: subject.into(),
            user: "dev".into(),
            repository: String::new(),
            modes: vec!["default"],
            every_mode: true,
            rules: layer(Stand::Open),
            hooks: layer(answer),
            sandbox: layer(Stand::Open),
            files: layer(Stand::Open),
            answer,
            without_hooks,
            why: "x".into(),
        }
    }

    #[test]
    fn every_figure_has_its_denominator_and_the_worst_mode_counts() {
        let calls = [
            call("read-env", "user a", Stand::Stops, Stand::Open),
            call("python", "user a", Stand::Asks, Stand::Asks),
            call("python", "user a", Stand::Open, Stand::Open),
            call("ok", "user a", Stand::Stops, Stand::Open),
        ];
        let stops = Stops::of(&calls);
        assert_eq!(stops.rows.len(), 1);
        let figures = ["1 of 1", "1 of 2", "0", "0", "1", "0", "1", "0", "1", "1 of 1"];
        assert_eq!(stops.rows[0].figures, figures);
        assert_eq!(stops.open.len(), 1);
        assert_eq!((stops.open[0].tries.as_str(), stops.open[0].answer.as_str()), ("Read python", "open"));
    }

    #[test]
    fn users_with_the_same_figures_share_a_row_and_paper_is_short() {
        let mut calls: Vec<LayeredCall> = ["user a", "user b", "user c", "user d"]
            .map(|who| call("read-env", who, Stand::Open, Stand::Open))
            .to_vec();
        calls.extend((0..50).map(|n| call(&format!("other-{n:02}"), "user a", Stand::Open, Stand::Open)));
        let stops = Stops::of(&calls);
        assert_eq!(stops.rows.len(), 2);
        assert!(stops.rows.iter().any(|row| row.subjects == "user b, user c, user d"), "{:?}", stops.rows);
        assert!(stops.open[0].baseline && stops.open[0].subjects == "user a, user b, user c and 1 more");
        assert_eq!((stops.open.len(), stops.on_paper.len()), (51, ON_PAPER));
        assert_eq!(stops.left_out.as_deref(), Some("21 more calls are in canaries.csv"));
    }
}
