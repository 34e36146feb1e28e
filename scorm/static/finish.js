// The page that sends what earlier windows of this browser could not.

import { flushLeftovers, Journal } from "./journal.js";

const calls = (count) => (count === 1 ? "1 step" : `${count} steps`);
const { saved, left } = await flushLeftovers(await Journal.open());
const sentences = [];
if (saved) sentences.push(`${calls(saved)} of your course, kept by this browser, are now saved.`);
if (left) sentences.push(`${calls(left)} could not be saved yet. This browser keeps them: try again later.`);
if (!saved && !left) sentences.push("This browser holds nothing that is not saved.");
document.getElementById("result").textContent = sentences.join(" ");
