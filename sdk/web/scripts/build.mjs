// dist/: the script and the module, each with its source map, the types, and a package that
// `npm install` takes from an address. Fails when the script is larger than its budget.
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Of the script as it is sent. A page loads it before anything is measured. */
const BUDGET_BYTES = 12_000;

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
rmSync(dist, { recursive: true, force: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  sourcemap: true,
  sourcesContent: true,
  target: 'es2020',
  legalComments: 'none',
  define: { VERSION: JSON.stringify(version) },
};
await build({ ...common, entryPoints: ['src/script.ts'], outfile: 'dist/perennial.js', format: 'iife' });
await build({ ...common, entryPoints: ['src/index.ts'], outfile: 'dist/perennial.esm.js', format: 'esm' });

const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '--emitDeclarationOnly', '--outDir', 'dist/types'], { cwd: root, stdio: 'inherit' });

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const packed = JSON.parse(execFileSync(npm, ['pack', '--json', '--pack-destination', 'dist'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' }));
const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
renameSync(join(dist, filename), join(dist, 'perennial-web.tgz'));

let over = false;
for (const name of ['perennial.js', 'perennial.esm.js']) {
  const bytes = gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
  console.log(`${name}: ${bytes} bytes, gzipped (budget ${BUDGET_BYTES})`);
  over ||= bytes > BUDGET_BYTES;
}
if (over) process.exit(1);
