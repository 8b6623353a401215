// Counts what is typed, and asks before unsaved words are left behind.
const form = document.getElementById("report_form");
const fields = form.querySelectorAll("[data-count]");
const watched = form.querySelectorAll("[data-count], textarea.source");
const before = new Map([...watched].map((field) => [field, field.value]));

function count(field, output) {
  output.textContent = `${field.value.length}/${field.maxLength}`;
  output.classList.toggle("near", field.value.length > field.maxLength * 0.9);
}

for (const field of fields) {
  const output = document.createElement("div");
  output.className = "count";
  field.after(output);
  field.addEventListener("input", () => count(field, output));
  count(field, output);
}

let leaving = false;
form.addEventListener("submit", () => {
  leaving = true;
});
addEventListener("beforeunload", (event) => {
  const changed = [...watched].some((field) => field.value !== before.get(field));
  if (changed && !leaving) event.preventDefault();
});
