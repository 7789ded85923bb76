"""How often an address may be asked, counted by the asker's IP address; shared by all nodes where Redis is set."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.settings import Settings

limiter = Limiter(key_func=get_remote_address, headers_enabled=False, swallow_errors=True)

MISSED_CODES = "30 per minute"
"""Login codes that don't exist, asked for by one address."""
REFUSED_ANSWERS = "60 per minute"
"""Callbacks that were refused; each writes to a company's history."""
MAILED_KEYS = "5 per hour"
"""Mails with a link that somebody may ask for."""
SIGN_UPS = "10 per hour"
WRONG_PASSWORDS = "10 per minute; 60 per hour"


def init_app(app: Flask, settings: Settings) -> None:
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url.get_secret_value() or "memory://"
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = bool(settings.redis_url.get_secret_value())
    limiter.init_app(app)
