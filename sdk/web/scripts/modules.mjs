// modules/: every source file by itself, for the unit tests.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
await build({
  absWorkingDir: root,
  entryPoints: readdirSync(join(root, 'src')).map((file) => `src/${file}`),
  outdir: 'modules',
  format: 'esm',
  target: 'es2022',
  define: { VERSION: '"test"' },
});
