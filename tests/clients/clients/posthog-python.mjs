// PostHog's library for Python, with the classic transport and with the newer one.

export default {
  name: 'posthog-python',
  package: 'python:posthog',
  needs: ['python'],
  async run({ ingestKey, run, relay, python, person, events, quarantine, countsOnce, expect }) {
    for (const mode of ['classic', 'v1']) {
      const wire = await relay();
      wire.fail({ status: 503, headers: {} });
      const prefix = `${run}-${mode}`;
      const capture = mode === 'v1' ? { POSTHOG_CAPTURE_MODE: 'v1' } : {};
      await python('posthog-python.py', { HOST: wire.url, KEY: ingestKey, RUN: prefix, ...capture });
      const ada = `${prefix}-ada`;
      const found = await person(ada, 2);
      const all = await events(ada);
      expect.deepEqual(all.map(({ name }) => name).sort(), ['Item Added', 'Order Completed']);
      const order = all.find(({ name }) => name === 'Order Completed');
      expect.deepEqual([order.time, order.properties.total, order.properties['$groups.company']], ['2026-11-01T10:00:00.250Z', 99.5, 'acme']);
      expect.deepEqual([found.attributes.email, found.attributes.plan, found.attributes.first], ['ada@example.com', 'pro', 'x']);
      expect.equal((await person(`${prefix}-nick`)).id, found.id);
      expect.equal((await person(`group:company:${prefix}-acme`)).attributes.seats, 7);
      expect.deepEqual(await quarantine(), []);
      const paths = new Set(wire.seen.map(({ path }) => path));
      expect.ok(paths.has(mode === 'v1' ? '/i/v1/analytics/events' : '/batch/'), `${mode}: ${[...paths]}`);
      await countsOnce(wire, ada);
    }
    return 'classic and v1: 4 events, 2 people and 2 companies, a 503 survived, a second delivery counted nothing';
  },
};
