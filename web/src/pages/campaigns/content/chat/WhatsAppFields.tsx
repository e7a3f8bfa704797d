// A message of WhatsApp: an approved template with the values that fill it, or a text within the time after an
// answer. What the template says is written down here for those who look at the campaign; it is not sent.

import { Button, CloseButton, Fieldset, Group, NativeSelect, SegmentedControl, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Content } from '../../../../api/outreach';
import { TemplateField } from '../TemplateField';

export const HEADERS = ['text', 'image', 'video', 'document'] as const;
export const BUTTONS = ['quick_reply', 'url', 'phone', 'copy_code'] as const;
/** Parameters and buttons of a template: WhatsApp approves no more. */
const PARAMETERS_MAX = 20;
const BUTTONS_MAX = 10;

export interface WhatsAppButton {
  kind: (typeof BUTTONS)[number];
  title?: string;
  value?: string;
}

export interface WhatsAppHeader {
  kind: (typeof HEADERS)[number];
  value: string;
}

interface Props {
  content: Content;
  onChange: (content: Content) => void;
}

const textIn = (content: Content, name: string) => (typeof content[name] === 'string' ? (content[name] as string) : '');

/** Without the fields of the form that is not chosen. */
function as(content: Content, mode: 'template' | 'text'): Content {
  const { template, language, header: _header, parameters: _parameters, buttons: _buttons, wording: _wording, footer: _footer, body, ...rest } = content;
  return (mode === 'text' ? { ...rest, body: body ?? '' } : { ...rest, template: template ?? '', language: language ?? '', body: '' }) as Content;
}

export function WhatsAppFields({ content, onChange }: Props) {
  const { t } = useTranslation();
  const [mode, setMode] = useState<'template' | 'text'>(() => (textIn(content, 'body') !== '' && !content.template ? 'text' : 'template'));
  const set = (name: string, value: unknown) => onChange({ ...content, [name]: value });
  return (
    <Stack gap="md">
      <SegmentedControl
        size="xs"
        style={{ alignSelf: 'flex-start' }}
        aria-label={t('whatsapp.form')}
        value={mode}
        onChange={(next) => {
          setMode(next as typeof mode);
          onChange(as(content, next as typeof mode));
        }}
        data={[{ value: 'template', label: t('content.field.template') }, { value: 'text', label: t('whatsapp.text') }]}
      />
      {mode === 'text' ? (
        <TemplateField kind="text" template required label={t('content.field.body')} description={t('whatsapp.textHint')} value={textIn(content, 'body')} onChange={(body) => set('body', body)} />
      ) : (
        <>
          <Group gap="sm" align="flex-start">
            <TextInput style={{ flex: '2 1 200px' }} label={t('whatsapp.name')} description={t('whatsapp.nameHint')} required dir="ltr" placeholder="order_update" value={textIn(content, 'template')} onChange={(event) => set('template', event.currentTarget.value)} />
            <TextInput style={{ flex: '1 1 120px' }} label={t('content.field.language')} description="en_US" required dir="ltr" value={textIn(content, 'language')} onChange={(event) => set('language', event.currentTarget.value)} />
          </Group>
          <Header value={content.header as WhatsAppHeader | undefined} onChange={(header) => set('header', header)} />
          <Textarea label={t('whatsapp.wording')} description={t('whatsapp.wordingHint')} autosize minRows={3} dir="auto" value={textIn(content, 'wording')} onChange={(event) => set('wording', event.currentTarget.value)} />
          <Parameters value={(content.parameters ?? []) as string[]} onChange={(parameters) => set('parameters', parameters)} />
          <TextInput label={t('whatsapp.footer')} description={t('whatsapp.shownOnly')} dir="auto" value={textIn(content, 'footer')} onChange={(event) => set('footer', event.currentTarget.value)} />
          <Buttons value={(content.buttons ?? []) as WhatsAppButton[]} onChange={(buttons) => set('buttons', buttons)} />
        </>
      )}
    </Stack>
  );
}

