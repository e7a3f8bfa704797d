import { describe, expect, it } from 'vitest';
import { fieldOf, KIND_NAMES, KINDS, settingsOf, withField } from './providerKinds';

describe('settings of a provider', () => {
  it('leave secrets out that nobody wrote', () => {
    expect(settingsOf({ kind: 'smtp', host: 'h', password: '', from: 'a@b.c' })).toEqual({ kind: 'smtp', host: 'h', from: 'a@b.c' });
  });

  it('keep what is switched off', () => {
    expect(settingsOf({ kind: 'webhook', private_networks: false, secret: '' })).toEqual({ kind: 'webhook', private_networks: false });
  });

  it('have groups that are written and left out whole', () => {
    const written = withField(withField({ kind: 'twilio', from: '+1' }, 'replies.stop', 'Bye.'), 'replies.help', '');
    expect(fieldOf(written, 'replies.stop')).toBe('Bye.');
    expect(settingsOf(written)).toEqual({ kind: 'twilio', from: '+1', replies: { stop: 'Bye.' } });
    expect(settingsOf(withField(written, 'replies.stop', ''))).toEqual({ kind: 'twilio', from: '+1' });
    expect(fieldOf({ kind: 'twilio' }, 'replies.stop')).toBeUndefined();
  });

  it('have fields with names of their own', () => {
    for (const kind of KIND_NAMES) {
      const names = KINDS[kind].map(({ name }) => name);
      expect(new Set(names).size, kind).toBe(names.length);
    }
  });
});
