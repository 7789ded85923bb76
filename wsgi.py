"""What gunicorn serves."""

from app import create_app
from app.connections.keys import check_keys
from app.database import check_writable

app = create_app()
check_writable(app)
check_keys(app)
