import { describe, expect, it } from 'vitest';
import type { CampaignInput } from '../../api/outreach';
import { completeGoal, emptyDraft, eventName, inputOf, nextVariantId, onChannel, partsOf, reachInput, segmentOf, sparedContent } from './draft';

describe('a draft', () => {
  it('says nothing that is a default', () => {
    const input = inputOf({ ...emptyDraft(), name: 'A', labels: [], provider: '' });
    expect(Object.keys(input).sort()).toEqual(['again', 'channel', 'control', 'delivery', 'goals', 'name', 'trigger', 'variants']);
    expect(input.trigger).toEqual({ kind: 'once' });
    expect(input.variants[0]!.content.default).toEqual({ kind: 'email', subject: '', body: '', form: 'mjml' });
  });

  it('keeps a control group of nobody', () => {
    expect(inputOf({ ...emptyDraft(), control: 0 }).control).toBe(0);
  });

  it('keeps what a trigger must name, even if it is not written yet', () => {
    expect(inputOf({ ...emptyDraft(), trigger: { kind: 'state', to: [], from: [] } }).trigger).toEqual({ kind: 'state', to: [] });
    expect(inputOf({ ...emptyDraft(), trigger: { kind: 'once', at: '2026-12-24T09:00' } }).trigger).toEqual({ kind: 'once', at: '2026-12-24T09:00' });
  });

  it('with an hour that is missing is not one without an hour, which is sent at once', () => {
    expect(inputOf({ ...emptyDraft(), trigger: { kind: 'once', at: '' } }).trigger).toEqual({ kind: 'once', at: '' });
  });

  it('takes the texts along that the other channel has', () => {
    const sms = onChannel({ ...emptyDraft('push'), provider: 'p', variants: [{ id: 'a', content: { default: { kind: 'push', title: 'T', body: 'B' } } }] }, 'sms');
    expect(sms.variants[0]!.content.default).toEqual({ kind: 'sms', body: 'B' });
    expect(sms.provider).toBeUndefined();
    expect(onChannel(sms, 'in_app').variants[0]!.content.default).toMatchObject({ kind: 'in_app', title: '', body: 'B', layout: 'modal' });
    expect(onChannel(sms, 'on_site').variants[0]!.content.default).toMatchObject({ kind: 'in_app', body: 'B' });
  });

  it('is counted without its message and its schedule', () => {
    const draft: CampaignInput = { ...emptyDraft('webhook'), trigger: { kind: 'enters', segment: '' }, audience: { type: 'segment', id: 's' }, goals: [{ event: '', within: '7d' }, { event: 'Purchase', within: '7d', revenue: '' }] };
    const asked = reachInput(draft);
    expect(asked.trigger).toEqual({ kind: 'once' });
    expect(asked.audience).toEqual({ type: 'segment', id: 's' });
    expect(asked.goals).toEqual([{ event: 'Purchase', within: '7d' }]);
  });
});

describe('small questions', () => {
  it('name events in both forms', () => {
    expect(eventName('Purchase')).toBe('Purchase');
    expect(eventName({ event: ['Purchase'], where: [] })).toBe('Purchase');
    expect(eventName(null)).toBe('');
    expect(completeGoal({ event: { event: 'Purchase' }, within: '7d' })).toBe(true);
    expect(completeGoal({ event: 'Purchase', within: 'soon' })).toBe(false);
  });

  it('find the segment that an audience is', () => {
    expect(segmentOf({ type: 'segment', id: 'a' })).toBe('a');
    expect(segmentOf({ type: 'not', of: { type: 'segment', id: 'a' } })).toBeNull();
    expect(segmentOf('segment "a"')).toBeNull();
  });

  it('share out in parts of one', () => {
    const parts = partsOf([{ id: 'a', share: 3, content: {} }, { id: 'b', content: {} }]);
    expect(parts).toEqual([0.75, 0.25]);
    expect(partsOf([{ id: 'a', share: 0, content: {} }])).toEqual([0]);
    expect(nextVariantId([{ id: 'a', content: {} }, { id: 'c', content: {} }])).toBe('b');
  });
});

describe('an offer', () => {
  it('is left out where it says nothing', () => {
    const content = sparedContent({ kind: 'email', subject: 'S', body: 'B', form: 'html', offer: { code: '', description: '20 %' } });
    expect(content.offer).toEqual({ description: '20 %' });
    expect(sparedContent({ kind: 'email', subject: 'S', body: 'B', form: 'html', offer: { code: '' } }).offer).toBeUndefined();
  });
});
