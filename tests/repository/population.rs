//! The list of landings is the one that git has.

use std::fmt::Write as _;

use workpaper::{
    collect::repository::{self, Limits},
    model::change::{AiEvidence, ControlKind, PrSource, Segregation, TimeAnomaly, Topology},
};

use super::{Fixture, assert_ties_out, commits, output, population_of, rerun};

const Q3: &str = "2026-Q3";

fn branch_with_change(fixture: &Fixture, name: &str, at: &str) {
    fixture.git(&["checkout", "-q", "-b", name]);
    fixture.write(&format!("{name}.txt"), name);
    fixture.commit(at, &format!("work on {name}"));
    fixture.git(&["checkout", "-q", "main"]);
}

#[test]
fn merges_squashes_octopuses_and_direct_commits() {
    let fixture = Fixture::new();
    fixture.write("a.txt", "1\n2\n3\n");
    fixture.commit("2026-06-30T23:59:59Z", "before the period");
    fixture.write("a.txt", "1\ntwo\n3\n4\n");
    let first = fixture.commit("2026-07-01T00:00:00Z", "ABC-1 at the first second");
    branch_with_change(&fixture, "one", "2026-07-02T10:00:00Z");
    branch_with_change(&fixture, "two", "2026-07-02T11:00:00Z");
    branch_with_change(&fixture, "three", "2026-07-02T12:00:00Z");
    fixture.at(
        "2026-07-03T00:00:00+02:00",
        &["merge", "-q", "--no-ff", "-m", "Merge pull request #7 from org/ABC-2-one\n\nTitle", "one"],
    );
    let merge = fixture.head();
    fixture.at("2026-07-04T00:00:00Z", &["merge", "-q", "--no-ff", "-m", "octopus", "two", "three"]);
    let octopus = fixture.head();
    fixture.write("b.txt", "x\n");
    let squash = fixture.commit("2026-08-01T00:00:00Z", "Add b (#9)");
    let empty = fixture.commit("2026-09-30T23:59:59Z", "");
    fixture.commit("2026-10-01T00:00:00Z", "at the end, which is outside");

    let population = fixture.population(Q3);
    assert_eq!(commits(&population), [&empty, &squash, &octopus, &merge, &first].map(String::clone));
    assert_ties_out(&population);
    assert_eq!((population.rows_raw, population.rows_after_filters), (7, 5));
    assert!(population.incomplete.is_empty(), "{:?}", population.incomplete);
    assert!(population.anomalies.is_empty(), "{:?}", population.anomalies);

    let by =
        |commit: &String| population.changes.iter().find(|c| c.commit.as_str() == commit).expect("listed");
    let change = by(&merge);
    assert_eq!(
        (change.topology, change.pr_number, change.pr_source),
        (Topology::Merge, Some(7), PrSource::Message)
    );
    assert_eq!(change.ticket_ids, ["ABC-2"]);
    assert_eq!(change.ticket_format_ok, None);
    assert_eq!(change.committer_time.to_string(), "2026-07-03T00:00:00+02:00");
    assert_eq!(change.parents.len(), 2);
    assert_eq!(by(&octopus).parents.len(), 3);
    assert_eq!(by(&octopus).size.expect("read").files_changed, 2);
    assert_eq!((by(&squash).topology, by(&squash).pr_number), (Topology::Squash, Some(9)));
    assert_eq!(by(&first).topology, Topology::Unknown, "a rebase and a direct push look the same");
    assert_eq!(by(&first).ticket_format_ok, Some(true));
    assert_eq!(by(&squash).ticket_format_ok, Some(false));
    let size = by(&first).size.expect("read");
    assert_eq!((size.files_changed, size.lines_added, size.lines_deleted), (1, 2, 1));
    assert_eq!(by(&empty).size.expect("read").files_changed, 0);
    assert!(population.changes.iter().all(|change| change.segregation == Segregation::UnknownNoForgeData));
}

