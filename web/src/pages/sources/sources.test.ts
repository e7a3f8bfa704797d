import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SOURCES, sourceOf } from './sources';

const target = { url: 'https://events.example.com:7443', host: 'events.example.com:7443', key: 'pk_example' };

describe('sources', () => {
  it('contain this server and this key, wherever they are copied to', () => {
    for (const { name, setups } of SOURCES) {
      for (const setup of setups) {
        const code = setup.code(target);
        expect(code, `${name} ${setup.name}`).toContain('events.example.com');
        expect(code.includes('pk_example') || code.includes('ADMIN_KEY'), `${name} ${setup.name}`).toBe(true);
        expect(code, `${name} ${setup.name}`).not.toMatch(/undefined|\[object/);
      }
    }
  });

  it('have the same snippet as the documentation of the web SDK', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../../sdk/web/README.md'), 'utf8');
    const snippet = SOURCES[0]!.setups[0]!.code({ ...target, url: 'https://events.example.com' });
    expect(readme).toContain(snippet.split('\n')[1]!.trim());
  });

  it('are told apart by what their libraries say', () => {
    expect(sourceOf({ 'context.library.name': '@perennial/web' })).toBe('perennial');
    expect(sourceOf({ 'context.library.name': '@segment/analytics-node' })).toBe('segment');
    expect(sourceOf({ 'context.library.name': 'analytics.js' })).toBe('segment');
    expect(sourceOf({ 'context.library.name': 'analytics-node' })).toBe('rudderstack');
    expect(sourceOf({ mp_lib: 'python' })).toBe('mixpanel');
    expect(sourceOf({ 'context.library': 'amplitude-ts/2.47.0' })).toBe('amplitude');
    expect(sourceOf({ $lib: 'posthog-node' })).toBe('posthog');
    expect(sourceOf({ 'context.app.lib': 'web-sdk-v2.5.2' })).toBe('clevertap');
    expect(sourceOf({ 'context.app.version': '3.1.0' })).not.toBe('clevertap');
    expect(sourceOf({ session_uuid: 'F7C8', total_amount: 99.5 })).toBe('mparticle');
    expect(sourceOf({ amount: 42 })).toBe('http');
  });

  it('name Node a port only where the server has one', () => {
    const node = SOURCES.find(({ id }) => id === 'mixpanel')!.setups[1]!;
    expect(node.code(target)).toContain("host: 'events.example.com', port: 7443, protocol: 'https'");
    expect(node.code({ ...target, url: 'https://events.example.com' })).toContain("host: 'events.example.com', protocol: 'https'");
  });
});
