/** The card that says how to play, until it is put away. */

import { h, icon, iconButton } from "./dom.js";
import { become, go, on, store } from "./state.js";

const SEEN = "larkspur.howto";

/** Draw the card; null for whoever put it away before. */
export function howToPlay() {
  if (localStorage.getItem(SEEN)) return null;
  const put = (event) => {
    event.preventDefault();
    localStorage.setItem(SEEN, "1");
    card.remove();
  };
  const card = h(
    "details",
    { class: "howto", open: true },
    h(
      "summary",
      {},
      icon("down"),
      h("strong", {}, "How to play"),
      iconButton("close", "Put this card away", put),
    ),
    h(
      "ol",
      {},
      steps().map((step) => h("li", {}, step)),
    ),
  );
  // Somewhere else the messages need the room; one click opens the card again.
  on("place", () => store.channel(store.place)?.name !== "support" && card.removeAttribute("open"));
  return card;
}

function steps() {
  return [
    [
      "You are Maya. Open the menu of Dana's message in ",
      channel("support"),
      ", start a refund, pick her charge and tick what you checked. A plain duplicate is paid back at once.",
    ],
    [
      "Type ",
      h("kbd", {}, "/refund"),
      " for ",
      h("code", {}, "colin@marshoutfitters.example"),
      " because of a technical error: 1,250 dollars need a lead.",
    ],
    [
      person("priya.nair", "Be Priya"),
      " and decide in ",
      channel("support-leads"),
      ". The card tells everyone what became of it, and its thread how.",
    ],
    [
      person("maya.chen", "Be Maya"),
      " again: Makegood wrote to you, and the customer's mail is in the story.",
    ],
    [
      "Look up: ",
      h("kbd", {}, "/customer"),
      " with ",
      h("code", {}, "ruth@mbekicatering.example"),
      " and see what can be done.",
    ],
    [
      "Make trouble in the story, at the top right: a chargeback for Lena, an answer that gets lost, a deadline that passes.",
    ],
  ];
}

function person(name, words) {
  const run = () => become([...store.users.values()].find((user) => user.name === name).id);
  return h("button", { type: "button", class: "inline", onclick: run }, words);
}

function channel(name) {
  const run = () => {
    const found = store.channels.find((one) => one.name === name);
    if (found) go({ channel: found.id, thread: "" });
  };
  return h("button", { type: "button", class: "inline", onclick: run }, `#${name}`);
}
