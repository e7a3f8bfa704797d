// Campaigns to begin with. They name events that the workspace really has, and say what they say in four
// languages.

import type { CampaignInput, Content, Trigger } from '../../api/outreach';
import type { Catalogue } from '../../api/types';
import { CONTROL } from './draft';

export const PLAYS = ['win_back', 'welcome', 'abandoned_cart', 'second_purchase', 'thank_loyal', 'announcement'] as const;
export type PlayId = (typeof PLAYS)[number];

/** A subject, what is said, and what the link says. */
type Words = [subject: string, text: string, link: string];
type Spoken = Record<'default' | 'tr' | 'ar' | 'id', Words>;

const UNSUBSCRIBE: Record<keyof Spoken, string> = { default: 'Unsubscribe', tr: 'Abonelikten çık', ar: 'إلغاء الاشتراك', id: 'Berhenti berlangganan' };

const SPOKEN: Record<PlayId, Spoken> = {
  win_back: {
    default: ['We have missed you', 'It has been a while. Here is what is new since you were last here.', 'See what is new'],
    tr: ['Sizi özledik', 'Epey zaman oldu. Son gelişinizden bu yana neler yeni, bir bakın.', 'Yenilikleri gör'],
    ar: ['اشتقنا إليك', 'مضى وقت منذ زيارتك الأخيرة. إليك ما هو جديد.', 'شاهد الجديد'],
    id: ['Kami merindukan Anda', 'Sudah lama tidak bertemu. Ini yang baru sejak kunjungan terakhir Anda.', 'Lihat yang baru'],
  },
  welcome: {
    default: ['Welcome', 'Good that you are here. These three things are worth a first look.', 'Begin'],
    tr: ['Hoş geldiniz', 'Aramıza katıldığınıza sevindik. İlk bakışta görmeye değer üç şey var.', 'Başla'],
    ar: ['أهلًا بك', 'سعداء بانضمامك. إليك ثلاثة أشياء تستحق نظرة أولى.', 'ابدأ'],
    id: ['Selamat datang', 'Senang Anda bergabung. Tiga hal ini patut dilihat lebih dulu.', 'Mulai'],
  },
  abandoned_cart: {
    default: ['Your cart is still here', 'We have kept what you chose. Finish whenever it suits you.', 'Back to the cart'],
    tr: ['Sepetiniz sizi bekliyor', 'Seçtiklerinizi sakladık. Ne zaman isterseniz tamamlayın.', 'Sepete dön'],
    ar: ['سلتك ما زالت هنا', 'احتفظنا بما اخترته. أكمل الشراء متى شئت.', 'العودة إلى السلة'],
    id: ['Keranjang Anda masih di sini', 'Kami menyimpan pilihan Anda. Selesaikan kapan saja.', 'Kembali ke keranjang'],
  },
  second_purchase: {
    default: ['Something that goes well with it', 'We hope you like your first order. Others who chose the same also liked these.', 'Have a look'],
    tr: ['Buna çok yakışır', 'İlk siparişinizi beğendiğinizi umuyoruz. Aynısını seçenler bunları da beğendi.', 'Göz at'],
    ar: ['شيء يليق به', 'نأمل أن يكون طلبك الأول قد أعجبك. من اختاروا مثله أعجبتهم هذه أيضًا.', 'ألقِ نظرة'],
    id: ['Ini cocok dengannya', 'Semoga Anda menyukai pesanan pertama. Pembeli lain juga menyukai yang ini.', 'Lihat'],
  },
  thank_loyal: {
    default: ['Thank you', 'You are one of our most faithful customers. This is for you first.', 'See it first'],
    tr: ['Teşekkür ederiz', 'En sadık müşterilerimizden birisiniz. Bu, önce sizin için.', 'İlk siz görün'],
    ar: ['شكرًا لك', 'أنت من أوفى عملائنا. هذا لك أولًا.', 'كن أول من يراه'],
    id: ['Terima kasih', 'Anda salah satu pelanggan paling setia kami. Ini untuk Anda lebih dulu.', 'Lihat lebih dulu'],
  },
  announcement: {
    default: ['News', 'Something new has arrived, and we would like you to know.', 'Read more'],
    tr: ['Haberler', 'Yeni bir şey geldi, bilmenizi istedik.', 'Devamını oku'],
    ar: ['أخبار', 'وصل شيء جديد ونودّ أن تعرفه.', 'اقرأ المزيد'],
    id: ['Kabar baru', 'Ada yang baru, dan kami ingin Anda mengetahuinya.', 'Baca selengkapnya'],
  },
};

