//! Exports in the shapes that forges and their tools write.

use super::*;

fn one(json: &str) -> PullRequest {
    parse(json.as_bytes(), "test").expect("an export").pulls.remove(0)
}

#[test]
fn reads_the_command_line_tool_of_github() {
    let pull = one(
        r#"[{"number":7,"title":"T","author":{"login":"Ann","is_bot":false},"baseRefName":"main","headRefOid":"aa",
        "mergedAt":"2026-07-02T00:00:00Z","mergedBy":{"login":"cem"},"mergeCommit":{"oid":"bb"},"labels":[{"name":"x"}],
        "commits":[{"oid":"aa","messageHeadline":"h","authors":[{"login":"Ann","email":"a@x","name":"A"}]}],
        "reviews":[{"author":{"login":"bob"},"authorAssociation":"MEMBER","state":"APPROVED","submittedAt":"2026-07-01T00:00:00Z","commit":{"oid":"aa"}},
                   {"author":{"login":"coderabbitai"},"authorAssociation":"NONE","state":"APPROVED"},{"author":{"login":"z"},"state":"COMMENTED"}],
        "statusCheckRollup":[{"conclusion":"SUCCESS"},{"state":"FAILURE"}]}]"#,
    );
    assert_eq!(pull.author.expect("there").login, "ann");
    assert_eq!((pull.landed_as, pull.head), (vec!["bb".to_owned()], Some("aa".to_owned())));
    let reviews = pull.reviews.expect("there");
    assert_eq!(reviews.len(), 2);
    assert_eq!((reviews[0].may_write, reviews[0].account.is_bot), (Some(true), false));
    assert!(reviews[1].account.is_bot);
    assert_eq!(pull.checks.as_deref(), Some("failure"));
    assert_eq!(pull.commits.expect("there")[0].authors[0].1.as_deref(), Some("ann"));
}

#[test]
fn reads_rest_pages_one_after_the_other_and_graphql() {
    let pages = r#"[{"number":1,"user":{"login":"a","type":"User"},"merged_at":null,"merge_commit_sha":"trial"}]
                   [{"number":2,"user":{"login":"b[bot]","type":"Bot"},"merged_at":"2026-07-01T00:00:00Z","merge_commit_sha":"m","base":{"ref":"main"}}]"#;
    let export = parse(pages.as_bytes(), "x").expect("an export");
    assert!(export.pulls[0].landed_as.is_empty(), "a trial merge has not landed");
    assert!(export.pulls[1].author.as_ref().expect("there").is_bot);
    assert_eq!(export.pulls[1].reviews, None, "absent is not empty");
    let graph = r#"{"data":{"repository":{"pullRequests":{"nodes":[{"number":3,"mergedAt":"2026-07-01T00:00:00Z","mergeCommit":{"oid":"m"},"reviews":{"nodes":[]}}]}}}}"#;
    assert_eq!(one(graph).reviews, Some(vec![]));
}

#[test]
fn reads_gitlab() {
    let pull = one(
        r#"{"iid":5,"title":"T","author":{"username":"ann"},"target_branch":"main","sha":"hh","merged_at":"2026-07-02T00:00:00.000Z",
        "merge_user":{"username":"cem"},"merge_commit_sha":null,"squash_commit_sha":"ss","labels":["l"],"head_pipeline":{"status":"success"},
        "approvals":{"approved_by":[{"user":{"username":"bob"},"approved_at":"2026-07-01T00:00:00Z"}]},
        "versions":[{"created_at":"2026-06-30T00:00:00Z"}]}"#,
    );
    assert_eq!((pull.number, pull.landed_as), (5, vec!["ss".to_owned()]));
    assert_eq!(pull.reviews.expect("there")[0].account.login, "bob");
    assert_eq!(pull.checks.as_deref(), Some("success"));
    assert!(pull.last_push.is_some());
}

