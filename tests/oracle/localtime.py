"""Local dates and hours, and texts read as times (README B1, B2, C5)."""

import calendar
import re
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
EPOCH_DAY = date(1970, 1, 1).toordinal()

ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"
    r"( UTC|Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?",
                    re.ASCII)


class BadTime(ValueError):
    """A text that is no time."""


def utc_ms(year, month, day, hour=0, minute=0, second=0):
    """Milliseconds of a UTC time of day."""
    days = date(year, month, day).toordinal() - EPOCH_DAY
    return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000


class Zone:
    """A time zone, with local days as numbers since 1970-01-01."""

    def __init__(self, name="UTC"):
        self.name = name
        self.info = ZoneInfo(name)
        self.offsets = {}

    def offset_ms(self, ms):
        """Offset of local time from UTC at an instant."""
        # No zone changes its offset inside one UTC minute after 1970.
        key = ms // 60_000
        found = self.offsets.get(key)
        if found is None:
            moment = EPOCH + timedelta(minutes=key)
            delta = moment.astimezone(self.info).utcoffset()
            found = round(delta.total_seconds() * 1000)
            self.offsets[key] = found
        return found

    def day(self, ms):
        """Local date of an instant, in days since 1970-01-01."""
        return (ms + self.offset_ms(ms)) // DAY_MS

    def hour(self, ms):
        """Local hour of an instant."""
        return (ms + self.offset_ms(ms)) // HOUR_MS % 24

    def from_wall(self, wall_ms):
        """The instant of a local clock reading.

        In an overlap the earlier, in a gap moved forward by the gap: both
        are what the offset before the change gives.
        """
        moment = (EPOCH + timedelta(milliseconds=wall_ms)).replace(
            tzinfo=self.info, fold=0)
        return wall_ms - round(moment.utcoffset().total_seconds() * 1000)

    def first_instant(self, day):
        """The earliest instant whose local date is `day` or, where that
        date was skipped, the first instant after it."""
        guess = self.from_wall(day * DAY_MS)
        if guess + self.offset_ms(guess) == day * DAY_MS:
            return guess
        low, high = guess - 2 * DAY_MS, guess   # local date < day <= that
        while high - low > 1:
            middle = (low + high) // 2
            if middle + self.exact_offset(middle) >= day * DAY_MS:
                high = middle
            else:
                low = middle
        return high

    def exact_offset(self, ms):
        """Offset at an instant, not shared with its minute."""
        moment = EPOCH + timedelta(milliseconds=ms)
        delta = moment.astimezone(self.info).utcoffset()
        return round(delta.total_seconds() * 1000)


def check_date(year, month, day):
    """Refuse a date that is not in the calendar."""
    if not 1 <= year <= 9998 or not 1 <= month <= 12:
        raise BadTime
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise BadTime


@lru_cache(maxsize=200_000)
def parse_iso(text, zone):
    """ISO 8601 text to milliseconds (B1)."""
    found = ISO.fullmatch(text)
    if not found:
        raise BadTime
    year, month, day = (int(found[i]) for i in (1, 2, 3))
    check_date(year, month, day)
    if found[4] is None:
        return zone.first_instant(date(year, month, day).toordinal()
                                  - EPOCH_DAY)
    hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise BadTime
    ms = utc_ms(year, month, day, hour, minute, second)
    ms += int((found[7] or "0")[:3].ljust(3, "0"))
    return with_offset(ms, found[8], zone)


def with_offset(ms, suffix, zone):
    """A clock reading and what stands after it to an instant."""
    if not suffix:
        return zone.from_wall(ms)
    if suffix in ("Z", " UTC"):
        return ms
    digits = suffix[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise BadTime
    shift = (hours * 60 + minutes) * 60_000
    return ms + shift if suffix[0] == "-" else ms - shift


def parse_unix(text, factor):
    """A number of seconds (factor 1000) or milliseconds (1)."""
    if not NUMBER.fullmatch(text):
        raise BadTime
    return int((Fraction(text) * factor) // 1)


PARTS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d)", "d": r"(?P<d>\d\d)",
         "H": r"(?P<H>\d\d)", "M": r"(?P<M>\d\d)", "S": r"(?P<S>\d\d)"}


def parse_pattern(text, pattern, zone):
    """A `%` format to milliseconds."""
    regex = re.sub(r"%(.)", lambda m: PARTS[m[1]],
                   re.escape(pattern).replace("\\%", "%"))
    found = re.fullmatch(regex, text, re.ASCII)
    if not found:
        raise BadTime
    part = {k: int(v) for k, v in found.groupdict().items()}
    check_date(part["Y"], part["m"], part["d"])
    if "H" not in part:
        return zone.first_instant(
            date(part["Y"], part["m"], part["d"]).toordinal() - EPOCH_DAY)
    clock = part["H"], part.get("M", 0), part.get("S", 0)
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        raise BadTime
    return zone.from_wall(utc_ms(part["Y"], part["m"], part["d"], *clock))


def parse_time(text, is_number, kind, zone):
    """A field to milliseconds; raises BadTime."""
    if kind == "unix_s":
        return parse_unix(text, 1000)
    if kind == "unix_ms":
        return parse_unix(text, 1)
    if is_number:
        raise BadTime
    if kind == "iso8601":
        return parse_iso(text, zone)
    return parse_pattern(text, kind, zone)
