//! Who may approve whose work.

use super::*;
use crate::model::change::{ClaimedTime, HistoryState, ObjectName, Signature, SignatureStatus, TieOut};
use crate::model::forge::{Account, ForgeKind, PullCommit};
use crate::model::{Digest, Period, Verdict};

fn oid(letter: char) -> ObjectName {
    ObjectName::parse(&letter.to_string().repeat(40)).expect("a name")
}

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), email: format!("{name}@example.org") }
}

fn change(commit: char, parents: &[char], author: &str, subject: &str) -> Change {
    Change {
        commit: oid(commit),
        parents: parents.iter().map(|parent| oid(*parent)).collect(),
        topology: if parents.len() > 1 { Topology::Merge } else { Topology::Unknown },
        pr_number: None,
        pr_source: PrSource::None,
        author: person(author),
        author_time: None,
        committer: Person { name: "GitHub".to_owned(), email: "noreply@github.com".to_owned() },
        committer_time: ClaimedTime { seconds: 1_783_036_800, offset_seconds: 0 },
        author_mapped: None,
        committer_mapped: None,
        time_anomalies: Vec::new(),
        subject: subject.to_owned(),
        text_damaged: false,
        ticket_ids: Vec::new(),
        ticket_format_ok: None,
        signature: Signature { status: SignatureStatus::None, kind: None, signer: None },
        ai_coauthor: None,
        ai_evidence: AiEvidence::None,
        co_authors: Vec::new(),
        claimed_reviewers: Vec::new(),
        is_bot: false,
        is_revert: false,
        is_emergency: false,
        emergency_ref: None,
        size: None,
        touches_controls: Vec::new(),
        control_paths: Vec::new(),
        segregation: Segregation::UnknownNoForgeData,
        forge: None,
        evidence_source: EvidenceSource::Git,
    }
}

fn account(login: &str) -> Account {
    Account { login: login.to_owned(), is_bot: login.ends_with("[bot]") }
}

fn review(login: &str, commit: char, at: &str) -> Review {
    Review {
        account: account(login),
        state: ReviewState::Approved,
        at: Some(at.parse().expect("a time")),
        commit: Some(oid(commit).to_string()),
        may_write: Some(true),
    }
}

/// By ann, with one commit `h`, landed as `m`, approved by bob.
fn pull() -> PullRequest {
    PullRequest {
        number: 7,
        title: "T".to_owned(),
        author: Some(account("ann")),
        base: Some("main".to_owned()),
        head: Some(oid('c').to_string()),
        last_push: None,
        merged_at: Some("2026-07-03T00:00:00Z".parse().expect("a time")),
        merged_by: Some(account("cem")),
        landed_as: vec![oid('a').to_string()],
        commits: Some(vec![PullCommit {
            oid: oid('c').to_string(),
            headline: "work".to_owned(),
            authors: vec![(person("ann"), Some("ann".to_owned()))],
        }]),
        reviews: Some(vec![review("bob", 'c', "2026-07-02T00:00:00Z")]),
        checks: Some("success".to_owned()),
        labels: Vec::new(),
    }
}

fn decided(changes: Vec<Change>, pulls: Vec<PullRequest>) -> (Population, ForgeTieOut) {
    let mut population = Population {
        repository: "r".to_owned(),
        branch: "refs/remotes/origin/main".to_owned(),
        tip: oid('a'),
        period: Period::parse("2026-Q3").expect("a period"),
        query: String::new(),
        rows_raw: 0,
        rows_after_filters: 0,
        filters: Vec::new(),
        tie_out: TieOut { source: String::new(), count: None, explanation: String::new() },
        history: HistoryState::default(),
        undated: Vec::new(),
        anomalies: Vec::new(),
        incomplete: Vec::new(),
        gaps: Vec::new(),
        changes,
    };
    let digest = Digest::of_bytes(b"");
    let export = ForgeExport { kind: ForgeKind::GitHub, source: String::new(), digest, pulls };
    let tie_out = decide(&mut population, &export, &Identities::new());
    (population, tie_out)
}

fn merged(alter: impl FnOnce(&mut PullRequest, &mut Change)) -> Change {
    let (mut pull, mut change) = (pull(), change('a', &['b', 'c'], "cem", "Merge pull request #7 from x"));
    alter(&mut pull, &mut change);
    decided(vec![change], vec![pull]).0.changes.remove(0)
}

#[test]
fn someone_else_who_saw_the_last_push_passes() {
    let change = merged(|_, _| {});
    assert_eq!(change.segregation, Segregation::Segregated);
    assert_eq!(change.approval(), Verdict::Pass);
    let forge = change.forge.expect("decided");
    assert_eq!((forge.approvers, forge.merged_by), (vec!["bob".to_owned()], Some("cem".to_owned())));
    assert_eq!((change.pr_number, change.pr_source), (Some(7), PrSource::Api));
}

