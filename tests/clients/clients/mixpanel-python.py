"""What a shop says through Mixpanel's library for Python."""

import datetime
import os

import mixpanel

host, key, run = os.environ["HOST"], os.environ["KEY"], os.environ["RUN"]
ada = f"{run}-ada"
urls = dict(
    events_url=f"{host}/track",
    people_url=f"{host}/engage",
    import_url=f"{host}/import",
    groups_url=f"{host}/groups",
)
client = mixpanel.Mixpanel(key, consumer=mixpanel.Consumer(**urls))
client.track(ada, "Item Added", {"sku": "K1"})
client.track(ada, "Order Completed", {"total": 99.5, "products": [{"sku": "K1"}]})
client.people_set(ada, {"$email": "ada@example.com", "plan": "pro"})
client.people_set_once(ada, {"plan": "free", "first": "x"})
client.people_increment(ada, {"logins": 2})
client.people_append(ada, {"tags": "a"})
client.people_union(ada, {"tags": ["a", "b"]})
client.people_remove(ada, {"tags": "a"})
client.people_unset(ada, ["gone"])
client.people_track_charge(ada, 25.5)
client.people_clear_charges(ada)
client.group_set("company", f"{run}-acme", {"seats": 7})
old = datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.timezone.utc).timestamp()
client.import_data(key, ada, "Old Order", int(old), {"total": 5}, api_secret=key)
client.merge(key, ada, f"{run}-other", api_secret=key)

buffered = mixpanel.Mixpanel(key, consumer=mixpanel.BufferedConsumer(max_size=2, **urls))
buffered.track(ada, "Batched", {"n": 1})
buffered.track(ada, "Batched", {"n": 2})

stranger = mixpanel.Mixpanel("pk_unknown", consumer=mixpanel.Consumer(**urls))
try:
    stranger.track(ada, "Refused")
except mixpanel.MixpanelException:
    pass
else:
    raise AssertionError("an unknown key was taken")
