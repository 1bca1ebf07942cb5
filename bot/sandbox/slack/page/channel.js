/** The middle of the page: a channel with its messages and composer, or Makegood's Home. */

import { Composer } from "./composer.js";
import { h, icon, iconButton } from "./dom.js";
import { drawBlocks } from "./blocks.js";
import { drawMessages, firstNew, showMessage } from "./messages.js";
import { avatar, nameOf } from "./people.js";
import { openMenu } from "./popup.js";
import { become, go, HOME, markRead, on, openDm, store, tell } from "./state.js";
import { Surface } from "./surface.js";

const main = document.getElementById("main");
const head = h("header", { class: "main-head" });
const banner = h("div", { class: "banner", role: "status", hidden: true });
const notices = h("div", { class: "notices" });
const list = h("div", { class: "message-list", role: "log", "aria-live": "off", "aria-label": "Messages" });
const home = h("div", { class: "home blocks" });
const empty = h("div", { class: "empty" });
const scroller = h(
  "div",
  { class: "main-scroll", tabindex: "0", "aria-label": "Messages" },
  empty,
  home,
  list,
);
const composer = new Composer(() => ({ channel: store.place, thread: "" }));
let newFrom = "";
let lastTs = "";
let shown = "";
let homeSurface = null;

/** Build the middle. `notice` is a card above the messages, `storyButton` opens the story. */
export function startChannel({ notice, storyButton }) {
  const side = h("div", { class: "head-side" }, storyButton);
  const opener = iconButton("menu", "Channels and people", () => tell("drawer"), { "data-phone": true });
  main.append(h("div", { class: "main-top" }, opener, head, side), banner, notices, scroller, composer.node);
  if (notice) notices.append(notice);
  on("place", arrived);
  on("messages", (channel) => channel === store.place && drawList());
  on("home", drawHome);
  on("state", drawAround);
  document.addEventListener("visibilitychange", markRead);
}

function arrived(moved) {
  drawAround();
  if (!moved) {
    if (store.focus) showMessage(list, store.focus);
    return;
  }
  shown = "";
  list.replaceChildren();
  const here = store.place;
  const channel = store.channel(here);
  home.hidden = here !== HOME;
  list.hidden = here === HOME;
  composer.node.hidden = !channel;
  empty.replaceChildren();
  if (here === HOME) drawHome();
  else if (!channel) nobodyHere();
  else if (!store.messages.has(here)) empty.append(skeleton());
  if (channel) composer.moved(invitation(channel));
  if (channel && matchMedia("(hover: hover)").matches) composer.field.focus({ preventScroll: true });
}

function invitation(channel) {
  if (channel.kind === "im") return "Message Makegood";
  const wide = matchMedia("(min-width: 721px)").matches;
  return `Message #${channel.name}${wide ? ", or type / for a command" : ""}`;
}

function drawAround() {
  const channel = store.channel(store.place);
  const asApp = store.place === HOME || channel?.kind === "im";
  head.replaceChildren(...(asApp ? appHead() : channelHead(channel)));
  const problem = trouble();
  banner.hidden = !problem;
  banner.textContent = problem;
}

function trouble() {
  if (!store.online)
    return "The sandbox does not answer. This page connects again by itself when it is back.";
  if (!store.deskConnected) return "Makegood is not connected, so commands and buttons reach nobody yet.";
  return "";
}

function channelHead(channel) {
  if (!channel) return [h("h1", {}, "Not here")];
  const openMembers = (event) => openMenu(event.currentTarget, channel.members.map(memberItem), "Members");
  const shownMembers = h(
    "button",
    {
      type: "button",
      class: "members",
      "aria-label": `${channel.members.length} members`,
      "aria-haspopup": "menu",
      onclick: openMembers,
    },
    h(
      "span",
      { class: "faces" },
      channel.members.slice(0, 4).map((id) => avatar(id, "tiny")),
    ),
    h("span", { "data-phone": true }, icon("people")),
    h("span", {}, String(channel.members.length)),
  );
  return [
    h("h1", {}, h("span", { class: "hash" }, "#"), channel.name),
    h("p", { class: "topic" }, channel.topic),
    shownMembers,
  ];
}

function memberItem(id) {
  const user = store.user(id);
  const acting = id === store.me ? "you" : user.title;
  return { label: user.real_name, description: acting, run: () => !user.is_bot && become(id) };
}

function appHead() {
  const tab = (label, current, run) =>
    h(
      "button",
      { type: "button", class: "tab", "aria-current": current ? "page" : false, onclick: run },
      label,
    );
  const atHome = store.place === HOME;
  return [
    avatar(store.bot()?.id, "small"),
    h("h1", { "data-desktop": true }, "Makegood"),
    h(
      "div",
      { class: "tabs" },
      tab("Home", atHome, () => go({ channel: HOME, thread: "" })),
      tab("Messages", !atHome, openDm),
    ),
  ];
}

function drawList() {
  const found = store.messages.get(store.place);
  const channel = store.channel(store.place);
  if (!found || !channel) return;
  const first = shown !== store.place;
  if (first) newFrom = firstNew(found.messages, channel.unread);
  const last = found.messages.at(-1);
  const wrote = last?.user === store.me && last.ts > lastTs;
  lastTs = last?.ts ?? "";
  const stick = first || wrote || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
  drawMessages(list, found.messages, store.place, { newFrom });
  empty.replaceChildren(...(found.messages.length ? [] : [nothingYet(channel)]));
  shown = store.place;
  if (first && store.focus && focusMessage(found)) return;
  if (stick) scroller.scrollTop = scroller.scrollHeight;
  if (first) list.querySelector(".new-line")?.scrollIntoView({ block: "start" });
  markRead();
}

/** Show the message that the address names; one in a thread opens that thread first. */
function focusMessage(found) {
  if (showMessage(list, store.focus)) return true;
  const parent = Object.keys(found.replies).find((ts) =>
    found.replies[ts].some((one) => one.ts === store.focus),
  );
  if (parent && store.thread !== parent) go({ ts: store.focus, thread: parent });
  return Boolean(parent) && showMessage(list, parent);
}

function drawHome() {
  if (store.place !== HOME) return;
  const view = store.home;
  empty.replaceChildren(
    ...(view
      ? []
      : [store.deskConnected ? skeleton() : sentence("Makegood is not connected, so its Home is empty.")]),
  );
  home.hidden = !view;
  if (!view) return;
  if (homeSurface?.where.view_id !== view.id) {
    homeSurface = new Surface({ view_id: view.id });
    home.replaceChildren();
  }
  homeSurface.adopt(view.blocks, view.state.values);
  drawBlocks(home, view.blocks, homeSurface);
}

function nothingYet(channel) {
  if (channel.kind !== "im") return sentence(`Nothing was written in #${channel.name} yet.`);
  return sentence(
    "Makegood has not written to you yet. What you asked for, and what waits for you, is told here.",
  );
}

function nobodyHere() {
  empty.append(
    sentence(
      `${nameOf(store.me)} is not in this channel. Be somebody else at the top left, or go to another channel.`,
    ),
  );
}

function sentence(words) {
  return h("div", { class: "empty-words" }, icon("inbox"), h("p", {}, words));
}

function skeleton() {
  const row = () => h("div", { class: "bones" }, h("i"), h("div", {}, h("b"), h("b")));
  return h("div", { "aria-label": "Loading" }, row(), row(), row());
}
