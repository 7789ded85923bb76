"""Secrets, certificates and federated credentials, and how the next one is used when one fails."""

from datetime import date

from app.connections import actions
from app.core.unit_of_work import unit_of_work
from tests.cast import ALICE, Cast
from tests.connections.admin import Admin, contoso_admin, states
from tests.directory import CONTOSO, CONTOSO_CLIENT, CONTOSO_SECRET


def _certificate(admin: Admin) -> str:
    admin.press("certificate")
    with admin.cast.app.app_context():
        credential = next(one for one in admin.draft().credentials if one.kind == "certificate")
        credential_id = credential.id
    file = admin.browser.get(f"{admin.path}/credentials/{credential_id}.cer")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "PRIVATE" not in file.text
    return file.text


def test_generated_certificate_signs_in_after_upload(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    cast.directory.application(CONTOSO, CONTOSO_CLIENT, certificates=[_certificate(admin)])
    cast.directory.forget_requests()
    assert set(states(admin.test(ALICE)).values()) == {"ok"}
    (asked,) = cast.directory.requests("token")
    assert asked["client_auth"] == "certificate"


def test_certificate_missing_at_microsoft_is_named_in_report(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.press("certificate")
    page = admin.test(ALICE)
    assert states(page)["Credential"] == "failed"
    assert "upload the certificate" in page


def test_federated_credential_needs_no_secret(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.press("federated")
    issuer = f"/auth/{cast.contoso_connection}/federation"
    metadata = cast.browser().get(f"{issuer}/.well-known/openid-configuration").json
    keys = cast.browser().get(f"{issuer}/keys").json
    assert metadata
    cast.directory.application(
        CONTOSO,
        CONTOSO_CLIENT,
        federated=[
            {
                "issuer": metadata["issuer"],
                "subject": cast.contoso_connection,
                "audience": "api://AzureADTokenExchange",
                "jwks": keys,
            }
        ],
    )
    assert set(states(admin.test(ALICE)).values()) == {"ok"}


def test_federated_keys_are_published_until_credential_is_removed(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    keys = f"/auth/{cast.contoso_connection}/federation/keys"
    assert cast.browser().get(keys).status_code == 404
    for number in (1, 2):
        admin.press("federated")
        published = cast.browser().get(keys).get_json()["keys"]
        assert len({one["kid"] for one in published}) == number
        assert all("d" not in one for one in published)
    with cast.app.app_context():
        added = [one.id for one in admin.draft().new_credentials]
    for credential_id in added:
        admin.press(f"credentials/{credential_id}/remove", confirmed="yes")
    assert cast.browser().get(keys).status_code == 404


def test_next_secret_takes_over_when_first_is_rejected(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    cast.directory.application(
        CONTOSO, CONTOSO_CLIENT, secrets=[{"id": "s2", "value": "the next secret", "expires": "2028-01-01"}]
    )
    admin.save(secret="the next secret", secret_expires="2027-12-01")
    assert set(states(admin.test(ALICE)).values()) == {"ok"}
    admin.press("activate")
    for _ in range(2):
        assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    with cast.app.app_context():
        refused = [one.refused_at is not None for one in admin.draft().credentials]
        assert refused == [True, False]
    cast.directory.forget_requests()
    cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    assert len(cast.directory.requests("token")) == 1


def test_expired_secret_is_not_tried_first(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context(), unit_of_work():
        draft = admin.draft()
        draft.credentials[0].expires = date(2020, 1, 1)
        actions.add_secret(draft, CONTOSO_SECRET, None)
        actions.activate(draft)
    cast.directory.forget_requests()
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    with cast.app.app_context():
        assert [one.refused_at for one in admin.draft().credentials] == [None, None]


def test_last_active_credential_cannot_be_removed(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context():
        only = admin.draft().credentials[0].id
    admin.press(f"credentials/{only}/remove")
    with cast.app.app_context():
        assert len(admin.draft().credentials) == 1
