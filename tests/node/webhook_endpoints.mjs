import { collected, given, mux, refusal, report } from "./session.mjs";

const { webhooks } = mux.system;

const created = await webhooks.create({ address: given.address });
const twice = await refusal(webhooks.create({ address: given.address }));
const found = await webhooks.retrieve(created.id);
const disabled = await webhooks.update(created.id, { enabled: false });
const listed = await collected(webhooks.list());
const deleted = await webhooks.delete(created.id);
const gone = await refusal(webhooks.retrieve(created.id));

report({ created, twice, found, disabled, listed, deleted: deleted ?? null, gone });
