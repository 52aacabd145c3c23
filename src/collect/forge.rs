//! Reads a forge's pull requests as its interfaces and command-line tools write them: GitHub's REST, GraphQL and `gh pr list --json`, GitLab's REST and `glab`.

use std::{collections::BTreeMap, fs::File, io::Read as _, path::Path};

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use crate::model::{
    Digest,
    change::Person,
    forge::{Account, ForgeExport, ForgeKind, PullCommit, PullRequest, Review, ReviewState},
};

/// An export larger than this is refused: split it by time.
const MAX_BYTES: u64 = 512 << 20;

/// Why an export cannot be used.
#[derive(Debug, Error)]
pub enum ForgeError {
    #[error("{path} cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error(
        "{path}: {reason}; export merged pull requests with `gh pr list --state merged --limit 5000 --json number,title,author,baseRefName,headRefOid,mergedAt,mergedBy,mergeCommit,commits,reviews,labels,statusCheckRollup`"
    )]
    NotAnExport { path: String, reason: String },
}

/// Reads an export: one array, one object, or several of them one after the other as paginated calls write them.
pub fn read(path: &Path) -> Result<ForgeExport, ForgeError> {
    let shown = path.display().to_string();
    let unreadable =
        |error: std::io::Error| ForgeError::Unreadable { path: shown.clone(), reason: error.to_string() };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ForgeError::NotAnExport { path: shown, reason: format!("more than {MAX_BYTES} bytes") });
    }
    parse(&bytes, &shown)
}

/// Reads an export from memory.
pub fn parse(bytes: &[u8], source: &str) -> Result<ForgeExport, ForgeError> {
    let wrong = |reason: String| ForgeError::NotAnExport { path: source.to_owned(), reason };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut items = Vec::new();
    for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        flatten(value.map_err(|error| wrong(error.to_string()))?, &mut items, 0);
    }
    let items = joined(items);
    if items.is_empty() {
        return Err(wrong("it holds no pull request".to_owned()));
    }
    let is_gitlab = items.iter().all(|item| item.get("iid").is_some());
    let mut pulls = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let pull = if is_gitlab { gitlab(item) } else { github(item) };
        pulls.push(pull.ok_or_else(|| wrong(format!("entry {} has no number", index + 1)))?);
    }
    pulls.sort_by_key(|pull| pull.number);
    if let Some(pair) = pulls.windows(2).find(|pair| pair[0].number == pair[1].number && pair[0] != pair[1]) {
        return Err(wrong(format!("number {} appears twice with different content", pair[0].number)));
    }
    pulls.dedup_by_key(|pull| pull.number);
    Ok(ForgeExport {
        kind: if is_gitlab { ForgeKind::GitLab } else { ForgeKind::GitHub },
        source: source.to_owned(),
        digest: Digest::of_bytes(bytes),
        pulls,
    })
}

/// Puts to each pull request what its forge writes apart: GitHub's REST lists reviews by themselves, GitLab's lists the
/// approvals of a merge request in an object with the same number.
fn joined(items: Vec<Value>) -> Vec<Value> {
    let (apart, mut whole): (Vec<Value>, Vec<Value>) = items.into_iter().partition(is_apart);
    let numbered = whole.iter().enumerate().filter_map(|(at, item)| Some((number_of(item)?, at)));
    let places: BTreeMap<u64, usize> = numbered.collect();
    for part in apart {
        let place = number_of(&part).and_then(|number| places.get(&number));
        let Some(Value::Object(owner)) = place.and_then(|at| whole.get_mut(*at)) else {
            whole.push(part);
            continue;
        };
        match part.get("approved_by") {
            Some(approvals) => {
                owner.insert("approved_by".to_owned(), approvals.clone());
            }
            None => {
                let reviews = owner.entry("reviews").or_insert_with(|| Value::Array(Vec::new()));
                if let Some(reviews) = reviews.as_array_mut() {
                    reviews.push(part);
                }
            }
        }
    }
    whole
}

/// Whether an object tells of a pull request without being one.
fn is_apart(item: &Value) -> bool {
    let is_review = item.get("pull_request_url").is_some() && item.get("number").is_none();
    is_review || item.get("approved_by").is_some() && item.get("author").is_none()
}

