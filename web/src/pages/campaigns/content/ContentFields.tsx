// The fields of one message, as its channel has them.

import { Button, CloseButton, Collapse, Fieldset, Group, NativeSelect, NumberInput, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Content } from '../../../api/outreach';
import { WhatsAppFields } from './chat/WhatsAppFields';
import { rightToLeft } from './direction';
import { EmailBody } from './email/EmailBody';
import { type Offer, OfferFields } from './email/OfferFields';
import { FIELDS, type FieldSpec } from './fields';
import { PopupLimits, PopupWhen } from './PopupRules';
import { TemplateField } from './TemplateField';

interface Button {
  id: string;
  title: string;
  link?: string;
}

interface Props {
  content: Content;
  /** The language that it is written in, or `default`. */
  locale: string;
  onChange: (content: Content) => void;
}

export function ContentFields({ content, locale, onChange }: Props) {
  const { t } = useTranslation();
  const fields = FIELDS[content.kind];
  const rare = fields.filter((field) => field.rare);
  const said = (field: FieldSpec) => {
    const value = content[field.name];
    return value !== undefined && value !== '' && value !== null;
  };
  const [open, setOpen] = useState(() => rare.some(said));
  const set = (name: string, value: unknown) => onChange({ ...content, [name]: value });
  const show = (field: FieldSpec) => <OneField key={field.name} field={field} content={content} locale={locale} set={set} onChange={onChange} />;
  return (
    <Stack gap="md">
      {fields.filter((field) => !field.rare).map(show)}
      {rare.length > 0 && (
        <>
          <Button variant="subtle" color="gray" size="compact-sm" style={{ alignSelf: 'flex-start' }} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t('content.fewer') : t('content.moreFields')}
          </Button>
          <Collapse expanded={open}>{open && <Stack gap="md">{rare.map(show)}</Stack>}</Collapse>
        </>
      )}
    </Stack>
  );
}

interface OneProps extends Props {
  field: FieldSpec;
  set: (name: string, value: unknown) => void;
}

function OneField({ field, content, locale, set, onChange }: OneProps) {
  const { t } = useTranslation();
  const { name, kind } = field;
  const label = t(`content.field.${name}`);
  const value = content[name];
  const text = typeof value === 'string' ? value : '';
  switch (kind) {
    case 'line':
    case 'text':
      return <TemplateField label={label} kind={kind} value={text} onChange={(next) => set(name, next)} template={field.template ?? false} required={field.required} placeholder={field.placeholder} />;
    case 'source':
      return <SourceField field={field} label={label} text={text} content={content} set={set} />;
    case 'choice':
      return (
        <NativeSelect
          w={240}
          label={label}
          value={text || field.choices?.[0]}
          onChange={(event) => set(name, event.currentTarget.value)}
          data={(field.choices ?? []).map((choice) => ({ value: choice, label: name === 'method' ? choice : t(`content.layout.${choice}`) }))}
        />
      );
    case 'number':
      return <NumberInput w={240} label={label} min={0} allowDecimal={false} value={typeof value === 'number' ? value : ''} onChange={(next) => set(name, typeof next === 'number' ? next : undefined)} />;
    case 'switch':
      return <Switch label={label} checked={value === true} onChange={(event) => set(name, event.currentTarget.checked)} />;
    case 'email_body':
      return <EmailBody content={content} onChange={onChange} rightToLeft={rightToLeft(locale)} />;
    case 'offer':
      return <OfferFields value={value as Offer | undefined} onChange={(offer) => set(name, offer)} />;
    case 'whatsapp':
      return <WhatsAppFields content={content} onChange={onChange} />;
    case 'lines':
      return (
        <Textarea
          label={label}
          description={t('content.onePerLine')}
          autosize
          minRows={2}
          dir="auto"
          value={Array.isArray(value) ? value.join('\n') : ''}
          onChange={(event) => set(name, event.currentTarget.value === '' ? [] : event.currentTarget.value.split('\n'))}
        />
      );
    case 'when':
      return <PopupWhen value={value} onChange={(next) => set(name, next)} />;
    case 'limits':
      return <PopupLimits value={value} onChange={(next) => set(name, next)} />;
    case 'pairs':
      return <Pairs label={label} value={(value ?? {}) as Record<string, string>} onChange={(next) => set(name, next)} />;
    case 'buttons':
      return <Buttons label={label} most={field.most ?? 1} value={(value ?? []) as Button[]} onChange={(next) => set(name, next)} />;
    default:
      return null;
  }
}

