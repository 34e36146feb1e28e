// The player page: opens the course, gives it the API, takes the learner through it, and tells the truth about what is
// saved.

import { Session } from "./api.js";
import { Courier, flushLeftovers, Journal } from "./journal.js";
import { Journey } from "./journey.js";
import { Onlooker } from "./onlooker.js";
import { FrameStage, WindowStage } from "./stage.js";

const ROUND = 5_000; // milliseconds between two sendings while something is unsaved
const WORRY = 10_000; // milliseconds after which the learner is told
const FAREWELL = 8_000; // milliseconds that leaving waits for the last batch
const UNSENT = "This browser still holds progress that could not be sent. Check the connection, then open the course again.";
const LOST = "The course could not be opened. Check the connection.";
const ASIDE = "suspendAll";
const DONE = { completed: "Completed", passed: "Passed", failed: "Not passed" };

/** Why the server does not open the course, in its own words. */
class Refusal extends Error {}

const element = (id) => document.getElementById(id);
const { launch, apart } = element("course").dataset;
const journal = await Journal.open();
const journey = new Journey((request, target) => go({ request, target }));
const stage = apart ? new WindowStage({ name: launch, closed: gone, again }) : new FrameStage();

const models = {}; // by address: the parts of a course share theirs

let opened; // what the server said of the window that plays
let courier;
let api; // the name of the API's object
let ended = false; // the SCO has said that it has
let leaving = false;
let homeward = false;
let moving = null; // the move that is on its way
let unanswered = null; // the move that got no answer: asked again as it was, it does nothing twice

try {
  await play();
} catch (trouble) {
  refuse(trouble instanceof Refusal ? trouble.message : LOST);
}

async function play() {
  const first = await begun();
  element("receipt").dataset.status = DONE[first.outcome?.lesson_status]; // that was recorded another time
  await enter(first);
  watch();
  element("home").addEventListener("click", goHome);
  element("again").addEventListener("click", goHome);
  element("retry").addEventListener("click", () => go(unanswered?.click ?? null));
  document.body.dataset.ready = "yes";
}

async function begun() {
  // First, for the server must know the last page before it says where to resume.
  if (!(await flushLeftovers(journal)).reached) throw new Refusal(UNSENT);
  return asked(launch, { method: "POST" });
}

// Begin a window: its own journal, its own session, and what it shows.
async function enter(told) {
  // A unit of AICC calls no API: it reports to the server by itself, and we ask how it stands.
  const model = told.standing_url ? null : (models[told.model_url] ??= await asked(told.model_url));
  opened = told;
  const { attempt, epoch, late_url, title } = told;
  if (model && !told.look) journal.enrol({ attempt, epoch, late_url, title, started: Date.now() });
  ended = false;
  const sending = { journal, launch: told, url: told.calls_url, changed: show, told: heard };
  courier = told.look ? new Onlooker() : new Courier(sending);
  if (api) delete window[api];
  api = model?.object;
  if (api && told.content_url) window[api] = new Session(model, told.launch, told.data).object(recorder(courier, model));
  heard(told);
  show();
  present(told);
}

function present({ content_url, title, elsewhere }) {
  element("outside").hidden = !elsewhere;
  if (!content_url) return pause();
  const part = journey.resume();
  element("spoken").textContent = part && `Open now: ${part}`;
  if (!elsewhere) return stage.show(content_url, part || title);
  stage.hide();
  element("outside-title").textContent = `${part} is at ${elsewhere}`;
  element("outside-link").href = content_url;
}

