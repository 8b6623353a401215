// Keeps the index strip current: asks again when the server says that it has refreshed.
// It writes text and attributes alone, never markup.
const strip = document.querySelector("[data-strip]");
const language = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
const SHAPES = { up: "▲", down: "▼", flat: "●" };
const SETTLED = 1_000; // after the refresh: time for the server to write
const SPREAD = 5_000; // readers do not ask all at once
const SOONEST = 15_000;
const LATEST = 15 * 60_000;
const PLAUSIBLE = 86_400_000; // a server that made its numbers longer ago tells us nothing
const UNSEEN = 4; // times slower while the page is hidden
const AGES = [
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
  [1, "second"],
];

// Milliseconds by which the server's clock is ahead of the reader's, as far as is known: at first
// that it cannot stand before the numbers that it made, later what its answers tell.
let ahead = 0;
const now = () => Date.now() + ahead;
const notBefore = (moment) => (ahead = Math.max(ahead, Date.parse(moment) - Date.now()));

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

function duration(since) {
  const seconds = Math.max(Math.floor((now() - since) / 1000), 0);
  const [size, unit] = AGES.find(([size]) => seconds >= size) ?? AGES.at(-1);
  const count = Math.floor(seconds / size);
  return format({ style: "unit", unit, unitDisplay: "long" })(count);
}

const age = (since) => strip.dataset.age.replace("{age}", duration(since));

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
  showDispute(part("disputed"), value);
  item.dataset.asOf = value.as_of;
  item.classList.remove("up", "down", "flat", "unknown");
  item.classList.add(direction);
  item.querySelector(".spark")?.setAttribute("class", `spark ${direction}`);
  if (before === part("price").textContent) return "";
  flash(item);
  const percent = `${signed(value.change_percent)}%`;
  return `${item.querySelector(".name").textContent} ${part("price").textContent} (${percent})`;
}

// Both numbers stand there: the strip's own, and what the second source says.
function showDispute(mark, value) {
  mark.hidden = value.agreement !== "disputed" || !value.second;
  if (mark.hidden) return;
  const names = JSON.parse(strip.dataset.sources);
  const said = ({ source, close }) => `${names[source] ?? source}\u00a0${level(close)}`;
  write(mark, `${strip.dataset.differ}: ${said(value)}, ${said(value.second)}`);
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
  for (const mark of document.querySelectorAll("[data-age-of]")) {
    write(mark, age(Date.parse(mark.dataset.ageOf)));
  }
}

function newest() {
  const times = [...strip.querySelectorAll("[data-index]")].map((item) => item.dataset.asOf);
  return Math.max(...times.filter(Boolean).map(Date.parse));
}

function showTime() {
  const latest = newest();
  const known = Number.isFinite(latest);
  strip.querySelector("[data-when]").hidden = !known;
  strip.querySelector("[data-updated]").hidden = !known;
  strip.querySelector("[data-none]").hidden = known;
  strip.querySelector(".ticks").hidden = !known;
  if (!known) return;
  const moment = new Date(latest);
  strip.querySelector("time").dateTime = moment.toISOString();
  write(strip.querySelector("[data-time]"), clock(moment));
  write(strip.querySelector("[data-day]"), day(moment));
}

// One line for screen readers, at most once per refresh: what changed and nothing else.
function announce(changes) {
  if (changes.length) strip.querySelector("[data-changes]").textContent = changes.join("; ");
}

// How long ago the refresh was; after one that brought nothing, how old the newest number is.
function showUpdated() {
  const { made, renewed, ago, still } = strip.dataset;
  const text = renewed === "true" ? ago : still;
  const since = renewed === "true" ? Date.parse(made) : newest();
  if (!Number.isFinite(since)) return;
  write(strip.querySelector("[data-updated]"), text.replace("{age}", duration(since)));
}

// The clock of a site that plays another day is no correction of the reader's.
function setClock(reply, snapshot) {
  const told = Date.parse(reply.headers.get("Date")) + Number(reply.headers.get("Age") ?? 0) * 1000;
  const made = Date.parse(snapshot.generated_at);
  if (told >= made - 1_000 && told < made + PLAUSIBLE) ahead = told - Date.now();
  notBefore(snapshot.generated_at);
}

function update(snapshot) {
  strip.dataset.made = snapshot.generated_at;
  strip.dataset.renewed = String(snapshot.success || snapshot.simulated);
  let newer = false;
  const changes = [];
  for (const item of strip.querySelectorAll("[data-index]")) {
    const value = snapshot.indices?.[item.dataset.index]?.value;
    if (!value) continue; // what the page shows stays, under its own time
    newer ||= Date.parse(value.as_of) !== Date.parse(item.dataset.asOf);
    changes.push(show(item, value));
  }
  announce(changes.filter(Boolean));
  const labels = JSON.parse(strip.dataset.sessions);
  write(strip.querySelector("[data-session]"), labels[snapshot.session] ?? snapshot.session);
  showTime();
  showUpdated();
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

let timer = 0;
let due = 0; // when the page wants to ask again, by its own clock
let failures = 0;

function wait(pause) {
  due = Date.now() + pause;
  clearTimeout(timer);
  timer = setTimeout(poll, document.hidden ? pause * UNSEEN : pause);
}

// Just after the server's next refresh; a refresh that is late is asked for sparingly.
function waitForRefresh(nextRefresh) {
  const left = Date.parse(nextRefresh) - now() + SETTLED + Math.random() * SPREAD;
  wait(Math.min(Math.max(left, SOONEST), LATEST));
}

// Twice as long after each failure, and never all readers at one moment.
function backOff() {
  const longest = Math.min(SOONEST * 2 ** failures, LATEST);
  failures += 1;
  wait(longest * (0.75 + Math.random() / 4));
}

async function poll() {
  clearTimeout(timer);
  due = Infinity; // until the answer is here
  let snapshot = null;
  try {
    const headers = { Accept: "application/json" };
    // "no-cache" asks the server with the ETag of the browser's copy: mostly a 304 without a body
    const reply = await fetch(strip.dataset.strip, { headers, cache: "no-cache" });
    if (reply.ok) snapshot = await reply.json();
    if (snapshot) setClock(reply, snapshot);
    if (snapshot && !changedKind(snapshot)) update(snapshot);
  } catch {
    snapshot = null; // the page keeps what it shows, says so, and asks again later
  }
  strip.querySelector("[data-lost]").hidden = snapshot !== null;
  if (!snapshot) return backOff();
  failures = 0;
  waitForRefresh(snapshot.next_refresh_at);
}

// Back on the screen: at once what is overdue, else at its time.
function returned() {
  if (document.hidden) return;
  if (Date.now() >= due) poll();
  else wait(due - Date.now());
}

// A page that was kept for a while shows the numbers of its making: newer ones are asked for at once.
if (strip) {
  notBefore(strip.dataset.made);
  showUpdated();
  showAges();
  setInterval(showUpdated, 1_000);
  setInterval(showAges, 60_000);
  document.addEventListener("visibilitychange", returned);
  if (Date.parse(strip.dataset.next) + SETTLED < now()) poll();
  else waitForRefresh(strip.dataset.next);
}
