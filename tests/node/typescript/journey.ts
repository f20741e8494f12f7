// Three films from file to deletion, through nothing but the typed client; what it saw goes to standard output as JSON.
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { connect, upload } from "./client.js";
import type { components } from "./videos.js";

type Asset = components["schemas"]["Asset"];
type Refusal = components["schemas"]["OurOrGatewayError"];

const { API_URL, TOKEN, FILM } = process.env;
if (!API_URL || !TOKEN || !FILM) throw new Error("API_URL, TOKEN and FILM say where, as whom, and what to upload");

const videos = connect(API_URL, TOKEN);
const film = new Blob([await readFile(FILM)], { type: "video/mp4" });

const wish = { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body: { title: "Never sent" } };
const asked = taken(await videos.POST("/uploads", wish)).data;
const again = taken(await videos.POST("/uploads", wish)).data;
const other = refused(await videos.POST("/uploads", { ...wish, body: { captions: "en" } }));
const cancelled = await videos.DELETE("/uploads/{id}", { params: { path: { id: asked.id } } });

const sent: Asset[] = [];
for (const title of ["Harbour at dawn", "Harbour at noon", "Harbour at dusk"]) {
  sent.push(await ready(await upload(videos, film, title)));
}

const pages: string[][] = [];
let cursor: string | null = null;
do {
  const query = { limit: 2, status: "ready", ...(cursor && { cursor }) } as const;
  const page: components["schemas"]["AssetPage"] = taken(await videos.GET("/assets", { params: { query } }));
  pages.push(page.data.map((asset) => asset.id));
  cursor = page.next_cursor;
} while (cursor);

const [kept, doomed] = sent;
if (!kept || !doomed) throw new Error("nothing was sent");
const params = { path: { id: kept.id } };
const renamed = taken(await videos.PATCH("/assets/{id}", { params, body: { title: "Harbour at night" } })).data;
const playback = taken(
  await videos.POST("/assets/{id}/playback-tokens", { params, body: { ttl_seconds: 600, thumbnail: { time: 1 } } }),
).data;

const deleted = await videos.DELETE("/assets/{id}", { params: { path: { id: doomed.id } } });
let gone: Refusal | undefined;
for (; !gone; await setTimeout(100)) {
  gone = (await videos.GET("/assets/{id}", { params: { path: { id: doomed.id } } })).error;
}

const report = {
  ids: [asked.id, again.id],
  other: kind(other),
  cancelled: cancelled.response.status,
  sent,
  pages,
  renamed,
  playback,
  deleted: deleted.response.status,
  gone: kind(gone),
};
process.stdout.write(JSON.stringify(report));

/** The asset of an upload, once it can be watched. */
async function ready(id: string): Promise<Asset> {
  for (;;) {
    const { asset, error } = taken(await videos.GET("/uploads/{id}", { params: { path: { id } } })).data;
    if (error || asset?.status === "errored") throw new Error(JSON.stringify(error ?? asset));
    if (asset?.status === "ready") return asset;
    await setTimeout(100);
  }
}

function taken<Data>({ data, error }: { data?: Data; error?: Refusal }): Data {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

function refused({ error }: { error?: Refusal }): Refusal {
  if (!error) throw new Error("the call was not refused");
  return error;
}

function kind(refusal: Refusal) {
  return "error" in refusal ? refusal.error.type : refusal.message;
}
