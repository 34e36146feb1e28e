// What this browser keeps of a course until the server has it, and how it gets there.
//
// Every call goes to memory and, in the same breath, to IndexedDB: memory is what is sent, IndexedDB is what is left
// after a crash. A row is deleted only when the server has said that it is durable.

const DATABASE = "preceptor";
const BATCH_BYTES = 400 * 1024; // the server takes 2 MiB: a single call may be longer
const LEAVING_BYTES = 60 * 1024; // all keepalive requests in flight share 64 KiB (Fetch 4.6)
const PATIENCE = 20_000; // milliseconds until a request counts as lost
const KEY_LIFE = 30 * 24 * 3600 * 1000; // milliseconds that the server honours a late key

/** The database of this origin; `open` never fails: without storage the journal keeps nothing and says so. */
export class Journal {
  #database;
  #failed = false;

  static async open() {
    return new Journal(await opened().catch(() => null));
  }

  constructor(database) {
    this.#database = database;
  }

  /** Whether what is written here outlives this window: there is a database, and it is not full. */
  get durable() {
    return this.#database !== null && !this.#failed;
  }

  /** Note a launch: {attempt, epoch, late_url, title, started}; `started` in milliseconds since 1970. */
  enrol(launch) {
    this.#write("attempts", (store) => store.put(launch));
  }

  /** Append one call [seq, at, fn, args, answer, error]. The put is issued before this returns. */
  append(attempt, epoch, call) {
    this.#write("calls", (store) => store.put({ attempt, epoch, seq: call[0], call }));
  }

  /** Delete what the server has: every call of this epoch up to and with `saved`. */
  forget(attempt, epoch, saved) {
    const range = IDBKeyRange.bound([attempt, epoch, 0], [attempt, epoch, saved]);
    return this.#write("calls", (store) => store.delete(range));
  }

