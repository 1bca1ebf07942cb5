/** Draws people: their picture, name and what they are. */

import { h, icon } from "./dom.js";
import { store } from "./state.js";

/** Return how somebody is called. */
export function nameOf(id) {
  return store.user(id)?.real_name ?? "Somebody";
}

function light(color) {
  const parts = [0, 2, 4].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Draw somebody's picture: initials on their colour, or an icon for an app. */
export function avatar(id, size = "") {
  const user = store.user(id);
  const color = user?.color || "757575";
  const picture = h("span", {
    class: `avatar ${size} ${user?.is_bot ? "is-app" : ""}`,
    "aria-hidden": "true",
  });
  picture.style.background = `#${color}`;
  picture.style.color = light(color) > 0.18 ? "#14161a" : "#fff";
  const drawn = { makegood: "makegood", "mail-relay": "inbox" }[user?.name];
  picture.append(drawn ? icon(drawn) : initials(user?.real_name ?? "?"));
  return picture;
}

function initials(name) {
  const words = name.split(" ");
  return (words.length > 1 ? words[0][0] + words.at(-1)[0] : name[0]).toUpperCase();
}

/** Return what somebody is besides their title: a guest, or from another company. */
export function standing(user) {
  if (user.is_stranger) return "from outside";
  return user.is_guest ? "guest" : "";
}
