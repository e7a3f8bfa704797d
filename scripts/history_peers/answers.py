"""Brings rows into the order in which our answers stand."""

DAY = 86_400_000
WEEK = 7 * DAY
WEEKS = 52
STATES = 6


def pair(rows):
    [(count, total)] = rows
    return [count, total or 0]


def rfm(rows):
    counts = [0] * 125
    for r, f, m, n in rows:
        counts[(int(r) - 1) * 25 + (int(f) - 1) * 5 + int(m) - 1] = n
    return counts


def retention(rows):
    """Rows are (age of the cohort, age of the active week, users); age 0 is the last week."""
    counts = {(int(first), int(age)): n for first, age, n in rows}
    ages = range(WEEKS - 1, -1, -1)
    return [counts.get((first, first - k), 0) for first in ages for k in range(first + 1)]


def lifecycle(rows):
    """Rows are (state before, state now, users); state 6 before: not there yet."""
    matrix = [[0] * (STATES + 1) for _ in range(STATES + 1)]
    for before, now, n in rows:
        matrix[int(before)][int(now)] = int(n)
    before = [sum(row) for row in matrix[:STATES]]
    now = [sum(row[state] for row in matrix) for state in range(STATES)]
    return before + now + [n for row in matrix for n in row]


def digest(times, ids):
    """What is compared of one user's history; both are numpy arrays."""
    mask = (1 << 64) - 1
    return len(times), int(ids.sum(dtype="uint64")) & mask, int(times.sum(dtype="int64")) & mask
