// PostHog's library for Node, with the classic transport and with the newer one.

import { PostHog } from 'posthog-node';

export default {
  name: 'posthog-node',
  package: 'posthog-node',
  needs: ['node'],
  async run({ ingestKey, run, relay, person, events, quarantine, countsOnce, expect }) {
    const done = [];
    for (const mode of ['classic', 'v1']) {
      const wire = await relay();
      const ada = `${run}-${mode}-ada`;
      // Read when a client is made.
      if (mode === 'v1') process.env.POSTHOG_CAPTURE_MODE = 'v1';
      const options = { host: wire.url, flushAt: 50, flushInterval: 0, fetchRetryDelay: 100, disableGeoip: true };
      const client = new PostHog(ingestKey, options);
      const errors = [];
      client.on('error', (error) => errors.push(error));
      const at = new Date('2026-11-01T10:00:00.250Z');
      wire.fail({ status: 503, headers: {} });
      client.capture({ distinctId: ada, event: 'Item Added', properties: { sku: 'K1' } });
      client.capture({ distinctId: ada, event: 'Order Completed', timestamp: at, properties: { total: 99.5, products: [{ sku: 'K1' }], $set: { last: 'K1' } }, groups: { company: 'acme' } });
      client.identify({ distinctId: ada, properties: { $set: { email: 'ada@example.com', plan: 'pro' }, $set_once: { first: 'x' } } });
      client.alias({ distinctId: ada, alias: `${run}-${mode}-nick` });
      client.groupIdentify({ groupType: 'company', groupKey: `${run}-${mode}-acme`, properties: { seats: 7 } });
      await client.flush();
      expect.deepEqual(await client.getAllFlags(ada), {});
      await client.shutdown(5_000);
      expect.deepEqual(errors, []);

      const found = await person(ada, 2);
      const all = await events(ada);
      expect.deepEqual(all.map(({ name }) => name).sort(), ['Item Added', 'Order Completed']);
      const order = all.find(({ name }) => name === 'Order Completed');
      expect.deepEqual([order.time, order.properties.total, order.properties['$groups.company']], [at.toISOString(), 99.5, 'acme']);
      const { email, plan, last, first } = found.attributes;
      expect.deepEqual({ email, plan, last, first }, { email: 'ada@example.com', plan: 'pro', last: 'K1', first: 'x' });
      expect.equal((await person(`${run}-${mode}-nick`)).id, found.id);
      expect.equal((await person(`group:company:${run}-${mode}-acme`)).attributes.seats, 7);
      const paths = wire.seen.map(({ path }) => path);
      expect.ok(paths.includes(mode === 'v1' ? '/i/v1/analytics/events' : '/batch/'), `${mode}: ${paths}`);
      expect.deepEqual(await quarantine(), []);
      await countsOnce(wire, ada);

      const stranger = new PostHog('phc_unknown', { ...options, fetchRetryCount: 0 });
      const said = [];
      stranger.on('error', (error) => said.push(error));
      stranger.capture({ distinctId: ada, event: 'Refused' });
      await stranger.flush().catch((error) => said.push(error));
      await stranger.shutdown(2_000);
      expect.ok(said.length > 0, 'an unknown key was not reported');
      expect.equal((await events(ada)).length, 2);
      done.push(mode);
    }
    delete process.env.POSTHOG_CAPTURE_MODE;
    return `${done.join(' and ')}: 4 events, 2 people and 2 companies, flags settle, a 503 survived, an unknown key reported, a second delivery counted nothing`;
  },
};
