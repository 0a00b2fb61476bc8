"""The PostgreSQL server that MLflow and Prefect keep their records in, when one is named: a database for each.

Its address travels as the variables that libpq reads, so that no password stands in a command line or a file.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from credit_default.errors import InputError, ServiceError

_SCHEMES: Final = {"postgresql", "postgres"}
_PORT: Final = 5432


def parse_postgres_address(address: str) -> dict[str, str]:
    """The server as PGHOST, PGPORT, PGUSER and, where it is named, PGPASSWORD.

    Raises:
        InputError: it is no `postgresql://user@host:port`; the address is not told, as a password may stand in it.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _PORT
    except ValueError:
        parts, port = urlsplit(""), _PORT
    if parts.scheme not in _SCHEMES or not parts.username or parts.path.strip("/") or parts.query:
        raise InputError(
            "setting stack.database",
            found="something else",
            expected="postgresql:// with a user, a host and a port",
            remedy="Leave the database's name out: `mlflow`, `mlflow_users` and `prefect` are made on that server.",
        )
    named = {
        "PGHOST": parts.hostname or "localhost",
        "PGPORT": str(port),
        "PGUSER": unquote(parts.username),
    }
    return named | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})


def create_databases(variables: Mapping[str, str], names: Sequence[str]) -> None:
    """Nothing; each of these databases is on the server, made when it was not there.

    Raises:
        ServiceError: the server does not answer, or its user may not make one.
    """
    psycopg2 = _import_driver()
    try:
        connection = psycopg2.connect(
            host=variables["PGHOST"],
            port=variables["PGPORT"],
            user=variables["PGUSER"],
            password=variables.get("PGPASSWORD"),
            dbname="postgres",
            connect_timeout=10,
        )
        try:
            connection.autocommit = True  # a database cannot be made in a transaction
            with connection.cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database")
                there = {name for (name,) in cursor.fetchall()}
                for name in names:
                    if name not in there:
                        cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise ServiceError(
            f"PostgreSQL at {variables['PGHOST']}:{variables['PGPORT']}",
            found=str(error).strip(),
            expected="a server that lets us in, with the databases " + ", ".join(names),
            remedy="Start it, or let an administrator make the databases and give them to this user.",
        ) from error


def _import_driver() -> Any:
    try:
        import psycopg2
    except ImportError as error:
        raise ServiceError(
            "PostgreSQL",
            found="no psycopg2",
            expected="the driver that MLflow's server needs",
            remedy="Install it: `pip install psycopg2-binary`.",
        ) from error
    return psycopg2
