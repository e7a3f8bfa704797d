// What becomes of what is not declared, and of values that are not as declared.

import { Button, Group, Select, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DataPolicy, SchemaPolicies } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { useSetPolicies } from './queries';

const SUBJECTS = ['undefined_events', 'undefined_properties', 'undefined_attributes', 'mistyped'] as const;

/** One choice; without one, what the default says. */
export function PolicyPick({ label, value, onChange, whole = false }: { label: string; value?: DataPolicy; onChange: (value?: DataPolicy) => void; whole?: boolean }) {
  const { t } = useTranslation();
  const choices: DataPolicy[] = whole ? ['allow', 'drop_event'] : ['allow', 'drop_property', 'drop_event'];
  return (
    <Select
      label={label}
      clearable
      clearButtonProps={{ 'aria-label': t('data.byDefault') }}
      placeholder={t('data.byDefault')}
      value={value ?? null}
      onChange={(next) => onChange((next ?? undefined) as DataPolicy | undefined)}
      data={choices.map((choice) => ({ value: choice, label: t(`data.policy.${choice}`) }))}
    />
  );
}

export function PoliciesForm({ policies }: { policies: SchemaPolicies }) {
  const { t } = useTranslation();
  const [wanted, want] = useState(policies);
  const save = useSetPolicies();
  const same = SUBJECTS.every((subject) => (wanted[subject] ?? null) === (policies[subject] ?? null));
  return (
    <Section title={t('data.policies')} lead={t('data.policiesLead')}>
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        {SUBJECTS.map((subject) => (
          <PolicyPick key={subject} label={t(`data.of.${subject}`)} value={wanted[subject]} whole={subject === 'undefined_events'} onChange={(value) => want({ ...wanted, [subject]: value })} />
        ))}
      </SimpleGrid>
      {save.isError && <ErrorPanel error={save.error} />}
      <Group mt="md"><Button disabled={same} loading={save.isPending} onClick={() => save.mutate(wanted)}>{t('data.save')}</Button></Group>
    </Section>
  );
}
