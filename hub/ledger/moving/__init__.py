"""Moves an embedded hub's ledger into an empty, migrated PostgreSQL database, and proves that nothing changed.

    report = await mover.move(folder, dsn, …)    # again after any death: it goes on where it was

Rows are copied as they are: what is sealed stays sealed, under the same master key. How far it is stands in the target,
in the transaction that brought the rows, so nothing is left out or doubled whatever dies. The source is only read; a
mark in its folder (`mark.py`) keeps a hub from starting on it from the first row on. The table `moving` keeps a
cluster from starting on the target until both sides were compared: then it is renamed `moved`.
"""
