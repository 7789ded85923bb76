"""The steps to an active connection, its page, and its confirmations."""

import re
from html import unescape

import pytest

from tests.cast import ALICE, CHARLIE, Cast
from tests.connections.admin import AD, Admin, contoso_admin, new_connection, states
from tests.connections.test_setup_links import fill, link
from tests.directory import CONTOSO, CONTOSO_CLIENT, CONTOSO_SECRET, FABRIKAM, FABRIKAM_CLIENT, FABRIKAM_SECRET
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

VALUES = {
    "tenant": FABRIKAM,
    "client_id": FABRIKAM_CLIENT,
    "secret": FABRIKAM_SECRET,
    "secret_expires": "2027-12-01",
    "version": "1",
}


def next_step(admin: Admin) -> str:
    """The target of the connection's own URL."""
    response = admin.browser.get(admin.path)
    return response.headers["Location"].rpartition("/")[2] if response.status_code == 302 else "page"


def test_draft_reopens_at_its_next_step(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert next_step(admin) == "register"
    admin.save(tenant=FABRIKAM, client_id=FABRIKAM_CLIENT)
    assert next_step(admin) == "values"
    admin.save(secret=FABRIKAM_SECRET, secret_expires="2027-12-01")
    assert next_step(admin) == "test"
    admin.register()
    admin.test(CHARLIE)
    assert next_step(admin) == "activate"
    assert "Activate the connection" in admin.browser.get(f"{admin.path}/activate").text
    assert admin.press("activate").headers["Location"] == f"{admin.path}/activate"
    assert "Share your login page" in admin.browser.get(f"{admin.path}/activate").text
    assert next_step(admin) == "page"


def test_first_step_is_shown_directly_without_a_connection(cast: Cast) -> None:
    """A further connection doesn't start with an existing name."""
    browser = cast.charlie()
    assert "Sign-in flow" in browser.get(f"{AD}/new").text
    assert 'value="Microsoft Entra ID"' in browser.get(f"{AD}/new").text
    new_connection(cast, browser, title="Microsoft Entra ID")
    assert 'value="Microsoft Entra ID 2"' in browser.get(f"{AD}/new").text
    refused = browser.post_form(f"{AD}/new", page=AD, title="Microsoft Entra ID", flow="spa")
    assert refused.status_code == 422
    assert "This name is already used." in refused.text


def test_flow_and_name_can_be_changed_later(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert admin.press("flow", title="Partners", flow="spa").status_code == 303
    page = admin.browser.get(f"{admin.path}/register").text
    assert "platform Single-page application" in page
    assert "/popup" in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tenant", "common", "aren’t a specific directory"),
        ("client_id", FABRIKAM, "That’s the directory (tenant) ID"),
        ("secret", FABRIKAM_CLIENT, "That’s the Secret ID"),
        ("secret", "", "Paste the secret’s Value."),
        ("secret_expires", "2020-01-01", "in the past"),
    ],
)
def test_errors_are_summarized_with_links_to_their_fields(cast: Cast, field: str, value: str, words: str) -> None:
    admin = new_connection(cast, cast.alice())
    response = admin.press("values", **{**VALUES, field: value})
    assert response.status_code == 422
    summary = re.search(r'error-summary".*?</ul>', response.text, re.DOTALL)
    assert summary
    assert f'href="#{field}"' in summary[0]
    assert words in unescape(summary[0])
    assert f'id="{field}"' in response.text
    assert FABRIKAM_SECRET not in response.text


