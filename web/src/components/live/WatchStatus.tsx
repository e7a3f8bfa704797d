// Whether the numbers of a definition move by themselves: live, still reading, or computed when asked.

import { Badge, Group, Progress, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { LiveCounts } from '../../api/types';
import { useFormat } from '../../lib/format';

/** Why a definition is not live, in words; codes of a later server are shown as they are. */
export function useReason() {
  const { t } = useTranslation();
  return (code: string | null) => {
    if (code === 'depends_on_others') return t('live.reason.depends_on_others');
    if (code === 'not_watched' || code === null) return t('live.reason.not_watched');
    return t('live.reason.other', { code });
  };
}

interface Props {
  now: LiveCounts;
  /** Also says why, if it is not live. */
  why?: boolean;
}

export function WatchStatus({ now, why }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const reason = useReason();
  if (now.status === 'live') {
    return (
      <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
        <span className="live-dot" aria-hidden />
        <Text component="span" size="xs" fw={600} c="var(--good)">{t('live.status.live')}</Text>
      </Group>
    );
  }
  if (now.status === 'joining') {
    const { done, total } = now.joining ?? { done: 0, total: 0 };
    const share = total === 0 ? 0 : done / total;
    return (
      <div style={{ minWidth: 120 }}>
        <Text size="xs" fw={600}>{t('live.status.joining', { share: format.percent(share, 0) })}</Text>
        <Progress value={share * 100} size="sm" mt={2} aria-label={t('live.joining', { done: format.count(done), total: format.count(total) })} />
      </div>
    );
  }
  return (
    <>
      <Badge variant="default" size="sm" tt="none" fw={500}>{t('live.status.not_live')}</Badge>
      {why && <Text size="xs" c="dimmed" maw={280}>{reason(now.reason)}</Text>}
    </>
  );
}
