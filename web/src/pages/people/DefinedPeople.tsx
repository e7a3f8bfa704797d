// People named by a definition that is not saved, or by two: one that held before and one that
// holds now.

import { Anchor, Badge, Button, Group, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePreview } from '../../api/queries';
import type { Definition } from '../../api/types';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { ListedPeople } from './ListedPeople';
import { MovedPeople } from './MovedPeople';

interface Props {
  definition: Definition;
  was?: Definition | undefined;
  wasAt?: string | undefined;
}

export function DefinedPeople({ definition, was, wasAt }: Props) {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const links = useLinks();
  const now = usePreview(definition, asOf.chosen, 1);
  const then = usePreview(was, wasAt, 1);
  return (
    <Query query={now}>
      {(preview) => (
        <Stack>
          <Group gap="md" align="flex-start">
            {was && wasAt && (
              <Stack gap={4} style={{ flex: '1 1 260px' }}>
                <Badge variant="light" color="gray" tt="none">{t('people.was', { when: format.dateTime(wasAt) })}</Badge>
                <div className="definition">{then.data?.text ?? '…'}</div>
              </Stack>
            )}
            <Stack gap={4} style={{ flex: '1 1 260px' }}>
              <Badge variant="light" tt="none">{t('people.is', { when: format.dateTime(preview.as_of) })}</Badge>
              <div className="definition">{preview.text}</div>
            </Stack>
          </Group>
          <Group gap="md">
            {!was && (
              <Button component={Link} size="xs" variant="default" to={links.to(`/segments/new?definition=${encodeURIComponent(preview.text)}`)}>{t('rfm.save')}</Button>
            )}
            <Anchor component={Link} to={links.to('/people')} size="sm">{t('people.clear')}</Anchor>
          </Group>
          {was && wasAt ? <MovedPeople was={was} wasAt={wasAt} is={definition} /> : <ListedPeople segment={preview.text} />}
        </Stack>
      )}
    </Query>
  );
}
