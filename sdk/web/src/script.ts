// The library as a script: takes the place of the snippet's stub and makes the calls that it kept.

import { type Call, createPerennial } from './index.js';

const page = window as unknown as { perennial?: Call[] | { replay: unknown } };
const stub = page.perennial;
if (!stub || Array.isArray(stub)) {
  const script = document.currentScript as HTMLScriptElement | null;
  const library = createPerennial(script?.src ? new URL(script.src).origin : undefined);
  page.perennial = library;
  if (stub) library.replay(stub as Call[]);
}
