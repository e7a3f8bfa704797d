// An e-mail as it stands in the list and as it opens. It stands in a frame that runs nothing, opens nothing and
// sends nothing.

import { Group, SegmentedControl, Stack, Switch, Text } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../../../api/session';
import { useFormat } from '../../../../lib/format';
import classes from './EmailPreview.module.css';
import type { Offer } from './OfferFields';

type Fields = Record<string, unknown>;
const said = (fields: Fields, name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');

/** A page whose direction is that of the message, if it says nothing of its own. */
function pageOf(fields: Fields, direction: string, dark: boolean): string {
  const html = said(fields, 'html');
  // What knows nothing of dark screens is turned over by many programs; pictures are not.
  const own = /prefers-color-scheme/i.test(html);
  const look = dark && !own ? '<style>html{filter:invert(1) hue-rotate(180deg);background:#fff}img,video{filter:invert(1) hue-rotate(180deg)}</style>' : '';
  if (!html) {
    const escaped = said(fields, 'text').replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    return `<!doctype html><html dir="${direction}"><head>${look}</head><body><pre style="white-space:pre-wrap;font:14px/1.5 system-ui">${escaped}</pre></body></html>`;
  }
  if (!/<html[\s>]/i.test(html)) return `<!doctype html><html dir="${direction}"><head>${look}</head><body style="font-family:system-ui,sans-serif">${html}</body></html>`;
  return look ? html.replace(/<\/head>/i, `${look}</head>`) : html;
}

const DEVICES = ['desktop', 'phone'] as const;

export function EmailPreview({ fields, direction }: { fields: Fields; direction: string }) {
  const { t } = useTranslation();
  const [device, setDevice] = useState<(typeof DEVICES)[number]>('desktop');
  const [dark, setDark] = useState(false);
  return (
    <Stack gap="sm">
      <Inbox fields={fields} />
      <Group gap="md">
        <SegmentedControl size="xs" aria-label={t('content.width')} value={device} onChange={(next) => setDevice(next as typeof device)} data={DEVICES.map((value) => ({ value, label: t(`content.${value}`) }))} />
        <Switch size="xs" label={t('inbox.dark')} checked={dark} onChange={(event) => setDark(event.currentTarget.checked)} />
      </Group>
      <div className={`${classes.frame} ${device === 'phone' ? classes.phone : ''}`} data-width={device} data-dark={dark}>
        <div className={classes.head}>
          <Text fw={600} size="sm" dir="auto" data-subject>{said(fields, 'subject')}</Text>
          <Text size="xs" c="dimmed" dir="auto">{[said(fields, 'from_name'), said(fields, 'from'), said(fields, 'reply_to') && t('inbox.answers', { address: said(fields, 'reply_to') })].filter(Boolean).join(' · ')}</Text>
        </div>
        <iframe className={classes.page} title={t('content.previewFrame')} sandbox="" referrerPolicy="no-referrer" style={{ colorScheme: dark ? 'dark' : 'light' }} srcDoc={pageOf(fields, direction, dark)} />
      </div>
      {said(fields, 'amp') && <Text size="xs" c="dimmed">{t('inbox.amp')}</Text>}
    </Stack>
  );
}

/** The line of the list: who it is from, what it is about, and what Gmail makes of an offer. */
function Inbox({ fields }: { fields: Fields }) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const format = useFormat();
  const offer = (fields.offer ?? null) as Offer | null;
  const sender = said(fields, 'from_name') || said(fields, 'from') || workspace.name;
  const money = (amount: string | undefined) => [amount, offer?.currency].filter(Boolean).join(' ');
  return (
    <div className={classes.inbox} data-inbox role="group" aria-label={t('inbox.title')}>
      <span className={classes.sender} aria-hidden>{[...sender][0]?.toUpperCase()}</span>
      <div className={classes.lines}>
        <Text size="sm" fw={650} truncate dir="auto">{sender}</Text>
        <Text size="sm" truncate dir="auto">{said(fields, 'subject')}</Text>
        <Text size="xs" c="dimmed" truncate dir="auto" data-preheader>{said(fields, 'preheader') || said(fields, 'text').slice(0, 120)}</Text>
        {offer && (
          <Group gap={6} mt={6} data-gmail-offer>
            {offer.description && <span className={classes.deal}><IconTag size={12} aria-hidden /> {offer.description}</span>}
            {offer.code && <span className={classes.code}>{offer.code}</span>}
            {offer.ends_at && !Number.isNaN(Date.parse(offer.ends_at)) && <Text size="xs" c="dimmed">{t('inbox.until', { when: format.dateTime(offer.ends_at) })}</Text>}
          </Group>
        )}
        {offer?.image && (
          <div className={classes.card}>
            <Text size="xs" truncate dir="ltr" c="dimmed">{offer.image}</Text>
            <Text size="xs" fw={600} dir="auto">{offer.headline}</Text>
            {offer.price && <Text size="xs"><bdi>{money(offer.price)}</bdi>{offer.discount && <> · <bdi>−{money(offer.discount)}</bdi></>}</Text>}
          </div>
        )}
      </div>
    </div>
  );
}
