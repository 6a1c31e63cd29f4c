"""Where bytes come in: framing and limits, no business words."""
