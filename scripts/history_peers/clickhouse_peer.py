"""ClickHouse, as the library chdb: MergeTree by month, ordered by (name, user, time); for single users
a second table ordered by (user, time) with small granules."""

import json
import os
from io import BytesIO

import chdb
import pyarrow
from chdb.session import Session

from . import answers
from .answers import DAY
from .sql import Questions

COLUMNS = """uid UInt32, name LowCardinality(String), time Int64, id UInt64 CODEC(NONE),
    city LowCardinality(String), platform LowCardinality(String), category LowCardinality(String),
    duration Nullable(Int32), amount Float64"""


class Peer(Questions):
    def __init__(self, ours, arguments):
        super().__init__(ours["as_of_ms"], self.fetch, lambda a, b: f"intDiv({a}, {b})")
        self.parquet = os.path.abspath(arguments.parquet)
        self.session = Session(os.path.join(arguments.scratch, "clickhouse"))
        engine = self.fetch("SELECT version()")[0][0]
        self.version = f"{engine} (chdb {chdb.__version__})"
        for setting in [f"max_threads = {arguments.threads}", f"max_insert_threads = {arguments.threads}",
                        "max_partitions_per_insert_block = 0", "optimize_aggregation_in_order = 0"]:
            self.session.query(f"SET {setting}")

    def fetch(self, sql):
        text = self.session.query(sql, "JSONCompactEachRow").bytes().decode()
        return [[number(cell) for cell in json.loads(line)] for line in text.splitlines()]

    def fill(self, table, order):
        self.session.query(f"CREATE TABLE {table} ({COLUMNS}) ENGINE = MergeTree {order}")
        self.session.query(f"""INSERT INTO {table} SELECT user, name, time, id, ifNull(city, ''),
            ifNull(platform, ''), ifNull(category, ''), duration, ifNull(amount, 0)
            FROM file('{self.parquet}', Parquet)""")
        self.session.query(f"OPTIMIZE TABLE {table} FINAL")

    def load(self):
        month = "toYYYYMM(toDateTime(intDiv(time, 1000), 'UTC'))"
        self.fill("events", f"PARTITION BY {month} ORDER BY (name, uid, time)")

    def bytes(self):
        sql = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'events'"
        return int(self.fetch(sql)[0][0])

    def prepare_points(self):
        self.fill("points", "ORDER BY (uid, time) SETTINGS index_granularity = 1024")

    def point(self, user):
        sql = f"SELECT * FROM points WHERE uid = {user} ORDER BY time"
        result = self.session.query(sql, "ArrowStream").bytes()
        return pyarrow.ipc.open_stream(BytesIO(result)).read_all()

    def digest(self, rows):
        return answers.digest(rows["time"].to_numpy(), rows["id"].to_numpy())

    def bit(self, n):
        return f"bitShiftLeft(toUInt64(1), {n})"

    def has_bit(self, bits, n):
        return f"bitTest({bits}, {n})"

    def retention_bits(self, age):
        return super().retention_bits(age).replace("bit_or(", "groupBitOr(")

    def q7(self):
        sorted_side = lambda side: f"arraySort(groupArray({side})) AS s{side}"
        cuts = lambda side: f"[{', '.join(f's{side}[intDiv(n * {k} + 4, 5)]' for k in range(1, 5))}]"
        score = lambda side: f"1 + arrayCount(x -> {side} > x, tupleElement(cuts, '{side}'))"
        sql = f"""WITH (SELECT CAST(tuple({cuts('r')}, {cuts('f')}, {cuts('m')}),
                'Tuple(r Array(Int64), f Array(UInt64), m Array(Float64))')
                FROM (SELECT count() AS n, {sorted_side('r')}, {sorted_side('f')}, {sorted_side('m')}
                FROM ({self.purchases()}))) AS cuts
            SELECT {score('r')} AS sr, {score('f')} AS sf, {score('m')} AS sm, count()
            FROM ({self.purchases()}) GROUP BY sr, sf, sm"""
        return [*super().q7(), ("sorted arrays", lambda: answers.rfm(self.fetch(sql)))]

    def funnel(self, names, within, days):
        steps = ", ".join(f"name = '{name}'" for name in names)
        quoted = ", ".join(f"'{name}'" for name in names)
        return f"""SELECT uid, windowFunnel({within * DAY})(toUInt64(time), {steps}) AS n FROM events
            WHERE name IN ({quoted}) AND time > {self.ago(days)} GROUP BY uid"""

    def q8(self):
        steps = self.funnel(["Product Viewed", "Add To Cart", "Purchase"], 7, 180)
        sql = f"SELECT countIf(n >= 1), countIf(n >= 2), countIf(n >= 3) FROM ({steps})"
        return [("windowFunnel", lambda: self.fetch(sql)[0]), *super().q8()]

    def chain(self, first, second, within, days):
        return f"SELECT uid FROM ({self.funnel([first, second], within, days)}) WHERE n >= 2"


def number(cell):
    return int(cell) if isinstance(cell, str) and cell.isdigit() else cell
