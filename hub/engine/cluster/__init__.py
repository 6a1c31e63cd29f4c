"""The engine of a province: doors produce to Kafka, Faust workers take it into PostgreSQL. Needs extra `cluster`."""