function SourceField({ field, label, text, content, set }: Omit<OneProps, 'locale' | 'onChange'> & { label: string; text: string }) {
  const { t } = useTranslation();
  return <TemplateField label={label} kind="source" value={text} onChange={(next) => set(field.name, next)} template required={field.required} description={field.name === 'body' && content.kind === 'webhook' ? t('content.webhookBody') : undefined} />;
}

interface PairsProps {
  label: string;
  value: Record<string, string>;
  onChange: (value: Record<string, string>) => void;
}

function Pairs({ label, value, onChange }: PairsProps) {
  const { t } = useTranslation();
  // Rows keep their place while a name is being written, even if two are the same for a moment.
  const [rows, setRows] = useState(() => Object.entries(value));
  const put = (next: [string, string][]) => {
    setRows(next);
    onChange(Object.fromEntries(next.filter(([name]) => name !== '')));
  };
  return (
    <Fieldset legend={label} variant="unstyled">
      <Stack gap="xs">
        {rows.map(([name, text], at) => (
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="xs" wrap="nowrap">
            <TextInput size="xs" style={{ flex: 1 }} aria-label={t('content.pairName')} placeholder={t('content.pairName')} value={name} onChange={(event) => put(rows.map((row, i) => (i === at ? [event.currentTarget.value, row[1]] : row)))} />
            <TextInput size="xs" style={{ flex: 2 }} aria-label={t('content.pairValue')} placeholder={t('content.pairValue')} value={text} onChange={(event) => put(rows.map((row, i) => (i === at ? [row[0], event.currentTarget.value] : row)))} />
            <CloseButton size="sm" aria-label={t('content.removePair')} onClick={() => put(rows.filter((_, i) => i !== at))} />
          </Group>
        ))}
        <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => put([...rows, ['', '']])}>{t('content.addPair')}</Button>
      </Stack>
    </Fieldset>
  );
}

interface ButtonsProps {
  label: string;
  most: number;
  value: Button[];
  onChange: (value: Button[]) => void;
}

function Buttons({ label, most, value, onChange }: ButtonsProps) {
  const { t } = useTranslation();
  const put = (at: number, part: Partial<Button>) => onChange(value.map((button, i) => (i === at ? { ...button, ...part } : button)));
  const add = () => onChange([...value, { id: `button_${value.length + 1}`, title: '' }]);
  return (
    <Fieldset legend={label} variant="unstyled">
      <Stack gap="xs">
        {value.map((button, at) => (
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="xs" align="flex-end">
            <TextInput size="xs" w={120} label={t('content.buttonId')} value={button.id} onChange={(event) => put(at, { id: event.currentTarget.value })} />
            <TextInput size="xs" style={{ flex: '1 1 130px' }} label={t('content.buttonTitle')} dir="auto" value={button.title} onChange={(event) => put(at, { title: event.currentTarget.value })} />
            <TextInput size="xs" style={{ flex: '2 1 160px' }} label={t('content.buttonLink')} value={button.link ?? ''} onChange={(event) => put(at, { link: event.currentTarget.value })} />
            <CloseButton size="sm" aria-label={t('content.removeButton', { title: button.title || button.id })} onClick={() => onChange(value.filter((_, i) => i !== at))} />
          </Group>
        ))}
        {value.length < most && <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={add}>{t('content.addButton')}</Button>}
      </Stack>
    </Fieldset>
  );
}
