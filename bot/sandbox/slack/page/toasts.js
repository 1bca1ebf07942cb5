/** Short notices of what went wrong, above everything else, gone after a while. */

import { h, iconButton } from "./dom.js";
import { on } from "./state.js";

const PATIENCE = 8000;
const shelf = document.getElementById("toasts");

/** Show what goes wrong from now on. */
export function startToasts() {
  on("trouble", show);
}

function show(words) {
  const toast = h(
    "div",
    { class: "toast" },
    h("p", {}, words),
    iconButton("close", "Close", () => remove(toast)),
  );
  shelf.append(toast);
  // Shown again, the shelf lies above a dialogue that was opened since.
  if (shelf.matches(":popover-open")) shelf.hidePopover();
  shelf.showPopover();
  setTimeout(() => remove(toast), PATIENCE);
}

function remove(toast) {
  toast.remove();
  if (!shelf.children.length && shelf.matches(":popover-open")) shelf.hidePopover();
}
