/** The server's answers, and what can go wrong with them. */

/** Why something could not be had. `kind` is a word of words.js: busy, network, long or failed. */
export class Problem extends Error {
  constructor(kind, values = {}) {
    super(kind);
    this.kind = kind;
    this.values = values;
  }
}

const SOONEST_RETRY_SECONDS = 1;

/** List the voices, the default first, each `{name, kind, language, consent_scope, consent_expires_on}`. */
export async function voices() {
  const answer = await asked("/read/voices", {});
  return (await answer.json()).voices;
}

/** Cut a text as the server will speak it: paragraphs of sentences, each `{text, language, continues}`. */
export async function paragraphs(text, signal) {
  const answer = await asked("/read/sentences", { body: { text }, signal });
  return (await answer.json()).paragraphs;
}

/** Have one sentence spoken, as MP3. */
export async function spoken(request, signal) {
  const answer = await asked("/read/speech", { body: { ...request, response_format: "mp3" }, signal });
  try {
    return await answer.blob();
  } catch (error) {
    throw signal?.aborted ? error : new Problem("network"); // the sentence broke off on its way
  }
}

async function asked(path, { body, signal }) {
  const request = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, { ...request, signal });
  } catch (error) {
    throw signal?.aborted ? error : new Problem("network");
  }
  if (answer.ok) return answer;
  throw await problem(answer);
}

async function problem(answer) {
  if (answer.status === 503 || answer.status === 429) {
    const seconds = Math.ceil(Number(answer.headers.get("Retry-After"))) || SOONEST_RETRY_SECONDS;
    return new Problem("busy", { seconds });
  }
  const told = await answer.json().catch(() => ({}));
  const long = answer.status === 413 || told.error?.code === "string_above_max_length";
  return new Problem(long ? "long" : "failed");
}
