"""Many events of a row come to its last state, whatever keys it had on the way."""

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.migrations.move.carriage import Row
from tidegate.core.migrations.move.events import Event, net

KEYS = st.sampled_from(["1", "2", "3", "4"])
WRITES = st.lists(st.tuples(st.sampled_from(["put", "delete", "rename"]), KEYS, KEYS), max_size=30)


def row(key: str, value: int) -> Row:
    return {"id": key, "value": str(value)}


def test_a_row_that_changes_its_key_goes_and_comes() -> None:
    found = net([Event(position=1, key={"id": "1"}, row=row("2", 1))], ("id",))
    assert (found.gone, found.come) == (({"id": "1"}, {"id": "2"}), (row("2", 1),))


@given(WRITES, WRITES)
def test_rows_are_as_if_each_write_were_done_there(
    before: list[tuple[str, str, str]], writes: list[tuple[str, str, str]]
) -> None:
    table: dict[str, Row] = {}
    _written(table, before)
    follower = dict(table)
    events = _written(table, writes)
    found = net(events, ("id",))
    for key in found.gone:
        follower.pop(str(key["id"]), None)
    assert not {each["id"] for each in found.come} & follower.keys()
    follower |= {str(each["id"]): each for each in found.come}
    assert follower == table


def _written(table: dict[str, Row], writes: list[tuple[str, str, str]]) -> list[Event]:
    """The events of writes that the table takes."""
    events = []
    for position, (what, key, other) in enumerate(writes):
        if what == "put":
            table[key] = row(key, position)
            events.append(Event(position=position, key={"id": key}, row=table[key]))
        elif what == "delete" and key in table:
            del table[key]
            events.append(Event(position=position, key={"id": key}, row=None))
        elif what == "rename" and key in table and other not in table:
            del table[key]
            table[other] = row(other, position)
            events.append(Event(position=position, key={"id": key}, row=table[other]))
    return events
