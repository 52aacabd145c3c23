//! Tries every mutant: edits a copy, looks at it, judges it, and compares with the verdicts of the copy unedited.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;

use super::{
    deployment::Deployment,
    edit,
    mutation::{Edit, Mutant, Mutations},
    outcome::{Comparison, Report, Tried, invalid},
};
use crate::{
    catalog::{Battery, Catalog, Kind},
    collect::{self, Probing, Recorded, in_order},
    evaluate::{evaluate, known_ids},
    model::{Assessment, GapReason, Isolation, Period, Snapshot},
    policy::Policy,
};

/// The moment and the period of which the sample tells.
const AS_OF: &str = "2026-10-01T09:00:00Z";
const PERIOD: &str = "2026-Q3";
/// How reports name the copy.
const NAME: &str = "self-test";

/// What is to be tried, and with what.
pub struct Request<'a> {
    pub catalog: &'a Catalog,
    pub batteries: &'a [Battery],
    pub mutations: &'a [Mutations],
    /// Ids of mutants, checks or controls; all mutants where it is empty.
    pub only: &'a [String],
    /// Whether hooks are run in a sandbox.
    pub probe: bool,
    /// This program: it confines itself before it becomes a hook's shell, where bubblewrap is missing.
    pub helper: &'a Path,
    /// The moment of the run: what a hook's record is held against.
    pub now: Timestamp,
    /// Told how far it is, for long work.
    pub progress: &'a (dyn Fn(&str) + Sync),
}

/// One mutant, and the file that it stands in.
struct Wanted<'a> {
    file: &'a Mutations,
    mutant: &'a Mutant,
    harmless: bool,
}

/// A deployment that mutants start from, and its verdicts.
struct Stage {
    deployment: Deployment,
    policy: Policy,
    assessment: Assessment,
    /// What its hooks did; nothing where they were not run.
    recorded: Option<Recorded>,
}

/// Tries every mutant that was asked for. The error says why nothing could be tried at all.
pub fn run(request: &Request<'_>) -> Result<Report, String> {
    let wanted = wanted(request);
    if wanted.is_empty() {
        return Err(
            "no mutant is named so, and none kills a check or weakens a control of that name".to_owned()
        );
    }
    (request.progress)("the sample as it is");
    let (sample, no_isolation) = stage(request, Deployment::sample(), &[], Policy::default(), None)?;
    if let Some(failing) = sample.assessment.findings.iter().find(|finding| finding.verdict.word() == "fail")
    {
        return Err(format!("the sample is not whole: {}: {}", failing.check, failing.message));
    }

    let mut scenes: Vec<(&str, &str)> = wanted
        .iter()
        .filter_map(|one| Some((one.file.control.as_str(), one.mutant.scene.as_deref()?)))
        .collect();
    scenes.sort_unstable();
    scenes.dedup();
    let built = in_order(scenes.len(), true, |at| {
        let (file, name) = scenes[at];
        (request.progress)(&format!("the scene {name} of {file}"));
        scene(request, &wanted, file, name, &sample)
    });
    let scenes: BTreeMap<(&str, &str), Result<Stage, String>> = scenes.into_iter().zip(built).collect();

    let done = AtomicUsize::new(0);
    let tried = in_order(wanted.len(), true, |at| {
        let one = &wanted[at];
        let number = done.fetch_add(1, Ordering::Relaxed) + 1;
        (request.progress)(&format!("mutant {number} of {}: {}", wanted.len(), one.mutant.id));
        let stage = match &one.mutant.scene {
            None => Ok(&sample),
            Some(name) => scenes[&(one.file.control.as_str(), name.as_str())].as_ref(),
        };
        let tried = stage.map_err(Clone::clone).and_then(|stage| try_one(request, one, stage));
        tried.unwrap_or_else(|why| invalid(one.mutant, &one.file.control, one.harmless, why))
    });
    Ok(Report::of(tried, request.catalog, sample.assessment, no_isolation))
}

fn wanted<'a>(request: &Request<'a>) -> Vec<Wanted<'a>> {
    let mut all = Vec::new();
    for file in request.mutations {
        all.extend(file.mutants.iter().map(|mutant| Wanted { file, mutant, harmless: false }));
        all.extend(file.harmless.iter().map(|mutant| Wanted { file, mutant, harmless: true }));
    }
    let named = |one: &Wanted<'_>, name: &str| {
        one.mutant.id == name
            || one.file.control == name
            || one.mutant.kills.iter().any(|check| check.as_str() == name)
    };
    all.retain(|one| request.only.is_empty() || request.only.iter().any(|name| named(one, name)));
    all
}

