// The page of an AICC unit: opens it in the frame where it is ours, else goes where it is. The button does it too.

const FAREWELL = 8_000; // milliseconds that leaving waits for the unit to say so

const element = (id) => document.getElementById(id);
const form = element("open");
const frame = element("course");

try {
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
  const reply = await response.json();
  if (response.ok) go(reply.url);
  else element("refusal").textContent = reply.detail;
} catch {
  element("refusal").textContent = "The course could not be opened. Check the connection.";
}

function go(url) {
  if (!form.dataset.here) return location.replace(url);
  element("opening").hidden = true;
  frame.hidden = false;
  frame.src = url;
  element("home").addEventListener("click", leave);
}

// Taking the unit away lets its own unload handler finish: that is where many say that they have been left.
function leave(event) {
  event.preventDefault();
  const home = () => location.assign(element("home").href);
  setTimeout(home, FAREWELL);
  frame.addEventListener("load", () => setTimeout(home), { once: true });
  frame.src = "about:blank";
}
