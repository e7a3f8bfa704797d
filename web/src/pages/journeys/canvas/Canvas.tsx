// The canvas: the picture of a journey, which is moved, zoomed and walked by pointer and by keys.

import '@xyflow/react/dist/base.css';
import { ActionIcon, Group, Paper, Tooltip, useComputedColorScheme, useDirection } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp, IconMaximize, IconZoomIn, IconZoomOut } from '@tabler/icons-react';
import { Background, Panel, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Place } from '../model/edit';
import { waysOf } from '../model/graph';
import { GAP_Y, type Point } from '../model/layout';
import { ENTRY, neighbour, sceneOf } from '../model/scene';
import type { JourneyInput, JourneyReport, StepKind } from '../types';
import { useJourneyWords } from '../words';
import { type BoxNode, EndBox, EntryBox, StepBox } from './Boxes';
import classes from './canvas.module.css';
import { CanvasProvider } from './context';
import { type WayEdge, WayLine } from './WayLine';

const BOXES = { entry: EntryBox, step: StepBox, end: EndBox, jump: EndBox };
const LINES = { way: WayLine };
const WIDTH = 248;
const PLAIN = { entry: { width: WIDTH, height: 70 }, step: { width: WIDTH, height: 70 }, end: { width: 148, height: 28 } };
const COUNTED = { ...PLAIN, entry: { width: WIDTH, height: 98 }, step: { width: WIDTH, height: 118 } };
const CLOSEST = 1.4;
const FARTHEST = 0.15;
const MOVE_MS = 200;
/** Smaller than this nothing is read at first. */
const READABLE = 0.62;
const MARGIN = 20;
/** Room for the buttons above. */
const TOOLS = 44;

export interface CanvasProps {
  journey: JourneyInput;
  id: string;
  report: JourneyReport | null;
  flaws: Map<string | null, boolean>;
  opened: string;
  onOpen: (id: string, byKey?: boolean) => void;
  onInsert: (place: Place, kind: StepKind) => string;
  onConnect: (place: Place, to: string | undefined) => void;
  onRemove: (id: string) => string | null;
  onWaiting: (step: string) => void;
  undo: (() => void) | null;
  redo: (() => void) | null;
}

export default function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Inner {...props} />
    </ReactFlowProvider>
  );
}

