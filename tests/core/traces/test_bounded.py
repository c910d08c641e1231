"""A table that stays small."""

from tidegate.core.traces.bounded import Bounded


def table(most: int, *keys: str) -> Bounded[str, list[str]]:
    """Each key's value lists its uses."""
    found: Bounded[str, list[str]] = Bounded(most, list)
    for number, key in enumerate(keys):
        found[key].append(str(number))
    return found


def shown(of: Bounded[str, list[str]]) -> dict[str, str]:
    return {key: "".join(value) for key, value in of.items()}


def test_values_are_kept_while_there_is_room() -> None:
    of = table(3, "a", "b", "a", "c")
    assert (shown(of), of.forgotten) == ({"a": "02", "b": "1", "c": "3"}, 0)


def test_what_was_not_used_for_the_longest_gives_way() -> None:
    of = table(3, "a", "b", "a", "c", "d")
    assert (shown(of), of.forgotten) == ({"a": "02", "c": "3", "d": "4"}, 1)


def test_a_flood_pushes_out_old_ones_and_not_those_in_use() -> None:
    of: Bounded[int, list[str]] = Bounded(100, list)
    for number in range(10_000):
        of[-1].append("used")
        of[number].append("once")
    kept = dict(of.items())
    assert len(kept) <= 100
    assert (len(kept[-1]), 9_999 in kept, 0 in kept) == (10_000, True, False)
    assert len(kept) + of.forgotten == 10_001


def test_what_nobody_wants_goes_without_being_a_loss() -> None:
    of = table(3, "a", "b", "c")
    of.drop(lambda key: key != "b")
    assert (shown(of), of.forgotten) == ({"b": "1"}, 0)
