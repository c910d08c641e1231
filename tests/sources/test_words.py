"""Words in messages: quoted as written, harmless on a terminal, with a guess at what was meant."""

from tidegate.sources.words import did_you_mean, quoted


def test_quoted_words_are_as_written_but_never_control_a_terminal() -> None:
    assert quoted("ledger-api") == "'ledger-api'"
    assert quoted("größe →") == "'größe →'"
    assert quoted("\x1b[31mred") == r"'\x1b[31mred'"
    assert quoted("two\nlines") == r"'two\nlines'"
    assert len(quoted("x" * 1000)) == 82


def test_the_nearest_known_word_is_offered_whatever_its_case() -> None:
    assert did_you_mean("Ledgr", ["payments", "ledger"]) == "did you mean 'ledger'?"
    assert did_you_mean("onfailure", ["onFailure"]) == "did you mean 'onFailure'?"
    assert did_you_mean("zebra", ["payments", "ledger"]) == ""
    assert did_you_mean("x", []) == ""
