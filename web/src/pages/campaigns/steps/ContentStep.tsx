// What is said: the channel, variants, and each language.

import { Autocomplete, Button, Grid, Group, NativeSelect, Stack, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CHANNELS, type Channel, type Content, useProviders, type Variant } from '../../../api/outreach';
import { AppLink } from '../../../components/AppLink';
import { Section } from '../../../components/Page';
import { useOutreachNames } from '../../../lib/outreach';
import { useParam } from '../../../lib/params';
import { ContentFields } from '../content/ContentFields';
import { TriggerEvent } from '../content/Personalise';
import { PreviewPane } from '../content/PreviewPane';
import { rightToLeft } from '../content/direction';
import { inDirection } from '../content/email/blocks';
import { TestSend } from '../TestSend';
import { DEFAULT_LOCALE, eventName, onChannel } from '../draft';
import type { StepProps } from './step';
import { VariantsSection } from './VariantsSection';

const LOCALES = ['en', 'tr', 'ar', 'id', 'de', 'fr', 'es', 'pt-BR', 'it', 'nl', 'pl', 'ru', 'ja', 'ko', 'zh', 'hi', 'fa', 'he'];

export default function ContentStep({ draft, change, started, saved, unsaved }: StepProps) {
  const { t } = useTranslation();
  const event = draft.trigger.kind === 'event' ? eventName(draft.trigger.event) : '';
  const [wanted, setVariant] = useParam('variant', draft.variants.map(({ id }) => id), draft.variants[0]?.id ?? 'a');
  const variant = draft.variants.find(({ id }) => id === wanted) ?? draft.variants[0];
  const [locale, setLocale] = useParam('locale', variant ? Object.keys(variant.content) : null, DEFAULT_LOCALE);
  const put = (next: Variant) => change({ variants: draft.variants.map((one) => (one.id === next.id ? next : one)) });
  if (!variant) return null;
  const content = variant.content[locale];
  return (
    <TriggerEvent.Provider value={event}>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Stack gap="lg">
            <ChannelSection draft={draft} change={change} started={started} />
            <VariantsSection draft={draft} change={change} started={started} chosen={variant.id} onChoose={setVariant} />
            <MessageSection variant={variant} locale={locale} onLocale={setLocale} onChange={put}>
              {content && <ContentFields key={`${variant.id} ${locale} ${content.kind}`} content={content} locale={locale} onChange={(next) => put({ ...variant, content: { ...variant.content, [locale]: next } })} />}
            </MessageSection>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="lg">
            <PreviewPane channel={draft.channel} content={variant.content} locale={locale} />
            {saved && !unsaved ? <TestSend campaign={saved} variant={variant.id} /> : <Section title={t('test.title')} lead={t('test.saveFirst')}>{null}</Section>}
          </Stack>
        </Grid.Col>
      </Grid>
    </TriggerEvent.Provider>
  );
}

function ChannelSection({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const providers = useProviders();
  const own = (providers.data?.providers ?? []).filter(({ channel }) => channel === draft.channel);
  const pulled = draft.channel === 'in_app' || draft.channel === 'on_site' || draft.channel === 'inbox';
  return (
    <Section title={t('content.channel')}>
      <Group gap="md" align="flex-end">
        <NativeSelect
          w={200}
          label={t('content.channel')}
          disabled={started}
          value={draft.channel}
          onChange={(event) => change(onChannel(draft, event.currentTarget.value as Channel))}
          data={CHANNELS.map((channel) => ({ value: channel, label: names.channel(channel) }))}
        />
        {!pulled && own.length > 0 && (
          <NativeSelect
            w={220}
            label={t('content.provider')}
            value={draft.provider ?? ''}
            onChange={(event) => change({ provider: event.currentTarget.value || undefined })}
            data={[{ value: '', label: t('content.oldest', { name: own[0]?.name }) }, ...own.map(({ id, name }) => ({ value: id, label: name }))]}
          />
        )}
        {!pulled && providers.data && own.length === 0 && (
          <Text size="sm">{t('content.noProvider')} <AppLink to="/settings?tab=channels" size="sm" underline="always">{t('content.makeProvider')}</AppLink></Text>
        )}
      </Group>
    </Section>
  );
}

interface MessageProps {
  variant: Variant;
  locale: string;
  onLocale: (locale: string) => void;
  onChange: (variant: Variant) => void;
  children: React.ReactNode;
}

export function MessageSection({ variant, locale, onLocale, onChange, children }: MessageProps) {
  const { t, i18n } = useTranslation();
  const [adding, setAdding] = useState('');
  const locales = Object.keys(variant.content);
  const display = new Intl.DisplayNames(i18n.language, { type: 'language' });
  const name = (code: string) => {
    if (code === DEFAULT_LOCALE) return t('content.allOthers');
    try {
      return display.of(code) ?? code;
    } catch {
      return code;
    }
  };
  const wellFormed = /^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/.test(adding.trim()) && !locales.includes(adding.trim());
  const add = () => {
    const code = adding.trim();
    const from = variant.content[locale] ?? variant.content[DEFAULT_LOCALE];
    const own = structuredClone(from) as Content;
    // Blocks stand on the side where the language begins.
    if (own.kind === 'email' && own.form === 'mjml' && typeof own.body === 'string') own.body = inDirection(own.body, rightToLeft(code));
    onChange({ ...variant, content: { ...variant.content, [code]: own } });
    setAdding('');
    onLocale(code);
  };
  const remove = () => {
    const { [locale]: _gone, ...content } = variant.content;
    onLocale(DEFAULT_LOCALE);
    onChange({ ...variant, content });
  };
  return (
    <Section title={t('content.message')} lead={t('content.localesLead')}>
      <Stack gap="md">
        <Tabs value={locale} onChange={(next) => next && onLocale(next)}>
          <Tabs.List aria-label={t('content.languages')}>
            {locales.map((code) => <Tabs.Tab key={code} value={code} aria-controls={undefined}>{name(code)}</Tabs.Tab>)}
          </Tabs.List>
        </Tabs>
        <Group gap="xs">
          <Autocomplete size="xs" w={150} aria-label={t('content.language')} placeholder={t('content.language')} value={adding} onChange={setAdding} data={LOCALES.filter((code) => !locales.includes(code)).map((code) => code)} limit={20} />
          <Button size="compact-sm" variant="light" disabled={!wellFormed} onClick={add}>{t('content.addLanguage')}</Button>
          {locale !== DEFAULT_LOCALE && <Button size="compact-sm" variant="subtle" color="gray" onClick={remove}>{t('content.removeLanguage', { name: name(locale) })}</Button>}
        </Group>
        {children}
      </Stack>
    </Section>
  );
}
