-- The days of the journal. A worker may not make tables; it may ask for the days to come.
CREATE FUNCTION journal_ahead(first date, days int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
    day text; part text; made int := 0;
BEGIN
    FOR n IN 0..least(days, 60) LOOP
        day := to_char(first + n, 'YYYY-MM-DD');
        part := 'journal_' || to_char(first + n, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        -- attached, not made in place: that leaves readers and writers of the other days alone
        EXECUTE format('CREATE TABLE %I (LIKE journal INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        LOCK TABLE journal_rest IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('WITH moved AS (DELETE FROM journal_rest r WHERE r.day = %L RETURNING r.message_seq, r.day, r.sealed) '
            'INSERT INTO %I (message_seq, day, sealed) SELECT message_seq, day, sealed FROM moved', day, part);
        EXECUTE format('ALTER TABLE journal ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            part, day, to_char(first + n + 1, 'YYYY-MM-DD'));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Drops the days before one, but keeps the bytes behind bills and of what is parked. For the owner alone.
CREATE FUNCTION journal_drop(before date) RETURNS int LANGUAGE plpgsql
SET search_path FROM CURRENT SET lock_timeout = '1s' AS $$
DECLARE
    part text; dropped int := 0;
BEGIN
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'journal'::regclass AND c.relname ~ '^journal_[0-9]{8}$'
          AND c.relname < 'journal_' || to_char(before, 'YYYYMMDD')
        ORDER BY c.relname
    LOOP
        EXECUTE format(
            'WITH RECURSIVE home (seq, case_id, kept) AS ('
            '  SELECT m.seq, m.case_id, m.place = ''parked'' FROM %1$I j JOIN message m ON m.seq = j.message_seq '
            '  UNION ALL SELECT h.seq, c."into", h.kept FROM home h JOIN matter c ON c.id = h.case_id '
            '  WHERE c."into" <> '''') '
            'INSERT INTO journal_kept (message_seq, sealed) SELECT j.message_seq, j.sealed FROM %1$I j '
            'WHERE j.message_seq IN (SELECT h.seq FROM home h LEFT JOIN matter c ON c.id = h.case_id '
            '  WHERE h.kept OR c.bills <> ''[]'') ON CONFLICT DO NOTHING', part);
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION journal_ahead(date, int), journal_drop(date) FROM PUBLIC;
