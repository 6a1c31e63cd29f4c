"""Who numbers and signs a due bill."""
