"""A certificate as text. Pure: a certificate in, lines out."""

from collections.abc import Iterator
from typing import Final

from tidegate.core.plan.verify import Certificate, Method, Violation


def certificate_text(certificate: Certificate) -> Iterator[str]:
    """What was found, of which plan, how, and on what assumptions."""
    if certificate.holds:
        yield f"Change {certificate.change}: verified. No state of its plan has a bad mixture live."
    else:
        yield f"Change {certificate.change}: NOT verified. Its plan can come to a bad state:"
    for violation in certificate.violations:
        yield from _violation(violation)
    yield f"  plan  {certificate.plan}"
    yield f"  pairs {certificate.pairs}"
    kept, all_ = len(certificate.proofs), len(certificate.proofs) + len(certificate.violations)
    yield f"  {certificate.judged} pairs judged, {kept} of {all_} obligations kept"
    yield f"  {METHODS[certificate.method].format(certificate.states)}"
    yield "  assumed"
    for assumption in certificate.assumptions:
        yield f"    {assumption}"


METHODS: Final = {
    Method.EXHAUSTIVE: "every state looked at ({}), and every obligation proven by itself",
    Method.OBLIGATIONS: "every obligation proven by itself; {} states looked at, there are more",
}


def _violation(violation: Violation) -> Iterator[str]:
    yield f"  {violation.obligation.danger}"
    for number, move in enumerate(violation.witness, start=1):
        yield f"    {number}. {move}"
