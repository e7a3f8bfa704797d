// mParticle's Python library: server to server.

export default {
  name: 'mparticle-python',
  needs: ['python'],
  async run(ctx) {
    const { expect, run } = ctx;
    const ada = `${run}-ada`;
    const now = Date.now() - 5_000;
    await ctx.python('mparticle-python.py', { RUN: run, KEY: ctx.ingestKey, URL: ctx.url, NOW: String(now) });
    const person = await ctx.person(ada, 4);
    expect.equal(person.attributes.plan, 'pro');
    expect.deepEqual(person.attributes.tags, ['a', 'b']);
    const events = await ctx.events(ada);
    const named = (name) => events.filter((event) => event.name === name);
    expect.equal(named('Purchase').length, 1, 'a purchase is its transaction');
    expect.equal(named('Purchase')[0].properties.total_amount, 99.5);
    expect.equal(named('Song Played').length, 1);
    expect.equal(Date.parse(named('Song Played')[0].time), now);
    expect.equal(named('Session Start').length, 2, 'what says neither id nor time is another one each time');
    expect.equal((await ctx.person(`${run}-bob`, 1)).events, 1);
    expect.deepEqual(await ctx.quarantine(), []);
    return '5 events of 2 people, what was sent twice counted once';
  },
};
