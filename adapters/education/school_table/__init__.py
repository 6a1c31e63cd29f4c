"""Fee tables of schools: CSV and Excel."""
