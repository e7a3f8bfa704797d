"""Asks one engine all questions, compares with our answers and takes the times."""

import json
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path

RUNS = 5
RUNS_LEAST = 3


def run(arguments):
    ours = json.loads(Path(arguments.json).read_text())
    module = import_module(f"history_peers.{arguments.engine}_peer")
    engine = module.Peer(ours, arguments)
    began = time.perf_counter()
    engine.load()
    found = {
        "version": engine.version,
        "load_seconds": time.perf_counter() - began,
        "bytes": engine.bytes(),
        "questions": {},
        "wrong": [],
    }
    engine.prepare_points()
    for question in ours["questions"]:
        answer = best(engine, question, ours, arguments.seconds)
        found["questions"][question["key"]] = answer
        if answer and not answer["equal"]:
            found["wrong"].append(question["key"])
        Path(arguments.out).write_text(json.dumps(found))
        shown = f"{answer['ms']:.2f} ms, {answer['way']}, equal: {answer['equal']}" if answer else "-"
        print(f"  {question['key']}: {shown}", file=sys.stderr, flush=True)


def best(engine, question, ours, seconds):
    """The fastest of the right ways; a wrong one only if none is right."""
    if question["key"] == "q12":
        return points(engine, question, ours, seconds)
    ways = engine.ways(question["key"])
    found = []
    for way, ask in ways:
        try:
            found.append(timed(way, ask, question["answer"], seconds / len(ways)))
        except Exception as error:  # an engine may lack a function: that way does not count
            print(f"  {question['key']} {way}: {str(error)[:300]}", file=sys.stderr)
    found.sort(key=lambda answer: (not answer["equal"], answer["ms"]))
    return found[0] if found else None


def timed(way, ask, expected, seconds):
    began = time.perf_counter()
    answer = ask()
    times = []
    while len(times) < RUNS and (len(times) < RUNS_LEAST or time.perf_counter() - began < seconds):
        start = time.perf_counter()
        ask()
        times.append((time.perf_counter() - start) * 1000)
        if time.perf_counter() - began > 2 * seconds:
            break
    equal = [int(n) for n in answer] == expected
    return {"way": way, "ms": statistics.median(times), "runs": len(times), "equal": equal}


def points(engine, question, ours, seconds):
    users = ours["point_users"]
    expected = [tuple(question["answer"][i : i + 3]) for i in range(0, len(question["answer"]), 3)]
    began, times, equal = time.perf_counter(), [], True
    order = [len(users) - 1, *range(len(users) - 1)]
    engine.point(users[0])
    for place in order:
        start = time.perf_counter()
        rows = engine.point(users[place])
        times.append((time.perf_counter() - start) * 1000)
        equal &= engine.digest(rows) == expected[place]
        if time.perf_counter() - began > seconds:
            break
    largest, others = times[0], times[1:] or times
    p99 = sorted(others)[int((len(others) - 1) * 0.99)]
    return {
        "way": "point", "ms": statistics.median(others), "runs": len(others), "equal": equal,
        "p99_ms": p99, "largest_ms": largest,
    }