fn number_of(item: &Value) -> Option<u64> {
    let named = item.get("number").or_else(|| item.get("iid")).and_then(Value::as_u64);
    named.or_else(|| item.get("pull_request_url")?.as_str()?.rsplit('/').next()?.parse().ok())
}

/// Keys of objects that wrap pull requests.
const WRAPPERS: [&str; 9] = [
    "data",
    "repository",
    "project",
    "pullRequests",
    "pull_requests",
    "mergeRequests",
    "merge_requests",
    "nodes",
    "items",
];

/// The pull requests, and what is written apart of them, inside whatever wraps them.
fn flatten(value: Value, items: &mut Vec<Value>, depth: u32) {
    let has =
        |map: &serde_json::Map<String, Value>, keys: &[&str]| keys.iter().any(|key| map.contains_key(*key));
    match value {
        Value::Array(values) => values.into_iter().for_each(|value| flatten(value, items, depth)),
        Value::Object(map)
            if depth < 6 && !has(&map, &["number", "iid", "pull_request_url"]) && has(&map, &WRAPPERS) =>
        {
            let inner = map.into_iter().filter(|(key, _)| WRAPPERS.contains(&key.as_str()));
            inner.for_each(|(_, inner)| flatten(inner, items, depth + 1));
        }
        // Anything else in the array is no pull request, and must not be dropped in silence.
        other => items.push(other),
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(value, |value, key| value.get(*key).unwrap_or(&Value::Null))
}

/// The first of several spellings that is there and not null.
fn first<'a>(value: &'a Value, paths: &[&[&str]]) -> &'a Value {
    paths.iter().map(|path| at(value, path)).find(|found| !found.is_null()).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// A list, also wrapped in `nodes`. One that says itself that there is more of it is not known.
fn list<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Vec<Value>> {
    keys.iter().find_map(|key| {
        let found = value.get(key)?;
        if at(found, &["pageInfo", "hasNextPage"]).as_bool() == Some(true) {
            return None;
        }
        let list = found.as_array().or_else(|| found.get("nodes")?.as_array())?;
        let all = first(found, &[&["totalCount"], &["count"]]).as_u64();
        all.is_none_or(|all| all <= list.len() as u64).then_some(list)
    })
}

/// The commits, if they are all there: tools stop at the first hundred, and then the head is not among them.
fn whole(commits: Vec<PullCommit>, head: Option<&str>) -> Option<Vec<PullCommit>> {
    let ends_in_head = head.is_none_or(|head| commits.iter().any(|commit| commit.oid == head));
    ends_in_head.then_some(commits)
}

/// Reviewers that are programs, also where an interface does not mark them.
const KNOWN_BOTS: &[&str] = &[
    "claude",
    "chatgpt-codex-connector",
    "codecov",
    "coderabbitai",
    "copilot",
    "copilot-pull-request-reviewer",
    "cursor",
    "cubic-dev-ai",
    "dependabot",
    "devin-ai-integration",
    "ellipsis-dev",
    "gemini-code-assist",
    "github-actions",
    "graphite-app",
    "greptile-apps",
    "korbit-ai",
    "mergify",
    "qodo-merge-pro",
    "renovate",
    "renovate-bot",
    "sonarcloud",
    "sonarqubecloud",
    "sourcery-ai",
    "vercel",
];

fn account(value: &Value) -> Option<Account> {
    let login = text(first(value, &[&["login"], &["username"]]))?;
    let lower = login.to_ascii_lowercase();
    let lower = lower.strip_prefix("app/").unwrap_or(&lower);
    let said = first(value, &[&["is_bot"], &["bot"]]).as_bool().unwrap_or(false)
        || ["type", "__typename"].iter().any(|key| value.get(key).and_then(Value::as_str) == Some("Bot"));
    let is_bot = said
        || lower.ends_with("[bot]")
        || lower.ends_with("-bot")
        || lower.starts_with("project_") && lower.contains("_bot")
        || KNOWN_BOTS.contains(&lower);
    Some(Account { login: lower.to_owned(), is_bot })
}

