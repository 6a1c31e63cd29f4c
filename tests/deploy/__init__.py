"""What lies in deploy/ is what it claims to be: parsed, linted, and run with real programs."""
