"""Quotes values as literals of three languages, so that no part of them is ever executed. Pure functions."""

import re

POWERSHELL_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""PowerShell treats typographic single quotes as plain ones."""
HCL_TEMPLATE = re.compile(r"[$%](?=\{)")
HCL_ESCAPES = {number: f"\\u{number:04x}" for number in (*range(0x20), 0x7F)} | {
    ord(sign): f"\\{sign}" for sign in '"\\'
}


def bash(text: str) -> str:
    """For Bash and zsh: between single quotes only the quote itself is special."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def powershell(text: str) -> str:
    """Between single quotes PowerShell expands nothing; a quote is doubled."""
    return "'" + POWERSHELL_QUOTES.sub(lambda quote: quote[0] * 2, text) + "'"


def hcl(text: str) -> str:
    """For Terraform: what begins a template is escaped by its number."""
    return '"' + HCL_TEMPLATE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text.translate(HCL_ESCAPES)) + '"'