#[test]
fn everything_less_does_not_pass() {
    type Alter = fn(&mut PullRequest, &mut Change);
    let cases: &[(&str, Alter, Segregation, Verdict)] = &[
        (
            "stale",
            |pull, _| pull.reviews = Some(vec![review("bob", 'd', "2026-07-02T00:00:00Z")]),
            Segregation::Segregated,
            Verdict::Fail,
        ),
        (
            "approved commit unknown",
            |pull, _| pull.reviews.as_mut().expect("there")[0].commit = None,
            Segregation::Segregated,
            Verdict::Undetermined,
        ),
        (
            "own",
            |pull, _| pull.reviews = Some(vec![review("ann", 'c', "2026-07-02T00:00:00Z")]),
            Segregation::SelfApproved,
            Verdict::Fail,
        ),
        ("none", |pull, _| pull.reviews = Some(vec![]), Segregation::NoApprovalFound, Verdict::Fail),
        (
            "not exported",
            |pull, _| pull.reviews = None,
            Segregation::UnknownNoForgeData,
            Verdict::Undetermined,
        ),
        (
            "a bot",
            |pull, _| pull.reviews = Some(vec![review("helper[bot]", 'c', "2026-07-02T00:00:00Z")]),
            Segregation::NoApprovalFound,
            Verdict::Fail,
        ),
        (
            "a stranger",
            |pull, _| pull.reviews.as_mut().expect("there")[0].may_write = Some(false),
            Segregation::NoApprovalFound,
            Verdict::Fail,
        ),
        (
            "after the merge",
            |pull, _| pull.reviews = Some(vec![review("bob", 'c', "2026-07-04T00:00:00Z")]),
            Segregation::NoApprovalFound,
            Verdict::Fail,
        ),
        (
            "taken back",
            |pull, _| {
                let mut back = review("bob", 'c', "2026-07-02T12:00:00Z");
                back.state = ReviewState::ChangesRequested;
                pull.reviews.as_mut().expect("there").push(back);
            },
            Segregation::NoApprovalFound,
            Verdict::Fail,
        ),
        (
            "a co-author by a private address",
            |_, change| {
                change.co_authors.push(Person {
                    name: "B".to_owned(),
                    email: "12+Bob@users.noreply.github.com".to_owned(),
                })
            },
            Segregation::SelfApproved,
            Verdict::Fail,
        ),
        (
            "a co-author without an account",
            |_, change| change.co_authors.push(person("eve")),
            Segregation::UnknownIdentity,
            Verdict::Undetermined,
        ),
        (
            "wrote one of the commits",
            |pull, _| {
                pull.commits.as_mut().expect("there")[0].authors.push((person("bob"), Some("bob".to_owned())))
            },
            Segregation::SelfApproved,
            Verdict::Fail,
        ),
        (
            "commits not exported",
            |pull, _| pull.commits = None,
            Segregation::UnknownIdentity,
            Verdict::Undetermined,
        ),
        (
            "another branch",
            |pull, _| pull.base = Some("other".to_owned()),
            Segregation::UnknownNoForgeData,
            Verdict::Undetermined,
        ),
        (
            "not merged",
            |pull, _| pull.merged_at = None,
            Segregation::UnknownNoForgeData,
            Verdict::Undetermined,
        ),
        (
            "another commit, the number claimed in the message",
            |pull, change| {
                pull.landed_as.clear();
                pull.commits = Some(vec![]);
                change.pr_number = Some(7);
            },
            Segregation::UnknownNoForgeData,
            Verdict::Undetermined,
        ),
    ];
    for (name, alter, segregation, expected) in cases {
        let change = merged(*alter);
        assert_eq!((change.segregation, change.approval()), (*segregation, *expected), "{name}");
    }
}

#[test]
fn an_agent_adds_no_person() {
    let change = merged(|_, change| {
        change.ai_coauthor = Some("Claude <noreply@anthropic.com>".to_owned());
        change
            .co_authors
            .push(Person { name: "Claude".to_owned(), email: "noreply@anthropic.com".to_owned() });
    });
    assert_eq!(change.segregation, Segregation::Segregated);
}

#[test]
fn a_squash_is_its_authors_work() {
    let mut squashed = change('a', &['b'], "ann", "T (#7)");
    assert_eq!(
        decided(vec![squashed.clone()], vec![pull()]).0.changes[0].segregation,
        Segregation::Segregated
    );
    squashed.author = person("bob");
    let unknown = decided(vec![squashed], vec![pull()]).0.changes.remove(0);
    assert_eq!(unknown.segregation, Segregation::UnknownIdentity, "nobody knows whose address bob@ is");
}

#[test]
fn a_rebase_is_grouped_and_a_direct_push_is_found() {
    let mut rebased = pull();
    rebased.commits.as_mut().expect("there").insert(
        0,
        PullCommit {
            oid: oid('d').to_string(),
            headline: "first".to_owned(),
            authors: vec![(person("ann"), Some("ann".to_owned()))],
        },
    );
    let mut early = pull();
    (early.number, early.landed_as) = (1, vec![oid('f').to_string()]);
    early.merged_at = Some("2026-07-01T00:00:00Z".parse().expect("a time"));
    let changes = vec![
        change('a', &['e'], "ann", "work"),
        change('e', &['b'], "ann", "first"),
        change('b', &['9'], "ann", "straight onto the branch"),
    ];
    let (population, tie_out) = decided(changes.clone(), vec![rebased.clone(), early]);
    let seen: Vec<_> =
        population.changes.iter().map(|change| (change.topology, change.segregation)).collect();
    assert_eq!(
        seen,
        [
            (Topology::Rebase, Segregation::Segregated),
            (Topology::Rebase, Segregation::Segregated),
            (Topology::Direct, Segregation::NoApprovalFound),
        ]
    );
    assert_eq!((tie_out.merged_in_period, tie_out.matched, tie_out.not_landed), (2, 1, vec![1]));
    assert_eq!(tie_out.landings_without_pull_request, 1);
    rebased.merged_at = Some("2026-07-02T00:00:00Z".parse().expect("a time"));
    let (population, _) = decided(changes, vec![rebased]);
    assert_eq!(
        population.changes[2].segregation,
        Segregation::UnknownNoForgeData,
        "the export does not cover its time"
    );
}

#[test]
fn a_review_after_the_merge_is_shown_as_that() {
    let change = merged(|pull, _| pull.reviews = Some(vec![review("bob", 'c', "2026-07-05T00:00:00Z")]));
    assert_eq!(change.forge.expect("decided").post_review_at.as_deref(), Some("2026-07-05T00:00:00Z"));
}
