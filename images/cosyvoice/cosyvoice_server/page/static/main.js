/** The reading room: what each control does. */

import { Display, element } from "./display.js";
import { joined, save, textOf } from "./files.js";
import { Player } from "./player.js";
import { remember, remembered } from "./settings.js";
import { Problem, paragraphs, voices } from "./speech.js";

const settings = remembered();
const display = new Display();
const player = new Player();
let download = null;
let voiceChosen = false;

function set(name, value) {
  settings[name] = value;
  remember(settings);
  show();
  if (name === "language" && !voiceChosen) display.chooseVoice();
}

function show() {
  display.apply(settings);
  display.state(player.playing);
  display.place(player.at, player.sentences.length);
}

function tell(error) {
  display.problem(error instanceof Problem ? error : new Problem("failed"));
}

async function listVoices() {
  try {
    const listed = await voices();
    display.voices(listed);
    display.problem(listed.length > 0 ? null : new Problem("noVoice"));
  } catch (error) {
    tell(error);
  }
}

async function read() {
  display.problem(null);
  const text = element("text").value;
  player.open([]);
  player.unlock();
  if (!text.trim()) {
    display.problem(new Problem("empty"));
    element("text").focus();
    return;
  }
  if (element("voice").value === "") await listVoices();
  if (element("voice").value === "") return;
  try {
    const cut = await paragraphs(text);
    display.text(cut);
    player.voice = element("voice").value;
    player.open(cut.flat());
  } catch (error) {
    tell(error);
    return;
  }
  if (player.sentences.length === 0) {
    display.problem(new Problem("empty"));
    return;
  }
  element("play").focus();
  player.play();
}

function toggle() {
  display.problem(null);
  if (player.playing) {
    player.pause();
  } else {
    player.unlock();
    player.play();
  }
}

function go(index) {
  display.problem(null);
  player.go(index);
}

async function makeFile() {
  if (download !== null) {
    download = null;
    display.progress(0, 1, false);
    return;
  }
  const mine = {};
  download = mine;
  const cancelled = () => download !== mine;
  const all = player.sentences.length;
  display.status("gathering", { all });
  display.progress(0, all, true);
  try {
    const pieces = [];
    for await (const piece of player.all(Number(settings.speed), cancelled)) {
      if (cancelled()) return;
      pieces.push(piece);
      display.progress(pieces.length, all, true);
    }
    if (cancelled()) return;
    save(await joined(pieces), `${display.words.file}.mp3`);
    display.status("saved");
  } catch (error) {
    if (!cancelled()) tell(error);
  }
  if (!cancelled()) {
    download = null;
    display.progress(0, 1, false);
  }
}

async function open(file) {
  if (!file) return;
  try {
    element("text").value = await textOf(file);
    display.problem(null);
    display.status("opened", { name: file.name });
  } catch (error) {
    tell(error instanceof Problem ? error : new Problem("unreadable"));
  }
}

const actions = {
  toggle,
  repeat: () => go(player.at),
  previous: () => go(player.at - 1),
  next: () => go(player.at + 1),
};
const KEYS = { F8: actions.toggle, F9: actions.repeat, F2: actions.previous, F4: actions.next };

player.addEventListener("place", () => display.place(player.at, player.sentences.length));
player.addEventListener("state", () => {
  display.state(player.playing);
  if ("mediaSession" in navigator) navigator.mediaSession.playbackState = player.playing ? "playing" : "paused";
});
player.addEventListener("problem", ({ detail }) => tell(detail));
player.addEventListener("wait", ({ detail }) => {
  display.wait(detail);
  if (detail === 0) display.calm();
});
player.addEventListener("finished", () => display.status("finished"));

element("form").addEventListener("submit", (event) => {
  event.preventDefault();
  read();
});
element("file").addEventListener("change", ({ target }) => {
  open(target.files[0]);
  target.value = "";
});
element("voice").addEventListener("change", ({ target }) => {
  voiceChosen = true;
  player.voice = target.value;
  display.consent();
});
element("speed").addEventListener("change", ({ target }) => {
  set("speed", target.value);
  player.speed = Number(target.value);
});
for (const name of ["theme", "size"]) element(name).addEventListener("change", ({ target }) => set(name, target.value));
for (const language of ["zh", "en"]) element(language).addEventListener("click", () => set("language", language));
element("play").addEventListener("click", actions.toggle);
for (const name of ["previous", "next", "repeat"]) element(name).addEventListener("click", actions[name]);
element("download").addEventListener("click", makeFile);
element("page").addEventListener("click", ({ target }) => {
  if (target.dataset.index !== undefined) go(Number(target.dataset.index));
});
document.addEventListener("keydown", (event) => {
  const action = KEYS[event.key];
  if (!action || element("reader").hidden || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  action();
});
if ("mediaSession" in navigator) {
  const media = { play: actions.toggle, pause: actions.toggle, previoustrack: actions.previous, nexttrack: actions.next };
  for (const [name, action] of Object.entries(media)) navigator.mediaSession.setActionHandler(name, action);
}

player.speed = Number(settings.speed);
show();
listVoices();
