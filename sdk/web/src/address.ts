// Changes of the address without a new page, as single-page applications make them.

/** Calls back with the address before, whenever path or search have changed. */
export function watchAddress(changed: (before: string) => void) {
  let last = location.href;
  const look = () => {
    // The router sets the title after the address.
    setTimeout(() => {
      const before = last;
      last = location.href;
      if (before.split('#')[0] !== last.split('#')[0]) changed(before);
    });
  };
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (this: History, ...rest: Parameters<History['pushState']>) {
      original.apply(this, rest);
      look();
    };
  }
  addEventListener('popstate', look);
}
