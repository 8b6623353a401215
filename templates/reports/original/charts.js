// The four chart functions that old reports call, by their old names and arguments. A container is
// an element or its id.
"use strict";
const originalCharts = (function () {
  const WIDTH = 480;
  const COLOURS = ["#8a1c2b", "#00687a", "#7a5b00", "#6d28a8", "#0b6b3a", "#585d68"];
  const colour = (item, at) => String((item && item.color) || COLOURS[at % COLOURS.length]);
  const number = (value) => (Number.isFinite(Number(value)) ? Number(value) : 0);

  function shape(parent, tag, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  function open(container, height) {
    const place = typeof container === "string" ? document.getElementById(container) : container;
    if (!place) return null;
    place.replaceChildren();
    return shape(place, "svg", { class: "old-chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img" });
  }

  // [{label, value}], or {labels, values}, or {labels, datasets: [{data}]}
  function items(data) {
    if (Array.isArray(data)) {
      return data.map((item) => (typeof item === "object" && item ? item : { label: "", value: item }));
    }
    const values = (data && (data.values || (data.datasets && data.datasets[0] && data.datasets[0].data))) || [];
    return values.map((value, at) => ({ label: (data.labels || [])[at] || "", value }));
  }

  function arc(x, y, radius, from, to) {
    const point = (turn) => [x + radius * Math.cos(turn), y + radius * Math.sin(turn)].join(" ");
    return `M ${point(from)} A ${radius} ${radius} 0 ${to - from > Math.PI ? 1 : 0} 1 ${point(to)}`;
  }

  function gauge(container, value, config) {
    const { min = 0, max = 100, segments = [] } = config || {};
    const svg = open(container, 270);
    if (!svg || !(max > min)) return;
    const turn = (at) => Math.PI * (1 + (Math.min(Math.max(number(at), min), max) - min) / (max - min));
    let start = min;
    segments.forEach((segment, at) => {
      const end = segment.limit ?? segment.to ?? max;
      shape(svg, "path", { d: arc(240, 210, 150, turn(start), turn(end)), fill: "none", stroke: colour(segment, at), "stroke-width": 34 });
      start = end;
    });
    const needle = turn(value);
    shape(svg, "line", { x1: 240, y1: 210, x2: 240 + 120 * Math.cos(needle), y2: 210 + 120 * Math.sin(needle), stroke: "#16181d", "stroke-width": 4 });
    const now = segments.find((segment) => value <= (segment.limit ?? segment.to ?? max));
    shape(svg, "text", { x: 240, y: 245, "text-anchor": "middle" }, `${value} ${(now && now.label) || ""}`);
  }

  function bars(container, data, options) {
    const { valuePrefix = "", valueSuffix = "" } = options || {};
    const rows = items(data);
    const svg = open(container, rows.length * 34 + 10);
    if (!svg) return;
    const values = rows.map((row) => number(row.value));
    const low = Math.min(0, ...values);
    const scale = 230 / (Math.max(0, ...values) - low || 1);
    rows.forEach((row, at) => {
      const [y, size] = [at * 34 + 8, Math.abs(values[at]) * scale];
      const zero = 140 - low * scale;
      shape(svg, "text", { x: 0, y: y + 15 }, row.label ?? row.name ?? "");
      shape(svg, "rect", { x: values[at] < 0 ? zero - size : zero, y, width: size, height: 20, fill: colour(row, at) });
      shape(svg, "text", { x: WIDTH, y: y + 15, "text-anchor": "end" }, `${valuePrefix}${values[at]}${valueSuffix}`);
    });
  }

  function lines(container, data) {
    const rows = items(data);
    const svg = open(container, 250);
    if (!svg || rows.length < 2) return;
    const values = rows.map((row) => number(row.value ?? row.y));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const points = values.map((value, at) => `${(at / (values.length - 1)) * 400},${210 - ((value - low) / (high - low || 1)) * 190}`);
    shape(svg, "polyline", { points: points.join(" "), fill: "none", stroke: COLOURS[0], "stroke-width": 2 });
    [high, low].forEach((value, at) => shape(svg, "text", { x: WIDTH, y: at ? 214 : 24, "text-anchor": "end" }, value));
    [0, rows.length - 1].forEach((at) => shape(svg, "text", { x: at ? 400 : 0, y: 242, "text-anchor": at ? "end" : "start" }, rows[at].label ?? rows[at].x ?? ""));
  }

  function doughnut(container, data) {
    const rows = items(data).filter((row) => number(row.value) > 0);
    const svg = open(container, Math.max(rows.length * 24 + 20, 230));
    if (!svg) return;
    const whole = rows.reduce((sum, row) => sum + number(row.value), 0);
    let start = -Math.PI / 2;
    rows.forEach((row, at) => {
      const end = start + (number(row.value) / whole) * Math.PI * 1.9999;
      shape(svg, "path", { d: arc(115, 115, 80, start, end), fill: "none", stroke: colour(row, at), "stroke-width": 44 });
      shape(svg, "rect", { x: 250, y: at * 24 + 10, width: 12, height: 12, fill: colour(row, at) });
      shape(svg, "text", { x: 270, y: at * 24 + 21 }, `${row.label ?? row.name ?? ""} ${row.value}`);
      start = end;
    });
  }

  Object.assign(window, { createGauge: gauge, createBarChart: bars, createLineChart: lines, createDoughnutChart: doughnut });
  return {
    // old pages called these once the report stood in the page
    start() {
      for (const name of ["initializeAllVisuals_report", "initializeAllVisuals", "initCharts"]) {
        if (typeof window[name] === "function") window[name]();
      }
    },
  };
})();
