"""Access rules of the server, computed from values alone."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.wire.access import Access, Bucket, Caller, Limits, RateLimit, crowds, is_own, refusal

LAN = Access(
    remote_ips=(ip_network("192.168.1.0/24"), ip_network("fd00::/8")),
    token="sésame",
    web_origins=("http://pi-dm:3000",),
)
LIMITS = Limits(peers=10, peers_per_address=3)
NEIGHBOUR = Caller(address="192.168.1.7", target="/ws?token=s%C3%A9same")


def status(caller: Caller, access: Access = LAN) -> int | None:
    """The HTTP status of the refusal; None if the caller is admitted."""
    refused = refusal(caller, access, LIMITS)
    return refused.status if refused else None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", None),
        ("127.9.9.9", None),
        ("::1", None),
        ("192.168.1.7", None),
        ("::ffff:192.168.1.7", None),
        ("fd12::1", None),
        ("192.168.2.7", 403),
        ("::ffff:8.8.8.8", 403),
        ("fe80::1%eth0", 403),
    ],
)
def test_only_this_machine_and_remote_ips_come_in(address: str, expected: int | None) -> None:
    assert status(replace(NEIGHBOUR, address=address)) == expected


def test_a_token_that_is_bound_to_a_name_lets_in_and_takes_that_name_only() -> None:
    """Other machines cannot use this name; the local machine is trusted."""
    access = replace(LAN, tokens={"pump": "the pump's own"})
    pump = replace(NEIGHBOUR, target="/ws", authorizations=("Bearer the pump's own",))
    assert status(pump, access) is None
    assert status(pump, LAN) == 401
    assert status(pump, replace(access, token="")) is None
    assert status(replace(pump, authorizations=("Bearer ",)), replace(access, token="")) == 401
    assert (access.bound(pump), access.bound(NEIGHBOUR)) == ("pump", "")
    assert "for the name pump" in access.misnamed("ev", pump.address, "pump")
    assert "a token of its own" in access.misnamed("pump", NEIGHBOUR.address, "")
    for name, address, bound in (
        ("pump", pump.address, "pump"),
        ("ev", NEIGHBOUR.address, ""),
        ("pump", "127.0.0.1", ""),
    ):
        assert access.misnamed(name, address, bound) == ""


def test_without_remote_ips_only_this_machine_comes_in() -> None:
    assert status(NEIGHBOUR, Access()) == 403
    assert status(Caller(address="127.0.0.1", target="/ws"), Access()) is None


@pytest.mark.parametrize(
    ("target", "authorizations"),
    [
        ("/ws", ("Bearer s\udcc3\udca9same",)),
        ("/ws", ("bearer s\udcc3\udca9same",)),
        ("/ws", ("Basic abc", "Bearer s\udcc3\udca9same")),
        ("/ws?x=1&token=s%C3%A9same", ()),
    ],
)
def test_the_token_is_taken_from_header_or_url(
    target: str, authorizations: tuple[str, ...]
) -> None:
    assert (
        status(Caller(address="192.168.1.7", target=target, authorizations=authorizations)) is None
    )


@pytest.mark.parametrize("target", ["/ws", "/ws?token=", "/ws?token=sesame", "//[?token=%ff"])
def test_without_the_right_token_a_neighbour_stays_out(target: str) -> None:
    assert status(Caller(address="192.168.1.7", target=target, authorizations=("Bearer ",))) == 401


def test_this_machine_needs_no_token() -> None:
    assert status(Caller(address="127.0.0.1", target="/ws")) is None


def test_a_web_page_comes_in_only_when_it_is_named() -> None:
    """A foreign page in a local browser is refused too."""
    assert status(replace(NEIGHBOUR, origins=("http://pi-dm:3000",))) is None
    assert status(replace(NEIGHBOUR, origins=("https://evil.example",))) == 403
    assert status(Caller(address="127.0.0.1", target="/ws", origins=("null",))) == 403
    assert status(replace(NEIGHBOUR, origins=("http://pi-dm:3000", "https://evil.example"))) == 403


def test_one_address_and_all_together_have_their_most() -> None:
    assert status(replace(NEIGHBOUR, lines=3)) is None
    assert status(replace(NEIGHBOUR, lines=4)) == 429
    assert status(replace(NEIGHBOUR, lines=1, lines_in_all=11)) == 503
    assert status(Caller(address="127.0.0.1", target="/ws", lines=10, lines_in_all=10)) is None


def test_a_stranger_holds_fewer_silent_sockets_than_a_neighbour() -> None:
    stranger = replace(NEIGHBOUR, address="203.0.113.5", lines=9)
    assert crowds(stranger, LAN, LIMITS)
    assert not crowds(replace(NEIGHBOUR, lines=9), LAN, LIMITS)
    assert crowds(replace(NEIGHBOUR, lines=12), LAN, LIMITS)
    assert crowds(Caller(address="127.0.0.1", target="/", lines_in_all=19), LAN, LIMITS)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:8080", True),
        ("[fd12::1]:8080", True),
        ("localhost", True),
        ("pi-dm:8080", True),
        ("raspberrypi.local:8080", True),
        ("PI.LAN", True),
        ("evil.example:8080", False),
        ("127.0.0.1.evil.example", False),
        ("local.evil.example", False),
        ("[::1", False),
        ("127.0.0.1,evil.example", False),
        ("", True),
    ],
)
def test_a_page_is_asked_by_our_own_names_only(host: str, own: bool) -> None:
    """A foreign name that resolves to our address (DNS rebinding) is refused."""
    assert is_own(host) == own
    assert status(Caller(address="127.0.0.1", target="/health", host=host)) == (
        None if own else 421
    )
    assert is_own("dm.example:8080", ("https://dm.example",))


def test_the_token_is_in_no_repr() -> None:
    """A traceback or a log line may show the repr."""
    assert "same" not in repr(LAN)


@given(st.lists(st.floats(0, 3), max_size=200))
def test_a_bucket_never_gives_more_than_burst_and_rate(pauses_s: list[float]) -> None:
    bucket, now_s, taken = Bucket(per_s=2, burst=5), 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        taken += bucket.takes(now_s)
    assert taken <= 5 + 2 * now_s + 1e-6


def test_a_bucket_fills_again() -> None:
    bucket = Bucket(per_s=2, burst=1)
    assert [bucket.takes(now_s) for now_s in (0, 0.1, 0.6, 0.7)] == [True, False, True, False]


def test_log_lines_are_limited_per_minute_and_in_total() -> None:
    limit = RateLimit(every_s=60, most=2)
    assert [limit.allows("a", now_s) for now_s in (0, 59, 60)] == [True, False, True]
    assert limit.allows("b", 61)
    assert not limit.allows("c", 62)
    assert limit.allows("c", 125)
