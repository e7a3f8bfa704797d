// Something to know, beside what it is about. Unlike an error it interrupts nobody, and its title keeps the
// colour of text, which reads well on every tint.

import { Alert, type AlertProps } from '@mantine/core';

const INK = { title: { color: 'var(--mantine-color-text)' } };

export function Notice(props: AlertProps & { [attribute: `data-${string}`]: unknown }) {
  return <Alert role="note" variant="light" styles={INK} {...props} />;
}
