import pytest

from .driver import ADAEZE, BJORN, DISABLED, SPA, TENANT, WEB, Driver, answer


def test_picker_lists_all_people_and_escapes_their_names(sandbox: Driver) -> None:
    page = sandbox.begin().text
    assert "Adaeze Okonkwo" in page
    assert "Robin &lt;script&gt;" in page
    assert "Not Microsoft" in page


def test_picking_an_account_returns_code_and_state(sandbox: Driver) -> None:
    response = sandbox.pick()
    assert response.location.startswith(WEB + "?")
    assert answer(response)["state"] == "st&te"
    assert answer(response)["code"]


def test_response_mode_fragment_is_supported(sandbox: Driver) -> None:
    assert sandbox.pick(redirect_uri=SPA, response_mode="fragment").location.startswith(SPA + "#code=")


def test_response_mode_form_post_is_supported(sandbox: Driver) -> None:
    response = sandbox.pick(response_mode="form_post")
    assert f'action="{WEB}"' in response.text
    assert 'name="code"' in response.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": WEB + "/"}, 50011),
        ({"redirect_uri": WEB.replace("callback", "Callback")}, 50011),
        ({"redirect_uri": "http://127.0.0.1:9/callback"}, 50011),
        ({"redirect_uri": None}, 900971),
        ({"client_id": "99999999-9999-4999-8999-999999999999"}, 700016),
        ({"client_id": None}, 900144),
        ({"response_mode": "smoke"}, 90023),
    ],
)
def test_error_that_cannot_be_returned_safely_is_shown_on_a_page(sandbox: Driver, changes: dict, code: int) -> None:
    response = sandbox.begin(**changes)
    assert response.status_code == 400
    assert f"AADSTS{code}" in response.text


@pytest.mark.parametrize(
    ("changes", "code", "error"),
    [
        ({"prompt": "none"}, 50058, "login_required"),
        ({"scope": "openid Bogus.Read"}, 70011, "invalid_scope"),
        ({"scope": None}, 900144, "invalid_request"),
        ({"scope": "https://crm.example.com/.default"}, 500011, "invalid_resource"),
        ({"response_type": "id_token"}, 700054, "unsupported_response_type"),
        ({"prompt": "please"}, 90023, "invalid_request"),
    ],
)
def test_other_errors_are_returned_to_the_application(sandbox: Driver, changes: dict, code: int, error: str) -> None:
    sent = answer(sandbox.begin(**changes))
    assert sent["error"] == error
    assert sent["error_description"].startswith(f"AADSTS{code}: ")
    assert "Trace ID: " in sent["error_description"]
    assert sent["state"] == "st&te"


def test_port_of_localhost_redirect_uri_is_ignored(sandbox: Driver) -> None:
    assert sandbox.pick(redirect_uri="http://localhost:53124/callback").location.startswith("http://localhost:53124/")


def test_common_is_rejected_for_a_single_tenant_application(sandbox: Driver) -> None:
    sandbox.tenant = "common"
    assert "AADSTS50194" in sandbox.begin().text


def test_tenant_of_another_cloud_is_rejected(sandbox: Driver) -> None:
    sandbox.client.put(f"/sandbox/api/tenants/{TENANT}", json={"national_cloud": "microsoftonline.us"})
    assert "AADSTS90038" in sandbox.begin().text


def test_canceling_returns_access_denied(sandbox: Driver) -> None:
    sent = answer(sandbox.client.post(sandbox.request(), data={"action": "cancel"}))
    assert (sent["error"], sent["error_subcode"]) == ("access_denied", "cancel")
    assert "AADSTS65004" in sent["error_description"]


@pytest.mark.parametrize(
    ("address", "code"),
    [("kofi.mensah@fabrikam.example", 50020), ("unknown@contoso.example", 50034), ("x@elsewhere.example", 50034)],
)
def test_address_of_another_directory_is_rejected(sandbox: Driver, address: str, code: int) -> None:
    assert f"AADSTS{code}" in sandbox.client.post(sandbox.request(), data={"username": address}).text


def test_address_of_this_directory_signs_in(sandbox: Driver) -> None:
    response = sandbox.client.post(sandbox.request(), data={"username": "Bjorn.Lindqvist@contoso.example"})
    assert answer(response)["code"]


def test_disabled_account_is_rejected_on_a_page(sandbox: Driver) -> None:
    page = sandbox.pick(DISABLED).text
    assert "AADSTS50057" in page
    assert "Use another account" in page
    assert "Use another account" not in sandbox.begin(redirect_uri=WEB + "x").text


def test_unassigned_person_is_rejected_on_a_page(sandbox: Driver) -> None:
    sandbox.configure(assignment_required=True, assigned=[BJORN])
    assert "AADSTS50105" in sandbox.pick(ADAEZE).text
    assert sandbox.code(BJORN)


def test_existing_session_signs_in_silently(sandbox: Driver) -> None:
    sandbox.pick(BJORN)
    assert answer(sandbox.begin())["code"]
    assert answer(sandbox.begin(prompt="none"))["code"]


@pytest.mark.parametrize("changes", [{"prompt": "select_account"}, {"prompt": "login"}])
def test_application_can_request_the_picker(sandbox: Driver, changes: dict) -> None:
    sandbox.pick(BJORN)
    assert "Pick an account" in sandbox.begin(**changes).text


