"""The page for everyone: what Portico does for an application, in drawings that screen readers describe, too."""

import re

from tests.cast import Cast


def test_drawings_are_described_in_order(cast: Cast) -> None:
    page = cast.browser().get("/").text
    figures = re.findall(r'<figure><svg [^>]*role="img" aria-label="([^"]+)">.*?<h3>([^<]+)</h3>', page, re.DOTALL)
    assert [title for _, title in figures] == [
        "People sign in at their company’s page",
        "You know who they are",
        "Access ends everywhere",
    ]
    for needed, (description, _) in zip(
        ("login page of Contoso", "her roles", "three applications"), figures, strict=True
    ):
        assert needed in description
    assert cast.browser().get("/help/your-application").status_code == 200
    assert 'href="/help/your-application"' in page
