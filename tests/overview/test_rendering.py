"""Every event has a text, and every entry is a sentence, even with incomplete details."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.audit.reasons import REASONS
from app.crm.problems import PROBLEMS
from app.login import errors
from app.overview.audit_log.rendering import AuditEvent, Subject, details, plain_text, sentence

ALICE = Subject(UUID(int=1), True, "Adaeze Okonkwo", None)
BOB = Subject(UUID(int=2), True, "Björn Ek", None)
STAFF = Subject(UUID(int=3), False, "Contoso staff", None)
NAMES = {named.id: named for named in (ALICE, BOB, STAFF)}


def render(event: str, actor: Subject | None = None, subject: Subject | UUID | None = None, **detail: Any) -> str:
    subject_id = subject.id if isinstance(subject, Subject) else subject
    return plain_text(sentence(AuditEvent(event, actor.id if actor else None, subject_id, detail), NAMES))


def test_every_sign_in_error_has_a_text() -> None:
    reasons = {one.reason for one in vars(errors).values() if isinstance(one, errors.Refusal)}
    assert len(reasons) > 10
    assert reasons - set(REASONS) == set()


def test_every_crm_problem_has_a_text() -> None:
    assert set(PROBLEMS) - set(REASONS) == set()


@pytest.mark.parametrize(
    ("rendered", "words"),
    [
        (
            render("sign_in.admitted", ALICE, ALICE, method="Contoso staff", first=True),
            "Adaeze Okonkwo signed in for the first time, with Contoso staff",
        ),
        (
            render("sign_in.admitted", ALICE, ALICE, method="Password", first=False),
            "Adaeze Okonkwo signed in with Password",
        ),
        (render("sign_in.refused", reason="guest"), "Sign-in failed: guests aren’t allowed"),
        (render("sign_in.refused", None, BOB, reason="wrong_password"), "Björn Ek couldn’t sign in: wrong password"),
        (
            render("sign_in.refused", reason="id_token_issued_in_future"),
            "Sign-in failed: the ID token was rejected (issued in future)",
        ),
        (
            render("sign_in.refused", reason="aadsts_65004"),
            "Sign-in failed: the person declined consent (AADSTS65004)",
        ),
        (render("sign_in.refused", reason="aadsts_1"), "Sign-in failed: rejected by Microsoft (AADSTS1)"),
        (render("sign_in.refused", reason="some_new_one"), "Sign-in failed: some new one"),
        (render("person.made", None, BOB, role="admin"), "System added Björn Ek with the role admin"),
        (
            render("person.made", None, BOB, tid="t", oid="o"),
            "Björn Ek was added at their first sign-in with Microsoft",
        ),
        (
            render("connection.changed", ALICE, STAFF, changed={"is_enabled": [True, False], "client_id": ["a", "b"]}),
            "Adaeze Okonkwo changed the connection Contoso staff: active, application ID",
        ),
        (
            render("connection.tested", ALICE, STAFF, passed=True),
            "Adaeze Okonkwo tested the connection Contoso staff: it passed",
        ),
        (
            render("connection.tested", ALICE, STAFF, passed=False),
            "Adaeze Okonkwo tested the connection Contoso staff: it failed",
        ),
        (
            render("credential.added", None, STAFF, kind="secret", setup_link="x"),
            "Someone with a setup link added a client secret to the connection Contoso staff",
        ),
        (render("session.ended", ALICE, ALICE, session="x"), "Adaeze Okonkwo signed out one of their sessions"),
        (render("session.ended", ALICE, BOB, session="x"), "Adaeze Okonkwo signed out Björn Ek’s session"),
        (render("session.ended", ALICE, uuid4(), session="x"), "Adaeze Okonkwo signed out a deleted person’s session"),
        (
            render("person.changed", BOB, uuid4(), name="Ann", changed={"role": ["a", "b"]}),
            "Björn Ek changed Ann: role",
        ),
    ],
)
def test_entry_is_rendered_as_a_sentence(rendered: str, words: str) -> None:
    assert rendered == words


@pytest.mark.parametrize(
    ("rendered", "words"),
    [
        (render("pigeon_post.sent", ALICE, BOB), "Pigeon post sent, by Adaeze Okonkwo: Björn Ek"),
        (render("pigeon_post.sent", ALICE), "Pigeon post sent, by Adaeze Okonkwo"),
        (render("pigeon_post.sent", None, STAFF), "Pigeon post sent: Contoso staff"),
        (render("pigeon_post.sent"), "Pigeon post sent"),
        (render("connection.changed"), "Connection changed"),
        (render("sign_in.admitted"), "Sign in admitted"),
    ],
)
def test_unknown_or_incomplete_event_is_still_described(rendered: str, words: str) -> None:
    assert rendered == words


def test_details_show_old_and_new_values() -> None:
    changed = {"title": ["Old", "New"], "is_enabled": [False, True], "note": ["", "Hi"], "password": "changed"}
    assert details({"changed": changed, "expires": None, "filters": {"group": "people"}, "first": False}) == [
        ("Title", "Old → New"),
        ("Active", "No → Yes"),
        ("Note", "None → Hi"),
        ("Password", "changed"),
        ("Expires", "None"),
        ("Filters", "Group: people"),
        ("First sign-in", "No"),
    ]


def test_details_of_a_microsoft_error_say_how_to_fix_it() -> None:
    label, text = details({"reason": "aadsts_50105"})[-1]
    assert label == "How to fix it"
    assert "assign the person" in text


def test_names_are_separate_fragments_for_markup() -> None:
    odd = Subject(UUID(int=9), True, "{who} <b>", None)
    rendered = AuditEvent("session.ended", odd.id, BOB.id, {"session": "x"})
    parts = sentence(rendered, {odd.id: odd, BOB.id: BOB})
    assert [(part.text, part.person_id) for part in parts if part.is_name] == [
        ("{who} <b>", odd.id),
        ("Björn Ek", BOB.id),
    ]
