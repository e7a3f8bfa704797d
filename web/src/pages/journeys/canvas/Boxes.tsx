// The boxes of the canvas: the entry, steps with their numbers, and the ends of paths.

import { ThemeIcon } from '@mantine/core';
import { IconAlertCircle, IconAlertTriangle, IconCornerRightUp, IconFlag, IconNote } from '@tabler/icons-react';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { CountLink } from '../../../components/AppLink';
import { useFormat } from '../../../lib/format';
import { sumOf } from '../model/counts';
import type { Item } from '../model/scene';
import { ENTRY } from '../model/scene';
import { enteredDefinition, exitedDefinition, reachedDefinition } from '../numbers';
import classes from './canvas.module.css';
import { useCanvas } from './context';
import { COLOURS, ICONS } from './kinds';

export type BoxNode = Node<{ item: Item }>;

function Ends({ into, out }: { into: boolean; out: boolean }) {
  return (
    <>
      {into && <Handle type="target" position={Position.Top} className={classes.handle} isConnectable={false} />}
      {out && <Handle type="source" position={Position.Bottom} className={classes.handle} isConnectable={false} />}
    </>
  );
}

interface FrameProps {
  id: string;
  kind: keyof typeof ICONS;
  title: string;
  summary: string;
  note?: string | undefined;
  /** What is said of it besides, for those who only hear it. */
  label: string;
  children?: ReactNode;
}

function Frame({ id, kind, title, summary, note, label, children }: FrameProps) {
  const { t } = useTranslation();
  const { current, opened, onFocus, onOpen, flaws, rtl } = useCanvas();
  const Icon = ICONS[kind];
  const flaw = flaws.get(id === ENTRY ? null : id);
  const more = [label, note ? t('canvas.noted', { note }) : '', flaw === undefined ? '' : flaw ? t('canvas.wrong') : t('canvas.unwise')].filter(Boolean);
  return (
    <div className={classes.box} dir={rtl ? 'rtl' : 'ltr'} data-opened={opened === id || undefined} data-flaw={flaw === undefined ? undefined : flaw ? 'error' : 'warning'}>
      <button
        type="button"
        className={classes.main}
        data-box={id}
        tabIndex={current === id ? 0 : -1}
        aria-expanded={opened === id}
        onFocus={() => onFocus(id)}
        // A click without a pointer is a key.
        onClick={(event) => onOpen(id, event.detail === 0)}
      >
        <ThemeIcon variant="light" color={COLOURS[kind]} size={34} radius="md" style={{ flex: 'none' }}><Icon size={19} stroke={1.7} /></ThemeIcon>
        <span className={classes.words}>
          <span className={classes.title} dir="auto">{title}</span>
          <span className={classes.summary} title={summary}><bdi>{summary}</bdi></span>
          {more.length > 0 && <span className="visually-hidden">{more.join('. ')}</span>}
        </span>
        <span className={classes.marks}>
          {flaw !== undefined && (flaw ? <IconAlertCircle size={16} color="var(--bad)" /> : <IconAlertTriangle size={16} color="var(--mantine-color-yellow-7)" />)}
          {note && <IconNote size={16} color="var(--mantine-color-dimmed)" />}
        </span>
      </button>
      {children}
    </div>
  );
}

export function EntryBox(_: NodeProps<BoxNode>) {
  const { t } = useTranslation();
  const format = useFormat();
  const { journey, id, words, report } = useCanvas();
  return (
    <>
      <Frame id={ENTRY} kind="entry" title={t('entry.title')} summary={words.entry(journey.entry)} label="">
        {report && (
          <dl className={classes.counts} style={{ margin: 0 }}>
            <div><dt>{t('numbers.entered')}</dt><dd><CountLink filter={{ definition: enteredDefinition(id) }} label={t('numbers.whoEntered')}>{format.count(report.entered)}</CountLink></dd></div>
            <div><dt>{t('numbers.control')}</dt><dd className="numbers">{format.count(report.held_out)}</dd></div>
          </dl>
        )}
      </Frame>
      <Ends into={false} out />
    </>
  );
}

export function StepBox({ data }: NodeProps<BoxNode>) {
  const { t } = useTranslation();
  const format = useFormat();
  const { journey, id, words, report, numbers, onWaiting } = useCanvas();
  if (data.item.kind !== 'step') return null;
  const { step } = data.item;
  const counts = report ? numbers(step.id) : undefined;
  const out = counts ? sumOf(counts.exited) : 0;
  return (
    <>
      <Frame id={step.id} kind={step.do.kind} title={words.step(step)} summary={words.summary(step, journey)} note={step.note} label={step.name ? words.kind(step.do.kind) : ''}>
        {report && (
          <dl className={classes.counts} style={{ margin: 0 }} data-counts={step.id}>
            <div><dt>{t('numbers.entered')}</dt><dd>{counts ? <CountLink filter={{ definition: reachedDefinition(id, step.id) }} label={t('numbers.whoReached', { name: words.step(step) })}>{format.count(counts.entered)}</CountLink> : '–'}</dd></div>
            {counts && counts.waiting > 0 && (
              <div>
                <dt>{t('numbers.waiting')}</dt>
                <dd><button type="button" className={`${classes.count} numbers nopan`} aria-label={t('numbers.whoWait', { shown: format.count(counts.waiting), name: words.step(step) })} aria-haspopup="dialog" onClick={() => onWaiting(step.id)}>{format.count(counts.waiting)}</button></dd>
              </div>
            )}
            {counts && out > 0 && <div><dt>{t('numbers.exited')}</dt><dd><CountLink filter={{ definition: exitedDefinition(id, { step: step.id }) }} label={t('numbers.whoExited', { name: words.step(step) })}>{format.count(out)}</CountLink></dd></div>}
            {counts?.message && (['sent', 'opened', 'clicked'] as const).map((name) => (
              <div key={name}><dt>{t(`messageState.${name}`)}</dt><dd className="numbers">{format.count(counts.message![name])}</dd></div>
            ))}
          </dl>
        )}
      </Frame>
      <Ends into out={step.do.kind !== 'exit'} />
    </>
  );
}

export function EndBox({ data }: NodeProps<BoxNode>) {
  const { t } = useTranslation();
  const { journey, words, onOpen, rtl } = useCanvas();
  const { item } = data;
  const dir = rtl ? 'rtl' : 'ltr';
  if (item.kind === 'end') {
    return (
      <>
        <div className={classes.end} dir={dir}><IconFlag size={13} stroke={1.7} /><span>{t('canvas.completed')}</span></div>
        <Ends into out={false} />
      </>
    );
  }
  if (item.kind !== 'jump') return null;
  const name = words.stepName(journey, item.to);
  return (
    <>
      {item.missing ? (
        <div className={classes.end} dir={dir} data-missing><IconAlertCircle size={13} /><span>{t('canvas.missing', { name: item.to })}</span></div>
      ) : (
        <button type="button" tabIndex={-1} className={`${classes.end} nopan`} dir={dir} title={t('canvas.goesOn', { name })} onClick={() => onOpen(item.to)}><IconCornerRightUp size={13} stroke={1.7} /><span>{t('canvas.goesOn', { name })}</span></button>
      )}
      <Ends into out={false} />
    </>
  );
}
