"""The archive: signed bills copied off the machine as they are released, sealed as they are in the ledger.

A chain of segments, each written once, whole and durable, before the next is begun. Each holds the bills that changed
for the outside since the one before (`hub.ledger.epochs.copies`) and names that one's checksum. So the archive itself
says how far it is: there is no cursor elsewhere that could disagree with it.
"""
