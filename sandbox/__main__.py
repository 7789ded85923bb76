"""The sandbox as a process: `python -m sandbox --port 8001`."""

import argparse
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from sandbox import create_sandbox
from sandbox.dns_server import DnsServer

ADDRESS = "127.0.0.1"


class Server(BaseApplication):
    """gunicorn with one worker, because the state is in its memory, and sixteen threads."""

    def __init__(self, application: Flask, options: dict[str, Any]) -> None:
        self.application = application
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        """Uses the given options; no file, no command line."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The WSGI application."""
        return self.application


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Simulates Microsoft Entra ID.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--dns-port", type=int, help="serve the simulated DNS at this port, over UDP and TCP")
    parser.add_argument("--host", default=ADDRESS, help=f"only {ADDRESS}: anyone can sign in as any person")
    parser.add_argument("--origin", help="origin for browsers, if not localhost with the port")
    parser.add_argument("--certificate", help="PEM file: serve https")
    parser.add_argument("--key", help="PEM file of the certificate's key")
    arguments = parser.parse_args()
    if arguments.host not in (ADDRESS, "localhost"):
        parser.error(f"the sandbox listens on {ADDRESS} only")
    if bool(arguments.certificate) != bool(arguments.key):
        parser.error("--certificate and --key go together")
    return arguments


def main() -> None:
    """Serves until SIGTERM or SIGINT; prints one line when it is ready."""
    arguments = _arguments()
    scheme = "https" if arguments.certificate else "http"
    origin = arguments.origin or f"{scheme}://localhost:{arguments.port}"

    application = create_sandbox(origin)

    def ready(worker: Any) -> None:
        if arguments.dns_port:
            DnsServer(application.extensions["sandbox"].txt_records.answer, arguments.dns_port).start()
        print(f"Sandbox directory ready at {origin}/", flush=True)  # noqa: T201 -- what the caller waits for

    options = {
        "bind": f"{ADDRESS}:{arguments.port}",
        "worker_class": "gthread",
        "workers": 1,
        "threads": 16,
        "keepalive": 75,
        "timeout": 0,  # a restarted worker would lose the state
        "graceful_timeout": 10,
        "loglevel": "error",
        "control_socket_disable": True,
        "post_worker_init": ready,
        "certfile": arguments.certificate,
        "keyfile": arguments.key,
    }
    Server(application, options).run()


if __name__ == "__main__":
    main()
