// In which direction a language is written, as the server knows it.

const LANGUAGES = new Set(['ar', 'he', 'iw', 'fa', 'ur', 'ps', 'sd', 'ug', 'yi', 'ckb', 'dv', 'syr', 'prs']);
const SCRIPTS = new Set(['arab', 'hebr', 'thaa', 'syrc', 'nkoo', 'adlm']);

export function rightToLeft(locale: string): boolean {
  const [language = '', ...rest] = locale.toLowerCase().split(/[-_]/);
  const script = rest.find((part) => part.length === 4);
  return script === undefined ? LANGUAGES.has(language) : SCRIPTS.has(script);
}