def test_login_hint_for_another_person_lists_them_first(sandbox: Driver) -> None:
    sandbox.pick(BJORN)
    page = sandbox.begin(login_hint="hinemoa.parata@contoso.example").text
    assert page.index("Hinemoa") < page.index("Adaeze")


def test_session_of_one_tenant_is_not_valid_in_another(sandbox: Driver) -> None:
    sandbox.pick(BJORN)
    sandbox.tenant, sandbox.application = "fabrikam.example", "44444444-4444-4444-8444-444444444444"
    sandbox.client.put(
        f"/sandbox/api/tenants/33333333-3333-4333-8333-333333333333/applications/{sandbox.application}",
        json={"redirect_uris": {"web": [WEB]}},
    )
    assert "Pick an account" in sandbox.begin().text


def test_consent_is_requested_once(sandbox: Driver) -> None:
    sandbox.configure(consent="user")
    assert "Permissions requested" in sandbox.pick(BJORN).text
    assert answer(sandbox.begin(prompt="none"))["error"] == "interaction_required"
    assert answer(sandbox.pick(BJORN, consent="accept"))["code"]
    assert answer(sandbox.begin(prompt="none"))["code"]


def test_additional_scopes_require_consent_again(sandbox: Driver) -> None:
    sandbox.configure(consent="user")
    sandbox.pick(BJORN, consent="accept", scope="openid profile")
    assert "Permissions requested" in sandbox.pick(BJORN, scope="openid profile User.Read").text


def test_consent_can_be_declined(sandbox: Driver) -> None:
    sandbox.configure(consent="user")
    assert answer(sandbox.pick(consent="decline"))["error"] == "access_denied"


@pytest.mark.parametrize(
    ("consent", "scope"), [("admin", "openid profile User.Read"), ("user", "openid Directory.Read.All")]
)
def test_admin_consent_required_page_links_back(sandbox: Driver, consent: str, scope: str) -> None:
    sandbox.configure(consent=consent)
    page = sandbox.pick(BJORN, scope=scope).text
    assert "AADSTS90094" in page
    assert f'href="{WEB}?error=access_denied&amp;' in page
    assert "AADSTS90094" in sandbox.pick(BJORN, scope=scope, consent="accept").text


def test_prompt_consent_asks_although_already_granted(sandbox: Driver) -> None:
    assert "Permissions requested" in sandbox.pick(prompt="consent").text
    assert answer(sandbox.pick(prompt="consent", consent="accept"))["code"]


def test_administrator_can_consent_for_everyone(sandbox: Driver) -> None:
    sandbox.configure(consent="admin")
    address = sandbox.request().replace("/oauth2/v2.0/authorize", "/v2.0/adminconsent")
    assert "for your organization" in sandbox.client.get(address).text
    sent = answer(sandbox.client.post(address, data={"consent": "accept"}))
    assert (sent["admin_consent"], sent["tenant"], sent["state"]) == ("True", TENANT, "st&te")
    assert "https://graph.microsoft.com/User.Read" in sent["scope"]
    assert sandbox.code(BJORN)


def test_declined_admin_consent_returns_error_with_admin_consent_true(sandbox: Driver) -> None:
    address = sandbox.request().replace("/oauth2/v2.0/authorize", "/v2.0/adminconsent")
    sent = answer(sandbox.client.post(address, data={"consent": "decline"}))
    assert (sent["error"], sent["admin_consent"]) == ("access_denied", "True")


def test_signing_out_ends_session_and_redirects_only_to_registered_uris(sandbox: Driver) -> None:
    sandbox.pick(BJORN)
    logout = f"/{TENANT}/oauth2/v2.0/logout?state=s&post_logout_redirect_uri="
    assert sandbox.client.get(logout + "https://evil.example/").status_code == 200
    assert answer(sandbox.begin(prompt="none"))["error"] == "login_required"
    assert sandbox.client.get(logout + WEB).location == WEB + "?state=s"


def test_signing_out_calls_logout_urls_of_the_sessions_applications(sandbox: Driver) -> None:
    url = "https://app.example.com/auth/k3/front-channel-logout"
    sandbox.configure(logout_url=url)
    sid = answer(sandbox.pick(BJORN))["session_state"]
    page = sandbox.client.get(f"/{TENANT}/oauth2/v2.0/logout?state=s&post_logout_redirect_uri={WEB}")
    assert page.status_code == 200, "the frames come before the redirect"
    assert f'<iframe src="{url}?sid={sid}"' in page.text
    assert f'<a href="{WEB}?state=s" data-continue>' in page.text
    assert "; frame-src https://app.example.com; " in page.headers["Content-Security-Policy"]
    sandbox.configure(logout_url=url)
    again = sandbox.client.get(f"/{TENANT}/oauth2/v2.0/logout")
    assert "<iframe" not in again.text, "no session, no applications"


def test_pages_cannot_be_framed_or_run_foreign_scripts(sandbox: Driver) -> None:
    for address in (sandbox.request(), "/", "/sandbox/drills"):
        policy = sandbox.client.get(address).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
