// A provider to make or to change.

import { Button, Collapse, Group, Modal, NativeSelect, NumberInput, PasswordInput, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { outreach, type Provider, type ProviderKind, type ProviderSettings } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { fieldOf, KIND_NAMES, KINDS, type SettingSpec, settingsOf, withField } from './providerKinds';

const IN_DOUBT = ['never_twice', 'never_lost'] as const;
const CONCURRENCY = 16;

interface Props {
  provider?: Provider;
  onClose: () => void;
}

export function ProviderForm({ provider, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(provider?.name ?? '');
  const [settings, setSettings] = useState<ProviderSettings>(provider?.settings ?? { kind: 'smtp' });
  const [perSecond, setPerSecond] = useState<number | ''>(provider?.per_second ?? '');
  const [concurrency, setConcurrency] = useState<number | ''>(provider?.concurrency ?? '');
  const [inDoubt, setInDoubt] = useState<(typeof IN_DOUBT)[number]>(provider?.in_doubt ?? 'never_twice');
  const [more, setMore] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const input = {
        name,
        settings: settingsOf(settings),
        in_doubt: inDoubt,
        ...(perSecond !== '' && { per_second: perSecond }),
        ...(concurrency !== '' && { concurrency }),
      };
      return provider ? outreach.updateProvider(provider.id, input) : outreach.createProvider(input);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['providers'] });
      onClose();
    },
  });
  const specs = KINDS[settings.kind];
  const set = (field: string, value: unknown) => setSettings((old) => withField(old, field, value));
  const show = (spec: SettingSpec) => <Setting key={spec.name} spec={spec} value={fieldOf(settings, spec.name)} set={set} known={provider?.secrets.includes(spec.name) ?? false} />;
  return (
    <Modal opened onClose={onClose} size="lg" title={provider ? t('providers.edit', { name: provider.name }) : t('providers.new')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm">
          <NativeSelect
            label={t('providers.kind')}
            disabled={provider !== undefined}
            value={settings.kind}
            onChange={(event) => setSettings({ kind: event.currentTarget.value as ProviderKind })}
            data={KIND_NAMES.map((kind) => ({ value: kind, label: t(`providers.kinds.${kind}`) }))}
          />
          <TextInput label={t('providers.name')} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          {specs.filter(({ rare }) => !rare).map(show)}
          <Button variant="subtle" color="gray" size="compact-sm" style={{ alignSelf: 'flex-start' }} aria-expanded={more} onClick={() => setMore(!more)}>{more ? t('content.fewer') : t('content.moreFields')}</Button>
          <Collapse expanded={more}>
            {more && (
              <Stack gap="sm">
                {specs.filter(({ rare }) => rare).map(show)}
                <Group gap="sm" align="flex-end">
                  <NumberInput w={170} label={t('providers.perSecond')} min={1} allowDecimal={false} placeholder={t('delivery.unlimited')} value={perSecond} onChange={(value) => setPerSecond(typeof value === 'number' ? value : '')} />
                  <NumberInput w={170} label={t('providers.concurrency')} min={1} max={1000} allowDecimal={false} placeholder={String(CONCURRENCY)} value={concurrency} onChange={(value) => setConcurrency(typeof value === 'number' ? value : '')} />
                </Group>
                <NativeSelect label={t('providers.inDoubt')} value={inDoubt} onChange={(event) => setInDoubt(event.currentTarget.value as typeof inDoubt)} data={IN_DOUBT.map((value) => ({ value, label: t(`providers.inDoubtKind.${value}`) }))} />
              </Stack>
            )}
          </Collapse>
          {save.isError && <ErrorPanel error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
            <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>{provider ? t('providers.save') : t('providers.make')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface SettingProps {
  spec: SettingSpec;
  value: unknown;
  set: (name: string, value: unknown) => void;
  /** A secret of this name is set. */
  known: boolean;
}

function Setting({ spec, value, set, known }: SettingProps) {
  const { t } = useTranslation();
  const { name, kind } = spec;
  const [group, inner] = name.split('.');
  const label = inner === undefined ? t(`providers.field.${group}`) : t(`providers.field.${group}.${inner}`);
  const text = typeof value === 'string' ? value : '';
  const shared = { label, required: spec.required ?? false, dir: 'ltr' as const };
  const write = (event: { currentTarget: { value: string } }) => set(name, event.currentTarget.value);
  switch (kind) {
    case 'secret':
      return <PasswordInput {...shared} autoComplete="new-password" placeholder={known ? t('providers.secretSet') : ''} value={text} onChange={write} visibilityToggleButtonProps={{ 'aria-label': t('providers.show', { label }) }} />;
    case 'long_secret':
      return <Textarea {...shared} autosize minRows={3} maxRows={8} placeholder={known ? t('providers.secretSet') : ''} value={text} onChange={write} spellCheck={false} />;
    case 'number':
      return <NumberInput {...shared} min={1} max={65535} allowDecimal={false} placeholder={spec.placeholder ?? ''} value={typeof value === 'number' ? value : ''} onChange={(next) => set(name, typeof next === 'number' ? next : undefined)} />;
    case 'small':
      return <NumberInput {...shared} min={0} max={18} allowDecimal={false} placeholder={spec.placeholder ?? ''} value={typeof value === 'number' ? value : ''} onChange={(next) => set(name, typeof next === 'number' ? next : undefined)} />;
    case 'switch':
      return <Switch label={label} description={t(`providers.hint.${name}`)} checked={value === true} onChange={(event) => set(name, event.currentTarget.checked)} />;
    case 'choice':
      return <NativeSelect label={label} value={text || spec.choices?.[0]} onChange={write} data={(spec.choices ?? []).map((choice) => ({ value: choice, label: name === 'method' ? choice : t(`providers.${name}.${choice}`) }))} />;
    case 'lines':
      return <Textarea {...shared} description={t('content.onePerLine')} autosize minRows={2} placeholder={spec.placeholder ?? ''} value={Array.isArray(value) ? value.join('\n') : ''} onChange={(event) => set(name, event.currentTarget.value === '' ? [] : event.currentTarget.value.split('\n'))} />;
    case 'text':
      return <Textarea {...shared} autosize minRows={2} placeholder={spec.placeholder ?? ''} value={text} onChange={write} />;
    default:
      return <TextInput {...shared} placeholder={spec.placeholder ?? ''} value={text} onChange={write} />;
  }
}
