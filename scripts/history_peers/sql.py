"""The questions in SQL that DuckDB, ClickHouse and DataFusion share; what differs is `div`.

The table is events(uid, name, time, id, city, platform, category, duration, amount); `time` is in
milliseconds. (uid, time) is unique. No event lies after the instant of the questions.
"""

from . import answers
from .answers import DAY, WEEK, WEEKS


class Questions:
    """Every question as a list of (way, function)."""

    def __init__(self, as_of, rows, div):
        self.as_of, self.rows, self.div = as_of, rows, div

    def ago(self, days):
        return self.as_of - int(days * DAY)

    def ways(self, key):
        return getattr(self, key)()

    def segment(self, *ways):
        return [(way, lambda sql=sql: answers.pair(self.rows(total(sql)))) for way, sql in ways]

    def q1(self):
        return self.segment(("group", self.at_least("App Launched", 3, 30)))

    def q2(self):
        return self.segment(("group", self.total("Purchase", 90, "> 100", "AND category = 'Shoes'")))

    def q3(self):
        return self.segment(*self.did_not("App Launched", 30, "Purchase", 30))

    def q4(self):
        return self.segment(("group", self.not_after("Add To Cart", 1)))

    def q5(self):
        signed = "SELECT uid, min(time) AS t FROM events WHERE name = 'Signed Up' GROUP BY uid"
        early = self.ago(30)
        return self.segment(("join", f"""
            SELECT e.uid AS uid FROM events e
            JOIN ({signed} HAVING min(time) > {early}) s ON e.uid = s.uid
            WHERE e.name = 'App Launched' AND e.time > {early} AND e.time > s.t AND e.time <= s.t + {7 * DAY}
            GROUP BY e.uid HAVING count(*) >= 2"""))

    def q6(self):
        gone = f"""SELECT uid FROM events WHERE time > {self.ago(60)}
            GROUP BY uid HAVING max(time) <= {self.ago(30)}"""
        bought = "FROM events WHERE name = 'Purchase'"
        return self.segment(
            ("in", f"SELECT uid {bought} AND uid IN ({gone}) GROUP BY uid HAVING count(*) >= 5"),
            ("join", f"""SELECT g.uid AS uid FROM ({gone}) g
                JOIN (SELECT uid {bought} GROUP BY uid HAVING count(*) >= 5) b ON g.uid = b.uid"""),
            ("one pass", f"""SELECT uid FROM events GROUP BY uid
                HAVING max(time) > {self.ago(60)} AND max(time) <= {self.ago(30)}
                AND count(*) FILTER (WHERE name = 'Purchase') >= 5"""),
        )

    def purchases(self):
        return f"""SELECT uid, max(time) AS r, count(*) AS f, sum(amount) AS m FROM events
            WHERE name = 'Purchase' AND time > {self.ago(365)} GROUP BY uid"""

    def q7(self):
        score = lambda side: "1 + " + self.div(f"5 * (rank() OVER (ORDER BY {side}) - 1)", "count(*) OVER ()")
        sql = f"""SELECT r, f, m, count(*) FROM (
            SELECT {score('r')} AS r, {score('f')} AS f, {score('m')} AS m FROM ({self.purchases()}) p
            ) s GROUP BY r, f, m"""
        return [("rank", lambda: answers.rfm(self.rows(sql)))]

    def q8(self):
        to_date = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        own = f"OVER (PARTITION BY uid ORDER BY time {to_date})"
        within = 7 * DAY
        sql = f"""SELECT coalesce(sum(a), 0), coalesce(sum(b), 0), coalesce(sum(c), 0) FROM (SELECT
            max(CASE WHEN name = 'Product Viewed' THEN 1 ELSE 0 END) AS a,
            max(CASE WHEN name = 'Add To Cart' AND time - t1 <= {within} THEN 1 ELSE 0 END) AS b,
            max(CASE WHEN name = 'Purchase' AND time - t2 <= {within} THEN 1 ELSE 0 END) AS c
            FROM (SELECT uid, time, name, t1,
                max(CASE WHEN name = 'Add To Cart' THEN t1 END) {own} AS t2
                FROM (SELECT uid, time, name,
                    max(CASE WHEN name = 'Product Viewed' THEN time END) {own} AS t1
                    FROM events WHERE name IN ('Product Viewed', 'Add To Cart', 'Purchase')
                    AND time > {self.ago(180)}) x) y
            GROUP BY uid) z"""
        return [("windows", lambda: list(self.rows(sql)[0]))]

    def q9(self):
        age = self.div(f"({self.as_of} - time)", str(WEEK))
        pairs = f"""SELECT f, a, count(*) FROM (
            SELECT uid, {age} AS a FROM events WHERE time > {self.as_of - WEEKS * WEEK} GROUP BY uid, {age}) d
            JOIN (SELECT uid AS u, {self.div(f'({self.as_of} - min(time))', str(WEEK))} AS f FROM events
            GROUP BY uid HAVING min(time) > {self.as_of - WEEKS * WEEK}) c ON d.uid = c.u GROUP BY f, a"""
        return [
            ("pairs", lambda: answers.retention(self.rows(pairs))),
            ("bits", lambda: answers.retention(self.rows(self.retention_bits(age)))),
        ]

    def retention_bits(self, age):
        """One bit per active week: no pair of user and week is ever built."""
        weeks = " UNION ALL ".join(f"SELECT {week} AS a" for week in range(WEEKS))
        return f"""SELECT f, a, sum(n) FROM (
            SELECT f, bits, count(*) AS n FROM (SELECT max(a) AS f, bit_or(CASE WHEN a < {WEEKS} THEN {self.bit('a')} ELSE 0 END) AS bits
                FROM (SELECT uid, {age} AS a FROM events) x GROUP BY uid) y
            WHERE f < {WEEKS} GROUP BY f, bits) z, ({weeks}) w
            WHERE {self.has_bit('bits', 'a')} GROUP BY f, a"""

    def bit(self, n):
        return f"(CAST(1 AS BIGINT) << CAST({n} AS INTEGER))"

    def has_bit(self, bits, n):
        return f"({bits} >> {n}) & 1 = 1"

    def q10(self):
        now, before = self.as_of, self.ago(30)
        state = lambda at, n, last: f"""CASE WHEN first > {at} THEN 6 WHEN first > {at - 7 * DAY} THEN 0
            WHEN {n} >= 20 THEN 1 WHEN {last} > {at - 14 * DAY} THEN 2 WHEN {last} > {at - 30 * DAY} THEN 3
            WHEN {last} > {at - 90 * DAY} THEN 4 ELSE 5 END"""
        sql = f"""SELECT s1, s2, count(*) FROM (
            SELECT {state(before, 'n1', 'last1')} AS s1, {state(now, 'n2', 'last2')} AS s2 FROM (
                SELECT uid, min(time) AS first, max(time) AS last2,
                max(CASE WHEN time <= {before} THEN time ELSE 0 END) AS last1,
                sum(CASE WHEN time > {before} THEN 1 ELSE 0 END) AS n2,
                sum(CASE WHEN time > {before - 30 * DAY} AND time <= {before} THEN 1 ELSE 0 END) AS n1
                FROM events GROUP BY uid) x) y GROUP BY s1, s2"""
        return [("one pass", lambda: answers.lifecycle(self.rows(sql)))]

    def q11(self):
        separate = [total(sql) for sql in self.dashboard()]
        return [
            ("separate", lambda: [n for sql in separate for n in answers.pair(self.rows(sql))]),
            ("together", self.dashboard_together),
        ]

    def dashboard(self):
        did, at_least, did_not = self.did, self.at_least, lambda *what: self.did_not(*what)[-1][1]
        absent = f"AND uid NOT IN ({self.some('Purchase', 30)})"
        return [
            did("App Launched", 7),
            at_least("App Launched", 10, 30),
            did("Purchase", 30),
            at_least("Purchase", 2, 90),
            self.total("Purchase", 90, "> 250"),
            self.total("Purchase", 365, ">= 1000"),
            f"{self.group('Purchase', 90)} HAVING max(time) <= {self.ago(30)}",
            did_not("App Launched", 7, "Purchase", 30),
            did_not("Add To Cart", 7, "Purchase", 7),
            f"{self.group('Search', 30, absent)} HAVING count(*) >= 3",
            f"{self.group('Product Viewed', 30)} HAVING count(DISTINCT category) >= 3",
            f"{self.group('Purchase', 365)} HAVING count(DISTINCT category) >= 4",
            f"{self.group('App Launched', 30)} HAVING count(DISTINCT {self.div('time', str(DAY))}) >= 5",
            did_not("Push Opened", 30, "Push Received", 7),
            self.chain("Search", "Purchase", 1, 30),
            self.chain("Add To Cart", "Purchase", 7, 90),
            self.absence("Checkout Started", "Purchase", 7),
            f"SELECT uid FROM events WHERE time > {self.ago(30)} GROUP BY uid HAVING count(*) >= 20",
            did("Purchase", 30, "AND category IN ('Electronics', 'Home')"),
            self.not_after("Wishlist Added", 30),
        ]

    def dashboard_together(self):
        """What needs only counts, sums and last times in one pass; the rest one by one."""
        one_by_one = {10, 11, 12, 14, 15, 16, 17}
        texts = self.dashboard()
        found = {n: answers.pair(self.rows(total(texts[n]))) for n in one_by_one}
        row = [n or 0 for n in self.rows(self.together())[0]]
        rest = [n for n in range(len(texts)) if n not in one_by_one]
        found.update({n: row[2 * i : 2 * i + 2] for i, n in enumerate(rest)})
        return [n for place in range(len(texts)) for n in found[place]]

    def together(self):
        ago = self.ago
        last = lambda name: f"max(CASE WHEN name = '{name}' THEN time ELSE 0 END)"
        count = lambda name, days, more="": (
            f"sum(CASE WHEN name = '{name}' AND time > {ago(days)} {more} THEN 1 ELSE 0 END)")
        spent = lambda days: f"sum(CASE WHEN name = 'Purchase' AND time > {ago(days)} THEN amount ELSE 0 END)"
        inner = f"""SELECT uid, {last('App Launched')} AS l, {count('App Launched', 30)} AS l30,
            {last('Purchase')} AS p, {count('Purchase', 90)} AS p90, {spent(90)} AS s90, {spent(365)} AS s365,
            {last('Add To Cart')} AS c, {count('Search', 30)} AS q30, {last('Push Opened')} AS o,
            {last('Push Received')} AS g, {last('Wishlist Added')} AS w,
            {count('Purchase', 30, "AND category IN ('Electronics', 'Home')")} AS e30
            FROM events WHERE name IN ('App Launched', 'Purchase', 'Add To Cart', 'Search', 'Push Opened',
            'Push Received', 'Wishlist Added') AND time > {ago(365)}
            AND (time > {ago(30)} OR name = 'Purchase') GROUP BY uid"""
        conditions = [
            f"l > {ago(7)}", "l30 >= 10", f"p > {ago(30)}", "p90 >= 2", "s90 > 250", "s365 >= 1000",
            f"p > {ago(90)} AND p <= {ago(30)}", f"l > {ago(7)} AND p <= {ago(30)}",
            f"c > {ago(7)} AND p <= {ago(7)}", f"q30 >= 3 AND p <= {ago(30)}",
            f"o > {ago(30)} AND g <= {ago(7)}", "e30 >= 1", f"w > {ago(30)} AND p <= w",
        ]
        sums = [f"sum(CASE WHEN {c} THEN 1 ELSE 0 END), sum(CASE WHEN {c} THEN uid ELSE 0 END)" for c in conditions]
        return f"SELECT {', '.join(sums)} FROM ({inner}) x"

    def some(self, name, days, more=""):
        return f"SELECT uid FROM events WHERE name = '{name}' AND time > {self.ago(days)} {more}"

    def group(self, name, days, more=""):
        return f"{self.some(name, days, more)} GROUP BY uid"

    did = group

    def at_least(self, name, n, days):
        return f"{self.group(name, days)} HAVING count(*) >= {n}"

    def total(self, name, days, compared, more=""):
        return f"{self.group(name, days, more)} HAVING sum(amount) {compared}"

    def did_not(self, did, did_days, not_did, not_days):
        both = f"""(name = '{did}' AND time > {self.ago(did_days)})
            OR (name = '{not_did}' AND time > {self.ago(not_days)})"""
        return [
            ("one pass", f"""SELECT uid FROM events WHERE name IN ('{did}', '{not_did}')
                AND time > {self.ago(max(did_days, not_days))} AND ({both})
                GROUP BY uid HAVING max(CASE WHEN name = '{not_did}' THEN 1 ELSE 0 END) = 0"""),
            ("not in", f"""{self.some(did, did_days)} AND uid NOT IN ({self.some(not_did, not_days)})
                GROUP BY uid"""),
        ]

    def not_after(self, name, days):
        last = lambda name: f"max(CASE WHEN name = '{name}' THEN time ELSE 0 END)"
        return f"""SELECT uid FROM events WHERE name IN ('{name}', 'Purchase') AND time > {self.ago(days)}
            GROUP BY uid HAVING {last(name)} > 0 AND {last('Purchase')} <= {last(name)}"""

    def chain(self, first, second, within, days):
        own = "OVER (PARTITION BY uid ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
        return f"""SELECT uid FROM (SELECT uid, name, time,
            max(CASE WHEN name = '{first}' THEN time END) {own} AS t FROM events
            WHERE name IN ('{first}', '{second}') AND time > {self.ago(days)}) x
            WHERE name = '{second}' AND time - t <= {within * DAY} GROUP BY uid"""

    def absence(self, did, then_not, within):
        own = "OVER (PARTITION BY uid ORDER BY time ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
        return f"""SELECT uid FROM (SELECT uid, name, time,
            min(CASE WHEN name = '{then_not}' THEN time END) {own} AS t FROM events
            WHERE name IN ('{did}', '{then_not}')) x
            WHERE name = '{did}' AND time <= {self.ago(within)} AND coalesce(t, {2 * self.as_of}) > time + {within * DAY}
            GROUP BY uid"""


def total(sql):
    return f"SELECT count(*), sum(uid) FROM ({sql}) members"
