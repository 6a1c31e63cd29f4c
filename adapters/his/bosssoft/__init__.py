"""博思 (Bosssoft) medical e-bill interface, spoken as its server."""
