"""What gunicorn serves."""

from app import create_app
from app.audit import closing
from app.connections.encryption_key_check import check_keys
from app.core.database import check_writable

app = create_app()
check_writable(app)
check_keys(app)
if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
    closing.init_app(app)
