"""What a shop says through Amplitude's library for Python."""

import logging
import os
import threading

from amplitude import Amplitude, BaseEvent, EventOptions, Identify, Revenue

host, key, run = os.environ["HOST"], os.environ["KEY"], os.environ["RUN"]
ada, device = f"{run}-ada", f"{run}-device"
codes = []
done = threading.Event()


def client_of(key, wanted):
    client = Amplitude(key)
    client.configuration.server_url = f"{host}/2/httpapi"
    client.configuration.flush_interval_millis = 200
    client.configuration.min_id_length = 1

    def called(event, code, message=None):
        codes.append((code, message))
        if len(codes) == wanted:
            done.set()

    client.configuration.callback = called
    return client


client = client_of(key, 7)
client.track(BaseEvent("Looked Around", device_id=device, event_properties={"path": "/"}))
client.track(BaseEvent("Item Added", user_id=ada, device_id=device, event_properties={"sku": "K1"}))
client.track(
    BaseEvent("Order Completed", user_id=ada, time=1793527200250, event_properties={"total": 99.5})
)
client.revenue(Revenue(price=10.0, quantity=3, product_id="K1"), EventOptions(user_id=ada))
change = Identify().set("plan", "pro").set_once("first", "x").add("logins", 2).append("tags", "a")
client.identify(change, EventOptions(user_id=ada, device_id=device))
client.set_group("company", f"{run}-acme", EventOptions(user_id=ada))
client.group_identify("company", f"{run}-acme", Identify().set("seats", 7), EventOptions(user_id=ada))
client.flush()
assert done.wait(30), f"not every callback was called: {codes}"
assert {code for code, _ in codes} == {200}, codes
client.shutdown()

# It calls nobody back for a key that is not known, and logs it.
said = []
told = threading.Event()


class Listener(logging.Handler):
    def emit(self, record):
        said.append(record.getMessage())
        told.set()


logging.getLogger("amplitude").addHandler(Listener())
stranger = client_of("pk_unknown", 1)
stranger.track(BaseEvent("Refused", user_id=ada))
stranger.flush()
assert told.wait(30), "an unknown key was not reported"
assert "Invalid API Key" in said, said
stranger.shutdown()
