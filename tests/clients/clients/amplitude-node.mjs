// Amplitude's library for Node.

import * as amplitude from '@amplitude/analytics-node';

export default {
  name: 'amplitude-node',
  package: '@amplitude/analytics-node',
  needs: ['node'],
  async run({ ingestKey, run, relay, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    const [ada, device] = [`${run}-ada`, `${run}-device`];
    const client = amplitude.createInstance();
    const options = { serverUrl: `${wire.url}/2/httpapi`, flushQueueSize: 50, flushIntervalMillis: 100, logLevel: 0, minIdLength: 1 };
    await client.init(ingestKey, options).promise;
    wire.fail({ status: 503, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"code":503,"error":"later"}') });
    const at = new Date('2026-11-01T10:00:00.250Z');
    const sent = [
      client.track('Looked Around', { path: '/' }, { device_id: device }),
      client.track('Item Added', { sku: 'K1' }, { user_id: ada, device_id: device }),
      client.track('Order Completed', { total: 99.5, products: [{ sku: 'K1' }] }, { user_id: ada, time: at.getTime(), insert_id: `${run}-1` }),
      client.revenue(new amplitude.Revenue().setProductId('K1').setPrice(10).setQuantity(3), { user_id: ada }),
      client.identify(new amplitude.Identify().set('plan', 'pro').setOnce('first', 'x').add('logins', 2).append('tags', 'a').postInsert('more', 'b').unset('gone'), { user_id: ada, device_id: device }),
      client.setGroup('company', `${run}-acme`, { user_id: ada }),
      client.groupIdentify('company', `${run}-acme`, new amplitude.Identify().set('seats', 7), { user_id: ada }),
    ];
    // A flush would not try again.
    for (const { promise } of sent) expect.equal((await promise).code, 200);

    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [device]);
    expect.equal((await person(device)).id, found.id);
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Item Added', 'Looked Around', 'Order Completed', 'revenue_amount']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.deepEqual([order.time, order.properties.total, order.properties['products.sku']], [at.toISOString(), 99.5, ['K1']]);
    expect.equal(all.find(({ name }) => name === 'revenue_amount').properties.revenue, 30);
    expect.deepEqual([found.attributes.plan, found.attributes.company], ['pro', `${run}-acme`]);
    const { logins, tags, more, first } = found.attributes;
    expect.deepEqual({ logins, tags, more, first }, { logins: 2, tags: ['a'], more: ['b'], first: 'x' });
    expect.equal((await person(`group:company:${run}-acme`)).attributes.seats, 7);
    expect.deepEqual(await quarantine(), []);
    await countsOnce(wire, ada);

    const batching = amplitude.createInstance();
    await batching.init(ingestKey, { ...options, serverUrl: `${wire.url}/batch`, useBatch: true }).promise;
    const batched = batching.track('Batched', {}, { user_id: ada });
    await batching.flush().promise;
    expect.equal((await batched.promise).code, 200);
    await person(ada, 5);

    const stranger = amplitude.createInstance();
    await stranger.init('pk_unknown', options).promise;
    const refused = stranger.track('Refused', {}, { user_id: ada });
    await stranger.flush().promise;
    const { code, message } = await refused.promise;
    expect.ok(code === 400 && message.includes('Invalid API key'), `${code} ${message}`);
    return '5 events, 1 person and a company, a 503 survived, an unknown key reported, a second delivery counted nothing';
  },
};
