"""One session, one observation; and how far the memory reaches."""

from tidegate.observers.otlp.sessions import Sessions


def test_only_the_first_time_counts() -> None:
    sessions = Sessions(10)
    seen = [("tried", "web@1", "a"), ("tried", "web@1", "b"), ("tried", "web@1", "a"), ("bad", "web@1", "a")]
    assert [sessions.first(*each) for each in seen] == [True, True, False, True]


def test_names_are_not_run_together() -> None:
    sessions = Sessions(10)
    assert [sessions.first("ab", "c"), sessions.first("a", "bc")] == [True, True]


def test_the_least_recently_seen_is_forgotten_and_counts_anew() -> None:
    sessions = Sessions(2)
    seen = "a", "b", "a", "c", "a", "b"
    assert [sessions.first(each) for each in seen] == [True, True, False, True, False, True]
    assert len(sessions) == 2
