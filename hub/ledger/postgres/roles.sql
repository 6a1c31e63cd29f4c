-- Who may do what in the ledger: four roles, to be granted to the users that programs log in as.
--
--   billhub_owner    owns the tables: migrates, drops old days of the journal. No program that takes messages uses it.
--   billhub_worker   workers, issuers and relays: takes in, decides, numbers. Makes, alters and drops no table.
--   billhub_door     doors and the insurers' interface: reads bills, verdicts and keys; no bodies, no audit log.
--   billhub_reader   console, books, export: reads everything, writes nothing.
--
-- Run at the end of each migration, or by hand with psql. Running it again changes nothing. A role that is missing, and
-- may not be made by who runs this, is passed over: make it by hand, and run this once more.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['billhub_owner', 'billhub_worker', 'billhub_door', 'billhub_reader'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = name);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION
            WHEN insufficient_privilege THEN RAISE NOTICE 'role % is missing, and may not be made here', name;
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was quicker
        END;
    END LOOP;
END $$;

DO $$
DECLARE
    given record;
BEGIN
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema());
    FOR given IN
        SELECT * FROM (VALUES
            ('billhub_worker', 'SELECT', 'alembic_version, journal, journal_kept, refused, audit, search, void_number'),
            ('billhub_worker', 'SELECT, INSERT', 'message, matter, key, bill, event, document, tally, segment'),
            ('billhub_worker', 'UPDATE', 'message, matter, key, bill, event, document, tally, segment'),
            ('billhub_worker', 'SELECT, INSERT, UPDATE, DELETE', 'number_block, outbox, search_new, quarantine, found'),
            ('billhub_worker', 'SELECT, INSERT, UPDATE', 'epoch'),
            ('billhub_worker', 'SELECT, INSERT, UPDATE', 'stock'),
            ('billhub_worker', 'SELECT, INSERT', 'allotment'),
            ('billhub_worker', 'SELECT, INSERT, UPDATE, DELETE', 'pause'),
            ('billhub_worker', 'INSERT', 'journal, refused, audit, search, void_number'),
            ('billhub_worker', 'USAGE', 'ALL SEQUENCES'),
            ('billhub_worker', 'EXECUTE', 'FUNCTION journal_ahead(date, int)'),
            ('billhub_worker', 'EXECUTE', 'FUNCTION journal_tidy(int)'),
            ('billhub_worker', 'EXECUTE', 'FUNCTION refused_tidy(int, int)'),
            ('billhub_door', 'SELECT', 'alembic_version, message, matter, key, bill, event, document, search, search_new'),
            ('billhub_door', 'SELECT', 'tally, segment, number_block, void_number, outbox, quarantine, epoch'),
            ('billhub_door', 'SELECT', 'stock, allotment, pause'),
            ('billhub_door', 'SELECT (seq, unit, source, at, fault)', 'refused'),
            ('billhub_reader', 'SELECT', 'ALL TABLES')
        ) AS given (role, rights, things)
    LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = given.role);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), given.role);
        IF given.things LIKE 'ALL %' THEN
            EXECUTE format('GRANT %s ON %s IN SCHEMA %I TO %I', given.rights, given.things, current_schema(), given.role);
        ELSE
            EXECUTE format('GRANT %s ON %s TO %I', given.rights, given.things, given.role);
        END IF;
    END LOOP;
END $$;
