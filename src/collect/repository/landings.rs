//! The change population: every landing on a branch, found by walking all of it and filtering afterwards.

use std::collections::HashSet;

use gix::{ObjectId, objs::Find as _};
use jiff::Timestamp;

use super::{
    Limits, Repository, RepositoryError, commit,
    message::{self, Conventions, Mark},
    object_name, sizes, state,
};
use crate::model::{
    Period,
    change::{
        AiEvidence, AnomalousLanding, Change, ClaimedTime, EvidenceSource, FilterStep, Person, Population,
        PrSource, Segregation, Signature, SignatureStatus, TimeAnomaly, Topology,
    },
};

/// What to list.
pub struct PopulationRequest<'a> {
    /// As [`Repository::branch`] takes it.
    pub branch: Option<&'a str>,
    pub period: Period,
    /// The moment of the examination: later times are an anomaly.
    pub as_of: Timestamp,
    pub conventions: &'a Conventions,
    /// Also look at the files of each change: sizes and controls touched.
    pub with_files: bool,
    pub limits: &'a Limits,
}

/// One landing as the walk sees it.
struct Landing {
    id: ObjectId,
    /// Of the first parent, with the parent itself.
    time: Option<ClaimedTime>,
    in_period: bool,
}

/// A row whose files are still to be looked at.
pub(super) struct Row {
    pub change: Change,
    pub tree: ObjectId,
    pub first_parent: Option<ObjectId>,
    /// Known where the walk came to the parent.
    pub parent_tree: Option<ObjectId>,
}

/// Lists the landings on a branch in a period. The walk follows first parents from the tip to the root (or to where
/// the repository was cut) and never stops on a date; the half-open period is applied to the committer's time, in UTC.
pub fn population(
    repository: &Repository,
    request: &PopulationRequest<'_>,
) -> Result<Population, RepositoryError> {
    let (branch, tip) = repository.branch_tip(request.branch)?;
    let mut population = walk(repository, request, branch, tip)?;
    settle(&mut population);
    Ok(population)
}

/// Says what a difference between the counts means.
fn settle(population: &mut Population) {
    let rows = population.rows_after_filters;
    if let Some(count) = population.tie_out.count.filter(|count| *count != rows) {
        population.tie_out.explanation = if population.undated.is_empty() {
            "the two counts differ; the list is not to be relied on until that is explained".to_owned()
        } else {
            format!(
                "{} landings without a readable time are counted as of 1970 by git",
                population.undated.len()
            )
        };
        population.incomplete.push(format!("a second count found {count} landings, the list has {rows}"));
    }
}

fn walk(
    repository: &Repository,
    request: &PopulationRequest<'_>,
    branch: String,
    tip: ObjectId,
) -> Result<Population, RepositoryError> {
    let history = state::history_state(repository);
    let cut = history.shallow.iter().filter_map(|name| ObjectId::from_hex(name.as_str().as_bytes()).ok());
    let cut: HashSet<ObjectId> = cut.collect();
    let mut incomplete = Vec::new();
    let mut walk = Walk {
        repository,
        request,
        mailmap: mailmap(repository, tip),
        landings: Vec::new(),
        rows: Vec::new(),
        undated: Vec::new(),
        second: state::SecondCount::default(),
    };
    let mut next = Some(tip);
    let mut buffer = Vec::new();
    while let Some(id) = next {
        if walk.landings.len() >= request.limits.max_commits {
            incomplete.push(format!("the walk stopped after {} landings", walk.landings.len()));
            break;
        }
        match walk.step(id, &mut buffer) {
            Ok(parent) if cut.contains(&id) => {
                if let Some(parent) = parent {
                    incomplete
                        .push(format!("the clone is shallow: {parent} and what came before it is not here"));
                }
                break;
            }
            Ok(parent) => next = parent,
            Err(reason) if id == tip => return Err(repository.unreadable(reason)),
            Err(reason) => {
                incomplete.push(format!("the walk ended early: {reason}"));
                break;
            }
        }
    }
    let Walk { landings, rows, undated, second, .. } = walk;
    let tie_out = second.of(tip, &request.period, &cut);
    if !undated.is_empty() {
        incomplete.push(format!("{} landings have no readable time, so no period holds them", undated.len()));
    }
    if !history.replaced.is_empty() {
        incomplete
            .push(format!("{} objects have replacements; they were not followed", history.replaced.len()));
    }
    if history.grafts > 0 {
        incomplete.push(format!("{} grafts rewrite parents for git; they were not followed", history.grafts));
    }
    let anomalies = anomalies(&landings, request);
    let (mut changes, gaps) = if request.with_files {
        sizes::with_files(repository, rows, request.limits)
    } else {
        sizes::bare(rows)
    };
    if !gaps.is_empty() {
        incomplete.push(format!("{} changes could not be read in full", gaps.len()));
    }
    let backdated: HashSet<&str> = anomalies
        .iter()
        .filter(|found| found.anomaly == TimeAnomaly::BeforeParent)
        .map(|found| found.commit.as_str())
        .collect();
    for change in changes.iter_mut().filter(|change| backdated.contains(change.commit.as_str())) {
        change.time_anomalies.insert(0, TimeAnomaly::BeforeParent);
    }
    let rows_raw = landings.len() as u64;
    let rows_after = changes.len() as u64;
    Ok(Population {
        repository: repository.path.display().to_string(),
        branch,
        tip: object_name(tip),
        period: request.period,
        query: state::query(repository, tip, &request.period),
        rows_raw,
        rows_after_filters: rows_after,
        filters: vec![FilterStep {
            name: format!("committer time in [{}, {})", request.period.start, request.period.end),
            rows_before: rows_raw,
            rows_after,
        }],
        tie_out,
        anomalies,
        history,
        undated,
        incomplete,
        gaps,
        changes,
    })
}

