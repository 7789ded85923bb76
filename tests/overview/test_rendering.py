"""Every event has its words, and every entry a sentence, whatever is known of it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.audit.catalog import REASONS
from app.crm.problems import PROBLEMS
from app.login import errors
from app.overview.audit_log.rendering import AuditEvent, Subject, details, plain_text, sentence

ALICE = Subject(UUID(int=1), True, "Adaeze Okonkwo", None)
BOB = Subject(UUID(int=2), True, "Björn Ek", None)
STAFF = Subject(UUID(int=3), False, "Contoso staff", None)
NAMES = {named.id: named for named in (ALICE, BOB, STAFF)}


def say(event: str, actor: Subject | None = None, subject: Subject | UUID | None = None, **detail: Any) -> str:
    subject_id = subject.id if isinstance(subject, Subject) else subject
    return plain_text(sentence(AuditEvent(event, actor.id if actor else None, subject_id, detail), NAMES))


def test_every_reason_of_a_refusal_has_words() -> None:
    reasons = {one.reason for one in vars(errors).values() if isinstance(one, errors.Refusal)}
    assert len(reasons) > 10
    assert reasons - set(REASONS) == set()


def test_every_trouble_of_the_crm_has_words() -> None:
    assert set(PROBLEMS) - set(REASONS) == set()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            say("sign_in.admitted", ALICE, ALICE, method="Contoso staff", first=True),
            "Adaeze Okonkwo signed in for the first time, with Contoso staff",
        ),
        (
            say("sign_in.admitted", ALICE, ALICE, method="Password", first=False),
            "Adaeze Okonkwo signed in with Password",
        ),
        (say("sign_in.refused", reason="guest"), "Sign-in failed: guests aren’t allowed"),
        (say("sign_in.refused", None, BOB, reason="wrong_password"), "Björn Ek couldn’t sign in: wrong password"),
        (
            say("sign_in.refused", reason="id_token_issued_in_future"),
            "Sign-in failed: the ID token was rejected (issued in future)",
        ),
        (
            say("sign_in.refused", reason="aadsts_65004"),
            "Sign-in failed: the person declined consent (AADSTS65004)",
        ),
        (say("sign_in.refused", reason="aadsts_1"), "Sign-in failed: rejected by Microsoft (AADSTS1)"),
        (say("sign_in.refused", reason="some_new_one"), "Sign-in failed: some new one"),
        (say("person.made", None, BOB, role="admin"), "System added Björn Ek with the role admin"),
        (say("person.made", None, BOB, tid="t", oid="o"), "Björn Ek was added at their first sign-in with Microsoft"),
        (
            say("connection.changed", ALICE, STAFF, changed={"is_enabled": [True, False], "client_id": ["a", "b"]}),
            "Adaeze Okonkwo changed the connection Contoso staff: active, application ID",
        ),
        (
            say("connection.tested", ALICE, STAFF, passed=True),
            "Adaeze Okonkwo tested the connection Contoso staff: it passed",
        ),
        (
            say("connection.tested", ALICE, STAFF, passed=False),
            "Adaeze Okonkwo tested the connection Contoso staff: it failed",
        ),
        (
            say("credential.added", None, STAFF, kind="secret", setup_link="x"),
            "Someone with a setup link added a client secret to the connection Contoso staff",
        ),
        (say("session.ended", ALICE, ALICE, session="x"), "Adaeze Okonkwo signed out one of their sessions"),
        (say("session.ended", ALICE, BOB, session="x"), "Adaeze Okonkwo signed out Björn Ek’s session"),
        (say("session.ended", ALICE, uuid4(), session="x"), "Adaeze Okonkwo signed out a deleted person’s session"),
        (say("person.changed", BOB, uuid4(), name="Ann", changed={"role": ["a", "b"]}), "Björn Ek changed Ann: role"),
    ],
)
def test_an_entry_reads_as_a_sentence(told: str, words: str) -> None:
    assert told == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (say("pigeon_post.sent", ALICE, BOB), "Pigeon post sent, by Adaeze Okonkwo: Björn Ek"),
        (say("pigeon_post.sent", ALICE), "Pigeon post sent, by Adaeze Okonkwo"),
        (say("pigeon_post.sent", None, STAFF), "Pigeon post sent: Contoso staff"),
        (say("pigeon_post.sent"), "Pigeon post sent"),
        (say("connection.changed"), "Connection changed"),
        (say("sign_in.admitted"), "Sign in admitted"),
    ],
)
def test_an_event_without_words_or_with_less_than_they_need_still_says_what_it_is(told: str, words: str) -> None:
    assert told == words


def test_details_show_what_was_before_and_after() -> None:
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


def test_details_of_a_refusal_by_microsoft_say_what_to_do() -> None:
    label, text = details({"reason": "aadsts_50105"})[-1]
    assert label == "How to fix it"
    assert "assign the person" in text


def test_names_are_parts_of_their_own_so_that_a_page_can_mark_them() -> None:
    odd = Subject(UUID(int=9), True, "{who} <b>", None)
    told = AuditEvent("session.ended", odd.id, BOB.id, {"session": "x"})
    parts = sentence(told, {odd.id: odd, BOB.id: BOB})
    assert [(part.text, part.person_id) for part in parts if part.is_name] == [
        ("{who} <b>", odd.id),
        ("Björn Ek", BOB.id),
    ]
