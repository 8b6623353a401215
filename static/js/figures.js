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
