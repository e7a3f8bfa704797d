// The canvas with what is open beside it, and the list of what is wrong below.

import { Box, CloseButton, Drawer, Group, Paper, ScrollArea, Text, useDirection } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParam } from '../../lib/params';
import Canvas from './canvas/Canvas';
import { problemsOf, together } from './model/checks';
import { connect, insertStep, type Place, removeStep } from './model/edit';
import { stepOf, waysInto } from './model/graph';
import { ENTRY } from './model/scene';
import { EntryPanel } from './panel/EntryPanel';
import { StepPanel } from './panel/StepPanel';
import { ProblemList } from './ProblemList';
import type { Journey, StepKind } from './types';
import { useCheck } from './useCheck';
import type { JourneyDraft } from './useJourneyDraft';
import { useJourneyWords } from './words';

const PANEL = 420;
/** Below it what is open covers the canvas. */
const NARROW = '(max-width: 75em)';
const HEIGHT = 'max(440px, calc(100dvh - 290px))';

export default function DesignTab({ journey, draft }: { journey: Journey; draft: JourneyDraft }) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const { draft: now, change, generation } = draft;
  const [named, name] = useParam('step', null, '');
  // The address follows; it is behind by a moment, in which keys already mean the new one.
  const [opened, setHere] = useState(named);
  const setOpened = (id: string) => {
    setHere(id);
    name(id);
  };
  const told = useCheck(now, journey);
  const problems = useMemo(() => together(now, problemsOf(now), told.problems), [now, told.problems]);
  const flaws = useMemo(() => {
    const found = new Map<string | null, boolean>();
    for (const { step, error } of problems) found.set(step, (found.get(step) ?? false) || error);
    return found;
  }, [problems]);
  const step = stepOf(now, opened);
  /** What gets the focus once what is open has changed: opened by a key it goes along, and closed it goes back. */
  const wanted = useRef<string | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    document.querySelector<HTMLElement>(wanted.current)?.focus({ preventScroll: true });
    wanted.current = null;
  }, [opened]);
  const close = () => {
    wanted.current = `[data-box="${CSS.escape(opened)}"]`;
    setOpened('');
  };
  const open = (id: string, byKey = false) => {
    wanted.current = byKey && id !== opened ? '[data-panel] [role="region"]' : null;
    setOpened(id === opened ? '' : id);
  };
  const insert = (place: Place, kind: StepKind) => {
    const made = insertStep(now, place, kind);
    change(made.journey);
    setOpened(made.id);
    return made.id;
  };
  const remove = (id: string) => {
    const before = waysInto(now, id)[0]?.step ?? ENTRY;
    const next = removeStep(now, id);
    if (next === now) return null;
    change(next);
    if (opened === id) setOpened('');
    return before;
  };
  const panel = opened === ENTRY ? (
    <EntryPanel key={generation} journey={now} id={journey.id} onChange={change} />
  ) : step ? (
    <StepPanel key={`${step.id} ${generation}`} journey={now} step={step} onChange={change} onOpen={setOpened} />
  ) : null;
  return (
    <>
      <Box h={HEIGHT} style={{ display: 'flex', gap: 12 }}>
        <Box style={{ flex: 1, minWidth: 0 }}>
          <Canvas
            journey={now}
            id={journey.id}
            report={null}
            flaws={flaws}
            opened={panel ? opened : ''}
            onOpen={open}
            onInsert={insert}
            onConnect={(place, to) => change(connect(now, place, to))}
            onRemove={remove}
            onWaiting={() => undefined}
            undo={draft.undo}
            redo={draft.redo}
          />
        </Box>
        {panel && <Aside title={opened === ENTRY ? t('entry.title') : step ? words.step(step) : ''} onClose={close}>{panel}</Aside>}
      </Box>
      <Text size="xs" c="dimmed" mt={6} visibleFrom="sm">{t('canvas.keys')}</Text>
      <ProblemList journey={now} problems={problems} error={told.error} onOpen={(id) => setOpened(id ?? ENTRY)} />
    </>
  );
}

/** What is open: beside the canvas, or over it where there is no room. */
function Aside({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const narrow = useMediaQuery(NARROW, matchMedia(NARROW).matches);
  if (narrow) {
    return <Drawer opened onClose={onClose} title={<bdi>{title}</bdi>} position={dir === 'rtl' ? 'left' : 'right'} size={PANEL} closeButtonProps={{ 'aria-label': t('common.close') }}>{children}</Drawer>;
  }
  return (
    <Paper component="aside" w={PANEL} p={0} style={{ flex: 'none', display: 'flex', flexDirection: 'column', overflow: 'hidden' }} aria-label={title} data-panel onKeyDown={(event) => event.key === 'Escape' && !event.defaultPrevented && onClose()}>
      <Group justify="space-between" wrap="nowrap" px="md" py="xs" style={{ borderBottom: '1px solid var(--hairline)' }}>
        <Text component="h2" fw={650} size="sm" m={0} truncate><bdi>{title}</bdi></Text>
        <CloseButton aria-label={t('common.close')} onClick={onClose} />
      </Group>
      <ScrollArea style={{ flex: 1 }} viewportProps={{ tabIndex: 0, 'aria-label': title, role: 'region' }} offsetScrollbars="y">
        <Box p="md">{children}</Box>
      </ScrollArea>
    </Paper>
  );
}
