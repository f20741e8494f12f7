// GET /assets
import { createHash } from "node:crypto";
import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { Refusal, handler as answering, owner } from "./edge.mjs";
import { TableName, dynamodb, rfc3339 } from "./table.mjs";

const FIELDS = ["title", "duration", "aspect_ratio", "resolution_tier", "video_quality", "master", "errors"];

export const handler = answering(async (event) => {
  const caller = owner(event);
  const query = new URLSearchParams(event.rawQueryString);
  for (const name of query.keys())
    if (!["limit", "cursor"].includes(name)) throw new Refusal(400, "invalid_parameters", `unknown parameter ${name}`);
  const limit = Number(query.get("limit") ?? 25);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 100))
    throw new Refusal(400, "invalid_parameters", "limit: must be 1 to 100");
  const after = query.get("cursor") ? position(query.get("cursor"), caller) : null;
  const answer = await dynamodb.send(
    new QueryCommand({
      TableName,
      IndexName: "by-owner",
      KeyConditionExpression: "#owner = :partition",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":partition": { S: caller } },
      ScanIndexForward: false,
      Limit: limit + 1,
      ...(after && {
        ExclusiveStartKey: { pk: { S: `ASSET#${after.split("#")[1]}` }, owner: { S: caller }, sort: { S: after } },
      }),
    }),
  );
  const shown = answer.Items.slice(0, limit);
  const next_cursor = answer.Items.length > limit ? cursor(shown.at(-1).sort.S, caller) : null;
  return { status: 200, body: { data: shown.map(asset), next_cursor } };
});

function asset(item) {
  const created_at = item.sort.S.split("#")[0];
  const document = JSON.parse(item.doc?.S ?? "{}");
  const updated = rfc3339(Math.floor(Number(item.seen.S.split("|")[1]) / 1_000_000));
  const shown = {
    id: item.pk.S.replace("ASSET#", ""),
    status: item.status.S,
    created_at,
    updated_at: updated > created_at ? updated : created_at,
    visibility: item.visibility?.S ?? "private",
    upload_id: item.upload_id?.S,
    playback_ids: (document.playback_ids ?? []).map(playbackId),
    tracks: parts(item, document.tracks ?? [], "track"),
    static_renditions: parts(item, document.static_renditions ?? [], "rendition"),
  };
  for (const name of FIELDS) if (name in document) shown[name] = document[name];
  for (const [name, value] of Object.entries(shown))
    if (value === undefined || (Array.isArray(value) && !value.length)) delete shown[name];
  return shown;
}

function playbackId({ id, policy }) {
  if (policy !== "public") return { id, policy };
  const urls = {
    hls: `https://stream.mux.com/${id}.m3u8`,
    player: `https://player.mux.com/${id}`,
    thumbnail: `https://image.mux.com/${id}/thumbnail.webp`,
    animated: `https://image.mux.com/${id}/animated.webp`,
    storyboard: `https://image.mux.com/${id}/storyboard.vtt`,
  };
  return { id, policy, urls };
}

function parts(item, snapshot, kind) {
  const found = new Map(snapshot.map((part, index) => [part.id ?? `#${index}`, part]));
  for (const [name, value] of Object.entries(item)) {
    if (!name.startsWith(`${kind}_v#`)) continue;
    const id = name.slice(kind.length + 3);
    if (value.S.split("|")[1] < item.seen.S.split("|")[1]) continue;
    const own = item[`${kind}#${id}`]?.S;
    if (own) found.set(id, JSON.parse(own));
    else found.delete(id);
  }
  return [...found.values()];
}

function cursor(text, caller) {
  return Buffer.concat([checksum(text, caller), Buffer.from(text)]).toString("base64url");
}

function position(text, caller) {
  const found = Buffer.from(text, "base64url").subarray(12).toString();
  if (cursor(found, caller) !== text) throw new Refusal(400, "invalid_parameters", "cursor: not a cursor of this list");
  return found;
}

function checksum(text, caller) {
  const scope = `${caller}#`;
  return createHash("sha256").update(`${scope.length}:${scope}:${text}`).digest().subarray(0, 12);
}
