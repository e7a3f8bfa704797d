// Writes TypeScript for what a server knows of events and attributes. No files, no network.

/** Types of the schema registry and kinds of the catalogue. */
const TYPES = {
  text: 'string',
  number: 'number',
  integer: 'number',
  int: 'number',
  float: 'number',
  boolean: 'boolean',
  bool: 'boolean',
  time: 'string | Date',
  list: 'readonly unknown[]',
};

/** The text of a declaration file for an answer of `GET /api/schema` or `GET /api/catalogue`. */
export function declarations(schema, { open = false, module = '@perennial/web' } = {}) {
  const events = schema.events.filter(wanted).filter(({ derived }) => !derived).map((event) => ({ ...event, fields: (event.properties ?? []).filter(ours).map(field) }));
  const traits = schema.attributes.filter(wanted).filter(ours).map(field);
  const lines = [
    '// Written by perennial-types from what the server knows. Run it again instead of changing this file.',
    `import '${module}';`,
    '',
    `declare module '${module}' {`,
    '  interface PerennialEvents {',
  ];
  if (open) lines.push('    [event: string]: object;');
  for (const { name, declared, fields } of events.toSorted(byName)) {
    lines.push(...comment(declared?.description, '    '), `    ${key(name)}: ${object(fields, '    ')};`);
  }
  lines.push('  }', '', '  interface PerennialTraits {');
  if (open) lines.push('    [trait: string]: unknown;');
  lines.push(...members(traits, '    '), '  }', '}', '');
  return lines.join('\n');
}

const byName = (a, b) => (a.name < b.name ? -1 : 1);

/** Not what is refused anyway. */
const wanted = ({ declared, discarded }) => declared?.status !== 'blocked' && !discarded?.blocked;

/** Not what libraries add by themselves. */
const ours = ({ name }) => !name.startsWith('context.') && !name.startsWith('$');

function field({ name, kinds, seen, declared }) {
  const type = declared?.type && declared.type !== 'any' ? declared.type : undefined;
  const names = type ? [type] : (kinds ?? (declared ? [] : seen?.types.map((share) => share.type)) ?? []);
  const types = [...new Set(names.map((known) => TYPES[known] ?? 'unknown'))].sort();
  const allowed = declared?.allowed?.length ? declared.allowed.map((value) => JSON.stringify(value)) : undefined;
  return { path: name.split('.'), type: (allowed ?? types).join(' | ') || 'unknown', required: declared?.required === true, description: declared?.description };
}

/** A name with a dot is a field of an object, or of the objects of a list. */
function members(fields, indent) {
  const roots = new Map();
  for (const found of fields) {
    const [root] = found.path;
    roots.set(root, [...(roots.get(root) ?? []), found]);
  }
  return [...roots].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([root, found]) => {
    const plain = found.find(({ path }) => path.length === 1);
    const nested = found.filter(({ path }) => path.length > 1).map((inner) => ({ ...inner, path: inner.path.slice(1) }));
    const types = [plain?.type, nested.length > 0 ? inside(nested, indent) : undefined].filter(Boolean);
    const required = found.some((inner) => inner.required);
    return [...comment(plain?.description, indent), `${indent}${key(root)}${required ? '' : '?'}: ${types.join(' | ')};`];
  });
}

/** A list of objects is seen as lists of their fields. */
function inside(fields, indent) {
  const lists = fields.every(({ type }) => type === TYPES.list);
  const values = lists ? fields.map((found) => ({ ...found, type: 'unknown' })) : fields;
  const one = object(values, indent);
  return lists ? `readonly ${one}[] | ${object(fields, indent)}` : one;
}

const object = (fields, indent) => (fields.length === 0 ? 'Record<string, never>' : `{\n${members(fields, `${indent}  `).join('\n')}\n${indent}}`);

const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function comment(text, indent) {
  const line = (text ?? '').replace(/\s+/g, ' ').replaceAll('*/', '* /').trim();
  return line ? [`${indent}/** ${line} */`] : [];
}
