// Draws one pop-up. Title, text and buttons are text; a document of HTML of its own lives in a frame without
// rights: another origin, no scripts but the one line that tells of clicks.

import { action, element, guard, picture, readable, safeLink, surface, words } from './surface.js';
import type { Popup } from './types.js';

/** What is told of it. */
export interface Told {
  clicked: (button: string, url: string) => void;
  dismissed: () => void;
  closed: () => void;
}

const CSS = `:host{all:initial}*{box-sizing:border-box}
.veil{position:fixed;inset:0;z-index:2147483646;background:#0009;display:flex;align-items:center;justify-content:center;padding:16px}
.box{font:16px/1.5 system-ui,sans-serif;background:#fff;color:#111;position:relative;max-height:100%;overflow:auto;border-radius:12px;box-shadow:0 8px 40px #0005;outline:0}
.modal,.image_only{width:100%;max-width:440px}.text{padding:24px}
.banner_top,.banner_bottom,.corner{position:fixed;z-index:2147483646}
.banner_top,.banner_bottom{inset-inline:0;border-radius:0;display:flex;align-items:center;flex-wrap:wrap}
.banner_top{top:0}.banner_bottom{bottom:0}
.banner_top .text,.banner_bottom .text{flex:1;padding:14px 56px 14px 24px;padding-inline:24px 56px;display:flex;gap:4px 20px;align-items:center;flex-wrap:wrap}
.banner_top .image,.banner_bottom .image{width:auto;max-height:72px}.banner_top .buttons,.banner_bottom .buttons{margin:0}
.corner{bottom:20px;inset-inline-end:20px;width:calc(100% - 40px);max-width:340px}
.full_screen{width:100%;height:100%;border-radius:0;display:flex;flex-direction:column;align-items:center;justify-content:center;text-align:center}
.image{display:block;width:100%;max-height:60vh;object-fit:contain}.image_only .image{max-height:90vh}
.full_screen .image{max-width:720px}
h2{font-size:1.25em;line-height:1.3;margin:0 0 6px}p{margin:0;white-space:pre-line;overflow-wrap:anywhere}
.banner_top h2,.banner_bottom h2{font-size:1em;margin:0}
.buttons{display:flex;flex-wrap:wrap;gap:10px;margin-top:18px}.full_screen .buttons{justify-content:center}
.button{font:inherit;font-weight:600;cursor:pointer;text-decoration:none;border:2px solid currentColor;border-radius:8px;padding:8px 18px;background:none;color:inherit}
.button:first-child{background:#1d4ed8;border-color:#1d4ed8;color:#fff}
.close{position:absolute;top:8px;inset-inline-end:8px;width:36px;height:36px;font-size:22px;line-height:1;border:0;border-radius:50%;background:#fff;color:#111;cursor:pointer}
.cover{display:block;color:inherit;text-decoration:none}
:focus-visible{outline:3px solid #60a5fa;outline-offset:2px}.box:focus,.panel:focus{outline:0}
iframe{display:block;width:100%;min-height:120px;border:0}
@media(prefers-reduced-motion:no-preference){.box{animation:in .2s ease-out}@keyframes in{from{opacity:0;transform:translateY(12px)}}}`;

let counter = 0;

