"""Segment / RudderStack payloads to rows of catalogue fields.

Event names: the e-commerce, mobile and e-mail specifications. A name
that is not here is kept as it is.
"""

import math
from fractions import Fraction

from exact import (MONEY, QUANTITY, BadNumber, parse_number, round_away,
                   to_money)
from lines import as_text, by_path

EVENTS = {
    "Products Searched": "search",
    "Product List Viewed": "view",
    "Viewed Product Category": "view",
    "Product Viewed": "view",
    "Viewed Product": "view",
    "Cart Viewed": "view",
    "Application Opened": "view",
    "Product Clicked": "click",
    "Promotion Clicked": "click",
    "Product Added": "cart_add",
    "Added Product": "cart_add",
    "Wishlist Product Added to Cart": "cart_add",
    "Product Removed": "cart_remove",
    "Removed Product": "cart_remove",
    "Product Added to Wishlist": "favorite",
    "Checkout Started": "order",
    "Order Completed": "purchase",
    "Completed Order": "purchase",
    "Order Refunded": "refund",
    "Order Cancelled": "cancel",
    "Coupon Applied": "coupon_use",
    "Product Shared": "share",
    "Cart Shared": "share",
    "Product Reviewed": "review",
    "Application Installed": "install",
    "Application Uninstalled": "uninstall",
    "Signed Up": "register",
    "User Registered": "register",
    "Signed In": "login",
    "Email Delivered": "message_delivered",
    "Email Opened": "message_open",
    "Email Link Clicked": "message_click",
    "Email Bounced": "message_bounce",
    "Email Marked as Spam": "complaint",
    "Unsubscribed": "unsubscribe",
    "Push Notification Received": "message_delivered",
    "Push Notification Tapped": "message_click",
    "Push Notification Bounced": "message_bounce",
}
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
PATHS = {
    "item_id": ("product_id", "sku"), "category": ("category",),
    "brand": ("brand",), "size": ("variant",), "price": ("price",),
    "list_price": ("list_price",),
    "quantity": ("quantity",), "currency": ("currency",),
    "coupon_id": ("coupon", "coupon_id"), "order_id": ("order_id",),
    "query": ("query",), "rating": ("rating",), "discount": ("discount",),
    "session_id": ("session_id",), "campaign_id": ("campaign_id",),
    "payment_method": ("payment_method",), "text": ("review_body",),
}
ORDER_EVENTS = ("Order Completed", "Completed Order", "Order Updated",
                "Order Refunded", "Order Cancelled")


class UnknownType(ValueError):
    """A payload that is no event and no user record."""


def common(record):
    """The fields every payload has."""
    row = {
        "user_id": record.get("userId"),
        "anonymous_id": record.get("anonymousId"),
        "event_id": record.get("messageId"),
        "received_at": record.get("receivedAt"),
        "channel": by_path(record, "context.campaign.medium"),
        "os": by_path(record, "context.os.name"),
        "device": by_path(record, "context.device.model"),
        "city": by_path(record, "context.location.city"),
        "latitude": by_path(record, "context.location.latitude"),
        "longitude": by_path(record, "context.location.longitude"),
        "session_id": by_path(record, "context.sessionId"),
        "referrer_url": by_path(record, "context.page.referrer"),
        "page": by_path(record, "context.page.path"),
    }
    for name in TIMES:
        if record.get(name) not in (None, ""):
            row["time"] = record[name]
            break
    return {k: v for k, v in row.items() if v not in (None, "")}


def add_properties(row, properties):
    """Fields of one product or one event."""
    for name, keys in PATHS.items():
        for key in keys:
            if properties.get(key) not in (None, ""):
                row[name] = properties[key]
                break
    return row


def rows(record):
    """("events" or "record", rows) of a payload."""
    name = as_text(record.get("event"))
    kind = as_text(record.get("type")) or as_text(record.get("action"))
    if kind is None and name is not None:
        kind = "track"
    row = common(record)
    if kind == "identify":
        return "record", [row]
    properties = record.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    if kind in ("page", "screen"):
        row["event"] = "view"
    elif kind in ("group", "alias"):
        row["event"] = kind
    elif kind == "track":
        row["event"] = EVENTS.get(name, name)
        if name in ORDER_EVENTS:
            return "events", order_rows(row, properties)
    else:
        raise UnknownType(kind)
    return "events", [add_properties(row, properties)]


def order_rows(base, properties):
    """One row per product of an order, or one for the whole order."""
    products = properties.get("products")
    products = [p for p in products if isinstance(p, dict)] \
        if isinstance(products, list) else []
    row = add_properties(dict(base), properties)
    if not products:
        row["amount"] = order_amount(properties)
        return [row]
    discount = row.pop("discount", None)
    for name in ("price", "list_price", "quantity"):    # of one product
        row.pop(name, None)
    shares = spread(discount, [line_amount(p) for p in products])
    result = []
    for product, share in zip(products, shares):
        one = add_properties(dict(row), product)
        if share is not None and is_number(one.get("discount", "0")):
            one["discount"] = share + number(one.get("discount"), 0) \
                if isinstance(share, Fraction) else share
        result.append(one)
    return result


def is_number(value):
    try:
        parse_number(as_text(value) or "")
    except BadNumber:
        return False
    return True


def number(value, default):
    """A value as a Fraction where it is a number."""
    try:
        return parse_number(as_text(value) or str(default))
    except BadNumber:
        return Fraction(default)


def order_amount(properties):
    """What an order without products cost, tax and shipping outside."""
    for name in ("subtotal", "revenue"):
        if as_text(properties.get(name)) is not None:
            return properties[name]
    if as_text(properties.get("total")) is not None:
        return (number(properties["total"], 0)
                - number(properties.get("tax"), 0)
                - number(properties.get("shipping"), 0))
    return properties.get("value")


def line_amount(product):
    """What a product costs with its own discount, in 1/10,000; 0 where
    that is not above 0: a piece given back has no part in a discount."""
    if as_text(product.get("price")) is None:
        return 0
    price = to_money(number(product["price"], 0))
    quantity = round_away(number(product.get("quantity"), 1) * QUANTITY)
    cost = round_away(Fraction(price * quantity, QUANTITY))
    return max(0, cost - to_money(number(product.get("discount"), 0)))


def spread(discount, amounts):
    """A discount in 1/10,000 by amount, by largest remainder (the earlier
    product at ties), so the parts sum to the whole."""
    text = as_text(discount)
    total = sum(amounts)
    if text is None:
        return [None] * len(amounts)
    try:
        whole = to_money(parse_number(text))
    except BadNumber:
        return [discount] * len(amounts)    # to be rejected as such
    if not total:
        return [None] * len(amounts)
    exact = [Fraction(abs(whole) * amount, total) for amount in amounts]
    parts = [math.floor(e) for e in exact]
    order = sorted(range(len(exact)), key=lambda i: parts[i] - exact[i])
    for i in order[:abs(whole) - sum(parts)]:
        parts[i] += 1
    return [Fraction(part if whole > 0 else -part, MONEY)
            for part in parts]
