"""The database: SQLite always, PostgreSQL when its programs are there."""
