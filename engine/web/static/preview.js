// Keeps the preview of a template beside what is typed; without scripts the buttons of the form do the same.
import { mount, plain } from "./editor.js";

const PAUSE = 600;
const form = document.querySelector("form[data-preview]");
const by = (id) => document.getElementById(id);
const status = by("preview-status");
const frame = by("preview-html");
let waiting, asked, unsaved;

const send = async (address, signal) => {
  const body = new FormData(form);
  const answer = await fetch(address, { method: "POST", body, signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
};

const said = ({ errors, marks }, found) => {
  const looked = by("person").value.trim();
  if (looked && !found) return `No message that you may read is to “${looked}”.`;
  const wrong = marks.filter(({ level }) => level === "error").length;
  return errors ? `The preview shows what was there before: ${wrong} to put right.` : "The preview shows what you typed.";
};

const draw = (answer) => {
  by("preview-subject").textContent = answer.subject;
  by("preview-text").textContent = answer.text;
  frame.srcdoc = answer.html;
  for (const name of ["age", "card"]) by(`preview-${name}`).innerHTML = answer[name];
};

const show = (answer) => {
  if (!answer.errors) draw(answer);
  by("sample").innerHTML = answer.people;
  for (const [part, html] of Object.entries(answer.findings)) by(`findings-${part}`).innerHTML = html;
  for (const [part, editor] of Object.entries(editors)) {
    editor.mark(answer.marks.filter((mark) => mark.part === part && (mark.line || part === "subject")));
  }
  status.textContent = said(answer, by("sample").querySelector("optgroup + optgroup"));
};

const ask = async () => {
  clearTimeout(waiting);
  asked?.abort();
  asked = new AbortController();
  try {
    show(await send(form.dataset.preview, asked.signal));
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = "The preview could not be made. What you typed is still here.";
  }
};

const test = async (address) => {
  try {
    const { sentence, address: page } = await send(address);
    const link = Object.assign(document.createElement("a"), { href: page, target: "_blank", textContent: "See how it went (opens in a new tab)" });
    by("test-status").replaceChildren(`${sentence} `, link);
  } catch {
    by("test-status").textContent = "The test was not sent. Put right what the preview names, or try again in a while.";
  }
};

const tokens = [...document.querySelectorAll("[data-token]")].map((button) => ({
  name: button.dataset.token,
  meaning: button.closest("li").textContent.trim().replace(/\s+/g, " "),
}));
const given = { tokens, preview: ask };
const editors = { subject: plain(by("subject")), text: mount(by("text"), given), html: mount(by("html"), given) };
let last = "html";

form.addEventListener("focusin", ({ target }) => {
  last = Object.keys(editors).find((part) => editors[part].has(target)) ?? last;
});

const choices = new Set(["sample", "width", "person"]);
form.addEventListener("input", ({ target }) => {
  if (!choices.has(target.name)) unsaved = true;
  if (target.name === "width") frame.classList.toggle("preceptor-message--phone", target.value === "phone");
  if (target.name === "width" || target.name === "comment") return;
  asked?.abort(); // an answer to what stood before would undo a choice made since
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE);
});

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  event.preventDefault();
  ask();
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.token) {
    editors[last].insert(`{{ ${button.dataset.token} }}`);
    status.textContent = `${button.dataset.token} was put into the ${by(last).labels[0].textContent.trim()}.`;
  } else if (button?.value === "preview" || button?.value === "test") {
    event.preventDefault();
    if (button.value === "test") test(button.formAction);
    else ask();
  }
});

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href="#text"], a[href="#html"], a[href="#subject"]');
  if (!link) return;
  event.preventDefault();
  editors[link.hash.slice(1)].go(Number(link.dataset.line ?? 1));
});

// Whoever leaves with unsaved words is asked by the browser; sending the form is no leaving.
unsaved = "unsaved" in form.dataset;
form.addEventListener("submit", () => { unsaved = false; });
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

for (const button of document.querySelectorAll("[data-token]")) {
  button.hidden = false;
  button.nextElementSibling.hidden = true;
}
by("keys").hidden = false;
if (document.querySelector("[id^='findings-'] li")) ask();
