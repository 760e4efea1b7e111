/** What the page remembers between visits: how it looks and how fast it reads. Never a text, never a voice. */

const KEY = "campus-voice-reading-room";
const ALLOWED = {
  language: ["zh", "en"],
  theme: ["auto", "light", "dark", "contrast"],
  size: ["100", "125", "150", "200"],
  speed: ["0.5", "0.75", "1", "1.25", "1.5", "1.75", "2"],
};

/** Read the settings: what was chosen before, else the browser's language and the system's colours. */
export function remembered() {
  const browsers = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
  const settings = { language: browsers, theme: "auto", size: "100", speed: "1" };
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return settings; // storage is switched off, or holds something else
  }
  for (const [name, values] of Object.entries(ALLOWED)) {
    if (values.includes(kept[name])) settings[name] = kept[name];
  }
  return settings;
}

/** Keep the settings; a browser without storage forgets them. */
export function remember(settings) {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // private windows may refuse
  }
}
