// Finds what is on a page as a visitor names it: by role and name, through open shadow roots.
const ROLES = {
  button: "button, summary, [role=button], input[type=submit], input[type=button]",
  checkbox: "input[type=checkbox], [role=checkbox], [role=switch]",
  dialog: "dialog[open], [role=dialog], [role=alertdialog]",
  heading: "h1, h2, h3, h4, h5, h6, [role=heading]",
  link: "a[href], [role=link]",
  listitem: "li, [role=listitem], [role=row]",
  radio: "input[type=radio], [role=radio]",
  select: "select, [role=combobox]",
  textbox: "input:not([type]), input[type=text], input[type=search], textarea, [role=textbox], [role=searchbox]",
  text: ":not(script, style, head, head *)",
};

function* everything(root) {
  for (const element of root.querySelectorAll("*")) {
    yield element;
    if (element.shadowRoot) yield* everything(element.shadowRoot);
  }
}

const parentOf = (node) => node.assignedSlot ?? node.parentNode ?? node.host;
const plain = (text) => text.replace(/[\u2066-\u2069\u200e\u200f]/g, "").replace(/\s+/g, " ").trim();

function contains(outer, inner) {
  for (let node = inner; node; node = parentOf(node)) if (node === outer) return true;
  return false;
}

function textOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || /^(style|script|template)$/i.test(node.localName)) return "";
  if (node.getAttribute("aria-hidden") === "true" || !node.checkVisibility({ visibilityProperty: true })) {
    // A slot and the like have no box and show their contents all the same.
    if (getComputedStyle(node).display !== "contents") return "";
  }
  // A list and a region have contents beside their names.
  if (node.getAttribute("aria-label") && node.matches("a, button, svg, [role=img]")) return ` ${node.getAttribute("aria-label")} `;
  if (node.localName === "img") return node.alt;
  const assigned = node.localName === "slot" ? node.assignedNodes() : [];
  const inside = assigned.length ? assigned : [...(node.shadowRoot ?? node).childNodes];
  const block = /^(inline|contents)/.test(getComputedStyle(node).display) ? "" : " ";
  return block + inside.map(textOf).join("") + block;
}

function nameOf(element) {
  const named = element.getAttribute("aria-labelledby");
  const ids = named ? named.split(/\s+/) : [];
  const labels = ids.map((id) => element.getRootNode().getElementById(id)).filter(Boolean);
  // A label may be hidden and counts all the same.
  if (labels.length) return plain(labels.map((label) => textOf(label) || label.textContent).join(" "));
  if (element.getAttribute("aria-label")) return plain(element.getAttribute("aria-label"));
  if (element.labels?.length) return plain([...element.labels].map(textOf).join(" "));
  return plain(textOf(element) || element.value || element.title || element.placeholder || "");
}

function isVisible(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
}

/** `what` is {css} or {role, name}, each with `within`; those whose whole name is `name` come first. */
function findAll({ css, role, name, within }) {
  const outer = within ? findAll(within) : null;
  const wanted = name && plain(name).toLowerCase();
  const named = role === "text" ? (element) => plain(textOf(element)) : nameOf;
  let found = [...everything(document)].filter((element) => element.matches(css ?? ROLES[role]) && (role === undefined || isVisible(element)));
  if (outer) found = found.filter((element) => outer.some((one) => contains(one, element)));
  if (!wanted) return found;
  const names = new Map(found.map((element) => [element, named(element).toLowerCase()]));
  found = found.filter((element) => names.get(element).includes(wanted));
  // Of texts the innermost ones.
  if (role === "text") return found.filter((element) => !found.some((other) => other !== element && contains(element, other)));
  const whole = found.filter((element) => names.get(element) === wanted);
  return whole.length ? whole : found;
}

/** The middle of what is found, if a press there reaches it; else why not. */
function placeOf(what) {
  const [element] = findAll(what);
  if (!element) return { why: "there is none" };
  if (element.disabled) return { why: "it is disabled" };
  element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  // A checkbox may be drawn by its label.
  const drawn = isVisible(element) ? element : (element.labels?.[0] ?? element);
  const { left, top, width, height } = drawn.getBoundingClientRect();
  const x = left + width / 2, y = top + height / 2;
  let hit = document.elementFromPoint(x, y);
  while (hit?.shadowRoot?.elementFromPoint(x, y) && hit.shadowRoot.elementFromPoint(x, y) !== hit) hit = hit.shadowRoot.elementFromPoint(x, y);
  if (!hit) return { why: "it is outside of the window" };
  if (!contains(drawn, hit) && !contains(hit, drawn) && !element.labels?.length) return { why: `something covers it: ${hit.localName}.${hit.className}` };
  return { x, y };
}

function playing() {
  return [...everything(document)].find((element) => element.localName === "video");
}
