// The admin's own scripts hand markup to the page. This policy lets markup without script through.
const scripted = /<\s*(script|iframe|object|embed|base|meta)|\son\w+\s*=|javascript:/i;
window.trustedTypes?.createPolicy("default", {
  createHTML: (markup) => (scripted.test(markup) ? null : markup),
  createScriptURL: (url) => (new URL(url, location.href).origin === location.origin ? url : null),
});
