import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` sends API calls. */
const server = process.env.PERENNIAL_URL ?? 'http://127.0.0.1:7300';

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    target: 'es2022',
    manifest: true,
    chunkSizeWarningLimit: 700,
    // What most pages share is one file: many small ones compress worse.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', test: /node_modules/, minShareCount: 20 }] } } },
  },
  server: { proxy: { '/api': server, '/v1': server } },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
