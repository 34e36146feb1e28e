"use strict";

/*
 * Talks to the learning system through the SCORM 1.2 API (RTE 1.2, section 3.3).
 * Every call goes through Lms, so that no page needs to know whether a system is there.
 */

/* A frame may be nested; a loop of windows must still end. */
const DEEPEST_FRAME = 500;

/** The API of one window, or null. A window of another origin throws when it is read: it has none for us. */
function readApi(win) {
  try {
    return win.API || null;
  } catch (error) {
    return null;
  }
}

/** The nearest API in a window or the windows around it, or null. */
function searchUpwards(start) {
  let win = start;
  for (let depth = 0; depth < DEEPEST_FRAME; depth += 1) {
    const api = readApi(win);
    if (api || win.parent === win) {
      return api;
    }
    win = win.parent;
  }
  return null;
}

/** The API by the search order of RTE 1.2, section 3.3: this window's parents, then the opener and its parents. */
function findApi(win) {
  return (
    searchUpwards(win) ||
    (win.opener && searchUpwards(win.opener)) ||
    (win.top.opener && searchUpwards(win.top.opener)) ||
    null
  );
}

/** Milliseconds as a CMITimespan, HHHH:MM:SS.SS (RTE 1.2, section 3.4). */
function formatTimespan(milliseconds) {
  const hundredths = Math.round(milliseconds / 10);
  const pad = (number, width) => String(number).padStart(width, "0");
  const hours = pad(Math.floor(hundredths / 360000), 4);
  const minutes = pad(Math.floor(hundredths / 6000) % 60, 2);
  const seconds = pad(Math.floor(hundredths / 100) % 60, 2);
  return `${hours}:${minutes}:${seconds}.${pad(hundredths % 100, 2)}`;
}

/** One session with the learning system, or with none. `onSaved(kept)` follows every save. */
class Lms {
  constructor(api, onSaved) {
    this.api = api;
    this.onSaved = onSaved;
    this.kept = true;
    this.started = performance.now();
    this.connected = api !== null && this.call("LMSInitialize", "") === "true";
  }

  /** The value of an element; the empty text when it has none or nothing is connected. */
  read(element) {
    return this.connected ? this.call("LMSGetValue", element) : "";
  }

  /** Sets an element. A refusal is told at the next save. */
  write(element, value) {
    this.require("LMSSetValue", element, String(value));
  }

  /** Asks for everything to be kept, and says whether it is. The time goes along, so that a killed browser loses none. */
  save() {
    this.write("cmi.core.session_time", formatTimespan(performance.now() - this.started));
    this.require("LMSCommit", "");
    const kept = this.connected && this.kept;
    this.kept = true;
    this.onSaved(kept);
    return kept;
  }

  /** Ends the session. Both pagehide and unload come here; only the first may call LMSFinish. */
  finish() {
    if (!this.connected) {
      return;
    }
    this.write("cmi.core.session_time", formatTimespan(performance.now() - this.started));
    this.require("LMSFinish", "");
    this.connected = false;
  }

  require(name, ...values) {
    if (this.connected && this.call(name, ...values) !== "true") {
      this.kept = false;
    }
  }

  /* The answers are text by the standard, but some systems answer with booleans. */
  call(name, ...values) {
    try {
      return String(this.api[name](...values));
    } catch (error) {
      return "";
    }
  }
}
