"""One file a drill. The order here is the order in which all are played."""
