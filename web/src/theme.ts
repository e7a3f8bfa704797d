// Look of the dashboard: colours, type, radii and defaults of components.

import { createTheme, type MantineColorsTuple } from '@mantine/core';

const evergreen: MantineColorsTuple = [
  '#effaf7', '#d9f2ec', '#b2e5d9', '#84d4c3', '#53bda9', '#2fa08c', '#16877a', '#0f766e', '#0b5f59', '#084a46',
];

export const theme = createTheme({
  primaryColor: 'evergreen',
  primaryShade: 7,
  colors: { evergreen },
  fontFamily: '"Inter Variable", "Noto Sans Arabic Variable", system-ui, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, "DejaVu Sans Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.25' }, h2: { fontSize: '1.0625rem', lineHeight: '1.4' } },
  },
  components: {
    Paper: { defaultProps: { withBorder: true, radius: 'lg', p: 'lg' } },
    Table: { defaultProps: { verticalSpacing: 'sm', horizontalSpacing: 'sm' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200, events: { hover: true, focus: true, touch: true } } },
    Drawer: { defaultProps: { padding: 'lg' } },
    Modal: { defaultProps: { padding: 'lg', radius: 'lg' } },
  },
});
