"""The endpoints of SCIM for the route table, which imports none of them: scim2-models would take a quarter of the
start's time, and most installations never hear from a directory.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from flask.typing import ResponseReturnValue


@cache
def view_of(part: str, name: str) -> Callable[..., ResponseReturnValue]:
    """The view of this name in the package `part`, whose module is imported with its first request. The same for each
    of its routes, as Flask expects of an endpoint.
    """
    module = f"{__package__}.{part}.views"

    def view(**arguments: Any) -> ResponseReturnValue:
        answer: ResponseReturnValue = getattr(import_module(module), name)(**arguments)
        return answer

    view.__module__, view.__name__ = module, name
    return view
