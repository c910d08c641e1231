"""No value of a user is left in a name or a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.observers.traces.redaction import HIDDEN, LONGEST, identifier, path, route, words


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/pay/{id}/refund", "/pay/{id}/refund"),
        ("/v1/orders/:order_id", "/v1/orders/:order_id"),
        ("/files/<path:name>", "/files/<path:name>"),
        ("/static/*", "/static/*"),
        ("/shop.Pay/Charge", "/shop.Pay/Charge"),
        ("/orders/81723", "/orders/{}"),
        ("/users/ann@example.com", "/users/{}"),
        ("/t/0af7651916cd43dd", "/t/{}"),
        ("", ""),
        ("/", "/"),
    ],
)
def test_routes(given: str, shown: str) -> None:
    assert route(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/pay", "/pay"),
        ("/users/ann/cards/4111", "/users/{}/{}/{}"),
        ("/81723", "/{}"),
        ("/search?q=secret#there", "/search"),
        ("http://shop.example:8080/cart/12?user=ann", "/cart/{}"),
        ("https://shop.example", "/"),
        ("", "/"),
    ],
)
def test_of_a_raw_path_the_first_word_is_shown(given: str, shown: str) -> None:
    assert path(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("java.net.SocketTimeoutException", "java.net.SocketTimeoutException"),
        ("std::bad_alloc", "std::bad_alloc"),
        ("TimeoutError", "TimeoutError"),
        ("500", "500"),
        ("_OTHER", "_OTHER"),
        ("shop.Pay", "shop.Pay"),
        ("no such user: ann", ""),
        ("4111111111111111", ""),
        ("a" * (LONGEST + 1), ""),
        ("", ""),
    ],
)
def test_identifiers(given: str, shown: str) -> None:
    assert identifier(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("connection refused", "connection refused"),
        ("order 81723 of ann@example.com failed", "order {} of {} failed"),
        ("user 'Ann Smith' not found", "user {} not found"),
        ('cannot parse "4111 1111" as a number', "cannot parse {} as a number"),
        ("can't connect to 10.0.0.7:8080", "can't connect to {}"),
        ("token eyJhbGciOiJIUzI1NiJ9.e30.x expired", "token {} expired"),
        ("key abcdefghijklmnopqrstuvwxyz", "key {}"),
        ("see https://shop.example/u/ann now", "see {} now"),
        ("1 2 3", "{}"),
        ("unclosed 'Ann", "unclosed {}"),
        ("", ""),
    ],
)
def test_free_text(given: str, shown: str) -> None:
    assert words(given) == shown


@given(st.text(max_size=2_000))
def test_whatever_comes_is_bounded_and_has_no_number_or_address(text: str) -> None:
    shown = words(text)
    assert len(shown) <= LONGEST
    assert not any(letter.isdigit() or letter in '@/\\="' for letter in shown.replace(HIDDEN, ""))
    assert max(map(len, (route(text), path(text), identifier(text)))) <= LONGEST
