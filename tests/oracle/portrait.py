"""The whole portrait of some inputs."""

import activity
import carts
import category_table
import clv
import consumption
import population
import preference
import tables
import tagdata
import value
from activity import TAGS
from columns import all_columns, wanted_columns
from intake import Intake
from rules import Reader
from windows import Clock


class Portrait:
    """Rows by user, and everything counted on the way."""

    def __init__(self, job, inputs):
        self.job = job
        self.intake = Intake(job)
        self.intake.read(inputs)
        self.clock = Clock(self.intake.as_of, job)
        self.columns = all_columns(job)
        self.wanted = wanted_columns(job)
        self.tags = {tag: labels for tag, labels in {
            **TAGS, **preference.tags(job),
            **{t.name: t.labels for t in job.tags}}.items()
                     if tag in self.wanted}
        seen = {e.type for events in self.intake.users.values()
                for e in events}
        self.steps = [s for s in job.steps if s in seen]
        self.rows = {}
        self.sparse = {}        # {matrix: (type, {user: {label: value}})}
        self.orders = {}
        for user in sorted(self.intake.users, key=str.encode):
            self.rows[user] = self.one(self.intake.users[user])
        usual = population.finish(self.rows)
        self.sparse.update(category_table.matrices(
            self.intake.users, usual, self.clock))
        preference.finish(self)
        tagdata.finish(self)
        self.job_segments = self.find_segments()
        self.check()

    def one(self, events):
        """The row of one user, but for what needs the others."""
        row = {}
        visits = activity.user_facts(row, events, self.job, self.clock)
        orders = consumption.user_facts(row, events, self.clock)
        carts.user_facts(row, events, self.job, self.clock, self.steps)
        tables.keep_for_tables(row, events, visits, orders, self.steps)
        for metric in self.job.metrics:
            metric.put(row, events, self.clock)
        value.user_facts(row, events, self.job, self.clock)
        clv.user_facts(row, events, self.job, self.clock)
        return row

    def find_segments(self):
        """{name: users} of the job file's segments."""
        return {name: {user for user in self.rows
                       if rule(Reader(user, self)) is True}
                for name, rule in self.job.segments.items()}

    def ordered(self, node):
        """The known values of an expression over all rows, ascending."""
        if node not in self.orders:
            values = (node(Reader(user, self)) for user in self.rows)
            self.orders[node] = sorted(v for v in values if v is not None)
        return self.orders[node]

    def check(self):
        """Rows have exactly the columns of the list."""
        for row in self.rows.values():
            public = {name for name in row if not name.startswith("_")}
            assert public == set(self.columns), \
                public ^ set(self.columns)

    def histogram(self, name):
        """{user: shares} of an /obsm histogram."""
        return {u: r["_" + name] for u, r in self.rows.items()}