#[test]
fn refuses_what_is_no_export() {
    for bad in [
        "",
        "[]",
        "{}",
        "[1]",
        "not json",
        r#"[{"number":"x"}]"#,
        r#"[{"number":1},{"number":1,"title":"other"}]"#,
        r#"[{"number":1},7]"#,
    ] {
        assert!(parse(bad.as_bytes(), "x").is_err(), "{bad}");
    }
    let deep = "[".repeat(100_000);
    assert!(parse(deep.as_bytes(), "x").is_err());
}

/// GitHub's REST writes the reviews of a pull request by themselves.
#[test]
fn joins_the_reviews_that_rest_lists_apart() {
    let pulls = r#"[{"url":"https://api.github.com/repos/o/r/pulls/12","number":12,"state":"closed","title":"T","user":{"login":"Ann","type":"User"},
        "merged_at":"2026-07-02T00:00:00Z","merge_commit_sha":"mm","head":{"ref":"side","sha":"hh"},"base":{"ref":"main","sha":"bb"},
        "labels":[{"id":1,"name":"x"}],"author_association":"MEMBER"},
        {"number":13,"user":{"login":"ann","type":"User"},"merged_at":"2026-07-03T00:00:00Z","merge_commit_sha":"nn","head":{"sha":"ii"},"base":{"ref":"main"}}]"#;
    let reviews = r#"[{"id":80,"user":{"login":"bob","type":"User"},"state":"CHANGES_REQUESTED","commit_id":"gg","author_association":"MEMBER",
        "submitted_at":"2026-07-01T00:00:00Z","pull_request_url":"https://api.github.com/repos/o/r/pulls/12"},
        {"id":81,"user":{"login":"bob","type":"User"},"state":"APPROVED","commit_id":"hh","author_association":"MEMBER",
        "submitted_at":"2026-07-01T12:00:00Z","pull_request_url":"https://api.github.com/repos/o/r/pulls/12"}]"#;
    for text in [format!("{pulls}{reviews}"), format!("[{pulls},{reviews}]")] {
        let export = parse(text.as_bytes(), "x").expect("an export");
        assert_eq!(export.pulls.len(), 2);
        let found = export.pulls[0].reviews.as_ref().expect("joined");
        assert_eq!(
            found.iter().map(|review| (review.state, review.commit.as_deref())).collect::<Vec<_>>(),
            [(ReviewState::ChangesRequested, Some("gg")), (ReviewState::Approved, Some("hh"))]
        );
        assert_eq!(
            export.pulls[1].reviews, None,
            "that nobody listed reviews does not mean that there are none"
        );
    }
    assert!(parse(reviews.as_bytes(), "x").is_err(), "reviews of no pull request");
}

#[test]
fn what_is_no_pull_request_is_not_dropped_in_silence() {
    for text in
        [r#"{"errors":[{"message":"rate limit"}]}"#, r#"[{"number":1},{"title":"no number"}]"#, "[{}]"]
    {
        assert!(parse(text.as_bytes(), "x").is_err(), "{text}");
    }
}

/// A list that was cut by its page is not taken for the whole.
#[test]
fn what_a_page_cut_off_is_not_known() {
    let cut = r#"{"data":{"repository":{"pullRequests":{"nodes":[{"number":3,"headRefOid":"c2","mergedAt":"2026-07-01T00:00:00Z","mergeCommit":{"oid":"m"},
        "reviews":{"pageInfo":{"hasNextPage":true},"nodes":[{"author":{"login":"bob"},"state":"APPROVED"}]},
        "commits":{"totalCount":1,"nodes":[{"commit":{"oid":"c2","messageHeadline":"h","authors":{"nodes":[{"name":"A","email":"a@x","user":{"login":"ann"}}]},
            "statusCheckRollup":{"state":"FAILURE"}}}]}}]}}}}"#;
    let pull = one(cut);
    assert_eq!(pull.reviews, None);
    assert_eq!(pull.commits.as_ref().expect("whole")[0].authors[0].1.as_deref(), Some("ann"));
    assert_eq!(pull.checks.as_deref(), Some("failure"), "of the head's own checks");
    assert_eq!(one(&cut.replace("\"totalCount\":1", "\"totalCount\":2")).commits, None);
    assert_eq!(
        one(&cut.replace("\"headRefOid\":\"c2\"", "\"headRefOid\":\"c9\"")).commits,
        None,
        "the head is missing"
    );
}

