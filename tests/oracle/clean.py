"""Raw rows to events, or to a reason why not (README A9, B)."""

import re
from fractions import Fraction

from exact import (LIMIT, MONEY, QUANTITY, BadNumber, divide_away,
                   parse_number, to_money)
from lines import Number, as_text
from localtime import DAY_MS, BadTime, parse_time

MAX_ID = 256
NUMBERS = ("price", "list_price", "quantity", "amount", "discount",
           "results", "rating", "latitude", "longitude")
MONEYS = ("price", "list_price", "amount", "discount")
DEDUCTING = ("refund", "return", "cancel", "reject")


class Reject(Exception):
    """A line that cannot be taken; its first argument is the reason."""


class Event:
    """One event of a user. Money in 1/10,000, quantity in 1/1000. What
    a line need not say is None."""

    event_id = session = item = order = coupon = campaign = None
    invited_by = anonymous = None
    category = brand = style = size = topic = channel = method = None
    device = os = city = store = guide = payment_method = query = None
    page = referrer_url = text = None
    price = list_price = discount = None
    results = rating = latitude = longitude = None


def whole_number(text):
    """A JSON number of a whole value as that number, else as it is."""
    try:
        value = parse_number(str(text))
    except BadNumber:
        return str(text)
    return str(value.numerator) if value.denominator == 1 else str(text)


def clean_id(value, job):
    """An id as text, None where absent; over long ones too (B6)."""
    text = as_text(value)
    if text is None:
        return None
    if job.integer_ids:
        if re.fullmatch(r"\d+", text, re.ASCII):
            pass                # leading zeros stay, at any length
        elif isinstance(value, Number):
            text = whole_number(text)
        elif re.fullmatch(r"\d+\.0", text, re.ASCII):
            text = text[:-2]
    return text


def short_id(value, job):
    """An id of at most 256 bytes, else None."""
    text = clean_id(value, job)
    return None if text is None or len(text.encode()) > MAX_ID else text


def user_of(row, job):
    """The user's id, by B7."""
    given = row.get("user_id")
    if isinstance(given, (dict, list)):
        raise Reject("bad_user")
    user = clean_id(given, job)
    if user is not None:
        if len(user.encode()) > MAX_ID:
            raise Reject("bad_user")
        return user
    if job.identity != "user_id":
        anonymous = short_id(row.get("anonymous_id"), job)
        if anonymous is not None:
            user = "anon:" + anonymous
            if len(user.encode()) <= MAX_ID:
                return user
    raise Reject("missing_user")


def time_of(row, job, kind):
    """The event's time in ms."""
    value = row.get("time")
    text = as_text(value)
    if text is None and not isinstance(value, (dict, list)):
        raise Reject("missing_time")
    try:
        time = parse_time(text or "", isinstance(value, (Number, bool)),
                          kind, job.zone)
    except BadTime:
        raise Reject("bad_time") from None
    low, high = job.time_range
    if not low <= time < high:
        raise Reject("bad_time")
    return time


def received_of(row, job, kind):
    """received_at in ms; one that cannot be read is absent (B3)."""
    value = row.get("received_at")
    text = as_text(value)
    if text is None:
        return None
    try:
        return parse_time(text, isinstance(value, Number), kind, job.zone)
    except BadTime:
        return None


def ruled_amount(value):
    """What the rule `amount:` gives; None where that is no number."""
    if isinstance(value, str):
        try:
            return parse_number(value)
        except BadNumber:
            raise Reject("bad_number") from None
    return value if isinstance(value, Fraction) else None


def numbers_of(row):
    """The numeric fields as exact Fractions (B4)."""
    found = {}
    for name in NUMBERS:
        value = row.get(name)
        if value is None:
            continue
        if isinstance(value, Fraction):     # from an expression
            found[name] = value
            continue
        text = as_text(value)
        if isinstance(value, (bool, dict, list)):
            raise Reject("bad_number")
        if text is not None:
            try:
                found[name] = parse_number(str(text))
            except BadNumber:
                raise Reject("bad_number") from None
    if "ruled_amount" in row:
        found["amount"] = ruled_amount(row["ruled_amount"])
    for value in found.values():
        if value is not None and not -LIMIT <= value <= LIMIT:
            raise Reject("bad_number")
    price = found.get("price")
    if price is not None and to_money(price) < 0 \
            and found.get("quantity", 1) >= 0:
        raise Reject("bad_number")
    return found