fn scene(
    request: &Request<'_>,
    wanted: &[Wanted<'_>],
    file: &str,
    name: &str,
    sample: &Stage,
) -> Result<Stage, String> {
    let scene = wanted.iter().find(|one| one.file.control == file).and_then(|one| one.file.scenes.get(name));
    let scene = scene.ok_or_else(|| format!("there is no scene {name}"))?;
    let policy = match &scene.policy {
        Some(text) => Policy::parse(text, "policy", &known_ids(request.catalog))
            .map_err(|problems| format!("the scene's policy: {problems:?}"))?,
        None => Policy::default(),
    };
    let recorded = sample.recorded.as_ref();
    stage(request, sample.deployment.clone(), &scene.edits, policy, recorded).map(|(stage, _)| stage)
}

/// A deployment with its verdicts; and why its hooks were not run, where they were not.
fn stage(
    request: &Request<'_>,
    mut deployment: Deployment,
    edits: &[Edit],
    policy: Policy,
    recorded: Option<&Recorded>,
) -> Result<(Stage, Option<String>), String> {
    edit::apply(edits, &mut deployment)?;
    let looked = look(request, &deployment, recorded, request.probe)?;
    let no_isolation = match &looked.recorded {
        None => Some("hooks were not to be run".to_owned()),
        Some(_) => not_isolated(&looked.snapshot),
    };
    let assessment = evaluate(&looked.snapshot, request.catalog, &policy);
    let recorded = looked.recorded.filter(|_| no_isolation.is_none());
    Ok((Stage { deployment, policy, assessment, recorded }, no_isolation))
}

fn not_isolated(snapshot: &Snapshot) -> Option<String> {
    let refused = |detail: &str| detail.starts_with("no isolation");
    let mut gaps = snapshot.gaps.iter();
    gaps.find(|gap| gap.reason == GapReason::NotCollected && refused(&gap.detail))
        .map(|gap| gap.detail.clone())
}

fn try_one(request: &Request<'_>, one: &Wanted<'_>, stage: &Stage) -> Result<Tried, String> {
    let mut deployment = stage.deployment.clone();
    edit::apply(&one.mutant.edits, &mut deployment)?;
    let recorded = stage.recorded.as_ref().filter(|_| !one.mutant.probe);
    let probed = stage.recorded.is_some();
    let looked = look(request, &deployment, recorded, probed)?;
    let comparison = Comparison {
        mutant: one.mutant,
        harmless: one.harmless,
        catalog: request.catalog,
        before: &stage.assessment,
        after: &evaluate(&looked.snapshot, request.catalog, &stage.policy),
        probed,
    };
    Ok(comparison.tried(&one.file.control))
}

/// Of a battery of tool calls, what decides verdicts: the other forms are only counted.
fn deciding(battery: &Battery) -> Battery {
    let mut battery = battery.clone();
    if battery.kind == Kind::Calls {
        battery.stop.retain(|canary| canary.baseline);
        battery.pass.retain(|canary| canary.baseline);
    }
    battery
}

struct Looked {
    snapshot: Snapshot,
    recorded: Option<Recorded>,
}

fn look(
    request: &Request<'_>,
    deployment: &Deployment,
    recorded: Option<&Recorded>,
    probe: bool,
) -> Result<Looked, String> {
    let folder = tempfile::Builder::new()
        .prefix("workpaper-self-test-")
        .tempdir()
        .map_err(|error| format!("a scratch folder: {error}"))?;
    deployment.lay_out(folder.path())?;
    let period = Period::parse(PERIOD).map_err(|error| error.to_string())?;
    let as_of = AS_OF.parse().map_err(|error| format!("{AS_OF}: {error}"))?;
    let looking = collect::Request {
        repositories: deployment.repositories().iter().map(|repo| folder.path().join(repo)).collect(),
        ..collect::Request::new(folder.path().join("root"), NAME, period, as_of)
    };
    if !probe {
        let snapshot = collect::collect(&looking).map_err(|error| error.to_string())?;
        return Ok(Looked { snapshot, recorded: None });
    }
    let batteries: Vec<Battery> = request.batteries.iter().map(deciding).collect();
    let probing = Probing {
        batteries: &batteries,
        repositories: true,
        now: request.now,
        levels: Isolation::SANDBOXED,
        helper: request.helper,
        recorded,
    };
    let snapshot = collect::collect_and_probe(&looking, &probing).map_err(|error| error.to_string())?;
    let (planned, _) = collect::plan_probes(&looking, true).map_err(|error| error.to_string())?;
    let recorded = Some(Recorded::of(planned, &snapshot));
    Ok(Looked { snapshot, recorded })
}
