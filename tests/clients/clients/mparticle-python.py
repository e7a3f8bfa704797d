"""What an application does with mParticle's Python library: a batch, a list of batches."""

import os

import mparticle

run = os.environ["RUN"]
configuration = mparticle.Configuration()
configuration.api_key = os.environ["KEY"]
configuration.api_secret = "unused"
configuration.host = os.environ["URL"] + "/v2"
api = mparticle.EventsApi(configuration)


def batch(user, events):
    made = mparticle.Batch()
    made.environment = "development"
    identities = mparticle.UserIdentities()
    identities.customerid = user
    identities.email = user + "@example.com"
    made.user_identities = identities
    made.user_attributes = {"plan": "pro", "tags": ["a", "b"]}
    made.events = events
    return made


product = mparticle.Product()
product.name = "Shoe"
product.id = "SKU-1"
product.price = 99.5
product.quantity = 1
action = mparticle.ProductAction("purchase")
action.products = [product]
action.transaction_id = run + "-t1"
action.total_amount = 99.5
purchase = mparticle.CommerceEvent(action)
purchase.timestamp_unixtime_ms = int(os.environ["NOW"])

played = mparticle.AppEvent("Song Played", "navigation")
played.custom_attributes = {"genre": "jazz"}
played.timestamp_unixtime_ms = int(os.environ["NOW"])

for _ in range(2):
    api.upload_events(batch(run + "-ada", [purchase, played]))
    api.bulk_upload_events([batch(run + "-bob", [played]), batch(run + "-ada", [mparticle.SessionStartEvent()])])
