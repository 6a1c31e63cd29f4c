"""SM2/SM3, encryption at rest, keys, tokens, masking."""
