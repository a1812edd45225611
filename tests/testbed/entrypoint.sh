#!/bin/sh
# Does what the official image's entrypoint does, for what tests use of it, in plain sh (bare images lack bash).
set -eu
case "${1-}" in -* | '') set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?set it, as for the official image}" "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
  printf '%s\n' "$POSTGRES_PASSWORD" >/tmp/password
  # shellcheck disable=SC2086  # the arguments are meant to be split
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password -E UTF8 --locale=C.UTF-8 --no-sync ${POSTGRES_INITDB_ARGS-}
  rm /tmp/password
  # As there: the container trusts itself, everyone else shows a password.
  echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
  sql() { psql -v ON_ERROR_STOP=1 -X -q -U "$POSTGRES_USER" -d "$@"; }
  [ "$POSTGRES_DB" = postgres ] || echo 'CREATE DATABASE :"name"' | sql postgres -v name="$POSTGRES_DB"
  for file in /docker-entrypoint-initdb.d/*.sql; do [ ! -e "$file" ] || sql "$POSTGRES_DB" -f "$file"; done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@"
