/* The signing field: draws with finger, pen or mouse, and sends what was drawn as a picture. Typing works without it. */
(function () {
  "use strict";

  function Pad(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.strokes = [];
    this.fit = this.fit.bind(this);
    this.fit();
    canvas.addEventListener("pointerdown", this.down.bind(this));
    canvas.addEventListener("pointermove", this.move.bind(this));
    ["pointerup", "pointercancel"].forEach(function (name) {
      canvas.addEventListener(name, this.up.bind(this));
    }, this);
    new ResizeObserver(this.fit).observe(canvas);
  }

  /* Turning the phone changes the size of the field; what was drawn is drawn again, in the same proportion. */
  Pad.prototype.fit = function () {
    var box = this.canvas.getBoundingClientRect();
    var ratio = Math.min(window.devicePixelRatio || 1, 2);
    var width = Math.round(box.width * ratio), height = Math.round(box.height * ratio);
    if (!width || (width === this.canvas.width && height === this.canvas.height)) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.draw();
  };

  Pad.prototype.point = function (event) {
    var box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };

  Pad.prototype.down = function (event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.current = [this.point(event)];
    this.strokes.push(this.current);
    this.draw();
  };

  Pad.prototype.move = function (event) {
    if (!this.current) return;
    event.preventDefault();
    var events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    (events.length ? events : [event]).forEach(function (each) { this.current.push(this.point(each)); }, this);
    this.draw();
  };

  Pad.prototype.up = function () {
    this.current = null;
  };

  Pad.prototype.clear = function () {
    this.strokes = [];
    this.current = null;
    this.draw();
  };

  Pad.prototype.draw = function () {
    var pen = this.context, width = this.canvas.width, height = this.canvas.height;
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = pen.fillStyle = "#10213a";
    pen.lineWidth = Math.max(2, height / 60);
    pen.lineCap = pen.lineJoin = "round";
    this.strokes.forEach(function (stroke) {
      pen.beginPath();
      pen.moveTo(stroke[0].x * width, stroke[0].y * height);
      if (stroke.length === 1) pen.lineTo(stroke[0].x * width + 0.1, stroke[0].y * height);
      for (var i = 1; i < stroke.length; i += 1) {
        var before = stroke[i - 1], now = stroke[i];
        pen.quadraticCurveTo(before.x * width, before.y * height, (before.x + now.x) / 2 * width, (before.y + now.y) / 2 * height);
      }
      pen.stroke();
    });
  };

  Array.prototype.forEach.call(document.querySelectorAll("[data-sign]"), function (form) {
    var canvas = form.querySelector("[data-sign-pad]");
    if (!canvas || !canvas.getContext) return;
    var pad = new Pad(canvas);
    function show() {
      var chosen = form.querySelector("[data-sign-method]:checked");
      var drawn = !chosen || chosen.value === "drawn";
      form.querySelector("[data-sign-drawn]").toggleAttribute("data-sign-off", !drawn);
      form.querySelector("[data-sign-typed]").toggleAttribute("data-sign-off", drawn);
      pad.fit();
    }
    Array.prototype.forEach.call(form.querySelectorAll("[data-sign-method]"), function (radio) {
      radio.addEventListener("change", show);
    });
    form.querySelector("[data-sign-clear]").addEventListener("click", function () { pad.clear(); });
    form.addEventListener("submit", function () {
      form.elements.ink.value = pad.strokes.length ? canvas.toDataURL("image/png") : "";
    });
    show();
  });
})();
