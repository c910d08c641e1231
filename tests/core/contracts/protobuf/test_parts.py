"""Which part of an interface a finding touches: the scan of the source finds what buf's messages leave out."""

import pytest

from tidegate.core.contracts.protobuf.parts import Finding, declarations, may_serve, part_of

SOURCE = """\
syntax = "proto3"; // message Not {
package shop.v1; /* message Neither { */
message Order {
  option (note) = "message Nor {";
  string id = 1;
  message Line {
\t\tint32 sku = 1;
    oneof of { bool a = 2; }
    map<string, Line> by = 3;
  }
  enum State { NEW = 0; }
}
service Orders {
  rpc Get(Order) returns (Order) { option deprecated = true; }
}
"""


def part(message: str, line: int, column: int, file: str = "a.proto") -> tuple[str, ...]:
    return part_of(
        Finding(rule="", message=message, file=file, line=line, column=column), {"a.proto": SOURCE}
    )


@pytest.mark.parametrize(
    ("message", "line", "column", "found"),
    [
        ('Field "1" with name "id" on message "Order" changed', 5, 3, ("shop.v1.Order", "id")),
        ('Field "1" with name "sku" on message "Line" changed', 7, 17, ("shop.v1.Order.Line", "sku")),
        (
            'Previously present field "9" with name "gone" on message "Line"',
            6,
            3,
            ("shop.v1.Order.Line", "gone"),
        ),
        ('Field "2" with name "value" on message "ByEntry" changed', 9, 5, ("shop.v1.Order.Line",)),
        ('Message "Order" changed', 3, 1, ("shop.v1.Order",)),
        ('Enum value "0" on enum "State" changed', 11, 16, ()),
        ('RPC "Get" on service "Orders" changed', 14, 3, ("shop.v1.Orders", "Get")),
        ('Previously present service "Old" was deleted from package "shop.v1".', 1, 1, ("shop.v1.Old",)),
        ("File syntax changed", 1, 1, ()),
        ("Past the end", 99, 99, ()),
    ],
)
def test_parts(message: str, line: int, column: int, found: tuple[str, ...]) -> None:
    assert part(message, line, column) == found


def test_what_stands_in_no_file_touches_all() -> None:
    assert part('Previously present file "b.proto" was deleted.', 0, 0, file="") == ()


def test_a_source_without_package_and_with_a_brace_too_many() -> None:
    names = [found.name for found in declarations("} message A { message B { } } } enum C { X = 0; }")]
    assert names == ["A.B", "A", "C"]


def test_unterminated_comments_and_strings_are_scanned_once() -> None:
    assert list(declarations("/*" * 50_000)) == []
    assert list(declarations('"' + "\\" * 50_001)) == []


@pytest.mark.parametrize(
    ("text", "serves"),
    [
        ("package a; service S { }", True),
        ("package a; message M { }", False),
        ("package b; service S { }", False),
        ("package /* odd */ a; service S { }", True),
    ],
)
def test_a_package_may_have_a_service_unless_its_files_say_none(text: str, serves: bool) -> None:
    assert may_serve("a", {"x.proto": text}) is serves
