"""Real servers in a folder, on loopback, for the demonstration and the tests: PostgreSQL and Kafka."""
