"""Random users and their events, close to every edge of a definition."""

from datetime import datetime, timedelta, timezone

from job import TYPES

END = datetime(2026, 3, 25, tzinfo=timezone.utc)
OFFSETS = ("Z", " UTC", "+00:00", "-05:00", "+05:45", "+0930", "-12", "")
TZ_DAYS = ("2025-03-09", "2025-04-06", "2025-10-05", "2025-11-02",
           "2026-03-08")
GAPS_MS = (0, 0, 1, 999, 1000, 60_000, 599_999, 600_000, 600_001,
           1_799_999, 1_800_000, 1_800_001, 7_200_000)
OTHER = ("wishlist", "Größe-Test!", "Add To List", "VIEW")
COMMON = ("view", "view", "view", "click", "search", "cart_add", "cart_add",
          "cart_remove", "purchase", "purchase", "purchase", "return",
          "refund", "cancel", "reject", "favorite", "order", "coupon_use")
CATEGORIES = ("food.tea", " food > coffee ", "food", "home/kitchen/kettles",
              "home.kitchen", "toys", "été.jouets", "..", "foodstuff")
CHANNELS = ("email", "sms", "push", "wechat", "phone", "Web", "短信")
CITIES = ("Wien", "Zürich", "東京", "New York", 'Quo"te, City', "a;b")
STYLES = ("business", "Business", "Sports-Fashion", "cotton linen",
          "urban_nature", "avant garde", "grunge", "haute-couture")
SIZES = ("S", "M", "L", "38", "39")
TOPICS = ("football", "cooking", "été")
DEVICES = ("iPhone15,2", "Pixel 8", "PC")
STORES = ("st1", "st2", "Straße 3")
GUIDES = ("anna", "李")
QUERIES = ("tea", "Tea", " tea ", "kettle red", "été", 'a "b", c')
PRICES = ("39.9", "0", "12.345", "0.00005", "19.99", "1e2", "7.50", "3",
          "0.12345", "1234567.8901", "2.5E-1")
QUANTITIES = ("1", "2", "3", "0.5", "1.2345", "0", "10")


def iso(moment, offset, digits):
    """A moment written with an offset and some digits of a second."""
    if offset in ("Z", " UTC", ""):
        local = moment
    else:
        sign = -1 if offset[0] == "-" else 1
        text = offset[1:].replace(":", "").ljust(4, "0")
        local = moment + sign * timedelta(hours=int(text[:2]),
                                          minutes=int(text[2:]))
    text = local.strftime("%Y-%m-%dT%H:%M:%S")
    if digits:
        text += "." + f"{local.microsecond // 1000:03d}987"[:digits]
    return text + offset


