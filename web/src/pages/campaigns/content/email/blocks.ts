// E-mails as blocks, one below the other, written as MJML and read back from it.
//
// Invariant: what is read is exactly what was written. MJML that these functions would not have written, letter
// for letter, is no blocks: a hand that changed it is never overwritten.

export type Align = 'start' | 'center' | 'end';

export interface Cell {
  image: string;
  text: string;
}

export type Block =
  | { kind: 'heading'; text: string; align: Align }
  | { kind: 'text'; text: string; align: Align }
  | { kind: 'image'; src: string; alt: string; href: string }
  | { kind: 'button'; text: string; href: string; align: Align; colour: string }
  | { kind: 'divider' }
  | { kind: 'columns'; cells: Cell[] }
  /** One row for each thing of a list of the event; the names are those of its properties. */
  | { kind: 'products'; list: string; name: string; price: string; image: string; link: string; most: number }
  | { kind: 'footer'; text: string };

export type BlockKind = Block['kind'];

export interface Design {
  background: string;
  /** Written from right to left. */
  rightToLeft: boolean;
  blocks: Block[];
}

export const BLOCK_KINDS = ['heading', 'text', 'image', 'button', 'divider', 'columns', 'products', 'footer'] as const satisfies readonly BlockKind[];
/** Columns of one row: more are too narrow on a telephone. */
export const CELLS_MAX = 3;
/** Products of one e-mail. */
export const PRODUCTS_MAX = 20;

export const COLOUR = '#0f766e';
export const BACKGROUND = '#f4f4f5';
const PAPER = '#ffffff';
const FONT = 'Helvetica, Arial, sans-serif';

const TAG = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;

/** Does something to a text around the tags of the template in it, which stay as they are. */
function around(text: string, change: (text: string) => string): string {
  const tags: string[] = [];
  const kept = text.replace(/[\uE000\uE001]/g, '').replace(TAG, (tag) => `\uE000${tags.push(tag) - 1}\uE001`);
  return change(kept).replace(/\uE000(\d+)\uE001/g, (_, at: string) => tags[Number(at)]!);
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const plain = (text: string) => text.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');

/** `**bold**`, `[words](address)` and line breaks as HTML. */
export const htmlOf = (text: string): string =>
  around(text, (kept) =>
    escaped(kept)
      .replace(/\*\*([^\n]+?)\*\*/g, '<strong>$1</strong>')
      .replace(/\[([^\]\n]+)\]\(([^()\s]+)\)/g, '<a href="$2">$1</a>')
      .replaceAll('\n', '<br />'),
  );

/** The same backwards. */
export const textOf = (html: string): string =>
  around(html, (kept) =>
    plain(
      kept
        .replaceAll('<br />', '\n')
        .replace(/<a href="([^"]*)">([^<]*(?:<\/?strong>[^<]*)*)<\/a>/g, '[$2]($1)')
        .replace(/<\/?strong>/g, '**'),
    ),
  );

const attribute = (name: string, value: string) => ` ${name}="${around(value, escaped)}"`;

/** On which side something stands, and what says so to sections and columns, which are left-to-right else. */
interface Side {
  of: (align: Align) => string;
  direction: string;
}

function sideOf(rightToLeft: boolean): Side {
  return {
    of: (align) => (align === 'center' ? 'center' : (align === 'start') === rightToLeft ? 'right' : 'left'),
    direction: rightToLeft ? ' direction="rtl"' : '',
  };
}

const words = (html: string, side: string, more = '') => `<mj-text align="${side}" padding="8px 24px" line-height="1.5"${more}>${html}</mj-text>`;

/** A section under the name of its block, line by line. */
function section(kind: BlockKind, columns: string[][], { direction }: Side): string {
  const inner = columns.map(([opening, ...lines]) => [`      ${opening}`, ...lines.map((line) => `        ${line}`), '      </mj-column>'].join('\n'));
  return [`    <mj-section css-class="block-${kind}" background-color="${PAPER}" padding="4px 0"${direction}>`, ...inner, '    </mj-section>'].join('\n');
}

