// The lifecycle of one person as a strip of coloured spans, and the same as a list.

import { Box, Button, Group, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { useLifecycle } from '../../api/queries';
import type { User } from '../../api/types';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { useAsOf } from '../../lib/asOf';
import { stateColour } from '../../lib/colours';
import { useFormat } from '../../lib/format';
import { type Span, spansOf } from '../../lib/history';
import { useNames } from '../../lib/names';

function Strip({ spans }: { spans: Span[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames();
  const lifecycle = useLifecycle();
  const [listed, { toggle }] = useDisclosure(false);
  const keyOf = (state: string | null) =>
    lifecycle.data?.states.find(({ key }) => key === state) ?? { key: state ?? 'none', name: state ?? 'none' };
  const days = (span: Span) => Math.round((Date.parse(span.to) - Date.parse(span.from)) / 86_400_000);
  const seen = [...new Set(spans.map((span) => span.state))];
  return (
    <>
      <Group gap={2} wrap="nowrap" h={28} role="img" aria-label={t('person.history')} style={{ borderRadius: 6, overflow: 'hidden' }}>
        {spans.map((span) => (
          <Box
            key={span.from}
            h="100%"
            title={`${names.state(keyOf(span.state))} · ${format.date(span.from)} – ${format.date(span.to)}`}
            style={{ flex: `${Math.max(span.share, 0.004)} 0 0`, background: stateColour(span.state ?? 'none') }}
          />
        ))}
      </Group>
      <Group justify="space-between" mt={6}>
        <Text size="xs" c="dimmed"><When at={spans[0]!.from} dateOnly /></Text>
        <Text size="xs" c="dimmed"><When at={spans.at(-1)!.to} dateOnly /></Text>
      </Group>
      <Group gap="md" mt="xs">{seen.map((state) => <StateBadge key={state ?? 'none'} of={keyOf(state)} />)}</Group>
      <Button variant="subtle" color="gray" size="compact-xs" fw={500} c="dimmed" mt={8} onClick={toggle} aria-expanded={listed}>
        {listed ? t('person.hideChanges') : t('person.showChanges', { count: spans.length, shown: format.count(spans.length) })}
      </Button>
      {listed && (
        <Table verticalSpacing={4} mt="xs" aria-label={t('person.history')}>
          <Table.Tbody>
            {spans.toReversed().map((span) => (
              <Table.Tr key={span.from}>
                <Table.Td><StateBadge of={keyOf(span.state)} /></Table.Td>
                <Table.Td><When at={span.from} /></Table.Td>
                <Table.Td ta="end" className="numbers">{t('common.days', { count: days(span) })}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}

export function StateHistory({ user }: { user: User }) {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const query = useQuery({
    queryKey: ['user-states', user.id, asOf.chosen],
    queryFn: () => body(client.GET('/api/users/{id}/states', { params: { path: { id: user.id }, query: { as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Section title={t('person.history')}>
      <Query query={query} height={40}>
        {({ changes }) => {
          const spans = spansOf(changes, asOf.live ? new Date().toISOString() : asOf.effective);
          return spans.length > 0 ? <Strip spans={spans} /> : <Text size="sm" c="dimmed">{t('person.noHistory')}</Text>;
        }}
      </Query>
    </Section>
  );
}
