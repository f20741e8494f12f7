// POST /uploads
import { createHash, randomBytes } from "node:crypto";
import { PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { Refusal, body, checkOrigin, handler as answering, owner } from "./edge.mjs";
import { mux } from "./mux.mjs";
import { NEWER, TableName, dynamodb, now, rfc3339, version } from "./table.mjs";

const DAY = 86_400;
const OPEN = "#request = :request AND #state <> :done";
const timeout = Number(process.env.UPLOAD_TIMEOUT_SECONDS);

export const handler = answering(async (event) => {
  const caller = owner(event);
  const cors_origin = checkOrigin(event);
  const wish = parsed(body(event));
  const key = event.headers["idempotency-key"];
  if (!/^[!-~]{1,255}$/.test(key ?? "")) throw new Refusal(400, "invalid_parameters", "Idempotency-Key: not usable");
  const intent = {
    pk: `IDEMPOTENCY#${sha256(`${caller}#${key}`)}`,
    request: randomBytes(16).toString("base64url"),
    fingerprint: sha256(JSON.stringify(["upload", wish])),
  };
  await claim(intent, caller);
  const sent = Date.now();
  const made = await (await mux()).video.uploads.create({
    cors_origin,
    timeout,
    new_asset_settings: {
      playback_policies: [wish.playback_policy ?? process.env.PLAYBACK_POLICY],
      video_quality: process.env.VIDEO_QUALITY,
      max_resolution_tier: process.env.MAX_RESOLUTION_TIER,
      passthrough: ["mxl1", process.env.STACK_TAG, caller, intent.request, "private"].join("#"),
      ...(wish.title ? { meta: { title: wish.title } } : {}),
    },
  });
  const expires = Math.floor(sent / 1000) + made.timeout;
  await finish(intent, caller, made, sent * 1000, expires);
  return { status: 201, body: { data: { id: made.id, status: made.status, expires_at: rfc3339(expires), url: made.url } } };
});

function parsed(text) {
  let wish;
  try {
    wish = JSON.parse(text);
  } catch {
    throw new Refusal(400, "invalid_parameters", "body: not valid JSON");
  }
  for (const [name, value] of Object.entries(wish))
    if (!["title", "playback_policy", "captions"].includes(name) || typeof value !== "string" || value.length > 512)
      throw new Refusal(400, "invalid_parameters", `${name}: not usable`);
  return wish;
}

async function claim(intent, caller) {
  const sent_at = now();
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName,
        Item: {
          pk: { S: intent.pk },
          owner: { S: caller },
          kind: { S: "upload" },
          fingerprint: { S: intent.fingerprint },
          request: { S: intent.request },
          sent_at: { N: String(sent_at) },
          state: { S: "pending" },
          ttl: { N: String(sent_at + DAY) },
        },
        ConditionExpression: "(attribute_not_exists(#pk) OR #ttl <= :now)",
        ExpressionAttributeNames: { "#pk": "pk", "#ttl": "ttl" },
        ExpressionAttributeValues: { ":now": { N: String(sent_at) } },
        ReturnValues: "ALL_OLD",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
    if (error.Item.fingerprint.S !== intent.fingerprint)
      throw new Refusal(422, "idempotency_mismatch", "the Idempotency-Key was used for another request");
    throw new Refusal(503, "in_progress", "the first request is not done yet: try again");
  }
}

async function finish(intent, caller, made, micros, expires) {
  const seen = { S: version(0, micros) };
  await dynamodb.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        {
          Update: {
            TableName,
            Key: { pk: { S: `UPLOAD#${made.id}` } },
            ConditionExpression: NEWER,
            UpdateExpression:
              "SET #seen = :seen, #status = :status, #due = :due, #due_at = :due_at, " +
              "#owner = if_not_exists(#owner, :owner), #request = if_not_exists(#request, :request) REMOVE #error",
            ExpressionAttributeNames: {
              "#seen": "seen",
              "#status": "status",
              "#due": "due",
              "#due_at": "due_at",
              "#owner": "owner",
              "#request": "request",
              "#error": "error",
            },
            ExpressionAttributeValues: {
              ":seen": seen,
              ":status": { S: made.status },
              ":due": { S: "due" },
              ":due_at": { N: String(expires + 60) },
              ":owner": { S: caller },
              ":request": { S: intent.request },
            },
          },
        },
        {
          Update: {
            TableName,
            Key: { pk: { S: intent.pk } },
            ConditionExpression: OPEN,
            UpdateExpression: "SET #state = :done, #object_id = :object_id, #expires_at = :expires_at",
            ExpressionAttributeNames: {
              "#request": "request",
              "#state": "state",
              "#object_id": "object_id",
              "#expires_at": "expires_at",
            },
            ExpressionAttributeValues: {
              ":request": { S: intent.request },
              ":done": { S: "done" },
              ":object_id": { S: made.id },
              ":expires_at": { N: String(expires) },
            },
          },
        },
      ],
    }),
  );
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}
