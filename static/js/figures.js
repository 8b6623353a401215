// A figure tells its source and time under the pointer or the focus. A first tap shows the same,
// a second one follows the link to its proof; Escape takes it away.
const SHOWN = "a.fig:is(:hover, :focus-visible, .told)";

addEventListener("click", (event) => {
  const figure = event.target.closest?.("a.fig");
  const told = document.querySelector("a.fig.told");
  told?.classList.remove("told");
  if (figure && event.pointerType === "touch" && told !== figure) {
    event.preventDefault();
    figure.classList.add("told");
  }
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const figure of document.querySelectorAll(SHOWN)) {
    figure.classList.remove("told");
    figure.classList.add("hushed");
    const again = () => figure.classList.remove("hushed");
    figure.addEventListener("pointerleave", again, { once: true });
    figure.addEventListener("blur", again, { once: true });
  }
});

// The letter on a wrong figure names the one that was touched last.
const letter = document.querySelector("a[data-wrong-figure][href^='mailto:']");

function name(figure) {
  const [address, query] = letter.getAttribute("href").split("?");
  const fields = new URLSearchParams(query);
  const [place, line, ...rest] = fields.get("body").split("\n");
  const told = `${line.split(":")[0]}: ${figure.textContent} (${figure.hash})`;
  fields.set("body", [place, told, ...rest].join("\n"));
  const written = [...fields].map((pair) => pair.map(encodeURIComponent).join("="));
  letter.setAttribute("href", `${address}?${written.join("&")}`);
}

if (letter) {
  addEventListener("focusin", (event) => {
    if (event.target.matches?.("a.fig")) name(event.target);
  });
}
