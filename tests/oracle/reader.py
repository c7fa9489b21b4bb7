"""Files to raw lines (README A1, A2)."""

import gzip
import os
import re
import zlib

import zstandard

TABLES = ("users", "items", "stores", "campaigns", "assignments",
          "activities", "costs")
KNOWN = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
PACKED = (".zst", ".gz")
BOM = b"\xef\xbb\xbf"
ZSTD = b"\x28\xb5\x2f\xfd"
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")


class Damaged(ValueError):
    """A compressed file that cannot be read to its end."""


def is_log(name):
    """Whether a file of an INPUT folder is a log."""
    base = os.path.basename(name)
    if base.startswith((".", "_", "truth")) or base.startswith(TABLES):
        return False
    for packed in PACKED:
        if base.endswith(packed):
            base = base[:-len(packed)]
    return base.endswith(KNOWN)


def find_logs(inputs):
    """The files of the INPUT arguments, folders walked."""
    for path in inputs:
        if not os.path.isdir(path):
            yield path
            continue
        found = []
        for folder, folders, names in os.walk(path):
            folders[:] = [f for f in folders
                          if not f.startswith((".", "_", "truth"))]
            found += [os.path.join(folder, name) for name in names]
        yield from sorted(filter(is_log, found), key=os.fsencode)


def unzstd(data):
    """All frames; skippable ones hold nothing."""
    parts = []
    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            parts.append(frame.decompress(data))
        except zstandard.ZstdError as error:
            raise Damaged(str(error)) from None
        if not frame.eof:
            raise Damaged("the last frame is cut")
        data = frame.unused_data
    return b"".join(parts)


def gunzip(data):
    """All members."""
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise Damaged(str(error)) from None


def read_bytes(path):
    """The unpacked content, whatever the extension says."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == ZSTD or SKIPPABLE.match(data):
        return unzstd(data)
    if data[:2] == b"\x1f\x8b":
        return gunzip(data)
    return data


def raw_lines(path):
    """The lines of a file, without their ends."""
    data = read_bytes(path)
    if data.startswith(BOM):
        data = data[len(BOM):]
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for line in lines:
        yield line[:-1] if line.endswith(b"\r") else line


def is_blank(line):
    """Nothing but blanks (A2)."""
    return not line.strip(b" \t\r")


def join_quoted(lines):
    """Records whose quotes span lines (`multiline: true`)."""
    held = None
    for line in lines:
        held = line if held is None else held + b"\n" + line
        if held.count(b'"') % 2 == 0:
            yield held
            held = None
    if held is not None:
        yield held
