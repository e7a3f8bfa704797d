// A line of the canvas: its name, and what can be put on it or how many went along it.

import { Popover } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { BaseEdge, type Edge as FlowEdge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../../lib/format';
import { wentBy } from '../model/counts';
import { stepOf } from '../model/graph';
import type { Point } from '../model/layout';
import type { Edge } from '../model/scene';
import { ENTRY } from '../model/scene';
import classes from './canvas.module.css';
import { useCanvas } from './context';
import { Palette } from './Palette';
import { lineThrough, spotsOf } from './lines';

export type WayEdge = FlowEdge<{ edge: Edge; points: Point[] }>;

export function WayLine({ data }: EdgeProps<WayEdge>) {
  const { t } = useTranslation();
  const format = useFormat();
  const { journey, words, report, numbers, current, palette, onPalette, onReveal, rtl } = useCanvas();
  if (!data) return null;
  const { edge, points } = data;
  const step = edge.step === null ? undefined : stepOf(journey, edge.step);
  const name = step ? words.path(step, edge.path, journey) : '';
  const spots = spotsOf(points, edge.named);
  const at = ({ x, y }: Point) => ({ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` });
  const place = { step: edge.step, path: edge.path };
  const from = step ? words.step(step) : t('entry.title');
  const moved = step ? wentBy(step, edge.path, numbers(step.id)) : (report?.entered ?? 0);
  const dir = rtl ? 'rtl' : 'ltr';
  return (
    <>
      <BaseEdge path={lineThrough(points, edge.named)} className={classes.line!} interactionWidth={0} />
      <EdgeLabelRenderer>
        {edge.named && <div className={classes.tag} style={at(spots.name)} dir={dir} title={name}><bdi>{name}</bdi></div>}
        {report ? moved !== null && (
          <div className={classes.spot} style={at(spots.plus)} dir={dir}><span className={`${classes.moved} numbers`} data-moved={edge.id}>{format.count(moved)}</span></div>
        ) : (
          <div className={`${classes.spot} nodrag nopan`} style={at(spots.plus)} dir={dir}>
            <Popover opened={palette === edge.id} onChange={(open) => !open && onPalette(null)} position="right" shadow="md" trapFocus returnFocus radius="lg" withRoles={false} hideDetached={false}>
              <Popover.Target>
                <button
                  type="button"
                  className={classes.plus}
                  data-plus={edge.id}
                  tabIndex={current === (edge.step ?? ENTRY) ? 0 : -1}
                  aria-label={edge.named ? t('canvas.insertOn', { from, path: name }) : t('canvas.insertAfter', { from })}
                  aria-haspopup="dialog"
                  aria-expanded={palette === edge.id}
                  onFocus={() => onReveal(spots.plus)}
                  onClick={() => onPalette(palette === edge.id ? null : edge.id)}
                >
                  <IconPlus size={14} stroke={2} />
                </button>
              </Popover.Target>
              <Popover.Dropdown role="dialog" aria-label={t('palette.title')} p="xs" dir={dir}>
                {palette === edge.id && <Palette place={place} />}
              </Popover.Dropdown>
            </Popover>
          </div>
        )}
      </EdgeLabelRenderer>
    </>
  );
}
