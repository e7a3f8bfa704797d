// Nothing to show yet: why, and an example that works.

import { Center, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconSeedling } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  children?: ReactNode;
}

export function EmptyState({ title, children }: Props) {
  return (
    <Center py="xl">
      <Stack align="center" gap="xs" maw={620}>
        <ThemeIcon size={44} radius="xl" variant="light"><IconSeedling /></ThemeIcon>
        <Text fw={600}>{title}</Text>
        {children}
      </Stack>
    </Center>
  );
}
