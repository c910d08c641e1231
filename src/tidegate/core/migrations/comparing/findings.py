"""A comparison as evidence of a gate."""

from tidegate.core.gates.evidence import Finding, Gap, Missing
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.report import Mismatch, Report


def finding(migration: MigrationName, report: Report) -> Finding:
    """A mismatch is broken; where the database gave no answer, evidence is missing; else all is well."""
    seen = [each for each in report.mismatches if each.rows]
    if seen:
        return Finding(name=_name(migration), broken=True, reason="; ".join(map(said, seen)))
    if report.mismatches:
        return unknown(migration, Gap.NO_DATA, "; ".join(map(said, report.mismatches)))
    return Finding(
        name=_name(migration), reason=f"{migration}: both shapes say the same of {report.rows} rows"
    )


def unknown(migration: MigrationName, gap: Gap, what: str) -> Finding:
    """Nothing is known of the data of a migration, and why."""
    missing = Missing(gap=gap, what=f"data of {migration}: {what}")
    return Finding(name=_name(migration), reason=str(missing), missing=missing)


def nothing_to_compare(migration: MigrationName, why: str) -> Finding:
    """There are no two shapes to compare."""
    return Finding(name=_name(migration), reason=f"{migration}: {why}")


def said(mismatch: Mismatch) -> str:
    """A mismatch in words: what, where, how many rows and some of them."""
    table = f"{mismatch.table}: " if mismatch.table else ""
    rows = f" ({mismatch.rows} row{'s' if mismatch.rows > 1 else ''})" if mismatch.rows else ""
    keys = f", such as {'; '.join(mismatch.keys)}" if mismatch.keys else ""
    return f"{table}{mismatch.said}{rows}{keys}"


def _name(migration: MigrationName) -> str:
    return f"data of {migration}"
