"""The guides as pages: each is shown, every link resolves, and HTML in the source is escaped."""

import re
from html.parser import HTMLParser

import pytest

from app.overview.help import guides, markdown
from app.settings import ROOT
from tests.browser import Browser
from tests.cast import Cast

NAMES = sorted(guides.AUDIENCES)


class Links(HTMLParser):
    """What a page links to and shows, and the anchors it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes |= set(found)
        self.links |= {value for name in ("href", "src") if (value := found.get(name))}
        if found.get("id"):
            self.anchors.add(str(found["id"]))


@pytest.fixture
def browser(cast: Cast) -> Browser:
    return cast.browser()


def article(page: str) -> str:
    return page.partition("<article")[2].partition("</article>")[0]


def test_index_links_to_every_guide(browser: Browser) -> None:
    page = browser.get("/help").text
    for name in NAMES:
        guide = guides.guide(name)
        assert guide is not None
        assert f'<a href="/help/{name}">{guide.title}</a>' in page


@pytest.mark.parametrize("name", NAMES)
def test_every_guide_is_shown_with_its_table_of_contents(browser: Browser, name: str) -> None:
    response = browser.get(f"/help/{name}")
    assert response.status_code == 200
    source = (guides.DOCS / f"{name}.md").read_text()
    page = response.text
    for title in re.findall(r"^## (.+)$", source, re.MULTILINE):
        assert f'<a href="#{markdown.anchor(title)}">' in page
    assert page.count("<table") == len(re.findall(r"^\|-", source, re.MULTILINE))
    assert "<!--" not in page
    assert "&lt;!--" not in page


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_anchor_of_a_guide_resolves(browser: Browser, name: str) -> None:
    written = article(browser.get(f"/help/{name}").text)
    contents = {f"#{heading.anchor}" for heading in guide.headings} if (guide := guides.guide(name)) else set()
    for link in Links(written).links | contents:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        # Relative to the guide, as a browser resolves it.
        target = path if path.startswith("/") else f"/help/{path or name}"
        response = browser.get(target)
        assert response.status_code == 200, link
        assert not anchor or anchor in Links(response.text).anchors, link


@pytest.mark.parametrize("name", NAMES)
def test_guide_needs_no_exception_in_the_content_security_policy(browser: Browser, name: str) -> None:
    written = article(browser.get(f"/help/{name}").text)
    assert Links(written).attributes <= {
        "id",
        "class",
        "href",
        "src",
        "alt",
        "loading",
        "role",
        "aria-label",
        "tabindex",
        "start",
    }
    assert "<script" not in written


def test_html_in_a_guide_is_escaped() -> None:
    guide = markdown.render(
        "made",
        "# <b>Title</b>\n\n## A <i>heading</i>\n\n<script>alert(1)</script>\n\n<!-- left out -->\n"
        "Text <img src=x onerror=alert(1)> and <!-- this --> [a link](javascript:alert(1)).\n\n"
        '![a "picture](data:text/html,x)\n\n| a |\n|--:|\n| <svg onload=alert(1)> |\n',
    )
    body = Links(guide.body)
    assert guide.title == "<b>Title</b>"
    assert body.attributes == {"id", "class", "role", "aria-label", "tabindex"}
    assert body.links == set()
    assert "left out" not in guide.body
    assert "&lt;script&gt;" in guide.body
    assert "&lt;svg onload=alert(1)&gt;" in guide.body


def test_headings_of_the_same_name_have_unique_anchors() -> None:
    guide = markdown.render("made", "# Title\n\n## Roles, and `leaving`\n\n## Roles, and leaving\n")
    assert [heading.anchor for heading in guide.headings] == ["roles-and-leaving", "roles-and-leaving-1"]


@pytest.mark.parametrize(
    "path",
    [
        "/help/architecture",
        "/help/operate",
        "/help/pictures",
        "/help/pictures/none.webp",
        "/help/pictures/..%2fpeople.md",
    ],
)
def test_no_other_file_of_the_repository_is_served(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_images_are_cached(browser: Browser) -> None:
    response = browser.get("/help/pictures/advanced-form.webp")
    assert response.mimetype == "image/webp"
    assert response.headers["Cache-Control"] == "public, max-age=86400"


def test_every_help_link_in_templates_resolves() -> None:
    linked = set()
    for template in (ROOT / "templates").glob("**/*.html"):
        for name, anchor in re.findall(r'help_link\("([\w-]+)", _\("[^"]+"\)(?:, "([\w-]+)")?\)', template.read_text()):
            linked.add(template.name)
            guide = guides.guide(name)
            assert guide is not None, name
            assert not anchor or anchor in {heading.anchor for heading in guide.headings}, (template.name, anchor)
    assert {"advanced.html", "setup.html", "connect.html", "refused.html", "two_step.html", "add_file.html"} <= linked
