"""What a shop says through RudderStack's library for Python."""

import datetime
import os

from rudderstack.analytics.client import Client

run = os.environ["RUN"]
ada, visitor = f"{run}-ada", f"{run}-visitor"
failures = []
client = Client(
    os.environ["KEY"], host=os.environ["HOST"], on_error=lambda error, items: failures.append(error)
)
client.page(anonymous_id=visitor, category="Site", name="Pricing")
client.identify(ada, {"plan": "pro"}, anonymous_id=visitor)
client.track(ada, "Item Added", {"sku": "K1"})
at = datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.timezone.utc)
client.track(ada, "Order Completed", {"total": 99.5}, timestamp=at, message_id=f"{run}-order")
client.group(ada, "acme", {"seats": 7})
client.flush()
client.shutdown()
assert not failures, failures
