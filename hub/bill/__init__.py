"""The canonical bill: money, identity, parties, lines, medical and education blocks, the bill and the events. No I/O."""
