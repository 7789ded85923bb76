"""What gunicorn serves."""

from app import create_app
from app.connections.keys import check_keys

app = create_app()
check_keys(app)
