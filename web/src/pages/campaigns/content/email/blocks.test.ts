import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BACKGROUND, type Block, BLOCK_KINDS, type Design, htmlOf, inDirection, newBlock, readBlocks, textOf, writeBlocks } from './blocks';

const design = (blocks: Block[], rightToLeft = false): Design => ({ background: BACKGROUND, rightToLeft, blocks });

/** Texts as people write them, with everything that could be taken for something else. */
const TEXTS = [
  '',
  'Plain',
  'Two\nlines\n',
  '**bold** and **bolder**, ** not',
  '[here](https://example.com/?a=1&b=2) and [there]({{ event.url | default: "https://example.com/" }})',
  '**[both](https://example.com/)**',
  '[**both**](https://example.com/)',
  'a < b && c > "d" &amp; &lt;b&gt;',
  '{{ profile.name | default: "there" }}, {% if profile.plan == "plus" %}<b>thanks{% endif %}',
  '</mj-text><mj-section css-class="block-text">',
  '    </mj-section>\n    {% endfor %}',
  'مرحبًا {{ profile.name }}',
];

describe('words of a block', () => {
  it('become HTML without what is dangerous', () => {
    expect(htmlOf('**a** [b](https://x.example/?a=1&b=2)\n<script>')).toBe('<strong>a</strong> <a href="https://x.example/?a=1&amp;b=2">b</a><br />&lt;script&gt;');
    expect(htmlOf('{{ a | default: "<b>" }} & b')).toBe('{{ a | default: "<b>" }} &amp; b');
  });

  it('come back', () => {
    for (const text of TEXTS) expect(textOf(htmlOf(text))).toBe(text);
  });
});

describe('blocks', () => {
  it('of every kind, text and direction come back from their MJML', () => {
    for (const rightToLeft of [false, true]) {
      for (const text of TEXTS) {
        const blocks: Block[] = [
          { kind: 'heading', text, align: 'start' },
          { kind: 'text', text, align: 'end' },
          { kind: 'image', src: 'https://example.com/a.png', alt: text.replaceAll('\n', ' '), href: '' },
          { kind: 'image', src: '{{ event.image }}', alt: '', href: 'https://example.com/?a="b"&c' },
          { kind: 'button', text, href: '{{ event.url | default: "https://example.com/" }}', align: 'center', colour: '#112233' },
          { kind: 'divider' },
          { kind: 'columns', cells: [{ image: '', text }, { image: 'https://example.com/b.png', text }, { image: '', text: '' }] },
          { kind: 'products', list: 'cart.items', name: 'title', price: 'price', image: '', link: 'url', most: 5 },
          { kind: 'products', list: 'items', name: 'name', price: '', image: 'image', link: '', most: 1 },
          { kind: 'footer', text },
        ];
        const whole = design(blocks, rightToLeft);
        expect(readBlocks(writeBlocks(whole))).toEqual(whole);
      }
    }
  });

  it('are what is added, too', () => {
    const all = design(BLOCK_KINDS.map(newBlock));
    expect(readBlocks(writeBlocks(all))).toEqual(all);
  });

  it('are none in what another hand wrote or changed', () => {
    const mjml = writeBlocks(design([{ kind: 'text', text: 'Hello', align: 'start' }, { kind: 'divider' }]));
    expect(readBlocks(mjml)).not.toBeNull();
    expect(readBlocks(mjml.replace('Hello', '<i>Hello</i>'))).toBeNull();
    expect(readBlocks(mjml.replace('16px', '17px'))).toBeNull();
    expect(readBlocks(mjml.replace('</mj-body>', '<mj-section></mj-section></mj-body>'))).toBeNull();
    expect(readBlocks('<mjml><mj-body></mj-body></mjml>')).toBeNull();
    expect(readBlocks('Hello')).toBeNull();
  });

  it('turn with the language, and others stay', () => {
    const mjml = writeBlocks(design([{ kind: 'text', text: 'Hello', align: 'start' }]));
    expect(mjml).toContain('align="left"');
    expect(inDirection(mjml, true)).toContain('align="right"');
    expect(inDirection(inDirection(mjml, true), false)).toBe(mjml);
    expect(inDirection('<mjml></mjml>', true)).toBe('<mjml></mjml>');
  });

  it('are what the ready plays are made of', () => {
    const folder = join(import.meta.dirname, '../../../../../../docs/plays');
    const plays = readdirSync(folder).filter((name) => name !== 'segments.json').map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { channel: string; variants: { content: Record<string, { body: string }> }[] });
    const bodies = plays.filter(({ channel }) => channel === 'email').flatMap(({ variants }) => variants.flatMap(({ content }) => Object.entries(content)));
    expect(bodies.length).toBeGreaterThan(20);
    for (const [locale, { body }] of bodies) {
      const read = readBlocks(body);
      expect(read?.blocks.map(({ kind }) => kind)).toEqual(['heading', 'text', 'button', 'footer']);
      expect(read?.rightToLeft).toBe(locale === 'ar');
    }
  });

  it('are nothing, if there are none', () => {
    expect(writeBlocks(design([]))).toBe('');
    expect(readBlocks('')?.blocks).toEqual([]);
  });
});
