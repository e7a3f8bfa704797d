// What Gmail shows of an offer in the list of promotions, before the e-mail is opened.

import { Collapse, Group, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../../../api/session';
import { instantOf, wallTime } from '../../../../lib/zone';
import { TemplateField } from '../TemplateField';

export type Offer = Partial<Record<'description' | 'code' | 'starts_at' | 'ends_at' | 'image' | 'link' | 'logo' | 'headline' | 'price' | 'currency' | 'discount', string>>;

interface Props {
  value: Offer | undefined;
  onChange: (offer: Offer | undefined) => void;
}

export function OfferFields({ value, onChange }: Props) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const offer = value ?? {};
  const set = (name: keyof Offer, text: string) => onChange({ ...offer, [name]: text });
  const line = (name: keyof Offer, placeholder: string, width: string) => (
    <div style={{ flex: width, minWidth: 0 }}>
      <TemplateField kind="line" template label={t(`offer.${name}`)} placeholder={placeholder} value={offer[name] ?? ''} onChange={(text) => set(name, text)} />
    </div>
  );
  const time = (name: 'starts_at' | 'ends_at') => (
    <TextInput type="datetime-local" label={t(`offer.${name}`)} value={shown(offer[name], workspace.zone)} onChange={(event) => set(name, event.currentTarget.value ? instantOf(event.currentTarget.value, workspace.zone) : '')} />
  );
  return (
    <Stack gap="xs" role="group" aria-label={t('offer.title')} data-offer={value !== undefined}>
      <Switch label={t('offer.title')} description={t('offer.lead')} checked={value !== undefined} onChange={(event) => onChange(event.currentTarget.checked ? {} : undefined)} />
      <Collapse expanded={value !== undefined}>
        {value !== undefined && (
          <Stack gap="xs">
            <Group gap="sm" align="flex-end">{line('description', '20 %', '2 1 200px')}{line('code', 'SPRING', '1 1 120px')}</Group>
            <Group gap="sm" align="flex-end">{time('starts_at')}{time('ends_at')}</Group>
            <Text size="xs" c="dimmed">{t('offer.zone', { zone: workspace.zone })}</Text>
            <Group gap="sm" align="flex-end">{line('image', 'https://example.com/offer.png', '1 1 240px')}{line('link', 'https://example.com/', '1 1 240px')}</Group>
            <Group gap="sm" align="flex-end">{line('headline', '', '2 1 200px')}{line('price', '19.90', '1 1 90px')}{line('discount', '5.00', '1 1 90px')}{line('currency', 'EUR', '1 1 90px')}</Group>
            <Group>{line('logo', 'https://example.com/logo.png', '1 1 240px')}</Group>
          </Stack>
        )}
      </Collapse>
    </Stack>
  );
}

/** What is no instant, as a template, has no place in the field. */
function shown(instant: string | undefined, zone: string): string {
  return instant && !Number.isNaN(Date.parse(instant)) ? wallTime(instant, zone) : '';
}
