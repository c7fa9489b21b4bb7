#!/usr/bin/python3
"""Definitions worked out by hand, and the comparison on spoiled files."""

import contextlib
import gzip
import io
import json
import os
import tempfile
import unittest
from fractions import Fraction

import h5py
import zstandard

import expr
import reader
import value
import write_h5ad
from compare import compare
from exact import decay, parse_number, quantile, to_money
from job import Job
from localtime import BadTime, Zone, parse_iso, utc_ms
from portrait import Portrait


def portrait_of(events, job=None):
    """The Portrait of a list of dicts, raw lines and bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.jsonl")
        with open(path, "wb") as file:
            for event in events:
                raw = event if isinstance(event, bytes) \
                    else json.dumps(event).encode()
                file.write(raw + b"\n")
        return Portrait(Job(job), [path])


def event(time, name, user="u", **fields):
    return {"time": time, "user_id": user, "event": name, **fields}


def row_of(events, job=None):
    return portrait_of(events, job).rows["u"]


class Times(unittest.TestCase):
    def test_gap_and_overlap(self):
        zone = Zone("America/New_York")
        self.assertEqual(parse_iso("2026-03-08T02:30:00", zone),
                         utc_ms(2026, 3, 8, 7, 30))
        self.assertEqual(parse_iso("2026-11-01 01:30", zone),
                         utc_ms(2026, 11, 1, 5, 30))
        self.assertEqual(parse_iso("2026-11-01", zone),
                         utc_ms(2026, 11, 1, 4))

    def test_first_instant(self):
        # Havana skips 00:00 to 01:00, Apia skipped the whole day.
        self.assertEqual(parse_iso("2026-03-08", Zone("America/Havana")),
                         utc_ms(2026, 3, 8, 5))
        self.assertEqual(parse_iso("2011-12-30", Zone("Pacific/Apia")),
                         utc_ms(2011, 12, 30, 10))

    def test_offsets_and_cut(self):
        zone = Zone()
        self.assertEqual(parse_iso("2026-03-08T07:30:00.9999+05:45", zone),
                         utc_ms(2026, 3, 8, 1, 45) + 999)
        for bad in ("2026-03-08T23:59:60Z", "2026-03-08T24:00:00",
                    "2026-02-29", "2026-03-08T07"):
            with self.assertRaises(BadTime, msg=bad):
                parse_iso(bad, zone)

    def test_default_t(self):
        lines = [event(f"2026-01-0{d}T08:00:00Z", "view")
                 for d in (4, 5, 6) for _ in range(1001)]
        lines += [event("2026-01-07T08:00:00Z", "view") for _ in range(2)]
        lines.append(event("2031-01-01", "view"))
        found = portrait_of(lines).intake
        self.assertEqual(found.as_of, utc_ms(2026, 1, 8))
        self.assertEqual(found.log_start, utc_ms(2026, 1, 4))
        self.assertEqual(found.sources["portrait"]["after_as_of"], 1)


class Numbers(unittest.TestCase):
    def test_rounding(self):
        self.assertEqual(to_money(parse_number("0.00005")), 1)
        self.assertEqual(to_money(parse_number("-0.00005")), -1)
        self.assertEqual(to_money(parse_number("1.5e-1")), 1500)
        self.assertEqual(decay(30, 30), 2 ** 31)
        self.assertEqual(decay(1000, 30), 0)
        self.assertEqual(quantile([1, 2, 3, 10], Fraction(9, 10)),
                         Fraction(79, 10))

    def test_amount(self):
        row = row_of([
            event("2026-01-01", "purchase", price="0.33335", quantity=1.2345,
                  discount="0.1"),
            event("2026-01-01", "purchase", price=2, quantity=-3)])
        # .3334 * 1.235 (halves away from zero) = .411749 -> .4117 - .1
        self.assertEqual(row["spend_all"], Fraction("0.3117"))
        self.assertEqual(row["net_spend_all"], Fraction("-5.6883"))
        self.assertEqual(row["purchase_count_all"], 1)

    def test_expression(self):
        run = expr.compile_expression(
            "if(starts_with(a, 'C') or b < 0, 'refund', 'purchase')")
        self.assertEqual(run({"a": "C1"}.get), "refund")
        self.assertEqual(run({"a": "1", "b": "-2"}.get), "refund")
        self.assertEqual(run({"a": "1"}.get), "purchase")


    def test_membership(self):
        run = expr.compile_expression("a in (1, b)")
        self.assertIs(run({"a": "1"}.get), True)
        self.assertIsNone(run({"a": "2"}.get))
        self.assertIs(run({"a": "2", "b": "3"}.get), False)
        self.assertIsNone(expr.compile_expression("not (a in (1, b))")(
            {"a": "2"}.get))

    def test_decay_tie(self):
        self.assertEqual(decay(33 * 30, 30), 1)
        self.assertEqual(decay(33 * 30 + 1, 30), 0)


class Lines(unittest.TestCase):
    def test_too_long(self):
        lines = [event("2026-01-01", "view", text="x" * 2000),
                 event("2026-01-01", "view", text="x" * 10)]
        found = portrait_of(lines, {"read": {"max_line": 1024}}).intake
        self.assertEqual(found.rejects, {("too_long", "portrait"): 1})

    def test_damaged(self):
        data = bytes(range(256)) * 100
        packed = zstandard.ZstdCompressor().compress(data)
        self.assertEqual(reader.unzstd(packed + packed), data + data)
        self.assertEqual(reader.gunzip(gzip.compress(data)), data)
        for bad in (packed[:-1], packed + b"x", packed + packed[:9]):
            self.assertRaises(reader.Damaged, reader.unzstd, bad)
        for bad in (gzip.compress(data)[:-1], gzip.compress(data) + b"x"):
            self.assertRaises(reader.Damaged, reader.gunzip, bad)


def call(user, **fields):
    """A Segment payload."""
    return {"userId": user, "timestamp": "2026-01-01T10:00:00Z", **fields}


def order(user, properties, name="Order Completed"):
    return call(user, type="track", event=name, properties=properties)


class Segment(unittest.TestCase):
    def test_calls(self):
        lines = [call("a", type="group"), call("b", type="alias"),
                 call("c", action="page"), call("d", type="merge"),
                 call("e", type="merge", event="Signed In"), call("f"),
                 call("g", type="identify"),
                 call("h", event="Cart Viewed", channel="web", context={
                     "campaign": {"medium": "email"}})]
        found = portrait_of(lines, {"counted_events": ["view", "group"]})
        self.assertEqual(found.intake.rejects,
                         {("unknown_format", "segment"): 3})
        rows = found.rows
        self.assertEqual(sorted(rows), list("abcgh"))
        self.assertEqual(rows["a"]["group_count_all"], 1)
        self.assertIsNone(rows["a"]["first_seen"])
        self.assertEqual(rows["c"]["view_count_all"], 1)
        self.assertEqual(rows["h"]["channel_first"], "email")

    def test_orders(self):
        products = [{"price": 10}, {"price": 10}, {"price": 10}]
        rows = portrait_of([
            order("a", {"discount": 10, "products": products}),
            order("b", {"total": 30, "tax": 2, "shipping": "3"}),
            order("c", {"subtotal": 5, "revenue": 6, "products": []}),
            order("d", {"revenue": 6, "total": 7}, "Completed Order"),
            order("e", {"value": 8}),
            order("f", {"discount": 3, "products": [
                {"price": 4, "quantity": 2, "discount": 1},
                {"price": 1, "quantity": -1}, {"price": 4}]})]).rows
        spend = {u: row["spend_all"] for u, row in rows.items()}
        self.assertEqual(spend, {"a": 20, "b": 25, "c": 5, "d": 6, "e": 8,
                                 "f": 8 - 1 - 2 + 4 - 1})
        self.assertEqual(rows["a"]["purchase_count_all"], 3)
        self.assertEqual(rows["f"]["net_spend_all"], 7)


class Facts(unittest.TestCase):
    def test_net_spend(self):
        row = row_of([
            event("2026-01-01T01:00:00Z", "purchase", order_id="a",
                  amount=100),
            event("2026-01-02T01:00:00Z", "return", order_id="a", amount=70),
            event("2026-01-03T01:00:00Z", "cancel", order_id="a", amount=70),
            event("2026-01-04T01:00:00Z", "purchase", order_id="b",
                  amount=50),
            event("2026-01-05T01:00:00Z", "return", order_id="b", amount=5),
            event("2026-01-06T01:00:00Z", "refund", order_id="b", amount=20),
            event("2026-01-07T01:00:00Z", "reject", order_id="z", amount=3)])
        # a is used up: 100 - 70 - 30; b: the refund alone; z in full
        self.assertEqual(row["net_spend_all"], 0 + 30 - 3)
        self.assertEqual(row["orders_all"], 2)
        self.assertEqual(row["order_value_mean"], 75)
        self.assertEqual(row["return_rate"], 1)

    def test_cycle(self):
        days = ["2026-01-01", "2026-01-11", "2026-01-13", "2026-01-31"]
        lines = [event(day, "purchase") for day in days]
        lines += [event(day, "purchase", user="v") for day in days[:2]]
        lines.append(event("2026-03-02", "view", user="w"))
        rows = portrait_of(lines).rows
        # gaps 10 2 18: median 10, deviations 0 8 8; P = 10
        self.assertEqual(rows["u"]["purchase_cycle_days"], 10)
        self.assertEqual(rows["u"]["cycle_mad_days"], 8)
        self.assertEqual(rows["u"]["regularity"], Fraction(1, 5))
        self.assertEqual(rows["v"]["purchase_cycle_days"], 10)
        self.assertEqual(rows["u"]["overdue"], 3)
        self.assertTrue(rows["u"]["repurchase_60d"])
        self.assertIsNone(rows["u"]["repurchase_90d"])
        self.assertIsNone(rows["w"]["days_since_purchase"])

    def test_sessions(self):
        row = row_of([
            event("2026-01-01T10:00:00Z", "view", session_id="s"),
            event("2026-01-01T10:00:00Z", "view"),
            event("2026-01-01T10:20:00Z", "click", session_id="s"),
            event("2026-01-01T10:30:00Z", "view"),
            event("2026-01-01T11:00:00.001Z", "view"),
            event("2026-01-01T11:00:01Z", "refund"),
            event("2026-01-01T23:00:00Z", "view", session_id="s")])
        self.assertEqual(row["sessions_all"], 3)
        self.assertEqual(row["session_minutes_median"], 30)
        self.assertEqual(row["session_depth_mean"], 2)
        self.assertEqual(row["bounce_rate"], Fraction(1, 3))

    def test_cart(self):
        row = row_of([
            event("2026-01-01T00:00:00Z", "cart_add", item_id="a"),
            event("2026-01-01T02:00:00Z", "cart_add", item_id="a"),
            event("2026-01-01T03:00:00Z", "purchase", item_id="a"),
            event("2026-01-01T04:00:00Z", "cart_add", item_id="b"),
            event("2026-01-02T04:00:00Z", "cart_add", item_id="c"),
            event("2026-01-03T00:00:00Z", "cart_remove", item_id="c"),
            event("2026-01-04T04:00:00Z", "cart_add", item_id="d")])
        self.assertEqual(row["cart_adds"], 5)
        self.assertEqual(row["cart_submit_rate"], Fraction(1, 4))
        self.assertEqual(row["cart_hours_median"], 3)
        self.assertEqual(row["cart_abandoned"], 1)      # b, 92 h at T

    def test_funnel_and_search(self):
        row = row_of([
            event("2026-01-01T00:00:00Z", "view"),
            event("2026-01-02T00:00:00Z", "search", query="a", results=0),
            event("2026-01-08T00:00:00Z", "cart_add"),
            event("2026-01-08T00:00:00.001Z", "purchase"),
            event("2026-01-08T12:00:00Z", "search", query="a", results=2)])
        self.assertEqual(row["funnel_step"], "purchase")
        self.assertEqual(row["funnel_closed"], "cart_add")
        self.assertEqual(row["search_empty_rate"], Fraction(1, 2))
        self.assertEqual(row["search_purchase_rate"], 0)
        self.assertEqual(row["queries_distinct"], 1)

    def test_hours(self):
        row = row_of([event(f"2026-01-01T{h:02d}:30:00Z", "view")
                      for h in (5, 6, 7, 14, 23)])
        self.assertEqual(row["active_hour"], "5")
        self.assertEqual(row["active_hour_index"], Fraction(3, 5))
        self.assertEqual(row["daypart"], "morning")
        self.assertEqual(row["lifestyle_evidence"], 5)

    def test_duplicates(self):
        lines = [event("2026-01-02", "view", event_id="1"),
                 event("2026-01-01", "click", event_id="1"),
                 event("2026-01-01", "view"), event("2026-01-01", "view")]
        for mode, views in (("event_id", 2), ("exact", 1), ("keep", 3)):
            row = row_of(lines, {"clean": {"duplicates": mode}})
            self.assertEqual(row["view_count_all"], views, mode)
            self.assertEqual(row["click_count_all"], 1, mode)

    def test_burst(self):
        lines = [event("2026-01-01T07:00:00Z", "purchase")
                 for _ in range(6)]
        lines += [event(f"2026-01-{d:02d}T{h:02d}:00:00Z", "purchase", "v")
                  for d in range(1, 10) for h in range(24)]
        rows = portrait_of(lines).rows
        self.assertEqual(rows["u"]["burst_hour"], 7)
        self.assertIsNone(rows["v"]["burst_hour"])


class Comparison(unittest.TestCase):
    """A file that differs in one cell must be refused."""

    def setUp(self):
        lines = [event(f"2026-01-{d:02d}T{h:02d}:00:00Z", n, f"u{h // 5}",
                       amount=h + 1, order_id=f"o{d}", channel=f"c{h % 2}",
                       item_id="i")
                 for d in range(1, 29) for h in range(0, 24, 5)
                 for n in ("view", "cart_add", "purchase")]
        lines.append(b"bad")
        self.portrait = portrait_of(lines)
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "x.h5ad")
        write_h5ad.write(self.portrait, self.path)
        with h5py.File(self.path, "r") as file:
            value.forecast(self.portrait, file)  # takes `history` from it
        write_h5ad.write(self.portrait, self.path)

    def tearDown(self):
        self.folder.cleanup()

    def verdict(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            result = compare(self.portrait, self.path, False)
        return result, out.getvalue()

    def test_equal(self):
        result, text = self.verdict()
        self.assertTrue(result, text)

    def spoil(self, path, row, change):
        with h5py.File(self.path, "r+") as file:
            values = file[path][()]
            values[row] = change(values[row])
            file[path][()] = values

    def test_one_cell(self):
        cells = (("obs/view_count_7d", lambda x: x + 1),
                 ("obs/spend_all", lambda x: x * (1 + 1e-11)),
                 ("obs/stickiness", lambda x: x * 1.000001),
                 ("obs/first_seen/values", lambda x: x + 1),
                 ("obs/second_order_days/mask", lambda x: not x),
                 ("obs/funnel_step/codes", lambda x: -1),
                 ("obsm/hour_histogram", lambda x: x + .01),
                 ("uns/segments/summary/buyers", lambda x: x + 1),
                 ("uns/segments/tgi/z", lambda x: x + .001),
                 ("uns/segments/hours/events", lambda x: x + 1),
                 ("uns/segments/cohorts/spend", lambda x: x + .01),
                 ("uns/segments/cohorts/months_since", lambda x: x + 99),
                 ("uns/segments/retention/on_or_after", lambda x: x - 1),
                 ("uns/segments/funnel/closed", lambda x: x + 1),
                 ("uns/segments/growth/new", lambda x: x + 1),
                 ("uns/segments/burst/p", lambda x: x * .999),
                 ("uns/quality/rejects/lines", lambda x: x + 1),
                 ("uns/quality/lines/accepted", lambda x: x - 1))
        for path, change in cells:
            with self.subTest(path):
                write_h5ad.write(self.portrait, self.path)
                row = 0
                if path.endswith("/z"):
                    with h5py.File(self.path) as file:
                        row = int((file[path][()] > 0).argmax())
                self.spoil(path, row, change)
                result, text = self.verdict()
                self.assertFalse(result)
                if path.startswith("obs/"):
                    self.assertIn(path.split("/")[1] + ": 1 rows", text)

    def test_columns(self):
        with h5py.File(self.path, "r+") as file:
            del file["obs/momentum"]
            file["obs"].attrs["column-order"] = ["never_heard_of"]
        result, text = self.verdict()
        self.assertFalse(result)
        self.assertIn("momentum: not in the file", text)
        self.assertIn("never_heard_of: a column no oracle knows", text)


if __name__ == "__main__":
    unittest.main()
