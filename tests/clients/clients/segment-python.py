"""What a shop says through Segment's library for Python."""

import datetime
import os

from segment.analytics.client import Client

run = os.environ["RUN"]
ada, visitor = f"{run}-ada", f"{run}-visitor"
failures = []
options = dict(host=os.environ["HOST"], on_error=lambda error, items: failures.append(error))
client = Client(os.environ["KEY"], **options)
packed = Client(os.environ["KEY"], gzip=True, **options)

client.page(anonymous_id=visitor, category="Site", name="Pricing")
client.identify(ada, {"plan": "pro"}, anonymous_id=visitor)
client.track(ada, "Item Added", {"sku": "K1"})
client.flush()
at = datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.timezone.utc)
packed.track(ada, "Order Completed", {"total": 99.5}, timestamp=at, message_id=f"{run}-order")
packed.screen(ada, "Shop", "Cart")
packed.group(ada, "acme", {"seats": 7})
packed.alias(f"{run}-old", ada)
packed.flush()
client.shutdown()
packed.shutdown()
assert not failures, failures
