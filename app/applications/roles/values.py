"""What a role's value may be: applications compare it, and tokens and headers carry it."""

import re

ROLE_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
MOST_ROLES = 50
"""Of one application: tokens have a bounded size."""
