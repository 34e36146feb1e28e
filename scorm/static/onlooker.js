// A course that is only looked at: what it says is sent nowhere and kept nowhere.

/** Takes a courier's place; of all calls it remembers only where the course asked to go (RTE 4.4.1). */
export class Onlooker {
  pending = [];
  unsaved = 0;
  waited = 0;
  state = "looking";

  add(call) {
    if (call[3][0] === "adl.nav.request" && call[4] === "true") this.pending = [call];
  }

  flush() {
    return Promise.resolve();
  }

  leave() {}

  settle() {}
}
