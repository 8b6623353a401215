// Keeps the index strip current: asks again when the server says that it has refreshed.
// It writes text and attributes alone, never markup.
const strip = document.querySelector("[data-strip]");
const language = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
const SHAPES = { up: "▲", down: "▼", flat: "●" };
const SOONEST = 15_000;
const LATEST = 15 * 60_000;
const AGES = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

// The reader's clock may be wrong; the server's, as of this page, and what has passed since is not.
const opened = Date.now();
const server = { start: Date.parse(strip?.dataset.now) };
const now = () => server.start + Date.now() - opened;

const format = (options) => new Intl.NumberFormat(language, options).format;
const level = format({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
const inVietnam = (options) =>
  new Intl.DateTimeFormat(language, { timeZone: "Asia/Ho_Chi_Minh", ...options }).format;
const clock = inVietnam({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = inVietnam({ weekday: "long" });
const month = language === "en-GB" ? "long" : "numeric";
const date = inVietnam({ day: "numeric", month, year: "numeric" });

function signed(value) {
  const text = level(Math.abs(value));
  if (!/[1-9]/.test(text)) return text; // what rounds to zero has no sign
  return (value > 0 ? "+" : "-") + text;
}

const directionOf = (change) => (change > 0 ? "up" : change < 0 ? "down" : "flat");

function day(moment) {
  const name = weekday(moment).replace(/^Thứ/, "thứ");
  return `${name} ${date(moment)}`;
}

function age(since) {
  const seconds = Math.max(Math.floor((now() - since) / 1000), 0);
  const [size, unit] = AGES.find(([size]) => seconds >= size) ?? AGES.at(-1);
  const count = Math.floor(seconds / size);
  const text = format({ style: "unit", unit, unitDisplay: "long" })(count);
  return strip.dataset.age.replace("{age}", text);
}

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function show(item, value) {
  const part = (name) => item.querySelector(`[data-${name}]`);
  const direction = directionOf(value.change);
  const before = part("price").textContent;
  write(part("price"), level(value.close));
  write(part("shape"), SHAPES[direction]);
  write(part("change"), signed(value.change));
  write(part("percent"), `${signed(value.change_percent)}%`);
  part("move").hidden = false;
  part("missing").hidden = true;
  part("stale").hidden = !value.stale;
  item.dataset.asOf = value.as_of;
  item.classList.remove("up", "down", "flat", "unknown");
  item.classList.add(direction);
  item.querySelector(".spark")?.setAttribute("class", `spark ${direction}`);
  if (before !== part("price").textContent) flash(item);
}

function flash(item) {
  item.classList.remove("changed");
  void item.offsetWidth; // lets the fade start again
  item.classList.add("changed");
}

function showAges() {
  for (const item of strip.querySelectorAll("[data-index]")) {
    const mark = item.querySelector("[data-stale]");
    if (!mark.hidden) write(mark, age(Date.parse(item.dataset.asOf)));
  }
}

function showTime() {
  const times = [...strip.querySelectorAll("[data-index]")].map((item) => item.dataset.asOf);
  const newest = Math.max(...times.filter(Boolean).map(Date.parse));
  const known = Number.isFinite(newest);
  strip.querySelector("[data-when]").hidden = !known;
  strip.querySelector("[data-none]").hidden = known;
  strip.querySelector(".ticks").hidden = !known;
  if (!known) return;
  const moment = new Date(newest);
  strip.querySelector("time").dateTime = moment.toISOString();
  write(strip.querySelector("[data-time]"), clock(moment));
  write(strip.querySelector("[data-day]"), day(moment));
}

function update(snapshot) {
  server.start = Math.max(server.start, Date.parse(snapshot.generated_at) - Date.now() + opened);
  let newer = false;
  for (const item of strip.querySelectorAll("[data-index]")) {
    const value = snapshot.indices?.[item.dataset.index]?.value;
    if (!value) continue; // what the page shows stays, under its own time
    newer ||= Date.parse(value.as_of) !== Date.parse(item.dataset.asOf);
    show(item, value);
  }
  const labels = JSON.parse(strip.dataset.sessions);
  write(strip.querySelector("[data-session]"), labels[snapshot.session] ?? snapshot.session);
  showTime();
  showAges();
  if (newer) document.querySelector("[data-newer]")?.removeAttribute("hidden");
}

// Simulated and real numbers never stand on one page: a change between them loads it anew.
function changedKind(snapshot) {
  if (String(snapshot.simulated) === strip.dataset.simulated) return false;
  const key = "strip-reloaded";
  if (sessionStorage.getItem(key) !== snapshot.generated_at) {
    sessionStorage.setItem(key, snapshot.generated_at);
    location.reload();
  }
  return true;
}

function wait(nextRefresh) {
  const due = Date.parse(nextRefresh) - now() + 3_000;
  const pause = due > 0 ? due : 60_000;
  setTimeout(poll, Math.min(Math.max(pause, SOONEST), LATEST));
}

async function poll() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", poll, { once: true });
    return;
  }
  let snapshot = null;
  try {
    const headers = { Accept: "application/json" };
    const reply = await fetch(strip.dataset.strip, { headers, cache: "no-cache" });
    if (reply.ok) snapshot = await reply.json();
    if (snapshot && !changedKind(snapshot)) update(snapshot);
  } catch {
    snapshot = null; // the page keeps what it shows, says so, and asks again later
  }
  strip.querySelector("[data-lost]").hidden = snapshot !== null;
  wait(snapshot?.next_refresh_at);
}

if (strip) {
  setInterval(showAges, 60_000);
  wait(strip.dataset.next);
}
