"""DuckDB: a native file, texts as ENUM, sorted by (name, month, user, time) so that its zone maps
skip by name and month; for single users a second file sorted by (user, time)."""

import os

import duckdb

from . import answers
from .answers import DAY
from .sql import Questions

MONTH = 30 * DAY
TEXTS = ["name", "city", "platform", "category"]


class Peer(Questions):
    version = duckdb.__version__

    def __init__(self, ours, arguments):
        super().__init__(ours["as_of_ms"], self.fetch, lambda a, b: f"({a}) // ({b})")
        self.parquet, self.threads = arguments.parquet, arguments.threads
        self.file = os.path.join(arguments.scratch, "events.duckdb")
        self.points = os.path.join(arguments.scratch, "points.duckdb")
        self.db = self.connect(self.file)

    def connect(self, file):
        return duckdb.connect(file, config={"threads": self.threads, "temp_directory": file + ".tmp"})

    def fetch(self, sql):
        return self.db.execute(sql).fetchall()

    def load(self):
        columns = self.columns(self.db)
        self.db.execute(f"""CREATE TABLE events AS SELECT {columns} FROM read_parquet('{self.parquet}')
            ORDER BY name, time // {MONTH}, uid, time""")
        self.db.execute("CHECKPOINT")

    def columns(self, db):
        casts = []
        for text in TEXTS:
            db.execute(f"""CREATE TYPE {text}_word AS ENUM
                (SELECT DISTINCT {text} FROM read_parquet('{self.parquet}') WHERE {text} IS NOT NULL)""")
            casts.append(f"CAST({text} AS {text}_word) AS {text}")
        return f'"user" AS uid, time, id, {", ".join(casts)}, duration, amount'

    def bytes(self):
        return os.path.getsize(self.file)

    def prepare_points(self):
        self.point_db = self.connect(self.points)
        columns = self.columns(self.point_db)
        self.point_db.execute(f"""CREATE TABLE events AS SELECT {columns}
            FROM read_parquet('{self.parquet}') ORDER BY uid, time""")
        self.point_db.execute("CHECKPOINT")

    def point(self, user):
        return self.point_db.execute("SELECT * FROM events WHERE uid = ? ORDER BY time", [user]).fetchnumpy()

    def digest(self, rows):
        return answers.digest(rows["time"], rows["id"])

    def q7(self):
        cuts = lambda side: f"quantile_disc({side}, [0.2, 0.4, 0.6, 0.8]) AS c{side}"
        score = lambda side: "1" + "".join(f" + (p.{side} > c{side}[{n}])::INT" for n in range(1, 5))
        sql = f"""WITH p AS MATERIALIZED ({self.purchases()}),
            c AS (SELECT {cuts('r')}, {cuts('f')}, {cuts('m')} FROM p)
            SELECT {score('r')} AS sr, {score('f')} AS sf, {score('m')} AS sm, count(*) FROM p, c GROUP BY ALL"""
        return [*super().q7(), ("quantiles", lambda: answers.rfm(self.fetch(sql)))]

    def q8(self):
        step = lambda name: f"SELECT uid, time FROM events WHERE name = '{name}' AND time > {self.ago(180)}"
        sql = f"""WITH b AS MATERIALIZED (SELECT c.uid AS uid, c.time AS time, v.time AS t1
                FROM ({step('Add To Cart')}) c ASOF JOIN ({step('Product Viewed')}) v
                ON c.uid = v.uid AND c.time > v.time)
            SELECT (SELECT count(DISTINCT uid) FROM ({step('Product Viewed')}) v),
                (SELECT count(DISTINCT uid) FROM b WHERE time - t1 <= {7 * DAY}),
                (SELECT count(DISTINCT p.uid) FROM ({step('Purchase')}) p ASOF JOIN b
                    ON p.uid = b.uid AND p.time > b.time WHERE p.time - b.t1 <= {7 * DAY})"""
        return [*super().q8(), ("asof joins", lambda: list(self.fetch(sql)[0]))]
