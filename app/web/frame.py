"""The frame around every signed-in page."""

from flask import Flask, render_template
from markupsafe import Markup

from app.web.current import Visitor
from app.web.templates import kept, place


def init_app(app: Flask) -> None:
    app.jinja_env.globals["side"] = side


def side(section: str, visitor: Visitor) -> Markup:
    """The company, where one can go from here, and who is signed in. `section` is the part that the page belongs to."""
    texts = {"company_name": visitor.company_name, "person_name": visitor.name, "avatar_url": visitor.avatar_url}
    return _side(section, visitor.role, visitor.is_admin, texts=texts)


@kept
def _side(section: str, role: str, is_admin: bool) -> str:
    return render_template(
        "side.html",
        section=section,
        role=role,
        is_admin=is_admin,
        company_name=place("company_name"),
        person_name=place("person_name"),
        avatar_url=place("avatar_url"),
    )
