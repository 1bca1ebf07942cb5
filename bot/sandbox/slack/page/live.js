/** Follows what happens right now, and mends what was missed while the connection was away. */

import { load, refresh, setClock, store, tell } from "./state.js";

let stream = null;

/** Follow what the acting person may see from now on. */
export function follow() {
  stream?.close();
  let dropped = false;
  const mine = new EventSource(`/sandbox/live?as=${store.me}`);
  stream = mine;
  mine.onmessage = (event) => stream === mine && apply(JSON.parse(event.data));
  mine.onerror = () => {
    dropped = true;
    setOnline(false);
  };
  mine.onopen = () => {
    setOnline(true);
    if (dropped) catchUp();
    dropped = false;
  };
}

function setOnline(online) {
  if (store.online === online) return;
  store.online = online;
  tell("state");
}

async function catchUp() {
  const looked = [...store.messages.keys()];
  if (!(await refresh())) return;
  for (const channel of looked) await load(channel);
}

function apply(event) {
  switch (event.type) {
    case "message":
    case "ephemeral":
      added(event.channel, event.message);
      break;
    case "changed":
      changed(event.channel, event.message);
      break;
    case "deleted":
      deleted(event.channel, event);
      break;
    case "modals":
      store.modals = event.modals;
      tell("modals");
      break;
    case "home":
      store.home = event.home;
      tell("home");
      break;
    case "unread":
      unread(event);
      break;
    case "clock":
      setClock(event.now);
      break;
    case "people":
      refresh();
      break;
  }
  tell("happened", event);
}

function siblings(found, message) {
  if (!message.thread_ts) return found.messages;
  found.replies[message.thread_ts] ??= [];
  return found.replies[message.thread_ts];
}

function added(channel, message) {
  const found = store.messages.get(channel);
  if (!found) return;
  const list = siblings(found, message);
  if (!list.some((one) => one.ts === message.ts)) list.push(message);
  tell("messages", channel);
}

function changed(channel, message) {
  const found = store.messages.get(channel);
  if (!found) return;
  const list = siblings(found, message);
  const place = list.findIndex((one) => one.ts === message.ts);
  if (place >= 0) list[place] = message;
  tell("messages", channel);
}

function deleted(channel, gone) {
  const found = store.messages.get(channel);
  if (!found) return;
  const list = siblings(found, gone);
  const place = list.findIndex((one) => one.ts === gone.ts);
  if (place >= 0) list.splice(place, 1);
  tell("messages", channel);
}

function unread(event) {
  const channel = store.channel(event.channel);
  if (!channel) return;
  Object.assign(channel, { unread: event.unread, mentions: event.mentions });
  tell("state");
}
