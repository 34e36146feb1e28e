// The player page: opens the course, gives it the API, and tells the truth about what is saved.

import { Session } from "./api.js";
import { Courier, flushLeftovers, Journal } from "./journal.js";

const ROUND = 5_000; // milliseconds between two sendings while something is unsaved
const WORRY = 10_000; // milliseconds after which the learner is told
const FAREWELL = 8_000; // milliseconds that leaving waits for the last batch
const UNSENT = "This browser still holds progress that could not be sent. Check the connection, then open the course again.";

/** Why the server does not open the course, in its own words. */
class Refusal extends Error {}

const element = (id) => document.getElementById(id);
const frame = element("course");
let leaving = false;

try {
  await play();
} catch (trouble) {
  refuse(trouble instanceof Refusal ? trouble.message : "The course could not be opened. Check the connection.");
}

async function play() {
  const journal = await Journal.open();
  // First, for the server must know the last page before it says where to resume.
  if (!(await flushLeftovers(journal)).reached) throw new Refusal(UNSENT);
  const opened = await asked(frame.dataset.launch, { method: "POST" });
  const model = await asked(opened.model_url);
  journal.enrol({
    attempt: opened.attempt,
    epoch: opened.epoch,
    late_url: opened.late_url,
    title: opened.title,
    started: Date.now(),
  });
  const courier = new Courier({ journal, launch: opened, url: opened.calls_url, changed: show });
  const session = new Session(model, opened.launch, opened.data);
  window[model.object] = session.object(recorder(courier));
  watch(courier, journal);
  element("home").addEventListener("click", (event) => goHome(event, courier));
  element("again").addEventListener("click", (event) => goHome(event, courier));
  frame.src = opened.content_url;
}

async function asked(url, options) {
  const response = await fetch(url, options);
  const reply = await response.json();
  if (!response.ok) throw new Refusal(reply.detail);
  return reply;
}

// The page is told to go before the course in its frame is: what the course says in its unload is sent call by call.
function recorder(courier) {
  return (call, urgent) => {
    courier.add(call, urgent && !leaving);
    if (urgent && leaving) courier.leave();
  };
}

function watch(courier, journal) {
  element("copy").hidden = !journal.durable;
  element("no-copy").hidden = journal.durable;
  setInterval(() => courier.unsaved && courier.flush(), ROUND);
  setInterval(() => show(courier), 1_000);
  addEventListener("online", () => courier.flush());
  addEventListener("pagehide", () => {
    leaving = true;
    courier.leave();
  });
  document.addEventListener("visibilitychange", () => document.hidden && courier.leave());
  show(courier);
}

function show(courier) {
  const late = courier.unsaved > 0 && Date.now() - courier.since >= WORRY;
  const state = late ? "late" : courier.state;
  if (courier.state === "superseded") openOnce(element("elsewhere"));
  if (element("saved").dataset.state === state) return;
  if (late) element("spoken").textContent = "";
  else if (element("saved").dataset.state === "late") element("spoken").textContent = "Your progress is saved again.";
  element("saved").dataset.state = state;
  element("saved").textContent = { saved: "Saved", unsaved: "Saving…", late: "Not saved yet" }[state] ?? "";
  element("worry").hidden = !late;
}

async function goHome(event, courier) {
  event.preventDefault();
  await unloaded();
  await Promise.race([courier.flush(), new Promise((done) => setTimeout(done, FAREWELL))]);
  if (courier.unsaved && courier.state !== "superseded") openOnce(element("unsaved"));
  else location.assign(element("home").href);
}

// Taking the course away lets its own unload handler finish: for many packages that is where they say so.
function unloaded() {
  return new Promise((done) => {
    setTimeout(done, FAREWELL);
    frame.addEventListener("load", () => setTimeout(done), { once: true });
    frame.src = "about:blank";
  });
}

function openOnce(dialog) {
  if (!dialog.open) dialog.showModal();
}

function refuse(reason) {
  element("saved").textContent = "";
  element("refusal").hidden = false;
  element("reason").textContent = reason;
  frame.hidden = true;
}
