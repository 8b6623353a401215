// Draws the history of an index with uPlot over the drawing that the page came with. Pointer and
// arrow keys read it; a screen reader hears the point as the value of a slider.
const language = document.documentElement.lang === "en" ? "en-GB" : "vi-VN";
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
const ENDS = { Home: 0, End: Infinity };
const HEIGHT = 260;
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]; // sessions from one label to the next
const MINUTES = [5, 10, 15, 30, 60];
const MINUTE = 60_000;
const OPENING = 2 * 60; // minutes of the day in UTC: 9:00 in Vietnam
const LUNCH = { begins: 150, lasts: 90 }; // minutes after the opening; no width is left to it

const numbers = (digits) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format;
const level = numbers(2);
const inVietnam = (options) =>
  new Intl.DateTimeFormat(language, { timeZone: "Asia/Ho_Chi_Minh", ...options }).format;
const formats = {
  hour: inVietnam({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  day: inVietnam({ day: "numeric", month: language === "en-GB" ? "long" : "numeric", year: "numeric" }),
  short: inVietnam({ day: "numeric", month: language === "en-GB" ? "short" : "numeric" }),
  month: inVietnam({ month: language === "en-GB" ? "short" : "numeric", year: "numeric" }),
};

// A colour of the style sheet as the canvas takes it, in the theme of the moment.
function colours(frame) {
  const probe = frame.appendChild(document.createElement("span"));
  probe.hidden = true;
  return (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
}

async function load(address) {
  const rows = [];
  for (let next = address; next; ) {
    const reply = await fetch(next, { headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(`answered with status ${reply.status}`);
    const page = await reply.json();
    rows.push(...page.rows);
    next = page.next;
  }
  return rows.map((row) => ({
    day: row.date,
    when: new Date(row.as_of ?? `${row.date}T00:00:00+07:00`),
    value: row.price ?? row.close,
  }));
}

// Minutes of trading since the opening. Nights, weekends and the midday break take no room.
function traded(moment) {
  const minutes = moment / MINUTE - Math.floor(moment / (1440 * MINUTE)) * 1440 - OPENING;
  return minutes - Math.min(Math.max(minutes - LUNCH.begins, 0), LUNCH.lasts);
}

function momentOf(minutes, day) {
  const break_ = minutes > LUNCH.begins ? LUNCH.lasts : 0;
  const start = Math.floor(day / (1440 * MINUTE)) * 1440;
  return new Date((start + OPENING + minutes + break_) * MINUTE);
}

// Gives each point its place: days by sessions, the missing ones counted, readings by the time that
// trades. Where something is missing, an entry without a value breaks the line.
function placed(points, { interval, gaps, silence }) {
  const missing = JSON.parse(gaps);
  const entries = [];
  let at = -1;
  for (const point of points) {
    const before = entries.at(-1)?.at;
    const skipped = missing[point.day] ?? 0;
    at = interval === "1m" ? traded(point.when) : at + 1 + skipped;
    const broken = interval === "1m" ? (at - before) * 60 > Number(silence) : skipped > 0;
    if (broken && before !== undefined) entries.push({ at: (before + at) / 2, value: null });
    entries.push({ ...point, at });
  }
  return entries;
}

function axes(entries, intraday, colour) {
  const points = entries.filter((entry) => entry.when);
  const span = points.at(-1).when - points[0].when;
  const name = intraday ? formats.hour : span > 400 * 86_400_000 ? formats.month : formats.short;
  const font = `12px ${getComputedStyle(document.querySelector(".strip")).fontFamily}`;
  const plain = { font, stroke: () => colour("soft"), ticks: { show: false } };
  const values = (chart, splits) => {
    const step = Math.abs((splits[1] ?? 1) - splits[0]);
    return splits.map(numbers(step >= 1 ? 0 : step >= 0.1 ? 1 : 2));
  };
  const days = new Map(points.map((point) => [point.at, point.when]));
  const label = (at) => {
    if (intraday) return name(momentOf(at, points[0].when));
    return days.has(at) ? name(days.get(at)) : "";
  };
  const incrs = intraday ? MINUTES : STEPS;
  const splits = (chart, _axis, low, high, step) => {
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
      const next = intraday ? at : points.find((point) => point.at >= at)?.at;
      if (found.length === 0 || next - found.at(-1) > step * 0.7) found.push(next);
    }
    return found;
  };
  const below = { grid: { show: false }, size: 30, space: 90, align: 1, incrs, splits };
  return [
    { ...plain, ...below, values: (chart, splits) => splits.map(label) },
    { ...plain, grid: { stroke: () => colour("rule"), width: 1 }, side: 1, size: 62, values },
  ];
}

// The points with nothing on either side, which no line shows.
function alone(entries) {
  const empty = (at) => (entries[at]?.value ?? null) === null;
  return entries.flatMap((_, at) => (!empty(at) && empty(at - 1) && empty(at + 1) ? [at] : []));
}

function dots(entries, colour) {
  const single = alone(entries);
  if (!single.length) return { show: false };
  return { show: true, size: 4, fill: () => colour("ink"), filter: () => single };
}

function draw(frame, entries, intraday, pointed) {
  const colour = colours(frame);
  const options = {
    width: frame.clientWidth,
    height: HEIGHT,
    padding: [14, 0, 0, 4],
    legend: { show: false },
    scales: { x: { time: false } },
    cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: 8 } },
    axes: axes(entries, intraday, colour),
    hooks: { setCursor: [(chart) => chart.cursor.idx != null && pointed(chart.cursor.idx)] },
    series: [{}, { stroke: () => colour("ink"), width: 2, points: dots(entries, colour) }],
  };
  const data = [entries.map((entry) => entry.at), entries.map((entry) => entry.value)];
  const chart = new uPlot(options, data, frame);
  new ResizeObserver(() => {
    const width = frame.clientWidth;
    if (width && width !== chart.width) chart.setSize({ width, height: HEIGHT });
  }).observe(frame);
  const repaint = () => chart.redraw(false, true);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return chart;
}

// Words a point, in sight and as the slider's value; `move` also sets the chart's cursor there.
function reader(figure, frame, entries, intraday) {
  const reading = figure.querySelector("[data-reading]");
  const name = intraday ? formats.hour : formats.day;
  const points = entries.filter((entry) => entry.when);
  const place = new Map(points.map((point, at) => [point, at]));
  const last = points.length - 1;
  let at = last;

  function tell(next) {
    at = Math.min(Math.max(next, 0), last);
    const text = `${name(points[at].when)} · ${level(points[at].value)}`;
    reading.textContent = text;
    frame.setAttribute("aria-valuenow", String(at));
    frame.setAttribute("aria-valuetext", text);
  }
  // The pointer in a gap reads the point after it.
  const point = (entry) => tell(place.get(entries[entry]) ?? place.get(entries[entry + 1]));
  function move(chart, next) {
    tell(next);
    const left = chart.valToPos(points[at].at, "x");
    chart.setCursor({ left, top: chart.valToPos(points[at].value, "y") }, false);
  }
  frame.setAttribute("aria-valuemin", "0");
  frame.setAttribute("aria-valuemax", String(last));
  tell(last);
  return { point, move, at: () => at };
}

function followKeys(frame, chart, { move, at }) {
  frame.addEventListener("focus", () => move(chart, at()));
  frame.addEventListener("blur", () => chart.setCursor({ left: -10, top: -10 }, false));
  frame.addEventListener("keydown", (event) => {
    const next = event.key in KEYS ? at() + KEYS[event.key] : ENDS[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(chart, next);
  });
}

async function enhance(figure) {
  if (!window.uPlot) return;
  const intraday = figure.dataset.interval === "1m";
  const points = await load(figure.dataset.history);
  await document.fonts.ready; // the canvas would keep the fall-back
  if (points.length < 2) return;
  const plain = figure.querySelector(".plot");
  const frame = document.createElement("div");
  frame.className = "drawn";
  frame.tabIndex = 0;
  frame.setAttribute("role", "slider");
  frame.setAttribute("aria-label", figure.dataset.label);
  plain.after(frame);
  plain.toggleAttribute("hidden", true);
  const entries = placed(points, figure.dataset);
  const read = reader(figure, frame, entries, intraday);
  followKeys(frame, draw(frame, entries, intraday, read.point), read);
}

for (const figure of document.querySelectorAll("[data-history]")) {
  enhance(figure).catch(() => {}); // the drawing that the page came with stays
}