#[test]
fn sizes_agree_with_numstat() {
    let fixture = Fixture::new();
    let mut text: Vec<String> = (0..400).map(|n| format!("line {}", n * 7919 % 97)).collect();
    for round in 0..12usize {
        let at = round * 31 % text.len();
        text.insert(at, format!("new {round}"));
        text.remove((at + 57) % text.len());
        text.swap(round, round * 13 % 300);
        fixture.write("deep/er/file.txt", text.join("\n"));
        fixture.write(&format!("f{round}"), "no end of line");
        fixture.write("bin", [0, round as u8]);
        if round == 5 {
            std::fs::remove_file(fixture.path.join("f1")).expect("there");
        }
        fixture.commit(&format!("2026-07-{:02}T00:00:00Z", round + 1), "round");
    }
    let population = fixture.population(Q3);
    assert_eq!(population.changes.len(), 12);
    for change in &population.changes {
        let printed =
            fixture.git(&["show", "--numstat", "--no-renames", "--format=", change.commit.as_str()]);
        let (mut files, mut added, mut deleted, mut uncounted) = (0u64, 0u64, 0u64, 0u64);
        for line in printed.lines() {
            let mut words = line.split('\t');
            files += 1;
            match words.next().expect("a number").parse::<u64>() {
                Ok(number) => {
                    added += number;
                    deleted += words.next().expect("a number").parse::<u64>().expect("a number");
                }
                Err(_) => uncounted += 1,
            }
        }
        let size = change.size.expect("read");
        let ours = (size.files_changed, size.lines_added, size.lines_deleted, size.files_uncounted);
        assert_eq!(ours, (files, added, deleted, uncounted), "{printed}");
    }
}

#[test]
fn a_back_dated_tip_hides_nothing() {
    let fixture = Fixture::new();
    for day in 1..4 {
        fixture.write("a", format!("{day}"));
        fixture.commit(&format!("2026-07-0{day}T00:00:00Z"), "inside");
    }
    fixture.write("a", "old");
    let old = fixture.commit("2020-01-01T00:00:00Z", "back-dated");
    let lost = fixture.git(&["log", "--oneline", "--since=2026-07-01T00:00:00Z"]);
    assert_eq!(lost.lines().count(), 0, "git's own option loses all of them");
    let population = fixture.population(Q3);
    assert_eq!(population.changes.len(), 3);
    assert_ties_out(&population);
    assert_eq!(population.anomalies.len(), 1);
    assert_eq!(population.anomalies[0].commit.as_str(), old);
    assert_eq!(population.anomalies[0].anomaly, TimeAnomaly::BeforeParent);
    assert!(!population.anomalies[0].between_period_landings, "it is the tip");

    fixture.write("a", "new");
    fixture.commit("2026-08-01T00:00:00Z", "inside again");
    fixture.write("a", "later");
    let late = fixture.commit("2026-10-31T00:00:00Z", "dated after the period");
    fixture.write("a", "last");
    let last = fixture.commit("2026-08-02T00:00:00Z", "inside");
    let population = fixture.population(Q3);
    assert_ties_out(&population);
    assert_eq!(population.changes.len(), 5);
    let hidden: Vec<&str> = population
        .anomalies
        .iter()
        .filter(|found| found.between_period_landings)
        .map(|found| found.commit.as_str())
        .collect();
    assert_eq!(hidden, [late.as_str(), old.as_str()]);
    let change = &population.changes[0];
    assert_eq!(
        (change.commit.as_str(), &change.time_anomalies[..]),
        (last.as_str(), &[TimeAnomaly::BeforeParent][..])
    );
}

