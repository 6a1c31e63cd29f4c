"""What the hub counts and measures of itself, for Prometheus; knows nothing of the other rooms."""