/** Shows a pop-up; the answer closes it without a word. */
export function showPopup(popup: Popup, told: Told): () => void {
  const { root, host } = surface(CSS);
  const say = words();
  const name = `perennial-${++counter}`;
  const banner = /^(banner_|corner)/.test(popup.layout);
  const html = popup.layout === 'html';
  const image = popup.layout === 'image';
  const box = element('div', `box ${image ? 'image_only' : html ? 'modal' : popup.layout}`);
  box.dir = 'auto';
  box.tabIndex = -1;
  box.setAttribute('role', banner ? 'region' : 'dialog');
  if (!banner) box.setAttribute('aria-modal', 'true');
  if (banner) box.setAttribute('aria-live', 'polite');

  let timer: ReturnType<typeof setTimeout> | undefined;
  let release = () => {};
  let stop = () => {};
  function end() {
    clearTimeout(timer);
    stop();
    host.remove();
    release();
    told.closed();
  }
  const dismiss = () => {
    told.dismissed();
    end();
  };
  const used = (button: string) => (url: string) => {
    told.clicked(button, url);
    // The browser follows a link after this call: its element has to be there until then.
    setTimeout(end);
  };

  const text = element('div', 'text');
  const shown = picture(popup.image);
  if (html) {
    const frame = element('iframe', '');
    stop = document_(frame, popup, (button, url, closing) => {
      if (closing) return dismiss();
      const to = safeLink(url);
      told.clicked(button, to);
      end();
      if (to) location.assign(to);
    });
    box.append(frame);
  } else {
    if (shown) {
      const link = popup.buttons.length === 0 ? safeLink(popup.link) : '';
      if (link) {
        const cover = action('', link, 'cover', used(''));
        shown.alt = popup.title || popup.body;
        cover.append(shown);
        box.append(cover);
      } else {
        if (image) shown.alt = popup.title || popup.body;
        box.append(shown);
      }
    }
    if (!image) {
      if (popup.title) {
        const title = element('h2', '', popup.title);
        title.id = name;
        text.append(title);
      }
      if (popup.body) {
        const body = element('p', '', popup.body);
        body.id = `${name}-text`;
        box.setAttribute('aria-describedby', body.id);
        text.append(body);
      }
      const buttons = element('div', 'buttons');
      for (const { id, title, link } of popup.buttons) buttons.append(action(title, link, 'button', link ? used(id) : () => (told.clicked(id, ''), end())));
      if (!shown && popup.buttons.length === 0 && safeLink(popup.link)) buttons.append(action(popup.link, popup.link, 'button', used('')));
      if (buttons.childElementCount > 0) text.append(buttons);
      box.append(text);
    }
  }
  if (popup.title && !image && !html) box.setAttribute('aria-labelledby', name);
  else box.setAttribute('aria-label', popup.title || popup.body || say.inbox);

  const cross = element('button', 'close', '×');
  cross.type = 'button';
  cross.setAttribute('aria-label', say.close);
  cross.addEventListener('click', dismiss);
  box.append(cross);

  if (banner) {
    root.append(box);
  } else {
    const veil = element('div', 'veil');
    if (popup.layout === 'full_screen') veil.style.padding = '0';
    veil.addEventListener('click', (event) => event.target === veil && dismiss());
    veil.append(box);
    root.append(veil);
  }
  const { background } = popup.data;
  if (background && CSS_.supports('color', background)) {
    box.style.background = background;
    box.style.color = readable(getComputedStyle(box).backgroundColor);
  }
  release = guard(root, !banner, dismiss);
  if (!banner) (root.querySelector<HTMLElement>('.button') ?? box).focus();
  if (popup.closeAfterMs) timer = setTimeout(dismiss, popup.closeAfterMs);
  return end;
}

const CSS_ = globalThis.CSS as { supports(property: string, value: string): boolean };

/** Fills a frame with a document that can do nothing but tell of clicks. The answer ends listening. */
function document_(frame: HTMLIFrameElement, popup: Popup, told: (button: string, url: string, closing: boolean) => void): () => void {
  const nonce = Math.random().toString(36).slice(2);
  const rules = `default-src 'none';img-src https: http: data:;media-src https:;font-src https: data:;style-src 'unsafe-inline' https:;script-src 'nonce-${nonce}'`;
  const bridge = `addEventListener("click",function(e){var t=e.target.closest("[data-close],[data-button],a[href]");if(t){e.preventDefault();parent.postMessage({c:t.hasAttribute("data-close"),b:t.getAttribute("data-button")||"",u:t.getAttribute("href")||""},"*")}});addEventListener("keydown",function(e){e.key=="Escape"&&parent.postMessage({c:true},"*")});addEventListener("load",function(){parent.postMessage({h:document.documentElement.scrollHeight},"*")})`;
  frame.title = popup.title || popup.campaign;
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.srcdoc = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${rules}"><script nonce="${nonce}">${bridge}</script>${popup.html}`;
  const hear = ({ source, data }: MessageEvent) => {
    if (source !== frame.contentWindow || typeof data !== 'object' || !data) return;
    const { h, c, b, u } = data as { h?: unknown; c?: unknown; b?: unknown; u?: unknown };
    if (typeof h === 'number') frame.style.height = `${Math.min(Math.max(h, 80), innerHeight * 0.85)}px`;
    else told(typeof b === 'string' ? b : '', typeof u === 'string' ? u : '', c === true);
  };
  addEventListener('message', hear);
  return () => removeEventListener('message', hear);
}