/// As `gh pr view --json` writes checks: runs that go on have an empty conclusion.
#[test]
fn checks_that_go_on_are_pending() {
    let with = |checks: &str| one(&format!(r#"{{"number":1,"statusCheckRollup":{checks}}}"#)).checks;
    let run = |status: &str, conclusion: &str| {
        format!(r#"{{"__typename":"CheckRun","name":"t","status":"{status}","conclusion":"{conclusion}"}}"#)
    };
    let done = run("COMPLETED", "SUCCESS");
    assert_eq!(with(&format!("[{done}]")).as_deref(), Some("success"));
    assert_eq!(with(&format!("[{done},{}]", run("IN_PROGRESS", ""))).as_deref(), Some("pending"));
    let context = r#"{"__typename":"StatusContext","context":"c","state":"ERROR"}"#;
    assert_eq!(with(&format!("[{done},{context}]")).as_deref(), Some("failure"));
    assert_eq!(with("[]"), None);
    let rest = r#"{"number":1,"check_runs":{"total_count":1,"check_runs":[{"status":"completed","conclusion":"timed_out"}]}}"#;
    assert_eq!(one(rest).checks.as_deref(), Some("failure"));
}

/// GitLab's REST and `glab api` write approvals in an object of their own, with the same number.
#[test]
fn joins_the_approvals_that_gitlab_lists_apart() {
    let merge_request = r#"[{"id":900,"iid":5,"project_id":3,"title":"T","state":"merged","author":{"id":1,"username":"ann","state":"active"},"target_branch":"main",
        "sha":"hh","merged_at":"2026-07-02T00:00:00.000Z","merged_by":{"username":"cem"},"merge_commit_sha":"mm","squash_commit_sha":null,"labels":[]}]"#;
    let approvals = r#"{"id":900,"iid":5,"project_id":3,"title":"T","state":"merged","merge_status":"can_be_merged","approved":true,
        "approvals_required":1,"approvals_left":0,"approved_by":[{"user":{"id":2,"username":"bob"},"approved_at":"2026-07-01T10:00:00.000Z"}]}"#;
    let pull = one(&format!("{merge_request}{approvals}"));
    let reviews = pull.reviews.expect("joined");
    assert_eq!((reviews.len(), reviews[0].account.login.as_str()), (1, "bob"));
    assert_eq!(reviews[0].at, Some("2026-07-01T10:00:00Z".parse().expect("a time")));
    assert_eq!(one(merge_request).reviews, None, "the list of merge requests alone tells of no approval");
}

#[test]
fn reads_gitlabs_graphql() {
    let pull = one(
        r#"{"data":{"project":{"mergeRequests":{"nodes":[{"iid":"7","title":"T","author":{"username":"ann"},"targetBranch":"main","diffHeadSha":"c1",
        "mergedAt":"2026-07-02T00:00:00Z","mergeUser":{"username":"cem"},"mergeCommitSha":"mm","approvedBy":{"nodes":[{"username":"bob"}]},
        "headPipeline":{"status":"FAILED"},"labels":{"nodes":[{"title":"l"}]},
        "commits":{"nodes":[{"sha":"c1","title":"h","authorName":"A","authorEmail":"a@x","author":{"username":"Ann"}}]}}]}}}}"#,
    );
    assert_eq!(
        (pull.number, pull.labels, pull.checks.as_deref()),
        (7, vec!["l".to_owned()], Some("failure"))
    );
    assert_eq!(pull.commits.expect("whole")[0].authors[0].1.as_deref(), Some("ann"));
    let reviews = pull.reviews.expect("there");
    assert_eq!((reviews[0].account.login.as_str(), reviews[0].at), ("bob", None));
}
