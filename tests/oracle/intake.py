"""All lines to users with their events in order (README A, C)."""

from collections import Counter, defaultdict

import xxhash

import formats
import reader
from clean import Reject, clean_row
from job import PLACE
from lines import Unparsable, as_text
from segment import UnknownType

LINE_COUNTS = ("lines", "blank", "header", "filtered", "rejected",
               "accepted", "events", "duplicate", "erased", "after_as_of",
               "counted", "exact_duplicates_kept", "no_amount")


class Intake:
    """What comes in: events and records by user, and the counts."""

    def __init__(self, job):
        self.job = job
        self.users = defaultdict(list)      # events by user
        self.records = set()                # users with a record
        self.rejects = Counter()            # (reason, source)
        self.sources = defaultdict(Counter)
        self.days = Counter()               # accepted lines by local day
        self.as_of = None
        self.log_start = None

    def read(self, inputs):
        """Take every line, then settle duplicates and T."""
        for path in reader.find_logs(inputs):
            self.read_file(path)
        self.settle_times()
        for user in sorted(self.users):
            self.users[user] = self.settle_user(self.users[user])
        self.users = {u: self.users[u] for u in set(self.users)
                      | self.records
                      if u in self.records or self.users[u]}

    def read_file(self, path):
        job = self.job
        form = job.format and formats.from_job(job.format)
        lines = reader.raw_lines(path)
        if form and form.multiline:
            lines = reader.join_quoted(lines)
        header, begun, blanks = None, False, 0
        for raw in lines:
            if reader.is_blank(raw):
                blanks += 1
                continue
            if form is None:
                form = formats.detect(raw)
            if not begun and form.has_header:
                header = formats.header_cells(raw, form.delimiter)
                self.count(form.name, "header")
            else:
                self.take_line(raw, form, header)
            begun = True
        if blanks:
            name = form.name if form else "portrait"
            self.sources[name]["lines"] += blanks
            self.sources[name]["blank"] += blanks

    def count(self, source, what):
        self.sources[source]["lines"] += 1
        self.sources[source][what] += 1

    def reject(self, reason, source):
        self.count(source, "rejected")
        self.rejects[reason, source] += 1

    def take_line(self, raw, form, header):
        """Count one line as filtered, rejected or accepted."""
        source = form.name
        if len(raw) > self.job.max_line:
            self.reject("too_long", source)
            return
        try:
            record = form.decode(raw, header)
        except Unparsable:
            self.reject("unparsable", source)
            return
        get = form.lookup(record)
        if form.name != "segment" and "source" in form.fields:
            source = as_text(get("source")) or source
        if form.where and form.where(get) is not True:
            self.count(source, "filtered")
            return
        try:
            kind, rows = form.rows(record)
            events = [clean_row(row, self.job, form.time,
                                kind == "record") for row in rows]
        except UnknownType:
            self.reject("unknown_format", source)
        except Reject as reject:
            self.reject(reject.args[0], source)
        else:
            self.accept(raw, source, kind, events)

    def accept(self, raw, source, kind, events):
        """Keep the events of an accepted line."""
        self.count(source, "accepted")
        self.days[self.job.zone.day(events[0].time)] += 1
        if kind == "record":
            self.records.add(events[0].user)
            return
        self.sources[source]["events"] += len(events)
        print_ = xxhash.xxh3_64_intdigest(raw)
        for nth, event in enumerate(events):
            event.print, event.nth, event.source = print_, nth, source
            event.day = self.job.zone.day(event.time)
            event.hour = self.job.zone.hour(event.time)
            self.users[event.user].append(event)
            if event.type == "purchase" and not event.known_amount:
                self.sources[source]["no_amount"] += 1

    def settle_times(self):
        """T and log_start by C4."""
        zone = self.job.zone
        counts = sorted(self.days.values())
        median = counts[(len(counts) - 1) // 2] if counts else 0
        such = [d for d, n in self.days.items() if n * 1000 >= median]
        self.as_of = self.job.as_of
        if self.as_of is None:
            self.as_of = zone.first_instant(max(such) + 1) if such else 0
        self.log_start = self.job.log_start
        if self.log_start is None:
            self.log_start = zone.first_instant(min(such)) if such else 0

    def settle_user(self, events):
        """A user's counted events in order."""
        kept = []
        for event in self.unrepeated(sorted(events, key=order_key)):
            what = "counted" if event.time < self.as_of else "after_as_of"
            self.sources[event.source][what] += 1
            if what == "counted":
                kept.append(event)
        return kept

    def unrepeated(self, events):
        """Leave out repeated events, by key clean.duplicates (C2)."""
        mode = self.job.duplicates
        seen = set()
        for event in events:
            by_id = event.event_id is not None
            key = (by_id, event.event_id if by_id else event.print,
                   event.nth)
            repeated = key in seen
            seen.add(key)
            if repeated and mode != "keep" and (by_id or mode == "exact"):
                self.sources[event.source]["duplicate"] += 1
                continue
            if repeated and not by_id:
                self.sources[event.source]["exact_duplicates_kept"] += 1
            yield event

    def line_table(self):
        """/uns/quality/lines as {source: {column: count}}."""
        return {source: {name: counts[name] for name in LINE_COUNTS}
                for source, counts in self.sources.items()}


def order_key(event):
    """The order of a user's events (C1)."""
    place = PLACE.get(event.type)
    return (event.time,
            event.received is None, event.received or 0,
            (1, event.type.encode()) if place is None else (0, place),
            (event.event_id or "").encode(),
            event.print, event.nth)
