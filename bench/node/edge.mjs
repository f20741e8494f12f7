// The HTTP edge: answers, refusals and one log line per request, as the functions in Python give them.
export class Refusal extends Error {
  constructor(status, type, message) {
    super(message);
    Object.assign(this, { status, type });
  }
}

export const handler = (action) => async (event) => {
  let answer;
  try {
    answer = await action(event);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    answer = { status: error.status, body: { error: { type: error.type, messages: [error.message] } } };
  }
  log("request handled", { route: event.routeKey, status: answer.status, request_id: event.requestContext.requestId });
  const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  if (!answer.body) return { statusCode: answer.status, headers };
  headers["content-type"] = "application/json";
  return { statusCode: answer.status, headers, body: JSON.stringify(answer.body) };
};

export function owner(event) {
  const sub = event.requestContext.authorizer?.jwt?.claims?.sub;
  if (typeof sub !== "string") throw new Refusal(401, "unauthorized", "sign in first");
  if (!/^[!-"$-~]{1,128}$/.test(sub)) throw new Refusal(403, "forbidden", "the token's sub cannot own anything");
  return sub;
}

export function checkOrigin(event) {
  const origins = process.env.ALLOWED_ORIGINS.split(",");
  const origin = event.headers.origin;
  if (origin !== undefined && !origins.includes(origin))
    throw new Refusal(403, "forbidden", "this origin may not change anything here");
  return origin ?? origins[0];
}

export function body(event) {
  return event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body ?? "";
}

export function log(message, fields) {
  const line = { level: "INFO", message, timestamp: new Date().toISOString(), service: process.env.POWERTOOLS_SERVICE_NAME };
  console.log(JSON.stringify({ ...line, ...fields }));
}

export function count(name) {
  const service = process.env.POWERTOOLS_SERVICE_NAME;
  const metrics = { Namespace: process.env.POWERTOOLS_METRICS_NAMESPACE, Dimensions: [["service"]] };
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [{ ...metrics, Metrics: [{ Name: name, Unit: "Count" }] }] };
  console.log(JSON.stringify({ _aws, service, [name]: [1] }));
}