class People:
    """A random population."""

    def __init__(self, rng, options):
        self.rng = rng
        self.kind = options.kind
        self.heavy = options.heavy
        self.users = [self.user_id(i) for i in range(options.users)]
        self.left = options.events
        self.serial = 0

    def user_id(self, i):
        """Ids of many shapes; each user always the same one."""
        shapes = (f"u{i:05d}", f"u{i:05d}", i + 1_000_000, float(i + 500_000),
                  f"{i + 7_000_000}.0", f"00{i}", f"用户{i}", f"a b,{i}")
        return shapes[i % len(shapes)]

    def events(self):
        """All events, users in turn; the last users have one each."""
        singles = len(self.users) // 5
        for i, user in enumerate(self.users):
            if i >= len(self.users) - singles:
                number = 1
            else:
                number = max(1, int(self.rng.paretovariate(1.1) * 8))
            yield from self.life(user, min(number, self.left))
            self.left -= number
            if self.left <= 0:
                break
        while self.left > 0:
            number = min(self.left, self.rng.randrange(1, 400))
            yield from self.life(self.rng.choice(self.users), number)
            self.left -= number
        if self.heavy:
            yield from self.life("heavy", 200_000)

    def start(self):
        """The beginning of a visit; many near T, some long ago."""
        if self.kind == "tz":
            day = datetime.fromisoformat(self.rng.choice(TZ_DAYS)).replace(
                tzinfo=timezone.utc)
            return day + timedelta(minutes=self.rng.randrange(-900, 1900))
        if self.kind == "hostile":
            return END - timedelta(milliseconds=self.rng.randrange(
                40 * 86_400_000))
        back = self.rng.choice((3, 10, 40, 100, 200, 400, 1500))
        return END - timedelta(milliseconds=self.rng.randrange(
            back * 86_400_000))

    def life(self, user, number):
        """`number` events of one user, in visits."""
        rng = self.rng
        items = [f"p{rng.randrange(300)}" for _ in range(4)]
        orders = [f"{rng.randrange(10 ** 6)}" for _ in range(3)]
        channels = rng.sample(CHANNELS, 2)
        while number > 0:
            moment = self.start()
            session = f"s{rng.randrange(50)}" if rng.random() < .4 else None
            channel = rng.choice(channels) if rng.random() < .8 else None
            for _ in range(min(number, rng.randrange(1, 9))):
                moment += timedelta(milliseconds=rng.choice(GAPS_MS))
                yield self.event(user, moment, session, channel, items,
                                 orders)
                number -= 1

    def event(self, user, moment, session, channel, items, orders):
        """One event with a random part of its fields."""
        rng = self.rng
        self.serial += 1
        if self.kind == "hostile" and rng.random() < .0002:
            # A wrong clock: a day, long ago or to come, for one event.
            moment += timedelta(days=rng.choice((-5000, 2000))
                                + rng.randrange(400))
        name = rng.choice(COMMON) if rng.random() < .85 \
            else rng.choice(TYPES + list(OTHER))
        offset = rng.choice(OFFSETS) if self.kind in ("tz", "mixed") else "Z"
        event = {"time": iso(moment, offset, rng.choice((0, 1, 3, 6))),
                 "user_id": user, "event": name}
        if rng.random() < .03:
            event["time"] = event["time"][:10]
        if rng.random() < .02:
            event["anonymous_id"] = f"c{rng.randrange(99)}"
            if rng.random() < .7:
                event["user_id"] = rng.choice((None, "", "  "))
        if rng.random() < .5:
            event["received_at"] = iso(
                moment + timedelta(seconds=rng.randrange(90, 900)), "Z", 3)
            if event["time"][10:] == "" or offset == "":
                del event["received_at"]
        if rng.random() < .6:
            event["event_id"] = rng.choice((self.serial, f"e{self.serial}"))
        self.add_texts(event, session, channel, items, orders)
        self.add_money(event, name)
        return event

    def add_texts(self, event, session, channel, items, orders):
        rng = self.rng
        optional = {
            "session_id": session, "channel": channel,
            "item_id": rng.choice(items + [None, 42, 42.0]),
            "category": rng.choice(CATEGORIES) if rng.random() < .8 else None,
            "brand": rng.choice(("Äpfel", "acme", "b,c", None)),
            "city": rng.choice(CITIES) if rng.random() < .5 else None,
            "order_id": rng.choice(orders + [None, "none-such"]),
            "coupon_id": "c1" if rng.random() < .15 else None,
            "source": rng.choice(("web", "app", None)),
            "style": rng.choice(STYLES) if rng.random() < .4 else None,
            "size": rng.choice(SIZES) if rng.random() < .5 else None,
            "topic": rng.choice(TOPICS) if rng.random() < .2 else None,
            "device": rng.choice(DEVICES) if rng.random() < .3 else None,
            "store": rng.choice(STORES) if rng.random() < .3 else None,
            "guide": rng.choice(GUIDES) if rng.random() < .2 else None,
        }
        if event["event"] == "search":
            optional["query"] = rng.choice(QUERIES)
            optional["results"] = rng.choice((0, 0, 3, "0", "0.0", None))
        if event["event"] in ("view", "search") and rng.random() < .9:
            optional["order_id"] = None
        event.update((k, v) for k, v in optional.items() if v is not None)

    def add_money(self, event, name):
        rng = self.rng
        if name not in ("purchase", "return", "refund", "cancel", "reject",
                        "order", "cart_add") or rng.random() < .1:
            return
        if rng.random() < .3:
            event["amount"] = rng.choice(PRICES)
            if rng.random() < .15:
                event["amount"] = "-" + event["amount"]
        if rng.random() < .8:
            event["price"] = rng.choice(PRICES)
            if rng.random() < .5:
                event["quantity"] = rng.choice(QUANTITIES)
                if rng.random() < .08:
                    event["quantity"] = "-" + rng.choice(("1", "2.5"))
            if rng.random() < .3:
                event["list_price"] = rng.choice(PRICES)
            if rng.random() < .3:
                event["discount"] = rng.choice(("1", "0.5", "0", "2.22"))
        if rng.random() < .3:
            event["currency"] = rng.choice(("EUR", "USD", "JPY", "XXX"))
