// Marks the section being read in the table of contents, and opens proofs that a link leads to.
const links = new Map(
  [...document.querySelectorAll(".toc a[href^='#']")].map((link) => [link.hash.slice(1), link]),
);
const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
let planned = false;

function mark() {
  planned = false;
  const line = window.innerHeight * 0.3;
  const atEnd = Math.ceil(scrollY + innerHeight) >= document.documentElement.scrollHeight;
  const passed = sections.filter((section) => section.getBoundingClientRect().top <= line);
  const current = (atEnd ? sections : passed).at(-1) ?? sections[0];
  for (const [id, link] of links) {
    if (id === current.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

if (sections.length) {
  const plan = () => {
    if (!planned) requestAnimationFrame(mark);
    planned = true;
  };
  addEventListener("scroll", plan, { passive: true });
  addEventListener("resize", plan, { passive: true });
  mark();
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const closed = target?.closest("details:not([open])");
  if (closed) {
    closed.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", reveal);
// The address stays the same when a proof that was closed again is asked for once more.
addEventListener("click", (event) => {
  if (event.target.closest?.("a[href^='#']")?.hash === location.hash) reveal();
});
reveal();

// A printed report brings all its proofs; on the screen they are as the reader left them.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll(".evidence details:not([open])")];
  for (const proof of opened) proof.open = true;
});
addEventListener("afterprint", () => {
  for (const proof of opened) proof.open = false;
});
