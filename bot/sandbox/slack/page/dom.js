/** Builds and updates the document from plain descriptions; text is always text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `on…` attributes are listeners; false, null and undefined attributes are left out. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

const PATHS = {
  menu: "M3 5h14M3 10h14M3 15h14",
  close: "M5 5l10 10M15 5L5 15",
  back: "M12.5 4L6.5 10l6 6",
  down: "M5 7.5l5 5 5-5",
  reply: "M8 4.5L3.5 9 8 13.5M3.5 9h8a5 5 0 0 1 5 5v1.5",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  send: "M3.5 10L17 3.8 12.6 17l-3-5.6zM9.6 11.4L17 3.8",
  home: "M3.5 9.5L10 4l6.5 5.5V16h-4.3v-4h-4.4v4H3.5z",
  story:
    "M4 4.5h5.2c.5 0 .8.4.8.9v10.6c0-.7-.5-1.2-1.2-1.2H4zM16 4.5h-5.2c-.5 0-.8.4-.8.9v10.6c0-.7.5-1.2 1.2-1.2H16z",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13.2 13.2L17 17",
  people:
    "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5c.3-3 2.3-4.7 5-4.7s4.7 1.7 5 4.7M13 4a2.8 2.8 0 0 1 0 5.3M14.5 12.2c1.8.5 2.9 2 3.1 4.3",
  eye: "M2.5 10s2.7-5 7.5-5 7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  check: "M4 10.5l4 4 8-9",
  link: "M8.5 11.5l5-5M7 9l-2 2a2.83 2.83 0 0 0 4 4l2-2M13 11l2-2a2.83 2.83 0 0 0-4-4L9 7",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4.2l2.7 1.8",
  makegood: "M7.5 4.5L3.8 8.2l3.7 3.7M3.8 8.2h7.7a4.2 4.2 0 0 1 0 8.4H7",
  inbox: "M3 11l2-6.5h10L17 11v4.5H3zM3 11h4c0 1.6 1.3 2.5 3 2.5s3-.9 3-2.5h4",
};

/** Draw an icon that says nothing to a screen reader: the control around it has the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Make a button that is only an icon; `label` is its name and its tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes },
    icon(name),
  );
}

let last = 0;

/** Return an id that no other element of the page has. */
export function newId() {
  last += 1;
  return `n${last}`;
}

const signatures = new WeakMap();

/**
 * Make `container` hold one node per item, in order. An item is `{key, signature, make}`: a node whose
 * signature stayed is left alone, so that focus, carets and open menus survive everybody else's changes.
 */
export function reconcile(container, items) {
  const wanted = new Set(items.map((item) => item.key));
  const present = new Map();
  for (const node of [...container.children]) {
    if (wanted.has(node.dataset.key)) present.set(node.dataset.key, node);
    else node.remove();
  }
  let cursor = container.firstElementChild;
  for (const item of items) {
    let node = present.get(item.key);
    if (!node || signatures.get(node) !== item.signature) {
      const fresh = item.make();
      fresh.dataset.key = item.key;
      signatures.set(fresh, item.signature);
      if (node) {
        if (node === cursor) cursor = fresh;
        replaceKeepingFocus(node, fresh);
      }
      node = fresh;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else container.insertBefore(node, cursor);
  }
}

function replaceKeepingFocus(old, fresh) {
  const active = document.activeElement;
  const held = old.contains(active) ? active : null;
  const [start, end] =
    held && "selectionStart" in held ? [held.selectionStart, held.selectionEnd] : [null, null];
  old.replaceWith(fresh);
  if (!held) return;
  const name = held.dataset.focus;
  const same = name
    ? [...fresh.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === name)
    : null;
  const target = same ?? fresh;
  if (target === fresh && !fresh.hasAttribute("tabindex")) fresh.tabIndex = -1;
  target.focus({ preventScroll: true });
  if (same && start !== null) same.setSelectionRange(start, end);
}
