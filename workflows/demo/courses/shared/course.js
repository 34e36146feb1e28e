"use strict";

/*
 * Turns the sections of index.html into pages, and keeps the learner's place:
 *   cmi.core.lesson_location  the number of the page, from 1
 *   cmi.suspend_data          {"visited": [1, 2], "answers": {"q1": "b"}, "submitted": false}
 */

const DONE = ["passed", "completed"];
const LOOKING_ONLY = ["browse", "review"];

function element(id) {
  return document.getElementById(id);
}

/** What an earlier session left, or a fresh start if that is missing or unreadable. */
function parseMemory(text) {
  try {
    const { visited, answers, submitted } = JSON.parse(text);
    return { visited: Array.from(visited), answers: Object.assign({}, answers), submitted: submitted === true };
  } catch (error) {
    return { visited: [], answers: {}, submitted: false };
  }
}

class Course {
  constructor() {
    this.pages = Array.from(document.querySelectorAll("section.page"));
    this.links = this.pages.map((page, index) => this.makeLink(page, index + 1));
    this.title = document.title;
    this.current = 1;
    this.visited = new Set();
    this.lms = new Lms(findApi(window), (kept) => this.sayWhetherSaved(kept));
    this.quiz = new Quiz(element("quiz"), this.passMark(), {
      onChange: () => this.remember(),
      onResult: (result) => this.report(result),
    });
  }

  /** Starts the session: at the first page, or after asking where. */
  open() {
    this.learner = this.lms.read("cmi.core.student_name");
    this.sayWhetherSaved(true);
    this.announceAttempt();
    this.listen();
    const bookmark = this.readBookmark();
    this.recall(parseMemory(this.lms.read("cmi.suspend_data")));
    if (bookmark > 1) {
      this.show(bookmark);
      this.askToResume(bookmark);
    } else {
      this.turnTo(1);
    }
  }

  /** The system's mark rules where it has one (adlcp:masteryscore); else the course's own. */
  passMark() {
    const mastery = parseFloat(this.lms.read("cmi.student_data.mastery_score"));
    return Number.isFinite(mastery) ? mastery : Number(element("quiz").dataset.passMark);
  }

  sayWhetherSaved(kept) {
    if (!this.lms.connected) {
      this.say("Not connected: progress is not saved.");
    } else if (!kept) {
      this.say("Your last step could not be saved.");
    } else {
      this.say(this.learner ? `Progress is saved for ${this.learner}.` : "Progress is saved.");
    }
  }

  /**
   * A pass is never taken back, and somebody who only looks changes nothing. "suspend" is said at once
   * and not when leaving: a browser that is killed says nothing more.
   */
  announceAttempt() {
    const status = this.lms.read("cmi.core.lesson_status");
    const looking = LOOKING_ONLY.includes(this.lms.read("cmi.core.lesson_mode"));
    this.settled = looking || DONE.includes(status);
    if (this.settled) {
      return;
    }
    this.lms.write("cmi.core.exit", "suspend");
    if (status !== "failed" && status !== "incomplete") {
      this.lms.write("cmi.core.lesson_status", "incomplete");
    }
  }

  listen() {
    element("next").addEventListener("click", () => this.turnTo(this.current + 1, true));
    element("previous").addEventListener("click", () => this.turnTo(this.current - 1, true));
    element("resume").addEventListener("click", () => this.resume());
    element("restart").addEventListener("click", () => this.restart());
    // Escape must not lose anything, so it means resume.
    element("resume-dialog").addEventListener("cancel", (event) => {
      event.preventDefault();
      this.resume();
    });
    // pagehide is the reliable one; old systems are only ready for unload.
    window.addEventListener("pagehide", () => this.lms.finish());
    window.addEventListener("unload", () => this.lms.finish());
    // A page brought back from the browser's cache has a session that is over: begin another.
    window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  }

  readBookmark() {
    const page = Number.parseInt(this.lms.read("cmi.core.lesson_location"), 10);
    return page >= 1 && page <= this.pages.length ? page : 1;
  }

  recall(memory) {
    this.visited = new Set(memory.visited);
    this.quiz.restore(memory.answers, memory.submitted);
  }

  askToResume(page) {
    element("resume-text").textContent = `You were on page ${page} of ${this.pages.length}.`;
    element("resume-dialog").showModal();
  }

  resume() {
    element("resume-dialog").close();
    this.turnTo(this.current, true);
  }

  restart() {
    element("resume-dialog").close();
    this.recall(parseMemory(""));
    this.turnTo(1, true);
  }

  /** Shows a page, keeps it as the bookmark and saves. Focus follows unless the course has only just opened. */
  turnTo(number, moveFocus = false) {
    this.visited.add(number);
    this.show(number);
    this.lms.write("cmi.core.lesson_location", number);
    this.remember();
    this.lms.save();
    if (moveFocus) {
      window.scrollTo(0, 0);
      this.pages[number - 1].querySelector("h2").focus({ preventScroll: true });
    }
  }

  show(number) {
    this.current = number;
    this.pages.forEach((page, index) => {
      page.hidden = index !== number - 1;
    });
    this.links.forEach((link, index) => this.refreshLink(link, index + 1));
    const count = this.pages.length;
    element("position").textContent = `Page ${number} of ${count}, ${this.visited.size} visited`;
    element("progress").max = count;
    element("progress").value = this.visited.size;
    element("previous").hidden = number === 1;
    element("next").hidden = number === count;
    element("pager").hidden = false;
    document.title = `${this.pages[number - 1].querySelector("h2").textContent} – ${this.title}`;
  }

  remember() {
    const memory = {
      visited: Array.from(this.visited).sort((a, b) => a - b),
      answers: this.quiz.answers(),
      submitted: this.quiz.submitted,
    };
    this.lms.write("cmi.suspend_data", JSON.stringify(memory));
  }

  /** Sends a quiz result to the system, unless an earlier pass stands. */
  report(result) {
    this.remember();
    if (this.settled) {
      this.lms.save();
      this.quiz.addNote("This was for practice: your record is unchanged.");
    } else {
      this.record(result);
      this.quiz.addNote(this.lms.save() ? "Your result has been recorded." : "Your result has not been recorded.");
    }
  }

  record(result) {
    this.lms.write("cmi.core.score.min", 0);
    this.lms.write("cmi.core.score.max", 100);
    this.lms.write("cmi.core.score.raw", result.score);
    this.lms.write("cmi.core.lesson_status", result.passed ? "passed" : "failed");
    this.lms.write("cmi.core.exit", result.passed ? "" : "suspend");
    this.settled = result.passed;
  }

  makeLink(page, number) {
    const link = document.createElement("a");
    link.id = `contents-${number}`;
    link.href = `#${page.id}`;
    link.addEventListener("click", (event) => {
      // The address stays as it is: a step in the history here would trap the player's Back button.
      event.preventDefault();
      this.turnTo(number, true);
    });
    element("contents-list").appendChild(document.createElement("li")).appendChild(link);
    return link;
  }

  refreshLink(link, number) {
    const visited = this.visited.has(number) && number !== this.current;
    link.textContent = this.pages[number - 1].querySelector("h2").textContent + (visited ? " (visited)" : "");
    link.classList.toggle("visited", visited);
    if (number === this.current) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }

  /* Screen readers would read the same sentence again after every page. */
  say(text) {
    if (element("connection").textContent !== text) {
      element("connection").textContent = text;
    }
  }
}

// On a small screen the contents would push the page out of sight.
element("contents").open = window.matchMedia("(min-width: 56rem)").matches;
new Course().open();
