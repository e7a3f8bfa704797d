// Who entered, left or changed state, newest first, each with the way to the reason.

import { Badge, Group, Text } from '@mantine/core';
import { IconArrowNarrowRight, IconArrowsExchange, IconLogin2, IconLogout2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { LiveWatch, WatchTransition } from '../../api/types';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { whyPath } from '../../lib/live';
import { useWatchNames } from '../../lib/watchNames';
import { AppLink } from '../AppLink';
import classes from './Moves.module.css';

const ICONS = { entered: IconLogin2, left: IconLogout2, changed: IconArrowsExchange };
const COLOURS = { entered: 'var(--good)', left: 'var(--bad)', changed: 'var(--mantine-color-dimmed)' };

/** What happened, in words: which definition, and from which state to which. */
export function MoveText({ move, watches }: { move: WatchTransition; watches: LiveWatch[] }) {
  const { t } = useTranslation();
  const names = useWatchNames(watches);
  const Icon = ICONS[move.kind];
  return (
    <Group gap={6} wrap="nowrap" component="span" display="inline-flex" align="flex-start">
      <Icon size={16} color={COLOURS[move.kind]} aria-hidden style={{ flex: 'none', marginTop: 2, transform: 'scaleX(var(--reading, 1))' }} />
      <Text component="span" size="sm" td={move.correction === 'revoked' ? 'line-through' : undefined}>
        {move.watch.startsWith('segment/') ? (
          <>
            {t(`live.kind.${move.kind}`)} <Text span inherit fw={600}><bdi>{names.watch(move.watch)}</bdi></Text>
          </>
        ) : (
          <>
            <bdi>{names.watch(move.watch)}</bdi>: <bdi>{names.place(move.watch, move.from)}</bdi>
            <IconArrowNarrowRight size={14} aria-label={t('live.to')} style={{ verticalAlign: -2, margin: '0 4px', transform: 'scaleX(var(--reading, 1))' }} />
            <Text span inherit fw={600}><bdi>{names.place(move.watch, move.to)}</bdi></Text>
          </>
        )}
      </Text>
    </Group>
  );
}

/** What else is to be said of a transition: that it came late, or what but an event brought it about. */
export function MoveMarks({ move }: { move: WatchTransition }) {
  const { t } = useTranslation();
  return (
    <>
      {move.correction !== 'none' && (
        <Badge size="xs" variant="outline" color="orange" tt="none" title={t(`live.correctionHint.${move.correction}`)} styles={{ label: { color: 'var(--mantine-color-text)' } }}>
          {t(`live.correction.${move.correction}`)}
        </Badge>
      )}
      {move.cause !== 'record' && <Text component="span" size="xs" c="dimmed">{t(`live.cause.${move.cause}`)}</Text>}
    </>
  );
}

interface Props {
  moves: WatchTransition[];
  watches: LiveWatch[];
}

export function Moves({ moves, watches }: Props) {
  const { t } = useTranslation();
  const links = useLinks();
  const format = useFormat();
  return (
    <ol className={classes.list}>
      {moves.map((move) => (
        <li key={move.id} className={classes.move} data-kind={move.kind}>
          <time className={classes.time} dateTime={move.at} title={format.exact(move.at)}>{format.time(move.at)}</time>
          <div style={{ minWidth: 0 }}>
            <AppLink to={links.since(`/people/${encodeURIComponent(move.user)}`, move.at)} size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>{move.user}</AppLink>
            <div><MoveText move={move} watches={watches} /></div>
            <Group gap={8}>
              <AppLink to={whyPath(move)} size="xs" aria-label={t('live.whyLabel', { person: move.user, when: format.exact(move.at) })}>{t('live.why')}</AppLink>
              <MoveMarks move={move} />
            </Group>
          </div>
        </li>
      ))}
    </ol>
  );
}
