"""DataFusion: a Parquet file sorted by (name, month, user, time) with small row groups, and the same
rows as a table in memory; every question is asked of both. For single users a file sorted by (user,
time)."""

import os

import datafusion
import pyarrow

from . import answers
from .answers import DAY
from .sql import Questions

MONTH = 30 * DAY
COLUMNS = '"user" AS uid, name, time, id, city, platform, category, duration, amount'


class Peer(Questions):
    version = datafusion.__version__

    def __init__(self, ours, arguments):
        super().__init__(ours["as_of_ms"], self.fetch, whole)
        self.parquet, self.threads = arguments.parquet, arguments.threads
        self.file = os.path.join(arguments.scratch, "events.parquet")
        self.points = os.path.join(arguments.scratch, "points.parquet")
        self.stored, self.memory = self.context(), self.context()
        self.context_now = self.stored

    def context(self):
        config = datafusion.SessionConfig().with_target_partitions(self.threads)
        for key, value in [("parquet.pushdown_filters", "true"), ("parquet.reorder_filters", "true"),
                           ("parquet.max_row_group_size", "131072"), ("parquet.compression", "zstd(1)"),
                           ("parquet.schema_force_view_types", "false"), ("collect_statistics", "true")]:
            config = config.set(f"datafusion.execution.{key}", value)
        return datafusion.SessionContext(config)

    def fetch(self, sql):
        batches = self.context_now.sql(sql).collect()
        return [tuple(row.values()) for batch in batches for row in renamed(batch).to_pylist()]

    def sort(self, order, file):
        source = self.context()
        source.register_parquet("source", self.parquet)
        source.sql(f"COPY (SELECT {COLUMNS} FROM source ORDER BY {order}) TO '{file}' STORED AS PARQUET").collect()

    def load(self):
        self.sort(f"name, time / {MONTH}, uid, time", self.file)
        self.stored.register_parquet("events", self.file)

    def bytes(self):
        return os.path.getsize(self.file)

    def prepare_points(self):
        batches = self.stored.sql("SELECT * FROM events").collect()
        half = (len(batches) + 1) // 2
        self.memory.register_record_batches("events", [batches[:half], batches[half:]])
        self.sort("uid, time", self.points)
        self.stored.register_parquet("points", self.points)

    def ways(self, key):
        return [
            (f"{way}, {where}", lambda ask=ask, context=context: self.ask_in(context, ask))
            for where, context in [("memory", self.memory), ("parquet", self.stored)]
            for way, ask in super(Peer, self).ways(key)
        ]

    def ask_in(self, context, ask):
        self.context_now = context
        return ask()

    def point(self, user):
        return pyarrow.Table.from_batches(
            self.stored.sql(f"SELECT * FROM points WHERE uid = {user} ORDER BY time").collect())

    def digest(self, rows):
        return answers.digest(rows["time"].to_numpy(), rows["id"].to_numpy())


def whole(a, b):
    """Signed on both sides: unsigned by signed would be a decimal."""
    return f"(CAST({a} AS BIGINT) / CAST({b} AS BIGINT))"


def renamed(batch):
    """Columns by place: two sums without a name would be one."""
    names = [str(place) for place in range(batch.num_columns)]
    return pyarrow.RecordBatch.from_arrays(batch.columns, names=names)
