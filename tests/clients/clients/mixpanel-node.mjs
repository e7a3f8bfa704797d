// Mixpanel's library for Node: single calls put everything into the address, batches are forms.

import Mixpanel from 'mixpanel';
import { promisify } from 'node:util';

export default {
  name: 'mixpanel-node',
  package: 'mixpanel',
  needs: ['node'],
  async run({ ingestKey, run, relay, person, events, quarantine, countsOnce, expect }) {
    const wire = await relay();
    const [ada, eve] = [`${run}-ada`, `${run}-eve`];
    const options = { host: wire.host, protocol: 'http', geolocate: false };
    const mixpanel = Mixpanel.init(ingestKey, options);
    const track = promisify(mixpanel.track.bind(mixpanel));
    const at = new Date('2026-11-01T10:00:00.250Z');

    await track('Item Added', { distinct_id: ada, sku: 'K1', $insert_id: `${run}-1` });
    await track('Order Completed', { distinct_id: ada, time: at, total: 99.5, products: [{ sku: 'K1' }], $insert_id: `${run}-2` });
    await track('Long Address', { distinct_id: ada, note: 'ä'.repeat(1_500), $insert_id: `${run}-3` });
    await promisify(mixpanel.track_batch.bind(mixpanel))([
      { event: 'Batched', properties: { distinct_id: ada, n: 1, $insert_id: `${run}-4` } },
      { event: 'Batched', properties: { distinct_id: ada, n: 2, $insert_id: `${run}-5` } },
      { event: 'Batched', properties: { distinct_id: eve, n: 3, $insert_id: `${run}-6` } },
    ]);
    // Two that say nothing but their name are two.
    await track('Seen', { distinct_id: ada });
    await track('Seen', { distinct_id: ada });
    const old = new Date('2026-03-01T10:00:00Z');
    const importer = Mixpanel.init(ingestKey, { ...options, key: ingestKey });
    await promisify(importer.import.bind(importer))('Old Order', old, { distinct_id: ada, total: 5, $insert_id: `${run}-7` });

    const people = (name, ...words) => promisify(mixpanel.people[name].bind(mixpanel.people))(...words);
    await people('set', ada, { $email: 'ada@example.com', plan: 'pro' });
    await people('set_once', ada, { plan: 'free', first: 'x' });
    await people('increment', ada, 'logins', 2);
    await people('increment', ada, 'logins', 2);
    await people('append', ada, { tags: 'a' });
    await people('union', ada, { tags: ['a', 'b'] });
    await people('remove', ada, { tags: 'a' });
    await people('unset', ada, ['gone']);
    await people('track_charge', ada, 25.5);
    const group = promisify(mixpanel.groups.set.bind(mixpanel.groups));
    await group('company', `${run}-acme`, { seats: 7 });
    await promisify(mixpanel.alias.bind(mixpanel))(ada, `${run}-nick`);

    const found = await person(ada, 8);
    const all = await events(ada);
    const names = ['Batched', 'Batched', 'Item Added', 'Long Address', 'Old Order', 'Order Completed', 'Seen', 'Seen'];
    expect.deepEqual(all.map(({ name }) => name).sort(), names);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.deepEqual([order.time, order.properties.total, order.properties['products.sku']], [at.toISOString(), 99.5, ['K1']]);
    expect.equal(all.find(({ name }) => name === 'Old Order').time, old.toISOString());
    expect.equal((await person(`${run}-nick`)).id, found.id);
    expect.deepEqual([found.attributes.email, found.attributes.plan], ['ada@example.com', 'pro']);
    const { logins, tags, first } = found.attributes;
    expect.deepEqual({ logins, tags, first, spent: found.attributes['$transactions.$amount'] }, { logins: 4, tags: ['b'], first: 'x', spent: [25.5] });
    const company = await person(`group:company:${run}-acme`);
    expect.deepEqual([company.events, company.attributes.seats], [0, 7]);
    await person(eve, 1);
    expect.deepEqual(await quarantine(), []);

    // What names neither an id nor a time is another message each time.
    const [kept, once] = [wire.seen.splice(0), ({ path, body }) => !said({ path, body }).includes('"Seen"') && !path.startsWith('/engage')];
    wire.seen.push(...kept.filter(once));
    await countsOnce(wire, ada, eve);

    const nobody = promisify(mixpanel.track.bind(mixpanel));
    await nobody('Refused', { distinct_id: 'undefined', mark: run });
    const [shown] = await quarantine();
    expect.equal(shown.code, 'event.id_of_nobody');
    const stranger = Mixpanel.init('pk_unknown', options);
    await expect.rejects(promisify(stranger.track.bind(stranger))('Refused', { distinct_id: ada }));
    expect.equal((await events(ada)).length, 8);
    return '9 events, 2 people and a company, an id of nobody shown, an unknown key reported, a second delivery counted nothing';
  },
};

/** What a request carried, as text. */
function said({ path, body }) {
  const form = new URLSearchParams(body.length > 0 ? body.toString() : path.split('?')[1]);
  return Buffer.from(form.get('data') ?? '', 'base64').toString();
}
