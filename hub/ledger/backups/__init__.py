"""Backups of a ledger: a copy of one moment, and a manifest that proves it. See docs/backup.md.

    make_sqlite(folder, to, …)      SQLite's online backup, one snapshot, while a hub runs
    make_postgres(dsn, to, …)       pg_dump of one exported snapshot, whose tables are hashed through the same snapshot
    restore_sqlite(…) restore_postgres(…)   into an empty place, which opens a new epoch in the same step

What is sealed stays sealed; the master key is not in a backup.
"""
