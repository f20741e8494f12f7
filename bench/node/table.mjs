// The one table: its client, made once, and what keys and versions look like.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export const dynamodb = new DynamoDBClient({ maxAttempts: Number(process.env.AWS_CALL_ATTEMPTS ?? 2) });
export const TableName = process.env.TABLE_NAME;
export const NEWER = "(attribute_not_exists(#seen) OR #seen < :seen)";

export const version = (rank, micros, eventId = "") => `${rank}|${String(micros).padStart(16, "0")}|${eventId}`;
export const rfc3339 = (seconds) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
export const now = () => Math.floor(Date.now() / 1000);
