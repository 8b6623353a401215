// Follows a run while it works; the page itself is asked again when it has ended.
const run = document.querySelector("[data-watch]");
const SOONEST = 1_000;
const LATEST = 30_000;
let pause = SOONEST;

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function list(element, texts) {
  for (const text of texts.slice(element.children.length)) {
    element.append(Object.assign(document.createElement("li"), { textContent: text }));
  }
  element.hidden = !texts.length;
}

function show(news) {
  const state = run.querySelector("[data-state]");
  state.className = `state state-${news.state}`;
  write(state, news.label);
  run.querySelector("progress").value = news.percent;
  for (const step of news.steps) {
    const item = run.querySelector(`[data-step="${CSS.escape(step.name)}"]`);
    if (!item) continue;
    item.className = `step-${step.state}`;
    write(item.querySelector("[data-label]"), step.label);
    write(item.querySelector("[data-took]"), step.took);
  }
  const spent = run.querySelector("[data-spent]");
  write(spent, news.spent);
  spent.hidden = !news.spent;
  list(run.querySelector("[data-notes]"), news.notes);
}

async function poll() {
  if (document.hidden) {
    document.addEventListener("visibilitychange", poll, { once: true });
    return;
  }
  try {
    const reply = await fetch(run.dataset.watch, { redirect: "error" });
    if (!reply.ok) throw new Error(reply.statusText);
    const news = await reply.json();
    if (news.finished || String(news.forgotten) !== run.dataset.forgotten) {
      location.reload();
      return;
    }
    show(news);
    pause = SOONEST;
  } catch {
    pause = Math.min(pause * 2, LATEST); // the link to refresh stays
  }
  setTimeout(poll, pause);
}

if (run) setTimeout(poll, pause);
