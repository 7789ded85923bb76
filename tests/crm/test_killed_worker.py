"""A worker process is killed during an import, and another worker process resumes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.browser import CSRF
from tests.cast import COMPANIES, OWNER_PASSWORD
from tests.crm.admin import CRM_CLIENT, CRM_SECRET
from tests.directory import CONTOSO, Directory
from tests.e2e.processes import Portico, until

DATAVERSE = f"tenants/{CONTOSO}/dataverse"
PAGE_SIZE = 2_000
KILLED_AFTER = 6_000


@pytest.fixture(params=[16_000, pytest.param(50_000, marks=pytest.mark.prove)])
def number_of_contacts(request: pytest.FixtureRequest) -> int:
    """Full pages, and enough that the sync isn't finished when the worker is killed."""
    return int(request.param)


@pytest.fixture
def portico(directory: Directory, tmp_path: Path, number_of_contacts: int) -> Iterator[Portico]:
    directory.call("DELETE", f"{DATAVERSE}/contacts?count=1000")
    directory.call("POST", f"{DATAVERSE}/contacts", {"count": number_of_contacts})
    directory.call("PUT", DATAVERSE, {"application_users": [CRM_CLIENT]})
    started = Portico(tmp_path, directory)
    started.open(COMPANIES)
    yield started
    started.close()


def press(portico: Portico, owner: requests.Session, page: str, path: str, **fields: str) -> requests.Response:
    """Posts as the form on that page would."""
    token = CSRF.search(owner.get(f"{portico.base_url}{page}", timeout=30).text)
    assert token
    data = {"csrf_token": token[1], **fields}
    return owner.post(f"{portico.base_url}{path}", data=data, allow_redirects=False, timeout=60)


def reach(portico: Portico, number: int) -> None:
    """Waits until so many are synced; the timeout applies to each page, for slow machines."""
    for step in range(0, number + 1, PAGE_SIZE):
        until(lambda step=step: done(portico) >= min(step, number), portico.worker)  # type: ignore[misc]


def done(portico: Portico) -> int:
    ((number,),) = portico.rows("SELECT done FROM crm_sync")
    return int(number)


def contacts(portico: Portico) -> int:
    ((number,),) = portico.rows("SELECT count(DISTINCT external_id) FROM crm_contact")
    return int(number)


@pytest.mark.timeout(600)
def test_another_worker_resumes_without_losing_or_duplicating_contacts(
    portico: Portico, number_of_contacts: int
) -> None:
    with requests.Session() as owner:
        login_page = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
        assert press(portico, owner, "/login/contoso", "/login/contoso/password", **login_page).status_code == 303
        settings = {
            "kind": "application",
            "client_id": CRM_CLIENT,
            "tenant": CONTOSO,
            "environment": f"https://localhost:{portico.directory.port}",
            "secret": CRM_SECRET,
            "secret_expires": "2027-10-01",
        }
        response = press(portico, owner, "/crm/connect", "/crm/connect/start", **settings)
        assert response.headers["Location"] == "/crm"

        reach(portico, KILLED_AFTER)
        assert portico.worker
        portico.worker.kill()
        portico.worker.wait(30)
        synced = done(portico)
        assert KILLED_AFTER <= synced < number_of_contacts
        assert contacts(portico) == synced, "a page and its progress are committed together"

        portico.worker = portico._start("worker-2", "flask", "worker")
        # The dead worker's lease expires.
        portico.change("UPDATE crm_sync SET lease_until = started_at")
        assert press(portico, owner, "/crm", "/crm/bring").status_code == 303
        reach(portico, number_of_contacts)
        until(lambda: bool(portico.rows("SELECT 1 FROM crm_sync WHERE finished_at IS NOT NULL")), portico.worker)
    assert contacts(portico) == done(portico) == number_of_contacts
    # It resumed where the first one stopped: at most two pages were in flight then.
    pages = number_of_contacts // PAGE_SIZE
    assert pages <= len(portico.directory.requests("contacts")) <= pages + 2
