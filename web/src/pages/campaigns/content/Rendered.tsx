// A message as the person would see it, in the clothes of its channel. E-mails stand in a frame that runs
// nothing, opens nothing and sends nothing.

import { Badge, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Channel, MessagePreview } from '../../../api/outreach';
import { PopupPreview } from './PopupPreview';
import classes from './Rendered.module.css';

interface Props {
  channel: Channel;
  preview: MessagePreview;
  width: 'desktop' | 'phone';
}

type Fields = Record<string, unknown>;

const said = (fields: Fields, name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : '');

export function Rendered({ channel, preview, width }: Props) {
  const fields = preview.rendered;
  if (!fields) return null;
  const direction = preview.right_to_left ? 'rtl' : 'ltr';
  return (
    <div dir={direction} lang={preview.locale} data-rendered={channel}>
      {channel === 'email' ? <Email fields={fields} phone={width === 'phone'} direction={direction} />
        : channel === 'sms' || channel === 'whatsapp' ? <Chat fields={fields} parts={preview.sms_parts} />
        : channel === 'webhook' ? <Request fields={fields} />
        : channel === 'in_app' || channel === 'on_site' ? <PopupPreview fields={fields} />
        : <Notice fields={fields} />}
    </div>
  );
}

/** A page whose direction is that of the message, if it says nothing of its own. */
function pageOf(fields: Fields, direction: string): string {
  const html = said(fields, 'html');
  if (!html) {
    const escaped = said(fields, 'text').replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    return `<!doctype html><html dir="${direction}"><body><pre style="white-space:pre-wrap;font:14px/1.5 system-ui">${escaped}</pre></body></html>`;
  }
  return /<html[\s>]/i.test(html) ? html : `<!doctype html><html dir="${direction}"><body style="font-family:system-ui,sans-serif">${html}</body></html>`;
}

function Email({ fields, phone, direction }: { fields: Fields; phone: boolean; direction: string }) {
  const { t } = useTranslation();
  const from = [said(fields, 'from_name'), said(fields, 'from')].filter(Boolean).join(' · ');
  return (
    <div className={`${classes.frame} ${phone ? classes.phone : ''}`} data-width={phone ? 'phone' : 'desktop'}>
      <div className={classes.head}>
        <Text fw={600} size="sm" dir="auto" data-subject>{said(fields, 'subject')}</Text>
        {from && <Text size="xs" c="dimmed" dir="auto">{from}</Text>}
      </div>
      <iframe className={classes.page} title={t('content.previewFrame')} sandbox="" referrerPolicy="no-referrer" srcDoc={pageOf(fields, direction)} />
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

function Chat({ fields, parts }: { fields: Fields; parts: number | null }) {
  const { t } = useTranslation();
  const template = said(fields, 'template');
  const parameters = Array.isArray(fields.parameters) ? fields.parameters.map(String) : [];
  return (
    <Stack gap={6} align="flex-start">
      <div className={classes.bubble} dir="auto">
        {template ? `${template} (${said(fields, 'language')})\n${parameters.map((value, at) => `{{${at + 1}}} ${value}`).join('\n')}` : said(fields, 'body')}
      </div>
      {parts !== null && <Text size="xs" c="dimmed">{t('content.parts', { parts })}</Text>}
    </Stack>
  );
}

function Request({ fields }: { fields: Fields }) {
  const { t } = useTranslation();
  return <pre className="definition" style={{ margin: 0 }}>{`${said(fields, 'method')} ${said(fields, 'url')}\n\n${said(fields, 'body') || t('content.wholeMessage')}`}</pre>;
}
