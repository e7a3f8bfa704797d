// RudderStack's library for Python: gzip by default, traits only in the context.

export default {
  name: 'rudder-python',
  package: 'python:rudder-sdk-python',
  needs: ['python'],
  async run({ ingestKey, run, relay, python, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    wire.fail({ status: 503, headers: {} });
    await python('rudder-python.py', { HOST: wire.url, KEY: ingestKey, RUN: run });
    const ada = `${run}-ada`;
    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [`${run}-visitor`]);
    expect.equal(found.attributes.plan, 'pro');
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Group Joined', 'Item Added', 'Order Completed', 'Page Viewed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.equal(order.properties.total, 99.5);
    // The way of the request is taken for an error of the client's clock.
    expect.ok(Math.abs(new Date(order.time) - new Date('2026-03-01T10:00:00Z')) < 5_000, order.time);
    expect.ok(wire.seen.every(({ headers }) => headers['content-encoding'] === 'gzip'), 'not everything was gzipped');
    expect.deepEqual(await quarantine(), []);
    const sent = wire.seen.length;
    await countsOnce(wire, ada);
    return `4 events, 1 person, ${sent} gzipped requests, a 503 survived, a second delivery counted nothing`;
  },
};
