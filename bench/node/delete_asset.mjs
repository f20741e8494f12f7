// DELETE /assets/{id}
import { PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { Refusal, checkOrigin, handler as answering, owner } from "./edge.mjs";
import { mux } from "./mux.mjs";
import { NEWER, TableName, dynamodb, now, version } from "./table.mjs";

export const handler = answering(async (event) => {
  const caller = owner(event);
  checkOrigin(event);
  const id = event.pathParameters.id;
  await wish(id, caller);
  const sent = Date.now();
  await (await mux()).video.assets.delete(id);
  await bury(id, sent * 1000);
  return { status: 204 };
});

async function wish(id, caller) {
  const at = now();
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk: { S: `ASSET#${id}` } },
        ConditionExpression: "attribute_exists(#seen) AND #status <> :deleted AND #owner = :owner",
        UpdateExpression:
          "SET #status = :status, #due = :due, #due_at = :due_at, #owner_status = :owner_status, " +
          "#wish = if_not_exists(#wish, :wish) REMOVE #gallery",
        ExpressionAttributeNames: {
          "#seen": "seen",
          "#status": "status",
          "#owner": "owner",
          "#due": "due",
          "#due_at": "due_at",
          "#owner_status": "owner_status",
          "#wish": "delete_requested_at",
          "#gallery": "gallery",
        },
        ExpressionAttributeValues: {
          ":deleted": { S: "deleted" },
          ":owner": { S: caller },
          ":status": { S: "deleting" },
          ":due": { S: "due" },
          ":due_at": { N: String(at + 60) },
          ":owner_status": { S: `${caller}#deleting` },
          ":wish": { N: String(at) },
        },
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
    throw new Refusal(404, "not_found", "no such asset");
  }
}

async function bury(id, micros) {
  const seen = { S: version(5, micros) };
  await dynamodb.send(
    new PutItemCommand({
      TableName,
      Item: {
        pk: { S: `ASSET#${id}` },
        seen,
        status: { S: "deleted" },
        ttl: { N: String(now() + 7 * 86_400) },
        id: { S: id },
      },
      ConditionExpression: NEWER,
      ExpressionAttributeNames: { "#seen": "seen" },
      ExpressionAttributeValues: { ":seen": seen },
      ReturnValues: "ALL_OLD",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
  );
}
