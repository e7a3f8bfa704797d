// A long list, shown in steps: what is shown of it, and the buttons for more. Whoever asks for more goes on at the
// first that is new, also by keys, as the button may be gone then.

import { Button, Group, Text } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../lib/format';

const STEP = 10;
/** So few more are shown at once: a button would take as much place. */
const SPARED = 2;

interface Few<T, E extends HTMLElement> {
  shown: T[];
  /** For the element whose children are the items, from `before` of them on. */
  holder: RefObject<E | null>;
  /** The buttons; nothing if everything is shown. */
  more: ReactNode;
}

/** `before`: how many children of the holder come before the first item. */
export function useFew<T, E extends HTMLElement = HTMLDivElement>(all: T[], before = 0): Few<T, E> {
  const [most, setMost] = useState(STEP);
  const holder = useRef<E>(null);
  const first = useRef<number | null>(null);
  useEffect(() => {
    if (first.current !== null) focusIn(holder.current?.children[first.current]);
    first.current = null;
  }, [most]);
  if (all.length <= most + SPARED) return { shown: all, holder, more: null };
  const show = (next: number) => {
    first.current = before + most;
    setMost(next);
  };
  return { shown: all.slice(0, most), holder, more: <More shown={most} all={all.length} onShow={show} /> };
}

function More({ shown, all, onShow }: { shown: number; all: number; onShow: (most: number) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const next = all - shown <= STEP + SPARED ? all : shown + STEP;
  return (
    <Group gap="sm" mt="md" data-more={all - shown}>
      <Button size="compact-sm" variant="default" onClick={() => onShow(next)}>{t('common.showMore', { shown: format.count(next - shown) })}</Button>
      {next < all && <Button size="compact-sm" variant="subtle" onClick={() => onShow(all)}>{t('common.showAll', { shown: format.count(all) })}</Button>}
      <Text size="xs" c="dimmed" className="numbers" role="status">{t('common.shownOf', { shown: format.count(shown), all: format.count(all) })}</Text>
    </Group>
  );
}

/** What can be pressed in an item, or the item itself. */
function focusIn(item: Element | undefined) {
  if (!(item instanceof HTMLElement)) return;
  const target = item.querySelector<HTMLElement>('a, button');
  if (!target) item.tabIndex = -1;
  (target ?? item).focus();
}
