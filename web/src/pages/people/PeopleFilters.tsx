// Search, lifecycle state and segment; all three stand in the address.

import { Group, Kbd, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'react-router';
import { useLifecycle, useSegments } from '../../api/queries';
import { useRested } from '../../lib/debounce';
import { useNames } from '../../lib/names';

export function PeopleFilters() {
  const { t } = useTranslation();
  const names = useNames();
  const [params, setParams] = useSearchParams();
  const lifecycle = useLifecycle();
  const segments = useSegments();
  const field = useRef<HTMLInputElement>(null);
  const { state: arrival, pathname } = useLocation();
  const [text, setText] = useState(params.get('query') ?? '');
  const rested = useRested(text, 250);

  useEffect(() => {
    if ((arrival as { search?: boolean } | null)?.search) field.current?.focus();
  }, [arrival]);

  const set = (name: string, value: string | null) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (value) next.set(name, value);
        else next.delete(name);
        next.delete('after');
        return next;
      },
      { replace: true },
    );

  useEffect(() => {
    // This page stays on the screen until the next one is loaded: it must not call anybody back.
    const left = window.location.pathname !== pathname;
    if (!left && rested !== (params.get('query') ?? '')) set('query', rested);
    // Only what is written sets the address; the address does not write the field.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rested]);

  return (
    <Group gap="sm" align="flex-end">
      <TextInput
        ref={field}
        data-search
        type="search"
        style={{ flex: '1 1 240px' }}
        aria-label={t('people.search')}
        placeholder={t('people.search')}
        leftSection={<IconSearch size={16} />}
        rightSection={<Kbd size="xs">/</Kbd>}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Select
        w={170}
        clearable
        aria-label={t('people.state')}
        placeholder={t('people.state')}
        value={params.get('state')}
        onChange={(value) => set('state', value)}
        data={(lifecycle.data?.states ?? []).map((state) => ({ value: state.key, label: names.state(state) }))}
      />
      <Select
        w={200}
        clearable
        searchable
        aria-label={t('people.segment')}
        placeholder={t('people.segment')}
        value={params.get('segment')}
        onChange={(value) => set('segment', value)}
        data={(segments.data?.segments ?? []).map((segment) => ({ value: segment.id, label: segment.name }))}
        nothingFoundMessage={t('people.noSegment')}
      />
    </Group>
  );
}
