-- What was evaluated, when, and with which result. Rows are only ever added: the triggers at the end refuse everything
-- else, so that a mistake cannot rewrite history. They are no defence against the owner of the file; packs are.

-- One evaluation, named by its inputs.
CREATE TABLE run (
    number            INTEGER PRIMARY KEY,
    -- The same inputs are the same run.
    id                TEXT    NOT NULL CONSTRAINT run_id CHECK (length(id) BETWEEN 1 AND 80),
    -- Of the assessment's canonical JSON. One id with two digests means that the program judged differently.
    assessment_digest TEXT    NOT NULL CONSTRAINT run_assessment_digest CHECK (assessment_digest GLOB 'sha256:*' AND length(assessment_digest) = 71),
    -- Instants are RFC 3339 in UTC with nine decimals, so that their order as text is their order in time.
    as_of             TEXT    NOT NULL CONSTRAINT run_as_of CHECK (as_of GLOB '*T*.?????????Z'),
    period_start      TEXT    NOT NULL CONSTRAINT run_period_start CHECK (period_start GLOB '*T*.?????????Z'),
    period_end        TEXT    NOT NULL CONSTRAINT run_period_end CHECK (period_end GLOB '*T*.?????????Z'),
    root              TEXT    NOT NULL,
    -- A JSON list of names.
    repositories      TEXT    NOT NULL CONSTRAINT run_repositories CHECK (json_type(repositories) = 'array'),
    tool_version      TEXT    NOT NULL,
    client_contract   TEXT    NOT NULL,
    -- The digests of what the verdicts are a function of.
    snapshot          TEXT    NOT NULL CONSTRAINT run_snapshot CHECK (snapshot GLOB 'sha256:*'),
    catalog           TEXT    NOT NULL CONSTRAINT run_catalog CHECK (catalog GLOB 'sha256:*'),
    policy            TEXT    NOT NULL CONSTRAINT run_policy CHECK (policy GLOB 'sha256:*'),
    -- Findings by verdict.
    passed            INTEGER NOT NULL CONSTRAINT run_passed CHECK (passed >= 0),
    failed            INTEGER NOT NULL CONSTRAINT run_failed CHECK (failed >= 0),
    undetermined      INTEGER NOT NULL CONSTRAINT run_undetermined CHECK (undetermined >= 0),
    not_applicable    INTEGER NOT NULL CONSTRAINT run_not_applicable CHECK (not_applicable >= 0),
    -- The whole assessment: canonical JSON of workpaper/assessment/v1.
    assessment        TEXT    NOT NULL CONSTRAINT run_assessment CHECK (json_valid(assessment)),
    CONSTRAINT run_once UNIQUE (id, assessment_digest)
) STRICT;

-- Each time that a run was made, also when it was made before.
CREATE TABLE recording (
    number      INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL REFERENCES run (number),
    recorded_at TEXT    NOT NULL CONSTRAINT recording_at CHECK (recorded_at GLOB '*T*.?????????Z')
) STRICT;

CREATE INDEX recording_of_run ON recording (run);

-- The result of each control in each run: the trend of an item.
CREATE TABLE control (
    run      INTEGER NOT NULL REFERENCES run (number),
    id       TEXT    NOT NULL,
    -- The place on the checklist; nothing for the other controls.
    item     INTEGER,
    result   TEXT    NOT NULL,
    declared TEXT    NOT NULL,
    enforced TEXT    NOT NULL,
    operated TEXT    NOT NULL,
    tested   INTEGER NOT NULL CONSTRAINT control_tested CHECK (tested >= 0),
    in_scope INTEGER NOT NULL CONSTRAINT control_in_scope CHECK (in_scope >= 0),
    PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX control_over_runs ON control (id, run);

-- The verdict of each finding in each run: the trend of one check on one subject.
CREATE TABLE finding (
    run         INTEGER NOT NULL REFERENCES run (number),
    fingerprint TEXT    NOT NULL,
    check_id    TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    basis       TEXT    NOT NULL,
    severity    TEXT    NOT NULL,
    verdict     TEXT    NOT NULL CONSTRAINT finding_verdict CHECK (verdict IN ('pass', 'fail', 'undetermined', 'not_applicable')),
    PRIMARY KEY (run, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE INDEX finding_over_runs ON finding (fingerprint, run);

CREATE TRIGGER run_update BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'runs are append-only'); END;
CREATE TRIGGER run_delete BEFORE DELETE ON run BEGIN SELECT RAISE(ABORT, 'runs are append-only'); END;
CREATE TRIGGER recording_update BEFORE UPDATE ON recording BEGIN SELECT RAISE(ABORT, 'recordings are append-only'); END;
CREATE TRIGGER recording_delete BEFORE DELETE ON recording BEGIN SELECT RAISE(ABORT, 'recordings are append-only'); END;
CREATE TRIGGER control_update BEFORE UPDATE ON control BEGIN SELECT RAISE(ABORT, 'controls are append-only'); END;
CREATE TRIGGER control_delete BEFORE DELETE ON control BEGIN SELECT RAISE(ABORT, 'controls are append-only'); END;
CREATE TRIGGER finding_update BEFORE UPDATE ON finding BEGIN SELECT RAISE(ABORT, 'findings are append-only'); END;
CREATE TRIGGER finding_delete BEFORE DELETE ON finding BEGIN SELECT RAISE(ABORT, 'findings are append-only'); END;

-- INSERT OR REPLACE deletes without firing the triggers above, so a second row under a taken key is refused here.
CREATE TRIGGER run_replace BEFORE INSERT ON run
    WHEN EXISTS (SELECT 1 FROM run WHERE number = NEW.number OR (id = NEW.id AND assessment_digest = NEW.assessment_digest))
    BEGIN SELECT RAISE(ABORT, 'runs are append-only'); END;
CREATE TRIGGER recording_replace BEFORE INSERT ON recording
    WHEN EXISTS (SELECT 1 FROM recording WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'recordings are append-only'); END;
CREATE TRIGGER control_replace BEFORE INSERT ON control
    WHEN EXISTS (SELECT 1 FROM control WHERE run = NEW.run AND id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'controls are append-only'); END;
CREATE TRIGGER finding_replace BEFORE INSERT ON finding
    WHEN EXISTS (SELECT 1 FROM finding WHERE run = NEW.run AND fingerprint = NEW.fingerprint)
    BEGIN SELECT RAISE(ABORT, 'findings are append-only'); END;
