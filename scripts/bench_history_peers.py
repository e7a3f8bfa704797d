#!/usr/bin/env python3
"""The questions of `perennial bench history`, asked of DuckDB, ClickHouse, Polars and DataFusion.

    perennial bench history --events 10000000 --json ours.json --parquet events.parquet
    python3 scripts/bench_history_peers.py --json ours.json --parquet events.parquet

Every engine loads the same Parquet file into the layout that suits it best and answers with two
threads, each in a process of its own. Answers must be the same integers as ours. Engines are asked
in their own query language over tables that they store; where there are several good ways to say a
question, all are tried and the fastest counts. The table goes to standard output as Markdown. Polars comes twice: with one frame
for all names, and with a table per name.

Packages that are missing are installed from PyPI into --packages, in the versions below.
"""

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = {
    "duckdb": "duckdb==2.0.1",
    "chdb": "chdb==4.4.0",
    "polars": "polars==2.1.0",
    "datafusion": "datafusion==55.0.0",
    "pyarrow": "pyarrow==26.0.1",
    "numpy": "numpy==2.4.6",
}
ENGINES = ["duckdb", "clickhouse", "polars", "polars_tables", "datafusion"]
TARGET = "the target: at least 25 in the geometric mean, no question below 6"


def main():
    arguments = read_arguments()
    if arguments.engine:
        return child(arguments)
    install(arguments.packages)
    ours = json.loads(Path(arguments.json).read_text())
    with tempfile.TemporaryDirectory(prefix="history-peers-", dir=arguments.scratch) as scratch:
        peers = {engine: ask(engine, arguments, scratch) for engine in arguments.engines}
    if arguments.out:
        Path(arguments.out).write_text(json.dumps(peers))
    print(report(ours, peers))
    wrong = [f"{engine} {key}" for engine, peer in peers.items() for key in peer.get("wrong", [])]
    if wrong:
        sys.exit("different answers: " + ", ".join(wrong))


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", required=True, help="what `perennial bench history` wrote")
    parser.add_argument("--parquet", required=True, help="its events")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=ENGINES)
    parser.add_argument("--seconds", type=float, default=60, help="per question and engine")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scratch", help="where the engines keep their files")
    parser.add_argument("--packages", default=Path(tempfile.gettempdir()) / "history-peers-packages")
    parser.add_argument("--out", help="all figures as JSON")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    return parser.parse_args()


def install(folder):
    sys.path.insert(0, str(folder))
    missing = [wanted for name, wanted in PACKAGES.items() if not importlib.util.find_spec(name)]
    if missing:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
        subprocess.run([*command, *missing], check=True)


def child(arguments):
    """Asks one engine and writes what it found after every question, so that a crash loses little."""
    sys.path.insert(0, str(arguments.packages))
    from history_peers import run

    run.run(arguments)


def ask(engine, arguments, scratch):
    folder = Path(scratch) / engine
    folder.mkdir()
    out = folder / "result.json"
    command = [sys.executable, __file__, "--engine", engine, "--scratch", str(folder)]
    for name in ["json", "parquet", "seconds", "threads", "packages"]:
        command += [f"--{name}", str(getattr(arguments, name))]
    threads = str(arguments.threads)
    environment = {**os.environ, "POLARS_MAX_THREADS": threads, "TOKIO_WORKER_THREADS": threads}
    print(f"{engine}…", file=sys.stderr)
    done = subprocess.run([*command, "--out", str(out)], env=environment)
    found = json.loads(out.read_text()) if out.exists() else {"questions": {}}
    if done.returncode:
        found["failed"] = done.returncode
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    return found


def report(ours, peers):
    lines = [
        f"{ours['events']:,} events, {ours['users']:,} users, {ours['years']} years, seed {ours['seed']}",
        "",
        "| | question, warm ms | perennial | " + " | ".join(peers) + " | best peer / ours |",
        "|---|---|" + "---|" * (len(peers) + 2),
    ]
    ratios = []
    for question in ours["questions"]:
        key, own = question["key"], question["warm_ms"]
        found = {name: peer["questions"].get(key) for name, peer in peers.items()}
        times = [answer["ms"] for answer in found.values() if answer and answer["equal"]]
        ratio = min(times) / own if times else None
        ratios += [ratio] if ratio else []
        cells = [figure(answer) for answer in found.values()]
        last = f"{ratio:.1f}" if ratio else "-"
        lines.append(f"| {key} | {question['title']} | {own:.2f} | {' | '.join(cells)} | {last} |")
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        lines += ["", f"Geometric mean of best peer / ours: {mean:.1f}; least: {min(ratios):.1f} ({TARGET})."]
    return "\n".join(lines + ["", *sizes(ours, peers)])


def figure(answer):
    if not answer:
        return "-"
    return f"{answer['ms']:.2f}" + ("" if answer["equal"] else " (wrong)")


def sizes(ours, peers):
    load, size = ours["load"], ours["size"]
    gzip = size["ndjson_gzip_bytes"] / ours["events"]
    lines = ["| | loaded, events/s | bytes/event on disk | version |", "|---|---|---|---|"]
    own = size["total_bytes"] / ours["events"]
    lines.append(f"| perennial | {load['events_per_second']:,.0f} | {own:.2f} | |")
    for name, peer in peers.items():
        if "load_seconds" not in peer:
            lines.append(f"| {name} | failed | - | |")
            continue
        rate, disk = ours["events"] / peer["load_seconds"], peer["bytes"] / ours["events"]
        lines.append(f"| {name} | {rate:,.0f} | {disk:.2f} | {peer['version']} |")
    share = f"measured on {size['ndjson_share']:.0%}"
    return lines + ["", f"Raw NDJSON through gzip: {gzip:.2f} bytes/event ({share}); ours is {own / gzip:.2f} of it."]


if __name__ == "__main__":
    main()
