/** Starts the page: builds its parts, takes the person and place from the address, and follows what happens. */

import { startChannel } from "./channel.js";
import { howToPlay } from "./howto.js";
import { follow } from "./live.js";
import { startModals } from "./modal.js";
import { startSidebar, step } from "./sidebar.js";
import { become, go, MAYA, on, readHash, store, tell } from "./state.js";
import { closeStory, startStory } from "./story.js";
import { openSwitcher } from "./switcher.js";
import { close as closeThread, startThread } from "./thread.js";
import { startToasts } from "./toasts.js";

const LAST = "larkspur.last";

startToasts();
startSidebar(openSwitcher);
startChannel({ notice: howToPlay(), storyButton: startStory() });
startThread();
startModals();
on("person", follow);
on("place", () => localStorage.setItem(LAST, JSON.stringify({ as: store.me, channel: store.place })));
addEventListener("hashchange", () => arrive(readHash()));
addEventListener("popstate", () => arrive(readHash()));
addEventListener("keydown", pressed);

const before = JSON.parse(localStorage.getItem(LAST) ?? "{}");
const asked = readHash();
arrive({ ...asked, as: asked.as || before.as || MAYA, channel: asked.channel || before.channel || "" });

/** Go where an address says; a permalink names no person, so whoever acts stays. */
async function arrive({ as, channel, ts, thread }) {
  const same = store.place === channel && store.focus === ts && store.thread === thread;
  if (as && as !== store.me) await become(as, channel).catch(() => startOver());
  else if (same) return;
  if (channel && (ts || thread || store.place !== channel)) go({ channel, ts, thread });
}

function startOver() {
  if (store.me !== MAYA) become(MAYA, "").catch((error) => tell("trouble", error.message));
  else tell("trouble", "The sandbox does not answer. Is it still running?");
}

function pressed(event) {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    openSwitcher();
  } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) {
    if (store.thread) closeThread();
    else closeStory();
  }
}
