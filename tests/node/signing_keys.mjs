import { collected, mux, refusal, report } from "./session.mjs";

const { signingKeys } = mux.system;

const created = await signingKeys.create();
const other = await signingKeys.create();
const listed = await collected(signingKeys.list({ limit: 1 }));
const found = await signingKeys.retrieve(created.id);
const deleted = await signingKeys.delete(created.id);
const gone = await refusal(signingKeys.retrieve(created.id));
const left = await collected(signingKeys.list());

report({ created, other: other.id, listed, found, deleted: deleted ?? null, gone, left });
