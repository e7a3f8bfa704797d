// The people of one cell or group, and what one can do with them.

import { Button, Drawer, Group, Stack, Text } from '@mantine/core';
import { useDirection } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { usePreview } from '../../api/queries';
import { PersonIds } from '../../components/PersonIds';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import type { Picked } from './RfmPage';

const SAMPLE = 50;

export function PeopleDrawer({ picked, onClose }: { picked: Picked | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const asOf = useAsOf();
  const format = useFormat();
  const links = useLinks();
  const query = usePreview(picked?.definition, asOf.chosen, SAMPLE);
  return (
    <Drawer
      opened={picked !== null}
      onClose={onClose}
      position={dir === 'rtl' ? 'left' : 'right'}
      title={<Text fw={650}>{picked?.title}</Text>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {picked && (
        <Query query={query}>
          {(preview) => (
            <Stack>
              <Text size="sm" c="dimmed">
                {t('common.people', { count: preview.count, shown: format.count(preview.count) })} · {format.percent(preview.share)}
              </Text>
              <div className="definition">{preview.text}</div>
              <Group gap="xs">
                <Button component={Link} size="sm" to={links.people({ definition: picked.definition })}>{t('rfm.allPeople')}</Button>
                <Button
                  component={Link}
                  size="sm"
                  variant="default"
                  to={links.to(`/segments/new?definition=${encodeURIComponent(preview.text)}&name=${encodeURIComponent(picked.title)}`)}
                >
                  {t('rfm.save')}
                </Button>
                <Button component={Link} size="sm" variant="default" to={links.to(`/campaigns/new?definition=${encodeURIComponent(preview.text)}`)}>
                  {t('segment.campaign')}
                </Button>
              </Group>
              <PersonIds ids={preview.sample} total={preview.count} />
            </Stack>
          )}
        </Query>
      )}
    </Drawer>
  );
}
