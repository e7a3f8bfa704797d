// Control groups that campaigns may name. Who is in one follows from its id, so the id of a saved one stays.

import { Button, CloseButton, Fieldset, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ControlGroup } from '../../api/outreach';

const GROUPS_MAX = 16;
const LEGEND = { legend: { fontSize: 'var(--mantine-font-size-sm)', fontWeight: 600 } };

interface Props {
  groups: ControlGroup[];
  /** Those that are saved. */
  known: ControlGroup[];
  onChange: (groups: ControlGroup[]) => void;
}

export function ControlGroups({ groups, known, onChange }: Props) {
  const { t } = useTranslation();
  const put = (at: number, part: Partial<ControlGroup>) =>
    onChange(groups.map((group, i) => {
      if (i !== at) return group;
      const { name, apart, ...rest } = { ...group, ...part };
      return { ...rest, ...(name?.trim() && { name }), ...(apart?.trim() && { apart }) };
    }));
  const saved = (id: string) => known.some((group) => group.id === id);
  return (
    <Fieldset legend={t('policy.groups')} variant="unstyled" styles={LEGEND} data-control-groups>
      <Text size="xs" c="dimmed" mb="xs" maw={680}>{t('policy.groupsLead')}</Text>
      <Stack gap="sm">
        {groups.map((group, at) => (
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="sm" align="flex-end" role="group" aria-label={t('policy.group', { number: at + 1 })}>
            <TextInput size="xs" w={150} label={t('policy.groupId')} placeholder="no-discounts" disabled={saved(group.id)} value={group.id} onChange={(event) => put(at, { id: event.currentTarget.value })} dir="ltr" />
            <TextInput size="xs" style={{ flex: '1 1 140px' }} label={t('policy.groupName')} value={group.name ?? ''} onChange={(event) => put(at, { name: event.currentTarget.value })} />
            <NumberInput size="xs" w={110} label={t('policy.groupShare')} suffix=" %" min={0.1} max={50} decimalScale={1} value={Math.round(group.share * 1000) / 10} onChange={(value) => typeof value === 'number' && put(at, { share: value / 100 })} />
            <TextInput size="xs" w={150} label={t('policy.groupApart')} value={group.apart ?? ''} onChange={(event) => put(at, { apart: event.currentTarget.value })} dir="ltr" />
            <CloseButton aria-label={t('policy.removeGroup', { number: at + 1 })} onClick={() => onChange(groups.filter((_, i) => i !== at))} />
          </Group>
        ))}
        {groups.length < GROUPS_MAX && <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => onChange([...groups, { id: '', share: 0.05 }])}>{t('policy.addGroup')}</Button>}
      </Stack>
    </Fieldset>
  );
}
