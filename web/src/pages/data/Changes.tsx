// Who changed a declaration, and when.

import { List, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Query } from '../../components/Query';
import { When } from '../../components/When';
import { useSchemaChanges } from './queries';

export function Changes({ name }: { name: string }) {
  const { t } = useTranslation();
  const query = useSchemaChanges(name);
  return (
    <Query query={query} height={40}>
      {({ changes }) =>
        changes.length > 0 && (
          <div>
            <Text size="sm" fw={600} mb={4}>{t('data.changes')}</Text>
            <List size="xs" spacing={2} listStyleType="none">
              {changes.map(({ version, at, by, subject, body }) => (
                <List.Item key={version}>
                  <When at={at} /> · <bdi>{by}</bdi> · {body === null ? t('data.removed') : t(`data.changed.${subject}`)}
                </List.Item>
              ))}
            </List>
          </div>
        )
      }
    </Query>
  );
}
