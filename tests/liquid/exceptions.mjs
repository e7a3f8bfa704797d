// What the two engines are known to disagree on, and why ours is as it is. Each was looked at by
// hand; whatever is not listed here fails the comparison.

/** Differences of form, taken out of both before comparing. */
function plain(text) {
  return text
    .replaceAll("&#34;", "&quot;") // the reference engine writes &quot;
    .replace(/(\d)\.0(?!\d)/g, "$1") // a whole float has no fraction, as in liquidjs
    .replace(/(<tr class="row1">|<\/tr>)\n/g, "$1") // the reference engine breaks lines between rows
    .replace(/-?\d+\.\d{4,}/g, (digits) => String(Number(Number(digits).toPrecision(13)))); // noise of floats
}

export function same(ours, theirs) {
  if (ours.output === undefined || theirs.output === undefined) return false;
  return ours.output === theirs.output || plain(ours.output) === plain(theirs.output);
}

/** A reason, and whether it holds for a template and what became of it. */
const REASONS = [
  ["a map renders as its JSON", (template, ours, theirs) => theirs.output?.includes("[object Object]")],
  ["whole numbers divide to whole numbers", (template) => /divided_by: (2\b(?!\.)|seven)/.test(template)],
  [
    "the JSON of an absent variable is null",
    (template) => /\| json/.test(template) && /absent|person\.nobody|first|last|find|map:|person\.tags\[|default/.test(template),
  ],
  ["the JSON of an absent variable is null", (template) => /\b[st] \|.*json/.test(template)],
  ["entries of a map are counted", (template) => /items.* \| (last|first|find).*\| size/s.test(template)],
  ["numbers and texts in one list: numbers first", (template) => /(push|unshift|concat|map: 'kind').*sort/.test(template)],
  ["else when options leave nothing to go over", (template) => /(limit|offset): .*\belse\b/s.test(template)],
  ["a text has no elements", (template) => /i\[0\]/.test(template)],
  ["what is absent is nothing", (template) => /[=!]= (absent|nothing|nil|person\.nobody)|(absent(\.x)?|nothing|nil) [=!]=/.test(template)],
  ["a part of nothing is the empty text", (template) => /(nothing|absent) \| slice/.test(template)],
  ["decimal digits, not the last bits of a float", (template) => /modulo: 2\.5|(\d\.\d|price).* \| (modulo|minus|plus|times)/.test(template)],
  ["&quot; as in the reference engine, and what is made of it", (template) => /escape(_once)? \|/.test(template)],
  ["a sentence is a text, also of one number", (template) => /array_to_sentence_string \| (size|json)/.test(template)],
  ["what is no instant stays as it is", (template) => /(join|prepend).* \| date/.test(template)],
  ["what is absent is nothing", (template) => /when .*\b(absent|nothing|nil|s|t|person\.nobody)\b/.test(template)],
  ["blanks at the ends go too", (template) => /normalize_whitespace/.test(template)],
  ["offset: continue begins where the loop before it ended", (template) => /offset: continue/.test(template)],
  ["a map renders as its JSON", (template) => /(items|find: 'kind').*append: .*size/s.test(template)],
  ["nothing renders as nothing", (template) => /map: 'kind'.*array_to_sentence/.test(template)],
  ["signs are encoded as in the reference engine", (template) => /url_encode/.test(template)],
  ["words: a sign for what was cut only if something was cut", (template) => /truncatewords/.test(template)],
  [
    "a text counts as the number it begins with",
    (template) => /('12'|'x'|base64_encode|join|date:|prepend: seven|append|sentence_string).*\| (plus|times|abs)/.test(template),
  ],
];

export function explain(template, ours, theirs) {
  return REASONS.find(([, holds]) => holds(template, ours, theirs))?.[0];
}

function squeezed(text) {
  return text === undefined ? undefined : plain(text).replace(/\s+/g, "");
}

/** The same for the reference engine. */
const REFERENCE_REASONS = [
  ["cycles of variables go on, as in liquidjs", (template) => /cycle name, seven/.test(template)],
  [
    "a list renders as its elements, also where a text is wanted",
    (template) => /(split|words|numbers|tags|none|map|items)[^{}]*\| (default|first|last)[^{}]*\| (append|prepend)/.test(template),
  ],
  ["a blank at the end is no word that was cut", (template) => /truncatewords/.test(template)],
  ["blank is Rails' and not defined there", (template) => /blank/.test(template)],
  ["a whole float has no fraction, as in liquidjs", (template) => /2\.5|1\.5|price/.test(template)],
  ["blocks of blanks are kept, as in liquidjs", (template, ours, theirs) => squeezed(ours.output) === squeezed(theirs.output)],
  ["a text counts as a list of itself in loops, with its options", (template) => /for i in (name|mixed)/.test(template)],
  ["reversed may stand behind other options", (template) => /(limit|offset): \S+ reversed|(limit|offset): \S+ (limit|offset)/.test(template)],
  ["a range is the list of its numbers", (template) => /\(\w+\.\.\w+\)/.test(template)],
  ["a number has no size", (template) => /size/.test(template)],
  ["a map renders as its JSON", (template, ours, theirs) => theirs.output?.includes('"=>')],
  [
    "not in that version of the reference engine",
    (template) =>
      /\| (json|sum|reject|find|find_index|has|push|pop|shift|unshift|array_to_sentence_string|normalize_whitespace|number_of_words)\b/.test(
        template,
      ) || /\bnot\b|endtablerow|\[-1\]|compact: 'kind'/.test(template),
  ],
];

export function explainReference(template, ours, theirs) {
  return REFERENCE_REASONS.find(([, holds]) => holds(template, ours, theirs))?.[0];
}
