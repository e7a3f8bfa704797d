// Mixpanel's library for Python: plain JSON in a form, alone and in batches, and imports.

export default {
  name: 'mixpanel-python',
  package: 'python:mixpanel',
  needs: ['python'],
  async run({ ingestKey, run, relay, python, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    await python('mixpanel-python.py', { HOST: wire.url, KEY: ingestKey, RUN: run });
    const found = await person(ada, 5);
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Batched', 'Batched', 'Item Added', 'Old Order', 'Order Completed']);
    expect.equal(all.find(({ name }) => name === 'Old Order').time, '2026-03-01T10:00:00.000Z');
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.deepEqual([order.properties.total, order.properties['products.sku'], order.properties.mp_lib], [99.5, ['K1'], 'python']);
    expect.ok(Date.now() - new Date(order.time) < 60_000, order.time);
    expect.deepEqual([found.attributes.email, found.attributes.plan], ['ada@example.com', 'pro']);
    const { logins, tags, first } = found.attributes;
    expect.deepEqual({ logins, tags, first, spent: found.attributes['$transactions.$amount'] }, { logins: 2, tags: ['b'], first: 'x', spent: undefined });
    expect.equal((await person(`${run}-other`)).id, found.id, 'what was merged is two');
    const company = await person(`group:company:${run}-acme`);
    expect.equal(company.attributes.seats, 7);
    expect.deepEqual((await quarantine()).map(({ code }) => code), ['auth.unknown_key']);
    await countsOnce(wire, ada);
    return '5 events, 1 person of two ids, a company, imports at their time, an unknown key reported, a second delivery counted nothing';
  },
};
