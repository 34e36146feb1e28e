// Keeps the preview of a template beside what is typed; without scripts the button “Show the preview” does the same.
const PAUSE = 600;
const form = document.querySelector("form[data-preview]");
const status = document.getElementById("preview-status");
const frame = document.getElementById("preview-html");
let waiting, asked;

const show = ({ subject, text, html, findings }) => {
  document.getElementById("preview-subject").textContent = subject;
  document.getElementById("preview-text").textContent = text;
  frame.srcdoc = html;
  let count = 0;
  for (const [place, sentences] of Object.entries(findings)) {
    const items = sentences.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence }));
    document.getElementById(`findings-${place}`).replaceChildren(...items);
    count += sentences.length;
  }
  status.textContent = count ? `There is no preview yet: ${count} to put right.` : "The preview shows what you typed.";
};

const ask = async () => {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), signal: asked.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = "The preview could not be made. What you typed is still here.";
  }
};

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE);
});
