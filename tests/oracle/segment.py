"""Segment / RudderStack payloads to rows of catalogue fields.

Event names: the e-commerce, mobile and e-mail specifications. A name
that is not here is kept as it is.
"""

from fractions import Fraction

from exact import BadNumber, parse_number, round_away
from lines import as_text, by_path

EVENTS = {
    "Products Searched": "search",
    "Product List Viewed": "view",
    "Product Viewed": "view",
    "Product Clicked": "click",
    "Promotion Clicked": "click",
    "Product Added": "cart_add",
    "Wishlist Product Added to Cart": "cart_add",
    "Product Removed": "cart_remove",
    "Product Added to Wishlist": "favorite",
    "Checkout Started": "order",
    "Order Completed": "purchase",
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
    "quantity": ("quantity",), "currency": ("currency",),
    "coupon_id": ("coupon", "coupon_id"), "order_id": ("order_id",),
    "query": ("query",), "rating": ("rating",), "discount": ("discount",),
    "session_id": ("session_id",), "campaign_id": ("campaign_id",),
    "payment_method": ("payment_method",), "text": ("review_body",),
}
ORDER_EVENTS = ("purchase", "refund", "cancel")


class UnknownType(ValueError):
    """A payload that is no event and no user record."""


def common(record):
    """The fields every payload has."""
    row = {
        "user_id": record.get("userId"),
        "anonymous_id": record.get("anonymousId"),
        "event_id": record.get("messageId"),
        "received_at": record.get("receivedAt"),
        "channel": record.get("channel"),
        "os": by_path(record, "context.os.name"),
        "device": by_path(record, "context.device.model"),
        "city": by_path(record, "context.location.city"),
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
    kind = record.get("type")
    if kind is None and as_text(record.get("event")):
        kind = "track"
    row = common(record)
    if kind == "identify":
        return "record", [row]
    properties = record.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    if kind in ("page", "screen"):
        row["event"] = "view"
    elif kind == "track":
        name = as_text(record.get("event"))
        row["event"] = EVENTS.get(name, name)
    else:
        raise UnknownType(kind)
    products = properties.get("products")
    if row.get("event") == "purchase" and isinstance(products, list) \
            and products:
        return "events", order_rows(row, properties, products)
    add_properties(row, properties)
    if row.get("event") in ORDER_EVENTS:
        row["amount"] = next(
            (properties[k] for k in ("total", "revenue", "value")
             if k in properties), None)
    return "events", [row]


def line_amount(product):
    """price * quantity of a product, 0 where it cannot be read."""
    try:
        price = parse_number(as_text(product.get("price")) or "0")
        quantity = parse_number(as_text(product.get("quantity")) or "1")
    except BadNumber:
        return Fraction(0)
    return price * quantity


def order_rows(base, properties, products):
    """One purchase per product, the order's discount spread over them."""
    products = [p for p in products if isinstance(p, dict)]
    amounts = [line_amount(p) for p in products]
    shares = spread(properties.get("discount"), amounts)
    result = []
    for product, discount in zip(products, shares):
        row = add_properties(dict(base), properties)
        row.pop("discount", None)
        add_properties(row, product)
        if discount is not None and "discount" not in product:
            row["discount"] = discount
        result.append(row)
    return result


def spread(discount, amounts):
    """A discount in 1/10,000 by amount; what is left by rounding goes to
    the last product, so the parts sum to the whole."""
    text = as_text(discount)
    total = sum(amounts)
    if text is None or not total:
        return [None] * len(amounts)
    try:
        whole = round_away(parse_number(text) * 10_000)
    except BadNumber:
        return [None] * len(amounts)
    parts = [round_away(whole * amount / total) for amount in amounts]
    parts[-1] += whole - sum(parts)
    return [Fraction(part, 10_000) for part in parts]
