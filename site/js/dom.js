/** Makes and finds elements. Text stays text: nothing on this site parses strings as HTML. */

/** An element with attributes (`onclick` and the like are listeners, true and false mean with and without) and children. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

export const find = (selector, root = document) => root.querySelector(selector);

/** The content of a <template>, as an element of its own. */
export const cloned = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

/** Runs `work` while `button` is busy: whoever presses it twice starts it once. */
export async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}
