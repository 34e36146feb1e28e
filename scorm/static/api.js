// A SCO's session with the run-time, answered at once from the data model's table (model/README.md).
//
// The server's session.py reads the same table and checks every answer given here. Nothing below knows the name of an
// element, a function or an error: another version of SCORM is another table.

const LONGEST = 130_000; // UTF-16 code units of an argument that are read: beyond every legal value, and within a batch
const URGENT = new Set(["commit", "finish"]);
const RESERVED = /(^|\.)_(children|count|version)$/;
const INDEX = /^[0-9]{1,9}$/;
const TARGET = /^([^]*)\.\{([a-z]+)=([^]*)\}$/;

/** One error code of the table, thrown to leave the step that found it. */
class Fault {
  constructor(code) {
    this.code = code;
  }
}

export class Session {
  #model;
  #launch;
  #values;
  #given;
  #counts = new Map();
  #containers = new Set();
  #types = new Map();
  #state = "idle";
  #last = "0";

  /** `model` is the table; `launch` what the server froze for this session; `values` what earlier sessions left. */
  constructor(model, launch, values) {
    this.#model = model;
    this.#launch = launch;
    this.#values = new Map(Object.entries(values));
    this.#given = new Map(Object.entries(launch.given ?? {}));
    for (const pattern of Object.keys(model.elements)) prefixes(pattern).forEach((one) => this.#containers.add(one));
    const fill = fragments(model.fragments ?? {});
    for (const [name, type] of Object.entries(model.types)) this.#types.set(name, valueSpace(type, fill));
    for (const name of [...this.#given.keys(), ...this.#values.keys()]) this.#grow(placed(name));
  }

  /** The object a SCO looks for; `record(call, urgent)` gets each call as [seq, at, fn, args, answer, error]. */
  object(record) {
    let seq = 0;
    const functions = Object.entries(this.#model.functions).map(([fn, { takes }]) => [
      fn,
      (...given) => {
        const args = Array.from({ length: takes }, (_, place) => String(given[place] ?? "").slice(0, LONGEST));
        const at = new Date().toISOString();
        const { answer, error, urgent } = this.call(fn, args);
        record([++seq, at, fn, args, answer, error], urgent);
        return answer;
      },
    ]);
    return Object.fromEntries(functions);
  }

  /** Answer one call: {answer, error, urgent}; `error` is what the last error is afterwards. */
  call(fn, args) {
    const { verb, refused } = this.#model.functions[fn];
    const ask = Session.#ASKS[verb];
    if (ask) return { answer: ask(this, args), error: this.#last, urgent: false };
    try {
      if (refused[this.#state]) throw new Fault(refused[this.#state]);
      const { answer, urgent } = Session.#ACTS[verb](this, args);
      this.#last = "0";
      return { answer, error: this.#last, urgent: urgent || URGENT.has(verb) };
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      this.#last = fault.code;
      return { answer: verb === "get" ? "" : "false", error: this.#last, urgent: false };
    }
  }

  static #ACTS = {
    initialise: (session, args) => session.#enter("running", args),
    finish: (session, args) => session.#enter("finished", args),
    commit: (session, args) => session.#enter("running", args),
    get: (session, [name]) => ({ answer: session.#get(placed(name)), urgent: false }),
    set: (session, [name, value]) => ({ answer: "true", urgent: session.#set(placed(name), value) }),
  };

  // What asks about errors leaves the last error as it is.
  static #ASKS = {
    last_error: (session) => session.#last,
    error_string: (session, [code]) => textOf(session.#model.errors, code),
    diagnostic: (session, [code]) => textOf(session.#model.diagnostics ?? session.#model.errors, code || session.#last),
  };

  #enter(state, [argument]) {
    if (argument !== "") throw new Fault(this.#model.failures.argument);
    this.#state = state;
    return { answer: "true", urgent: false };
  }

  #get(place) {
    const { get: codes } = this.#model.failures;
    const element = this.#element(place.pattern);
    if (!element) throw new Fault(codes[this.#absent(place.pattern)]);
    if (place.indices.some(({ array, index }) => index >= this.#count(array))) throw new Fault(codes.index);
    if (!this.#may("r", place, element)) throw new Fault(codes.write_only);
    if (element.count) return String(this.#count(place.name.replace(/\._count$/, "")));
    const value = this.#found(place, element);
    if ((value === undefined || (element.clears && !value)) && codes.unset) throw new Fault(codes.unset);
    return value ?? "";
  }

  // Returns whether the change is one that cannot wait.
  #set(place, given) {
    const refuse = (failure) => {
      throw new Fault(this.#model.failures.set[failure]);
    };
    const element = this.#writable(place, refuse);
    const heard = (pattern) => this.#heard(beside(place, pattern));
    for (const { array, index } of place.indices) {
      const count = this.#count(array);
      if (index > count || index >= this.#model.array_limit || (element.fixed && index === count)) refuse("index");
    }
    if ((element.needs ?? []).some((needed) => heard(needed) === undefined)) refuse("needs");
    const { by, types } = element.type ?? {};
    const type = this.#types.get(by ? own(types, heard(by)) : element.type) ?? ANYTHING;
    const old = this.#values.get(place.name) ?? "";
    const value = element.append ? old + given : given;
    if (type.only && place.indices.at(-1).index) refuse("only");
    if (!type.typed(value)) refuse("type");
    if (!type.ranges(value)) refuse("range");
    if (element.once && (this.#heard(place.name) ?? value) !== value) refuse("once");
    if ((element.unlike || type.unlike) && this.#taken(place, type, value)) refuse("unlike");
    this.#values.set(place.name, value);
    this.#grow(place);
    return Boolean(element.flush) && value !== old;
  }

  #writable(place, refuse) {
    const element = this.#element(place.pattern);
    if (RESERVED.test(place.name)) refuse("keyword");
    if (!element) refuse(this.#hollow(place.pattern));
    if (!this.#may("w", place, element)) refuse("read_only");
    return element;
  }

  #element(pattern) {
    return own(this.#model.elements, pattern);
  }

  #may(way, { name }, element) {
    return (own(this.#launch.access ?? {}, name) ?? element.access).includes(way);
  }

  #found({ name, pattern }, element) {
    const told = element.from && this.#launch[element.from];
    const judgement = element.judged && this.#judgement(element.judged);
    return judgement ?? this.#heard(name) ?? this.#given.get(pattern) ?? (told || element.default);
  }

  #heard(name) {
    return this.#values.get(name) ?? this.#given.get(name);
  }

  #judgement({ measure, threshold, reached, short, unmeasured }) {
    const value = (name) => this.#found({ name, pattern: name }, this.#element(name));
    if (!value(threshold)) return undefined;
    if (!value(measure)) return unmeasured;
    return Number(value(measure)) >= Number(value(threshold)) ? reached : short;
  }

  // Says whether another entry of the same array has this value already.
  #taken({ name, indices }, { same }, value) {
    const { array, index } = indices.at(-1);
    const rest = name.slice(`${array}.${index}`.length);
    for (let other = 0; other < this.#count(array); other++) {
      const heard = other === index ? undefined : this.#heard(`${array}.${other}${rest}`);
      if (heard !== undefined && same(heard, value)) return true;
    }
    return false;
  }

  #absent(pattern) {
    const [, above, keyword] = pattern.match(/^([^]*)\.(_children|_count|_version)$/) ?? [];
    const known = this.#element(above) || this.#containers.has(above);
    return known && this.#model.failures.get[keyword] ? keyword : this.#hollow(pattern);
  }

  #hollow(pattern) {
    if (pattern === "") return "nameless";
    return this.#containers.has(pattern) ? "container" : "undefined";
  }

  #count(array) {
    return this.#counts.get(array) ?? 0;
  }

  #grow({ indices }) {
    for (const { array, index } of indices) this.#counts.set(array, Math.max(this.#count(array), index + 1));
  }
}

const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);
const textOf = (texts, code) => own(texts, code) ?? "";

const ANYTHING = valueSpace({});

// Where a name points: itself without leading zeros, with `n` for every index, and each array on the way.
function placed(name) {
  const [, path = name, kind, target] = name.match(TARGET) ?? [];
  const plain = path.split(".").map((part, at) => (at && INDEX.test(part) ? String(Number(part)) : part));
  const indices = plain
    .map((part, at) => ({ at, part, array: plain.slice(0, at).join("."), index: Number(part) }))
    .filter(({ at, part }) => at && INDEX.test(part));
  // A literal `n` must not pass for an index.
  const general = plain.map((part, at) => (at && INDEX.test(part) ? "n" : part === "n" ? "" : part));
  if (kind) plain.push(`{${kind}=${target}}`);
  if (kind) general.push(`{${kind}=}`);
  return { name: plain.join("."), pattern: general.join("."), indices };
}

// The element of a pattern that shares a place's indices.
function beside({ indices }, pattern) {
  return indices.reduce((name, { index }) => name.replace(".n", `.${index}`), pattern);
}

function prefixes(pattern) {
  const path = pattern.split(".");
  return path.slice(1).map((_, place) => path.slice(0, place + 1).join("."));
}

// Fills <name> in a pattern with the fragment of that name, which may be words in either case.
function fragments(stated) {
  const whole = {};
  const fill = (pattern) => pattern.replace(/<([a-z0-9_]+)>/g, (_, name) => `(?:${whole[name]})`);
  const anyCase = (words) => words.replaceAll(" ", "|").replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  for (const [name, part] of Object.entries(stated)) whole[name] = part.words ? anyCase(part.words) : fill(part);
  return fill;
}

// A type of the table: is a value of it, is it in its range, do two say the same.
function valueSpace({ values, pattern, max = Infinity, range = [], apart, rising, only, unlike }, fill) {
  const whole = pattern === undefined ? undefined : new RegExp(`^(?:${fill(pattern)})$`);
  const bounded = pattern !== undefined || !values;
  const listed = (value) => Boolean(values?.includes(value));
  const distinct = (value) => !apart || new Set(value.split(apart)).size === value.split(apart).length;
  const [least, most] = range.map((end) => end ?? undefined);
  const rises = (value) => {
    const [low, high] = value.split(rising);
    return low === "" || high === "" || Number(low) <= Number(high);
  };
  const fits = (value) => value.length <= max && (!whole || whole.test(value)) && distinct(value);
  const set = (value) => value.split(apart).sort().join(apart);
  return {
    only,
    unlike,
    typed: (value) => listed(value) || (bounded && fits(value) && (!rising || rises(value))),
    ranges: (value) => value === "" || listed(value) || !(Number(value) < least || Number(value) > most),
    same: (one, other) => one === other || (Boolean(apart) && set(one) === set(other)),
  };
}