def test_second_admin_to_save_values_sees_the_conflict(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert admin.press("values", **VALUES).status_code == 303
    late = admin.press("values", **{**VALUES, "tenant": CONTOSO})
    assert late.status_code == 409
    assert FABRIKAM in late.text


def test_running_test_is_followed_step_by_step(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    admin.press("values", **VALUES)
    admin.register()

    def watched() -> str:
        html = admin.browser.get(f"{admin.path}/test/steps").get_json()["html"]
        assert isinstance(html, str)
        return html

    assert set(states(watched()).values()) == {"not_reached"}
    admin.press("test/start")
    assert "Test running" in watched()
    admin.test(CHARLIE)
    assert "Test running" not in watched()
    assert set(states(watched()).values()) == {"ok"}
    assert f'action="{admin.path}/activate"' in watched()


def test_failed_step_names_its_field(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    admin.press("values", **{**VALUES, "secret": "wrong"})
    admin.register()
    page = unescape(admin.test(CHARLIE))
    assert "Test failed at: Client secret." in page
    assert f'href="{admin.path}/values#secret"' in page


def test_active_connection_page_starts_with_its_state(cast: Cast) -> None:
    cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    admin = contoso_admin(cast, cast.alice())
    page = admin.browser.get(admin.path).text
    facts = re.search(r'<dl class="facts.*?</dl>', page, re.DOTALL)
    assert facts
    for words in ("Active since", "Last sign-in", "Failed sign-ins today", "Credential expires"):
        assert words in facts[0]
    assert "None yet" not in facts[0]
    assert page.index("facts") < page.index("Everything is set up") < page.index("<details>")
    admin.save(button_label="Come in")
    assert "Test them first" in admin.browser.get(admin.path).text


def test_failed_sign_ins_of_the_day_are_counted(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    visitor = cast.browser()
    visitor.post_form(
        "/login/contoso/password", page="/login/contoso", email="owner@contoso.example", password="a wrong one"
    )
    facts = re.search(r"Failed sign-ins today</dt><dd><a[^>]*>(\d+)<", admin.browser.get(admin.path).text)
    assert facts
    assert facts[1] == "1"


def test_secret_is_replaced_in_two_steps(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    wrong = admin.press("secret", secret=CONTOSO_CLIENT, secret_expires="2027-12-01")
    assert wrong.status_code == 422
    assert "That’s the Secret ID" in unescape(wrong.text)
    saved = admin.press("secret", secret=CONTOSO_SECRET, secret_expires="2027-12-01")
    assert saved.headers["Location"] == f"{admin.path}/test"
    admin.test(ALICE)
    assert admin.press("activate").status_code == 303
    with cast.app.app_context():
        assert len(admin.draft().active_credentials) == 2


def test_deactivation_asks_for_confirmation(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    asked = admin.press("enabled", enabled="no")
    assert asked.status_code == 409
    assert "No one can sign in with it" in asked.text
    assert admin.press("enabled", enabled="no", confirmed="yes").status_code == 303
    assert admin.press("enabled", enabled="yes").status_code == 303


def test_admins_are_notified_by_email_only_when_setup_is_complete(cast: Cast, mail_server: LocalMailServer) -> None:
    admin = new_connection(cast, cast.alice(), title="Partners")
    path, colleague = link(admin), cast.browser()
    assert fill(colleague, path, tenant=CONTOSO, client_id=CONTOSO_CLIENT) == 303
    assert "The client secret is still missing" in colleague.get(path, follow_redirects=True).text
    run_tasks(cast.app)
    assert mail_server.emails == []
    fill(colleague, path, secret=CONTOSO_SECRET, secret_expires="2027-10-01")
    run_tasks(cast.app)
    done = colleague.get(path, follow_redirects=True).text
    assert "We’ve told Adaeze Okonkwo; you’re done." in done
    assert mail_server.subjects()
    assert all("is ready to test" in subject for subject in mail_server.subjects())
    assert all(admin.path in text for text in mail_server.texts())
    assert next_step(admin) == "test"
    assert "IT entered the values" in admin.browser.get(f"{admin.path}/register").text


def test_passed_test_offers_to_publish_only_new_settings(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    passed = admin.test(ALICE)
    assert "Test passed. Sign-in works." in passed
    assert "Publish changes" not in passed
    admin.save(button_label="Sign in at Contoso")
    assert "Publish changes" in admin.test(ALICE)
