// Reads a line chart under the pointer: the day and its values, from the table below the chart.
const SVG = "http://www.w3.org/2000/svg";
const WIDE = 480;

function add(parent, name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
}

function follow(chart) {
  const plot = chart.querySelector(".plot");
  const line = plot.querySelector(".line");
  const stretched = line.ownerSVGElement;
  const points = line.getAttribute("points").split(" ").map((pair) => pair.split(",").map(Number));
  const table = chart.querySelector("table");
  const columns = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].reverse();
  if (rows.length !== points.length) return;

  const share = parseFloat(stretched.getAttribute("width")) / 100;
  const [reach, height] = [stretched.viewBox.baseVal.width, stretched.viewBox.baseVal.height];
  const group = add(plot, "g", { class: "reading", visibility: "hidden" });
  const rule = add(group, "line", { y1: "6%", y2: "90%" });
  const dot = add(group, "circle", { r: 4 });
  const text = add(group, "text", { x: 0, y: 11 });

  function read(event) {
    const frame = plot.getBoundingClientRect();
    const along = (event.clientX - frame.left) / (frame.width * share);
    const at = Math.round(Math.min(Math.max(along, 0), 1) * (points.length - 1));
    const x = `${(points[at][0] / reach) * share * 100}%`;
    rule.setAttribute("x1", x);
    rule.setAttribute("x2", x);
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", `${(points[at][1] / height) * 100}%`);
    const [day, ...values] = [...rows[at].cells].map((cell) => cell.textContent);
    const named = values.map((value, place) => `${columns[place + 1]} ${value}`);
    text.textContent = [day, ...(frame.width < WIDE ? [values[0]] : named)].join(" · ");
    group.setAttribute("visibility", "visible");
  }
  plot.addEventListener("pointermove", read);
  plot.addEventListener("pointerdown", read);
  const hide = () => group.setAttribute("visibility", "hidden");
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") hide(); // after a tap the reading stays
  });
  document.addEventListener("pointerdown", (event) => {
    if (!plot.contains(event.target)) hide();
  });
}

for (const chart of document.querySelectorAll(".chart:has(.line)")) follow(chart);
