/** Plays sentences one after the other, and fetches the next while one is heard. */

import { Problem, spoken } from "./speech.js";

/** A moment of silence: a telephone's browser lets a page sound later only if it began to within a press. */
const SILENCE = "data:audio/wav;base64,UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAAAAAAAAA==";

/**
 * Events: `place` (another sentence is current), `state` (playing or still), `problem` (detail: a Problem),
 * `wait` (detail: seconds until a busy server is asked again, 0 when that is over), `finished`.
 */
export class Player extends EventTarget {
  voice = "";
  #audio = new Audio();
  #sentences = [];
  #at = 0;
  #wanted = false;
  #loaded = null;
  #kept = new Map();
  #announced = false;
  #turn = 0;

  constructor() {
    super();
    this.#audio.addEventListener("ended", () => this.#ended());
    this.#audio.addEventListener("error", () => this.#loaded !== null && this.#fail(new Problem("failed")));
  }

  get playing() { return this.#wanted; }
  get at() { return this.#at; }
  get sentences() { return this.#sentences; }

  /** How many times faster than the voice's own speed it is heard, from now on; the pitch stays. */
  set speed(times) {
    this.#audio.defaultPlaybackRate = times;
    this.#audio.playbackRate = times;
  }

  /** Take a new text, or none. */
  open(sentences) {
    this.pause();
    this.#loaded = null;
    this.#forget(() => true);
    this.#announced = false;
    this.#sentences = sentences;
    this.#move(0);
  }

  /** Ask for permission to sound: within a press, before anything is fetched. */
  unlock() {
    if (this.#loaded !== null) return;
    this.#audio.src = SILENCE;
    this.#audio.play().catch(() => {}); // if it is refused, so is the sentence, and that is told
  }

  /** Play on. */
  async play() {
    const turn = ++this.#turn;
    const stale = () => turn !== this.#turn;
    const key = this.#key(this.#at);
    this.#want(true);
    this.#forget((index) => index !== this.#at && index !== this.#at + 1);
    try {
      if (this.#loaded !== key) {
        const blob = await this.#patiently(this.#at, 1, stale);
        if (stale()) return;
        this.#load(key, blob);
      }
      await this.#audio.play();
    } catch (error) {
      if (!stale()) this.#fail(error.name === "NotAllowedError" ? new Problem("blocked") : error);
      return;
    }
    if (this.#at + 1 < this.#sentences.length) this.#fetched(this.#at + 1, 1).catch(() => {}); // told when its turn comes
  }

  pause() {
    this.#turn += 1;
    this.#audio.pause();
    this.#want(false);
    this.#tell("wait", 0);
  }

  /** Play a sentence from its beginning. */
  go(index) {
    if (index < 0 || index >= this.#sentences.length) return;
    this.unlock();
    this.#audio.pause();
    this.#move(index);
    if (this.#loaded === this.#key(index)) this.#audio.currentTime = 0;
    this.play();
  }

  /** Yield every sentence's audio at a speed, in order; what was heard at that speed is not fetched again. */
  async *all(speed, cancelled) {
    for (let index = 0; index < this.#sentences.length && !cancelled(); index += 1) {
      yield await this.#patiently(index, speed, cancelled);
    }
  }

  #key(index, speed = 1) { return `${index} ${speed} ${this.voice}`; }

  #tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  #move(index) {
    this.#at = index;
    this.#tell("place");
  }

  #want(wanted) {
    this.#wanted = wanted;
    this.#tell("state");
  }

  #load(key, blob) {
    if (this.#audio.src.startsWith("blob:")) URL.revokeObjectURL(this.#audio.src);
    this.#loaded = key;
    this.#audio.src = URL.createObjectURL(blob);
  }

  #ended() {
    if (this.#loaded !== this.#key(this.#at)) return; // the silence
    if (this.#at + 1 < this.#sentences.length) {
      this.#move(this.#at + 1);
      this.play();
      return;
    }
    this.pause();
    this.#tell("finished");
  }

  #fail(problem) {
    this.pause();
    this.#loaded = null;
    this.#tell("problem", problem instanceof Problem ? problem : new Problem("failed"));
  }

  /** One sentence's audio; it is asked for once, however many want it. */
  #fetched(index, speed) {
    const key = this.#key(index, speed);
    if (!this.#kept.has(key)) {
      const cancel = new AbortController();
      const { text, continues } = this.#sentences[index];
      const proof = this.#announced ? continues : ""; // the first to be heard says that a machine speaks, where the campus asks
      const blob = spoken({ input: text, voice: this.voice, speed, continues: proof }, cancel.signal);
      const entry = { index, speed, blob, cancel, here: false };
      this.#kept.set(key, entry);
      blob.then(() => { entry.here = this.#announced = true; }, () => this.#kept.get(key) === entry && this.#kept.delete(key));
    }
    return this.#kept.get(key).blob;
  }

  /** Give up what is still being fetched for listening and nobody waits for. */
  #forget(unwanted) {
    for (const [key, { index, speed, cancel, here }] of this.#kept) {
      if (!here && speed === 1 && unwanted(index)) {
        cancel.abort();
        this.#kept.delete(key);
      }
    }
  }

  /** A sentence's audio, from a busy server when it says so. */
  async #patiently(index, speed, stale) {
    for (;;) {
      try {
        return await this.#fetched(index, speed);
      } catch (error) {
        if (stale() || error.kind !== "busy") throw error;
        this.#tell("problem", error);
        await this.#waited(error.values.seconds, stale);
      }
    }
  }

  async #waited(seconds, stale) {
    for (let left = seconds; left > 0; left -= 1) {
      this.#tell("wait", left);
      await new Promise((done) => setTimeout(done, 1000));
      if (stale()) throw new Problem("busy", { seconds });
    }
    this.#tell("wait", 0);
  }
}
