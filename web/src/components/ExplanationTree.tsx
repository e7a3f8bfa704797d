// Why a definition holds for someone, or does not: every condition with its own answer, the
// reason, and the events that decided it.

import { Box, Group, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ExplanationNode } from '../api/types';
import { When } from './When';

const EVENTS_SHOWN = 5;

export function ExplanationTree({ node }: { node: ExplanationNode }) {
  const { t } = useTranslation();
  const Mark = node.holds ? IconCheck : IconX;
  return (
    <Stack gap="xs">
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <ThemeIcon size={22} radius="xl" variant="light" color={node.holds ? 'teal' : 'red'} mt={4} role="img" aria-label={node.holds ? t('explain.holds') : t('explain.fails')}>
          <Mark size={14} stroke={2.4} aria-hidden />
        </ThemeIcon>
        <Box miw={0} style={{ flex: 1 }}>
          <div className="definition" style={{ padding: '2px 8px', display: 'inline-block' }}>{node.text}</div>
          {node.reason && <Text size="sm" c="dimmed" mt={2}><bdi>{node.reason}</bdi></Text>}
          {node.events.length > 0 && (
            <Group gap="xs" mt={4}>
              {node.events.slice(0, EVENTS_SHOWN).map((event) => (
                <Text key={event.id} size="xs" component="span" px={8} py={2} style={{ border: '1px solid var(--hairline)', borderRadius: 6 }}>
                  <b>{event.name}</b> · <When at={event.time} />
                </Text>
              ))}
              {node.events.length > EVENTS_SHOWN && <Text size="xs" c="dimmed">{t('common.more', { shown: node.events.length - EVENTS_SHOWN })}</Text>}
            </Group>
          )}
        </Box>
      </Group>
      {node.children.length > 0 && (
        <Stack gap="xs" ms={11} ps="md" style={{ borderInlineStart: '2px solid var(--hairline)' }}>
          {node.children.map((child, at) => <ExplanationTree key={`${at}${child.text}`} node={child} />)}
        </Stack>
      )}
    </Stack>
  );
}
