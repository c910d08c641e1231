"""No more names are told apart than there is room for."""

from dataclasses import replace

from tests.observers.traces.pushes import NOW, version

from tidegate.core.traces.span import Span, SpanKind
from tidegate.observers.traces.names import Names

SPAN = Span(
    trace="1", id="1", kind=SpanKind.SERVER, name="GET /a", service=version("cart@1"), start=NOW, end=NOW
)


def test_versions() -> None:
    names = Names(versions=2, operations=9)
    asked = ["cart@1", "cart@2", "cart@3", "cart@1"]
    assert [names.have(version(name)) for name in asked] == [True, True, False, True]
    assert names.have(None)
    names.forget()
    assert names.have(version("cart@3"))


def test_an_operation_too_many_has_no_name_and_is_counted() -> None:
    names = Names(versions=9, operations=1)
    given = [replace(SPAN, name=name) for name in ("GET /a", "GET /b", "GET /a")]
    assert [names.named(span).name for span in given] == ["GET /a", "", "GET /a"]
    assert names.unnamed == 1