function Header({ value, onChange }: { value: WhatsAppHeader | undefined; onChange: (header: WhatsAppHeader | undefined) => void }) {
  const { t } = useTranslation();
  const kind = value?.kind ?? '';
  return (
    <Group gap="sm" align="flex-end">
      <NativeSelect
        w={180}
        label={t('whatsapp.header')}
        value={kind}
        onChange={(event) => {
          const chosen = HEADERS.find((one) => one === event.currentTarget.value);
          onChange(chosen && { kind: chosen, value: value?.value ?? '' });
        }}
        data={[{ value: '', label: t('whatsapp.noHeader') }, ...HEADERS.map((one) => ({ value: one, label: t(`whatsapp.headerKind.${one}`) }))]}
      />
      {value && (
        <div style={{ flex: '1 1 240px', minWidth: 0 }}>
          <TemplateField kind="line" template required label={value.kind === 'text' ? t('whatsapp.headerValue') : t('blocks.address')} placeholder={value.kind === 'text' ? undefined : 'https://example.com/'} value={value.value} onChange={(text) => onChange({ ...value, value: text })} />
        </div>
      )}
    </Group>
  );
}

function Parameters({ value, onChange }: { value: string[]; onChange: (parameters: string[]) => void }) {
  const { t } = useTranslation();
  return (
    <Fieldset legend={t('content.field.parameters')} variant="unstyled">
      <Stack gap="xs">
        {value.map((text, at) => (
          // A value has no identity but its place.
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="xs" wrap="nowrap" align="flex-end">
            <div style={{ flex: 1, minWidth: 0 }}>
              <TemplateField kind="line" template label={`{{${at + 1}}}`} value={text} onChange={(next) => onChange(value.with(at, next))} />
            </div>
            <CloseButton aria-label={t('whatsapp.removeParameter', { place: at + 1 })} onClick={() => onChange(value.toSpliced(at, 1))} />
          </Group>
        ))}
        {value.length < PARAMETERS_MAX && <Button size="compact-xs" variant="light" style={{ alignSelf: 'flex-start' }} leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, ''])}>{t('whatsapp.addParameter')}</Button>}
      </Stack>
    </Fieldset>
  );
}

function Buttons({ value, onChange }: { value: WhatsAppButton[]; onChange: (buttons: WhatsAppButton[]) => void }) {
  const { t } = useTranslation();
  const put = (at: number, part: Partial<WhatsAppButton>) => onChange(value.with(at, { ...value[at]!, ...part }));
  return (
    <Fieldset legend={t('content.field.buttons')} variant="unstyled">
      <Stack gap="sm">
        <Text size="xs" c="dimmed">{t('whatsapp.buttonsHint')}</Text>
        {value.map((button, at) => (
          // Buttons stand in the order of the template.
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="xs" align="flex-end" role="group" aria-label={t('whatsapp.button', { place: at + 1 })}>
            <NativeSelect w={150} label={t('whatsapp.buttonKind')} value={button.kind} onChange={(event) => put(at, { kind: event.currentTarget.value as WhatsAppButton['kind'], value: '' })} data={BUTTONS.map((kind) => ({ value: kind, label: t(`whatsapp.kind.${kind}`) }))} />
            <TextInput style={{ flex: '1 1 130px' }} label={t('content.buttonTitle')} dir="auto" value={button.title ?? ''} onChange={(event) => put(at, { title: event.currentTarget.value })} />
            {button.kind !== 'phone' && (
              <div style={{ flex: '2 1 170px', minWidth: 0 }}>
                <TemplateField kind="line" template label={t(`whatsapp.value.${button.kind}`)} value={button.value ?? ''} onChange={(text) => put(at, { value: text })} />
              </div>
            )}
            <CloseButton aria-label={t('content.removeButton', { title: button.title || at + 1 })} onClick={() => onChange(value.toSpliced(at, 1))} />
          </Group>
        ))}
        {value.length < BUTTONS_MAX && <Button size="compact-xs" variant="light" style={{ alignSelf: 'flex-start' }} leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, { kind: 'quick_reply', title: '' }])}>{t('content.addButton')}</Button>}
      </Stack>
    </Fieldset>
  );
}
