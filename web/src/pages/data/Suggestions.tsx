// Names that look like one: which to keep.

import { Group, List, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { NameSuggestion } from '../../api/types';
import { Section } from '../../components/Page';
import { Scroll } from '../../components/Scroll';
import { useFormat } from '../../lib/format';

export function Suggestions({ suggestions }: { suggestions: NameSuggestion[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t('data.suggestions')} lead={t('data.suggestionsLead')}>
      <Scroll label={t('data.suggestions')} maxHeight={260}>
        <List size="sm" spacing={6} listStyleType="none">
          {suggestions.map(({ kind, reason, names }) => (
            <List.Item key={`${kind} ${reason} ${names.map(({ name }) => name).join(' ')}`}>
              <Group gap="4px 10px">
                {names.map(({ name, count }, at) => (
                  <Text key={name} size="sm" component="span" fw={at === 0 ? 600 : 400} style={{ overflowWrap: 'anywhere' }}>
                    <bdi>{name}</bdi> <Text span inherit c="dimmed" fw={400} className="numbers">{format.count(count)}</Text>
                  </Text>
                ))}
                <Text size="xs" c="dimmed">{t(`data.kind.${kind}`)} · {t(`data.reason.${reason}`)}</Text>
              </Group>
            </List.Item>
          ))}
        </List>
      </Scroll>
    </Section>
  );
}
