// A message as the person would see it, in the clothes of its channel.

import { Badge, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Channel, Content, MessagePreview } from '../../../api/outreach';
import { SmsPreview, WhatsAppPreview } from './chat/ChatPreview';
import { EmailPreview } from './email/EmailPreview';
import { PushPreview } from './push/PushPreview';
import { PopupPreview } from './PopupPreview';
import classes from './Rendered.module.css';

interface Props {
  channel: Channel;
  preview: MessagePreview;
  /** What the preview was made of, by language: some fields are shown and not sent. */
  content: Record<string, Content>;
}

type Fields = Record<string, unknown>;

const said = (fields: Fields, name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');

export function Rendered({ channel, preview, content }: Props) {
  const fields = preview.rendered;
  if (!fields) return null;
  const written = content[preview.content];
  const direction = preview.right_to_left ? 'rtl' : 'ltr';
  return (
    <div dir={direction} lang={preview.locale} data-rendered={channel}>
      {channel === 'email' ? <EmailPreview fields={fields} direction={direction} />
        : channel === 'sms' ? <SmsPreview fields={fields} sms={preview.sms} />
        : channel === 'whatsapp' ? <WhatsAppPreview fields={fields} written={written} />
        : channel === 'push' || channel === 'web_push' ? <PushPreview fields={fields} written={written} browser={channel === 'web_push'} />
        : channel === 'webhook' ? <Request fields={fields} />
        : channel === 'in_app' || channel === 'on_site' ? <PopupPreview fields={fields} />
        : <Notice fields={fields} />}
    </div>
  );
}

function Notice({ fields }: { fields: Fields }) {
  const buttons = Array.isArray(fields.buttons) ? (fields.buttons as { title: string }[]) : [];
  return (
    <div className={classes.card}>
      <Text fw={650} size="sm" dir="auto">{said(fields, 'title')}</Text>
      <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap' }}>{said(fields, 'body')}</Text>
      {(['link', 'image'] as const).map((name) => said(fields, name) && <Text key={name} size="xs" c="dimmed" mt={4}><bdi>{said(fields, name)}</bdi></Text>)}
      {buttons.length > 0 && <Group gap="xs" mt="xs">{buttons.map((button) => <Badge key={button.title} variant="default" tt="none">{button.title}</Badge>)}</Group>}
    </div>
  );
}

function Request({ fields }: { fields: Fields }) {
  const { t } = useTranslation();
  return <pre className="definition" style={{ margin: 0 }}>{`${said(fields, 'method')} ${said(fields, 'url')}\n\n${said(fields, 'body') || t('content.wholeMessage')}`}</pre>;
}
