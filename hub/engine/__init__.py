"""Who calls the ledger: embedded (one machine, group commit) or cluster. Thin."""
