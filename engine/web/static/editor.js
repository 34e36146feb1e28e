// Puts CodeMirror over the text areas of a template; each area stays what the form sends, and works without scripts.
import {
  EditorState,
  EditorView,
  HighlightStyle,
  autocompletion,
  bracketMatching,
  completionKeymap,
  defaultKeymap,
  highlightSpecialChars,
  history,
  historyKeymap,
  jinja,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  setDiagnostics,
  syntaxHighlighting,
  tags,
} from "./vendor/codemirror/codemirror.min.js";

// The colours of the NHS, which stand out from white by 4.5 to 1 or more.
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.brace, tags.processingInstruction], color: "#7c2855" },
  { tag: [tags.variableName, tags.propertyName, tags.special(tags.variableName)], color: "#005eb8" },
  { tag: [tags.tagName, tags.angleBracket], color: "#007f3b" },
  { tag: [tags.attributeName, tags.attributeValue, tags.string], color: "#4c6272" },
  { tag: tags.comment, color: "#4c6272", fontStyle: "italic" },
]);

const LOOK = EditorView.theme({
  "&": { backgroundColor: "#fff", border: "2px solid #4c6272", fontSize: "1rem" },
  "&.cm-focused": { border: "2px solid #212b32", boxShadow: "inset 0 0 0 2px #212b32", outline: "4px solid #ffeb3b" },
  ".cm-scroller": { fontFamily: "ui-monospace, monospace", lineHeight: "1.5", maxHeight: "28rem", overflow: "auto" },
  ".cm-content": { minHeight: "10rem" },
  ".cm-gutters": { backgroundColor: "#f0f4f5", color: "#4c6272" },
  ".cm-tooltip": { maxWidth: "20rem" },
});

// Puts a name in, with the braces after it where they are missing.
const put = (braces) => (view, { label }, from, to) => {
  const closed = !braces || /^\s*\}\}/.test(view.state.sliceDoc(to, to + 10));
  const insert = closed ? label : `${label} }}`;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, userEvent: "input.complete" });
};

const completions = (tokens) => (context) => {
  const word = context.matchBefore(/\{[{%][^{}%]*?(\w*)/);
  if (!word) return null;
  const apply = put(word.text.startsWith("{{"));
  const options = tokens.map(({ name, meaning }) => ({ label: name, info: meaning, type: "variable", apply }));
  return { from: context.matchBefore(/\w*/).from, options, validFor: /^\w*$/ };
};

const named = (area) => {
  const label = document.querySelector(`label[for="${area.id}"]`);
  label.id ||= `label-${area.id}`;
  return { "aria-labelledby": label.id, "aria-describedby": area.getAttribute("aria-describedby") ?? "", tabindex: "0" };
};

const extensions = (area, { tokens, preview }) => [
  keymap.of([{ key: "Mod-Enter", run: () => (preview(), true) }]),
  lineNumbers(),
  highlightSpecialChars(),
  history(),
  bracketMatching(),
  syntaxHighlighting(COLOURS),
  jinja(),
  autocompletion({ override: [completions(tokens)], activateOnTyping: true }),
  lintGutter(),
  EditorView.lineWrapping,
  LOOK,
  EditorView.cspNonce.of(document.querySelector("script[nonce]")?.nonce ?? ""),
  EditorView.contentAttributes.of(named(area)),
  // Tab is not taken, so that nobody who has only a keyboard is caught in here.
  keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
  EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    area.value = update.state.doc.toString();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }),
];

const lineOf = (view, number) => view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));

// Mounts an editor over a text area, and gives what the page may do with it.
export const mount = (area, given) => {
  const view = new EditorView({
    parent: area.parentElement,
    state: EditorState.create({ doc: area.value, extensions: extensions(area, given) }),
  });
  area.hidden = true;
  document.querySelector(`label[for="${area.id}"]`).addEventListener("click", () => view.focus());
  return {
    insert(text) {
      view.dispatch(view.state.replaceSelection(text), { scrollIntoView: true, userEvent: "input" });
      view.focus();
    },
    go(line) {
      view.dispatch({ selection: { anchor: lineOf(view, line).from }, scrollIntoView: true });
      view.focus();
    },
    mark(marks) {
      const found = marks.map(({ line, level, sentence }) => {
        const { from, to } = lineOf(view, line);
        return { from, to, severity: level, message: sentence };
      });
      view.dispatch(setDiagnostics(view.state, found));
    },
    has: (element) => view.dom.contains(element),
  };
};

// Gives the same for a field of one line.
export const plain = (field) => ({
  insert(text) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  },
  go: () => field.focus(),
  mark: (marks) => field.setAttribute("aria-invalid", String(marks.some(({ level }) => level === "error"))),
  has: (element) => element === field,
});
