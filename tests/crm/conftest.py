import pytest

from tests.cast import Cast
from tests.crm.admin import Admin


@pytest.fixture
def admin(cast: Cast) -> Admin:
    """Alice, with the redirect URI registered and nothing connected."""
    admin = Admin(cast, cast.alice())
    admin.register()
    return admin


@pytest.fixture
def connected(admin: Admin) -> Admin:
    """Alice has connected, and the contacts are synced."""
    assert admin.connect().status_code == 303
    admin.run_worker()
    return admin
