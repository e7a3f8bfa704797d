// What the parts of a journey are called, in the language of the page.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useFrameworks, useLifecycle, useSegments } from '../../api/queries';
import { useWeekdays } from '../../components/outreach/HoursFields';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';
import { useOutreachNames } from '../../lib/outreach';
import { apart, spanWords } from '../../lib/sentences';
import { DEFAULT_LOCALE, eventName } from '../campaigns/draft';
import { savedSegment } from './model/audience';
import type { Problem } from './model/checks';
import { OTHERS } from './model/context';
import { FAILED, MISSING, NEXT, OTHERWISE, pathsOf, UNREACHABLE } from './model/graph';
import type { Happening, JourneyInput, JourneyStep, LearningContext, StepAction, StepKind, StepMessage, StepMove, Trigger } from './types';

export function useJourneyWords() {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const names = useOutreachNames();
  const states = useNames();
  const segments = useSegments();
  const lifecycle = useLifecycle();
  const days = useWeekdays();
  return useMemo(() => {
    const span = (text: string | undefined) => (text ? spanWords(text, i18n.language) : '…');
    const kind = (code: StepKind) => t(`step.kind.${code}`);
    const segment = (id: string) => segments.data?.segments.find((one) => one.id === id)?.name ?? (id || '…');
    const state = (key: string) => {
      const known = lifecycle.data?.states.find((one) => one.key === key);
      return known ? states.state(known) : key;
    };
    const happening = (when: Happening, journey?: JourneyInput): string => {
      switch (when.kind) {
        case 'event': return eventName(when.event) || t('happening.anEvent');
        case 'enters': return t('happening.entersOf', { name: segment(when.segment) });
        case 'leaves': return t('happening.leavesOf', { name: segment(when.segment) });
        case 'state': return t('happening.stateOf', { name: when.to.map(state).join(', ') || '…' });
        default: {
          const did = i18n.exists(`happening.did.${when.did}`) ? t(`happening.did.${when.did}`) : when.did;
          return t('happening.messageOf', { did, name: journey ? stepName(journey, when.step) : when.step });
        }
      }
    };
    const step = (one: JourneyStep) => one.name || kind(one.do.kind);
    const stepName = (journey: JourneyInput, id: string) => {
      const known = journey.steps.find((one) => one.id === id);
      return known ? step(known) : id;
    };
    const path = (one: JourneyStep, id: string, journey?: JourneyInput): string => {
      const { do: action } = one;
      if (id === NEXT) return action.kind === 'webhook' ? t('way.answered') : t('way.next');
      if (id === UNREACHABLE) return t('way.unreachable');
      if (id === MISSING) return t('way.missing');
      if (action.kind === 'webhook' && id === FAILED) return t('way.failed');
      if (id === OTHERWISE) return action.kind === 'wait_for' ? t('way.after', { span: span(action.within) }) : t('way.others');
      const known = pathsOf(action).find((way) => way.id === id);
      if (known?.name) return known.name;
      if (action.kind === 'wait_for') {
        const wait = action.any.find((way) => way.id === id);
        if (wait) return happening(wait.when, journey);
      }
      if (action.kind === 'split') {
        const split = action.paths.find((way) => way.id === id);
        const saved = savedSegment(split?.segment);
        if (saved) return segment(saved);
        if (split?.event !== undefined) return eventName(split.event) || id;
      }
      const word = id.length === 1 ? id.toUpperCase() : id;
      if (action.kind === 'random' || action.kind === 'learn') {
        const all = action.paths.reduce((sum, way) => sum + (way.share ?? 1), 0);
        const way = action.paths.find((one) => one.id === id);
        if (action.kind === 'learn' && action.mode !== 'manual') return action.winner === id ? t('way.winner', { name: word }) : word;
        if (way && all > 0) return `${word} · ${format.percent((way.share ?? 1) / all, 0)}`;
      }
      return word;
    };
    const said = ({ channel, content }: StepMessage) => {
      const whole = content[DEFAULT_LOCALE] ?? Object.values(content)[0];
      const telling = channel === 'webhook' ? ['url', 'body'] : ['subject', 'title', 'body', 'template'];
      const text = telling.map((name) => whole?.[name]).find((one) => typeof one === 'string' && one.trim() !== '');
      return [names.channel(channel), typeof text === 'string' ? apart(text.slice(0, 120)) : ''].filter(Boolean).join(' · ');
    };
    const weekday = (code: string) => days.find(({ value }) => value === code)?.label ?? code;
    const wait = (action: Extract<StepAction, { kind: 'wait' }>) => {
      const parts: string[] = [];
      if (action.for) parts.push(span(action.for));
      if (action.until) parts.push([t('step.until', { time: action.until }), ...(action.weekdays ?? []).map(weekday)].join(', '));
      if (action.date) parts.push(t('step.until', { time: action.date.replace('T', ' ') }));
      if (action.attribute) parts.push(action.offset ? t('step.untilAttribute', { name: action.attribute, offset: span(action.offset) }) : t('step.until', { time: action.attribute }));
      return parts.join(', ');
    };
    const summary = (one: JourneyStep, journey: JourneyInput): string => {
      const { do: action } = one;
      switch (action.kind) {
        case 'wait': return wait(action);
        case 'wait_for': return t('step.waitFor', { what: action.any.map(({ when }) => happening(when, journey)).join(', '), span: span(action.within) });
        case 'split': return t('step.paths', { shown: format.count(action.paths.length + 1) });
        case 'random': return action.paths.map(({ id }) => path(one, id)).join(', ');
        case 'learn': return t('step.learns', { shown: format.count(action.paths.length), goal: action.goals.map(({ event }) => eventName(event)).filter(Boolean).join(', ') || '…' });
        case 'message': return said(action.message);
        case 'webhook': return [t('step.asks', { span: span(action.within) }), said(action.message)].join(' · ');
        case 'best_channel': return action.messages.map(({ channel }) => names.channel(channel)).join(', ');
        case 'update': return [...Object.keys(action.set ?? {}), ...Object.keys(action.add ?? {}), ...Object.keys(action.append ?? {}), ...Object.keys(action.remove ?? {})].join(', ');
        case 'emit': return action.event;
        case 'journey': return action.journey;
        default: return action.reason ?? '';
      }
    };
    const entry = (trigger: Trigger): string => {
      switch (trigger.kind) {
        case 'event': return eventName(trigger.event) || names.trigger('event');
        case 'enters': return t('happening.entersOf', { name: segment(trigger.segment) });
        case 'leaves': return t('happening.leavesOf', { name: segment(trigger.segment) });
        case 'state': return t('happening.stateOf', { name: trigger.to.map(state).join(', ') || '…' });
        default: return names.trigger(trigger.kind);
      }
    };
    const reason = (code: string) => (i18n.exists(`exitReason.${code}`) ? t(`exitReason.${code}`) : code);
    const move = (to: StepMove, journey: JourneyInput) => {
      if (to.kind === 'finish') return t('publish.finish');
      return to.kind === 'exit' ? t('publish.exit') : t('publish.to', { name: stepName(journey, to.step) });
    };
    const problem = ({ code, what }: Problem) => t(`journeyProblem.${code}`, { what: what && apart(what) });
    return { span, kind, happening, step, stepName, path, said, summary, entry, reason, move, problem, segment };
  }, [t, i18n, format, names, states, segments.data, lifecycle.data, days]);
}

