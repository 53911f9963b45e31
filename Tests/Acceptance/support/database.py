"""PostgreSQL as the tests meet it after others have killed it."""

import psycopg

from .environment import until


def wait_for_database(url: str) -> None:
    """Returns once it takes connections: after a crash it recovers first."""

    def takes_connections() -> bool:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return True
        except psycopg.OperationalError:
            return False

    until(takes_connections, timeout=120, what="PostgreSQL to take connections")