const picture = (src: string, more = '') => `<mj-image${attribute('src', src)}${more} padding="8px 24px" />`;

function written(block: Block, side: Side): string {
  const one = (...lines: string[]) => section(block.kind, [[`<mj-column${side.direction}>`, ...lines]], side);
  switch (block.kind) {
    case 'heading': return one(words(htmlOf(block.text), side.of(block.align), ' font-size="24px" font-weight="700"'));
    case 'text': return one(words(htmlOf(block.text), side.of(block.align), ' font-size="16px"'));
    case 'footer': return one(words(htmlOf(block.text), 'center', ' font-size="12px" color="#52525b"'));
    case 'divider': return one('<mj-divider border-width="1px" border-color="#e4e4e7" padding="8px 24px" />');
    case 'image': return one(picture(block.src, attribute('alt', block.alt) + (block.href ? attribute('href', block.href) : '')));
    case 'button':
      return one(`<mj-button${attribute('href', block.href)} align="${side.of(block.align)}"${attribute('background-color', block.colour)} color="#ffffff" font-size="16px" border-radius="6px" padding="8px 24px">${htmlOf(block.text)}</mj-button>`);
    case 'columns':
      return section('columns', block.cells.map(({ image, text }) => [`<mj-column${side.direction}>`, ...(image ? [picture(image, attribute('alt', ''))] : []), words(htmlOf(text), side.of('start'), ' font-size="16px"')]), side);
    case 'products': return products(block, side);
    default: return '';
  }
}

// Lists of objects arrive as one list for each of their properties: `event.items.name`, `event.items.price`.
function products({ list, name, price, image, link, most }: Block & { kind: 'products' }, side: Side): string {
  const of = (property: string) => `{{ event.${list}.${property}[forloop.index0] }}`;
  const text = `<strong>{{ product }}</strong>${price ? `<br />${of(price)}` : ''}`;
  const said = link ? `<a href="${of(link)}">${text}</a>` : text;
  const columns = [[`<mj-column width="70%"${side.direction}>`, words(said, side.of('start'), ' font-size="16px"')]];
  if (image) columns.unshift([`<mj-column width="30%"${side.direction}>`, picture(of(image), ' alt="{{ product }}"')]);
  return [`    {% for product in event.${list}.${name} limit: ${most} %}`, section('products', columns, side), '    {% endfor %}'].join('\n');
}

/** The MJML of blocks; without any, nothing. */
export function writeBlocks({ background, rightToLeft, blocks }: Design): string {
  if (blocks.length === 0) return '';
  const side = sideOf(rightToLeft);
  return [
    '<mjml>',
    '  <mj-head>',
    '    <mj-attributes>',
    `      <mj-all font-family="${FONT}" />`,
    '    </mj-attributes>',
    '  </mj-head>',
    `  <mj-body css-class="blocks${rightToLeft ? ' blocks-rtl' : ''}"${attribute('background-color', background)}>`,
    ...blocks.map((block) => written(block, side)),
    '  </mj-body>',
    '</mjml>',
    '',
  ].join('\n');
}

