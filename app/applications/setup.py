"""Connects the package to the application; called once at the start."""

from flask import Flask

from app.applications.client_keys import ClientKeys
from app.applications.launchpad import start_page
from app.applications.outbound import Outbound
from app.applications.provider import continuation as provider_continuation
from app.applications.provider import cors
from app.applications.signing_keys import key_ring
from app.core.unit_of_work import refuse_in_unit_of_work
from app.login import continuation
from app.settings import Settings


def init_app(app: Flask, settings: Settings) -> None:
    outbound = Outbound(settings.application_hosts, settings.requests_ca_bundle, refuse_in_unit_of_work)
    app.extensions["outbound"] = outbound
    app.extensions["client_keys"] = ClientKeys(outbound)
    key_ring.init_app(app)
    cors.init_app(app)
    continuation.register(app, provider_continuation.continuation_at, start_page.path, start_page.launch)
