"""What a shop says through PostHog's library for Python."""

import datetime
import os

from posthog import Posthog

run = os.environ["RUN"]
ada = f"{run}-ada"
failures = []
client = Posthog(
    os.environ["KEY"],
    host=os.environ["HOST"],
    on_error=lambda error, items: failures.append(error),
    gzip=True,
)
client.capture("Item Added", distinct_id=ada, properties={"sku": "K1"})
at = datetime.datetime(2026, 11, 1, 10, 0, 0, 250000, tzinfo=datetime.timezone.utc)
client.capture(
    "Order Completed",
    distinct_id=ada,
    timestamp=at,
    properties={"total": 99.5},
    groups={"company": "acme"},
)
client.set(distinct_id=ada, properties={"email": "ada@example.com", "plan": "pro"})
client.set_once(distinct_id=ada, properties={"first": "x"})
client.alias(ada, f"{run}-nick")
client.group_identify("company", f"{run}-acme", {"seats": 7})
client.flush()
client.shutdown()
assert not failures, failures
