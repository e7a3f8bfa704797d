// What pop-ups and the inbox panel have in common: a place of their own in the page that the page's styles
// do not reach, links that run no programs, and focus that is kept and given back.

/** A place over the page, with a sheet of styles. Nothing is made of text but text. */
export function surface(css: string): { host: HTMLElement; root: ShadowRoot } {
  const host = document.createElement('div');
  host.setAttribute('data-perennial', '');
  const root = host.attachShadow({ mode: 'open' });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = css;
    root.append(style);
  }
  document.body.append(host);
  return { host, root };
}

/** An element with a class and a text. */
export function element<Name extends keyof HTMLElementTagNameMap>(name: Name, kind: string, text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

/** An address that may be followed: of the web, of this page, or of an app. Otherwise nothing. */
export function safeLink(link: string): string {
  try {
    return link && !/^(javascript|data|vbscript|blob|file):$/.test(new URL(link, location.href).protocol) ? link : '';
  } catch {
    return '';
  }
}

/** A picture, if its address is one of the web. */
export function picture(address: string): HTMLImageElement | undefined {
  try {
    if (!address || !/^https?:$/.test(new URL(address, location.href).protocol)) return undefined;
  } catch {
    return undefined;
  }
  const image = element('img', 'image');
  image.src = address;
  image.alt = '';
  return image;
}

/** A link, or a button where there is nothing to follow. */
export function action(title: string, link: string, kind: string, used: (url: string) => void): HTMLElement {
  const url = safeLink(link);
  const made = url ? element('a', kind, title) : element('button', kind, title);
  if (made instanceof HTMLAnchorElement) {
    made.href = url;
    made.rel = 'noopener';
  } else {
    made.type = 'button';
  }
  made.addEventListener('click', () => used(url));
  return made;
}

/** Black or white, whichever can be read on a colour. */
export function readable(background: string): string {
  const [red = 255, green = 255, blue = 255] = (background.match(/[\d.]+/g) ?? []).map(Number);
  const linear = (part: number) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) > 0.179 ? '#111' : '#fff';
}

/** Keeps the focus inside while it is modal, closes on Escape, and gives the focus back at the end. */
export function guard(root: ShadowRoot, modal: boolean, escape: () => void): () => void {
  const before = document.activeElement;
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      escape();
    } else if (event.key === 'Tab' && modal) {
      const all = [...root.querySelectorAll<HTMLElement>('a[href],button,iframe')];
      const at = all.indexOf(root.activeElement as HTMLElement);
      const to = event.shiftKey ? at - 1 : at + 1;
      if (at < 0 || to < 0 || to >= all.length) {
        event.preventDefault();
        all[event.shiftKey ? all.length - 1 : 0]?.focus();
      }
    }
  };
  document.addEventListener('keydown', keys, true);
  return () => {
    document.removeEventListener('keydown', keys, true);
    if (modal && before instanceof HTMLElement) before.focus();
  };
}

const WORDS: Record<string, [inbox: string, empty: string, close: string, remove: string]> = {
  en: ['Inbox', 'Nothing here yet', 'Close', 'Remove'],
  tr: ['Gelen kutusu', 'Henüz bir şey yok', 'Kapat', 'Kaldır'],
  ar: ['الرسائل', 'لا توجد رسائل بعد', 'إغلاق', 'إزالة'],
  id: ['Kotak masuk', 'Belum ada apa-apa', 'Tutup', 'Hapus'],
};

/** A few words in the language of the page. */
export function words() {
  const language = (document.documentElement.lang || navigator.language).slice(0, 2).toLowerCase();
  const [inbox, empty, close, remove] = WORDS[language] ?? WORDS.en!;
  return { inbox, empty, close, remove };
}
