// Languages of the dashboard. English is in the first bundle; the others are loaded when chosen, and
// texts of some pages with the page.
// Choice: `?lang=`, then what was chosen before, then the browser's languages.

import i18next, { type ResourceKey } from 'i18next';
import { initReactI18next } from 'react-i18next';
import english from './locales/en.json';

export const LANGUAGES = [
  { code: 'en', name: 'English', direction: 'ltr' },
  { code: 'tr', name: 'Türkçe', direction: 'ltr' },
  { code: 'ar', name: 'العربية', direction: 'rtl' },
  { code: 'id', name: 'Bahasa Indonesia', direction: 'ltr' },
] as const;

export type LanguageCode = (typeof LANGUAGES)[number]['code'];

const STORAGE = 'perennial.language';

const loaders: Record<Exclude<LanguageCode, 'en'>, () => Promise<{ default: ResourceKey }>> = {
  tr: () => import('./locales/tr.json'),
  ar: () => import('./locales/ar.json'),
  id: () => import('./locales/id.json'),
};

/** Texts that are loaded with the pages that show them. */
const parts = {
  backtest: {
    en: () => import('./locales/backtest/en.json'),
    tr: () => import('./locales/backtest/tr.json'),
    ar: () => import('./locales/backtest/ar.json'),
    id: () => import('./locales/backtest/id.json'),
  },
  campaigns: {
    en: () => import('./locales/campaigns/en.json'),
    tr: () => import('./locales/campaigns/tr.json'),
    ar: () => import('./locales/campaigns/ar.json'),
    id: () => import('./locales/campaigns/id.json'),
  },
  channels: {
    en: () => import('./locales/channels/en.json'),
    tr: () => import('./locales/channels/tr.json'),
    ar: () => import('./locales/channels/ar.json'),
    id: () => import('./locales/channels/id.json'),
  },
  data: {
    en: () => import('./locales/data/en.json'),
    tr: () => import('./locales/data/tr.json'),
    ar: () => import('./locales/data/ar.json'),
    id: () => import('./locales/data/id.json'),
  },
  journeys: {
    en: () => import('./locales/journeys/en.json'),
    tr: () => import('./locales/journeys/tr.json'),
    ar: () => import('./locales/journeys/ar.json'),
    id: () => import('./locales/journeys/id.json'),
  },
  lifecycle: {
    en: () => import('./locales/lifecycle/en.json'),
    tr: () => import('./locales/lifecycle/tr.json'),
    ar: () => import('./locales/lifecycle/ar.json'),
    id: () => import('./locales/lifecycle/id.json'),
  },
  messages: {
    en: () => import('./locales/messages/en.json'),
    tr: () => import('./locales/messages/tr.json'),
    ar: () => import('./locales/messages/ar.json'),
    id: () => import('./locales/messages/id.json'),
  },
  person: {
    en: () => import('./locales/person/en.json'),
    tr: () => import('./locales/person/tr.json'),
    ar: () => import('./locales/person/ar.json'),
    id: () => import('./locales/person/id.json'),
  },
  said: {
    en: () => import('./locales/said/en.json'),
    tr: () => import('./locales/said/tr.json'),
    ar: () => import('./locales/said/ar.json'),
    id: () => import('./locales/said/id.json'),
  },
  sources: {
    en: () => import('./locales/sources/en.json'),
    tr: () => import('./locales/sources/tr.json'),
    ar: () => import('./locales/sources/ar.json'),
    id: () => import('./locales/sources/id.json'),
  },
} satisfies Record<string, Record<LanguageCode, () => Promise<{ default: ResourceKey }>>>;

export type Part = keyof typeof parts;

const loaded = new Set<Part>();

async function addPart(part: Part, code: LanguageCode): Promise<void> {
  const { default: texts } = await parts[part][code]();
  i18next.addResourceBundle(code, 'translation', texts, true, true);
}

/** Loads the texts of a page, in the language of now and in every one that is chosen later. */
export async function loadPart(part: Part): Promise<void> {
  loaded.add(part);
  await addPart(part, known(i18next.language) ?? 'en');
}

/** Loads the texts of a page that needs several parts. */
export async function loadParts(...several: Part[]): Promise<void> {
  await Promise.all(several.map(loadPart));
}

function known(code: string | null | undefined): LanguageCode | undefined {
  return LANGUAGES.find((language) => language.code === code)?.code;
}

/** The language to start with. */
export function initialLanguage(search: string, stored: string | null, browser: readonly string[]): LanguageCode {
  const asked = known(new URLSearchParams(search).get('lang'));
  const preferred = browser.map((tag) => known(tag.split('-')[0]?.toLowerCase())).find(Boolean);
  return asked ?? known(stored) ?? preferred ?? 'en';
}

export function directionOf(code: string): 'ltr' | 'rtl' {
  return LANGUAGES.find((language) => language.code === code)?.direction ?? 'ltr';
}

async function load(code: LanguageCode): Promise<void> {
  if (code !== 'en' && !i18next.hasResourceBundle(code, 'translation')) {
    const { default: texts } = await loaders[code]();
    i18next.addResourceBundle(code, 'translation', texts);
  }
  await Promise.all([...loaded].map((part) => addPart(part, code)));
}

function mark(code: LanguageCode): void {
  document.documentElement.lang = code;
  document.documentElement.dir = directionOf(code);
}

/** Switches the language and remembers it. */
export async function chooseLanguage(code: LanguageCode): Promise<void> {
  await load(code);
  localStorage.setItem(STORAGE, code);
  mark(code);
  await i18next.changeLanguage(code);
}

export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: english } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  const code = initialLanguage(location.search, localStorage.getItem(STORAGE), navigator.languages);
  if (new URLSearchParams(location.search).has('lang')) await chooseLanguage(code);
  else if (code !== 'en') {
    await load(code);
    mark(code);
    await i18next.changeLanguage(code);
  }
}
