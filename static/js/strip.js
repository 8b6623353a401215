// Keeps the index strip current: asks again when the server says that it has refreshed.
const strip = document.querySelector("[data-strip]");
const language = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
const SHAPES = { up: "▲", down: "▼", flat: "●" };
const SOONEST = 15_000;
const LATEST = 15 * 60_000;

const number = new Intl.NumberFormat(language, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const signed = (value) => {
  const sign = value > 0 ? "+" : value < 0 ? "-" : "";
  return sign + number.format(Math.abs(value));
};
const directionOf = (change) => (change > 0 ? "up" : change < 0 ? "down" : "flat");

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function show(item, entry) {
  const value = entry?.value;
  if (!value) return;
  const direction = directionOf(value.change);
  const price = item.querySelector("[data-price]");
  const before = price.textContent;
  write(price, number.format(value.close));
  write(item.querySelector("[data-shape]"), SHAPES[direction]);
  write(item.querySelector("[data-change]"), signed(value.change));
  write(item.querySelector("[data-percent]"), signed(value.change_percent) + "%");
  item.classList.remove("up", "down", "flat", "unknown");
  item.classList.add(direction);
  item.querySelector("[data-stale]").hidden = !value.stale;
  if (before !== price.textContent) {
    item.classList.remove("changed");
    void item.offsetWidth; // lets the fade start again
    item.classList.add("changed");
  }
}

function update(snapshot) {
  for (const item of strip.querySelectorAll("[data-index]")) {
    show(item, snapshot.indices?.[item.dataset.index]);
  }
  const labels = JSON.parse(strip.dataset.sessions);
  write(strip.querySelector("[data-session]"), labels[snapshot.session] ?? snapshot.session);
  const times = Object.values(snapshot.indices ?? {})
    .map((entry) => entry.value?.as_of)
    .filter(Boolean)
    .sort();
  if (times.length) {
    const time = new Intl.DateTimeFormat(language, {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZone: "Asia/Ho_Chi_Minh",
    });
    write(strip.querySelector("[data-time]"), time.format(new Date(times.at(-1))));
  }
}

function wait(nextRefresh) {
  const due = Date.parse(nextRefresh) - Date.now() + 3_000;
  const pause = Number.isFinite(due) && due > 0 ? due : 60_000;
  setTimeout(poll, Math.min(Math.max(pause, SOONEST), LATEST));
}

async function poll() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", poll, { once: true });
    return;
  }
  let next = null;
  try {
    const reply = await fetch(strip.dataset.strip, { headers: { Accept: "application/json" } });
    if (reply.ok) {
      const snapshot = await reply.json();
      next = snapshot.next_refresh_at;
      update(snapshot);
    }
  } catch {
    // the page keeps what it shows and asks again later
  }
  wait(next);
}

if (strip) wait(strip.dataset.next);