fn github(item: &Value) -> Option<PullRequest> {
    let number = item.get("number")?.as_u64()?;
    let reviews = list(item, &["reviews", "latestReviews"])
        .map(|reviews| reviews.iter().filter_map(github_review).collect());
    let head = text(first(item, &[&["headRefOid"], &["head", "sha"]]));
    let commits = list(item, &["commits"])
        .and_then(|commits| whole(commits.iter().filter_map(github_commit).collect(), head.as_deref()));
    let merged_at = time(first(item, &[&["mergedAt"], &["merged_at"]]));
    let landed = text(first(item, &[&["mergeCommit", "oid"], &["merge_commit_sha"]]));
    Some(PullRequest {
        number,
        title: text(at(item, &["title"])).unwrap_or_default(),
        author: account(first(item, &[&["author"], &["user"]])),
        base: text(first(item, &[&["baseRefName"], &["base", "ref"]])),
        checks: github_checks(item, head.as_deref()),
        head,
        last_push: None,
        merged_at,
        merged_by: account(first(item, &[&["mergedBy"], &["merged_by"]])),
        // Before the merge, `merge_commit_sha` is a trial merge that is on no branch.
        landed_as: landed.filter(|_| merged_at.is_some()).into_iter().collect(),
        commits,
        reviews,
        labels: labels(item),
    })
}

fn github_review(review: &Value) -> Option<Review> {
    let state = match review.get("state")?.as_str()?.to_ascii_uppercase().as_str() {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "DISMISSED" => ReviewState::Dismissed,
        _ => return None,
    };
    let association = text(first(review, &[&["authorAssociation"], &["author_association"]]));
    Some(Review {
        account: account(first(review, &[&["author"], &["user"]]))?,
        state,
        at: time(first(review, &[&["submittedAt"], &["submitted_at"]])),
        commit: text(first(review, &[&["commit", "oid"], &["commit_id"]])),
        may_write: association.map(|word| matches!(word.as_str(), "OWNER" | "MEMBER" | "COLLABORATOR")),
    })
}

fn github_commit(commit: &Value) -> Option<PullCommit> {
    let inner = if commit.get("oid").is_some() || commit.get("sha").is_some() {
        commit
    } else {
        at(commit, &["commit"])
    };
    let oid = text(first(inner, &[&["oid"], &["sha"]]))?;
    let person = |value: &Value| Person {
        name: text(at(value, &["name"])).unwrap_or_default(),
        email: text(at(value, &["email"])).unwrap_or_default(),
    };
    let authors = match list(inner, &["authors"]) {
        Some(authors) => authors
            .iter()
            .map(|author| {
                (
                    person(author),
                    text(first(author, &[&["login"], &["user", "login"]]))
                        .map(|login| login.to_ascii_lowercase()),
                )
            })
            .collect(),
        None => {
            let login = text(at(inner, &["author", "login"])).map(|login| login.to_ascii_lowercase());
            vec![(person(first(inner, &[&["commit", "author"], &["author"]])), login)]
        }
    };
    let message =
        text(first(inner, &[&["messageHeadline"], &["commit", "message"], &["message"]])).unwrap_or_default();
    Some(PullCommit { oid, headline: message.lines().next().unwrap_or_default().to_owned(), authors })
}

/// The outcome of the checks: of the pull request, of its head where the query asks each commit, or of REST's check runs.
fn github_checks(item: &Value, head: Option<&str>) -> Option<String> {
    let of_head = || {
        let commits = list(item, &["commits"])?;
        let last = commits.iter().find(|commit| at(commit, &["commit", "oid"]).as_str() == head)?;
        Some(at(last, &["commit", "statusCheckRollup"])).filter(|found| !found.is_null())
    };
    let named = ["statusCheckRollup", "check_runs"].iter().find_map(|key| item.get(*key));
    let rollup = named.filter(|found| !found.is_null()).or_else(of_head)?;
    if let Some(state) = rollup.get("state").and_then(Value::as_str) {
        return Some(check_word(state).to_owned());
    }
    let runs = rollup.as_array().or_else(|| list(rollup, &["contexts", "check_runs"]))?;
    let words: Vec<&str> = runs
        .iter()
        .map(|check| {
            check_word(first(check, &[&["conclusion"], &["state"], &["status"]]).as_str().unwrap_or(""))
        })
        .collect();
    combined(&words)
}

