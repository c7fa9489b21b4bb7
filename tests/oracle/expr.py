"""The small expression language of a format (README B11).

Values: None (absent), bool, Fraction, str, tuple of these.
"""

import math
import re
from fractions import Fraction

from exact import BadNumber, parse_number

TOKEN = re.compile(r"""\s*(?:
    (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<text>'[^']*'|"[^"]*")
  | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
  | (?P<sign>==|!=|<=|>=|[-+*/<>(),])
)""", re.VERBOSE)
COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}


class BadExpression(ValueError):
    """A text that is no expression."""


def tokenize(text):
    """List of (kind, text)."""
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise BadExpression(f"at {text[at:]!r}")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    tokens.append(("end", ""))
    return tokens


class Parser:
    """Recursive descent; each method gives a function of a name look-up."""

    def __init__(self, text):
        self.tokens = tokenize(text)
        self.at = 0

    def peek(self):
        return self.tokens[self.at][1] if self.kind() != "text" else None

    def kind(self):
        return self.tokens[self.at][0]

    def take(self, expected=None):
        text = self.tokens[self.at][1]
        if expected is not None and self.peek() != expected:
            raise BadExpression(f"expected {expected!r}, found {text!r}")
        self.at += 1
        return text

    def whole(self):
        node = self.disjunction()
        if self.kind() != "end":
            raise BadExpression(f"left over: {self.take()!r}")
        return node

    def disjunction(self):
        node = self.conjunction()
        while self.peek() == "or":
            self.take()
            node = logic_or(node, self.conjunction())
        return node

    def conjunction(self):
        node = self.negation()
        while self.peek() == "and":
            self.take()
            node = logic_and(node, self.negation())
        return node

    def negation(self):
        if self.peek() != "not":
            return self.comparison()
        self.take()
        inner = self.negation()
        return lambda get: invert(inner(get))

    def comparison(self):
        left = self.total()
        sign = self.peek()
        if sign in COMPARE:
            self.take()
            right = self.total()
            return lambda get: compare(sign, left(get), right(get))
        if sign == "in":
            self.take()
            return member(left, self.listing())
        if sign == "not":
            self.take()
            self.take("in")
            inside = member(left, self.listing())
            return lambda get: invert(inside(get))
        return left

    def listing(self):
        self.take("(")
        nodes = [self.total()]
        while self.peek() == ",":
            self.take()
            nodes.append(self.total())
        self.take(")")
        return nodes

    def total(self):
        node = self.product()
        while self.peek() in ("+", "-"):
            node = arithmetic(self.take(), node, self.product())
        return node

    def product(self):
        node = self.unary()
        while self.peek() in ("*", "/"):
            node = arithmetic(self.take(), node, self.unary())
        return node

    def unary(self):
        if self.peek() == "-":
            self.take()
            return arithmetic("-", lambda get: Fraction(0), self.unary())
        return self.atom()

    def atom(self):
        kind = self.kind()
        text = self.take()
        if kind == "number":
            value = Fraction(text)
            return lambda get: value
        if kind == "text":
            return lambda get: text[1:-1]
        if text == "(":
            node = self.disjunction()
            self.take(")")
            return node
        if kind != "name":
            raise BadExpression(f"unexpected {text!r}")
        if text in ("true", "false"):
            return lambda get: text == "true"
        if self.peek() == "(":
            return self.call(text)
        return lambda get: get(text)

    def call(self, name):
        self.take("(")
        nodes = []
        while self.peek() != ")":
            nodes.append(self.disjunction())
            if self.peek() == ",":
                self.take()
        self.take(")")
        if name == "if":
            condition, yes, no = nodes
            return lambda get: (yes if condition(get) is True else no)(get)
        if name in ON_ROWS:
            return lambda get: get.call(name, nodes)
        if name not in FUNCTIONS:
            raise BadExpression(f"no function {name}")
        function = FUNCTIONS[name]
        return lambda get: function(*[node(get) for node in nodes])


def as_number(value):
    """A Fraction, or None where the value is no number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            return parse_number(value.strip())
        except BadNumber:
            return None
    return value


def invert(value):
    return None if value is None else not value


def logic_or(left, right):
    def run(get):
        values = left(get), right(get)
        if True in values:
            return True
        return None if None in values else False
    return run


def logic_and(left, right):
    def run(get):
        values = left(get), right(get)
        if False in values:
            return False
        return None if None in values else True
    return run


def compare(sign, left, right):
    """Compare as numbers where one side is one, else as bytes."""
    if left is None or right is None:
        return None
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        left, right = as_number(left), as_number(right)
        if left is None or right is None:
            return None
    elif isinstance(left, str) and isinstance(right, str):
        left, right = left.encode(), right.encode()
    elif type(left) is not type(right):
        return None
    return COMPARE[sign](left, right)


def member(left, nodes):
    def run(get):
        found = [compare("==", left(get), node(get)) for node in nodes]
        if True in found:
            return True
        return None if None in found else False
    return run


def arithmetic(sign, left, right):
    def run(get):
        a, b = as_number(left(get)), as_number(right(get))
        if a is None or b is None:
            return None
        if sign == "+":
            return a + b
        if sign == "-":
            return a - b
        if sign == "*":
            return a * b
        if b == 0:
            return None
        return a / b
    return run


def on_text(function):
    """A function that is absent where an argument is."""
    def run(*values):
        return None if None in values else function(*values)
    return run


def on_numbers(function):
    """A function that is absent where an argument is no number."""
    def run(*values):
        values = [as_number(v) for v in values]
        return None if None in values else function(*values)
    return run


def coalesce(*values):
    return next((v for v in values if v is not None), None)


# What the rows of a portrait can tell (rules.py).
ON_ROWS = ("days_since", "interest", "prank")
FUNCTIONS = {
    "coalesce": coalesce,
    "is_known": lambda v: v is not None,
    "starts_with": on_text(lambda t, p: t.startswith(p)),
    "ends_with": on_text(lambda t, p: t.endswith(p)),
    "contains": on_text(lambda t, p: p in t),
    "lower": on_text(lambda t: "".join(
        c.lower() if c.isascii() else c for c in t)),
    "abs": on_numbers(abs),
    "min": on_numbers(lambda *v: min(v)),
    "max": on_numbers(lambda *v: max(v)),
    "number": as_number,
    "exp": on_numbers(lambda v: Fraction(math.exp(v))),
    "log": on_numbers(lambda v: Fraction(math.log(v)) if v > 0 else None),
    "sqrt": on_numbers(lambda v: Fraction(math.sqrt(v))
                       if v >= 0 else None),
}


def compile_expression(text):
    """A function of a look-up `get(name)`."""
    return Parser(text).whole()
