// The persons that a user is made of, what is claimed, and what joins or separates them.

import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { IdentityGraph, IdentityName, IdentityPerson } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useIdentity } from './identityQueries';
import { MergeForm } from './MergeForm';
import { SeparateDialog } from './SeparateDialog';

export const shownIdentity = ({ label, value }: IdentityName) => `${label}: ${value}`;

/** How far a person is indented under the one it was joined to. */
function depth(persons: IdentityPerson[], place: number): number {
  const into = persons[place]?.merged_into;
  return into == null ? 0 : 1 + depth(persons, into);
}

function Ids({ label, ids, dimmed = false }: { label?: string; ids: string[]; dimmed?: boolean }) {
  if (ids.length === 0) return null;
  return (
    <Group gap={6}>
      {label && <Text size="xs" c="dimmed">{label}</Text>}
      {ids.map((id) => <Badge key={id} variant="default" tt="none" fw={500} maw="100%" c={dimmed ? 'dimmed' : undefined}>{id}</Badge>)}
    </Group>
  );
}

function Person({ graph, place, onSeparate }: { graph: IdentityGraph; place: number; onSeparate: (id: string) => void }) {
  const { t } = useTranslation();
  const person = graph.persons[place];
  if (!person) return null;
  const { id } = person;
  const joined = person.merged_into != null;
  return (
    <Stack component="li" gap={6} py={8} ps={depth(graph.persons, place) * 16} style={{ listStyle: 'none', borderTop: '1px solid var(--hairline)' }}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="xs" fw={600}>{joined ? t('identity.joined') : t('identity.own')}</Text>
        {joined && id && (
          <Button size="compact-xs" variant="default" aria-label={`${t('identity.separate')}: ${id}`} onClick={() => onSeparate(id)}>{t('identity.separate')}</Button>
        )}
      </Group>
      <Ids ids={[...person.user_ids, ...person.identities.map(shownIdentity), ...person.anonymous_ids]} />
      <Ids label={t('identity.movedOn')} ids={person.moved_on} dimmed />
      {person.apart && <Text size="xs" c="dimmed">{t('identity.apart')}</Text>}
    </Stack>
  );
}

export function IdentityGraphView({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useIdentity(id);
  const [separating, setSeparating] = useState<string | null>(null);
  return (
    <Section title={t('identity.graph')} lead={t('identity.graphLead')}>
      <Query query={query} height={120}>
        {(graph) => (
          <Stack gap="md">
            <Stack component="ul" gap={0} m={0} p={0}>
              {graph.persons.map((person, place) => <Person key={`${place} ${person.id}`} graph={graph} place={place} onSeparate={setSeparating} />)}
            </Stack>
            {graph.claims.length > 0 && (
              <div>
                <Text size="xs" fw={600} mb={4}>{t('identity.claims')}</Text>
                {graph.claims.map(({ identity, owner }) => (
                  <Text key={shownIdentity(identity)} size="sm">
                    <AppLink to={`/people/${encodeURIComponent(owner)}`}>{t('identity.claim', { identity: shownIdentity(identity), owner })}</AppLink>
                  </Text>
                ))}
              </div>
            )}
            <MergeForm graph={graph} />
            {separating !== null && <SeparateDialog id={graph.id} person={separating} onClose={() => setSeparating(null)} />}
          </Stack>
        )}
      </Query>
    </Section>
  );
}