def rate_of(row, job):
    """What one unit of the row's currency is in ours (B5); None where it
    is ours."""
    currency = as_text(row.get("currency"))
    if job.currency is None or currency in (None, job.currency):
        return None
    if currency not in job.rates:
        raise Reject("currency")
    return job.rates[currency]


def times_quantity(money, quantity):
    """Exact product of 1/10,000 and 1/1000, then rounded."""
    return divide_away(money * quantity, QUANTITY)


def set_money(event, found, rate):
    """quantity, amount, saved of an event (B4, B9, B10)."""
    money = {}
    for name in MONEYS:
        value = found.get(name)
        if value is not None:
            money[name] = to_money(value if rate is None else value * rate)
    quantity = found.get("quantity", 1)
    event.quantity = divide_away(quantity.numerator * QUANTITY,
                                 quantity.denominator)
    amount = money.get("amount")
    price = money.get("price")
    discount = money.get("discount")
    if amount is None and price is not None:
        amount = times_quantity(price, event.quantity) - (discount or 0)
    if amount is not None and abs(amount) > LIMIT * MONEY:
        raise Reject("bad_number")
    for name in money:
        if name != "amount":
            setattr(event, name, money[name])
    event.known_amount = amount is not None
    event.amount = amount or 0
    if discount is not None:
        event.saved = discount
    elif price is not None and "list_price" in money:
        event.saved = times_quantity(max(0, money["list_price"] - price),
                                     event.quantity)
    else:
        event.saved = 0
    if event.type == "purchase" and event.amount < 0:
        event.type = "refund"
    if event.type in DEDUCTING:
        event.amount = abs(event.amount)


def clean_category(value):
    """A path with `.` between trimmed parts (B8)."""
    text = as_text(value)
    if text is None:
        return None
    parts = [p.strip(" \t\r\n") for p in re.split("[.>/]", text)]
    return ".".join(p for p in parts if p) or None


def cut(text):
    """At most 255 bytes of a text, whole characters."""
    if len(text) < 64:
        return text
    return text.encode()[:255].decode("utf-8", "ignore")


def clean_text(value):
    """A text of at most 255 bytes, cut between characters."""
    text = as_text(value)
    return text if text is None else cut(text)


IDS = {"event_id": "event_id", "session_id": "session",
       "item_id": "item", "order_id": "order", "coupon_id": "coupon",
       "campaign_id": "campaign", "invited_by": "invited_by",
       "anonymous_id": "anonymous"}
TEXTS = {"brand", "style", "size", "topic", "channel", "method", "device",
         "os", "city", "store", "guide", "payment_method"}
WHOLE_TEXTS = {"query", "page", "referrer_url", "text"}


def fill_texts(event, row, job):
    """Ids and texts of an event."""
    for name, value in row.items():
        if name in IDS:
            setattr(event, IDS[name], short_id(value, job))
        elif name in TEXTS:
            setattr(event, name, clean_text(value))
        elif name in WHOLE_TEXTS:
            setattr(event, name, as_text(value))
    event.category = clean_text(clean_category(row.get("category")))


def clean_row(row, job, kind, is_record):
    """An Event of a raw row; raises Reject. A record has no type."""
    event = Event()
    event.user = user_of(row, job)
    event.time = time_of(row, job, kind)
    event.type = None if is_record else as_text(row.get("event"))
    if event.type is None and not is_record:
        raise Reject("missing_event")
    event.received = received_of(row, job, kind)
    if event.received is not None \
            and event.time > event.received + DAY_MS:
        raise Reject("future")
    if not is_record:
        found = numbers_of(row)
        set_money(event, found, rate_of(row, job))
        for name in ("results", "rating", "latitude", "longitude"):
            if name in found:
                setattr(event, name, found[name])
        fill_texts(event, row, job)
    return event
