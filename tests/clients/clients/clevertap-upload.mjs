// CleverTap's server API, which no package can be pointed at: by plain fetch, as callers by hand do.

export default {
  name: 'clevertap-upload',
  needs: ['node'],
  async run(ctx) {
    const { expect, run } = ctx;
    const ann = `${run}-ann`;
    const ts = Math.floor(Date.now() / 1000) - 60;
    const upload = (d, query = '', passcode = ctx.ingestKey) =>
      fetch(`${ctx.url}/1/upload${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-clevertap-account-id': 'any', 'x-clevertap-passcode': passcode },
        body: JSON.stringify({ d }),
      });
    const records = [
      { type: 'profile', identity: ann, ts, profileData: { Name: 'Ann', Email: `${ann}@example.com`, plan: 'pro', 'MSG-email': false, signup: '$D_1700000000' } },
      { type: 'event', identity: ann, ts, evtName: 'Product viewed', evtData: { Price: 59.5 } },
      { type: 'event', objectId: `${run}-guid`, ts, evtName: 'Seen before', evtData: {} },
      { type: 'event', identity: ann, evtName: 'Charged', evtData: { Amount: 300, 'Charged ID': `${run}-o-1`, Items: [{ Category: 'Books', Quantity: 1 }] } },
    ];
    expect.deepEqual(await (await upload(records, '?dryRun=1')).json(), { status: 'success', processed: 4, unprocessed: [] });
    expect.equal(await ctx.user(ann), null);
    for (let time = 0; time < 2; time += 1) {
      const answer = await upload([...records, { type: 'event', identity: ann }]);
      expect.equal(answer.status, 200);
      const said = await answer.json();
      expect.equal(said.status, 'partial');
      expect.equal(said.processed, 4);
      expect.equal(said.unprocessed[0].code, 509);
      expect.deepEqual(said.unprocessed[0].record, { type: 'event', identity: ann });
    }
    // Who takes no e-mails any more has unsubscribed, which is an event.
    const person = await ctx.person(ann, 3);
    expect.equal(person.events, 3);
    expect.equal(person.attributes.plan, 'pro');
    expect.equal(person.attributes['subscription.email'], false);
    const events = await ctx.events(ann);
    expect.deepEqual(events.map((event) => event.name).sort(), ['Channel Unsubscribed', 'Charged', 'Product viewed']);
    expect.equal((await ctx.user(`${run}-guid`)).events, 1);
    expect.equal((await upload(records, '', 'pk_wrong')).status, 401);
    expect.equal((await ctx.quarantine()).length, 2);
    return '3 events and 1 profile of 2 people, a purchase counted once, dry run stored nothing, 1 record named with its code';
  },
};
