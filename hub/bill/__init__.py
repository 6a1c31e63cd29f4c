"""The canonical bill: money, identity, parties, lines, medical and education blocks, bill and events. No I/O."""
