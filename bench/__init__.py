"""Performance measurements of Portico."""
