"""What can be looked at, one subject a file; `hub.ledger.reader.Reader` is all of them in one."""
