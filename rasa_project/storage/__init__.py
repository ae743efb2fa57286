"""The one SQL database: engine, tables, migrations, Rasa's tracker store."""