struct Walk<'a> {
    repository: &'a Repository,
    request: &'a PopulationRequest<'a>,
    mailmap: gix::mailmap::Snapshot,
    landings: Vec<Landing>,
    rows: Vec<Row>,
    undated: Vec<crate::model::change::ObjectName>,
    second: state::SecondCount,
}

impl Walk<'_> {
    /// Reads one landing and returns its first parent.
    fn step(&mut self, id: ObjectId, buffer: &mut Vec<u8>) -> Result<Option<ObjectId>, String> {
        let kind = match self.repository.inner.objects.try_find(&id, buffer) {
            Ok(Some(data)) => data.kind,
            Ok(None) => return Err(format!("{id} is missing")),
            Err(error) => return Err(format!("{id}: {error}")),
        };
        if kind != gix::objs::Kind::Commit {
            return Err(format!("{id} is no commit"));
        }
        match gix::objs::compute_hash(id.kind(), kind, buffer) {
            Ok(actual) if actual == id => {}
            _ => return Err(format!("the content of {id} does not belong to its name")),
        }
        self.second.note(id, buffer);
        let raw = commit::parse(buffer).ok_or_else(|| format!("{id} cannot be read as a commit"))?;
        let parent = raw.parents.first().copied();
        if let Some(child) = self.rows.last_mut().filter(|child| child.first_parent == Some(id)) {
            child.parent_tree = Some(raw.tree);
        }
        let committer = commit::actor(raw.committer);
        let in_period = committer
            .time
            .and_then(ClaimedTime::timestamp)
            .is_some_and(|at| self.request.period.contains(at));
        self.landings.push(Landing { id, time: committer.time, in_period });
        match committer.time {
            Some(time) if in_period => self.rows.push(self.row(id, &raw, &committer, time, buffer)),
            Some(time) if time.timestamp().is_some() => {}
            _ => self.undated.push(object_name(id)),
        }
        Ok(parent)
    }

    fn row(
        &self,
        id: ObjectId,
        raw: &commit::RawCommit<'_>,
        committer: &commit::Actor<'_>,
        committer_time: ClaimedTime,
        data: &[u8],
    ) -> Row {
        let rules = self.request.conventions;
        let mut damaged = false;
        let author = commit::actor(raw.author);
        let text = commit::text(raw.message, raw.encoding, &mut damaged);
        let claims = message::claims(&text, rules);
        let author_person = commit::person(&author, raw.encoding, &mut damaged);
        let committer_person = commit::person(committer, raw.encoding, &mut damaged);
        let bot = |person: &Person| rules.bot.is_match(&format!("{} <{}>", person.name, person.email));
        let is_bot = bot(&author_person);
        let is_merge = raw.parents.len() > 1;
        let mut time_anomalies = Vec::new();
        if author.time.is_none() {
            time_anomalies.push(TimeAnomaly::Unreadable);
        }
        if author.time.is_some_and(|time| {
            time.seconds.saturating_sub(committer_time.seconds) > rules.authored_after_tolerance
        }) {
            time_anomalies.push(TimeAnomaly::AuthoredAfterCommit);
        }
        if committer_time.seconds > self.request.as_of.as_second() {
            time_anomalies.push(TimeAnomaly::InFuture);
        }
        let signature = match &raw.signature {
            None => Signature { status: SignatureStatus::None, kind: None, signer: None },
            Some(header) => Signature {
                status: SignatureStatus::PresentUnverified,
                kind: Some(commit::signature_kind(&data[header.clone()])),
                signer: None,
            },
        };
        let ai_evidence = if claims.agent.is_some() { AiEvidence::Trailer } else { AiEvidence::None };
        let change = Change {
            commit: object_name(id),
            parents: raw.parents.iter().map(|id| object_name(*id)).collect(),
            topology: match claims.pull_request {
                _ if is_merge => Topology::Merge,
                Some((_, Mark::Squash)) => Topology::Squash,
                _ => Topology::Unknown,
            },
            pr_number: claims.pull_request.map(|(number, _)| number),
            pr_source: if claims.pull_request.is_some() { PrSource::Message } else { PrSource::None },
            author_mapped: self.mapped(&author, &author_person),
            committer_mapped: self.mapped(committer, &committer_person),
            author: author_person,
            author_time: author.time,
            committer: committer_person,
            committer_time,
            time_anomalies,
            subject: claims.subject,
            text_damaged: damaged,
            ticket_format_ok: (!is_merge && !claims.is_revert && !is_bot)
                .then_some(claims.ticket_well_formed),
            ticket_ids: claims.tickets,
            signature,
            ai_coauthor: claims.agent,
            ai_evidence,
            co_authors: claims.co_authors,
            claimed_reviewers: claims.reviewers,
            is_bot,
            is_revert: claims.is_revert,
            is_emergency: claims.emergency,
            emergency_ref: claims.emergency_ref,
            size: None,
            touches_controls: Vec::new(),
            control_paths: Vec::new(),
            segregation: Segregation::UnknownNoForgeData,
            forge: None,
            evidence_source: EvidenceSource::Git,
        };
        Row { change, tree: raw.tree, first_parent: raw.parents.first().copied(), parent_tree: None }
    }

    fn mapped(&self, actor: &commit::Actor<'_>, plain: &Person) -> Option<Person> {
        let reference =
            gix::actor::SignatureRef { name: actor.name.into(), email: actor.email.into(), time: "" };
        let resolved = self.mailmap.try_resolve_ref(reference)?;
        let mut damaged = false;
        let mut shown = |bytes: Option<&gix::bstr::BStr>, else_this: &str| {
            bytes.map_or_else(|| else_this.to_owned(), |bytes| commit::text(bytes, None, &mut damaged))
        };
        let person =
            Person { name: shown(resolved.name, &plain.name), email: shown(resolved.email, &plain.email) };
        (person != *plain).then_some(person)
    }
}

