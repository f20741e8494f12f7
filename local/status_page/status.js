// Shows the state of the local stack and does what its buttons say. Whatever it shows is set as text.

const PERIOD = 1500;
const byId = (id) => document.getElementById(id);

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(...cells.map((cell) => (cell instanceof Node ? cell : element("td", cell ?? ""))));
  return made;
}

/** Replaces the rows of a table, unless they are the same: a selection or a reader's place in it stays. */
function fill(id, rows, empty) {
  const body = byId(id);
  const wanted = rows.length ? rows : [row(element("td", empty, "quiet"))];
  const same = wanted.length === body.children.length && wanted.every((made, i) => made.isEqualNode(body.children[i]));
  if (!same) body.replaceChildren(...wanted);
}

const time = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleTimeString() : "");
const moment = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString() : "");
const answer = (status) => element("td", status ?? "no answer", status && status < 400 ? "good" : "bad");

async function send(method, path, body) {
  const response = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const said = await response.json();
  if (!response.ok || said.error) throw new Error(said.error?.errorMessage ?? `status ${response.status}`);
  return said;
}

/** Does what a button says, tells how it went, and shows what became of it. */
async function act(button, work) {
  button.disabled = true;
  try {
    byId("said").textContent = await work();
    byId("said").className = "";
  } catch (error) {
    byId("said").textContent = error.message;
    byId("said").className = "bad";
  } finally {
    button.disabled = false;
    await refresh();
  }
}

const onClick = (button, work) => button.addEventListener("click", () => act(button, work));

async function run(name, event) {
  const { result } = await send("POST", `functions/${name}/invoke`, event);
  const counts = Object.entries(result ?? {}).filter(([, value]) => value !== 0 && value !== "");
  return `${name}: ${counts.map(([key, value]) => `${key} ${value}`).join(", ") || "nothing to do"}`;
}

const started = (name) => (name.startsWith("Reconcile") ? { start: true } : {});

function showSchedules(schedules) {
  const list = byId("schedules");
  if (list.children.length === schedules.length) return;
  list.replaceChildren(
    ...schedules.map(({ function: name, period }) => {
      const [now, dry] = [element("button", "Run now"), element("button", "Dry run")];
      for (const button of [now, dry]) button.setAttribute("aria-label", `${button.textContent}: ${name}`);
      onClick(now, () => run(name, started(name)));
      onClick(dry, () => run(name, { ...started(name), dry_run: true }));
      const item = element("li");
      item.append(element("strong", name), element("span", `every ${Math.round(period / 60)} minutes`, "quiet"), now, dry);
      return item;
    }),
  );
}

function showParts({ parts, urls, emulator }) {
  const shown = Object.entries(urls).filter(([, url]) => url);
  byId("parts").replaceChildren(
    ...shown.map(([name, url]) => {
      const item = element("li", `${name} `, parts[name.toLowerCase()] === false ? "bad" : "good");
      const link = element("a", url.replace("http://", ""));
      link.href = url;
      item.append(name === "Site" ? link : element("span", link.textContent));
      return item;
    }),
    ...(emulator ? [element("li", emulator.encodes ? "videos play" : "no ffmpeg: videos do not play", emulator.encodes ? "good" : "bad")] : []),
  );
}

function showFaults(faults) {
  const form = byId("faults");
  if (form.contains(document.activeElement)) return;
  for (const input of form.querySelectorAll("input")) {
    const [group, name] = input.name.split(".");
    const value = Number(faults[group]?.[name] ?? 0) || 0;
    input.value = "percent" in input.dataset ? Math.round(value * 100) : value;
    input.closest("label").classList.toggle("set", value > 0);
  }
}

function chosenFaults() {
  const faults = {};
  for (const input of byId("faults").querySelectorAll("input")) {
    const [group, name] = input.name.split(".");
    const value = Number(input.value);
    if (value > 0) (faults[group] ??= {})[name] = "percent" in input.dataset ? value / 100 : value;
  }
  return faults;
}

function show(state) {
  showParts(state);
  showSchedules(state.schedules);
  document.body.classList.toggle("account", !state.emulator);
  if (state.emulator) {
    showFaults(state.emulator.faults);
    byId("now").textContent = moment(state.emulator.now);
    fill("deliveries", state.emulator.deliveries.map((entry) =>
      row(time(entry.at), entry.type, entry.object_id, entry.lost ? element("td", "lost", "bad") : answer(entry.status))), "None yet.");
  }
  fill("records", state.records.map((entry) =>
    row(entry.kind.toLowerCase(), entry.id, entry.owner, entry.status, moment(entry.changed_at), moment(entry.due_at))), "None yet.");
  fill("requests", state.requests.map((entry) =>
    row(time(entry.at), `${entry.method} ${entry.path}`, answer(entry.status), `${entry.milliseconds} ms`)), "None yet.");
}

async function refresh() {
  try {
    const response = await fetch("state");
    if (response.ok) show(await response.json());
    document.body.classList.toggle("gone", !response.ok);
  } catch {
    document.body.classList.add("gone");
  }
}

async function follow() {
  if (!document.hidden) await refresh();
  setTimeout(follow, PERIOD);
}

onClick(byId("lose"), async () => {
  await send("PUT", "faults", { webhooks: { drop: 1 } });
  return "All webhooks are lost from now on.";
});
onClick(byId("upload"), async () => {
  const { upload_id: id } = await send("POST", "test-upload");
  return `Upload ${id} has got its file.`;
});
onClick(byId("repair"), async () => {
  await send("PUT", "faults", {});
  return run("ReconcileFunction", { start: true });
});
onClick(byId("clear"), async () => {
  await send("PUT", "faults", {});
  return "No faults.";
});
byId("faults").addEventListener("submit", (event) => {
  event.preventDefault();
  act(event.submitter, async () => {
    await send("PUT", "faults", chosenFaults());
    return "Faults are set.";
  });
});
for (const button of document.querySelectorAll("[data-advance]")) {
  onClick(button, async () => {
    await send("POST", "clock", { advance_seconds: Number(button.dataset.advance) });
    return "The clock was advanced, for Mux and for the functions.";
  });
}
follow();
