"""Lives of a ledger: a restore opens a new epoch, in which nothing is issued until what is known outside is read back.

    open_epoch(connection, …)      everything that was free to be numbered is kept back; issuing is held
    enter(connection, page, …)     bills from the archive, as they are, with the messages they were made of
    settle(connection, rules, …)   what follows for their cases
    keep(connection, …)            a bill the fiscal platform has
    resume(connection, …)          issuing goes on

Written once for both databases, in SQLAlchemy Core: it happens once in years, and must be right then. Every call stands
in the caller's transaction (`hub.ledger.epochs.desk`), and doing any of it again changes nothing.
"""
