/** Asks “are you sure” the way a button's `confirm` object says it. */

import { h } from "./dom.js";
import { text } from "./mrkdwn.js";

/** Ask, and return whether the answer was yes. */
export function confirmed(question) {
  const yes = h(
    "button",
    {
      type: "submit",
      class: `button ${question.style === "danger" ? "is-danger" : "is-primary"}`,
      value: "yes",
    },
    question.confirm.text,
  );
  const dialog = h(
    "dialog",
    { class: "modal is-small", "aria-label": question.title.text },
    h(
      "form",
      { method: "dialog" },
      h("header", { class: "modal-head" }, h("h2", {}, question.title.text)),
      h("div", { class: "modal-body" }, h("p", {}, text(question.text))),
      h(
        "footer",
        { class: "modal-foot" },
        h("button", { type: "submit", class: "button", value: "no" }, question.deny.text),
        yes,
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
