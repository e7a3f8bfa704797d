// A text message or a message of WhatsApp as it stands on the telephone.

import { Group, Stack, Text } from '@mantine/core';
import { IconCopy, IconCornerUpLeft, IconExternalLink, IconFile, IconPhone, IconPhoto, IconVideo } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Content, MessagePreview } from '../../../../api/outreach';
import classes from './ChatPreview.module.css';
import type { WhatsAppButton, WhatsAppHeader } from './WhatsAppFields';

type Fields = Record<string, unknown>;
const said = (fields: Fields, name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');

export function SmsPreview({ fields, sms }: { fields: Fields; sms: MessagePreview['sms'] }) {
  return (
    <Stack gap={8} align="flex-start">
      <div className={classes.bubble} dir="auto">{said(fields, 'body')}</div>
      {sms && <SmsLength sms={sms} />}
    </Stack>
  );
}

/** What the text costs, and what would make it cheaper. */
function SmsLength({ sms }: { sms: NonNullable<MessagePreview['sms']> }) {
  const { t } = useTranslation();
  const { encoding, units, left } = sms;
  return (
    <Stack gap={2} role="status" data-sms={sms.encoding} data-parts={sms.parts}>
      <Text size="sm" fw={600}>{t('content.parts', { parts: sms.parts })}</Text>
      <Text size="xs" c="dimmed">{t(`sms.encoding.${encoding}`, { units, left })}</Text>
      {sms.forced_by.length > 0 && <Text size="xs" c="dimmed">{t('sms.forced')} <bdi>{sms.forced_by.join(' ')}</bdi></Text>}
    </Stack>
  );
}

const HEADER_ICONS = { image: IconPhoto, video: IconVideo, document: IconFile } as const;
const BUTTON_ICONS = { quick_reply: IconCornerUpLeft, url: IconExternalLink, phone: IconPhone, copy_code: IconCopy } as const;

/** The values put into what the template says; without that, the values alone. */
export function filled(wording: string, parameters: string[]): string {
  if (wording === '') return parameters.map((value, at) => `{{${at + 1}}} ${value}`).join('\n');
  return wording.replace(/\{\{\s*(\d+)\s*\}\}/g, (whole, place: string) => parameters[Number(place) - 1] ?? whole);
}

/** `written` is the content that the preview was made of: what is only shown stands there. */
export function WhatsAppPreview({ fields, written }: { fields: Fields; written: Content | undefined }) {
  const { t } = useTranslation();
  const template = said(fields, 'template');
  if (!template) return <div className={classes.bubble} dir="auto">{said(fields, 'body')}</div>;
  const parameters = Array.isArray(fields.parameters) ? fields.parameters.map(String) : [];
  const header = fields.header as WhatsAppHeader | null;
  const buttons = (written?.buttons ?? []) as WhatsAppButton[];
  const Icon = header && header.kind !== 'text' ? HEADER_ICONS[header.kind] : null;
  return (
    <Stack gap={4} align="flex-start" className={classes.template} data-whatsapp>
      <div className={classes.bubble}>
        {header?.kind === 'text' && <Text fw={700} size="sm" dir="auto">{header.value}</Text>}
        {Icon && <div className={classes.media}><Icon size={22} stroke={1.5} aria-hidden /><Text size="xs" truncate dir="ltr">{header!.value}</Text></div>}
        <div dir="auto">{filled(written ? said(written, 'wording') : '', parameters)}</div>
        {written && said(written, 'footer') && <Text size="xs" c="dimmed" mt={4} dir="auto">{said(written, 'footer')}</Text>}
      </div>
      {buttons.map((button, at) => {
        const ButtonIcon = BUTTON_ICONS[button.kind];
        return (
          // eslint-disable-next-line react/no-array-index-key
          <div key={at} className={classes.button}><Group gap={6} justify="center" wrap="nowrap"><ButtonIcon size={15} aria-hidden /><span dir="auto">{button.title || t(`whatsapp.kind.${button.kind}`)}</span></Group></div>
        );
      })}
      <Text size="xs" c="dimmed"><bdi>{template}</bdi> · <bdi>{said(fields, 'language')}</bdi></Text>
    </Stack>
  );
}
