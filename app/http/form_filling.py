"""Restores what a person typed in a page's form, except secrets."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import escape
from werkzeug.datastructures import MultiDict

SECRETS = frozenset({"csrf_token", "password", "old", "secret", "secret_kept", "number", "key", "proof", "credential"})
"""Fields that are never shown again: passwords, client secrets, one-time codes, keys, tokens."""
KEPT_HIDDEN = frozenset({"version"})
"""Hidden fields that record what the person was looking at; all others are taken from the page."""
NOT_TYPED = frozenset({"password", "file", "submit", "button", "image", "reset"})

Attributes = list[tuple[str, str | None]]


def typed_of(form: MultiDict[str, str]) -> MultiDict[str, str]:
    """The submitted values that may be shown again."""
    return MultiDict((name, value) for name, value in form.items(multi=True) if name not in SECRETS)


def fill(page: str, page_path: str, action: str, typed: MultiDict[str, str]) -> str:
    """The page, with the typed values in its forms that are sent to this path."""
    filler = _Filler(page_path, action, typed)
    filler.feed(page)
    filler.close()
    return "".join(filler.out)


class _Filler(HTMLParser):
    """Copies a page unchanged except for the fields that it fills."""

    def __init__(self, page_path: str, action: str, typed: MultiDict[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._page_path = page_path
        self._action = action
        self._left = {name: list(values) for name, values in typed.lists()}
        """The remaining typed values by field name, for fields that occur more than once."""
        self._form_ids: set[str | None] = set()
        self._is_inside = False
        self._select: str | None = None
        self._skips = False
        """True inside a text area whose text was replaced."""

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self._skips:
            return
        own = dict(attrs)
        text = self.get_starttag_text() or ""
        if tag == "form":
            self._is_inside = (urlsplit(own.get("action") or "").path or self._page_path) == self._action
            if self._is_inside and "id" in own:
                self._form_ids.add(own["id"])
        name = own.get("name") or ""
        is_ours = own["form"] in self._form_ids if "form" in own else self._is_inside
        if is_ours and name not in SECRETS:
            if tag == "input":
                text = self._input(text, attrs, name, own.get("type") or "text", own.get("value"))
            elif tag == "select" and name in self._left:
                self._select = name
            elif tag == "textarea" and self._left.get(name):
                self._skips = True
                self.out.append(f"{text}\n{escape(self._left[name].pop(0))}")
                return
        if tag == "option" and self._select:
            text = _tag(tag, attrs, {"selected": own.get("value") in self._left[self._select]})
        self.out.append(text)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        """As in SVG; our fields are never self-closing."""
        self.out.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._skips = False
        if not self._skips:
            self.out.append(f"</{tag}>")

    def _input(self, text: str, attrs: Attributes, name: str, kind: str, value: str | None) -> str:
        if kind in ("checkbox", "radio"):
            return _tag("input", attrs, {"checked": (value or "on") in self._left.get(name, ())})
        if kind in NOT_TYPED or (kind == "hidden" and name not in KEPT_HIDDEN) or not self._left.get(name):
            return text
        return _tag("input", attrs, {"value": self._left[name].pop(0)})

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")


def _tag(tag: str, attrs: Attributes, changes: dict[str, str | bool]) -> str:
    """The tag with changed attributes; True is an attribute without a value, False removes it."""
    kept: dict[str, str | bool] = {name: True if value is None else value for name, value in attrs}
    shown = [
        name if value is True else f'{name}="{escape(str(value))}"'
        for name, value in {**kept, **changes}.items()
        if value is not False
    ]
    return f"<{' '.join([tag, *shown])}>"