/** What steps are called, and paths out of them; nothing: the definition does not know them. */
export function usePathNames(journey: JourneyInput) {
  const words = useJourneyWords();
  const known = (id: string) => journey.steps.find((one) => one.id === id);
  return {
    step: (id: string) => {
      const step = known(id);
      return step && words.step(step);
    },
    path: (id: string, path: string) => {
      const step = known(id);
      const way = step && pathsOf(step.do).find((one) => one.id === path);
      return way && (way.name || (path.length === 1 ? path.toUpperCase() : path));
    },
  };
}

export type JourneyWords = ReturnType<typeof useJourneyWords>;

/** What people call a context of a learning split. */
export function useContextName(context: LearningContext | null | undefined) {
  const { t } = useTranslation();
  const names = useNames();
  const segments = useSegments();
  const lifecycle = useLifecycle();
  const frameworks = useFrameworks();
  return (id: string): string => {
    if (id === OTHERS) return t('learning.others');
    if (context?.kind === 'segments') return segments.data?.segments.find((one) => one.id === id)?.name ?? id;
    if (context?.kind !== 'state') return id;
    const own = !context.lifecycle || context.lifecycle === 'default';
    const states = own ? lifecycle.data?.states : frameworks.data?.frameworks.find(({ key }) => key === context.lifecycle)?.states;
    const state = states?.find(({ key }) => key === id);
    return state ? names.state(state) : id;
  };
}
