// The frame of a page: title, what it answers, actions; and of a part of it.

import { Box, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

interface PageProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Perennial`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="md">
        <Box miw={0}>
          <Title order={1} style={{ overflowWrap: 'anywhere' }}><bdi>{title}</bdi></Title>
          {lead && <Text c="dimmed" size="sm" mt={4} maw={680}>{lead}</Text>}
        </Box>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

interface SectionProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, lead, actions, children }: SectionProps) {
  return (
    <Paper component="section" miw={0}>
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <Box miw={0}>
          <Title order={2}>{title}</Title>
          {lead && <Text c="dimmed" size="sm" mt={2} maw={680}>{lead}</Text>}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Paper>
  );
}
