// The way through a course of several parts: what is on the page for it, and what the learner chooses.

const CONTROLS = { previous: "Previous", continue: "Continue", exitAll: "End the course" };

const element = (id) => document.getElementById(id);

/** Show the table of contents and the controls of `course`, as the server tells them; `choose(request, target)`. */
export class Journey {
  #choose;
  #course = null;
  #shown = "";

  constructor(choose) {
    this.#choose = choose;
    // Where there is room the contents are open from the start, else they would hide what is to be learnt.
    element("contents").open = matchMedia("(min-width: 48em)").matches;
    element("end-course").addEventListener("click", () => this.#choose("exitAll", ""));
  }

  /** Whether the course has several parts, or controls of its own: then leaving it is a move too. */
  get there() {
    return this.#course !== null;
  }

  /** What the learner may do now. It is drawn anew only where it changed, so that the focus stays where it is. */
  show(course) {
    this.#course = course;
    const text = JSON.stringify(course);
    if (text === this.#shown) return;
    this.#shown = text;
    element("way").dataset.playing = course.playing;
    const focused = document.activeElement?.dataset?.move;
    element("contents").hidden = course.contents.length === 0;
    element("parts").replaceChildren(...course.contents.map((line) => this.#line(line, course.over)));
    const controls = course.contents.length ? Object.keys(CONTROLS).filter((name) => name in course.controls) : [];
    element("moves").replaceChildren(...controls.map((name) => this.#control(name, course.controls[name])));
    element("moves").hidden = controls.length === 0;
    // What had the focus may not be there any more: then it goes to what plays.
    if (focused) (document.querySelector(`[data-move=${CSS.escape(focused)}]`) ?? element("course")).focus();
  }

  /** Say in the place of the course why nothing plays, and put the focus there. */
  pause() {
    const { over, said } = this.#course;
    element("pause-title").textContent = over ? "You have reached the end of this course" : "Choose what comes next";
    element("pause-said").textContent = said;
    element("pause").hidden = false;
    element("pause-title").focus();
  }

  /** A part plays; its title, "" where the course has only one. */
  resume() {
    element("pause").hidden = true;
    return this.#course?.contents.find(({ id }) => id === this.#course.playing)?.title ?? "";
  }

  /** While a move is on its way there is nothing to choose. */
  set busy(busy) {
    element("way").setAttribute("aria-busy", busy);
  }

  #line({ id, title, depth, leaf, current, status, why }, over) {
    const item = document.createElement("li");
    item.style.setProperty("--depth", depth);
    // What is over begins anew with a part of it; as a whole it is opened from the learner's home.
    const heading = !leaf && (why || (depth === 0 && over));
    const name = heading ? document.createElement("span") : button(title, why, () => this.#choose("choice", id));
    name.textContent = title;
    name.dataset.move = `part-${id}`;
    if (current) name.setAttribute("aria-current", leaf ? "page" : "true");
    item.append(name, small(status, "status"));
    if (why && leaf && !current) item.append(described(name, small(why, "why")));
    return item;
  }

  #control(name, why) {
    const ask = name === "exitAll" ? () => element("end").showModal() : () => this.#choose(name, "");
    const control = button(CONTROLS[name], why, ask);
    control.dataset.move = name;
    const holder = document.createElement("span");
    holder.append(control);
    if (why) holder.append(described(control, small(why, "why")));
    return holder;
  }
}

// What cannot be chosen stays in reach of the keyboard, so that its reason can be read.
function button(text, why, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (why) made.setAttribute("aria-disabled", "true");
  else made.addEventListener("click", act);
  return made;
}

function small(text, name) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

let reasons = 0;

function described(name, reason) {
  reason.id = `why-${++reasons}`;
  name.setAttribute("aria-describedby", reason.id);
  return reason;
}
