/** The mail that went out: a list, and the letter that somebody reads. */

import { h, icon, reconcile } from "./dom.js";
import { short } from "./times.js";

export const mailList = h("ul", { class: "mail-list" });
export const letter = h("article", { class: "letter", hidden: true });

/** Draw the list, newest first. */
export function drawMail(mail) {
  const rows = mail.map((one, place) => ({
    key: `mail-${mail.length - place}`,
    signature: JSON.stringify(one),
    make: () =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "mail-row", onclick: () => read(one) },
          h("strong", {}, one.subject),
          h("span", { class: "faint" }, `To ${one.to} · ${short(new Date(one.at))}`),
        ),
      ),
  }));
  const none = {
    key: "none",
    signature: "",
    make: () =>
      h("li", { class: "note" }, "No mail went out yet. Customers get one when their refund is decided."),
  };
  reconcile(mailList, rows.length ? rows : [none]);
}

function read(one) {
  mailList.hidden = true;
  letter.hidden = false;
  const back = () => {
    mailList.hidden = false;
    letter.hidden = true;
    mailList.querySelector("button")?.focus();
  };
  const facts = { From: one.from, To: one.to, At: short(new Date(one.at)) };
  letter.replaceChildren(
    h(
      "button",
      { type: "button", class: "button is-quiet is-small", onclick: back },
      icon("back"),
      "All mail",
    ),
    h("h3", {}, one.subject),
    h(
      "dl",
      {},
      Object.entries(facts).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    h("div", { class: "mrkdwn letter-text" }, one.text),
  );
  letter.querySelector("button").focus();
}
