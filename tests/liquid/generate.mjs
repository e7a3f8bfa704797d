// Random templates, the same for the same seed: tags and filters in every combination, over the data
// of the suites. What the engines are known to disagree on is in `exceptions.mjs`, not here.

/** A stream of random numbers (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class Generator {
  constructor(seed) {
    this.next = random(seed);
    this.loops = 0;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  template() {
    this.loops = 0;
    return this.block(this.below(4));
  }

  block(depth) {
    const n = 1 + this.below(3);
    return Array.from({ length: n }, () => this.node(depth)).join("");
  }

  node(depth) {
    const kinds = ["text", "output", "output", "output", "assign", "capture", "counter", "cycle", "comment"];
    if (depth > 0) kinds.push("if", "unless", "case", "for", "for", "tablerow", "liquid", "raw");
    if (this.loops > 0) kinds.push("loop", "loop", "jump");
    return this[kinds[this.below(kinds.length)]](depth);
  }

  text() {
    return this.pick([" a ", "\n", "x", " ", "ğ", "<b>", "}", "{ ", "%"]);
  }

  dash() {
    return this.below(6) === 0 ? "-" : "";
  }

  tag(text) {
    return `{%${this.dash()} ${text} ${this.dash()}%}`;
  }

  output() {
    return `{{${this.dash()} ${this.chain()} ${this.dash()}}}`;
  }

  /** A value of a kind: text, number, list of texts or numbers, list of maps. */
  of(kind) {
    const inLoop = this.loops > 0 && this.below(3) === 0;
    switch (kind) {
      case "text":
        return this.pick([
          "'a'", "\"B c\"", "''", "'x,y,z'", "'<i>&amp;'", "' p '", "'12'", "name", "html", "text", "lines", "padded",
          "empty_text", "person.first", "person.address.city", "items[0].title", "items[1]['title']", "person.tags[-1]", "t",
        ]);
      case "number":
        if (inLoop) return "forloop.index";
        return this.pick([
          "1", "0", "-2", "2.5", "zero", "seven", "minus", "price", "big", "items.first.price", "numbers[0]", "numbers.last",
          "words.size", "person.tags.size", "items[zero].price",
        ]);
      case "list":
        return this.pick(["numbers", "words", "none", "person.tags", "(1..3)", "(zero..2)", "(2..seven)", "nothing", "absent"]);
      default:
        return "items";
    }
  }

  value() {
    const n = this.below(12);
    if (n < 5) return this.of("text");
    if (n < 9) return this.of("number");
    if (n === 9) return this.pick(["true", "false", "yes", "no"]);
    if (n === 10) return this.pick(["nil", "nothing", "absent", "absent.x", "person.nobody"]);
    return this.of("list");
  }

  list() {
    return this.below(3) === 0 ? this.pick(["items", "person.address", "name", "mixed"]) : this.of("list");
  }

  /** A value and filters that make sense for what comes out of the one before. */
  chain() {
    let kind = this.pick(["text", "text", "number", "list", "maps", "nil"]);
    let out = kind === "nil" ? this.pick(["nothing", "absent.x", "no"]) : this.of(kind);
    for (let n = this.below(5); n > 0; n--) {
      const [filter, becomes] = this.filter(kind);
      out += ` | ${filter}`;
      kind = becomes;
    }
    if (kind === "maps") out += " | map: 'title' | join: ' '";
    return out;
  }

  filter(kind) {
    const text = () => this.pick(["'a'", "','", "'o'", "name", "' '", "'th'", "seven", "person.first"]);
    const number = () => this.pick(["2", "3", "0", "-1", "1.5", "seven", "price"]);
    const n = this.below(12);
    if (kind === "nil") {
      return n < 6 ? [`default: ${this.of("text")}`, "text"] : n < 9 ? [`append: ${text()}`, "mostly text"] : ["size", "number"];
    }
    if (n === 0) return [`default: ${this.of("text")}`, kind === "text" ? "text" : "any"];
    if (n === 1 && kind !== "any") return ["size", "number"];
    if (n === 2 && kind !== "list") return ["json", "any"];
    if (kind === "text") return this.ofText(text);
    if (kind === "number") return this.ofNumber(number);
    if (kind === "list") return this.ofList(text);
    if (kind === "maps") return this.ofMaps();
    return [`append: ${text()}`, "any"];
  }

  ofText(text) {
    const same = () => [
      this.pick(["upcase", "downcase", "capitalize", "strip", "lstrip", "rstrip", "strip_newlines", "newline_to_br", "escape",
        "escape_once", "strip_html", "url_encode", "base64_encode", "normalize_whitespace"]),
      "text",
    ];
    return this.pick([
      same, same, same,
      () => [`${this.pick(["append", "prepend", "remove", "remove_first", "remove_last"])}: ${text()}`, "text"],
      () => [`${this.pick(["replace", "replace_first", "replace_last"])}: ${text()}, ${text()}`, "text"],
      () => [`slice: ${this.pick(["0", "1", "-1", "-2"])}, ${this.pick(["1", "2", "3"])}`, "text"],
      () => [`truncate: ${this.pick(["5", "12", "3", "200"])}`, "text"],
      () => [`truncatewords: ${this.pick(["1", "2", "20"])}, '~'`, "text"],
      () => [`split: ${this.pick(["','", "'o'", "''", "'th'"])}`, "list"],
      () => ["number_of_words", "number"],
      () => [this.pick(["plus: 2", "times: 3", "abs"]), "number"],
      () => [`date: ${this.pick(["'%Y-%m-%d'", "'%H:%M'"])}`, "text"],
    ])();
  }

  ofNumber(number) {
    return this.pick([
      () => [`${this.pick(["plus", "minus", "times", "at_least", "at_most"])}: ${number()}`, "number"],
      () => [`${this.pick(["plus", "minus", "times"])}: ${number()}`, "number"],
      () => [`divided_by: ${this.pick(["2", "2.5", "seven"])}`, "number"],
      () => [`modulo: ${this.pick(["2", "3", "2.5"])}`, "number"],
      () => [this.pick(["abs", "ceil", "floor", "round", "round: 1", "round: 2"]), "number"],
      () => [this.pick(["append: 'x'", "prepend: 'x'"]), "text"],
      () => [`date: ${this.pick(["'%Y-%m-%d'", "'%H:%M:%S'", "'%a %b %e'", "'%-d.%-m.%y'", "'%j %u'", "'%I %p %L'"])}`, "any"],
    ])();
  }

  ofList(text) {
    return this.pick([
      () => [this.pick(["reverse", "sort", "sort_natural", "uniq", "compact", "shift", "pop"]), "list"],
      () => [this.pick(["first", "last"]), "any"],
      () => [`concat: ${this.pick(["numbers", "words", "none"])}`, "list"],
      () => [`${this.pick(["push", "unshift"])}: ${text()}`, "list"],
      () => [this.pick(["join", `join: ${text()}`, "array_to_sentence_string"]), "text"],
      () => [`slice: ${this.pick(["0", "1", "-1", "-2"])}, ${this.pick(["1", "2", "3"])}`, "list"],
    ])();
  }

  ofMaps() {
    return this.pick([
      () => [`map: ${this.pick(["'title'", "'price'", "'kind'"])}`, "list"],
      () => [`${this.pick(["where", "reject"])}: ${this.pick(["'kind', 'thing'", "'left'", "'price', 3"])}`, "maps"],
      () => [`sort: ${this.pick(["'price'", "'title'"])}`, "maps"],
      () => ["sum: 'price'", "number"],
      () => [`${this.pick(["find", "find_index", "has"])}: 'kind', 'thing'`, "any"],
      () => [this.pick(["reverse", "shift", "pop"]), "maps"],
      () => [this.pick(["first", "last"]), "any"],
    ])();
  }

  condition() {
    const one = () => {
      const order = this.pick(["==", "!=", "<", ">", "<=", ">="]);
      switch (this.below(7)) {
        case 0:
          return this.value();
        case 1:
          return `not ${this.value()}`;
        case 2:
          return `${this.of("text")} ${order} ${this.of("text")}`;
        case 3:
          return `${this.of("number")} ${order} ${this.of("number")}`;
        case 4:
          return `${this.value()} ${this.pick(["==", "!="])} ${this.pick(["empty", "blank", "nil"])}`;
        case 5:
          return `${this.pick(["words", "numbers", "none", "text", "name", "html", "absent"])} contains ${this.pick(["'A'", "'the'", "2", "'ş'", "person.first"])}`;
        default:
          return `${this.value()} ${this.pick(["==", "!="])} ${this.value()}`;
      }
    };
    let out = one();
    for (let n = this.below(3); n > 0; n--) out += ` ${this.pick(["and", "or"])} ${one()}`;
    return out;
  }

  if(depth) {
    let out = this.tag(`if ${this.condition()}`) + this.block(depth - 1);
    if (this.below(3) === 0) out += this.tag(`elsif ${this.condition()}`) + this.block(depth - 1);
    if (this.below(2) === 0) out += this.tag("else") + this.block(depth - 1);
    return out + this.tag("endif");
  }

  unless(depth) {
    const otherwise = this.below(2) === 0 ? this.tag("else") + this.block(depth - 1) : "";
    return this.tag(`unless ${this.condition()}`) + this.block(depth - 1) + otherwise + this.tag("endunless");
  }

  case(depth) {
    let out = this.tag(`case ${this.value()}`);
    for (let n = 1 + this.below(2); n > 0; n--) {
      const values = [this.value(), this.value()].slice(0, 1 + this.below(2)).join(this.pick([", ", " or "]));
      out += this.tag(`when ${values}`) + this.block(depth - 1);
    }
    if (this.below(2) === 0) out += this.tag("else") + this.block(depth - 1);
    return out + this.tag("endcase");
  }

  for(depth) {
    const options = [
      this.below(4) === 0 ? ` limit: ${this.pick(["2", "0", "seven"])}` : "",
      this.below(4) === 0 ? ` offset: ${this.pick(["1", "0", "continue"])}` : "",
      this.below(5) === 0 ? " reversed" : "",
    ].join("");
    this.loops += 1;
    const body = this.block(depth - 1);
    this.loops -= 1;
    const otherwise = this.below(3) === 0 ? this.tag("else") + this.block(depth - 1) : "";
    return this.tag(`for i in ${this.list()}${options}`) + body + otherwise + this.tag("endfor");
  }

  tablerow(depth) {
    const loops = this.loops;
    this.loops = 0;
    const body = `{{ i }}${this.pick(["", "{{ tablerowloop.col }}", "{{ tablerowloop.last }}"])}` + this.block(depth - 1);
    this.loops = loops;
    const options = this.pick(["", " cols: 2", " cols: 2 limit: 3", " offset: 1"]);
    return this.tag(`tablerow i in ${this.pick(["numbers", "words", "(1..4)", "none"])}${options}`) + body + this.tag("endtablerow");
  }

  loop() {
    return this.pick([
      "{{ i }}", "{{ forloop.index }}", "{{ forloop.rindex0 }}", "{{ forloop.last }}", "{{ forloop.length }}",
      "{% if forloop.first %}1{% endif %}", "{{ i.title }}", "{{ i[0] }}",
    ]);
  }

  jump() {
    return `{% if forloop.index == ${1 + this.below(3)} %}{% ${this.pick(["break", "continue"])} %}{% endif %}`;
  }

  assign() {
    return this.tag(`assign ${this.pick(["s", "t"])} = ${this.chain()}`) + this.pick(["", "{{ s }}", "{{ t | size }}"]);
  }

  capture(depth) {
    return this.tag("capture s") + (depth > 0 ? this.block(depth - 1) : "c") + this.tag("endcapture") + "[{{ s }}]";
  }

  counter() {
    return this.tag(`${this.pick(["increment", "decrement"])} ${this.pick(["n", "m"])}`) + this.pick(["", "{{ n }}"]);
  }

  cycle() {
    return this.tag(this.pick(["cycle 'a', 'b'", "cycle 'g': 1, 2, 3", "cycle name, seven"]));
  }

  comment() {
    return this.pick(["{% comment %}{{ x }}{% if y %}{% endif %}{% endcomment %}", "{% # it is said %}"]);
  }

  raw() {
    return "{% raw %}{{ name }}{% if %}{% endraw %}";
  }

  liquid() {
    return `{% liquid\n  assign s = ${this.chain()}\n  if ${this.condition()}\n    echo s\n  else\n    echo ${this.chain()}\n  endif\n%}`;
  }
}
