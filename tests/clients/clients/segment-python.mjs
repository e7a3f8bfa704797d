// Segment's library for Python, plain and gzipped.

export default {
  name: 'segment-python',
  package: 'python:segment-analytics-python',
  needs: ['python'],
  async run({ ingestKey, run, relay, python, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    wire.fail({ status: 500, headers: {} });
    await python('segment-python.py', { HOST: wire.url, KEY: ingestKey, RUN: run });
    const ada = `${run}-ada`;
    const found = await person(ada, 5);
    // An id that nobody was seen with may be of either kind.
    expect.deepEqual([found.user_ids, found.anonymous_ids], [[ada, `${run}-old`], [`${run}-visitor`, `${run}-old`]]);
    expect.equal(found.attributes.plan, 'pro');
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Group Joined', 'Item Added', 'Order Completed', 'Page Viewed', 'Screen Viewed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.equal(order.properties.total, 99.5);
    // The way of the request is taken for an error of the client's clock.
    expect.ok(Math.abs(new Date(order.time) - new Date('2026-03-01T10:00:00Z')) < 5_000, order.time);
    const screen = all.find(({ name }) => name === 'Screen Viewed');
    expect.deepEqual([screen.properties.category, screen.properties.name], ['Shop', 'Cart']);
    expect.ok(wire.seen.some(({ headers }) => headers['content-encoding'] === 'gzip'), 'nothing was gzipped');
    expect.deepEqual(await quarantine(), []);
    await countsOnce(wire, ada);
    return '5 events, 1 person, gzip read, a 500 survived, a second delivery counted nothing';
  },
};
