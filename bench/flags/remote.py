"""Who is asked over the network of one machine, on connections that stay open: a tidegate in a process of its own."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

from bench.flags.questions import FLAGD, KINDS, PLAIN, STATIC
from bench.flags.server import serving
from bench.flags.subjects import Subject, through_openfeature
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import CacheType, ResolverType
from openfeature.contrib.provider.ofrep import OFREPProvider

ALL = "/ofrep/v1/evaluate/flags"


def by_http(name: str, connection: HTTPConnection, bulk: bool) -> Subject:
    """OFREP without the SDK: what the server itself takes."""
    bodies = tuple(json.dumps({"context": context}) for context in PLAIN)

    def ask(kind: str, user: int) -> object:
        try:
            connection.request("POST", ALL if bulk else f"{ALL}/{kind}", bodies[user])
            return json.loads(connection.getresponse().read())
        except ConnectionError:  # the server lets go of who has been quiet for 5 s: it was another's turn
            connection.close()
            return ask(kind, user)

    return Subject(name=name, ask=ask, kinds=(STATIC,) if bulk else KINDS)


@contextmanager
def over_the_network(folder: Path) -> Iterator[tuple[Subject, ...]]:
    """All who are asked over the network."""
    path = folder / "served.json"
    path.write_text(json.dumps(FLAGD))
    with serving(path, folder / "state") as address:
        host, _, port = address.flags_grpc.rpartition(":")
        rpc = FlagdProvider(
            host=host,
            port=int(port),
            resolver_type=ResolverType.RPC,
            cache=CacheType.DISABLED,
            deadline_ms=10_000,
        )
        with closing(HTTPConnection(address.url.removeprefix("http://"))) as connection:
            yield (
                through_openfeature("OFREP provider, tidegate", OFREPProvider(address.url)),
                through_openfeature("flagd provider by gRPC, tidegate", rpc),
                by_http("OFREP without a provider", connection, bulk=False),
                by_http("OFREP without a provider, all flags", connection, bulk=True),
            )
        api.clear_providers()
