"""The configuration of a reverse proxy for one application, from the files in deploy/forward-auth/."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from app.settings import ROOT

FOLDER = ROOT / "deploy" / "forward-auth"
FILES = {"nginx": "nginx.conf", "caddy": "Caddyfile", "traefik": "traefik.yml"}
DEFAULT_UPSTREAM = "http://127.0.0.1:3000"
TLS = """\
  proxy_ssl_server_name on;
  proxy_ssl_name @name@;
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 3;
  proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
"""
NGINX_PREFLIGHTS = """\
  # CORS preflights have no cookies. The application answers them, and learns of no one.
  set $portico_preflight "$request_method $http_origin $http_access_control_request_method";
  if ($portico_preflight ~ "^OPTIONS [^ ]+ [^ ]+$") {
    return 204;
  }
"""
CADDY_PREFLIGHTS = """\
		# CORS preflights have no cookies. The application answers them, and learns of no one.
		@preflight {
			method OPTIONS
			header Origin *
			header Access-Control-Request-Method *
		}
		handle @preflight {
			request_header -Cookie
			reverse_proxy @upstream@
		}
"""
TRAEFIK_PREFLIGHTS = """\
    # CORS preflights have no cookies. The application answers them, and learns of no one.
    @client_id@-preflight:
      rule: >-
        Host(`@site_name@`) && Method(`OPTIONS`) && HeaderRegexp(`Origin`, `.+`)
        && HeaderRegexp(`Access-Control-Request-Method`, `.+`)
      priority: 2000
      entryPoints: [websecure]
      tls: {}
      middlewares: [@client_id@-strip]
      service: @client_id@
"""
PREFLIGHTS = {"nginx": NGINX_PREFLIGHTS, "caddy": CADDY_PREFLIGHTS, "traefik": TRAEFIK_PREFLIGHTS}
"""What each proxy's configuration has where preflights are let past."""


@dataclass(frozen=True)
class Site:
    """What a configuration is filled with."""

    client_id: str
    origin: str
    base_url: str
    portico: str
    """The origin at which the proxy reaches Portico: `base_url`, or an address of the private network."""
    upstream: str = DEFAULT_UPSTREAM
    passes_preflights: bool = False


def render(proxy: str, site: Site) -> str:
    """`proxy` is a key of FILES."""
    portico, own = urlsplit(site.base_url), urlsplit(site.origin)
    text = (FOLDER / FILES[proxy]).read_text("utf-8")
    for name, value in (
        ("preflights", PREFLIGHTS[proxy] if site.passes_preflights else ""),
        ("tls", TLS if site.portico.startswith("https:") else ""),
        ("client_id", site.client_id),
        ("origin", site.origin),
        ("site", own.netloc),
        ("site_name", own.hostname or ""),
        ("portico", site.portico),
        ("host", portico.netloc),
        ("name", portico.hostname or ""),
        ("upstream", site.upstream),
    ):
        text = text.replace(f"@{name}@\n" if name in ("tls", "preflights") else f"@{name}@", value)
    return text
