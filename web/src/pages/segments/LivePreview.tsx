// How many people a definition names right now, and a few of them.

import { Group, Loader, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { usePreview } from '../../api/queries';
import { CountLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { PersonIds } from '../../components/PersonIds';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';

const SAMPLE = 8;

export function LivePreview({ definition, waiting }: { definition: string | null; waiting: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const asOf = useAsOf();
  const query = usePreview(definition, asOf.chosen, SAMPLE);
  const preview = definition ? query.data : undefined;
  return (
    <Section title={t('segment.preview')} lead={t('segment.previewLead', { when: format.dateTime(preview?.as_of ?? asOf.effective) })}>
      {query.isError && definition && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {preview ? (
        <Stack gap="sm" style={{ opacity: query.isFetching || waiting ? 0.6 : 1 }}>
          <Group align="baseline" gap={8}>
            <Text fz={34} fw={680} lh={1} data-count={preview.count}>
              <CountLink filter={{ definition: preview.text }}>{format.count(preview.count)}</CountLink>
            </Text>
            <Text size="sm" c="dimmed">{t('segment.share', { share: format.percent(preview.share) })}</Text>
          </Group>
          <Progress value={preview.share * 100} aria-label={t('common.share')} />
          <Text size="xs" c="dimmed">{t('segment.took', { ms: format.count(Math.round(preview.took_ms * 10) / 10) })}</Text>
          <PersonIds ids={preview.sample} total={preview.count} />
        </Stack>
      ) : waiting && definition ? <Loader size="sm" aria-label={t('common.loading')} /> : (
        <Text size="sm" c="dimmed">{t('segment.previewEmpty')}</Text>
      )}
    </Section>
  );
}
