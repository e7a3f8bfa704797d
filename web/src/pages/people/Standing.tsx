// Where a person stands now: lifecycle state and RFM scores.

import { Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { User } from '../../api/types';
import { CountLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { Facts } from './Facts';

function Score({ label, value }: { label: string; value: number }) {
  const format = useFormat();
  return (
    <Stack gap={4} style={{ flex: 1 }}>
      <Text size="xs" c="dimmed">{label}</Text>
      <Group gap={3} wrap="nowrap" role="img" aria-label={`${label}: ${format.count(value)}`}>
        {[1, 2, 3, 4, 5].map((step) => (
          <span key={step} style={{ height: 6, flex: 1, borderRadius: 3, background: step <= value ? 'var(--mantine-primary-color-filled)' : 'var(--hairline)' }} />
        ))}
      </Group>
    </Stack>
  );
}

export function Standing({ user }: { user: User }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { state, rfm } = user;
  return (
    <Section title={t('person.standing')}>
      <Stack gap="md">
        <div>
          {state ? <CountLink filter={{ state: state.key }}><StateBadge of={state} fw={650} /></CountLink> : <Text size="sm">{t('states.none')}</Text>}
          {state?.since && <Text size="xs" c="dimmed" mt={2}>{t('person.since')} <When at={state.since} /></Text>}
        </div>
        {rfm ? (
          <>
            <CountLink filter={{ definition: { type: 'rfm', is: [rfm.group] } }}>
              <StateBadge of={{ key: rfm.group, name: rfm.group_name }} kind="group" fw={650} />
            </CountLink>
            <Group gap="sm" wrap="nowrap">
              <Score label={t('rfm.recency')} value={rfm.r} />
              <Score label={t('rfm.frequency')} value={rfm.f} />
              <Score label={t('rfm.monetary')} value={rfm.m} />
            </Group>
            <Facts
              label={t('rfm.title')}
              rows={[
                [t('person.score'), format.count(rfm.score)],
                [t('person.lastOrder'), <When key="last" at={rfm.last_at} dateOnly />],
                [t('rfm.orders'), format.count(rfm.frequency)],
                [t('rfm.revenue'), format.amount(rfm.monetary)],
              ]}
            />
          </>
        ) : <Text size="sm" c="dimmed">{t('person.noRfm')}</Text>}
      </Stack>
    </Section>
  );
}
