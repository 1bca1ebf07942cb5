/** What the page knows: who you are, where you are, what the server told, and who wants to hear of changes. */

import { get, post } from "./api.js";

export const HOME = "home";
/** Who one is at first. */
export const MAYA = "U07MAYACHEN";

/** The one place where the page's knowledge is kept. `messages` holds the channels that were looked at. */
export const store = {
  me: "",
  place: "",
  focus: "",
  thread: "",
  ahead: 0,
  online: true,
  team: { name: "Larkspur" },
  users: new Map(),
  groups: new Map(),
  channels: [],
  commands: [],
  shortcuts: [],
  modals: [],
  home: null,
  deskConnected: true,
  messages: new Map(),

  user: (id) => store.users.get(id),
  channel: (id) => store.channels.find((channel) => channel.id === id),
  bot: () => [...store.users.values()].find((user) => user.name === "makegood"),
  people: () => [...store.users.values()].filter((user) => !user.is_bot && !user.deleted),
  dm: () => store.channels.find((channel) => channel.kind === "im"),
};

const listeners = new Map();

/** Call `listener` whenever one of the topics is told. */
export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
  }
}

/** Tell whoever listens to a topic. */
export function tell(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

/** Take over the sandbox's time, an ISO timestamp. */
export function setClock(iso) {
  store.ahead = Date.parse(iso) - Date.now();
  tell("clock");
}

/** Read again all that stands around the messages. Returns false when somebody else is acting by then. */
export async function refresh() {
  const user = store.me;
  const { modals, home } = store;
  const state = await get("state", { as: user });
  if (store.me !== user) return false;
  Object.assign(store, {
    team: state.team,
    users: new Map(state.users.map((person) => [person.id, person])),
    groups: new Map(state.groups.map((group) => [group.id, group])),
    channels: state.channels,
    commands: state.commands,
    shortcuts: state.shortcuts,
    // What the live connection told meanwhile is newer than what was read.
    modals: store.modals === modals ? state.modals : store.modals,
    home: store.home === home ? state.home : store.home,
    deskConnected: state.socket || Boolean(state.request_url),
  });
  setClock(state.now);
  tell("state");
  tell("modals");
  tell("home");
  return true;
}

let reloaded = false;

/** Read a channel's messages. The first time after the page was opened, old ephemeral ones are gone. */
export async function load(channel) {
  const user = store.me;
  const query = { as: user, channel, ...(reloaded ? {} : { reload: "1" }) };
  reloaded = true;
  const found = await get("messages", query);
  if (store.me !== user) return;
  store.messages.set(channel, found);
  tell("messages", channel);
}

/** Go to a channel (or to Home), to one of its messages, and to a thread. */
export function go({ channel = store.place, ts = "", thread = "" }) {
  const moved = channel !== store.place;
  Object.assign(store, { place: channel, focus: ts, thread });
  writeHash(moved);
  tell("place", moved);
  if (channel === HOME) {
    post("open_home", { as: store.me });
    return;
  }
  if (!store.channel(channel)) return;
  if (store.messages.has(channel)) tell("messages", channel);
  else load(channel).catch((error) => tell("trouble", error.message));
}

/** Be somebody else, in the same place where they are in it too. */
export async function become(user, place = store.place) {
  Object.assign(store, { me: user, messages: new Map(), modals: [], home: null });
  tell("person");
  if (!(await refresh())) return;
  const kept = place === HOME || store.channel(place);
  const thread = kept ? store.thread : "";
  store.place = "";
  go({ channel: kept ? place : (store.channels.find((one) => one.kind === "channel")?.id ?? HOME), thread });
}

/** Open the direct message with the app, making it where there is none yet. */
export async function openDm() {
  const outcome = await post("open_dm", { as: store.me });
  await refresh();
  go({ channel: outcome.channel });
}

/** Read the address: who, where, which message, which thread. */
export function readHash() {
  const found = new URLSearchParams(location.hash.slice(1));
  const of = (name) => found.get(name) ?? "";
  return { as: of("as"), channel: of("channel"), ts: of("ts"), thread: of("thread_ts") };
}

function writeHash(moved) {
  const parts = { as: store.me, channel: store.place, ts: store.focus, thread_ts: store.thread };
  const kept = Object.entries(parts).filter(([, value]) => value);
  const hash = `#${new URLSearchParams(kept)}`;
  if (hash === location.hash) return;
  if (moved && location.hash) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

/** Read the channel on the screen up to its last message, a moment after it was seen. */
let reading = 0;
export function markRead() {
  clearTimeout(reading);
  reading = setTimeout(() => {
    const found = store.messages.get(store.place);
    if (!found || document.visibilityState !== "visible") return;
    const all = [...found.messages, ...Object.values(found.replies).flat()];
    const ts = all.reduce((latest, message) => (message.ts > latest ? message.ts : latest), "");
    if (ts) post("read", { as: store.me, channel: store.place, ts });
  }, 250);
}
