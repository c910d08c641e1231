"""The table of rules, read from new to old, is the same table with the two answers in each other's place."""

import pytest

from tidegate.core.contracts.openapi.rules import BACKWARDS, RULES, Change, Noun


@pytest.mark.parametrize(
    ("noun", "change"), [(noun, change) for noun, rules in RULES.items() for change in rules]
)
def test_a_change_read_backwards_breaks_the_others(noun: Noun, change: Change) -> None:
    forth, back = RULES[noun][change], RULES[noun][BACKWARDS[change]]
    assert forth.old_consumer_new_provider == back.new_consumer_old_provider
    assert forth.new_consumer_old_provider == back.old_consumer_new_provider


def test_everything_that_may_differ_has_rules() -> None:
    assert set(RULES) == set(Noun)
    assert {change for rules in RULES.values() for change in rules} == set(Change)


def test_reasons_are_given() -> None:
    assert all(rule.why for rules in RULES.values() for rule in rules.values())
