"""The PostgreSQL that tests run on."""

from tidegate.demo.postgres import PostgresServer, running

__all__ = ["PostgresServer", "running"]
