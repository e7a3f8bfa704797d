"""Polars: one frame in memory, sorted by (name, time), and one of (user, time) of all events, sorted by
time and known to be so, which lets filters on time skip; for single users a frame sorted by (user,
time). Every question is asked of both engines, in memory and streaming."""

import os

import polars as pl

from . import answers
from .answers import DAY, WEEK, WEEKS

MONTH = 30 * DAY
TEXTS = ["name", "city", "platform", "category"]
UID, TIME = pl.col("uid"), pl.col("time")


class Peer:
    version = pl.__version__

    def __init__(self, ours, arguments):
        self.as_of = ours["as_of_ms"]
        self.parquet = arguments.parquet
        self.file = os.path.join(arguments.scratch, "events.parquet")
        self.engine = "in-memory"

    def load(self):
        self.frame = self.read()
        self.all = self.frame.select("uid", "time").with_columns(TIME.set_sorted())
        self.keep()

    def read(self):
        frame = pl.read_parquet(self.parquet).rename({"user": "uid"})
        words = {text: pl.Enum(frame[text].cast(pl.String).drop_nulls().unique().sort()) for text in TEXTS}
        return frame.with_columns(pl.col(text).cast(pl.String).cast(kind) for text, kind in words.items())

    def keep(self):
        asked = self.frame.select("name", "uid", "time", "category", "amount")
        self.by_name = asked.sort("name", maintain_order=True).with_columns(pl.col("name").set_sorted())

    def named(self, name):
        return self.by_name.lazy().filter(pl.col("name") == name)

    def bytes(self):
        """As a sorted Parquet file: frames in memory have no size on disk."""
        frame = self.frame.sort("name", TIME // MONTH, "uid", "time")
        frame.write_parquet(self.file, compression="zstd", compression_level=1)
        return os.path.getsize(self.file)

    def prepare_points(self):
        self.points = self.frame.sort("uid", "time").with_columns(UID.set_sorted())
        del self.frame

    def point(self, user):
        return self.points.filter(UID == user)

    def digest(self, rows):
        return answers.digest(rows["time"].to_numpy(), rows["id"].to_numpy())

    def ways(self, key):
        asks = {"q9": [("bits, ", self.q9_bits), ("pairs, ", self.q9)]}.get(key, [("", getattr(self, key))])
        return [
            (way + engine, lambda engine=engine, ask=ask: self.ask_with(engine, ask))
            for way, ask in asks
            for engine in ["in-memory", "streaming"]
        ]

    def ask_with(self, engine, ask):
        self.engine = engine
        return ask()

    def collect(self, plan):
        return plan.collect(engine=self.engine)

    def ago(self, days):
        return self.as_of - days * DAY

    def last(self, name, days):
        return self.named(name).filter(TIME > self.ago(days))

    def pairs(self, plans):
        totals = [plan.select(UID.len().alias("n"), UID.cast(pl.UInt64).sum().alias("s")) for plan in plans]
        found = pl.collect_all(totals, engine=self.engine)
        return [n for frame in found for n in frame.row(0)]

    def at_least(self, name, n, days):
        return self.last(name, days).group_by("uid").len().filter(pl.col("len") >= n)

    def total(self, plan, holds):
        return plan.group_by("uid").agg(pl.col("amount").sum()).filter(holds(pl.col("amount")))

    def did(self, name, days):
        return self.last(name, days).select("uid").unique()

    def did_not(self, did, did_days, not_did, not_days):
        return self.did(did, did_days).join(self.last(not_did, not_days), on="uid", how="anti")

    def not_after(self, name, days):
        anchors = self.last(name, days).group_by("uid").agg(TIME.max())
        bought = self.last("Purchase", days).group_by("uid").agg(TIME.max().alias("bought"))
        return anchors.join(bought, on="uid", how="left").filter(pl.col("bought").fill_null(0) <= TIME)

    def q1(self):
        return self.pairs([self.at_least("App Launched", 3, 30)])

    def q2(self):
        shoes = self.last("Purchase", 90).filter(pl.col("category") == "Shoes")
        return self.pairs([self.total(shoes, lambda amount: amount > 100)])

    def q3(self):
        return self.pairs([self.did_not("App Launched", 30, "Purchase", 30)])

    def q4(self):
        return self.pairs([self.not_after("Add To Cart", 1)])

    def q5(self):
        signed = self.named("Signed Up").group_by("uid").agg(TIME.min().alias("t"))
        signed = signed.filter(pl.col("t") > self.ago(30))
        after = self.last("App Launched", 30).join(signed, on="uid")
        after = after.filter(TIME > pl.col("t"), TIME <= pl.col("t") + 7 * DAY)
        return self.pairs([after.group_by("uid").len().filter(pl.col("len") >= 2)])

    def q6(self):
        recent = self.all.lazy().filter(TIME > self.ago(60)).group_by("uid").agg(TIME.max())
        gone = recent.filter(TIME <= self.ago(30))
        bought = self.named("Purchase").join(gone, on="uid", how="semi")
        return self.pairs([bought.group_by("uid").len().filter(pl.col("len") >= 5)])

    def q7(self):
        own = self.last("Purchase", 365).group_by("uid").agg(
            TIME.max().alias("r"), pl.len().alias("f"), pl.col("amount").sum().alias("m"))
        score = lambda side: (1 + 5 * (pl.col(side).rank("min").cast(pl.Int64) - 1) // pl.len()).alias(side)
        scores = own.select(score("r"), score("f"), score("m"))
        return answers.rfm(self.collect(scores.group_by("r", "f", "m").len()).rows())

    def q8(self):
        """Backward joins in time, each to the latest step before."""
        step = lambda name: self.last(name, 180).select("uid", "time")
        views, carts, bought = step("Product Viewed"), step("Add To Cart"), step("Purchase")
        before = dict(on="time", by="uid", strategy="backward", allow_exact_matches=False, check_sortedness=False)
        views_at = views.with_columns(TIME.alias("t1"))
        second = carts.join_asof(views_at, **before)
        third = bought.join_asof(second, **before)
        within = lambda plan: plan.filter(TIME - pl.col("t1") <= 7 * DAY)
        plans = [views, within(second), within(third)]
        counts = [plan.select(UID.n_unique()) for plan in plans]
        return [frame.item() for frame in pl.collect_all(counts, engine=self.engine)]

    def q9_bits(self):
        """One bit per active week, then counts of the distinct patterns."""
        bits = [1 << age for age in range(WEEKS)]
        own = self.weeks().with_columns(pl.col("a").replace_strict(range(WEEKS), bits, default=0,
                                        return_dtype=pl.Int64).alias("bits"))
        own = own.group_by("uid").agg(pl.col("a").max().alias("f"), pl.col("bits").bitwise_or())
        own = own.filter(pl.col("f") < WEEKS).group_by("f", "bits").len()
        found = self.collect(own)
        ages = pl.DataFrame({"a": range(WEEKS), "bit": bits}, schema={"a": pl.Int32, "bit": pl.Int64})
        met = found.lazy().join(ages.lazy(), how="cross").filter((pl.col("bits") & pl.col("bit")) != 0)
        return answers.retention(self.collect(met.group_by("f", "a").agg(pl.col("len").sum())).rows())

    def weeks(self):
        return self.all.lazy().select(UID, ((self.as_of - TIME) // WEEK).cast(pl.Int32).alias("a"))

    def q9(self):
        """The distinct active weeks of each user, counted by age of the cohort and of the week."""
        own = self.weeks()
        own = own.group_by("uid").agg(pl.col("a").max().alias("f"), pl.col("a").unique().alias("a"))
        own = own.filter(pl.col("f") < WEEKS).explode("a").group_by("f", "a").len()
        return answers.retention(self.collect(own).rows())

    def q10(self):
        now, before = self.as_of, self.ago(30)
        own = self.all.lazy().group_by("uid").agg(
            TIME.min().alias("first"),
            TIME.max().alias("last2"),
            TIME.filter(TIME <= before).max().fill_null(0).alias("last1"),
            (TIME > before).sum().alias("n2"),
            ((TIME > before - 30 * DAY) & (TIME <= before)).sum().alias("n1"),
        )
        states = own.select(state(before, "n1", "last1").alias("s1"), state(now, "n2", "last2").alias("s2"))
        return answers.lifecycle(self.collect(states.group_by("s1", "s2").len()).rows())

    def q11(self):
        amount, category = pl.col("amount"), pl.col("category")
        last, did, did_not, at_least = self.last, self.did, self.did_not, self.at_least
        distinct = lambda plan, what, n: plan.group_by("uid").agg(what.n_unique().alias("n")).filter(pl.col("n") >= n)
        everything = self.all.lazy().filter(TIME > self.ago(30))
        return self.pairs([
            did("App Launched", 7),
            at_least("App Launched", 10, 30),
            did("Purchase", 30),
            at_least("Purchase", 2, 90),
            self.total(last("Purchase", 90), lambda amount: amount > 250),
            self.total(last("Purchase", 365), lambda amount: amount >= 1000),
            did_not("Purchase", 90, "Purchase", 30),
            did_not("App Launched", 7, "Purchase", 30),
            did_not("Add To Cart", 7, "Purchase", 7),
            at_least("Search", 3, 30).join(last("Purchase", 30), on="uid", how="anti"),
            distinct(last("Product Viewed", 30), category, 3),
            distinct(last("Purchase", 365), category, 4),
            distinct(last("App Launched", 30), TIME // DAY, 5),
            did_not("Push Opened", 30, "Push Received", 7),
            self.chain("Search", "Purchase", 1, 30),
            self.chain("Add To Cart", "Purchase", 7, 90),
            self.absence("Checkout Started", "Purchase", 7),
            everything.group_by("uid").len().filter(pl.col("len") >= 20),
            last("Purchase", 30).filter(category.is_in(["Electronics", "Home"])).select("uid").unique(),
            self.not_after("Wishlist Added", 30),
        ])

    def chain(self, first, second, within, days):
        start = self.last(first, days).select("uid", "time", TIME.alias("t"))
        end = self.last(second, days).select("uid", "time")
        met = end.join_asof(start, on="time", by="uid", strategy="backward", allow_exact_matches=False,
                            check_sortedness=False)
        return met.filter(TIME - pl.col("t") <= within * DAY).select("uid").unique()

    def absence(self, did, then_not, within):
        done = self.named(did).select("uid", "time").filter(TIME <= self.ago(within))
        after = self.named(then_not).select("uid", "time", TIME.alias("t"))
        met = done.join_asof(after, on="time", by="uid", strategy="forward", allow_exact_matches=False,
                             check_sortedness=False)
        late = pl.col("t").is_null() | (pl.col("t") - TIME > within * DAY)
        return met.filter(late).select("uid").unique()


def state(at, n, last):
    first, n, last = pl.col("first"), pl.col(n), pl.col(last)
    chosen = pl.when(first > at).then(6).when(first > at - 7 * DAY).then(0).when(n >= 20).then(1)
    for index, days in [(2, 14), (3, 30), (4, 90)]:
        chosen = chosen.when(last > at - days * DAY).then(index)
    return chosen.otherwise(5)
