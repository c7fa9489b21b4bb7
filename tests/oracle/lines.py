"""One raw line to its raw fields: strict JSON, and CSV (README A5, A6)."""

import json
import re


class Unparsable(ValueError):
    """A line that is no record."""


class Number(str):
    """A JSON number as it is written."""


MAX_DEPTH = 64


def refuse_constant(name):
    raise Unparsable(name)


DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number,
                           parse_constant=refuse_constant)


def check_text(text):
    """Refuse what jansson refuses inside strings."""
    if "\0" in text:
        raise Unparsable("NUL")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Unparsable("lone surrogate") from None


def check_value(value, depth):
    """Depth and texts of a decoded value."""
    if isinstance(value, str):
        check_text(value)
        return
    if not isinstance(value, (dict, list)):
        return
    if depth > MAX_DEPTH:
        raise Unparsable("too deep")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_text(key)
            check_value(inner, depth + 1)
    else:
        for inner in value:
            check_value(inner, depth + 1)


def parse_json(raw):
    """A line to a dict; a duplicate key's last value holds."""
    try:
        text = raw.decode("utf-8")
        value, end = DECODER.raw_decode(text, len(text)
                                        - len(text.lstrip(" \t\n\r")))
    except (ValueError, RecursionError):
        raise Unparsable("JSON") from None
    if text[end:].strip(" \t\n\r") or not isinstance(value, dict):
        raise Unparsable("no object alone")
    check_value(value, 1)
    return value


def split_csv(raw, delimiter):
    """A line to its list of texts."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unparsable("UTF-8") from None
    if delimiter == "blank":
        return split_blanks(text)
    if '"' not in text:
        return text.split(delimiter)
    return split_quoted(text, delimiter)


def split_blanks(text):
    """Fields between runs of blanks and tabs, which may be quoted."""
    text = text.strip(" \t")
    if '"' not in text:
        return re.split("[ \t]+", text)
    fields, at = [], 0
    while at < len(text):
        if text[at] == '"':
            field, at = quoted_field(text, at + 1)
            if at < len(text) and text[at] not in " \t":
                raise Unparsable("byte after a closing quote")
        else:
            end = re.compile("[ \t]|$").search(text, at).start()
            field, at = text[at:end], end
        fields.append(field)
        while at < len(text) and text[at] in " \t":
            at += 1
    return fields


def split_quoted(text, delimiter):
    """RFC 4180 quoting."""
    fields, at = [], 0
    while True:
        if text[at:at + 1] == '"':
            field, at = quoted_field(text, at + 1)
            if at < len(text) and text[at] != delimiter:
                raise Unparsable("byte after a closing quote")
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            field, at = text[at:end], end
        fields.append(field)
        if at >= len(text):
            return fields
        at += 1


def quoted_field(text, at):
    """A field from behind its opening quote to behind its closing one."""
    field = ""
    while True:
        end = text.find('"', at)
        if end < 0:
            raise Unparsable("unclosed quote")
        field += text[at:end]
        if text[end + 1:end + 2] != '"':
            return field, end + 1
        field += '"'
        at = end + 2


def by_path(value, path):
    """A nested field of a JSON object, None where it is not."""
    if path in value:
        return value[path]
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def as_text(value):
    """A raw field as trimmed text; None where absent (A6, A7)."""
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip(" \t\r\n") or None
