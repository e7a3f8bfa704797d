// Blocks of an e-mail, one below the other. What is written is MJML; what stands here is what was read of it.

import { ActionIcon, Button, CloseButton, ColorInput, Group, Menu, NumberInput, Paper, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TemplateField } from '../TemplateField';
import { type Align, type Block, BLOCK_KINDS, type BlockKind, CELLS_MAX, type Design, newBlock, PRODUCTS_MAX, writeBlocks } from './blocks';
import classes from './BlockEditor.module.css';

interface Props {
  design: Design;
  /** The MJML of it. */
  onChange: (mjml: string) => void;
}

export function BlockEditor({ design: first, onChange }: Props) {
  const { t } = useTranslation();
  const next = useRef(first.blocks.length);
  // Places of blocks change while they are edited; their numbers do not.
  const [design, setDesign] = useState(() => ({ ...first, numbers: first.blocks.map((_, at) => at) }));
  const add = useRef<HTMLButtonElement>(null);
  const put = (blocks: Block[], numbers: number[], background = design.background) => {
    const changed = { ...design, background, blocks };
    setDesign({ ...changed, numbers });
    onChange(writeBlocks(changed));
  };
  const { blocks, numbers } = design;
  const change = (at: number, block: Block) => put(blocks.with(at, block), numbers);
  const move = (at: number, to: number) => put(moved(blocks, at, to), moved(numbers, at, to));
  const remove = (at: number) => {
    put(blocks.toSpliced(at, 1), numbers.toSpliced(at, 1));
    add.current?.focus();
  };
  return (
    <Stack gap="sm" data-blocks={blocks.length}>
      {blocks.length === 0 && <Text size="sm" c="dimmed">{t('blocks.none')}</Text>}
      <Stack gap="sm" component="ol" m={0} p={0} aria-label={t('blocks.title')}>
        {blocks.map((block, at) => (
          <Paper key={numbers[at]} component="li" withBorder p="sm" className={classes.block} data-block={block.kind}>
            <Group justify="space-between" wrap="nowrap" mb={6}>
              <Text size="xs" fw={650} c="dimmed">{t(`blocks.kind.${block.kind}`)}</Text>
              <Group gap={2} wrap="nowrap">
                <ActionIcon variant="subtle" color="gray" size="sm" disabled={at === 0} aria-label={t('blocks.up', { place: at + 1 })} onClick={() => move(at, at - 1)}><IconArrowUp size={15} /></ActionIcon>
                <ActionIcon variant="subtle" color="gray" size="sm" disabled={at === blocks.length - 1} aria-label={t('blocks.down', { place: at + 1 })} onClick={() => move(at, at + 1)}><IconArrowDown size={15} /></ActionIcon>
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t('blocks.remove', { place: at + 1 })} onClick={() => remove(at)}><IconTrash size={15} /></ActionIcon>
              </Group>
            </Group>
            <Fields block={block} onChange={(changed) => change(at, changed)} />
          </Paper>
        ))}
      </Stack>
      <Group gap="sm" align="flex-end">
        <Menu withinPortal position="bottom-start">
          <Menu.Target>
            <Button ref={add} size="compact-sm" variant="light" leftSection={<IconPlus size={14} />}>{t('blocks.add')}</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {BLOCK_KINDS.map((kind) => (
              <Menu.Item
                key={kind}
                onClick={() => {
                  next.current += 1;
                  put([...blocks, newBlock(kind)], [...numbers, next.current]);
                }}
              >
                {t(`blocks.kind.${kind}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        {blocks.length > 0 && <ColorInput withEyeDropper={false} size="xs" w={150} label={t('blocks.background')} value={design.background} onChange={(background) => put(blocks, numbers, background)} />}
      </Group>
    </Stack>
  );
}

function moved<T>(of: T[], from: number, to: number): T[] {
  const rest = of.toSpliced(from, 1);
  return rest.toSpliced(to, 0, of[from]!);
}

function Fields({ block, onChange }: { block: Block; onChange: (block: Block) => void }) {
  const { t } = useTranslation();
  const line = (name: string, label: string, placeholder?: string) => (
    <TemplateField kind="line" template label={label} placeholder={placeholder} value={String((block as unknown as Record<string, unknown>)[name] ?? '')} onChange={(value) => onChange({ ...block, [name]: value } as Block)} />
  );
  switch (block.kind) {
    case 'heading':
      return <Stack gap="xs">{line('text', t('blocks.text'))}<Side value={block.align} onChange={(align) => onChange({ ...block, align })} /></Stack>;
    case 'text':
      return (
        <Stack gap="xs">
          <TemplateField kind="text" template label={t('blocks.text')} description={t('blocks.marks')} value={block.text} onChange={(text) => onChange({ ...block, text })} />
          <Side value={block.align} onChange={(align) => onChange({ ...block, align })} />
        </Stack>
      );
    case 'footer':
      return <TemplateField kind="text" template label={t('blocks.text')} description={t('blocks.footerHint')} value={block.text} onChange={(text) => onChange({ ...block, text })} />;
    case 'image':
      return <Stack gap="xs">{line('src', t('blocks.address'), 'https://example.com/picture.png')}{line('alt', t('blocks.alt'))}{line('href', t('content.field.link'), 'https://example.com/')}</Stack>;
    case 'button':
      return (
        <Stack gap="xs">
          {line('text', t('content.buttonTitle'))}
          {line('href', t('content.field.link'), 'https://example.com/')}
          <Group gap="sm" align="flex-end">
            <Side value={block.align} onChange={(align) => onChange({ ...block, align })} />
            <ColorInput withEyeDropper={false} size="xs" w={150} label={t('blocks.colour')} value={block.colour} onChange={(colour) => onChange({ ...block, colour })} />
          </Group>
        </Stack>
      );
    case 'columns': return <Columns block={block} onChange={onChange} />;
    case 'products': return <Products block={block} onChange={onChange} />;
    default: return null;
  }
}

const SIDES: readonly Align[] = ['start', 'center', 'end'];

function Side({ value, onChange }: { value: Align; onChange: (align: Align) => void }) {
  const { t } = useTranslation();
  return <SegmentedControl size="xs" aria-label={t('blocks.align')} style={{ alignSelf: 'flex-start' }} value={value} onChange={(align) => onChange(align as Align)} data={SIDES.map((align) => ({ value: align, label: t(`blocks.side.${align}`) }))} />;
}

type Of<K extends BlockKind> = Block & { kind: K };

function Columns({ block, onChange }: { block: Of<'columns'>; onChange: (block: Block) => void }) {
  const { t } = useTranslation();
  const { cells } = block;
  return (
    <Stack gap="xs">
      {cells.map((cell, at) => (
        // A column has no identity but its place.
        // eslint-disable-next-line react/no-array-index-key
        <Stack key={at} gap={6} className={classes.cell} role="group" aria-label={t('blocks.column', { place: at + 1 })}>
          <Group justify="space-between">
            <Text size="xs" c="dimmed">{t('blocks.column', { place: at + 1 })}</Text>
            {cells.length > 1 && <CloseButton size="sm" aria-label={t('blocks.removeColumn', { place: at + 1 })} onClick={() => onChange({ ...block, cells: cells.toSpliced(at, 1) })} />}
          </Group>
          <TemplateField kind="line" template label={t('content.field.image')} placeholder="https://example.com/picture.png" value={cell.image} onChange={(image) => onChange({ ...block, cells: cells.with(at, { ...cell, image }) })} />
          <TemplateField kind="text" template label={t('blocks.text')} value={cell.text} onChange={(text) => onChange({ ...block, cells: cells.with(at, { ...cell, text }) })} />
        </Stack>
      ))}
      {cells.length < CELLS_MAX && <Button size="compact-xs" variant="subtle" style={{ alignSelf: 'flex-start' }} leftSection={<IconPlus size={13} />} onClick={() => onChange({ ...block, cells: [...cells, { image: '', text: '' }] })}>{t('blocks.addColumn')}</Button>}
    </Stack>
  );
}

/** A name of a property: what would end the expression that it stands in is left out. */
const nameOnly = (text: string) => text.replace(/[^\p{L}\p{N}_.-]/gu, '');
const keyOnly = (text: string) => nameOnly(text).replaceAll('.', '');

function Products({ block, onChange }: { block: Of<'products'>; onChange: (block: Block) => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Text size="xs" c="dimmed">{t('blocks.productsHint')}</Text>
      <Group gap="xs" align="flex-end">
        <TextInput size="xs" w={150} label={t('blocks.list')} dir="ltr" value={block.list} onChange={(event) => onChange({ ...block, list: nameOnly(event.currentTarget.value) || 'items' })} />
        {(['name', 'price', 'image', 'link'] as const).map((key) => (
          <TextInput key={key} size="xs" w={120} label={t(`blocks.product.${key}`)} dir="ltr" required={key === 'name'} value={block[key]} onChange={(event) => onChange({ ...block, [key]: keyOnly(event.currentTarget.value) || (key === 'name' ? 'name' : '') })} />
        ))}
        <NumberInput size="xs" w={90} label={t('blocks.most')} min={1} max={PRODUCTS_MAX} allowDecimal={false} value={block.most} onChange={(most) => onChange({ ...block, most: typeof most === 'number' ? Math.min(Math.max(most, 1), PRODUCTS_MAX) : 1 })} />
      </Group>
    </Stack>
  );
}
