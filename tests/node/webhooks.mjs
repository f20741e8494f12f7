import { given, mux, refusal, report } from "./session.mjs";

const { webhooks } = mux;

const types = [];
for (const { body, headers } of given.deliveries) {
  await webhooks.verifySignature(body, headers, given.secret);
  types.push((await webhooks.unwrap(body, headers, given.secret)).type);
}
const [{ body, headers }] = given.deliveries;
const otherSecret = await refusal(webhooks.verifySignature(body, headers, "0".repeat(32)));
const otherBody = await refusal(webhooks.verifySignature(`${body} `, headers, given.secret));
const unsigned = await refusal(webhooks.verifySignature(body, {}, given.secret));

report({ types, other_secret: otherSecret, other_body: otherBody, unsigned });
