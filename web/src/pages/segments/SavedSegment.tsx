// A saved segment: what it means, how it grows, who is in it; editing and deleting.

import { Button, Group, Stack, Text } from '@mantine/core';
import { IconPencil, IconSpeakerphone, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { LiveWatch, Segment } from '../../api/types';
import { AppLink, CountLink } from '../../components/AppLink';
import { Moving } from '../../components/live/Moving';
import { WatchStatus } from '../../components/live/WatchStatus';
import { Page, Section } from '../../components/Page';
import { When } from '../../components/When';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { useLive } from '../../lib/useLive';
import { DeleteDialog } from './DeleteDialog';
import { EntriesSection } from './EntriesSection';
import { JsonView } from './JsonView';
import { MembersSection } from './MembersSection';
import { SegmentForm } from './SegmentForm';
import { SizeSection } from './SizeSection';
import { UsedIn } from './UsedIn';

function Summary({ segment, watch }: { segment: Segment; watch: LiveWatch | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  // A live number is newer than the counted one.
  const users = watch?.now.status === 'live' ? (watch.now.places[0]?.users ?? segment.count) : segment.count;
  return (
    <Section title={t('lifecycle.definition')}>
      <Stack gap="md">
        <div className="definition">{segment.definition}</div>
        <Group gap="xl">
          <div>
            <Text size="xs" c="dimmed">{t('common.users')}</Text>
            <Text fz={24} fw={650} lh={1.2}>
              {users === null ? '–' : <Moving value={users}><CountLink filter={{ segment: segment.id }}>{format.count(users)}</CountLink></Moving>}
            </Text>
          </div>
          {watch && (
            <div>
              <Text size="xs" c="dimmed">{t('live.numbers')}</Text>
              <WatchStatus now={watch.now} why />
            </div>
          )}
          <div>
            <Text size="xs" c="dimmed">{t('segments.updated')}</Text>
            <Text size="sm"><When at={segment.updated_at} /></Text>
          </div>
          <div>
            <Text size="xs" c="dimmed">{t('segments.usedIn')}</Text>
            <UsedIn segment={segment} />
          </div>
        </Group>
        <JsonView json={segment.json} />
      </Stack>
    </Section>
  );
}

export function SavedSegment({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  const links = useLinks();
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const asOf = useAsOf();
  const key = `segment/${segment.id}`;
  const live = useLive({ watch: key, enabled: !asOf.chosen });
  const watch = asOf.chosen ? undefined : live.state?.watches.find((one) => one.key === key);
  return (
    <Page
      title={segment.name}
      lead={<Group component="span" gap="xs"><AppLink to="/segments" size="sm">{t('segments.title')}</AppLink>{segment.description && <span>{segment.description}</span>}</Group>}
      actions={!editing && (
        <>
          <Button component={Link} to={links.to(`/campaigns/new?segment=${encodeURIComponent(segment.id)}`)} variant="default" leftSection={<IconSpeakerphone size={16} />}>{t('segment.campaign')}</Button>
          <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setEditing(true)}>{t('segment.edit')}</Button>
          <Button variant="default" c="var(--bad)" leftSection={<IconTrash size={16} />} onClick={() => setDeleting(true)}>{t('segment.delete')}</Button>
        </>
      )}
    >
      {editing ? <SegmentForm initial={segment} id={segment.id} onDone={() => setEditing(false)} /> : (
        <>
          <Summary segment={segment} watch={watch} />
          <SizeSection id={segment.id} />
          <EntriesSection id={segment.id} watch={watch} told={asOf.chosen ? [] : (live.state?.transitions ?? [])} />
          <MembersSection id={segment.id} />
        </>
      )}
      <DeleteDialog segment={segment} opened={deleting} onClose={() => setDeleting(false)} />
    </Page>
  );
}
