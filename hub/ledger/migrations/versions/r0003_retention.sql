-- Retention, for roles that may drop nothing by themselves. The server's clock decides, and never under 30 days: a worker
-- whose clock is wrong, or whose password is known to somebody, cannot drop what is young.

-- Drops the oldest day of the journal, where its time is over. Returns how many it dropped.
CREATE OR REPLACE FUNCTION journal_tidy(days int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
    first_kept date := (clock_timestamp() AT TIME ZONE 'UTC')::date - greatest(days, 30);
    stray text; part text;
BEGIN
    -- a body whose day was over before it had a part of its own
    SELECT min(day) INTO stray FROM journal_rest WHERE day < to_char(first_kept, 'YYYY-MM-DD');
    IF stray IS NOT NULL THEN
        PERFORM journal_ahead(stray::date, 0);
    END IF;
    SELECT min(c.relname) INTO part FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'journal'::regclass AND c.relname ~ '^journal_[0-9]{8}$';
    IF part IS NULL OR to_date(right(part, 8), 'YYYYMMDD') >= first_kept THEN
        RETURN 0;
    END IF;
    RETURN journal_drop(to_date(right(part, 8), 'YYYYMMDD') + 1);
END $$;

-- Drops the bytes of some refused messages; the row, its reason and its place in the books stay. A hash is left of the
-- bytes: no two rows may hold the same.
CREATE OR REPLACE FUNCTION refused_tidy(days int, most int) RETURNS int LANGUAGE sql SECURITY DEFINER
SET search_path FROM CURRENT AS $$
    WITH old AS (
        SELECT seq FROM refused WHERE length(sealed) > 32
        AND at < to_char((clock_timestamp() AT TIME ZONE 'UTC')::date - greatest(days, 30), 'YYYY-MM-DD')
        ORDER BY seq LIMIT least(most, 1000) FOR UPDATE SKIP LOCKED
    ), gone AS (
        UPDATE refused r SET sealed = sha256(r.sealed) FROM old WHERE r.seq = old.seq RETURNING 1
    )
    SELECT count(*)::int FROM gone
$$;
REVOKE ALL ON FUNCTION journal_tidy(int), refused_tidy(int, int) FROM PUBLIC;
