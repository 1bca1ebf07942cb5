/** Lists that float above the page: placed beside what opened them, with menus that the keyboard can use. */

import { h } from "./dom.js";

/** Put `popup` below `anchor`, or above it where there is more room. */
export function place(popup, anchor, { matchWidth = false } = {}) {
  const box = anchor.getBoundingClientRect();
  const below = innerHeight - box.bottom - 12;
  const above = box.top - 12;
  const up = below < 220 && above > below;
  popup.style.maxHeight = `${Math.max(120, Math.min(340, up ? above : below))}px`;
  popup.style.width = matchWidth ? `${box.width}px` : "max-content";
  const left = matchWidth || box.left < innerWidth / 2 ? box.left : box.right - popup.offsetWidth;
  popup.style.left = `${Math.max(8, left)}px`;
  popup.style.top = up ? "auto" : `${box.bottom + 4}px`;
  popup.style.bottom = up ? `${innerHeight - box.top + 4}px` : "auto";
}

/** Open a menu at a button. Items are `{label, description?, href?, run?}`. */
export function openMenu(anchor, items, label) {
  const close = (focus) => {
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
    removeEventListener("scroll", gone, true);
    if (focus) anchor.focus();
  };
  const gone = (event) => event.target !== menu && close(false);
  const outside = (event) => !menu.contains(event.target) && close(false);
  const entries = items.map((item) => entry(item, () => close(true)));
  const menu = h(
    "div",
    { class: "popup menu", role: "menu", "aria-label": label, popover: "manual" },
    entries,
  );
  menu.addEventListener("keydown", (event) => {
    const at = entries.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) entries.at(to % entries.length).focus();
    if (event.key === "Escape" || event.key === "Tab") close(true);
    if (to !== undefined || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
    }
  });
  (anchor.closest("dialog") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  addEventListener("pointerdown", outside, true);
  addEventListener("scroll", gone, true);
  entries[0]?.focus();
}

function entry(item, close) {
  const choose = () => {
    close();
    item.run?.();
  };
  const words = [h("span", {}, item.label), item.description && h("small", {}, item.description)];
  if (!item.href)
    return h("button", { type: "button", role: "menuitem", class: "option", onclick: choose }, words);
  const away = { href: item.href, target: "_blank", rel: "noopener noreferrer" };
  return h("a", { role: "menuitem", class: "option", ...away, onclick: choose }, words);
}