  /** The launches of which calls are still here, oldest first: [{attempt, epoch, late_url, title, calls}]. */
  async leftovers() {
    if (!this.#database) return [];
    const launches = await this.#read("attempts");
    const rows = await this.#read("calls");
    const calls = ({ attempt, epoch }) => rows.filter((row) => row.attempt === attempt && row.epoch === epoch);
    return launches
      .map((launch) => ({ ...launch, calls: calls(launch).map((row) => row.call) }))
      .filter((launch) => launch.calls.length)
      .sort((one, other) => one.started - other.started);
  }

  /** Give up a launch whose key the server does not know, once its time is over: this clock alone may be wrong. */
  giveUp({ attempt, epoch, started }) {
    if (Math.abs(Date.now() - started) < KEY_LIFE) return;
    this.forget(attempt, epoch, Number.MAX_SAFE_INTEGER);
    this.#write("attempts", (store) => store.delete([attempt, epoch]));
  }

  #read(name) {
    return settled(this.#database.transaction(name).objectStore(name).getAll());
  }

  // A transaction that is committed by hand is carried out even when the page is gone a moment later.
  async #write(name, change) {
    if (!this.#database) return;
    try {
      const transaction = this.#database.transaction(name, "readwrite", { durability: "relaxed" });
      transaction.onabort = () => (this.#failed = true); // a disk that is full may be found out only now
      const done = settled(change(transaction.objectStore(name)));
      transaction.commit();
      await done;
    } catch {
      this.#failed = true;
    }
  }
}

/** Sends the calls of one epoch in order, one request at a time; `changed` is called when `state` may differ. */
export class Courier {
  #journal;
  #launch;
  #url;
  #changed;
  #told;
  #pending = [];
  #sending = null;
  #waiting = false;
  #superseded = false;
  #reached = true;
  #began = 0; // when what is pending began to wait, by a clock that nobody sets

  /** `launch` is {attempt, epoch, late_url}; `url` takes batches until its token expires; `told` gets each receipt. */
  constructor({ journal, launch, url, changed = () => undefined, told = () => undefined, calls = [] }) {
    this.#journal = journal;
    this.#launch = launch;
    this.#url = url;
    this.#changed = changed;
    this.#told = told;
    this.#pending = [...calls];
  }

  /** How many calls the server does not have yet. */
  get unsaved() {
    return this.#pending.length;
  }

  /** Those calls, for whoever sends them with something else and then has them settled. */
  get pending() {
    return fitting(this.#pending, BATCH_BYTES);
  }

  /** Whether the server answered the last batch at all. */
  get reached() {
    return this.#reached;
  }

  /** How many milliseconds they have waited since the server last took any; 0 when all is saved. */
  get waited() {
    return this.#pending.length ? performance.now() - this.#began : 0;
  }

  /** "superseded" when the course was opened elsewhere since, else "saved" or "unsaved". */
  get state() {
    if (this.#superseded) return "superseded";
    return this.#pending.length ? "unsaved" : "saved";
  }

  /** Keep one call; `urgent` sends it as soon as the calls of this moment are together. */
  add(call, urgent) {
    if (!this.#pending.length) this.#began = performance.now();
    this.#pending.push(call);
    this.#journal.append(this.#launch.attempt, this.#launch.epoch, call);
    if (urgent) this.#soon();
    this.#changed(this);
  }

  /** Send all that is pending; resolves when it is saved or when sending failed. */
  flush() {
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
      this.#changed(this);
    });
    return this.#sending;
  }

  /** Send what fits into a request that outlives the page; the rest stays in the journal. */
  leave() {
    const calls = fitting(this.#pending, LEAVING_BYTES);
    if (calls.length) this.#post(calls, true).then((reply) => this.settle(reply));
  }

  #soon() {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.flush();
    });
  }

  async #drain() {
    let before;
    while (this.#pending.length && before !== this.#position) {
      before = this.#position;
      const calls = fitting(this.#pending, BATCH_BYTES);
      this.settle(await this.#post(calls.length ? calls : [this.#pending[0]], false));
    }
  }

  // Where sending stands: a round that leaves it as it was did not help, and the next one waits for its occasion.
  get #position() {
    return `${this.#pending[0]?.[0]} ${this.#url}`;
  }

  async #post(calls, keepalive) {
    const { attempt, epoch } = this.#launch;
    const body = JSON.stringify({ attempt, epoch, first: calls[0][0], calls });
    const headers = { "Content-Type": "application/json" };
    const signal = keepalive ? undefined : AbortSignal.timeout(PATIENCE);
    try {
      const response = await fetch(this.#url, { method: "POST", headers, body, keepalive, signal });
      return { status: response.status, ...(await response.json()) };
    } catch {
      return { status: 0 };
    }
  }

  /** Do what an answer says: forget what is saved. */
  settle(reply) {
    this.#reached = reply.status > 0 && reply.status < 500;
    if (reply.status === 401) this.#url = this.#launch.late_url;
    if (reply.status === 410) this.#superseded = true;
    if (reply.status === 404 && this.#url === this.#launch.late_url) this.#journal.giveUp(this.#launch);
    if (reply.status === 409 && reply.expected) this.#saved(reply.expected - 1);
    if (reply.saved) this.#saved(reply.saved);
    if (reply.saved) this.#told(reply);
    this.#changed(this);
  }

  #saved(seq) {
    this.#pending = this.#pending.filter((call) => call[0] > seq);
    this.#began = performance.now();
    this.#journal.forget(this.#launch.attempt, this.#launch.epoch, seq);
  }
}

/** Send what earlier windows left behind: {saved, left}, numbers of calls, and whether the server was `reached`. */
export async function flushLeftovers(journal) {
  const total = { saved: 0, left: 0, reached: true };
  for (const launch of await journal.leftovers()) {
    const courier = new Courier({ journal, launch, url: launch.late_url, calls: launch.calls });
    await courier.flush();
    total.saved += launch.calls.length - courier.unsaved;
    total.left += courier.unsaved;
    total.reached &&= courier.reached;
  }
  return total;
}

// The longest run of calls from the first whose JSON is at most `limit` bytes; none when the first is too long.
function fitting(calls, limit) {
  const encoder = new TextEncoder();
  let room = limit - 200; // the envelope
  const end = calls.findIndex((call) => (room -= encoder.encode(JSON.stringify(call)).length + 1) < 0);
  return end < 0 ? [...calls] : calls.slice(0, end);
}

async function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("calls", { keyPath: ["attempt", "epoch", "seq"] });
    request.result.createObjectStore("attempts", { keyPath: ["attempt", "epoch"] });
  };
  return settled(request);
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
