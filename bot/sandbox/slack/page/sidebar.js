/** The left side: who you are, the channels, the direct messages and Makegood's Home. */

import { h, icon, iconButton } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { avatar } from "./people.js";
import { openPersonList } from "./person.js";
import { go, HOME, on, openDm, store } from "./state.js";

const side = document.getElementById("sidebar");
const scrim = document.getElementById("scrim");
const me = h("button", {
  type: "button",
  class: "me",
  "aria-haspopup": "listbox",
  "aria-expanded": "false",
  onclick: () => openPersonList(me),
});
const lists = h("div", { class: "side-lists" });

/** Build the sidebar; `openSwitcher` opens the way to anywhere. */
export function startSidebar(openSwitcher) {
  const mark = h("img", { src: "/page/icon.svg", alt: "", width: 28, height: 28 });
  const name = h(
    "div",
    { class: "workspace" },
    mark,
    h("strong", {}, store.team.name),
    h("span", { class: "tag" }, "sandbox"),
  );
  const find = h(
    "button",
    { type: "button", class: "find", onclick: openSwitcher },
    icon("search"),
    h("span", {}, "Go anywhere"),
    h("kbd", {}, /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K"),
  );
  const close = iconButton("close", "Close", () => setDrawer(false), { "data-phone": true });
  side.append(h("div", { class: "side-top" }, name, close), me, find, lists);
  scrim.addEventListener("click", () => setDrawer(false));
  on("state place", draw);
  on("place person", () => setDrawer(false));
  on("drawer", () => setDrawer(true));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("has-drawer")) setDrawer(false);
  });
}

function setDrawer(open) {
  if (document.body.classList.contains("has-drawer") === open) return;
  document.body.classList.toggle("has-drawer", open);
  scrim.hidden = !open;
  if (open) me.focus();
}

function draw() {
  const person = store.user(store.me);
  if (!person) return;
  me.replaceChildren(
    avatar(person.id),
    h(
      "span",
      { class: "me-words" },
      h("small", {}, "You are"),
      h("strong", {}, person.real_name),
      h("span", { class: "faint" }, person.title),
    ),
    icon("down"),
  );
  const held = lists.contains(document.activeElement) ? document.activeElement.dataset.place : null;
  const channels = store.channels.filter((channel) => channel.kind === "channel");
  lists.replaceChildren(
    group(
      "Channels",
      channels.map((channel) =>
        row(channel.id, h("span", { class: "hash" }, "#"), channel.name, channel, () =>
          go({ channel: channel.id, thread: "" }),
        ),
      ),
    ),
    group("Direct messages", [
      row(store.dm()?.id ?? "dm", avatar(store.bot()?.id, "tiny"), "Makegood", store.dm(), openDm),
    ]),
    group("Apps", [
      row(HOME, icon("home"), "Makegood's Home", null, () => go({ channel: HOME, thread: "" })),
    ]),
  );
  if (held) [...lists.querySelectorAll("[data-place]")].find((node) => node.dataset.place === held)?.focus();
  const elsewhere = store.channels.filter((channel) => channel.id !== store.place);
  const mentions = elsewhere.reduce((sum, channel) => sum + channel.mentions, 0);
  const here = store.place === HOME ? "Makegood" : (store.channel(store.place)?.name ?? "");
  document.title = `${mentions ? `(${mentions}) ` : ""}${here ? `${here} · ` : ""}${store.team.name}`;
}

function group(title, rows) {
  return h(
    "section",
    {},
    h("h2", { class: "side-title" }, title),
    h(
      "ul",
      {},
      rows.map((one) => h("li", {}, one)),
    ),
  );
}

function row(id, picture, name, channel, run) {
  const current = id === store.place;
  const unread = !current && channel?.unread + channel?.mentions > 0;
  const badge =
    unread &&
    channel.mentions > 0 &&
    h("span", { class: "badge", "aria-label": `${channel.mentions} for you` }, String(channel.mentions));
  const state = `${current ? " is-current" : ""}${unread ? " is-unread" : ""}`;
  const said = unread ? `${name}, unread` : name;
  return h(
    "button",
    {
      type: "button",
      class: `side-row${state}`,
      "aria-current": current ? "page" : false,
      "aria-label": badge ? undefined : said,
      "data-place": id,
      onclick: run,
    },
    picture,
    h("span", { class: "side-name" }, name),
    badge,
  );
}

/** Move to the channel above or below the present one. */
export function step(by) {
  const places = [...lists.querySelectorAll("[data-place]")];
  const at = places.findIndex((node) => node.dataset.place === store.place);
  places[(at + by + places.length) % places.length].click();
}

on("happened", (event) => {
  if (!["message", "ephemeral"].includes(event.type) || event.message.user === store.me) return;
  const channel = store.channel(event.channel);
  const author = store.user(event.message.user)?.real_name ?? "Somebody";
  document.getElementById("announcer").textContent =
    `${author} in ${channel?.kind === "im" ? "direct messages" : channel?.name}: ${plain({ type: "mrkdwn", text: event.message.text })}`;
});
