// Segments a person is in, and for any segment the reason why, or why not.

import { Badge, Button, Group, Select, Stack, Text, UnstyledButton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { useSegments } from '../../api/queries';
import type { User } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { ExplanationTree } from '../../components/ExplanationTree';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useParam } from '../../lib/params';

function Why({ user, segment }: { user: string; segment: string }) {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const query = useQuery({
    queryKey: ['explain', user, segment, asOf.chosen],
    queryFn: () => body(client.POST('/api/segments/explain', { body: { segment, user, as_of: asOf.chosen } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Query query={query} height={60}>
      {(explanation) => (
        <Stack gap="sm">
          <Group justify="space-between">
            <Badge color={explanation.holds ? 'teal' : 'gray'} variant="light" tt="none">
              {explanation.holds ? t('explain.in') : t('explain.out')}
            </Badge>
            <AppLink to={`/segments/${encodeURIComponent(segment)}`} size="sm">{t('explain.open')}</AppLink>
          </Group>
          <ExplanationTree node={explanation.tree} />
        </Stack>
      )}
    </Query>
  );
}

export function PersonSegments({ user }: { user: User }) {
  const { t } = useTranslation();
  const segments = useSegments();
  const [asked, ask] = useParam('why', null, '');
  return (
    <Section title={t('person.segments')} lead={t('person.segmentsLead')}>
      <Stack gap="md">
        {user.segments.length === 0 ? (
          <Text size="sm" c="dimmed">{t('person.noSegments')}</Text>
        ) : (
          <Group gap="xs">
            {user.segments.map((segment) => (
              <UnstyledButton key={segment.id} onClick={() => ask(segment.id)} aria-pressed={asked === segment.id}>
                <Badge size="lg" tt="none" fw={550} variant={asked === segment.id ? 'filled' : 'light'} style={{ cursor: 'pointer' }}>{segment.name}</Badge>
              </UnstyledButton>
            ))}
          </Group>
        )}
        <Group gap="xs" align="flex-end">
          <Select
            style={{ flex: '0 1 320px' }}
            searchable
            label={t('explain.ask')}
            placeholder={t('explain.choose')}
            value={asked || null}
            onChange={(value) => ask(value ?? '')}
            data={(segments.data?.segments ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            nothingFoundMessage={t('people.noSegment')}
          />
          {asked && <Button variant="subtle" color="gray" onClick={() => ask('')}>{t('common.close')}</Button>}
        </Group>
        {asked && <Why user={user.id} segment={asked} />}
      </Stack>
    </Section>
  );
}
