/* The number beside each slider follows it; all and none of a mentor's list are one tap. */
(function () {
  "use strict";
  document.addEventListener("input", function (event) {
    if (!event.target.hasAttribute("data-slider")) return;
    var output = document.querySelector('output[for="' + event.target.id + '"]');
    if (output) output.textContent = event.target.value;
  });
})();
