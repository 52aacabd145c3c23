-- Where the branches stood when a run looked: a later run finds a rewritten history by it.

CREATE TABLE tip (
    number     INTEGER PRIMARY KEY,
    repository TEXT NOT NULL,
    branch     TEXT NOT NULL,
    -- Names of commits: 40 or 64 hexadecimal digits.
    tip        TEXT NOT NULL CONSTRAINT tip_name CHECK (length(tip) IN (40, 64)),
    -- The first commit of the branch; nothing where the clone was cut before it.
    origin     TEXT CONSTRAINT tip_origin CHECK (origin IS NULL OR length(origin) IN (40, 64)),
    as_of      TEXT NOT NULL CONSTRAINT tip_as_of CHECK (as_of GLOB '*T*.?????????Z'),
    CONSTRAINT tip_once UNIQUE (repository, branch, tip, as_of)
) STRICT;

CREATE INDEX tip_of_branch ON tip (repository, branch, as_of);

CREATE TRIGGER tip_stays BEFORE UPDATE ON tip BEGIN SELECT RAISE(ABORT, 'tips are only added'); END;
CREATE TRIGGER tip_is_kept BEFORE DELETE ON tip BEGIN SELECT RAISE(ABORT, 'tips are only added'); END;
