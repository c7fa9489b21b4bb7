"""Lines that must be rejected, each with its reason."""

import json

GOOD = {"time": "2026-03-01T10:00:00Z", "user_id": "u00001",
        "event": "view"}


def changed(**fields):
    """A good line with other fields; None takes one away."""
    line = {**GOOD, **fields}
    return json.dumps({k: v for k, v in line.items() if v is not None},
                      ensure_ascii=False).encode()


UNPARSABLE = (
    b"not json", b"{", b'{"time":', b"[]", b'"text"', b"42", b"{'a': 1}",
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "a", "event": "view"} x',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "a", "event": "view",}',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "\xff", "event": "view"}',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "\\ud800", "event": "a"}',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "a\\u0000", "event": "a"}',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "a\tb", "event": "view"}',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "a", "price": 01}',
    b'{"time": "2026-03-01T10:00:00Z", "user_id": "a", "price": NaN}',
    b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}",
)
TIMES = ("2026-03-01T10:00:60Z", "2026-03-01T24:00:00Z", "2026-02-29",
         "2026-13-01", "yesterday", "2026-03-01T10", "1767225600",
         "2026-03-01T10:00:00+25:00", "1970-12-31T23:59:59.999Z",
         "2100-06-01T00:00:00Z", 1767225600, 1767225600.5,
         "2026-3-1T10:00:00Z", "2026-03-01T10:00:00 PST")
NUMBERS = (
    {"price": "12,5"}, {"price": "abc"}, {"price": -1},
    {"price": "-0.01", "quantity": 2}, {"amount": "1e12"},
    {"amount": 100000000000.1}, {"quantity": "two"}, {"discount": "1e"},
    {"quantity": True}, {"amount": "0x10"}, {"price": "NaN"},
    {"list_price": "--1"}, {"amount": "1e999999999"}, {"price": {}})
MAKERS = {
    "unparsable": lambda rng: rng.choice(UNPARSABLE),
    "missing_user": lambda rng: changed(
        user_id=rng.choice((None, "", "   "))),
    "bad_user": lambda rng: changed(
        user_id=rng.choice(("x" * 257, "é" * 129, ["a"], {"a": 1}))),
    "missing_time": lambda rng: changed(time=rng.choice((None, "", "  "))),
    "bad_time": lambda rng: changed(time=rng.choice(TIMES)),
    "missing_event": lambda rng: changed(
        event=rng.choice((None, "", " \t"))),
    "future": lambda rng: changed(
        received_at=rng.choice(("2026-02-28T09:59:59.999Z",
                                "2025-01-01T00:00:00Z"))),
    "bad_number": lambda rng: changed(
        event="purchase", **rng.choice(NUMBERS)),
}


def make(rng):
    """(reason, bytes of a line) of a bad line."""
    reason = rng.choice(sorted(MAKERS))
    return reason, MAKERS[reason](rng)
