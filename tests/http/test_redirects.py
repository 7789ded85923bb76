"""A next path stays on this site as browsers interpret it."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.http.redirects import LONGEST, safe_next

SITE = "https://app.example.com"


@pytest.mark.parametrize("path", ["/", "/people", "/people?q=a%20b&c=d#e", "/a//b", "/%2f%2fevil", "/" + "x" * 499])
def test_local_path_is_kept(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *(None, "", 7, ["/a"], b"/a", "people", "//evil", "/\\evil", "\\/evil", "///evil", "/\t/evil", "/\r\n/evil"),
        *("https://evil", "javascript:alert(1)", " /a", "/a b", "/a\x00", "/é", "/a\\b", "/a\x7f", "/" + "x" * LONGEST),
    ],
    ids=repr,
)
def test_other_targets_fall_back_to_root(path: object) -> None:
    assert safe_next(path) == "/"


def as_browsers_read(path: str) -> str:
    """Browsers drop tabs and line breaks and treat a backslash as a slash."""
    return path.replace("\t", "").replace("\n", "").replace("\r", "").strip(" ").replace("\\", "/")


@given(st.text(alphabet=st.sampled_from("/\\:.@?#\t\r\n evilhtps%20;é\x00"), max_size=12))
@example("/\t/evil")
@example("/.//evil")
def test_no_path_leaves_this_site(path: str) -> None:
    kept = safe_next(path)
    target = urlsplit(urljoin(SITE + "/login", as_browsers_read(kept)))
    assert f"{target.scheme}://{target.netloc}" == SITE
    assert "\r" not in kept
    assert "\n" not in kept
