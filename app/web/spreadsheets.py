"""What goes into a CSV file, which spreadsheet programs open."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What they take for a formula when a cell begins with it."""


def harmless(text: str) -> str:
    """A text that they would compute is shown instead."""
    return f"'{text}" if text.startswith(FORMULA) else text