const CHUNK = /^ {4}(?:\{% for [^\n]*\n {4})?<mj-section css-class="block-([a-z]+)"[\s\S]*?^ {4}<\/mj-section>(?:\n {4}\{% endfor %\})?$/gm;
const VALUE = String.raw`((?:\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|[^"])*)`;

/** Every value of an attribute, in order. */
const valuesOf = (chunk: string, tag: string, name: string): string[] =>
  [...chunk.matchAll(new RegExp(`<${tag}(?: [a-z-]+="${VALUE}")*? ${name}="${VALUE}"`, 'g'))].map((match) => around(match.at(-1)!, plain));

const textsOf = (chunk: string, tag: string): string[] =>
  [...chunk.matchAll(new RegExp(`<${tag}(?: [a-z-]+="${VALUE}")*>([\\s\\S]*?)</${tag}>`, 'g'))].map((match) => textOf(match[2]!));

function read(kind: string, chunk: string, rightToLeft: boolean): Block | null {
  const first = (tag: string, name: string) => valuesOf(chunk, tag, name)[0] ?? '';
  const text = (tag: string) => textsOf(chunk, tag)[0] ?? '';
  const align = (tag: string): Align => {
    const side = first(tag, 'align');
    return side === 'center' ? 'center' : (side === 'right') === rightToLeft ? 'start' : 'end';
  };
  switch (kind) {
    case 'heading': return { kind, text: text('mj-text'), align: align('mj-text') };
    case 'text': return { kind, text: text('mj-text'), align: align('mj-text') };
    case 'footer': return { kind, text: text('mj-text') };
    case 'divider': return { kind };
    case 'image': return { kind, src: first('mj-image', 'src'), alt: first('mj-image', 'alt'), href: first('mj-image', 'href') };
    case 'button': return { kind, text: text('mj-button'), href: first('mj-button', 'href'), align: align('mj-button'), colour: first('mj-button', 'background-color') };
    case 'columns':
      return { kind, cells: chunk.split('</mj-column>').slice(0, -1).map((column) => ({ image: valuesOf(column, 'mj-image', 'src')[0] ?? '', text: textsOf(column, 'mj-text')[0] ?? '' })) };
    case 'products': return readProducts(chunk);
    default: return null;
  }
}

function readProducts(chunk: string): Block | null {
  const loop = /\{% for product in event\.(.+)\.([^.\s]+) limit: (\d+) %\}/.exec(chunk);
  if (!loop) return null;
  const [, list, name, most] = loop as unknown as [string, string, string, string];
  const at = (before: string) => {
    const from = chunk.indexOf(`${before}{{ event.${list}.`);
    return from < 0 ? '' : (/^\{\{ event\..+?\.([^.[\s]+)\[forloop\.index0\] \}\}/.exec(chunk.slice(from + before.length))?.[1] ?? '');
  };
  return { kind: 'products', list, name, price: at('<br />'), image: at('src="'), link: at('href="'), most: Number(most) };
}

/** The blocks of an MJML; nothing, if it is not exactly what is written of blocks. */
export function readBlocks(mjml: string): Design | null {
  if (mjml.trim() === '') return { background: BACKGROUND, rightToLeft: false, blocks: [] };
  const body = new RegExp(`<mj-body css-class="(blocks(?: blocks-rtl)?)" background-color="${VALUE}">`).exec(mjml);
  if (!body) return null;
  const rightToLeft = body[1] !== 'blocks';
  const blocks = [...mjml.matchAll(CHUNK)].map(([chunk, kind]) => read(kind!, chunk, rightToLeft));
  const design = { background: around(body[2]!, plain), rightToLeft, blocks: blocks.filter((block) => block !== null) };
  return writeBlocks(design) === mjml ? design : null;
}

/** The same blocks in the direction of another language; other MJML stays as it is. */
export function inDirection(mjml: string, rightToLeft: boolean): string {
  const design = readBlocks(mjml);
  return design && design.blocks.length > 0 ? writeBlocks({ ...design, rightToLeft }) : mjml;
}

/** A block as it is added. */
export function newBlock(kind: BlockKind): Block {
  switch (kind) {
    case 'heading': return { kind, text: 'Hello {{ profile.name | default: "there" }}', align: 'start' };
    case 'text': return { kind, text: '', align: 'start' };
    case 'image': return { kind, src: '', alt: '', href: '' };
    case 'button': return { kind, text: '', href: 'https://', align: 'center', colour: COLOUR };
    case 'divider': return { kind };
    case 'columns': return { kind, cells: [{ image: '', text: '' }, { image: '', text: '' }] };
    case 'products': return { kind, list: 'items', name: 'name', price: 'price', image: 'image', link: 'url', most: 3 };
    default: return { kind: 'footer', text: '[Unsubscribe]({{ unsubscribe_url }}) · [Preferences]({{ preferences_url }})' };
  }
}
