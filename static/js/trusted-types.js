// Django's admin hands markup to the page through jQuery: bare form elements, and nothing else may
// pass. Whatever is left between the tags that are listed here must not open or close another tag.
// Scripts and their addresses have no rule, so the browser refuses them all.
(function () {
  "use strict";
  const plain = "class|id|role|type|title|name|value|tabindex|dir|selected|disabled|auto[a-z]+|spellcheck|aria-[a-z]+";
  const attribute = `\\s+(?:(?:${plain})(?:=(?:"[^"<>]*"|'[^'<>]*'))?|href=(?:"#?"|'#?'))`;
  const tags = "a|b|div|form|input|label|li|option|p|select|span|textarea|ul";
  const known = new RegExp(`<\\/?(?:${tags})(?:${attribute})*\\s*\\/?>`, "gi");
  window.trustedTypes?.createPolicy("default", {
    createHTML: (markup) => (/[<>]/.test(markup.replace(known, "")) ? null : markup),
  });
})();
