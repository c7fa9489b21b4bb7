"""Section 10 of the catalogue: lifetime value (README G).

The parameters are the file's own; that they are a maximum of the
likelihood is looked at here, and the forecasts are worked out anew, the
expected purchases by integration.
"""

import math
from fractions import Fraction

import numpy as np

from consumption import currency

HORIZONS = (7, 30, 90, 365)
DAY = 86_400_000
FACTS = [("clv_x", "u32?"), ("clv_tx", "f32"), ("clv_T", "f32"),
         ("clv_m", "f64")]
FORECASTS = [("p_alive", "f32")] + [
    (f"{name}_{h}d", "f32") for name in
    ("p_purchase", "churn_probability", "expected_purchases")
    for h in HORIZONS] + [("expected_purchase_value", "f64~"),
                          ("clv_12m", "f64~")]


def clv_columns(job):
    return FACTS + (FORECASTS if job.clv_model != "none" else [])


def user_facts(row, events, job, clock):
    """x, t_x, T and m; forecasts are absent until there are parameters."""
    purchases = [e for e in events if e.type == "purchase"]
    days = sorted({p.day for p in purchases})
    row.update((name, None) for name, _ in clv_columns(job))
    row["_clv"] = None
    if not days:
        return
    x, tx, age = len(days) - 1, days[-1] - days[0], clock.since(days[0])
    unit = Fraction(job.clv_unit, DAY)
    row.update(clv_x=x, clv_tx=tx / unit, clv_T=age / unit)
    if x:
        row["clv_m"] = currency(Fraction(sum(
            p.amount for p in purchases if p.day != days[0]), x))
    row["_clv"] = (x, float(row["clv_tx"]), float(row["clv_T"]))


class Model:
    """BG/NBD (k = 0) or MBG/NBD (k = 1)."""

    def __init__(self, name, r, alpha, a, b):
        self.k = int(name == "mbgnbd")
        self.r, self.alpha, self.a, self.b = r, alpha, a, b
        self.known = {}

    def log_likelihood(self, x, tx, age):
        r, al, a, b, k = self.r, self.alpha, self.a, self.b, self.k
        lg = math.lgamma
        terms = [-(r + x) * math.log(al + age)]
        if x or k:
            terms.append(math.log(a / (b + x - 1 + k))
                         - (r + x) * math.log(al + tx))
        top = max(terms)
        return (lg(r + x) - lg(r) + r * math.log(al) + lg(a + b)
                + lg(b + x + k) - lg(b) - lg(a + b + x + k)
                + top + math.log(sum(math.exp(t - top) for t in terms)))

    def alive(self, x, tx, age):
        if not (x or self.k):
            return 1.0
        odds = math.log(self.a / (self.b + x - 1 + self.k)) + (
            self.r + x) * math.log((self.alpha + age) / (self.alpha + tx))
        return 1 / (1 + math.exp(odds)) if odds < 700 else 0.0

    def buys(self, x, age, h):
        scale = self.alpha + age
        return 1 - (scale / (scale + h)) ** (self.r + x)

    def purchases(self, x, age, h):
        """Mean over p ~ Beta(a, b') of (1 - (A/(A+ph))^s)/p, by the
        trapezoid in log(p/(1-p)) of its distance from the value at 0."""
        key = (x, age, h)
        if key not in self.known:
            a, b = self.a, self.b + x + self.k
            s, y = self.r + x, h / (self.alpha + age)
            w = np.arange(-90, 90 + 60 / min(b, 1), 1 / 64)
            log_p, log_q = -np.logaddexp(0, -w), -np.logaddexp(0, w)
            p = np.exp(log_p)
            weight = np.exp(math.lgamma(a + b) - math.lgamma(a)
                            - math.lgamma(b) + a * log_p + b * log_q) / 64
            value = -np.expm1(-s * np.log1p(p * y)) / p
            self.known[key] = s * y - float(np.sum(weight * (s * y - value)))
        return self.known[key]


def table(file, name):
    from h5ad import Frame
    path = "uns/models/" + name
    return Frame(file[path]) if path in file else None


def parameters(file):
    """{model: {parameter: value}} of the file."""
    frame, found = table(file, "parameters"), {}
    if frame:
        for r in frame.records(("model", "parameter", "value")):
            found.setdefault(r["model"], {})[r["parameter"]] = r["value"]
    return found


def is_maximum(report, model, histories, fit):
    """The likelihood is what the file says, and no step goes up."""
    def total(changed):
        return math.fsum(changed.log_likelihood(*h) for h in histories)

    best = total(model)
    if not math.isclose(best, fit["log_likelihood"], rel_tol=1e-9,
                        abs_tol=1e-9):
        report.note(f"log-likelihood {fit['log_likelihood']}, ours {best}")
    for name in ("r", "alpha", "a", "b"):
        for factor in (.99, 1.01):
            values = {n: getattr(model, n) for n in
                      ("r", "alpha", "a", "b")}
            values[name] *= factor
            inside = 1e-3 <= values[name] <= 1e3
            name_of = "mbgnbd" if model.k else "bgnbd"
            if inside and total(Model(name_of, **values)) > best + 1e-6:
                report.note(f"likelihood rises with {name} * {factor}")


def forecast(report, portrait, file):
    """Fills the forecasts of all rows."""
    found = parameters(file)
    name = portrait.job.clv_model
    if name not in found or not found[name]:
        return
    model, spend = Model(name, **found[name]), found.get("gamma_gamma")
    unit = portrait.job.clv_unit / DAY
    buyers = [r for r in portrait.rows.values() if r["_clv"]]
    fits = {r["model"]: r for r in
            table(file, "fits").records(("model", "users", "log_likelihood"))}
    if fits[name]["users"] != len(buyers):
        report.note(f"{name}: fitted on {fits[name]['users']} users, not "
                    f"{len(buyers)}")
    if buyers:
        is_maximum(report, model, [r["_clv"] for r in buyers], fits[name])
    for row in buyers:
        fill(row, model, spend, unit, portrait.job)


def fill(row, model, spend, unit, job):
    x, tx, age = row["_clv"]
    row["p_alive"] = alive = model.alive(x, tx, age)
    for h in HORIZONS:
        p = alive * model.buys(x, age, h / unit)
        row[f"p_purchase_{h}d"] = p
        row[f"churn_probability_{h}d"] = 1 - p
        row[f"expected_purchases_{h}d"] = alive * model.purchases(
            x, age, h / unit)
    if not spend or math.isnan(spend["p"]):
        return
    p, q, v = spend["p"], spend["q"], spend["v"]
    repeats = x if x and row["clv_m"] > 0 else 0
    left = p * repeats + q - 1
    if left <= 0:
        return
    value = p * (v + (repeats * float(row["clv_m"]) if repeats else 0)) / left
    row["expected_purchase_value"] = value
    steps = [0] + [alive * model.purchases(x, age, j * 365 / 12 / unit)
                   for j in range(1, 13)]
    row["clv_12m"] = job.clv_margin * value * sum(
        (steps[j] - steps[j - 1]) / (1 + job.clv_discount) ** j
        for j in range(1, 13))
