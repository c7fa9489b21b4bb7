"""`tags:` of the job file: tags as data over the columns (README H)."""

import math
from fractions import Fraction

from expr import compile_expression
from rules import Reader


def rule(block, name):
    return compile_expression(str(block[name])) if name in block else None


class Tag:
    """One tag: the first case that holds, its index, its evidence."""

    def __init__(self, name, block):
        self.name = name
        self.cases = [(compile_expression(str(case["when"])),
                       str(case["label"])) for case in block["cases"]]
        self.default = block.get("default")
        self.index = rule(block, "index")
        self.evidence = rule(block, "evidence")
        found = [label for _, label in self.cases]
        if self.default is not None:
            found.append(str(self.default))
        self.labels = [str(v) for v in block.get("labels", ())] \
            or list(dict.fromkeys(found))
        self.columns = [(name, "cat"), (name + "_index", "f32"),
                        (name + "_evidence", "u32")]

    def label(self, reader):
        """A case nobody can tell leaves the label unknown."""
        for when, label in self.cases:
            holds = when(reader)
            if holds is None:
                return None
            if holds:
                return label
        return self.default

    def values(self, reader):
        """The three columns of one user."""
        label = self.label(reader)
        index = self.index(reader) if self.index else Fraction(1)
        if label is None or index is None:
            index = None
        else:
            index = min(Fraction(1), max(Fraction(0), index))
        evidence = (self.evidence and self.evidence(reader)) or 0
        return label, index, max(0, math.floor(evidence + Fraction(1, 2)))


def finish(portrait):
    """Fill in the tags; one that reads another comes after it."""
    left = list(portrait.job.tags)
    while left:
        later = []
        for tag in left:
            try:
                found = {user: tag.values(Reader(user, portrait))
                         for user in portrait.rows}
            except KeyError:
                later.append(tag)
                continue
            for user, values in found.items():
                portrait.rows[user].update(
                    zip((name for name, _ in tag.columns), values))
        assert len(later) < len(left), [t.name for t in later]
        left = later
