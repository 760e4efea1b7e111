/** Showing: the page's words in the chosen language, colours, sizes, the text with its current sentence, and messages. */

import { VOICES_IN_ENGLISH, WORDS, filled } from "./words.js";

const LANGUAGES = { zh: "zh-CN", en: "en" };
export const element = (id) => document.getElementById(id);

export class Display {
  #language = "zh";
  #voices = [];
  #problem = null;
  #making = { done: 0, all: 1, making: false };

  /** The words of the chosen language. */
  get words() { return WORDS[this.#language]; }

  /** Apply the settings to the whole page. */
  apply({ language, theme, size, speed }) {
    this.#language = language;
    const root = document.documentElement;
    root.lang = LANGUAGES[language];
    root.dataset.theme = theme;
    root.dataset.size = size;
    document.title = this.words.pageTitle;
    for (const worded of document.querySelectorAll("[data-words]")) worded.textContent = this.words[worded.dataset.words];
    for (const labelled of document.querySelectorAll("[data-label]")) labelled.setAttribute("aria-label", this.words[labelled.dataset.label]);
    for (const option of document.querySelectorAll("#voice option")) option.textContent = this.#voice(option.value);
    for (const group of document.querySelectorAll("#voice optgroup")) group.label = this.words[group.dataset.kind];
    for (const name of Object.keys(LANGUAGES)) element(name).setAttribute("aria-pressed", String(name === language));
    Object.assign(element("theme"), { value: theme });
    Object.assign(element("size"), { value: size });
    Object.assign(element("speed"), { value: speed });
    const { done, all, making } = this.#making;
    this.progress(done, all, making);
    if (this.#problem) this.problem(this.#problem);
    this.consent();
  }

  /** Fill the list of voices; teachers' come first, where there are any. */
  voices(voices) {
    const kinds = ["teacher", "preset"].filter((kind) => voices.some((voice) => voice.kind === kind));
    const groups = kinds.map((kind) => {
      const options = voices.filter((voice) => voice.kind === kind).map(({ name }) => {
        const option = document.createElement("option");
        option.value = name;
        option.textContent = this.#voice(name);
        return option;
      });
      if (kinds.length === 1) return options;
      const group = document.createElement("optgroup");
      group.dataset.kind = kind;
      group.label = this.words[kind];
      group.append(...options);
      return [group];
    });
    element("voice").replaceChildren(...groups.flat());
    this.#voices = voices;
    this.chooseVoice();
  }

  /** Choose the first preset voice whose mother tongue is the page's language, as long as nobody has chosen another. */
  chooseVoice() {
    const presets = this.#voices.filter(({ kind }) => kind === "preset");
    const native = presets.find(({ language }) => language === this.#language) ?? presets[0];
    if (native) element("voice").value = native.name;
    this.consent();
  }

  /** Tell what the teacher whose voice is chosen allows it to be used for. */
  consent() {
    const chosen = this.#voices.find(({ name }) => name === element("voice").value);
    const allowed = chosen?.kind === "teacher" ? { scope: chosen.consent_scope, until: chosen.consent_expires_on } : null;
    element("consent").textContent = allowed ? filled(this.words.consent, allowed) : "";
  }

  /** Lay out a text. */
  text(paragraphs) {
    let index = 0;
    element("page").replaceChildren(...paragraphs.map((sentences) => {
      const paragraph = document.createElement("p");
      for (const { text, language } of sentences) {
        const sentence = document.createElement("span");
        sentence.textContent = text;
        sentence.lang = LANGUAGES[language];
        sentence.dataset.index = index;
        index += 1;
        paragraph.append(sentence, language === "zh" ? "" : " ");
      }
      return paragraph;
    }));
    element("reader").hidden = index === 0;
  }

  /** Mark the sentence that is being read, and tell its number. */
  place(at, all) {
    const before = element("page").querySelector(".current");
    before?.classList.remove("current");
    before?.removeAttribute("aria-current");
    const current = element("page").querySelector(`[data-index="${at}"]`);
    current?.classList.add("current");
    current?.setAttribute("aria-current", "true");
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    current?.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    element("place").textContent = all > 0 ? filled(this.words.place, { at: at + 1, all }) : "";
  }

  /** Show whether it plays. */
  state(playing) {
    element("play").classList.toggle("playing", playing);
    element("play-word").textContent = playing ? this.words.pause : this.words.play;
  }

  /** Show whether a file is being made, and how far it is. */
  progress(done, all, making) {
    this.#making = { done, all, making };
    element("download-word").textContent = making ? this.words.stop : this.words.download;
    Object.assign(element("progress"), { hidden: !making, max: Math.max(all, 1), value: done });
  }

  /** Tell a problem at once, in a sentence, or take it away. */
  problem(problem) {
    this.#problem = problem;
    element("alert").textContent = problem ? filled(this.words[problem.kind], problem.values) : "";
  }

  /** Take a message away that a busy server was the reason of. */
  calm() { if (this.#problem?.kind === "busy") this.problem(null); }

  /** Count down; a screen reader was told the number once and is left in peace. */
  wait(seconds) { element("wait").textContent = seconds > 0 ? filled(this.words.waiting, { seconds }) : ""; }

  /** Tell what happened when the listener has nothing else to listen to. */
  status(word, values = {}) { element("status").textContent = filled(this.words[word], values); }

  #voice(name) { return this.#language === "en" && VOICES_IN_ENGLISH[name] ? `${VOICES_IN_ENGLISH[name]} (${name})` : name; }
}