#[test]
fn impossible_times_are_named_not_lost() {
    let fixture = Fixture::new();
    let parent = fixture.commit("2026-07-01T00:00:00Z", "good");
    let tree = fixture.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned();
    let make = |parent: &str, committer: &str| {
        let content = format!(
            "tree {tree}\nparent {parent}\nauthor A <a> 1782950400 +0000\ncommitter {committer}\n\nodd\n"
        );
        fixture.object("commit", content.as_bytes())
    };
    let undated = make(&parent, "C <c> yesterday +0000");
    let far = make(&undated, "C <c> 99999999999999 +0000");
    let future = make(&far, "C <c> 1798761600 +9999");
    let inside = make(&future, "C <c> 1783036800 -0730");
    fixture.git(&["update-ref", "refs/heads/main", &inside]);
    let population = fixture.population(Q3);
    assert_eq!(commits(&population), [inside, parent]);
    let mut named: Vec<&str> = population.undated.iter().map(|name| name.as_str()).collect();
    named.sort_unstable();
    let mut expected = [undated.as_str(), far.as_str()];
    expected.sort_unstable();
    assert_eq!(named, expected);
    assert!(population.incomplete.iter().any(|reason| reason.contains("no readable time")));
    let kinds: Vec<TimeAnomaly> = population.anomalies.iter().map(|found| found.anomaly).collect();
    assert!(kinds.contains(&TimeAnomaly::InFuture) && kinds.contains(&TimeAnomaly::Unreadable), "{kinds:?}");
}

#[test]
fn shallow_grafted_replaced_and_missing_history_is_said() {
    let fixture = Fixture::new();
    for day in 1..6 {
        fixture.write("a", format!("{day}"));
        fixture.commit(&format!("2026-07-0{day}T00:00:00Z"), "c");
    }
    let clone = fixture.folder.path().join("clone");
    let from = format!("file://{}", fixture.path.display());
    output(super::git(fixture.folder.path()).args(["clone", "-q", "--depth", "2", &from, "clone"]));
    let shallow = population_of(&repository::open(&clone, &Limits::default()).expect("opens"), Q3);
    assert_eq!(shallow.branch, "refs/remotes/origin/main");
    assert_eq!(shallow.rows_raw, 2);
    assert_ties_out(&shallow);
    assert_eq!(shallow.history.shallow.len(), 1);
    assert!(shallow.incomplete.iter().any(|reason| reason.contains("shallow")), "{:?}", shallow.incomplete);
    assert!(shallow.changes[1].size.is_none(), "what the oldest commit changed is not known");

    let tip = fixture.head();
    let second = fixture.git(&["rev-parse", "HEAD~1"]).trim().to_owned();
    let oldest = fixture.git(&["rev-parse", "HEAD~4"]).trim().to_owned();
    let content = fixture.git(&["cat-file", "commit", &second]).replace(
        &format!("parent {}", fixture.git(&["rev-parse", "HEAD~2"]).trim()),
        &format!("parent {oldest}"),
    );
    let other = fixture.object("commit", content.as_bytes());
    fixture.git(&["replace", &second, &other]);
    assert_eq!(fixture.git(&["rev-list", "--count", "HEAD"]).trim(), "3", "git follows the replacement");
    let replaced = fixture.population(Q3);
    assert_eq!(replaced.rows_raw, 5, "the objects as they were written count");
    assert_ties_out(&replaced);
    assert_eq!(replaced.history.replaced.len(), 1);
    assert!(!replaced.history.is_plain());
    assert!(!replaced.incomplete.is_empty());
    fixture.git(&["replace", "-d", &second]);

    std::fs::create_dir_all(fixture.path.join(".git/info")).expect("a folder");
    std::fs::write(fixture.path.join(".git/info/grafts"), format!("{tip} {oldest}\n")).expect("written");
    let grafted = fixture.population(Q3);
    assert_eq!((grafted.rows_raw, grafted.history.grafts), (5, 1));
    assert_ties_out(&grafted);
    std::fs::remove_file(fixture.path.join(".git/info/grafts")).expect("there");

    let (folder, file) = second.split_at(2);
    std::fs::remove_file(fixture.path.join(".git/objects").join(folder).join(file)).expect("a loose object");
    let broken = fixture.population(Q3);
    assert_eq!(broken.rows_raw, 1);
    assert!(broken.incomplete.iter().any(|reason| reason.contains("is missing")), "{:?}", broken.incomplete);
}

