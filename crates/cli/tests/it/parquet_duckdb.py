"""Parquet files read and written by DuckDB, for the tests of `perennial export` and `perennial import`.

    parquet_duckdb.py read FILE        {"columns": {name: type}, "rows": [{name: value}]}
    parquet_duckdb.py facts FILE       counts, sums and bounds of a file of events, answered in SQL
    parquet_duckdb.py copy FROM TO     the same rows, in a file that DuckDB wrote
    parquet_duckdb.py make TO          events that never were in Perennial

DuckDB must be where PYTHONPATH says. Everything goes to standard output as one JSON document.
"""

import json
import sys
from datetime import datetime, timedelta

import duckdb

INSTANT = "TIMESTAMP WITH TIME ZONE"

FACTS = """
    SELECT count(*) AS n_rows, count(DISTINCT user_id) AS users, count(DISTINCT event_id) AS ids,
        epoch_ms(min("time")) AS first_ms, epoch_ms(max("time")) AS last_ms,
        coalesce(sum(quantity), 0)::BIGINT AS quantity, coalesce(sum(amount), 0) AS amount,
        count(*) FILTER (member) AS members, count(*) FILTER (quantity IS NULL) AS without_quantity
    FROM read_parquet(?)
"""
PER_EVENT = "SELECT event, count(*) FROM read_parquet(?) GROUP BY event ORDER BY event"

# Every type that SQL gives easily: texts, integers of several widths, decimals, dates, lists.
MADE = """
    SELECT 'm' || (n % 97) AS customer, CASE n % 3 WHEN 0 THEN 'View' ELSE 'Purchase' END AS what,
        TIMESTAMPTZ '2026-01-01 00:00:00Z' + INTERVAL (n) MINUTE AS at, 'made-' || n AS delivery,
        n::INTEGER AS quantity, (n % 400)::DECIMAL(12, 2) / 4 AS price, (n % 5)::UTINYINT AS stars,
        n % 2 = 0 AS member, DATE '2025-12-31' + (n % 10)::INTEGER AS born,
        ['a', 'şu ' || n % 7] AS tags, CASE WHEN n % 4 = 0 THEN 'İzmir' END AS city
    FROM range(10000) AS numbers(n)
"""
MADE_FACTS = """
    SELECT count(*) AS n_rows, count(DISTINCT customer) AS users, sum(quantity)::BIGINT AS quantity,
        sum(price)::DOUBLE AS price, count(city) AS cities
    FROM read_parquet(?) WHERE what = 'Purchase'
"""


def main():
    database = duckdb.connect()
    command, *arguments = sys.argv[1:]
    commands = {"read": read, "facts": facts, "copy": copy, "make": make}
    print(json.dumps(commands[command](database, *arguments)))


def read(database, path):
    described = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
    columns = {name: kind for name, kind, *_ in described}
    shown = ", ".join(shown_column(name, kind) for name, kind in columns.items())
    found = database.execute(f"SELECT {shown} FROM read_parquet(?)", [path]).fetchall()
    rows = []
    for row in found:
        cells = zip(columns, columns.values(), row)
        rows.append({name: plain(kind, cell) for name, kind, cell in cells if cell is not None})
    return {"columns": columns, "rows": rows}


def shown_column(name, kind):
    quoted = '"' + name.replace('"', '""') + '"'
    return f"epoch_ms({quoted})" if kind == INSTANT else quoted


def plain(kind, cell):
    if kind != INSTANT:
        return cell
    return (datetime(1970, 1, 1) + timedelta(milliseconds=cell)).isoformat(timespec="milliseconds") + "Z"


def facts(database, path):
    answer = one(database, FACTS, path)
    answer["per_event"] = dict(database.execute(PER_EVENT, [path]).fetchall())
    return answer


def copy(database, source, target):
    database.execute(f"COPY (SELECT * FROM read_parquet({text(source)})) TO {text(target)} (FORMAT parquet)")
    return {}


def make(database, target):
    database.execute(f"COPY ({MADE}) TO {text(target)} (FORMAT parquet)")
    return one(database, MADE_FACTS, target)


def one(database, question, path):
    asked = database.execute(question, [path])
    names = [column[0] for column in asked.description]
    return dict(zip(names, asked.fetchone()))


def text(path):
    return "'" + path.replace("'", "''") + "'"


main()
