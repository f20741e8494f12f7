// POST /webhooks/mux
import Mux from "@mux/mux-node";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { Refusal, body, count, handler as answering, log } from "./edge.mjs";
import { secret } from "./secrets.mjs";
import { NEWER, TableName, dynamodb, rfc3339, version } from "./table.mjs";

const RANKS = { preparing: 1, ready: 2, errored: 2 };
const ASSET = ["duration", "aspect_ratio", "resolution_tier", "video_quality"];
const TRACK = [
  ..."id type status name language_code text_type text_source closed_captions primary".split(" "),
  ..."duration max_width max_height max_frame_rate max_channels".split(" "),
];

// The receiver makes no call to Mux; the SDK only checks signatures.
const mux = new Mux({ tokenId: "unused", tokenSecret: "unused" });

export const handler = answering(async (event) => {
  const text = body(event);
  await verify(text, event.headers);
  const told = JSON.parse(text);
  const environment = process.env.MUX_ENVIRONMENT_ID;
  const ours = !environment || told.environment?.id === environment;
  const outcome = ours && told.type === "video.asset.ready" ? await apply(told) : "ignored";
  count(`Webhook${outcome[0].toUpperCase()}${outcome.slice(1)}`);
  log("webhook handled", { outcome, event_id: told.id, event_type: told.type });
  return { status: 200, body: { data: { outcome } } };
});

async function verify(text, headers) {
  const { signing_secrets } = await secret(process.env.MUX_WEBHOOK_SECRET_ARN);
  for (const known of signing_secrets) {
    try {
      await mux.webhooks.verifySignature(text, headers, known);
      return;
    } catch {
      continue;
    }
  }
  throw new Refusal(401, "unauthorized", "Unauthorized");
}

async function apply({ id: eventId, created_at, data }) {
  const [mark, stack, caller, request, visibility] = (data.passthrough ?? "").split("#");
  if (mark !== "mxl1" || stack !== process.env.STACK_TAG) return "ignored";
  const seen = version(RANKS[data.status], Date.parse(created_at) * 1000, eventId);
  const put = {
    seen,
    status: data.status,
    doc: document(data),
    library: "asset",
    sort: `${rfc3339(Number(data.created_at))}#${data.id}`,
    owner_status: `${caller}#${data.status}`,
    visibility,
  };
  const once = { id: data.id, feed_owner: caller, owner: caller, request };
  const names = { "#wish": "delete_requested_at", "#gallery": "gallery", "#due": "due", "#due_at": "due_at" };
  const values = {};
  for (const [name, value] of Object.entries({ ...put, ...once })) {
    names[`#${name}`] = name;
    values[`:${name}`] = { S: value };
  }
  const sets = [
    ...Object.keys(put).map((name) => `#${name} = :${name}`),
    ...Object.keys(once).map((name) => `#${name} = if_not_exists(#${name}, :${name})`),
  ];
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk: { S: `ASSET#${data.id}` } },
        ConditionExpression: `${NEWER} AND attribute_not_exists(#wish) AND (attribute_not_exists(#owner) OR #owner = :owner)`,
        UpdateExpression: `SET ${sets.join(", ")} REMOVE #gallery, #due, #due_at`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValues: "NONE",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
    return error.Item?.seen?.S === seen ? "applied" : "stale";
  }
  return "applied";
}

function document(data) {
  const shown = picked(data, ASSET);
  if (data.meta?.title) shown.title = data.meta.title;
  shown.playback_ids = (data.playback_ids ?? []).map(({ id, policy }) => ({ id, policy }));
  shown.tracks = (data.tracks ?? []).map((track) => picked(track, TRACK));
  return JSON.stringify(shown, [...new Set([...Object.keys(shown), ...TRACK, "policy"])].sort());
}

function picked(from, names) {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}
