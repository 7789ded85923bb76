"""Everything that talks to Microsoft. Independent of Flask and the database."""
