// Segment's library for Node: batches on /v1/batch.

import { Analytics } from '@segment/analytics-node';

export default {
  name: 'segment-node',
  package: '@segment/analytics-node',
  needs: ['node'],
  async run({ ingestKey, run, relay, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    const [visitor, ada] = [`${run}-visitor`, `${run}-ada`];
    const analytics = new Analytics({ writeKey: ingestKey, host: wire.url, maxRetries: 3 });
    const errors = [];
    analytics.on('error', (error) => errors.push(error));
    const at = new Date('2026-03-01T10:00:00Z');

    wire.fail({ status: 503, headers: {} });
    analytics.page({ anonymousId: visitor, name: 'Pricing', category: 'Site', properties: { path: '/pricing' } });
    analytics.identify({ userId: ada, anonymousId: visitor, traits: { email: 'ada@example.com', plan: 'pro', address: { city: 'Rome' } } });
    analytics.track({ userId: ada, event: 'Item Added', properties: { sku: 'K1', n: 2 } });
    analytics.track({ userId: ada, event: 'Order Completed', timestamp: at, messageId: `${run}-order`, properties: { total: 99.5, products: [{ sku: 'K1' }, { sku: 'K2' }] } });
    analytics.group({ userId: ada, groupId: 'acme', traits: { seats: 7 } });
    analytics.track({ userId: `${run}-old`, event: 'Old Thing' });
    analytics.alias({ userId: ada, previousId: `${run}-old` });
    analytics.track({ userId: `${run}-eve`, event: 'Other Person' });
    await analytics.closeAndFlush({ timeout: 20_000 });
    expect.deepEqual(errors, []);

    const found = await person(ada, 5);
    expect.deepEqual(found.user_ids.sort(), [ada, `${run}-old`].sort());
    expect.deepEqual(found.anonymous_ids, [visitor]);
    expect.equal((await person(visitor)).id, found.id, 'visitor and known person are two');
    expect.equal(found.attributes.email, 'ada@example.com');
    expect.equal(found.attributes['address.city'], 'Rome');
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Group Joined', 'Item Added', 'Old Thing', 'Order Completed', 'Page Viewed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    const { total, 'products.sku': skus } = order.properties;
    expect.deepEqual({ total, skus }, { total: 99.5, skus: ['K1', 'K2'] });
    expect.ok(Math.abs(new Date(order.time) - at) < 5_000, `${order.time} is not ${at.toISOString()}`);
    expect.deepEqual(await quarantine(), []);
    await person(`${run}-eve`, 1);
    await countsOnce(wire, ada, `${run}-eve`);

    const refused = new Analytics({ writeKey: 'pk_unknown', host: wire.url, maxRetries: 0 });
    const said = new Promise((done) => refused.on('error', done));
    refused.track({ userId: ada, event: 'Refused' });
    await refused.closeAndFlush({ timeout: 5_000 });
    expect.match(String((await said).reason), /401/);
    expect.equal((await events(ada)).length, 5);
    return '6 events, 2 people, a 503 survived, an unknown key reported, a second delivery counted nothing';
  },
};
