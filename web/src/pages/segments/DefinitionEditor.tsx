// The text form in an editor that is loaded when it is first needed.

import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { CodeEditorProps } from './CodeEditor';

const CodeEditor = lazy(() => import('./CodeEditor'));

export function DefinitionEditor(props: CodeEditorProps) {
  return <Suspense fallback={<Skeleton height={120} radius="md" />}><CodeEditor {...props} /></Suspense>;
}
