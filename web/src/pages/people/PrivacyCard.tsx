// What a person can ask for: a copy, to be left alone, to be erased; and whether things are tried on them.

import { Badge, Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { EraseDialog } from './EraseDialog';
import { useExport, usePrivacy, useSuppress, useTestUser } from './privacyQueries';

export function PrivacyCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = usePrivacy(id);
  const [erasing, setErasing] = useState(false);
  const copy = useExport(id);
  const suppress = useSuppress(id);
  const flag = useTestUser(id);
  const error = copy.error ?? suppress.error ?? flag.error;
  return (
    <Section title={t('privacy.title')} lead={t('privacy.lead')}>
      <Query query={query} height={90}>
        {(privacy) => (
          <Stack gap="sm">
            {privacy.suppression && <Badge variant="default">{t('privacy.suppressedSince', { at: format.date(privacy.suppression.at) })}</Badge>}
            <Switch label={t('privacy.testUser')} description={t('privacy.testUserLead')} checked={privacy.test_user} disabled={flag.isPending} onChange={(event) => flag.mutate(event.currentTarget.checked)} />
            <Group gap="xs">
              <Button size="xs" variant="default" loading={copy.isPending} onClick={() => copy.mutate()}>{t('privacy.export')}</Button>
              {!privacy.suppression && <Button size="xs" variant="default" loading={suppress.isPending} onClick={() => suppress.mutate('')}>{t('privacy.suppress')}</Button>}
              <Button size="xs" color="red.8" onClick={() => setErasing(true)}>{t('privacy.erase')}</Button>
            </Group>
            <Text size="xs" c="dimmed">{t('privacy.suppressLead')}</Text>
            {error && <ErrorPanel error={error} />}
          </Stack>
        )}
      </Query>
      {erasing && <EraseDialog id={id} onClose={() => setErasing(false)} />}
    </Section>
  );
}