// How the course stands while a unit plays, null where nobody says.
async function stood() {
  try {
    const response = await fetch(opened.standing_url, { signal: AbortSignal.timeout(20_000) });
    if (response.status === 410) openOnce(element("elsewhere"));
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function look() {
  const mine = opened;
  const reply = mine.standing_url && !document.hidden && !moving ? await stood() : null;
  if (reply && mine === opened && !moving) heard(reply);
}

// What a unit says in its unload is on its way to the server: it is to be there before the next part opens.
async function reported() {
  for (let tries = 0; tries < 5 && opened.standing_url && (await stood())?.running; tries++) {
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function asked(url, options) {
  const response = await fetch(url, options);
  const reply = await response.json();
  if (!response.ok) throw new Refusal(reply.detail ?? reply.error);
  return reply;
}

// The page is told to go before the course in its frame is: what the course says in its unload is sent call by call.
function recorder(mine, model) {
  return (call, urgent) => {
    mine.add(call, urgent && !leaving);
    if (urgent && leaving) mine.leave();
    // What the SCO asked for when it ended is done, unless the learner has asked for something already.
    const ends = model.functions[call[2]].verb === "finish" && call[5] === "0";
    if (mine === courier) ended ||= ends;
    if (ends && journey.there && !leaving && !homeward && !moving) setTimeout(() => mine === courier && go(null));
  };
}

// The learner's wish is noted first, for the SCO may end in its own unload, and then asks for less.
async function go(click) {
  const mine = courier;
  if (click) await moving;
  if (moving || mine !== courier) return; // something else plays by now
  moving = moved(click)
    .catch(() => (element("lost").hidden = false))
    .finally(() => {
      moving = null;
      journey.busy = false;
    });
  await moving;
}

async function moved(click) {
  journey.busy = true;
  element("lost").hidden = true;
  if (click) await stage.emptied();
  if (click) await reported();
  unanswered ??= { click, key: newKey() };
  const reply = await sent(unanswered);
  if (!reply) throw new Error("no answer");
  if (reply.error === "superseded") return openOnce(element("elsewhere"));
  if (!reply.course) return refuse(reply.detail);
  courier.settle(reply);
  if (reply.epoch) await enter(reply);
  unanswered = null;
  if (reply.epoch) return;
  heard(reply);
  if (reply.course.over || (click && click.request !== ASIDE)) pause();
}

// The window of the course is gone: the learner has closed it, or the course. It is left as by Home.
async function gone() {
  await moving;
  if (stage.playing) return; // the next part
  if (journey.there && !ended) await go({ request: ASIDE });
  else await courier.flush();
  if (courier.state === "saved") element("aside-said").textContent = "What you did there is saved.";
}

async function again() {
  try {
    await courier.flush();
    await enter(await begun());
  } catch (trouble) {
    refuse(trouble instanceof Refusal ? trouble.message : LOST);
  }
}

async function sent({ click, key }) {
  await courier.flush();
  const { attempt, epoch, navigate_url } = opened;
  const [calls, headers] = [courier.pending, { "Content-Type": "application/json" }];
  const body = JSON.stringify({ attempt, epoch, key, click, first: calls[0]?.[0], calls });
  try {
    const response = await fetch(navigate_url, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) });
    return response.status < 500 && { status: response.status, ...(await response.json()) };
  } catch {
    return null;
  }
}

function pause() {
  stage.hide();
  element("outside").hidden = true;
  journey.pause();
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function heard({ course, outcome }) {
  if (course) journey.show(course);
  const done = DONE[outcome?.lesson_status];
  if (!done || element("receipt").dataset.status === done) return;
  const at = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const percent = outcome.score_scaled === null ? outcome.score_raw : Math.round(outcome.score_scaled * 1e4) / 100;
  const score = percent === null ? "" : `, ${percent}%`;
  element("receipt").dataset.status = done;
  element("receipt").hidden = false; // first, for a change of what is hidden is not read out
  element("receipt").textContent = `${done}${score}: recorded at ${at}.`;
}

function watch() {
  setInterval(() => courier.unsaved && courier.flush(), ROUND);
  setInterval(show, 1_000);
  setInterval(look, ROUND);
  addEventListener("online", () => courier.flush());
  addEventListener("pagehide", () => {
    leaving = true;
    stage.abandon();
    courier.leave();
  });
  document.addEventListener("visibilitychange", () => document.hidden && courier.leave());
}

function show() {
  const late = courier.waited >= WORRY;
  const state = late ? "late" : opened.standing_url ? "" : courier.state;
  element("copy").hidden = !journal.durable;
  element("no-copy").hidden = journal.durable;
  if (courier.state === "superseded") {
    stage.abandon();
    openOnce(element("elsewhere"));
  }
  if (element("saved").dataset.state === state) return;
  if (late) element("spoken").textContent = "";
  else if (element("saved").dataset.state === "late") element("spoken").textContent = "Your progress is saved again.";
  element("saved").dataset.state = state;
  element("saved").textContent = { saved: "Saved", unsaved: "Saving…", late: "Not saved yet", looking: "Not recorded" }[state] ?? "";
  element("worry").hidden = !late;
}

async function goHome(event) {
  event.preventDefault();
  homeward = true;
  await soon(moving);
  await stage.emptied();
  await reported();
  const farewell = journey.there ? sent({ click: { request: ASIDE }, key: newKey() }) : courier.flush();
  const reply = await soon(farewell);
  if (reply?.course) courier.settle(reply);
  if (courier.unsaved && courier.state !== "superseded") openOnce(element("unsaved"));
  else location.assign(element("home").href);
}

function soon(promise) {
  return Promise.race([promise, new Promise((done) => setTimeout(done, FAREWELL))]);
}

function openOnce(dialog) {
  if (!dialog.open) dialog.showModal();
}

function refuse(reason) {
  element("saved").textContent = "";
  element("refusal").hidden = false;
  element("outside").hidden = true;
  element("reason").textContent = reason;
  stage.hide();
}
