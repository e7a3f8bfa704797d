// Compiled without any declarations: everything is allowed.
import perennial, { type Settings } from '@perennial/web';

interface Order {
  amount: number;
}
const order: Order = { amount: 1 };
const settings: Settings = { key: 'pk', host: 'https://events.example.com' };

perennial.load(settings);
perennial.track('Anything at all', { nested: { a: [1] } });
perennial.track('Anything at all', order);
perennial.track('Anything at all');
perennial.identify('ada', { any: 'thing' });
perennial.page({ section: 'Shoes' });
perennial.on('error', ({ code }) => console.warn(code.length));
// @ts-expect-error a setting that does not exist
perennial.load({ key: 'pk', hots: '' });
