// Amplitude's library for Python.

export default {
  name: 'amplitude-python',
  package: 'python:amplitude-analytics',
  needs: ['python'],
  async run({ ingestKey, run, relay, python, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    wire.fail({ status: 500, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"code":500}') });
    await python('amplitude-python.py', { HOST: wire.url, KEY: ingestKey, RUN: run });
    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [`${run}-device`]);
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Item Added', 'Looked Around', 'Order Completed', 'revenue_amount']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.deepEqual([order.time, order.properties.total], ['2026-11-01T10:00:00.250Z', 99.5]);
    expect.equal(all.find(({ name }) => name === 'revenue_amount').properties.revenue, 30);
    expect.equal(found.attributes.plan, 'pro');
    const { logins, tags, first } = found.attributes;
    expect.deepEqual({ logins, tags, first }, { logins: 2, tags: ['a'], first: 'x' });
    expect.equal((await person(`group:company:${run}-acme`)).attributes.seats, 7);
    expect.deepEqual((await quarantine()).map(({ code }) => code), ['auth.unknown_key']);
    await countsOnce(wire, ada);
    return '4 events, 1 person and a company, a 500 survived, every callback called, an unknown key reported, a second delivery counted nothing';
  },
};
