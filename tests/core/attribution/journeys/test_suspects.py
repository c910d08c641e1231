"""What can be tried at once, and which two may fail only together."""

from dataclasses import replace

import pytest
from tests.core.attribution.journeys.traffic import ALL, CART, LINKS, MAIL, PAY, STOCK, suspect

from tidegate.core.attribution.journeys.experiment import opened
from tidegate.core.attribution.journeys.suspects import MOST, Suspect, Terms, trial_of
from tidegate.core.errors import Refused

CHAIN = [(CART.service, PAY.service), (PAY.service, STOCK.service), (STOCK.service, MAIL.service)]


def test_pairs_are_those_within_two_calls() -> None:
    """Cart to mail is three: cart calls pay, pay stock, stock mail."""
    trial = trial_of(ALL, CHAIN, (), Terms())
    names = [{ALL[one].service, ALL[other].service} for one, other in trial.pairs]
    assert names == [{"cart", "pay"}, {"cart", "stock"}, {"pay", "stock"}, {"pay", "mail"}, {"stock", "mail"}]
    assert trial.hypotheses == ((0,), (1,), (2,), (3,), *trial.pairs)


def test_a_service_called_in_between_need_not_be_a_suspect() -> None:
    assert trial_of((CART, STOCK), CHAIN, (), Terms()).pairs == ((0, 1),)
    assert trial_of((CART, MAIL), CHAIN, (), Terms()).pairs == ()


def test_detached_are_services_that_nobody_waits_for() -> None:
    queue = [(CART.service, MAIL.service), (CART.service, PAY.service)]
    assert trial_of(ALL, LINKS, queue[:1], Terms()).detached == set()
    assert trial_of(ALL, [], queue, Terms()).detached == {MAIL.service, PAY.service}
    assert trial_of(ALL, [*queue, (STOCK.service, PAY.service)], queue, Terms()).detached == {MAIL.service}


@pytest.mark.parametrize(
    ("suspects", "problem"),
    [
        ((), "0 releases to tell apart (name between 1 and 100)"),
        ([suspect(f"s{n}") for n in range(MOST + 1)], "101 releases to tell apart (name between 1 and 100)"),
        ((CART, PAY, CART), "cart is released twice at once (name one release of it)"),
        (
            (replace(CART, old=CART.new),),
            "cart@2 has no other version beside it (name the version that it replaces)",
        ),
        ((replace(CART, exposure=20.0),), "cart@2 is exposed to 20 (give a share of one)"),
    ],
)
def test_what_is_no_experiment_is_refused(suspects: tuple[Suspect, ...], problem: str) -> None:
    with pytest.raises(Refused) as refused:
        opened(suspects, LINKS)
    assert [str(each) for each in refused.value.problems] == [problem]
