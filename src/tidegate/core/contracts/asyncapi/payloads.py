"""Payloads of two versions of a message: as JSON Schemas, as Avro schemas, or else only whether they are equal."""

from dataclasses import replace
from typing import Final

from tidegate.core.contracts import avro
from tidegate.core.contracts.asyncapi.view import Message
from tidegate.core.contracts.differences import Difference
from tidegate.core.contracts.schemas import Dialect, Findings, Flow, Known, Site, compare_schemas
from tidegate.core.contracts.schemas.words import shown
from tidegate.core.contracts.specification import Cursor, Unresolved
from tidegate.core.errors import Problem

DIALECTS: Final = {
    "": Dialect.JSON_SCHEMA,
    "application/vnd.aai.asyncapi": Dialect.JSON_SCHEMA,
    "application/vnd.aai.asyncapi+json": Dialect.JSON_SCHEMA,
    "application/vnd.aai.asyncapi+yaml": Dialect.JSON_SCHEMA,
    "application/schema+json": Dialect.JSON_SCHEMA,
    "application/schema+yaml": Dialect.JSON_SCHEMA,
    "application/vnd.oai.openapi": Dialect.OPENAPI_30,
    "application/vnd.oai.openapi+json": Dialect.OPENAPI_30,
    "application/vnd.oai.openapi+yaml": Dialect.OPENAPI_30,
}
"""Schema formats that are JSON Schemas, without their versions."""

AVRO: Final = frozenset(f"application/vnd.apache.avro{form}" for form in ("", "+json", "+yaml"))


def compare_payloads(old: Message, new: Message, site: Site, known: Known) -> Findings:
    """What differs between two payloads; a doubt where their schema format is not one that is compared."""
    was, now = (message.schema_format.partition(";")[0].strip().lower() for message in (old, new))
    dialect = DIALECTS.get(was)
    if dialect and dialect is DIALECTS.get(now):
        return compare_schemas(old.payload, new.payload, replace(site, dialect=dialect), known)
    if was in AVRO and now in AVRO:
        return _compare_avro(old.payload, new.payload, site)
    if old.schema_format == new.schema_format and known.same(old.payload, new.payload):
        return Findings()
    formats = " and ".join(dict.fromkeys(shown(it.schema_format) or "the default" for it in (old, new)))
    return Findings(doubts=(Problem(message=f"{site.path} in schemaFormat {formats} is not compared"),))


def _compare_avro(old: Cursor, new: Cursor, site: Site) -> Findings:
    """As a stream that the provider writes; the other way round where the consumer does."""
    was, now = old.resolved(), new.resolved()
    if isinstance(was, Unresolved) or isinstance(now, Unresolved):
        reasons = (f"{end.ref} {end.reason}" for end in (was, now) if isinstance(end, Unresolved))
        return Findings(doubts=tuple(Problem(message=f"{site.path}: {reason}") for reason in reasons))
    place = avro.Site(name=site.path, part=site.part, file=now.file, pointer=now.pointer)
    differences, doubts = avro.compare_payloads(was.value, now.value, place)
    if site.flow is Flow.TO_PROVIDER:
        differences = tuple(_turned(difference, site) for difference in differences)
    return Findings(differences=differences, doubts=doubts)


def _turned(difference: Difference, site: Site) -> Difference:
    return replace(
        difference,
        position=site.position,
        old_consumer_new_provider=difference.new_consumer_old_provider,
        new_consumer_old_provider=difference.old_consumer_new_provider,
    )