/// The `.mailmap` of the branch's tip: the one that everyone who reads the branch has.
fn mailmap(repository: &Repository, tip: ObjectId) -> gix::mailmap::Snapshot {
    const MAX_MAILMAP: usize = 4 << 20;
    let read = || {
        let commit = repository.inner.find_object(tip).ok()?;
        let root = commit::parse(&commit.data)?.tree;
        let root = repository.inner.find_object(root).ok()?;
        let entry = gix::objs::TreeRefIter::from_bytes(&root.data, tip.kind())
            .filter_map(Result::ok)
            .find(|entry| entry.filename == ".mailmap" && entry.mode.is_blob())?;
        let blob = repository.inner.find_object(entry.oid.to_owned()).ok()?;
        (blob.data.len() <= MAX_MAILMAP).then(|| gix::mailmap::Snapshot::from_bytes(&blob.data))
    };
    read().unwrap_or_default()
}

/// Odd times anywhere on the branch; the landings come newest first.
fn anomalies(landings: &[Landing], request: &PopulationRequest<'_>) -> Vec<AnomalousLanding> {
    let first = landings.iter().position(|landing| landing.in_period);
    let last = landings.iter().rposition(|landing| landing.in_period);
    let mut found = Vec::new();
    for (index, landing) in landings.iter().enumerate() {
        let between =
            !landing.in_period && first.is_some_and(|at| at < index) && last.is_some_and(|at| index < at);
        let parent = landings.get(index + 1).and_then(|parent| parent.time);
        let mut note = |anomaly| {
            found.push(AnomalousLanding {
                commit: object_name(landing.id),
                anomaly,
                in_period: landing.in_period,
                between_period_landings: between,
            });
        };
        match landing.time {
            None => note(TimeAnomaly::Unreadable),
            Some(time) => {
                if parent.is_some_and(|parent| time.seconds < parent.seconds) {
                    note(TimeAnomaly::BeforeParent);
                } else if between {
                    note(TimeAnomaly::AfterChild);
                }
                if time.seconds > request.as_of.as_second() {
                    note(TimeAnomaly::InFuture);
                }
            }
        }
    }
    found
}
