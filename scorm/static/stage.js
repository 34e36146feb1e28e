// Where the course plays: in a frame of the player's page, or in a window of its own. Either is emptied before what
// plays next, so that its own unload handler can finish: for many packages that is where they say so.

const FAREWELL = 8_000; // milliseconds that emptying waits
const LOOK = 300; // milliseconds between two looks at a window
const FEATURES = "popup,width=1024,height=768";
const SAID = {
  open: ["The course is open in a window of its own", "Keep this page open: it saves what you do there.", "Show the window"],
  blocked: [
    "The course opens in a window of its own",
    "Your browser has not opened it by itself. Open it here, or allow pop-up windows for this site.",
    "Open the course",
  ],
  closed: ["The window of the course is closed", "", "Open the course again"],
};

const element = (id) => document.getElementById(id);

/** The frame of the page. */
export class FrameStage {
  #frame = element("course");

  show(url, title) {
    this.#frame.hidden = false;
    this.#frame.title = title;
    this.#frame.src = url;
  }

  hide() {
    this.#frame.src = "about:blank";
    this.#frame.hidden = true;
  }

  /** Resolves when what played has had its say. */
  emptied() {
    return new Promise((done) => {
      setTimeout(done, FAREWELL);
      this.#frame.addEventListener("load", () => setTimeout(done), { once: true });
      this.#frame.src = "about:blank";
    });
  }

  /** The page itself goes, and its frame with it. */
  abandon() {}
}

/** A window of its own, in which the content finds the API at its opener; this page says how it stands. */
export class WindowStage {
  #name;
  #closed;
  #again;
  #window = null;
  #url = "";

  /** `closed` is called when the window has gone while something played, `again` when the learner asks for it anew. */
  constructor({ name, closed, again }) {
    this.#name = name;
    this.#closed = closed;
    this.#again = again;
    element("course").hidden = true;
    element("aside-open").addEventListener("click", () => this.#press());
    setInterval(() => this.#url && this.#gone && this.#lost(), LOOK);
  }

  show(url) {
    this.#url = url;
    if (this.#gone) this.#window = open(url, this.#name, FEATURES);
    else this.#window.location.replace(url);
    // A blocker gives no window, or one that is closed.
    this.#say(this.#gone ? "blocked" : "open");
    if (this.#gone) this.#window = null;
  }

  hide() {
    this.#url = "";
    element("aside").hidden = true;
    if (!this.#gone) this.#window.close();
    this.#window = null;
  }

  async emptied() {
    const until = Date.now() + FAREWELL;
    this.#url = "";
    if (!this.#gone) this.#window.location.replace("about:blank");
    while (!this.#empty && Date.now() < until) await new Promise((done) => setTimeout(done, 20));
  }

  /** Where this page goes first, nobody answers the content any more: it has its say at once. */
  abandon() {
    if (this.#gone) return;
    for (const name of ["beforeunload", "pagehide", "unload"]) this.#window.dispatchEvent(new Event(name));
    this.hide();
  }

  /** Whether something is to be seen there. */
  get playing() {
    return this.#url !== "";
  }

  get #gone() {
    return !this.#window || this.#window.closed;
  }

  get #empty() {
    try {
      return this.#gone || this.#window.location.href === "about:blank";
    } catch {
      return false; // it is at another site
    }
  }

  #press() {
    if (!this.#gone) return this.#window.focus();
    if (this.#url) return this.show(this.#url);
    // Only while it is still the learner's own click may a window open.
    this.#window = open("about:blank", this.#name, FEATURES);
    this.#again();
  }

  // A window that never came is not lost: `show` has said so.
  #lost() {
    if (!this.#window) return;
    this.#window = null;
    this.#url = "";
    this.#say("closed");
    this.#closed();
  }

  #say(state) {
    const [title, text, offer] = SAID[state];
    element("aside").dataset.state = state;
    element("aside-title").textContent = title;
    element("aside-said").textContent = text;
    element("aside-open").textContent = offer;
    element("aside").hidden = false;
    if (state !== "open") element("aside-title").focus();
  }
}
