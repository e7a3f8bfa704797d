// Fails the build when the first screen needs more script than the budget. It follows static
// imports of the entry and of the overview page; lazily loaded parts (charts, editors, other
// pages) are not counted.
import { readFileSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 200_000;
const FIRST_SCREEN = ['index.html', 'src/pages/overview/OverviewPage.tsx'];

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));
const files = new Set();

function collect(key) {
  const chunk = manifest[key];
  if (!chunk) throw new Error(`the manifest has no chunk ${key}`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const next of chunk.imports ?? []) collect(next);
}

FIRST_SCREEN.forEach(collect);
const bytes = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`dist/${file}`)).length, 0);
console.log(`first screen: ${(bytes / 1000).toFixed(1)} kB of script, gzipped (budget ${BUDGET_BYTES / 1000} kB)`);
// Only the budget needs the manifest; what is served should hold nothing else than the dashboard.
rmSync('dist/.vite', { recursive: true });
if (bytes > BUDGET_BYTES) process.exit(1);
