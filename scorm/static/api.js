// A SCO's session with the run-time, answered at once from the data model's table (model/README.md).
//
// The server's session.py reads the same table and checks every answer given here. Nothing below knows the name of an
// element, a function or an error: another version of SCORM is another table.

const LONGEST = 70_000; // UTF-16 code units of an argument that are read: beyond every legal value, and within a batch
const URGENT = new Set(["commit", "finish"]);
const RESERVED = /(^|\.)_(children|count|version)$/;
const INDEX = /^(0|[1-9][0-9]{0,8})$/;

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
    for (const pattern of Object.keys(model.elements)) prefixes(pattern).forEach((one) => this.#containers.add(one));
    for (const [name, type] of Object.entries(model.types)) this.#types.set(name, valueSpace(type));
    for (const name of this.#values.keys()) this.#grow(name.split("."));
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
    get: (session, [name]) => ({ answer: session.#get(name), urgent: false }),
    set: (session, [name, value]) => ({ answer: "true", urgent: session.#set(name, value) }),
  };

  // What asks about errors leaves the last error as it is.
  static #ASKS = {
    last_error: (session) => session.#last,
    error_string: (session, [code]) => session.#textOf(code),
    diagnostic: (session, [code]) => session.#textOf(code || session.#last),
  };

  #enter(state, [argument]) {
    if (argument !== "") this.#fail("argument");
    this.#state = state;
    return { answer: "true", urgent: false };
  }

  #get(name) {
    const path = name.split(".");
    const element = this.#element(path) ?? this.#missing(patternOf(path));
    for (const { array, index } of indexes(path)) if (index >= this.#count(array)) this.#fail("index");
    if (!element.access.includes("r")) this.#fail("write_only");
    if (element.count) return String(this.#count(path.slice(0, -1).join(".")));
    return this.#values.get(name) ?? this.#launch[element.from] ?? element.default ?? "";
  }

  // Returns whether the change is one that cannot wait.
  #set(name, given) {
    const path = name.split(".");
    const element = this.#element(path);
    if (element?.keyword || RESERVED.test(name)) this.#fail("keyword");
    if (!element) this.#fail(this.#hollow(patternOf(path)) ? "argument" : "undefined");
    if (!element.access.includes("w")) this.#fail("read_only");
    for (const { array, index } of indexes(path)) {
      if (index > this.#count(array) || index >= this.#model.array_limit) this.#fail("index");
    }
    const old = this.#values.get(name) ?? "";
    const value = element.append ? old + given : given;
    if (!this.#types.get(element.type)(value)) this.#fail("type");
    this.#values.set(name, value);
    this.#grow(path);
    return Boolean(element.flush) && value !== old;
  }

  #element(path) {
    const pattern = patternOf(path);
    return this.#has(pattern) ? this.#model.elements[pattern] : undefined;
  }

  #missing(pattern) {
    const [, above, keyword] = pattern.match(/^(.*)\.(_children|_count)$/s) ?? [];
    if (this.#has(above) || this.#containers.has(above)) this.#fail(keyword === "_count" ? "countless" : "childless");
    this.#fail(this.#hollow(pattern) ? "argument" : "undefined");
  }

  #has(pattern) {
    return Object.hasOwn(this.#model.elements, pattern);
  }

  #hollow(pattern) {
    return pattern === "" || this.#containers.has(pattern);
  }

  #count(array) {
    return this.#counts.get(array) ?? 0;
  }

  #grow(path) {
    for (const { array, index } of indexes(path)) this.#counts.set(array, Math.max(this.#count(array), index + 1));
  }

  #textOf(code) {
    return Object.hasOwn(this.#model.errors, code) ? this.#model.errors[code] : "";
  }

  #fail(failure) {
    throw new Fault(this.#model.failures[failure]);
  }
}

// The name with `n` for every index; a literal `n` must not pass for one.
function patternOf(path) {
  return path.map((part) => (INDEX.test(part) ? "n" : part === "n" ? "" : part)).join(".");
}

function prefixes(pattern) {
  const path = pattern.split(".");
  return path.slice(1).map((_, place) => path.slice(0, place + 1).join("."));
}

function indexes(path) {
  return path
    .map((part, place) => ({ part, array: path.slice(0, place).join("."), index: Number(part) }))
    .filter(({ part }) => INDEX.test(part));
}

// A type of the table as a predicate.
function valueSpace({ values, pattern, max = Infinity, range }) {
  const whole = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`);
  const bounded = pattern !== undefined || max < Infinity || range !== undefined || !values;
  const inside = (value) => value === "" || (Number(value) >= range[0] && Number(value) <= range[1]);
  const fits = (value) => value.length <= max && (!whole || whole.test(value)) && (!range || inside(value));
  return (value) => Boolean(values?.includes(value)) || (bounded && fits(value));
}
