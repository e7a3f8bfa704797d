// What stands around an event: the page, the campaign that led to it, the screen, the language.

import type { Settings } from './types.js';

declare const VERSION: string;

/** This library, in every event. */
export const LIBRARY = { name: '@perennial/web', version: VERSION };

/** The page as properties of a page view and in the context. */
export interface PageFacts {
  path: string;
  referrer: string;
  search: string;
  title: string;
  url: string;
}

/** The page without its fragment, which is where tokens are handed over. */
export function pageFacts(address: string, referrer: string, title: string, cleanUrl: Settings['cleanUrl']): PageFacts {
  const clean = (url: string) => (url && cleanUrl ? cleanUrl(url) : url);
  const url = clean(address.split('#')[0] ?? '');
  const { path, search } = parts(url);
  return { path, referrer: clean(referrer), search, title, url };
}

function parts(url: string): { path: string; search: string } {
  try {
    const { pathname, search } = new URL(url);
    return { path: pathname, search };
  } catch {
    return { path: '', search: '' };
  }
}

/** `utm_source` and the like, without `utm_`; `utm_campaign` is the campaign's name. */
export function campaign(search: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  new URLSearchParams(search).forEach((value, key) => {
    if (key.startsWith('utm_') && value) found[key === 'utm_campaign' ? 'name' : key.slice(4)] = value;
  });
  return Object.keys(found).length > 0 ? found : undefined;
}

/** What the browser tells about itself. */
export function surroundings(): Record<string, unknown> {
  const { width, height } = screen;
  return {
    library: LIBRARY,
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: navigator.userAgent,
    screen: { width, height, density: devicePixelRatio },
  };
}
