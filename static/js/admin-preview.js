// Links in the preview open beside it: only the preview's own page may stand in a frame.
const frame = document.querySelector(".frame iframe");

function open(event) {
  const link = event.target.closest("a[href]");
  if (!link) return;
  const page = frame.contentWindow.location;
  if (link.pathname !== page.pathname || link.origin !== page.origin) link.target = "_blank";
}

function attach() {
  frame.contentDocument?.addEventListener("click", open);
}

frame.addEventListener("load", attach);
attach();
