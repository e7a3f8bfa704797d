// RudderStack's library for Node: gzipped JSON that is called a form. A 4xx would end its process, so
// an unknown key is answered with 200, and what came with it is shown in the quarantine.

import Analytics from '@rudderstack/rudder-sdk-node';

export default {
  name: 'rudder-node',
  package: '@rudderstack/rudder-sdk-node',
  needs: ['node'],
  async run({ ingestKey, run, relay, admin, person, events, user, quarantine, countsOnce, expect }) {
    const wire = await relay();
    const [visitor, ada] = [`${run}-visitor`, `${run}-ada`];
    const analytics = new Analytics(ingestKey, { dataPlaneUrl: wire.url, flushInterval: 200 });
    wire.fail({ status: 503, headers: {} });
    analytics.page({ anonymousId: visitor, name: 'Pricing', properties: { path: '/pricing' } });
    analytics.identify({ userId: ada, anonymousId: visitor, traits: { plan: 'pro' } });
    analytics.track({ userId: ada, event: 'Item Added', properties: { sku: 'K1' } });
    const at = new Date('2026-03-01T10:00:00Z');
    analytics.track({ userId: ada, event: 'Order Completed', timestamp: at, properties: { total: 99.5 } });
    analytics.group({ userId: ada, groupId: 'acme', traits: { seats: 7 } });
    analytics.alias({ userId: ada, previousId: `${run}-old` });
    await analytics.flush();

    // An id that nobody was seen with may be of either kind.
    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [visitor, `${run}-old`]);
    expect.equal(found.attributes.plan, 'pro');
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Group Joined', 'Item Added', 'Order Completed', 'Page Viewed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.equal(order.properties.total, 99.5);
    expect.ok(Math.abs(new Date(order.time) - at) < 5_000, `${order.time} is not ${at.toISOString()}`);
    expect.ok(wire.seen.some(({ headers }) => headers['content-type'].includes('form')), 'no body was called a form');
    expect.deepEqual(await quarantine(), []);
    await countsOnce(wire, ada);

    const stranger = new Analytics('pk_unknown', { dataPlaneUrl: wire.url, flushInterval: 100 });
    stranger.track({ userId: `${run}-refused`, event: 'Refused' });
    await stranger.flush();
    expect.equal(wire.seen.at(-1).status, 200);
    expect.equal(await user(`${run}-refused`), null);
    const { samples } = await admin('/api/errors?limit=1000');
    expect.ok(samples.some(({ code, source }) => code === 'auth.unknown_key' && source === 'segment'), 'an unknown key is not shown');
    return '4 events, 1 person, a 503 survived, an unknown key harmless and shown, a second delivery counted nothing';
  },
};