#[test]
fn a_partial_clone_lists_every_landing_and_says_what_it_lacks() {
    let fixture = Fixture::new();
    for day in 1..4 {
        fixture.write("a", format!("{day}\n"));
        fixture.commit(&format!("2026-07-0{day}T00:00:00Z"), "c");
    }
    fixture.git(&["config", "uploadpack.allowFilter", "true"]);
    let from = format!("file://{}", fixture.path.display());
    let arguments = ["clone", "-q", "--no-checkout", "--filter=blob:none", &from, "clone"];
    output(super::git(fixture.folder.path()).args(arguments));
    let clone = fixture.folder.path().join("clone");
    let population = population_of(&repository::open(&clone, &Limits::default()).expect("opens"), Q3);
    assert!(population.history.partial && !population.history.is_plain());
    assert_eq!(commits(&population), commits(&fixture.population(Q3)));
    assert_ties_out(&population);
    assert_eq!(population.gaps.len(), 3, "no file is here to count lines of: {:?}", population.gaps);
    assert!(population.incomplete.iter().any(|reason| reason.contains("could not be read in full")));
}

#[test]
fn an_object_that_is_not_what_its_name_says_ends_the_walk() {
    let fixture = Fixture::new();
    let first = fixture.commit("2026-07-01T00:00:00Z", "one");
    let other = fixture.commit("2026-07-02T00:00:00Z", "two");
    fixture.commit("2026-07-03T00:00:00Z", "three");
    let path = |name: &str| fixture.path.join(".git/objects").join(&name[..2]).join(&name[2..]);
    let bytes = std::fs::read(path(&first)).expect("loose");
    std::fs::remove_file(path(&other)).expect("there");
    std::fs::write(path(&other), bytes).expect("written");
    let population = fixture.population(Q3);
    assert_eq!(population.rows_raw, 1);
    assert!(
        population.incomplete.iter().any(|reason| reason.contains("does not belong")),
        "{:?}",
        population.incomplete
    );
}

#[test]
fn names_and_messages_that_are_no_text() {
    let fixture = Fixture::new();
    let parent = fixture.commit("2026-07-01T00:00:00Z", "good");
    let tree = fixture.git(&["rev-parse", "HEAD^{tree}"]).trim().to_owned();
    let mut content = format!("tree {tree}\nparent {parent}\nauthor J").into_bytes();
    content.extend_from_slice(
        b"\xf6rg <j@x> 1783036800 +0000\ncommitter J\xf6rg <j@x> 1783036800 +0000\n\nGr\xfc\xdfe\n",
    );
    let raw = fixture.object("commit", &content);
    let latin = String::from_utf8_lossy(&content).into_owned();
    let mut marked = content.clone();
    let at = latin.find("\n\n").expect("a blank line") - 4;
    let blank = marked.windows(2).position(|pair| pair == b"\n\n").expect("a blank line");
    assert!(at > 0);
    marked.splice(blank..blank, b"\nencoding ISO-8859-1".iter().copied());
    let marked = String::from_utf8(marked.iter().map(|_| b'x').collect()).map(|_| marked).expect("bytes");
    let mut marked = marked;
    let old = format!("parent {parent}");
    let position = marked.windows(old.len()).position(|part| part == old.as_bytes()).expect("a parent");
    marked.splice(position..position + old.len(), format!("parent {raw}").into_bytes());
    let declared = fixture.object("commit", &marked);
    fixture.git(&["update-ref", "refs/heads/main", &declared]);
    let population = fixture.population(Q3);
    assert_ties_out(&population);
    let (declared, raw) = (&population.changes[0], &population.changes[1]);
    assert_eq!((declared.author.name.as_str(), declared.subject.as_str()), ("J\u{f6}rg", "Gr\u{fc}\u{df}e"));
    assert!(!declared.text_damaged);
    assert_eq!((raw.author.name.as_str(), raw.subject.as_str()), ("J\\xF6rg", "Gr\\xFC\\xDFe"));
    assert!(raw.text_damaged);
    serde_json::to_string(&population).expect("is JSON");
}

