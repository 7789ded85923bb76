#!/usr/bin/env bash
# Runs a command with PostgreSQL, Redis, nginx, Caddy, Apache and Chromium at hand: tests/services.sh pytest …
# Missing programs are installed from Debian's packages where allowed. The servers use a temporary folder, listen on
# loopback or a socket only, and end with the command.
set -euo pipefail

folder=$(mktemp -d)
chmod 755 "$folder"
started=()
cleanup() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap cleanup EXIT

postgres_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

missing=()
[ -n "$(postgres_bin)" ] || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v chromium >/dev/null || missing+=(chromium)
command -v nginx >/dev/null || missing+=(nginx-light)
command -v caddy >/dev/null || missing+=(caddy)
[ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || missing+=(apache2-bin libapache2-mod-auth-openidc)
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  (apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}") >"$folder/install.log" 2>&1 ||
    { tail -n 20 "$folder/install.log"; exit 1; }
fi

if ! command -v chromium-headless-shell >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  # It takes a third of Chromium's processor time for a page. Tests pass without it, so that this may fail.
  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    chromium-headless-shell) >"$folder/install.log" 2>&1 || true
fi

free_port() { python3 "$(dirname "$0")/ports.py"; }

if [ -n "$(postgres_bin)" ]; then
  # PostgreSQL refuses to run as root.
  as=()
  [ "$(id -u)" = 0 ] && as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  mkdir "$folder/postgres"
  [ "$(id -u)" = 0 ] && chown postgres "$folder/postgres"
  "${as[@]}" "$(postgres_bin)/initdb" -D "$folder/postgres/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log"
  port=$(free_port)
  # Tests don't need durable data; `make bench` measures with production's settings.
  not_durable=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
  [ "${DURABLE:-}" = true ] && not_durable=()
  "${as[@]}" "$(postgres_bin)/postgres" -D "$folder/postgres/data" -p "$port" -h 127.0.0.1 -k "$folder/postgres" \
    "${not_durable[@]}" -c max_connections=300 >"$folder/postgres.log" 2>&1 &
  started+=($!)
  until "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$port"; do sleep 0.1; done
  export TEST_POSTGRES_URL="postgresql+psycopg://postgres@127.0.0.1:$port"
fi
if command -v redis-server >/dev/null; then
  port=$(free_port)
  redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --databases 64 --dir "$folder" >"$folder/redis.log" &
  started+=($!)
  export TEST_REDIS_URL="redis://127.0.0.1:$port"
fi
if command -v chromium >/dev/null; then
  TEST_FULL_CHROMIUM=$(command -v chromium)
  TEST_CHROMIUM=$(command -v chromium-headless-shell || command -v chromium)
  export TEST_CHROMIUM TEST_FULL_CHROMIUM
fi

"$@"
