/** Texts from files, and files from audio. */

import { Problem } from "./speech.js";

const LARGEST_FILE = 1024 * 1024;

/** Read a text file: UTF-8, or else the older encodings of Chinese. */
export async function textOf(file) {
  if (file.size > LARGEST_FILE) throw new Problem("unreadable");
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("gb18030").decode(bytes);
  }
  if (text.includes("\0")) throw new Problem("unreadable");
  return /\.md$/i.test(file.name) ? withoutMarks(text) : text;
}

/** Markdown as one would read it aloud: the words without their marks. */
export function withoutMarks(markdown) {
  return markdown
    .replace(/^(?:```|~~~).*$/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[ \t]*(?:#{1,6}|>+|[-*+]|\d+\.)[ \t]+/gm, "")
    .replace(/^[ \t]*(?:[-*_][ \t]*){3,}$/gm, "")
    .replace(/(\*\*|__|~~|`)(.+?)\1/g, "$2")
    .replace(/(^|[^\w*])[*_]([^*_\s](?:[^*_]*[^*_\s])?)[*_](?![\w*])/gm, "$1$2");
}

/** Join MP3s into one: each begins with a tag (https://id3.org/id3v2.4.0-structure), and the first one's serves all. */
export async function joined(pieces) {
  const parts = [];
  for (const piece of pieces) {
    const bytes = new Uint8Array(await piece.arrayBuffer());
    parts.push(parts.length === 0 ? bytes : bytes.subarray(tagLength(bytes)));
  }
  return new Blob(parts, { type: "audio/mpeg" });
}

function tagLength(bytes) {
  const isTag = bytes.length > 10 && String.fromCharCode(...bytes.subarray(0, 3)) === "ID3";
  return isTag ? 10 + ((bytes[6] << 21) | (bytes[7] << 14) | (bytes[8] << 7) | bytes[9]) : 0;
}

/** Hand a file to the browser's downloads. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