#[test]
fn people_agents_and_controls() {
    let fixture = Fixture::new();
    fixture.write(".mailmap", "Ann Right <right@example.org> <ann@example.org>\n");
    fixture.write(".claude/settings.json", "{}");
    fixture.write(".github/workflows/ci.yml", "on: push");
    fixture.commit(
        "2026-07-01T00:00:00Z",
        "x\n\nCo-Authored-By: Claude Opus <noreply@anthropic.com>\nRefs: ABC-4",
    );
    let mut bot = fixture.command(&["commit", "-q", "--allow-empty", "-m", "Bump y (#4)"]);
    output(
        bot.env("GIT_AUTHOR_NAME", "dependabot[bot]")
            .env("GIT_AUTHOR_DATE", "2026-07-09T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-07-02T00:00:00Z"),
    );
    let population = fixture.population(Q3);
    let (bot, agent) = (&population.changes[0], &population.changes[1]);
    assert!(bot.is_bot && bot.ticket_format_ok.is_none());
    assert_eq!(bot.time_anomalies, [TimeAnomaly::AuthoredAfterCommit]);
    assert_eq!(bot.ai_evidence, AiEvidence::None);
    assert_eq!(agent.ai_evidence, AiEvidence::Trailer);
    assert_eq!(agent.ai_coauthor.as_deref(), Some("Claude Opus <noreply@anthropic.com>"));
    assert_eq!(agent.author.email, "ann@example.org");
    assert_eq!(agent.author_mapped.as_ref().map(|person| person.email.as_str()), Some("right@example.org"));
    assert_eq!(agent.committer_mapped, None);
    assert_eq!(agent.touches_controls, [ControlKind::Settings, ControlKind::Ci]);
    assert_eq!(agent.control_paths, [".claude/settings.json", ".github/workflows/ci.yml"]);
    assert_eq!(
        (agent.ticket_ids.as_slice(), agent.ticket_format_ok),
        (&["ABC-4".to_owned()][..], Some(true))
    );
}

#[test]
fn a_large_tree_and_many_commits_tie_out() {
    let fixture = Fixture::new();
    let mut stream = String::new();
    let _ = write!(stream, "commit refs/heads/main\ncommitter C <c@x> 1782864000 +0000\ndata 4\nroot\n");
    for file in 0..100_000 {
        let _ = write!(
            stream,
            "M 100644 inline d{}/e{}/f{file}\ndata 2\n{}\n\n",
            file % 97,
            file % 31,
            file % 10
        );
    }
    for step in 0..500 {
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter C <c@x> {} +0000\ndata 1\nx\nM 100644 inline d1/g{step}\ndata 1\ny\n",
            1_782_864_000 + (step % 7) * 3_000_000
        );
    }
    let mut command = fixture.command(&["fast-import", "--quiet"]);
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().expect("git runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), stream.as_bytes()).expect("git reads");
    assert!(child.wait().expect("git ends").success());
    let population = fixture.population(Q3);
    assert_ties_out(&population);
    assert!(population.changes.len() > 200 && population.changes.len() < 501, "{}", population.changes.len());
    assert_eq!(rerun(&population).len(), population.changes.len());
    let root = population.changes.last().and_then(|change| change.size).expect("read");
    assert_eq!(root.files_changed, 100_000);
    assert!(population.gaps.is_empty());
}

#[test]
fn a_rewritten_history_is_found_by_its_earlier_tip() {
    let fixture = Fixture::new();
    fixture.commit("2026-07-01T00:00:00Z", "one");
    fixture.commit("2026-07-02T00:00:00Z", "two");
    let before = fixture.population(Q3).tip;
    fixture.commit("2026-07-03T00:00:00Z", "three");
    let grown = fixture.population(Q3).tip;
    assert_eq!(repository::is_ancestor(&fixture.open(), &before, &grown), Some(true));
    fixture.git(&["reset", "-q", "--hard", "HEAD~2"]);
    fixture.commit("2026-07-02T00:00:00Z", "two, rewritten");
    let rewritten = fixture.population(Q3).tip;
    assert_eq!(repository::is_ancestor(&fixture.open(), &before, &rewritten), Some(false));
    let unknown = before.as_str().replace(|_: char| true, "1");
    let unknown = workpaper::model::change::ObjectName::parse(&unknown).expect("a name");
    assert_eq!(repository::is_ancestor(&fixture.open(), &unknown, &rewritten), None);
}
