// A small ready-made inbox: a panel at the side with the cards, drawn anew whenever they change.

import { action, element, guard, picture, surface, words } from './surface.js';
import type { Inbox, InboxSettings } from './types.js';

const CSS = `:host{all:initial}*{box-sizing:border-box}
.panel{position:fixed;inset-block:0;inset-inline-end:0;z-index:2147483645;width:100%;max-width:380px;background:#f5f5f4;color:#111;font:15px/1.5 system-ui,sans-serif;box-shadow:0 0 40px #0005;overflow:auto;outline:0}
header{position:sticky;top:0;display:flex;align-items:center;justify-content:space-between;background:#fff;padding:12px 16px;border-bottom:1px solid #ddd}
h2{font-size:18px;margin:0}h3{font-size:16px;line-height:1.3;margin:0}p{margin:4px 0 0;white-space:pre-line;overflow-wrap:anywhere}
article{background:#fff;margin:12px;border-radius:10px;padding:14px 16px;position:relative;border:1px solid #e4e4e4}
.unread{border-inline-start:4px solid #1d4ed8}.image{display:block;width:100%;border-radius:6px;margin-bottom:10px}
time{font-size:12px;color:#57534e}.buttons{display:flex;flex-wrap:wrap;gap:8px;margin-top:10px}
.button{font:inherit;font-weight:600;color:#1d4ed8;background:none;border:2px solid;border-radius:8px;padding:4px 12px;text-decoration:none;cursor:pointer}
.title{color:inherit}.close,.remove{font-size:20px;line-height:1;width:34px;height:34px;border:0;border-radius:50%;background:none;color:#111;cursor:pointer}
.remove{position:absolute;top:6px;inset-inline-end:6px}.text{padding-inline-end:28px}.empty{text-align:center;padding:48px 16px;color:#57534e}
:focus-visible{outline:3px solid #60a5fa;outline-offset:2px}.box:focus,.panel:focus{outline:0}
@media(prefers-reduced-motion:no-preference){.panel{animation:in .2s ease-out}@keyframes in{from{opacity:0}}}`;

/** Opens the panel; the answer closes it. */
export function openPanel(inbox: Inbox, settings: InboxSettings = {}): () => void {
  const { root, host } = surface(CSS);
  const say = words();
  const panel = element('div', 'panel');
  panel.dir = document.documentElement.dir || getComputedStyle(document.body).direction;
  panel.tabIndex = -1;
  panel.setAttribute('role', 'dialog');
  panel.setAttribute('aria-labelledby', 'inbox');
  const head = element('header', '');
  const title = element('h2', '', settings.title ?? say.inbox);
  title.id = 'inbox';
  const cross = element('button', 'close', '×');
  cross.type = 'button';
  cross.setAttribute('aria-label', say.close);
  const list = element('div', '');
  list.setAttribute('role', 'feed');
  head.append(title, cross);
  panel.append(head, list);
  root.append(panel);
  const unread = new Set(inbox.list().flatMap(({ id, read }) => (read ? [] : [id])));

  function draw() {
    list.replaceChildren();
    const cards = inbox.list();
    if (cards.length === 0) list.append(element('div', 'empty', settings.empty ?? say.empty));
    for (const card of cards) {
      const article = element('article', unread.has(card.id) ? 'unread' : '');
      article.dir = 'auto';
      const image = picture(card.image);
      if (image) article.append(image);
      const text = element('div', 'text');
      const heading = element('h3', '');
      const link = card.link ? action(card.title, card.link, 'title', (url) => inbox.clicked(card.id, '', url)) : undefined;
      heading.append(link instanceof HTMLAnchorElement ? link : card.title);
      text.append(heading);
      if (card.body) text.append(element('p', '', card.body));
      const time = element('time', '', new Date(card.sentAt).toLocaleDateString(document.documentElement.lang || undefined));
      time.dateTime = card.sentAt;
      text.append(time);
      const buttons = element('div', 'buttons');
      for (const { id, title, link } of card.buttons) buttons.append(action(title, link, 'button', (url) => inbox.clicked(card.id, id, url)));
      if (buttons.childElementCount > 0) text.append(buttons);
      const remove = element('button', 'remove', '×');
      remove.type = 'button';
      remove.setAttribute('aria-label', `${say.remove}: ${card.title}`);
      remove.addEventListener('click', () => {
        inbox.dismiss(card.id);
        draw();
        panel.focus();
      });
      article.append(text, remove);
      list.append(article);
    }
  }

  let release = () => {};
  const end = () => {
    release();
    host.remove();
    before?.focus();
  };
  const before = document.activeElement as HTMLElement | null;
  cross.addEventListener('click', end);
  release = guard(root, false, end);
  draw();
  panel.focus();
  inbox.markRead();
  return end;
}