function Inner({ journey, id, report, flaws, opened, onOpen, onInsert, onConnect, onRemove, onWaiting, undo, redo }: CanvasProps) {
  const { t } = useTranslation();
  const rtl = useDirection().dir === 'rtl';
  const scheme = useComputedColorScheme('light');
  const words = useJourneyWords();
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(ENTRY);
  const [palette, setPalette] = useState<string | null>(null);
  /** The box that gets the focus as soon as it is drawn. */
  const wanted = useRef<string | null>(null);
  const sizes = report ? COUNTED : PLAIN;
  const scene = useMemo(() => sceneOf(journey, sizes, rtl), [journey, sizes, rtl]);
  const here = current === ENTRY || journey.steps.some((step) => step.id === current) ? current : ENTRY;

  const nodes = useMemo(() => scene.items.map((item): BoxNode => {
    const size = item.kind === 'entry' ? sizes.entry : item.kind === 'step' ? sizes.step : sizes.end;
    return { id: item.id, type: item.kind, position: scene.layout.boxes.get(item.id)!, data: { item }, ...size, draggable: false, connectable: false, selectable: false, focusable: false };
  }), [scene, sizes]);
  const edges = useMemo(() => scene.edges.map((edge): WayEdge => ({
    id: edge.id, type: 'way', source: edge.from, target: edge.to, data: { edge, points: scene.layout.lines.get(edge.id)! }, focusable: false, selectable: false,
  })), [scene]);

  /** Moves the picture so far that an area is on it. */
  const reveal = useCallback((at: Point, width = 0, height = 0) => {
    const seen = frame.current?.getBoundingClientRect();
    if (!seen) return;
    const { x, y, zoom } = flow.getViewport();
    const left = at.x * zoom + x;
    const top = at.y * zoom + y;
    if (left >= 0 && top >= 0 && left + width * zoom <= seen.width && top + height * zoom <= seen.height) return;
    void flow.setCenter(at.x + width / 2, at.y + height / 2, { zoom, duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : MOVE_MS });
  }, [flow]);

  /** A box with the buttons below it. */
  const show = useCallback((box: string) => {
    const at = scene.layout.boxes.get(box);
    if (at) reveal(at, WIDTH, sizes.step.height + GAP_Y);
  }, [scene, sizes, reveal]);

  const focus = useCallback((box: string) => {
    setCurrent(box);
    frame.current?.querySelector<HTMLElement>(`[data-box=${CSS.escape(box)}]`)?.focus({ preventScroll: true });
    show(box);
  }, [show]);

  useEffect(() => {
    if (wanted.current === null || !scene.layout.boxes.has(wanted.current)) return;
    const box = wanted.current;
    wanted.current = null;
    // Boxes are drawn by the library after it has heard of them.
    const frameId = requestAnimationFrame(() => focus(box));
    return () => cancelAnimationFrame(frameId);
  }, [scene, focus]);

  useEffect(() => {
    if (opened) show(opened);
    // Only when another box is opened; the picture stays where it is while that one is written.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [opened]);

  /** At first the entry is in the upper middle, and as much as can be read is below it. */
  const begin = () => {
    const seen = frame.current?.getBoundingClientRect();
    const entry = scene.layout.boxes.get(ENTRY);
    if (!seen || !entry) return;
    const zoom = Math.min(1, Math.max(READABLE, Math.min((seen.width - 2 * MARGIN) / scene.layout.width, (seen.height - 2 * MARGIN) / scene.layout.height)));
    const all = scene.layout.width * zoom;
    // What fits stands in the middle; of what does not, the entry does.
    const x = all + 2 * MARGIN <= seen.width ? (seen.width - all) / 2 : seen.width / 2 - (entry.x + WIDTH / 2) * zoom;
    void flow.setViewport({ x, y: MARGIN + TOOLS, zoom }).then(() => opened && show(opened));
  };

  const insert = (place: Place, kind: StepKind) => {
    setPalette(null);
    wanted.current = onInsert(place, kind);
  };

  const onKey = (event: KeyboardEvent) => {
    const box = (event.target as HTMLElement).dataset.box;
    if (box === undefined || event.altKey) return;
    const arrows = { ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right' } as const;
    const key = arrows[event.key as keyof typeof arrows];
    if (key && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      const next = neighbour(scene, box, key);
      if (next) focus(next);
      return;
    }
    if (report) return;
    if ((event.key === 'Delete' || event.key === 'Backspace') && box !== ENTRY) {
      event.preventDefault();
      wanted.current = onRemove(box);
    } else if (event.key === '+' || event.key === 'Insert') {
      event.preventDefault();
      const first = journey.steps.find((step) => step.id === box);
      const way = first && waysOf(first)[0];
      setPalette(scene.edges.find((edge) => edge.from === box && (!way || edge.path === way.path))?.id ?? null);
    }
  };

  const tool = (label: string, Icon: typeof IconZoomIn, act: (() => void) | null) => (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} disabled={act === null} onClick={() => act?.()}><Icon size={18} stroke={1.7} /></ActionIcon>
    </Tooltip>
  );
  const life = {
    journey, id, words, rtl, report, flaws, current: here, opened, palette,
    numbers: (step: string) => report?.steps.find((one) => one.step === step),
    onFocus: setCurrent, onOpen, onInsert: insert, onConnect, onWaiting, onPalette: setPalette, onReveal: reveal,
  };
  return (
    <CanvasProvider value={life}>
      {/* Keys of the boxes inside it arrive here. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={frame} className={classes.frame} dir="ltr" onKeyDown={onKey} data-canvas={report ? 'numbers' : 'design'}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={BOXES}
          edgeTypes={LINES}
          colorMode={scheme}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          panOnScroll
          zoomOnScroll={false}
          zoomOnDoubleClick={false}
          minZoom={FARTHEST}
          maxZoom={CLOSEST}
          onInit={begin}
          aria-label={t('canvas.label', { name: journey.name })}
          role="group"
        >
          <Background gap={22} size={1.2} />
          <Panel position={rtl ? 'top-left' : 'top-right'}>
            <Paper p={2} radius="md" shadow="xs" dir={rtl ? 'rtl' : 'ltr'} role="toolbar" aria-label={t('canvas.tools')}>
              <Group gap={0}>
                {!report && tool(t('canvas.undo'), rtl ? IconArrowForwardUp : IconArrowBackUp, undo)}
                {!report && tool(t('canvas.redo'), rtl ? IconArrowBackUp : IconArrowForwardUp, redo)}
                {tool(t('canvas.zoomIn'), IconZoomIn, () => void flow.zoomIn())}
                {tool(t('canvas.zoomOut'), IconZoomOut, () => void flow.zoomOut())}
                {tool(t('canvas.fit'), IconMaximize, () => void flow.fitView({ maxZoom: 1, padding: 0.08 }))}
              </Group>
            </Paper>
          </Panel>
        </ReactFlow>
      </div>
    </CanvasProvider>
  );
}