fn check_word(state: &str) -> &'static str {
    match state.to_ascii_uppercase().as_str() {
        "SUCCESS" | "NEUTRAL" | "SKIPPED" => "success",
        "FAILURE" | "FAILED" | "ERROR" | "CANCELLED" | "CANCELED" | "TIMED_OUT" | "ACTION_REQUIRED"
        | "STARTUP_FAILURE" => "failure",
        _ => "pending",
    }
}

fn combined(words: &[&str]) -> Option<String> {
    let word = ["failure", "pending", "success"].into_iter().find(|word| words.contains(word))?;
    Some(word.to_owned())
}

fn labels(item: &Value) -> Vec<String> {
    let mut labels: Vec<String> = list(item, &["labels"])
        .into_iter()
        .flatten()
        .filter_map(|label| text(label).or_else(|| text(first(label, &[&["name"], &["title"]]))))
        .collect();
    labels.sort();
    labels.dedup();
    labels
}

fn gitlab_commit(commit: &Value) -> Option<PullCommit> {
    let person = Person {
        name: text(first(commit, &[&["author_name"], &["authorName"]])).unwrap_or_default(),
        email: text(first(commit, &[&["author_email"], &["authorEmail"]])).unwrap_or_default(),
    };
    let login = text(at(commit, &["author", "username"])).map(|login| login.to_ascii_lowercase());
    Some(PullCommit {
        oid: text(first(commit, &[&["id"], &["sha"]]))?,
        headline: text(at(commit, &["title"])).unwrap_or_default(),
        authors: vec![(person, login)],
    })
}

fn gitlab(item: &Value) -> Option<PullRequest> {
    let number = item.get("iid")?.as_u64().or_else(|| item.get("iid")?.as_str()?.parse().ok())?;
    let merged_at = time(first(item, &[&["merged_at"], &["mergedAt"]]));
    let mut landed_as: Vec<String> = [&["merge_commit_sha"][..], &["squash_commit_sha"], &["mergeCommitSha"]]
        .iter()
        .filter_map(|path| text(at(item, path)))
        .filter(|_| merged_at.is_some())
        .collect();
    if landed_as.is_empty() && merged_at.is_some() {
        // Merged by fast-forward: the head itself is on the branch.
        landed_as.extend(text(first(item, &[&["sha"], &["diffHeadSha"]])));
    }
    let approved = ["approved_by", "approvedBy"]
        .iter()
        .find_map(|key| list(item, &[key]).or_else(|| list(at(item, &["approvals"]), &[key])));
    let reviews = approved.map(|approved| {
        approved
            .iter()
            .filter_map(|entry| {
                Some(Review {
                    account: account(entry.get("user").unwrap_or(entry))?,
                    state: ReviewState::Approved,
                    at: time(first(entry, &[&["approved_at"], &["created_at"]])),
                    commit: None,
                    may_write: None,
                })
            })
            .collect()
    });
    let head = text(first(item, &[&["sha"], &["diffHeadSha"]]));
    let commits = list(item, &["commits"])
        .and_then(|commits| whole(commits.iter().filter_map(gitlab_commit).collect(), head.as_deref()));
    let last_push = list(item, &["versions"])
        .into_iter()
        .flatten()
        .filter_map(|version| time(at(version, &["created_at"])))
        .max();
    let pipeline =
        first(item, &[&["head_pipeline", "status"], &["pipeline", "status"], &["headPipeline", "status"]]);
    Some(PullRequest {
        number,
        title: text(at(item, &["title"])).unwrap_or_default(),
        author: account(at(item, &["author"])),
        base: text(first(item, &[&["target_branch"], &["targetBranch"]])),
        head,
        last_push,
        merged_at,
        merged_by: account(first(item, &[&["merge_user"], &["merged_by"], &["mergeUser"]])),
        landed_as,
        commits,
        reviews,
        checks: pipeline.as_str().map(|state| check_word(state).to_owned()),
        labels: labels(item),
    })
}

#[cfg(test)]
mod tests;
