"""Renders a guide's Markdown as HTML.

A guide links to other guides, pictures and headings as GitHub does, so that a link works in the repository, too.
"""

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from app.overview.help.guides import Guide, Heading


class GuideRenderer(RendererHTML):
    """HTML in the text is shown as text, and its comments are left out."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        content = tokens[idx].content
        return "" if re.fullmatch(r"\s*<!--.*?-->\s*", content, re.DOTALL) else escape(content)

    html_inline = html_block

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="guide-table" {_region("Table", tokens, idx)}><table class="table">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return super().fence(tokens, idx, options, env).replace("<pre>", f"<pre {_region('Code', tokens, idx)}>", 1)


def _region(kind: str, tokens: Sequence[Token], idx: int) -> str:
    """The attributes of what scrolls by itself where it is wide, with the keyboard, too. Its name is its own."""
    number = sum(token.type == tokens[idx].type for token in tokens[: idx + 1])
    return f'role="region" aria-label="{kind} {number}" tabindex="0"'


def render(name: str, text: str) -> Guide:
    """Renders Markdown that starts with its title."""
    markdown = MarkdownIt("commonmark", {"html": True, "typographer": True}, renderer_cls=GuideRenderer)
    markdown.enable(["table", "smartquotes"])
    tokens = markdown.parse(text)
    title, *headings = _set_anchors(tokens)
    for token in tokens:
        # A cell's alignment, which the content security policy would block.
        token.attrs.pop("style", None)
        for inline in token.children or ():
            _point_to_help(inline)
    # A heading is three tokens: open, text, close.
    body = markdown.renderer.render(tokens[3:], markdown.options, {})
    return Guide(name, title.text, tuple(headings), Markup(body))  # noqa: S704 - made of our files; the renderer escapes


def _set_anchors(tokens: list[Token]) -> list[Heading]:
    """Gives each heading its id, and returns them."""
    seen: Counter[str] = Counter()
    found = []
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            text = "".join(child.content for child in content.children or ())
            slug = anchor(text)
            token.attrs["id"] = f"{slug}-{seen[slug]}" if seen[slug] else slug
            seen[slug] += 1
            found.append(Heading(int(token.tag[1]), text, str(token.attrs["id"])))
    return found


def anchor(text: str) -> str:
    """The id that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def _point_to_help(token: Token) -> None:
    """`people.md#roles` is at `people#roles` here, beside the guide that names it."""
    if token.type == "link_open":
        token.attrs["href"] = re.sub(r"^([\w-]+)\.md(?=#|$)", r"\1", str(token.attrs["href"]))
    elif token.type == "image":
        token.attrs["loading"] = "lazy"
