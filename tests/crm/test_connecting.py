"""Connecting Dynamics 365: what is asked for, what proves it, and what is refused."""

from tests.crm.admin import Admin


def test_somebody_connects_and_the_organisation_is_named(admin: Admin) -> None:
    answer = admin.connect()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/crm"), answer.text
    page = admin.page()
    assert "Connected to Contoso." in page
    assert "With the rights of Adaeze Okonkwo" in page


def test_the_contacts_are_brought_after_the_answer(admin: Admin) -> None:
    admin.connect()
    assert admin.contacts() == {}
    assert admin.work() >= 1
    assert len(admin.contacts()) == 60
    assert "Adaeze Okonkwo One of us" in admin.page("/crm?q=adaeze")
