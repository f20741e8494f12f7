// What every script here shares: the client, JSON from standard input, JSON to standard output.
import { text } from "node:stream/consumers";
import Mux from "@mux/mux-node";

export const given = JSON.parse(await text(process.stdin));

export const mux = client();

export function client(options = {}) {
  return new Mux({
    baseURL: given.url,
    tokenId: given.token_id,
    tokenSecret: given.token_secret,
    maxRetries: 0,
    ...options,
  });
}

export function report(seen) {
  process.stdout.write(JSON.stringify(seen));
}

/** What `look` returns once it is truthy; meanwhile the emulator's clock goes on, so nobody waits for processing. */
export async function eventually(look) {
  for (let left = 500; left > 0; left--) {
    const found = await look();
    if (found) return found;
    await fetch(`${given.url}/_emulator/clock`, { method: "POST", body: JSON.stringify({ advance_seconds: 60 }) });
  }
  throw new Error("it did not happen");
}

export async function readyAsset(settings = {}) {
  const inputs = [{ url: "https://storage.example.com/film.mp4" }];
  const { id } = await mux.video.assets.create({ inputs, playback_policies: ["public"], ...settings });
  return eventually(async () => {
    const asset = await mux.video.assets.retrieve(id);
    return asset.status === "ready" && asset;
  });
}

/** The refusal of a call as its caller sees it. */
export async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return { class: error.constructor.name, status: error.status, body: error.error, message: error.message };
  }
  throw new Error("the call was not refused");
}

export async function collected(pages, key = "id") {
  const seen = [];
  for await (const entry of pages) seen.push(entry[key]);
  return seen;
}
