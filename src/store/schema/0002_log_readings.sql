-- What each reading knew of the logs' bytes, so that a later one can show that earlier bytes were not changed.
CREATE TABLE log_reading (
    number INTEGER PRIMARY KEY,
    root   TEXT NOT NULL,
    as_of  TEXT NOT NULL CONSTRAINT log_reading_as_of CHECK (as_of GLOB '*T*.?????????Z'),
    -- A JSON list of files, each with digests of its beginnings.
    traces TEXT NOT NULL CONSTRAINT log_reading_traces CHECK (json_type(traces) = 'array'),
    CONSTRAINT log_reading_once UNIQUE (root, as_of, traces)
) STRICT;

CREATE TRIGGER log_reading_update BEFORE UPDATE ON log_reading BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END;
CREATE TRIGGER log_reading_delete BEFORE DELETE ON log_reading BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END;
CREATE TRIGGER log_reading_replace BEFORE INSERT ON log_reading
    WHEN EXISTS (SELECT 1 FROM log_reading WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'readings are append-only'); END;
