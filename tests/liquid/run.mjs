// Compares our templates with liquidjs: the text suites of the crate, then random templates.
//
//   npm ci && node run.mjs [templates] [seed]
//
// With REFERENCE="ruby reference.rb" the same with the reference engine instead of liquidjs.
//
// Needs the example of the crate: `cargo build -p message --example render`. RENDER names it if the
// target folder is elsewhere.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Liquid } from "liquidjs";
import { explain, explainReference, same } from "./exceptions.mjs";
import { Generator } from "./generate.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const suites = `${root}crates/message/suites/`;
const render = process.env.RENDER ?? `${root}target/debug/examples/render`;
const data = JSON.parse(readFileSync(`${suites}data.json`, "utf8"));

const NOW = Date.parse("2026-11-20T10:05:09Z");
const liquid = new Liquid({ timezoneOffset: 0, greedy: true, strictFilters: true });
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(NOW);
    else super(...args);
  }
  static now() {
    return NOW;
  }
};

function theirs(template) {
  try {
    return { output: liquid.parseAndRenderSync(template, structuredClone(data)) };
  } catch (error) {
    return { error: String(error.message).split("\n")[0] };
  }
}

/** What a program makes of templates: one line of JSON in, one line out. */
function piped(command, templates) {
  const [program, ...args] = command.split(" ");
  const input = templates.map((template) => JSON.stringify({ template, data })).join("\n");
  const done = spawnSync(program, args, { input: `${input}\n`, maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new Error(`${command}: ${done.error ?? done.stderr}`);
  return done.stdout.toString().trim().split("\n").map((line) => JSON.parse(line));
}

function cases() {
  const found = [];
  for (const name of ["text", "lists", "numbers", "dates", "tags"]) {
    const suite = readFileSync(`${suites}${name}.md`, "utf8");
    const inside = suite.split("```cases\n")[1].split("\n```")[0];
    for (const line of inside.split("\n")) {
      const at = line.indexOf(" =>");
      const template = line.slice(0, at).replaceAll("\\n", "\n");
      const [expected, differs] = line.slice(at + 3).split("# differs:");
      found.push({ name, template, expected: expected.replaceAll("\\n", "\n").trim(), differs });
    }
  }
  return found;
}

const reference = process.env.REFERENCE;
let wrong = 0;
// What the suites say of differences is about liquidjs.
for (const { name, template, expected, differs } of reference ? [] : cases()) {
  const { output, error } = theirs(template);
  const equal = output?.trim() === expected;
  if (equal === (differs === undefined)) continue;
  wrong += 1;
  const what = equal ? "is marked as different, and is not" : `renders ${JSON.stringify(output ?? error)} there`;
  console.log(`suite ${name}: ${template} ${what}`);
}

const n = Number(process.argv[2] ?? 5000);
const seed = Number(process.argv[3] ?? 1);
const templates = Array.from({ length: n }, (_, i) => new Generator(seed * 1_000_003 + i).template());
const answers = piped(render, templates);
const others = reference ? piped(reference, templates) : templates.map(theirs);
const reasonFor = reference ? explainReference : explain;
const reasons = new Map();
let shown = 0;
let equal = 0;
// Short templates first: what they show is read at a glance.
const order = [...templates.keys()].sort((a, b) => templates[a].length - templates[b].length);
for (const i of order) {
  const template = templates[i];
  const mine = answers[i];
  const other = others[i];
  if (same(mine, other)) {
    equal += 1;
    continue;
  }
  const reason = reasonFor(template, mine, other);
  if (reason) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    continue;
  }
  wrong += 1;
  if (shown++ < 20) {
    console.log(`\nrandom ${i}: ${template}`);
    console.log(`  ours   ${JSON.stringify(mine.output ?? mine)}`);
    console.log(`  theirs ${JSON.stringify(other.output ?? other)}`);
  }
}
console.log(`\n${n} random templates: ${equal} equal, ${wrong} unexplained differences`);
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`  ${count} × ${reason}`);
process.exit(wrong > 0 ? 1 : 0);