function mail(locale: keyof Spoken, [subject, text, link]: Words): Content {
  const side = locale === 'ar' ? ' dir="rtl"' : '';
  const body = `<div${side}>
  <h1>${subject}</h1>
  <p>${text}</p>
  <p><a href="https://example.com/">${link}</a></p>
  <p><small><a href="{{ unsubscribe_url }}">${UNSUBSCRIBE[locale]}</a></small></p>
</div>
`;
  return { kind: 'email', subject, preheader: text, body, form: 'html' };
}

/** The most frequent event whose name looks like that, or a usual one. */
function find(catalogue: Catalogue | undefined, like: RegExp, usual: string): string {
  const own = (catalogue?.events ?? []).filter(({ derived }) => !derived);
  return own.filter(({ name }) => like.test(name)).toSorted((a, b) => b.count - a.count)[0]?.name ?? usual;
}

const quoted = (name: string) => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** The campaign of a play, under a name. */
export function playOf(id: PlayId, name: string, catalogue: Catalogue | undefined): CampaignInput {
  const bought = find(catalogue, /^(purchase|order|charged|checkout completed|order completed)/i, 'Purchase');
  const carted = find(catalogue, /cart|basket/i, 'Add To Cart');
  const joined = find(catalogue, /sign.?up|signed up|register/i, 'Signed Up');
  const money = catalogue?.events.find((event) => event.name === bought)?.properties.find((one) => /amount|revenue|value|total/i.test(one.name))?.name;
  const [buy, cart] = [quoted(bought), quoted(carted)];
  const plan: Record<PlayId, { trigger: Trigger; audience?: string; within: string; pause?: string }> = {
    win_back: { trigger: { kind: 'state', to: ['at_risk'] }, within: '14d', pause: '60d' },
    welcome: { trigger: { kind: 'event', event: joined }, within: '7d' },
    abandoned_cart: { trigger: { kind: 'recurring', every: 'hour', at: ['00:00'] }, audience: `did ${cart} in last 6h and not did ${buy} in last 6h and not did ${cart} in last 1h`, within: '2d', pause: '7d' },
    second_purchase: { trigger: { kind: 'recurring', every: 'day', at: ['10:00'] }, audience: `did ${buy} exactly 1 times and did ${buy} in last 30d and not did ${buy} in last 7d`, within: '14d', pause: '30d' },
    thank_loyal: { trigger: { kind: 'state', to: ['loyal'] }, within: '30d', pause: '90d' },
    announcement: { trigger: { kind: 'once' }, within: '7d' },
  };
  const { trigger, audience, within, pause } = plan[id];
  const spoken = Object.entries(SPOKEN[id]) as [keyof Spoken, Words][];
  return {
    name,
    channel: 'email',
    trigger,
    ...(audience && { audience }),
    again: id === 'welcome' || id === 'announcement' ? { kind: 'once' } : { kind: 'after', pause: pause ?? '30d' },
    variants: [{ id: 'a', share: 1, content: Object.fromEntries(spoken.map(([locale, words]) => [locale, mail(locale, words)])) }],
    control: CONTROL,
    labels: [id.replaceAll('_', '-')],
    goals: [{ event: bought, within, ...(money && { revenue: money }) }],
    delivery: {},
  };
}
