// One attribute: what is seen of it, and what is declared.

import { Button, Drawer, Group, SegmentedControl, Stack, Text, Textarea, TextInput, useDirection } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AttributeDeclaration, SchemaAttribute } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { Facts } from '../people/Facts';
import { Changes } from './Changes';
import { STATUSES, ValueTypeFields } from './DeclarationFields';
import { Types } from './Standing';
import { useDeclareAttribute, useUndeclareAttribute } from './queries';

function begun({ declared, seen }: SchemaAttribute): AttributeDeclaration {
  return declared ?? { status: 'live', type: seen?.types.length === 1 ? seen.types[0]!.type : 'any' };
}

function Content({ attribute, onClose }: { attribute: SchemaAttribute; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [declared, declare] = useState(() => begun(attribute));
  const save = useDeclareAttribute(attribute.name, onClose);
  const remove = useUndeclareAttribute(attribute.name, onClose);
  const { seen } = attribute;
  return (
    <Stack>
      {seen && (
        <Facts
          label={t('data.seen')}
          rows={[
            [t('data.seen'), format.count(seen.count)],
            [t('people.firstSeen'), <When key="first" at={seen.first_at} />],
            [t('people.lastSeen'), <When key="last" at={seen.last_at} />],
            [t('data.types'), <Types key="types" seen={seen} />],
            [t('data.samples'), <bdi key="samples">{seen.samples.map(format.value).join(' · ')}</bdi>],
          ]}
        />
      )}
      {attribute.unused && <Text size="sm" c="dimmed">{t('data.unusedHint')}</Text>}
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={t('data.status')}
        value={declared.status ?? 'live'}
        onChange={(status) => declare({ ...declared, status: status as (typeof STATUSES)[number] })}
        data={STATUSES.map((status) => ({ value: status, label: t(`data.statuses.${status}`) }))}
      />
      <Textarea size="sm" autosize label={t('data.description')} value={declared.description ?? ''} onChange={(change) => declare({ ...declared, description: change.currentTarget.value })} />
      <TextInput size="sm" label={t('data.owner')} value={declared.owner ?? ''} onChange={(change) => declare({ ...declared, owner: change.currentTarget.value })} />
      <ValueTypeFields name={attribute.name} value={declared} onChange={declare} />
      {save.isError && <ErrorPanel error={save.error} />}
      {remove.isError && <ErrorPanel error={remove.error} />}
      <Group gap="xs">
        <Button loading={save.isPending} onClick={() => save.mutate(declared)}>{attribute.declared ? t('data.save') : t('data.declare')}</Button>
        {attribute.declared && <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>{t('data.undeclare')}</Button>}
      </Group>
      <Changes name={attribute.name} />
    </Stack>
  );
}

export function AttributeDrawer({ attribute, onClose }: { attribute: SchemaAttribute | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  return (
    <Drawer
      opened={attribute !== null}
      onClose={onClose}
      position={dir === 'rtl' ? 'left' : 'right'}
      title={<Text fw={650} style={{ overflowWrap: 'anywhere' }}><bdi>{attribute?.name}</bdi></Text>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {attribute && <Content attribute={attribute} onClose={onClose} />}
    </Drawer>
  );
}
