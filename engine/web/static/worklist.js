// Single keys on the worklist's pages. All of it can be done with Tab and Enter too, nothing happens while somebody types,
// and whoever does not want them switches them off: then this file is not loaded (WCAG 2.1.4).
const TYPING = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]";
const rows = [...document.querySelectorAll("[data-item]")];
const status = document.querySelector("[data-ticked]");

const here = () => rows.findIndex((row) => row.contains(document.activeElement));
const tick = (row) => row?.querySelector("input[type=checkbox]");

const move = (step) => {
  const now = here();
  const to = now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1);
  rows[to].querySelector("a").focus();
};

const tell = () => {
  const ticked = rows.filter((row) => tick(row)?.checked).length;
  status.textContent = `${ticked} of ${rows.length} ticked.`;
};

const lists = {
  j: () => move(1),
  k: () => move(-1),
  o: () => rows[here()]?.querySelector("a").click(),
  x: () => tick(rows[here()])?.click(),
};

const named = (key) => {
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (found?.matches("a, input[type=radio]")) found.click();
  found?.focus();
  return found;
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.target.closest(TYPING)) return;
  if (rows.length && Object.hasOwn(lists, event.key)) {
    lists[event.key]();
    event.preventDefault();
  } else if (event.key.length === 1 && event.key !== " " && named(event.key)) {
    event.preventDefault();
  }
});

if (status) document.addEventListener("change", (event) => event.target.name === "item" && tell());
document.documentElement.dataset.keys = "on";
