"""What Portico costs, measured."""
