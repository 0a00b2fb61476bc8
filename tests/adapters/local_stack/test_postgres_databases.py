import pytest

from credit_default.adapters.local_stack.postgres_databases import (
    create_databases,
    parse_postgres_address,
)
from credit_default.errors import InputError, ServiceError


def test_address_becomes_the_variables_that_libpq_reads():
    assert parse_postgres_address("postgresql://keeper:a%40b@db.example:5433") == {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "keeper",
        "PGPASSWORD": "a@b",
    }
    assert parse_postgres_address("postgres://keeper@/") == {
        "PGHOST": "localhost",
        "PGPORT": "5432",
        "PGUSER": "keeper",
    }


@pytest.mark.parametrize(
    "address",
    [
        "mysql://keeper:hidden@db",
        "postgresql://db:5432",
        "postgresql://keeper:hidden@db/mlflow",
        "postgresql://keeper:hidden@db:port",
        "postgresql://keeper:hidden@db?sslmode=off",
        "sqlite:///hidden",
    ],
)
def test_invalid_address_is_refused_without_showing_it(address):
    with pytest.raises(
        InputError, match=r"stack\.database: found something else; expected postgresql://"
    ) as refusal:
        parse_postgres_address(address)

    assert "hidden" not in str(refusal.value)


def test_server_that_does_not_answer_is_named_without_its_password():
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed: `make setup` installs it")

    with pytest.raises(ServiceError, match=r"PostgreSQL at 127\.0\.0\.1:9") as failure:
        create_databases(
            parse_postgres_address("postgresql://keeper:hidden@127.0.0.1:9"), ["mlflow"]
        )

    assert "hidden" not in str(failure.value)
