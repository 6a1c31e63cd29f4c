"""Programs that play the other side, on real sockets; they import no adapter code."""
