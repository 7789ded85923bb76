"""What is wrong with a value of the settings or of a companies file, in our words instead of pydantic's."""

from typing import Any

MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "unknown key",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be an object with keys",
    "model_type": "must be an object with keys",
    "model_attributes_type": "must be an object with keys",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_long": "must have {max_length} characters or fewer",
    "too_long": "must have {max_length} characters or fewer",
    "string_too_short": "must have {min_length} characters or more",
    "string_pattern_mismatch": "has characters that aren’t allowed",
}


def message(error: Any) -> str:
    """The text for one of the errors of a `pydantic.ValidationError`; our validators' own texts stay as they are."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return MESSAGES.get(error["type"], "isn’t valid").format_map(error.get("ctx", {}))
